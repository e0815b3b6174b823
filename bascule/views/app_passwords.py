"""Application passwords: ordered for a device, shown once, listed, revoked."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from bascule.devices import inventory, password_faults, password_list, password_look, passwords
from bascule.devices.passwords import PasswordError
from bascule.models import AppPassword

ROWS_PER_PAGE = 25
_TYPED_MOST = 100

State = AppPassword.State


def _row(request: AgentRequest, row_id: int) -> AppPassword:
    return get_object_or_404(passwords.of_agent(request.user).select_related("device"), pk=row_id)


def _cookie(row: AppPassword) -> str:
    return f"once-{row.pk}"


@require_POST
def password_order(request: AgentRequest, device_id: int) -> HttpResponse:
    """The browser is given the key that opens what the worker will leave; nothing else holds it."""
    device = get_object_or_404(inventory.of_agent(request.user), pk=device_id)
    try:
        order = passwords.order(device=device, by=request.user)
    except PasswordError as error:
        messages.error(request, error.sentence)
        return redirect("device", device.pk)
    page = reverse("app_password", args=[order.row.pk])
    answer = redirect(page)
    answer.set_cookie(
        _cookie(order.row),
        order.private,
        max_age=passwords.COOKIE_LASTS,
        path=page,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return answer


@never_cache
@require_safe
def password_page(request: AgentRequest, row_id: int) -> HttpResponse:
    """Waits until the password is made, then offers to show it; looking at this page shows nothing."""
    row = _row(request, row_id)
    waiting = row.state == State.ORDERED
    if request.htmx:
        return HttpResponse(status=204) if waiting else HttpResponseClientRefresh()
    late = row.state == State.MADE and row.until is not None and row.until <= timezone.now()
    context = {
        "title": "Mot de passe d’application",
        "row": row,
        "waiting": waiting,
        "ready": row.state == State.MADE and not late,
        "unseen": row.state == State.UNSEEN or late,
        "by_hand": row.error_code in password_faults.BY_HAND,
    }
    return render(request, "bascule/devices/password.html", context)


@sensitive_variables("secret")
@never_cache
@require_POST
def password_show(request: AgentRequest, row_id: int) -> HttpResponse:
    """The one time: the secret is in this answer and, from here on, nowhere else."""
    row = _row(request, row_id)
    try:
        secret = passwords.show(row=row, private=request.COOKIES.get(_cookie(row), ""), by=request.user)
    except PasswordError as error:
        messages.error(request, error.sentence)
        return redirect("app_password", row.pk)
    context = {
        "title": "Votre mot de passe d’application",
        "row": row,
        "groups": [secret[start : start + 4] for start in range(0, len(secret), 4)],
    }
    answer = render(request, "bascule/devices/password_shown.html", context)
    answer.delete_cookie(_cookie(row), path=reverse("app_password", args=[row.pk]), samesite="Strict")
    return answer


@never_cache
@require_safe
def password_list_page(request: AgentRequest) -> HttpResponse:
    if not request.user.has_migrated:
        return render(request, "bascule/devices/passwords.html", {"title": "Mots de passe d’application"})
    look = password_look.look_for(request.user, anew=request.GET.get("anew") == "1" and not request.htmx)
    waiting = password_look.is_waiting(look)
    picture = password_look.seen(look)
    found = password_list.lines(request.user, picture)
    going = any(one.is_going for one in found)
    if request.htmx:
        return HttpResponse(status=204) if waiting or going else HttpResponseClientRefresh()
    wanted, sort = request.GET.get("recherche", "")[:_TYPED_MOST], request.GET.get("tri", "")
    context = {
        "title": "Mots de passe d’application",
        "moved": True,
        "look": look,
        "waiting": waiting or going,
        "looking": waiting,
        "picture": picture,
        "count": len(found),
        "unseen": [one for one in found if one.is_unseen],
        "page": Paginator(password_list.chosen(found, wanted=wanted, sort=sort), ROWS_PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "wanted": wanted,
        "sort": sort,
        "sorts": password_list.SORTS,
        "by_hand": look.error_code in password_faults.BY_HAND,
    }
    return render(request, "bascule/devices/passwords.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_revoke(request: AgentRequest) -> HttpResponse:
    """Asked for by name: those made elsewhere have nothing else."""
    given = request.POST if request.method == "POST" else request.GET
    name = given.get("nom", "").replace("\0", "")[:256]
    look = password_look.latest(request.user)
    found = [one for one in password_list.lines(request.user, password_look.seen(look)) if one.name == name]
    if not found:
        raise Http404("app password")
    if request.method == "POST":
        try:
            passwords.revoke(agent=request.user, name=name, by=request.user)
        except PasswordError as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, f"Le mot de passe « {name} » va être révoqué : il n’ouvrira bientôt plus rien.")
        return redirect("app_passwords")
    return render(
        request, "bascule/devices/password_revoke.html", {"title": "Révoquer le mot de passe", "line": found[0]}
    )
