"""Vagues: all of them as a timeline and a list, one at a glance, and what is wrong with the planning as a whole."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import sentences
from accounts.models import JournalEntry
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule.models import Standing, Wave
from bascule.views.staff.wave_frame import need_staff, page_of, query, seen_wave, show, typed
from bascule.waves import listing, overlaps, people, timeline

# Entries of the journal on the page of a wave.
_LATEST = 8
_MOST_PLACES = 10


@never_cache
@require_safe
def waves(request: AgentRequest) -> HttpResponseBase:
    need_staff(request)
    text, state, sort = typed(request, "recherche"), typed(request, "etat"), typed(request, "tri")
    rows = listing.choose(text=text, state=state, sort=sort)
    if request.GET.get("format") == "csv":
        return csv_download("vagues.csv", listing.table(rows))
    filtered = bool(text or state)
    context = {
        "title": "Vagues",
        "rows": rows,
        "drawing": timeline.draw(sorted(rows, key=lambda row: row.when.start), timezone.localdate()),
        "states": [(value, label) for value, label in Wave.State.choices],
        "sorts": [(key, label) for key, (label, _) in listing.SORTS.items()],
        "text": text,
        "state": state,
        "sort": sort,
        "filtered": filtered,
        "unplaced": listing.bounded(people.unplaced()),
        "csv": query(recherche=text, etat=state, tri=sort, format="csv"),
    }
    return render(request, "bascule/staff/waves/list.html", context)


@never_cache
@require_safe
def wave(request: AgentRequest, wave_id: int) -> HttpResponse:
    found = seen_wave(request, wave_id)
    (row,) = listing.rows_of([found])
    entries = list(JournalEntry.objects.filter(target=f"wave:{found.pk}")[:_LATEST])
    places = list(found.establishments.order_by("name", "uai")[: _MOST_PLACES + 1])
    rows = Standing.objects.filter(wave=found, is_active=True)
    context = {
        "title": found.name,
        "wave": found,
        "tab": "overview",
        "row": row,
        "is_empty": not row.people.count,
        "by_population": people.by_population(found),
        "by_hand": listing.bounded(rows.filter(why=Standing.Why.HAND), 1_000),
        "behind": listing.bounded(rows.filter(migrated_at=None), 1_000) if found.state == Wave.State.DONE else None,
        "places": places[:_MOST_PLACES],
        "more_places": max(row.places - _MOST_PLACES, 0),
        "entries": [(entry, sentences.sentence(entry)) for entry in entries],
        "claims": overlaps.of_wave(found),
    }
    return show(request, "wave", context)


@never_cache
@require_safe
def waves_overlaps(request: AgentRequest) -> HttpResponse:
    need_staff(request)
    context = {
        "title": "Croisements et oublis",
        "populations": overlaps.populations(),
        "page": page_of(request, overlaps.establishments()),
        "left_out": overlaps.populations_left_out(),
        "empty": overlaps.empty_waves(),
        "late": overlaps.assigned_to_done()[:200],
        "unplaced": listing.bounded(people.unplaced()),
    }
    return show(request, "overlaps", context)


@never_cache
@require_safe
def waves_unplaced(request: AgentRequest) -> HttpResponseBase:
    need_staff(request)
    text, population, uai = typed(request, "recherche"), typed(request, "population"), typed(request, "uai", most=8)
    found = people.choose(people.unplaced(), text=text, population=population, uai=uai)
    if request.GET.get("format") == "csv":
        return csv_download("personnes-sans-vague.csv", people.table(found))
    page = page_of(request, found)
    context = {
        "title": "Personnes sans vague",
        "page": page,
        "lines": people.lines(list(page)),
        "by_population": people.unplaced_by_population(),
        "by_place": people.unplaced_by_place(population),
        "text": text,
        "population": population,
        "uai": uai,
        "filtered": bool(text or population or uai),
        "csv": query(recherche=text, population=population, uai=uai, format="csv"),
    }
    return show(request, "unplaced", context)
