"""Partages: one item of a box for one person, seen by owners and staff, made and taken back by owners."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import directory_search
from accounts.models import Agent
from accounts.requests import AgentRequest
from boxes import looks, share_listing, shares
from boxes.delegations import DelegationError
from boxes.models import BoxFinding, BoxShare
from boxes.views.frame import Seen, need_owner, seen_box

SHARES_PER_PAGE = 50
PEOPLE_SHOWN = 10

_ONLY_OWNERS_SEE = "Seuls les propriétaires de la boîte voient et gèrent ses partages."
_FOUND_IN_ZIMBRA = (BoxFinding.Kind.SHARE_MISSING, BoxFinding.Kind.SHARE_DIFFERS, BoxFinding.Kind.SHARE_UNKNOWN)


def _page(request: AgentRequest, seen: Seen, name: str, more: dict[str, Any], *, status: int = 200) -> HttpResponse:
    context = {"seen": seen, "box": seen.box, "tab": "shares", **more}
    return render(request, f"boxes/{name}.html", context, status=status)


def _look(seen: Seen) -> dict[str, Any]:
    """The box as last seen in Zimbra; `waiting` while a task looks at it for the first time."""
    look = looks.look_for(seen.box)
    picture = looks.seen(look)
    return {
        "picture": picture,
        "look_trouble": looks.trouble(look),
        "waiting": picture is None and looks.is_waiting(look),
    }


def _share(seen: Seen, share_id: int) -> BoxShare:
    return get_object_or_404(seen.box.shares.select_related("box", "agent"), pk=share_id, removed=False)


def _access(text: str) -> BoxShare.Access | None:
    return BoxShare.Access(text) if text in BoxShare.Access.values else None


@never_cache
@require_safe
def box_shares(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    if not seen.oversees:
        raise PermissionDenied(_ONLY_OWNERS_SEE)
    text, state = request.GET.get("q", "")[:200], request.GET.get("etat", "")
    state = state if state in share_listing.LABELS else ""
    look = _look(seen)
    every = share_listing.shown(seen.box, look["picture"])
    found = share_listing.shown(seen.box, look["picture"], text=text, state=state) if text or state else every
    context = {
        "title": f"Partages – {seen.box.name}",
        "page": Paginator(found, SHARES_PER_PAGE).get_page(request.GET.get("page")),
        "total": len(every),
        "refused": any(one.row.trouble for one in every),
        "text": text.replace("\0", ""),
        "state": state,
        "states": share_listing.LABELS,
        "accesses": BoxShare.Access.choices,
        "findings": seen.box.findings.filter(kind__in=_FOUND_IN_ZIMBRA, settled_at=None).count(),
        **look,
    }
    return _page(request, seen, "shares", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_share_new(request: AgentRequest, box_id: int) -> HttpResponse:
    """Search for the person, then choose the item and what the person may do with it, on one page."""
    seen = seen_box(request, box_id)
    need_owner(seen)
    look = _look(seen)
    choosable = [one for one in look["picture"].folders if shares.is_shareable(one)] if look["picture"] else []
    given = request.POST if request.method == "POST" else request.GET
    text = given.get("q", "")[:254].replace("\0", "")
    folder_id, access = given.get("folder", ""), given.get("access", BoxShare.Access.READ)
    error = ""
    if request.method == "POST":
        agent = _agent(given.get("agent", ""))
        folder = next((one for one in choosable if one.id == folder_id), None)
        chosen = _access(access)
        if agent is None:
            error = "Choisissez la personne parmi celles qui ont été trouvées."
        elif folder is None:
            error = "Choisissez l’élément à partager."
        elif chosen is None:
            error = "Choisissez ce que la personne pourra faire."
        else:
            try:
                shares.share(box=seen.box, folder=folder, agent=agent, access=chosen, by=request.user)
            except DelegationError as refused:
                error = refused.sentence
            else:
                messages.success(
                    request, f"« {folder.name} » est partagé avec {agent.full_name}. Zimbra suit dans quelques minutes."
                )
                return redirect("box_shares", box_id)
    people = directory_search.find(text, limit=PEOPLE_SHOWN + 1)
    context = {
        "title": "Partager un élément",
        "text": text,
        "people": people[:PEOPLE_SHOWN],
        "too_short": bool(text) and directory_search.matching(text) is None,
        "there_are_more": len(people) > PEOPLE_SHOWN,
        "agent_id": given.get("agent", "") or (str(people[0].pk) if len(people) == 1 else ""),
        "folders": choosable,
        "folder_id": folder_id,
        "access": access,
        "error": error,
        **look,
    }
    return _page(request, seen, "share_new", context, status=422 if error else 200)


def _agent(text: str) -> Agent | None:
    if not (text.isascii() and text.isdecimal() and len(text) < 15):
        return None
    return Agent.objects.filter(pk=int(text), is_active=True).first()


@require_POST
def box_share_access(request: AgentRequest, box_id: int, share_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    need_owner(seen)
    row = _share(seen, share_id)
    access = _access(request.POST.get("access", ""))
    if access is None:
        raise Http404("access")
    try:
        shares.change_access(share=row, access=access, by=request.user)
    except DelegationError as error:
        messages.error(request, error.sentence)
    else:
        allowed = shares.ACCESS_IN_WORDS[access]
        messages.success(
            request, f"{row.agent.full_name} a maintenant cet accès à « {shares.item_name(row)} » : {allowed}."
        )
    return redirect("box_shares", box_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_share_revoke(request: AgentRequest, box_id: int, share_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    need_owner(seen)
    row = _share(seen, share_id)
    if request.method != "POST":
        context = {"title": "Retirer le partage", "share": row, "item": shares.item_name(row)}
        return _page(request, seen, "share_revoke", context)
    try:
        shares.revoke(share=row, by=request.user)
    except DelegationError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"« {shares.item_name(row)} » n’est plus partagé avec {row.agent.full_name}.")
    return redirect("box_shares", box_id)
