"""A box: its members, and what became of each access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from boxes import delegations, selectors
from boxes.models import Role
from boxes.reconcile import findings
from boxes.selectors import Member, State
from boxes.views.frame import ONLY_OWNERS, Seen, seen_box, typed

MEMBERS_PER_PAGE = 50
SEARCHABLE_FROM = 10
_NAMES = ("recherche", "role", "etat", "tri")
_ROLES = dict(Role.choices)


@never_cache
@require_safe
def box_page(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    everybody = selectors.members(seen.box)
    progress = selectors.progress(seen.box, everybody)
    context: dict[str, Any] = {
        "title": seen.box.name,
        "seen": seen,
        "box": seen.box,
        "tab": "box",
        "progress": progress,
    }
    if request.htmx:
        return render(request, "boxes/_progress.html", context) if progress.under_way else HttpResponseClientRefresh()
    filters = _filters(request)
    shown = selectors.chosen(everybody, **filters)
    pending = [one for one in shown if one.state is State.PENDING]
    others = [one for one in shown if one.state is not State.PENDING]
    # Those who wait have a list of their own below; asked for alone, they are the list.
    listed = pending if filters["state"] == State.PENDING else others
    page = Paginator(listed, MEMBERS_PER_PAGE).get_page(request.GET.get("page"))
    context |= {
        "page": page,
        "rows": selectors.with_planned_days(list(page)),
        "pending": selectors.with_planned_days(pending[:MEMBERS_PER_PAGE]) if listed is not pending else [],
        "pending_count": len(pending),
        "found": len(shown),
        "mine": next((one for one in everybody if one.row.agent_id == request.user.pk), None),
        "csv_query": urlencode({name: value for name in _NAMES if (value := typed(request, name))}),
        "total": sum(one.state is not State.PENDING for one in everybody),
        "filters": filters,
        "filtered": any(filters[name] for name in ("wanted", "role", "state")),
        "searchable": len(everybody) >= SEARCHABLE_FROM,
        "roles": Role.choices,
        "states": [(state.value, state.label) for state in State],
        "sorts": selectors.SORTS,
        "in_trouble": sum(one.state is State.TROUBLE for one in everybody),
        "has_acting_owner": _has_acting_owner(everybody),
        "findings": findings.open_count(seen.box, request.user),
    }
    return render(request, "boxes/box.html", context)


def _filters(request: AgentRequest) -> dict[str, str]:
    role, state, sort = (typed(request, name) for name in ("role", "etat", "tri"))
    return {
        "wanted": typed(request, "recherche"),
        "role": role if role in _ROLES else "",
        "state": state if state in list(State) else "",
        "sort": sort if sort in selectors.SORTS else "",
    }


def _has_acting_owner(everybody: list[Member]) -> bool:
    return any(one.row.role == Role.OWNER and one.row.is_active and one.row.agent.is_active for one in everybody)


@never_cache
@require_safe
def box_members_csv(request: AgentRequest, box_id: int) -> HttpResponseBase:
    """The members with the same filters as the page: for owners and staff."""
    seen = _overseen(request, box_id)
    rows = selectors.with_planned_days(selectors.chosen(selectors.members(seen.box), **_filters(request)))
    return csv_download(f"membres-{seen.box.address.partition('@')[0]}.csv", _table(rows))


def _table(rows: list[Member]) -> Iterator[tuple[object, ...]]:
    yield "nom", "prénom", "adresse", "rôle", "état", "depuis", "donné par", "transfert prévu", "difficulté"
    for one in rows:
        row = one.row
        yield (
            row.agent.family_name,
            row.agent.given_name,
            row.agent.address,
            row.role_label,
            one.state.label,
            f"{timezone.localtime(one.since):%d/%m/%Y %H:%M}",
            row.granted_by.full_name if row.granted_by else "",
            one.planned,
            one.trouble.reason if one.trouble else "",
        )


@require_POST
def box_retry(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = _overseen(request, box_id)
    try:
        delegations.retry(box=seen.box, by=request.user)
    except delegations.DelegationError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, "Le portail reprend la mise en place dans Zimbra.")
    return redirect("box", box_id)


def _overseen(request: AgentRequest, box_id: int) -> Seen:
    seen = seen_box(request, box_id)
    if not seen.oversees:
        raise PermissionDenied(ONLY_OWNERS)
    return seen
