"""Vagues: one is made, changed or removed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import AgentRequest
from bascule import planning
from bascule.models import Wave
from bascule.views.staff import wave_frame as frame
from bascule.views.staff.wave_frame import need_staff, posted, seen_wave, show, told_moves, version
from bascule.waves import drafts, editing, listing, place_lists, states, trials, when_text
from bascule.waves.drafts import Draft
from bascule.waves.place_lists import Places

# Several hundred codes of establishments; longer lists are added on their own page, from a file.
_MOST_PLACES_TEXT = 200_000


def draft_of(request: HttpRequest, suffix: str = "") -> Draft:
    """What a form holds of one wave; the fields of several waves end with their number."""
    form = request.POST

    def text(name: str) -> str:
        return form.get(name + suffix, "").replace("\0", " ").strip()[:200]

    chosen = frame.numbers(form.getlist(f"populations{suffix}"), most=100)
    return Draft(
        text("nom"), text("quand"), frozenset(chosen), f"boites{suffix}" in form, is_done=f"faite{suffix}" in form
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_new(request: AgentRequest) -> HttpResponse:
    by = need_staff(request)
    draft, places_text, places = Draft(), "", Places()
    if request.method == "POST":
        draft = draft_of(request)
        places_text = posted(request, "etablissements", most=_MOST_PLACES_TEXT)
        places = place_lists.read(places_text)
        numbers = [place.pk for place in places.found]
        wanted = draft.wanted(planning.today(), establishments=numbers)
        if wanted is not None and not places.wrong:
            try:
                made = editing.create(wanted=wanted, by=by)
            except states.WaveError as error:
                messages.error(request, error.sentence)
            else:
                came = sum(move.people for move in made.moves if move.new == made.wave.pk)
                told = listing.People(came).told
                messages.success(request, f"« {made.wave.name} » est créée ({wanted.when.spelled}) : {told}.")
                return redirect("wave", made.wave.pk)
    context = {"title": "Ajouter une vague", "draft": draft, "places_text": places_text, "places": places}
    wrong = bool(draft.errors or places.wrong)
    return show(request, "form", context | _choices(), status=422 if wrong else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_edit(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = seen_wave(request, wave_id)
    draft = drafts.of_wave(wave)
    context: dict[str, Any] = {"title": f"Modifier « {wave.name} »", "version": wave.version}
    status = 200
    if request.method == "POST":
        draft = draft_of(request)
        if wave.state != Wave.State.PLANNED:
            # The page shows these without letting them be changed, and browsers do not send what cannot be changed.
            draft.populations, draft.takes_boxes = drafts.of_wave(wave).populations, wave.takes_boxes
        wanted = draft.wanted(planning.today(), wave=wave)
        status = 422
        if wanted is not None:
            asked: dict[str, Any] = {
                "wave_id": wave.pk,
                "version": version(request),
                "wanted": wanted,
                "by": request.user,
            }
            try:
                moves = [] if "confirme" in request.POST else trials.tried(lambda: editing.change(**asked)).moves
                if not moves:
                    done = editing.change(**asked)
                    told = frame.people_told(done.moves)
                    messages.success(request, f"« {done.wave.name} » est enregistrée ({wanted.when.spelled}).{told}")
                    return redirect("wave", wave.pk)
                context |= {"moves": told_moves(moves), "asking": True, "version": version(request)}
                status = 200
            except states.Changed as error:
                wave = seen_wave(request, wave_id)
                now = drafts.of_wave(wave)
                context |= {"changed": error.sentence, "version": wave.version, "now": now, "now_labels": _labels(now)}
                status = 409
            except states.WaveError as error:
                context["refused"] = error.sentence
    context |= {"draft": draft, "spelled": when_text.of_wave(wave).spelled}
    return show(request, "form", context | _choices(), wave=wave, status=status)


def _choices() -> dict[str, Any]:
    return {"populations": frame.populations(), "examples": when_text.examples(planning.today())}


def _labels(draft: Draft) -> str:
    labels = [row.label for row in frame.populations() if row.pk in draft.populations]
    return ", ".join(labels) or "aucune"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_delete(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = seen_wave(request, wave_id)
    if request.method == "POST":
        try:
            moves = editing.delete(wave_id=wave.pk, version=version(request), by=request.user)
        except states.WaveError as error:
            messages.error(request, error.sentence)
            return redirect(reverse("wave", args=[wave.pk]) if Wave.objects.filter(pk=wave.pk).exists() else "waves")
        messages.success(request, f"« {wave.name} » est supprimée.{frame.people_told(moves)}")
        return redirect("waves")
    context: dict[str, Any] = {"title": f"Supprimer « {wave.name} »"}
    try:
        moves = trials.tried(lambda: editing.delete(wave_id=wave.pk, version=wave.version, by=request.user))
    except states.WaveError as error:
        context["refused"] = error.sentence
    else:
        context["moves"] = told_moves(moves)
    return show(request, "delete", context, wave=wave)
