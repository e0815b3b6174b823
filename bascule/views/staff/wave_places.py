"""Vagues: the establishments that a wave names, tens of thousands of them if need be."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.list_text import CannotRead, decoded
from accounts.models import Establishment
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from accounts.uploads import BoundedUpload, Bounds, takes_files
from bascule.models import Wave
from bascule.views.staff import wave_frame as frame
from bascule.views.staff.wave_frame import page_of, posted, seen_wave, show, told_moves, typed, version
from bascule.waves import editing, place_lists, states, trials
from bascule.waves.place_lists import Places

_MOST_BYTES = 2_000_000
_TOO_BIG = "Ce fichier dépasse 2 Mo : gardez seulement la colonne des UAI."


def _bounds() -> Bounds:
    return Bounds(_MOST_BYTES, 2 * _MOST_BYTES, _TOO_BIG, _TOO_BIG)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files(_bounds)
def wave_places(request: AgentRequest, wave_id: int, handler: BoundedUpload) -> HttpResponse:
    wave = seen_wave(request, wave_id)
    context: dict[str, Any] = {"title": f"Établissements de « {wave.name} »", "version": wave.version}
    status = 200
    if request.method == "POST":
        try:
            text = _text(request, handler)
            places = place_lists.read(text)
            removed = frame.numbers(request.POST.getlist("retirer"), most=100_000)
            context |= {"places": places, "text": text}
            if places.wrong:
                status = 422
            elif not places.found and not removed:
                raise editing.Refused("Écrivez au moins un établissement à ajouter, ou cochez-en à retirer.")
            else:
                answer = _written(request, wave, places, removed, context)
                if answer is not None:
                    return answer
        except states.WaveError as error:
            context["refused"] = error.sentence
            status = 409 if isinstance(error, states.Changed) else 422
    search = typed(request, "recherche")
    found = _found(wave, search)
    context |= {
        "page": page_of(request, found),
        "search": search,
        "populations": list(wave.populations.all()),
    }
    return show(request, "places", context, wave=wave, status=status)


def _written(
    request: AgentRequest, wave: Wave, places: Places, removed: list[int], context: dict[str, Any]
) -> HttpResponse | None:
    """Where the change leads once it is made; None when it is shown first. Raises states.WaveError."""
    asked: dict[str, Any] = {"wave_id": wave.pk, "version": version(request), "by": request.user}
    asked |= {"add": [place.pk for place in places.found], "remove": removed}
    if "confirme" in request.POST:
        done = editing.change_places(**asked)
        told = frame.people_told(done.moves)
        messages.success(request, f"Les établissements de « {wave.name} » sont enregistrés.{told}")
        return redirect("wave_places", wave.pk)

    def counted() -> tuple[editing.Written, int]:
        return editing.change_places(**asked), wave.establishments.count()

    before = wave.establishments.count()
    done, after = trials.tried(counted)
    context |= {
        "asking": True,
        "moves": told_moves(done.moves),
        "version": version(request),
        "added": [place.uai for place in places.found],
        "removed": removed,
        "removed_places": Establishment.objects.filter(pk__in=removed[:50]),
        "count": after,
        "narrows": not before and after and wave.populations.exists(),
        "widens": before and not after and wave.populations.exists(),
    }
    return None


def _text(request: AgentRequest, handler: BoundedUpload) -> str:
    """What was pasted, and what the file holds. Raises editing.Refused for a file that is none of text."""
    for _, sentence in handler.refused:
        raise editing.Refused(sentence)
    text = posted(request, "ajouter", most=_MOST_BYTES)
    file = request.FILES.get("fichier")
    if file is not None:
        try:
            text += "\n" + decoded(file.read())
        except CannotRead as error:
            raise editing.Refused(str(error)) from error
    return text.strip()


def _found(wave: Wave, search: str) -> Any:
    return wave.establishments.holding(search).order_by("name", "uai")


@never_cache
@require_safe
def wave_places_csv(request: AgentRequest, wave_id: int) -> HttpResponseBase:
    wave = seen_wave(request, wave_id)
    rows = _found(wave, typed(request, "recherche")).values_list("uai", "name", "city").iterator()
    return csv_download("etablissements.csv", (line for some in ([("UAI", "nom", "commune")], rows) for line in some))
