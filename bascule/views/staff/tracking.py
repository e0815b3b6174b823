"""Suivi: all waves at a glance, and side by side at the same distance from their dates."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule import planning
from bascule.models import Wave
from bascule.tracking import comparison, overview, summary, tables
from bascule.views.staff.wave_frame import need_staff, page_of, query, typed

# Column of the table, its heading, and whether its greatest come first.
COLUMNS: tuple[tuple[str, str, bool], ...] = (
    ("name", "Vague", False),
    ("date", "Quand", False),
    ("people", "Personnes", True),
    ("prepared", "Préparation terminée", True),
    ("moved", "Transférées", True),
    ("complete", "Tout terminé", True),
    ("failed", "Échecs", True),
)


@never_cache
@require_safe
def tracking(request: AgentRequest) -> HttpResponseBase:
    need_staff(request)
    text, state, sort = typed(request, "recherche"), typed(request, "etat"), typed(request, "tri")
    rows = overview.waves(text=text, state=state, sort=sort)
    if request.GET.get("format") == "csv":
        return csv_download("suivi-des-vagues.csv", tables.waves(rows))
    whole = overview.total(rows)
    counted = [row.figure.computed_at for row in rows if row.figure.computed_at]
    kept = query(recherche=text, etat=state)
    context = {
        "title": "Suivi",
        "page": page_of(request, rows),
        "whole": whole,
        "bar": summary.groups(whole),
        "sentence": summary.overall(whole, sum(row.wave.state == Wave.State.UNDER_WAY for row in rows)),
        "columns": columns(COLUMNS, sort, kept),
        "states": Wave.State.choices,
        "text": text,
        "state": state,
        "sort": sort,
        "filtered": bool(text or state),
        "csv": query(recherche=text, etat=state, tri=sort, format="csv"),
        "counted": max(counted, default=None),
    }
    return render(request, "bascule/staff/tracking/list.html", context)


def columns(of: tuple[tuple[str, str, bool], ...], sort: str, kept: str) -> list[dict[str, str]]:
    """For the heads of a table: label, the address that sorts by it (again: the other way round), `aria-sort`."""
    found = []
    for key, label, greatest_first in of:
        first, other = (f"-{key}", key) if greatest_first else (key, f"-{key}")
        wanted = other if sort == first else first
        order = "" if sort.removeprefix("-") != key else "descending" if sort.startswith("-") else "ascending"
        found.append({"label": label, "query": "&".join(filter(None, (kept, query(tri=wanted)))), "order": order})
    return found


@never_cache
@require_safe
def comparison_page(request: AgentRequest) -> HttpResponseBase:
    need_staff(request)
    measure, state, text = typed(request, "mesure"), typed(request, "etat"), typed(request, "recherche")
    measure = measure if measure in comparison.MEASURES else "complete"
    waves = [row.wave for row in overview.waves(text=text, state=state)]
    rows = comparison.compare(waves, measure, timezone.localdate())
    if request.GET.get("format") == "csv":
        return csv_download(f"comparaison-des-vagues-{measure}.csv", tables.comparison(rows))
    context = {
        "title": "Comparer les vagues",
        "measure": measure,
        "measures": list(comparison.MEASURES.items()),
        "measure_label": comparison.MEASURES[measure],
        "page": page_of(request, rows),
        "heads": [comparison.offset_label(offset) for offset in comparison.OFFSETS],
        "undated": [wave for wave in planning.in_order(waves) if wave.date is None],
        "states": Wave.State.choices,
        "state": state,
        "text": text,
        "filtered": bool(state or text),
        "csv": query(mesure=measure, etat=state, recherche=text, format="csv"),
    }
    return render(request, "bascule/staff/tracking/comparison.html", context)


def live_answer(request: AgentRequest, seen: str) -> HttpResponse | None:
    """For a script that asks for figures it has already: nothing to put in their place."""
    return HttpResponse(status=204) if request.GET.get("vu") == seen else None
