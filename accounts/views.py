"""Sign-in, sign-out and notices."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import journal, notices, sign_in
from accounts.forms import SignInForm
from accounts.requests import AgentRequest


def _next_page(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("home")


@login_not_required
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(_next_page(request))
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["address"]
        network_address = sign_in.network_address_of(request)
        try:
            sign_in.check_not_throttled(address=address, network_address=network_address)
        except sign_in.TooManyFailures as error:
            form.add_error(None, f"Trop d’essais infructueux. Patientez {error.minutes} minutes, puis réessayez.")
            status = 429
        else:
            agent = authenticate(request, username=address, password=form.cleaned_data["password"])
            if agent is not None:
                login(request, agent)
                with transaction.atomic():
                    sign_in.forget_failures(address=address)
                    journal.record("account.signed_in", by=agent)
                return redirect(_next_page(request))
            sign_in.note_failure(address=address, network_address=network_address)
            form.add_error(None, "Adresse ou mot de passe incorrect. Vérifiez l’adresse complète et la touche Maj.")
    return render(
        request,
        "accounts/sign_in.html",
        {"form": form, "next": _next_page(request), "title": "Erreur – Connexion" if form.errors else "Connexion"},
        status=status,
    )


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign_in")


@require_safe
def notice_list(request: AgentRequest) -> HttpResponse:
    page = Paginator(request.user.notices.all(), 20).get_page(request.GET.get("page"))
    return render(request, "accounts/notices.html", {"page": page, "title": "Mes notifications"})


@require_POST
def notices_read(request: AgentRequest) -> HttpResponse:
    notices.mark_read(request.user)
    return redirect("notices")
