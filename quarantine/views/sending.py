"""Envois, for staff: who is near or above a threshold, what was held and refused, the gateways."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from quarantine import gateway_states, sending_figures, sending_live, tables
from quarantine.counters.types import StoreDown
from quarantine.models import CompromisedSender
from quarantine.models.figures import Outcome
from quarantine.models.sending import Subject
from quarantine.views.frame import need_staff, typed

ROWS_PER_PAGE = 50


@never_cache
@require_safe
def sending(request: AgentRequest) -> HttpResponseBase:
    """The live page; asked by a script, only the part that changes."""
    need_staff(request)
    subject, level, text = typed(request, "par"), typed(request, "etat"), typed(request, "recherche", most=320)
    context: dict[str, Any] = {
        "title": "Envois",
        "tab": "live",
        "subject": subject,
        "level": level,
        "text": text,
        "subjects": Subject.choices,
        "levels": [pair for pair in sending_live.LEVELS.items() if pair[0] != "free"],
        "level_labels": sending_live.LEVELS,
        "live_query": urlencode(
            {name: value for name, value in (("par", subject), ("etat", level), ("recherche", text)) if value}
        ),
        "query": urlencode({name: value for name, value in (("par", subject), ("etat", level)) if value}),
        "states": gateway_states.of_policy(),
        "is_paused": typed(request, "pause") == "1",
        "now": timezone.now(),
        "period": tables.present_period(),
        "curve": sending_figures.curve(timezone.localdate()),
    }
    try:
        found = sending_live.hottest(subject=subject, level=level)
        context["rows"], context["more"] = found[: sending_live.MOST_ROWS], len(found) - sending_live.MOST_ROWS
        if text:
            context["one"] = one = sending_live.of_address(text)
            if one is not None:
                context["one_figures"] = sending_figures.of_sender(one.key)
                context["one_blocked"] = CompromisedSender.objects.filter(
                    sender=one.key, released_at__isnull=True
                ).first()
    except StoreDown as error:
        context["store_down"] = error.sentence
    if request.GET.get("format") == "csv" and "rows" in context:
        return csv_download("envois-en-direct.csv", _live_table(found))
    fragment = request.headers.get("HX-Request") == "true" and not request.headers.get("HX-Boosted")
    template = "quarantine/_sending_live.html" if fragment else "quarantine/sending.html"
    return render(request, template, context)


def _live_table(found: list[sending_live.Live]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        ("Compté par", "Adresse", "État", "Période", "Destinataires", "WARN", "MAX", "Au-dessus depuis")
    ]
    for one in found:
        for gauge in one.gauges:
            since = timezone.localtime(gauge.since).strftime("%d/%m/%Y %H:%M:%S") if gauge.since else ""
            rows.append(
                (Subject(one.subject.value).label, one.key, sending_live.LEVELS[one.level], gauge.words, gauge.used,
                 gauge.warn, gauge.max, since)
            )  # fmt: skip
    return rows


@never_cache
@require_safe
def sending_figures_page(request: AgentRequest) -> HttpResponseBase:
    need_staff(request)
    text, outcome, sort = typed(request, "recherche", most=320), typed(request, "decision"), typed(request, "tri")
    day = _day(request)
    found = sending_figures.choose(day=day, outcome=outcome, text=text, sort=sort)
    if request.GET.get("format") == "csv":
        return csv_download("envois-retenus-et-refuses.csv", sending_figures.table(found))
    curve_day = day or timezone.localdate()
    values = {"jour": day.isoformat() if day else "", "decision": outcome, "recherche": text, "tri": sort}
    context = {
        "title": "Retenus et refusés",
        "tab": "figures",
        "day": day,
        "text": text,
        "outcome": outcome,
        "sort": sort,
        "sorts": [(key, label) for key, (label, _) in sending_figures.SORTS.items()],
        "outcomes": [(one.value, one.label) for one in (Outcome.HELD, Outcome.REFUSED, Outcome.COMPROMISED)],
        "page": Paginator(found, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "curve": sending_figures.curve(curve_day),
        "filtered": bool(day or text or outcome),
        "csv": urlencode({name: value for name, value in (*values.items(), ("format", "csv")) if value}),
    }
    return render(request, "quarantine/sending_figures.html", context)


def _day(request: AgentRequest) -> dt.date | None:
    try:
        return dt.date.fromisoformat(typed(request, "jour", most=10))
    except ValueError:
        return None


@never_cache
@require_safe
def gateways(request: AgentRequest) -> HttpResponse:
    """All gateways, living or not, with their figures."""
    need_staff(request)
    context = {"title": "Passerelles", "tab": "live", "states": gateway_states.every()}
    return render(request, "quarantine/gateways.html", context)
