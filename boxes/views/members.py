"""Who has access to a box, as its owners change it: add, change the role, remove; staff appoint an owner."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import replace_url

from accounts.models import Agent
from accounts.requests import AgentRequest
from boxes import candidates, delegations
from boxes.models import Delegation, Role
from boxes.views.frame import ONLY_STAFF, Seen, need_owner, numbers, seen_box, typed

# As many as can be ticked at once.
MOST_AT_ONCE = 60


def _page(request: AgentRequest, seen: Seen, name: str, more: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"boxes/{name}.html", {"seen": seen, "box": seen.box, "tab": "", **more}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_add(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    need_owner(seen)
    if request.method == "POST":
        return _add(request, seen)
    return _add_page(request, seen, typed(request, "role"))


def _add_page(
    request: AgentRequest, seen: Seen, role: str, *, error: str = "", ticked: list[int] | None = None
) -> HttpResponse:
    text = request.POST.get("cherche", "") or request.GET.get("recherche", "")
    text = text.replace("\0", " ").strip()[: candidates.MAX_CHARACTERS]
    chosen = ticked or []
    context = {
        "title": f"Ajouter des membres – {seen.box.name}",
        "text": text,
        "found": candidates.find(seen.box, text, ticked=chosen),
        "ticked": chosen,
        "roles": Role.choices,
        "role": role if role in Role.values else Role.MEMBER,
        "error": error,
    }
    return _page(request, seen, "add", context, status=422 if error else 200)


def _add(request: AgentRequest, seen: Seen) -> HttpResponse:
    role = request.POST.get("role", "")
    ticked = numbers(request.POST.getlist("personne"), most=MOST_AT_ONCE)
    if not ticked:
        return _add_page(request, seen, role, error="Cochez d’abord au moins une personne.")
    if role not in Role.values:
        return _add_page(request, seen, role, error="Choisissez un rôle.", ticked=ticked)
    added, refused = [], []
    for agent in Agent.objects.filter(pk__in=ticked):
        try:
            delegations.grant(box=seen.box, agent=agent, role=Role(role), by=request.user)
        except delegations.NotOwner as error:
            messages.error(request, error.sentence)
            break
        except delegations.DelegationError as error:
            refused.append(f"{agent.full_name} : {error.sentence}")
        else:
            added.append(agent.full_name)
    if added:
        have = "a maintenant accès" if len(added) == 1 else "ont maintenant accès"
        told = "Cette personne est prévenue" if len(added) == 1 else "Chaque personne est prévenue"
        messages.success(request, f"{_listed(added)} {have} à la boîte. {told}.")
    for sentence in refused:
        messages.error(request, sentence)
    return redirect("box", seen.box.pk)


@never_cache
@require_safe
def box_search(request: AgentRequest, box_id: int) -> HttpResponse:
    """The people found while the owner types; without JavaScript the page itself finds them."""
    seen = seen_box(request, box_id)
    need_owner(seen)
    text = request.GET.get("recherche", "").replace("\0", " ").strip()[: candidates.MAX_CHARACTERS]
    if not request.htmx:
        return redirect(_add_url(seen, text))
    ticked = numbers(request.GET.getlist("personne"), most=MOST_AT_ONCE)
    found = candidates.find(seen.box, text, ticked=ticked)
    answer = render(request, "boxes/_found.html", {"box": seen.box, "text": text, "found": found, "ticked": ticked})
    # The address stays that of the page, so that it can be loaded again.
    return replace_url(answer, _add_url(seen, text))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_role(request: AgentRequest, box_id: int, delegation_id: int) -> HttpResponse:
    seen, row = _managed(request, box_id, delegation_id)
    error = ""
    if request.method == "POST":
        role = request.POST.get("role", "")
        if role in Role.values:
            return _change_role(request, seen, row, Role(role))
        error = "Choisissez un rôle."
    context = {
        "title": f"Changer le rôle de {row.agent.full_name}",
        "row": row,
        "roles": Role.choices,
        "role": row.role,
        "is_last_owner": delegations.is_last_owner(row),
        "is_oneself": row.agent_id == request.user.pk,
        "error": error,
    }
    return _page(request, seen, "role", context, status=422 if error else 200)


def _change_role(request: AgentRequest, seen: Seen, row: Delegation, role: Role) -> HttpResponse:
    if role == row.role:
        messages.info(request, f"{row.agent.full_name} a déjà ce rôle : rien n’a changé.")
        return redirect("box", seen.box.pk)
    try:
        delegations.change_role(delegation=row, role=role, by=request.user)
    except delegations.LastOwner as error:
        messages.error(request, error.sentence)
        return redirect("box_role", seen.box.pk, row.pk)
    except delegations.DelegationError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"{row.agent.full_name} est désormais {role.in_words}.")
    return redirect("box", seen.box.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_remove(request: AgentRequest, box_id: int, delegation_id: int) -> HttpResponse:
    seen, row = _managed(request, box_id, delegation_id)
    if row.agent_id == request.user.pk:
        return redirect("box_leave", box_id)
    if request.method == "POST":
        try:
            delegations.revoke(delegation=row, by=request.user)
        except delegations.DelegationError as error:
            messages.error(request, error.sentence)
        else:
            what = "n’a plus accès à la boîte" if row.is_active else "n’aura pas accès à la boîte"
            messages.success(request, f"{row.agent.full_name} {what}.")
        return redirect("box", box_id)
    return _page(request, seen, "remove", {"title": f"Retirer l’accès de {row.agent.full_name}", "row": row})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def box_owner_appoint(request: AgentRequest, box_id: int) -> HttpResponse:
    """For staff: a box that nobody manages gets an owner."""
    seen = seen_box(request, box_id)
    if not seen.is_staff:
        raise PermissionDenied(ONLY_STAFF)
    if request.method == "POST":
        chosen = numbers(request.POST.getlist("personne"), most=1)
        agent = Agent.objects.filter(pk__in=chosen).first()
        if agent is None:
            messages.error(request, "Choisissez d’abord une personne.")
            return redirect("box_owner_appoint", box_id)
        try:
            delegations.appoint_owner(box=seen.box, agent=agent, by=request.user)
        except delegations.DelegationError as error:
            messages.error(request, error.sentence)
            return redirect("box_owner_appoint", box_id)
        messages.success(request, f"{agent.full_name} est désormais propriétaire de la boîte.")
        return redirect("box", box_id)
    text = typed(request, "recherche")
    context = {
        "title": f"Nommer un propriétaire – {seen.box.name}",
        "text": text,
        "found": candidates.find(seen.box, text, as_owner=True),
    }
    return _page(request, seen, "appoint", context)


def _add_url(seen: Seen, text: str) -> str:
    return reverse("box_add", args=[seen.box.pk], query={"recherche": text})


def _managed(request: AgentRequest, box_id: int, delegation_id: int) -> tuple[Seen, Delegation]:
    """An access that the person, an owner, may change. Raises Http404, PermissionDenied."""
    seen = seen_box(request, box_id)
    need_owner(seen)
    rows = Delegation.objects.current().select_related("agent", "box")
    row = rows.filter(box=seen.box, pk=delegation_id).first()
    if row is None:
        raise Http404("delegation")
    return seen, row


def _listed(names: list[str]) -> str:
    """ "A, B et C"; of many the first and how many more."""
    if len(names) > 4:
        return f"{', '.join(names[:3])} et {len(names) - 3} autres personnes"
    return " et ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
