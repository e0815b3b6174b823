"""Envois, for staff: thresholds, periods and factors, and what they come to at each time of the week."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import AgentRequest
from quarantine import sending_rules, tables
from quarantine.models.sending import Subject
from quarantine.sending_rules import RULE_LABELS, WINDOWS, Figures, Periods, RulesError
from quarantine.views.frame import need_staff

_NUMBERS = (
    "night_divisor",
    "weekend_divisor",
    "weekend_night_divisor",
    "school_account_factor",
    "compromise_refusals",
    "compromise_minutes",
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sending_rules_page(request: AgentRequest) -> HttpResponseBase:
    need_staff(request)
    if request.method != "POST":
        return _page(request, sending_rules.figures(), sending_rules.periods())
    try:
        changed = sending_rules.change(
            thresholds=_figures(request.POST), periods=_periods(request.POST), by=request.user
        )
    except RulesError as error:
        return _page(request, sending_rules.figures(), sending_rules.periods(), error)
    if changed:
        messages.success(request, "Les seuils sont enregistrés : ils s’appliquent dans quelques secondes.")
    else:
        messages.info(request, "Rien n’a changé.")
    return redirect("sending_rules")


def _page(request: AgentRequest, figures: Figures, periods: Periods, error: RulesError | None = None) -> HttpResponse:
    """`error`: what was typed is shown again, with what is wrong about it."""
    typed = request.POST if error else QueryDict()
    subjects = [
        (
            subject.label,
            [
                (
                    f"{subject.value}-{window}",
                    words,
                    _shown_pair(typed, f"{subject.value}-{window}", figures[subject.value, window]),
                )
                for window, words in WINDOWS.items()
            ],
        )
        for subject in Subject
    ]
    values = {name: typed.get(name, sending_rules.shown(getattr(periods, name))) for name in Periods.__annotations__}
    if not typed and not periods.told_address:
        values["told_address"] = ""
    context: dict[str, Any] = {
        "title": "Seuils",
        "tab": "rules",
        "subjects": subjects,
        "values": values,
        "error": error,
        "tables": tables.by_period(),
        "now": tables.present_period(),
    }
    return render(request, "quarantine/sending_rules.html", context, status=422 if error else 200)


def _shown_pair(typed: QueryDict, name: str, pair: tuple[int, int]) -> tuple[str, str]:
    return typed.get(f"{name}-warn", str(pair[0])), typed.get(f"{name}-max", str(pair[1]))


def _figures(posted: QueryDict) -> dict[tuple[str, int], tuple[int, int]]:
    return {
        (subject.value, window): (
            _number(
                posted, f"{subject.value}-{window}-warn", f"{subject.label}, {words}, WARN", f"{subject.value}-{window}"
            ),
            _number(
                posted, f"{subject.value}-{window}-max", f"{subject.label}, {words}, MAX", f"{subject.value}-{window}"
            ),
        )
        for subject in Subject
        for window, words in WINDOWS.items()
    }


def _periods(posted: QueryDict) -> Periods:
    numbers = {name: _number(posted, name, RULE_LABELS[name], name) for name in _NUMBERS}
    address = posted.get("told_address", "").strip()
    if address:
        try:
            validate_email(address)
        except ValidationError as error:
            raise RulesError("L’adresse à prévenir n’est pas une adresse de messagerie.", "told_address") from error
    return Periods(
        night_begins=_time(posted, "night_begins"),
        night_ends=_time(posted, "night_ends"),
        told_address=address[:254],
        **numbers,
    )


def _number(posted: QueryDict, name: str, label: str, field: str) -> int:
    text = (
        posted.get(name, "").replace(" ", "").replace("\N{NO-BREAK SPACE}", "").replace("\N{NARROW NO-BREAK SPACE}", "")
    )
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise RulesError(f"{label} : indiquez un nombre entier.", field)
    return int(text)


def _time(posted: QueryDict, name: str) -> dt.time:
    try:
        return dt.time.fromisoformat(posted.get(name, "").strip()[:5])
    except ValueError as error:
        raise RulesError(f"{RULE_LABELS[name]} : indiquez une heure, par exemple 20:00.", name) from error
