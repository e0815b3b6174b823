"""Mes boîtes: the shared boxes of a person, how they show in the own mailbox, and leaving them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import Agent, Establishment
from accounts.plain_text import plain, words
from accounts.requests import AgentRequest
from boxes import delegations, reach, selectors, share_listing
from boxes.views.frame import need_member, seen_box, typed

BOXES_PER_PAGE = 25
# Fewer are found at a glance.
SEARCHABLE_FROM = 10


@never_cache
@require_safe
def my_boxes(request: AgentRequest) -> HttpResponse:
    agent = request.user
    mine = selectors.my_boxes(agent)
    there = [one for one in mine if not one.row.is_pending]
    waiting = any(one.state is selectors.State.SETTING_UP and one.row.box.work_asked_at for one in there)
    if request.htmx:
        return HttpResponse(status=204) if waiting else HttpResponseClientRefresh()
    wanted = typed(request, "recherche")
    sought = words(wanted)
    shown = [one for one in there if all(word in plain(f"{one.row.box.name} {one.row.box.address}") for word in sought)]
    context: dict[str, Any] = {
        "title": "Mes boîtes",
        "page": Paginator(shown, BOXES_PER_PAGE).get_page(request.GET.get("page")),
        "total": len(there),
        "wanted": wanted,
        "searchable": len(there) >= SEARCHABLE_FROM,
        "waiting": waiting,
        "pending": [one for one in mine if one.row.is_pending],
        "received": share_listing.received(agent),
        "to_come": selectors.boxes_to_come(agent),
        "without_access": selectors.noted_without_access(agent),
        "unseen": selectors.unseen_by_head(agent),
        "is_head": agent.function == Agent.Function.HEAD,
        "censuses": selectors.censuses(_places(agent)),
    }
    return render(request, "boxes/list.html", context)


def _places(agent: Agent) -> QuerySet[Establishment]:
    """Whose census is the person's own business: staff, who see all, have a list of their own for that."""
    if not agent.is_staff:
        return reach.establishments_in_census(agent)
    if agent.function != Agent.Function.HEAD or agent.establishment_id is None:
        return Establishment.objects.none()
    return Establishment.objects.filter(pk=agent.establishment_id)


@require_POST
def box_hide(request: AgentRequest, box_id: int) -> HttpResponse:
    return _display(request, box_id, hidden=True)


@require_POST
def box_show(request: AgentRequest, box_id: int) -> HttpResponse:
    return _display(request, box_id, hidden=False)


def _display(request: AgentRequest, box_id: int, *, hidden: bool) -> HttpResponse:
    seen = seen_box(request, box_id)
    row = need_member(seen)
    try:
        (delegations.hide if hidden else delegations.show)(delegation=row, by=request.user)
    except delegations.DelegationError as error:
        messages.error(request, error.sentence)
    else:
        name = seen.box.name
        if hidden:
            messages.success(request, f"« {name} » ne s’affiche plus parmi vos dossiers. Vous gardez votre accès.")
        else:
            messages.success(request, f"« {name} » va s’afficher de nouveau parmi vos dossiers.")
    return redirect("box", box_id) if request.POST.get("from") == "box" else redirect("boxes")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_leave(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    row = need_member(seen)
    if request.method == "POST":
        try:
            delegations.give_up(delegation=row, by=request.user)
        except delegations.DelegationError as error:
            messages.error(request, error.sentence)
            return redirect("box_leave", box_id)
        messages.success(request, f"Vous n’avez plus accès à « {seen.box.name} ». Ses propriétaires sont prévenus.")
        return redirect("boxes")
    context = {
        "title": f"Quitter {seen.box.name}",
        "seen": seen,
        "box": seen.box,
        "tab": "leave",
        "is_last_owner": delegations.is_last_owner(row),
    }
    return render(request, "boxes/leave.html", context)
