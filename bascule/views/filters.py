"""Mes filtres: the list of rules, one rule, their order, switches and removal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import AgentRequest
from bascule.filters import captured, listing
from bascule.filters.interplay import interplays
from bascule.models import CapturedRule, Deposit
from bascule.views.filter_strangers import there

RULES_PER_PAGE = 100
RULES_WITHOUT_SEARCH = 8
_UNREAD = (Deposit.State.RECEIVED, Deposit.State.READING)
STATES = {
    "same": "Identiques",
    "near": "À vérifier",
    "refused": "Non reprises",
    "active": "Actives",
    "inactive": "Inactives",
}


_VERDICTS = (
    ("same", "identique", "identiques"),
    ("near", "à vérifier", "à vérifier"),
    ("refused", "non reprise", "non reprises"),
)


def own_rule(request: AgentRequest, rule_id: int) -> CapturedRule:
    return get_object_or_404(CapturedRule.objects.select_related("agent", "deposit"), pk=rule_id, agent=request.user)


def plural(count: int) -> str:
    return "s" if count > 1 else ""


@never_cache
@require_safe
def filter_list(request: AgentRequest) -> HttpResponse:
    context = _list_context(request, request.GET) | there(request)
    return render(request, "bascule/filters/list.html", context)


def _list_context(request: AgentRequest, asked: Mapping[str, str]) -> dict[str, Any]:
    """asked: what is looked for and which page of it, as the address or a button says."""
    wanted = asked.get("recherche", "").replace("\0", "").strip()[:100]
    state = asked.get("etat", "")
    state = state if state in STATES else ""
    every_rule = listing.every(request.user)
    found = listing.listings(every_rule, wanted=wanted, state=state)
    total = sum(one.total for one in found)
    every = [rule for one in found for rule in one.rules]
    page = Paginator(every, RULES_PER_PAGE).get_page(asked.get("page"))
    on_page = set(map(id, page.object_list))
    for one in found:
        one.rules = [rule for rule in one.rules if id(rule) in on_page]
    rows = [rule.row for rule in every_rule]
    return {
        "title": "Mes filtres",
        "listings": [one for one in found if one.total],
        "page": page,
        "found": len(every),
        "total": total,
        "active": sum(row.active for row in rows),
        "verdicts": [
            (value, one, several, sum(row.verdict == value for row in rows)) for value, one, several in _VERDICTS
        ],
        "searchable": bool(wanted or state) or total > RULES_WITHOUT_SEARCH,
        "wanted": wanted,
        "state": state,
        "states": STATES,
        "interplays": interplays((rule.row, rule.contents) for rule in every_rule),
        "sending": listing.sending_of(request.user),
        "reading": request.user.deposits.filter(kind=Deposit.Kind.FILTERS, state__in=_UNREAD).count(),
        "unreadable": request.user.deposits.filter(kind=Deposit.Kind.FILTERS, state=Deposit.State.UNREADABLE)[:3],
    }


@never_cache
@require_safe
def filter_detail(request: AgentRequest, rule_id: int) -> HttpResponse:
    rule = listing.one(own_rule(request, rule_id))
    context = {"title": rule.name, "rule": rule}
    return render(request, "bascule/filters/detail.html", context)


@require_POST
def filter_move(request: AgentRequest, rule_id: int) -> HttpResponse:
    """Up, down, or to the place that was typed."""
    rule = own_rule(request, rule_id)
    to, by = request.POST.get("vers", ""), request.user
    try:
        if to == "haut":
            moved = captured.move_up(rule=rule, by=by)
        elif to == "bas":
            moved = captured.move_down(rule=rule, by=by)
        elif to.isascii() and to.isdigit() and len(to) < 5:
            moved = captured.move(rule=rule, to=int(to), by=by)
        else:
            raise Http404(to)
        rule.refresh_from_db(fields=["position"])
    except (captured.Gone, CapturedRule.DoesNotExist) as gone:
        # Deleted in another window, between two lines of this one.
        raise Http404(to) from gone
    told = f"Règle placée en position {rule.position}." if moved else "Cette règle est déjà à cette place."
    return _back(request, rule, told)


@require_POST
def filter_switch(request: AgentRequest, rule_id: int) -> HttpResponse:
    rule = own_rule(request, rule_id)
    active = request.POST.get("active") == "1"
    captured.set_active(agent=request.user, ids=[rule.pk], active=active, by=request.user)
    return _back(request, rule, "Règle activée." if active else "Règle désactivée.")


def _back(request: AgentRequest, rule: CapturedRule, told: str) -> HttpResponse:
    """To where the button was: the list, as it was searched, or the page of the rule."""
    if request.POST.get("depuis") == "regle":
        messages.success(request, told)
        return redirect("filter_detail", rule.pk)
    kept = {name: value for name in ("recherche", "etat", "page") if (value := request.POST.get(name, ""))}
    if request.htmx:
        context = _list_context(request, kept) | {"announcement": told}
        return render(request, "bascule/filters/_rules.html", context)
    messages.success(request, told)
    query = f"?{urlencode(kept)}" if kept else ""
    return redirect(f"{reverse('filters')}{query}#regle-{rule.pk}")


_NONE_CHOSEN = "Cochez d’abord une ou plusieurs règles."


@require_POST
def filters_selection(request: AgentRequest) -> HttpResponse:
    """What the buttons below the list do with the rules that are ticked."""
    ids = _ids(request.POST.getlist("regle"))
    wanted = request.POST.get("faire", "")
    if wanted not in {"activer", "desactiver", "supprimer"}:
        raise Http404(wanted)
    if not ids:
        messages.error(request, _NONE_CHOSEN)
    elif wanted == "supprimer":
        return redirect(f"{reverse('filters_delete')}?{urlencode([('regle', one) for one in ids])}")
    else:
        active = wanted == "activer"
        count = captured.set_active(agent=request.user, ids=ids, active=active, by=request.user)
        word = "activée" if active else "désactivée"
        messages.success(request, f"{count} règle{plural(count)} {word}{plural(count)}.")
    return redirect("filters")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def filters_delete(request: AgentRequest) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    rules = listing.chosen(request.user, _ids(given.getlist("regle")))
    if not rules:
        raise Http404("no rule")
    if request.method == "POST":
        count = captured.delete(agent=request.user, ids=[rule.row.pk for rule in rules], by=request.user)
        told = f"« {rules[0].name} » est supprimée." if count == 1 else f"{count} règles sont supprimées."
        messages.success(request, told)
        return redirect("filters")
    context = {
        "title": "Supprimer des règles" if len(rules) > 1 else "Supprimer une règle",
        "rules": rules,
        "staying": listing.staying(request.user, rules),
        "sending": listing.sending_of(request.user),
    }
    return render(request, "bascule/filters/delete.html", context)


def _ids(texts: list[str]) -> list[int]:
    numbers = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]
    return numbers[: captured.MAX_RULES]
