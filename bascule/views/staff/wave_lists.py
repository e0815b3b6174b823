"""Vagues: people and establishments moved by a list, and a whole planning entered at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.list_text import CannotRead, decoded
from accounts.requests import AgentRequest
from accounts.uploads import BoundedUpload, Bounds, takes_files
from bascule import planning
from bascule.views.staff import wave_frame as frame
from bascule.views.staff.wave_edit import draft_of
from bascule.views.staff.wave_frame import need_staff, posted, show, told_moves
from bascule.waves import editing, fill_lists, move_lists, states, trials, when_text
from bascule.waves.drafts import Draft
from bascule.waves.editing import Refused, Wanted

_MOST_BYTES = 1_000_000
_TOO_BIG = "Ce fichier dépasse 1 Mo : partagez-le en plusieurs listes."
_MOST_SHOWN = 200
_FIRST_ROWS, _MORE_ROWS = 5, 3


def _bounds() -> Bounds:
    return Bounds(_MOST_BYTES, 2 * _MOST_BYTES, _TOO_BIG, _TOO_BIG)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files(_bounds)
def wave_move_list(request: AgentRequest, handler: BoundedUpload) -> HttpResponse:
    by = need_staff(request)
    context: dict[str, Any] = {"title": "Déplacer par liste"}
    status = 200
    if request.method == "POST":
        try:
            text = _handed_in(request, handler)
            context["text"] = text
            if "confirme" in request.POST:
                done = move_lists.apply(text, by=by, confirmed="clos" in request.POST)
                messages.success(request, _told(done))
                return redirect("waves")
            lines = move_lists.read(text)
            wrong = [line for line in lines if line.trouble]
            context |= {"lines": (wrong or lines)[:_MOST_SHOWN], "count": len(lines), "wrong": len(wrong)}
            status = 422 if wrong else 200
            if not wrong:
                context |= _preview(text, request)
        except states.WaveError as error:
            context["refused"] = error.sentence
            status = 422
    return show(request, "move_list", context, status=status)


def _preview(text: str, request: AgentRequest) -> dict[str, Any]:
    """What the list would do. Raises states.WaveError."""
    found: dict[str, Any] = {"asking": True}
    try:
        done = trials.tried(lambda: move_lists.apply(text, by=request.user))
    except editing.NeedsConfirmation as error:
        found["ask"] = error.sentence
        done = trials.tried(lambda: move_lists.apply(text, by=request.user, confirmed=True))
    return found | {"done": done, "moves": told_moves(done.moves)}


def _told(done: move_lists.Applied) -> str:
    parts = []
    if done.persons:
        parts.append(f"{done.persons} personne{'s' if done.persons > 1 else ''} à la main")
    if done.places:
        parts.append(f"{done.places} établissement{'s' if done.places > 1 else ''}")
    told = f" {done.told} prévenue{'s' if done.told > 1 else ''} de la nouvelle date." if done.told else ""
    return f"La liste est appliquée : {', '.join(parts) or 'rien à changer'}.{told}{frame.people_told(done.moves)}"


def _handed_in(request: AgentRequest, handler: BoundedUpload) -> str:
    """The text that was pasted, or that of the file. Raises Refused."""
    for _, sentence in handler.refused:
        raise Refused(sentence)
    file = request.FILES.get("fichier")
    if file is None:
        return posted(request, "texte", most=_MOST_BYTES)
    try:
        return decoded(file.read())
    except CannotRead as error:
        raise Refused(str(error)) from error


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def waves_fill(request: AgentRequest) -> HttpResponse:
    """Rows are typed or pasted; « voir » shows what was understood, « enregistrer » writes all of them or nothing."""
    by = need_staff(request)
    known = frame.populations()
    rows = [Draft() for _ in range(_FIRST_ROWS)]
    context: dict[str, Any] = {"title": "Saisir plusieurs vagues", "populations": known}
    status = 200
    if request.method == "POST":
        count = min(frame.number(posted(request, "lignes")) or _FIRST_ROWS, fill_lists.MOST_ROWS)
        rows = [draft_of(request, f"-{number}") for number in range(1, count + 1)]
        if "ajouter" in request.POST:
            rows += [Draft() for _ in range(_MORE_ROWS)]
        elif "coller" in request.POST:
            try:
                pasted = fill_lists.read(posted(request, "texte", most=_MOST_BYTES), known)
                rows = [row for row in rows if not row.is_blank] + pasted
            except states.WaveError as error:
                context["refused"], status = error.sentence, 422
            else:
                status = 422 if any(row.errors for row in pasted) else 200
        else:
            try:
                wanted = fill_lists.wanted(rows, planning.today())
                if "enregistrer" in request.POST:
                    done = editing.create_many(rows=wanted, by=by)
                    told = (
                        f"{len(done)} vagues sont créées." if len(done) > 1 else f"« {done[0].wave.name} » est créée."
                    )
                    messages.success(request, told + frame.people_told(done[-1].moves))
                    return redirect("waves")
                context |= _understood(wanted, known, request)
            except states.WaveError as error:
                context["refused"], status = error.sentence, 422
    context |= {"rows": list(enumerate(rows, 1)), "count": len(rows), "examples": when_text.examples(planning.today())}
    return show(request, "fill", context, status=status)


def _understood(wanted: list[Wanted], known: list[Any], request: AgentRequest) -> dict[str, Any]:
    """Each wave spelled out, with how many people it would have. Raises states.WaveError."""
    done = trials.tried(lambda: editing.create_many(rows=wanted, by=request.user))
    come: dict[int, int] = {}
    for move in done[-1].moves if done else []:
        if move.new is not None:
            come[move.new] = come.get(move.new, 0) + move.people
    labels = {row.pk: row.label for row in known}
    taken = {pk for one in wanted for pk in one.populations}
    return {
        "asking": True,
        "understood": [
            (one, [label for pk, label in labels.items() if pk in one.populations], come.get(two.wave.pk, 0))
            for one, two in zip(wanted, done, strict=True)
        ],
        "claims": fill_lists.claimed_twice(wanted, labels),
        "left_out": fill_lists.left_out(taken, known),
    }
