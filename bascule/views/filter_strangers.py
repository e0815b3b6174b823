"""Mes filtres: the rules that stand in Zimbra beside the person's own, shown and taken over."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AgentRequest
from bascule import mailbox_look
from bascule.filters import strangers
from bascule.filters.captured import RuleRefused

_GONE = "Cette règle n’est plus dans Zimbra comme elle était montrée : voici ce qui s’y trouve."


def there(request: AgentRequest) -> dict[str, Any]:
    """What was seen last in Zimbra, for the pages that show it; it is looked at anew when that was long ago."""
    if not request.user.has_migrated:
        return {"there": [], "there_waiting": False, "there_error": ""}
    row = mailbox_look.look_for(request.user)
    picture = mailbox_look.seen(row)
    return {
        "there": strangers.strangers(request.user, picture) if picture else [],
        "there_seen": picture is not None,
        "there_waiting": row.looked_at is None,
        "there_error": row.error,
    }


@never_cache
@require_safe
def filters_there(request: AgentRequest) -> HttpResponse:
    """The part of the list's page that waits for the look."""
    if not request.htmx:
        return redirect("filters")
    return render(request, "bascule/filters/_there.html", there(request))


@require_POST
def filters_take_over(request: AgentRequest) -> HttpResponse:
    """One of them, or all that can be."""
    row = mailbox_look.latest(request.user)
    picture = mailbox_look.seen(row) if row and request.user.has_migrated else None
    keys = None if "tout" in request.POST else set(request.POST.getlist("regle"))
    if picture is None:
        messages.info(request, _GONE)
        return redirect("filters")
    try:
        made = strangers.take_over(agent=request.user, picture=picture, keys=keys, by=request.user)
    except RuleRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("filters")
    if not made:
        messages.info(request, _GONE)
        return redirect("filters")
    told = "Règle reprise de Zimbra" if len(made) == 1 else f"{len(made)} règles reprises de Zimbra"
    messages.success(request, f"{told} : rien ne change là-bas avant votre prochain envoi.")
    return redirect(f"{reverse('filters')}#regle-{made[0].pk}")
