"""Vagues: who is in one and why, and persons moved to another by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import directory_search
from accounts.models import Agent
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule.models import Standing
from bascule.views.staff import wave_frame as frame
from bascule.views.staff.wave_frame import need_staff, page_of, posted, query, seen_wave, show, typed
from bascule.waves import members, people, states
from bascule.waves.editing import NeedsConfirmation

# Persons ticked on one page, and more than one page.
_MOST_TICKED = 200
FOLLOW = "regle"


@never_cache
@require_safe
def wave_people(request: AgentRequest, wave_id: int) -> HttpResponseBase:
    wave = seen_wave(request, wave_id)
    asked = {
        "text": typed(request, "recherche"),
        "population": typed(request, "population"),
        "uai": typed(request, "uai", most=8),
        "why": typed(request, "pourquoi"),
        "state": typed(request, "etat"),
        "sort": typed(request, "tri"),
    }
    found = people.choose(people.of_wave(wave), **asked)
    if request.GET.get("format") == "csv":
        return csv_download("personnes-de-la-vague.csv", people.table(found))
    page = page_of(request, found)
    parameters = {
        "recherche": asked["text"],
        "population": asked["population"],
        "uai": asked["uai"],
        "pourquoi": asked["why"],
        "etat": asked["state"],
        "tri": asked["sort"],
    }
    context: dict[str, Any] = asked | {
        "title": f"Personnes de « {wave.name} »",
        "page": page,
        "lines": people.lines(list(page)),
        "by_population": people.by_population(wave),
        "by_place": people.by_place(wave),
        "whys": people.WHY_CHOICES,
        "states": people.STATES.items(),
        "sorts": people.SORTS.items(),
        "filtered": any(value for name, value in asked.items() if name != "sort"),
        "csv": query(**parameters, format="csv"),
    }
    return show(request, "people", context, wave=wave)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_move(request: AgentRequest) -> HttpResponse:
    """Persons are searched or come ticked from a list; then the wave, then what it means for them, then it is done."""
    by = need_staff(request)
    form = request.POST if request.method == "POST" else request.GET
    persons = list(
        Agent.objects.select_related("establishment", "population").filter(
            pk__in=frame.numbers(form.getlist("personne"), most=_MOST_TICKED)
        )
    )
    persons.sort(key=lambda agent: (agent.family_name, agent.given_name, agent.pk))
    text = typed(request, "recherche")
    context: dict[str, Any] = {"title": "Déplacer des personnes", "text": text, "reason": posted(request, "motif")}
    context["wanted"] = posted(request, "vague")
    status = 200
    if request.method == "POST":
        if not persons:
            context["refused"], status = "Choisissez au moins une personne.", 422
        else:
            try:
                outcome = _moved(request, persons, by)
            except NeedsConfirmation as error:
                context["ask"] = error.sentence
            except states.WaveError as error:
                context["refused"], status = error.sentence, 422
            else:
                for level, sentence in _sentences(outcome):
                    messages.add_message(request, level, sentence)
                return redirect(_after(request))
    rows = {
        row.agent_id: row
        for row in Standing.objects.select_related("wave", "agent", "population", "establishment").filter(
            agent__in=persons
        )
    }
    found = directory_search.find(text, limit=directory_search.LIMIT + 1) if text else []
    lines = {line.row.agent_id: line for line in people.lines(list(rows.values()))}
    context |= {
        "persons": [(agent, lines.get(agent.pk)) for agent in persons],
        "any_by_hand": any(line.by_hand for line in lines.values()),
        "found": [agent for agent in found[: directory_search.LIMIT] if agent not in persons],
        "more": len(found) > directory_search.LIMIT,
        "waves": frame.open_waves(),
    }
    return show(request, "move", context, status=status)


def _moved(request: AgentRequest, persons: list[Agent], by: Agent) -> members.Moved:
    """Raises states.WaveError."""
    confirmed = "confirme" in request.POST
    if posted(request, "vague") == FOLLOW:
        return members.follow_rule(persons=persons, by=by, confirmed=confirmed)
    wave_id = frame.number(posted(request, "vague")) or 0
    return members.move(persons=persons, wave_id=wave_id, reason=posted(request, "motif"), by=by, confirmed=confirmed)


def _sentences(outcome: members.Moved) -> list[tuple[int, str]]:
    told = []
    count = len(outcome.moved)
    if count == 1:
        told.append((messages.SUCCESS, f"{outcome.moved[0].full_name} change de vague."))
    elif count:
        told.append((messages.SUCCESS, f"{count} personnes changent de vague."))
    if outcome.told:
        told.append((messages.INFO, f"La nouvelle date est annoncée par message ({len(outcome.told)})."))
    if outcome.same:
        told.append((messages.INFO, f"Déjà là où vous les vouliez : {_names(outcome.same)}."))
    if outcome.kept:
        told.append((messages.WARNING, f"Déjà basculées, elles gardent leur vague : {_names(outcome.kept)}."))
    return told


def _names(agents: list[Agent]) -> str:
    shown = ", ".join(agent.full_name for agent in agents[:5])
    return shown if len(agents) <= 5 else f"{shown} et {len(agents) - 5} autres"


def _after(request: AgentRequest) -> str:
    number = frame.number(posted(request, "vague"))
    return reverse("wave_people", args=[number]) + "?pourquoi=hand" if number else reverse("waves")
