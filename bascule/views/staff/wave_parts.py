"""Vagues: one made into several, two made into one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import AgentRequest
from bascule import planning
from bascule.models import Wave
from bascule.views.staff import wave_frame as frame
from bascule.views.staff.wave_frame import posted, seen_wave, show, told_moves, version
from bascule.waves import people, place_lists, splitting, states, trials, when_text
from bascule.waves.editing import Refused
from bascule.waves.when_text import When, WhenError


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_split(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = seen_wave(request, wave_id)
    way = posted(request, "par") or "populations"
    context: dict[str, Any] = {"title": f"Scinder « {wave.name} »", "way": way, "posted": request.POST}
    context |= {"ticked": frame.numbers(request.POST.getlist("populations")), "version": wave.version}
    status = 200
    if request.method == "POST":
        try:
            split = _split(request, wave, way)
            if "confirme" in request.POST:
                done = split()
                made = ", ".join(f"« {one.name} »" for one in done.made)
                messages.success(request, f"« {wave.name} » est scindée : {made}.{frame.people_told(done.moves)}")
                return redirect("wave", done.made[0].pk)
            tried = trials.tried(split)
            names = {one.pk: one.name for one in tried.made}
            context |= {"moves": told_moves(tried.moves, new_names=names), "asking": True}
            context |= {"made": tried.made, "version": version(request)}
        except states.WaveError as error:
            context["refused"] = error.sentence
            status = 409 if isinstance(error, states.Changed) else 422
    context |= {
        "populations": list(wave.populations.all()),
        "by_population": people.by_population(wave),
        "places": people.by_place(wave),
        "has_places": wave.establishments.exists(),
        "examples": when_text.examples(planning.today()),
    }
    return show(request, "split", context, wave=wave, status=status)


def _split(request: AgentRequest, wave: Wave, way: str) -> Callable[[], splitting.Split]:
    """What the form asks for. Raises Refused for what cannot be read."""
    asked: dict[str, Any] = {
        "wave_id": wave.pk,
        "version": version(request),
        "by": request.user,
        "when": _when(request),
    }
    if way == "nombre":
        asked["most"] = frame.number(posted(request, "nombre")) or 0
        return lambda: splitting.by_number(**asked)
    asked["name"] = posted(request, "nom")
    if way == "etablissements":
        places = place_lists.read(posted(request, "etablissements", most=1_000_000))
        if places.wrong:
            number, sentence = places.troubles[0]
            raise Refused(f"Ligne {number} : {sentence} (lignes en erreur : {places.wrong}).")
        asked["establishments"] = [place.pk for place in places.found]
        return lambda: splitting.by_establishments(**asked)
    asked["populations"] = frame.numbers(request.POST.getlist("populations"))
    return lambda: splitting.by_populations(**asked)


def _when(request: AgentRequest) -> When | None:
    text = posted(request, "quand")
    try:
        return when_text.read(text, today=planning.today()) if text else None
    except WhenError as error:
        raise Refused(error.sentence) from error


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_merge(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = seen_wave(request, wave_id)
    context: dict[str, Any] = {"title": f"Réunir « {wave.name} » avec une autre", "version": wave.version}
    status = 200
    if request.method == "POST":
        other = Wave.objects.filter(pk=frame.number(posted(request, "vague")) or 0).first()
        try:
            if other is None:
                raise Refused("Choisissez la vague à réunir avec celle-ci.")
            asked: dict[str, Any] = {
                "wave_id": wave.pk,
                "version": version(request),
                "other_id": other.pk,
                "by": request.user,
            }
            if "confirme" in request.POST:
                moves = splitting.merge(**asked)
                messages.success(request, f"« {other.name} » est réunie à « {wave.name} ».{frame.people_told(moves)}")
                return redirect("wave", wave.pk)
            moves = trials.tried(lambda: splitting.merge(**asked))
            context |= {"moves": told_moves(moves), "asking": True, "other": other, "version": version(request)}
        except states.WaveError as error:
            context["refused"] = error.sentence
            status = 409 if isinstance(error, states.Changed) else 422
    planned = Wave.objects.filter(state=Wave.State.PLANNED).exclude(pk=wave.pk)
    context["others"] = [(one.pk, f"{one.name} ({frame.shown_when(one)})") for one in planning.in_order(planned)]
    return show(request, "merge", context, wave=wave, status=status)
