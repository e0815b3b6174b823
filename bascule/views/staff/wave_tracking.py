"""Suivi of one wave: how far its people are, place by place, day by day, and who has not gone on."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Establishment, Population
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule import planning, steps
from bascule.models import Wave, WaveFigure
from bascule.tracking import charts, figures, overview, stuck, summary, tables, trend
from bascule.views.staff.tracking import live_answer
from bascule.views.staff.wave_frame import number, page_of, query, seen_wave, typed

# Establishments on the page of a wave; on paper.
PLACES_SHOWN, PLACES_PRINTED = 10, 100
# Days in the table; the curve and the CSV have all.
DAYS_SHOWN = 15


@never_cache
@require_safe
def wave_tracking(request: AgentRequest, wave_id: int) -> HttpResponseBase:
    """The page; asked by a script, only the figures that change."""
    wave = seen_wave(request, wave_id)
    figure = figures.figure_of(wave)
    if request.GET.get("format") == "csv":
        return _csv(wave, figure, typed(request, "table"))
    context = _figures(wave, figure)
    if _is_fragment(request):
        return live_answer(request, context["seen"]) or render(request, "bascule/staff/tracking/_figures.html", context)
    is_print = typed(request, "impression") == "1"
    days = trend.days_of(wave, timezone.localdate())
    places = overview.places(wave)
    shown = list(places[: PLACES_PRINTED if is_print else PLACES_SHOWN])
    context |= _page(wave, "tracking", f"{wave.name} : suivi") | {
        "is_print": is_print,
        "chart": trend.chart(days, wave),
        "kinds": trend.KINDS,
        "days": list(reversed(days if is_print else days[-DAYS_SHOWN:])),
        "more_days": 0 if is_print else max(len(days) - DAYS_SHOWN, 0),
        "places": with_bars(shown),
        "place_count": places.order_by().count(),
        "populations": with_bars(overview.populations(wave)),
    }
    return render(request, "bascule/staff/tracking/wave.html", context)


def _figures(wave: Wave, figure: WaveFigure) -> dict[str, Any]:
    before, after = summary.funnel(figure)
    return {
        "wave": wave,
        "figure": figure,
        "sentence": summary.sentence(wave, figure, timezone.localdate()),
        "bar": summary.groups(figure),
        "funnels": [("Avant le transfert", before, figure.people), ("Après le transfert", after, figure.moved)],
        "step_kinds": summary.STEP_KINDS,
        "is_live": wave.state == Wave.State.UNDER_WAY,
        "is_behind": figures.is_behind(figure),
        "seen": figure.computed_at.isoformat() if figure.computed_at else "",
        "when": planning.schedule(wave, moved_on=None, today=timezone.localdate()),
    }


def _is_fragment(request: AgentRequest) -> bool:
    return request.headers.get("HX-Request") == "true" and not request.headers.get("HX-Boosted")


def _page(wave: Wave, tab: str, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "tab": tab,
        "wave": wave,
        "parent_label": "Suivi",
        "parent_url": reverse("tracking"),
    }


def with_bars(rows: list[WaveFigure]) -> list[tuple[WaveFigure, list[charts.Segment]]]:
    return [(row, summary.groups(row)) for row in rows]


def _csv(wave: Wave, figure: WaveFigure, table: str) -> HttpResponseBase:
    match table:
        case "jours":
            rows = tables.days(trend.days_of(wave, timezone.localdate()))
        case "populations":
            rows = tables.populations(wave)
        case "etablissements":
            rows = tables.places(overview.places(wave))
        case _:
            table, rows = "etapes", tables.steps(figure)
    return csv_download(f"suivi-{wave.pk}-{table}.csv", rows)


@never_cache
@require_safe
def places(request: AgentRequest, wave_id: int) -> HttpResponseBase:
    wave = seen_wave(request, wave_id)
    text, sort = typed(request, "recherche"), typed(request, "tri")
    found = overview.places(wave, text=text, sort=sort)
    if request.GET.get("format") == "csv":
        return csv_download(f"suivi-{wave.pk}-etablissements.csv", tables.places(found))
    page = page_of(request, found)
    context = _page(wave, "tracking", f"{wave.name} : établissements") | {
        "parent_label": wave.name,
        "parent_url": reverse("wave_tracking", args=[wave.pk]),
        "page": page,
        "places": with_bars(list(page)),
        "text": text,
        "sort": sort,
        "sorts": list(overview.PLACE_SORTS.items()),
        "filtered": bool(text),
        "csv": query(recherche=text, tri=sort, format="csv"),
    }
    return render(request, "bascule/staff/tracking/places.html", context)


@never_cache
@require_safe
def wave_stuck(request: AgentRequest, wave_id: int) -> HttpResponseBase:
    wave = seen_wave(request, wave_id)
    asked: dict[str, Any] = {
        "etat": typed(request, "etat"),
        "etape": typed(request, "etape", most=40),
        "comment": typed(request, "comment"),
        "etablissement": typed(request, "etablissement", most=18),
        "population": number(typed(request, "population", most=18)),
        "jours": number(typed(request, "jours", most=4)),
        "recherche": typed(request, "recherche"),
        "tri": typed(request, "tri"),
    }
    place = _place(asked["etablissement"])
    found = stuck.choose(
        wave,
        state=asked["etat"],
        step=asked["etape"],
        how=asked["comment"],
        place=place.pk if isinstance(place, Establishment) else place,
        population=asked["population"],
        days=asked["jours"],
        text=asked["recherche"],
        sort=asked["tri"],
    )
    if request.GET.get("format") == "csv":
        return csv_download(f"suivi-{wave.pk}-personnes.csv", tables.people(found))
    page = page_of(request, found)
    context = _page(wave, "stuck", f"{wave.name} : qui n’avance pas") | {
        "page": page,
        "rows": [stuck.held(row) for row in page],
        "asked": asked,
        "place": place if isinstance(place, Establishment) else None,
        "states": list(stuck.STATES.items()),
        "steps": steps.STEPS,
        "step_states": list(stuck.STEP_STATES.items()),
        "populations": _populations(wave),
        "days": stuck.DAYS,
        "sorts": list(stuck.SORTS.items()),
        "filtered": any(value for name, value in asked.items() if name != "tri"),
        "csv": query(**asked, format="csv"),
        "remind_url": _remind_url(wave, asked),
    }
    return render(request, "bascule/staff/tracking/stuck.html", context)


def _place(text: str) -> Establishment | int | None:
    """An establishment by its number or UAI; 0 for « none »; -1, which no place has, for what is not known."""
    if not text:
        return None
    if text == "0":
        return 0
    pk = number(text)
    rows = Establishment.objects.filter(uai=text.upper()) if pk is None else Establishment.objects.filter(pk=pk)
    return rows.first() or -1


def _populations(wave: Wave) -> list[tuple[int, str]]:
    """Those of whom there is somebody in the wave, as last counted."""
    keys = WaveFigure.objects.filter(wave=wave, dimension=WaveFigure.Dimension.POPULATION).values("key")
    return list(Population.objects.filter(pk__in=keys).values_list("pk", "label"))


def _remind_url(wave: Wave, asked: dict[str, Any]) -> str:
    """The page that makes a reminder for these people; "" where reminders are not installed."""
    try:
        url = reverse("reminder_new")
    except NoReverseMatch:
        return ""
    return f"{url}?{query(vague=wave.pk, **{name: value for name, value in asked.items() if name != 'tri'})}"
