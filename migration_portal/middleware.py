"""What holds for every request of a person: sign in first, and no copy of a private page stays behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

SESSION_OVER = (
    "Votre session était terminée : ce que vous veniez d’envoyer n’a pas été enregistré. "
    "Connectez-vous, puis recommencez."
)


class SignInFirstMiddleware(LoginRequiredMiddleware):
    """As Django's, but a form sent after the end of the session leads back to the page the form stood on: the address
    that takes the form has no page to show. A script is told to go to the sign-in page rather than handed it."""

    def handle_no_permission(  # type: ignore[override] # a script gets another kind of answer
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        script = request.headers.get("HX-Request") == "true"
        wanted = request.get_full_path()
        if script or request.method not in {"GET", "HEAD"}:
            wanted = _page_left(request)
        if request.method not in {"GET", "HEAD"}:
            messages.warning(request, SESSION_OVER)
        answer = redirect_to_login(wanted, self.get_login_url(view_func), self.get_redirect_field_name(view_func))
        return HttpResponseClientRedirect(answer.url) if script else answer


def _page_left(request: HttpRequest) -> str:
    """Path of the page that the request came from; the home page when it is not one of this site."""
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        return reverse("home")
    parts = urlsplit(came_from)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


class PrivatePagesMiddleware:
    """Pages of a person who is signed in are not kept by browsers or proxies, errors and short answers included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


class NoBlankPageMiddleware:
    """An address that only takes forms, opened like a page, says so: Django answers with nothing at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            response.content = render_to_string("405.html")
        return response
