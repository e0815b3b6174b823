"""Mes envois: what a person, or somebody who writes from a functional box, may still send, and how a large sending
passes without being held."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import AgentRequest
from quarantine import limits, rules_snapshot, sending_figures, sending_live, sending_plan, tables
from quarantine.counters.types import StoreDown
from quarantine.views.frame import looked_at, typed


@never_cache
@require_safe
def my_sending(request: AgentRequest) -> HttpResponse:
    looked = looked_at(request)
    wanted = typed(request, "destinataires", most=9).replace(" ", "")
    context: dict[str, Any] = {
        "title": "Mes envois",
        "tab": "my_sending",
        "typed": wanted,
        "most": sending_plan.MOST_RECIPIENTS,
        "now": timezone.now(),
        "period": tables.present_period(),
        **looked.context(),
    }
    key = limits.sender_key("", looked.mailbox.address)
    context["figures"] = sending_figures.of_sender(key)
    try:
        context["live"] = live = sending_live.of_key(limits.Subject.SENDER, key)
    except StoreDown as error:
        context["store_down"] = error.sentence
        return render(request, "quarantine/my_sending.html", context)
    if wanted:
        number = int(wanted) if wanted.isascii() and wanted.isdigit() else 0
        if 1 <= number <= sending_plan.MOST_RECIPIENTS:
            context["wanted"] = number
            context["parts"] = sending_plan.plan(
                number,
                rules=rules_snapshot.load(),
                factor=live.factor or 1,
                used=[gauge.used for gauge in live.gauges],
                at=timezone.now(),
            )
        else:
            context["error"] = f"Indiquez un nombre de destinataires entre 1 et {sending_plan.MOST_RECIPIENTS}."
    return render(request, "quarantine/my_sending.html", context)
