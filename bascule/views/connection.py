"""Essai de connexion: what a mail program of this person would meet, tried once from the server."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts import one_off
from accounts.requests import AgentRequest
from bascule.devices.connection import engine, telling
from bascule.devices.connection.errors import ConnectionTestError
from bascule.devices.connection.lines import BY_CODE, loaded
from bascule.models import ConnectionTest


@never_cache
@sensitive_post_parameters("mot_de_passe")
@sensitive_variables("password")
@require_http_methods(["GET", "HEAD", "POST"])
def connection_test(request: AgentRequest) -> HttpResponse:
    if not settings.CONNECTION_TEST:
        raise Http404("connection test")
    if request.method == "POST":
        password = request.POST.get("mot_de_passe", "")
        try:
            test = engine.start(agent=request.user, by=request.user, password=password)
        except (ConnectionTestError, one_off.QueueAway) as error:
            messages.error(request, error.sentence)
            return redirect("connection_test")
        return redirect("connection_result", test.pk)
    context = {
        "title": "Essai de connexion",
        "tests": request.user.connection_tests.all()[:5],
        "servers": engine.servers(),
    }
    return render(request, "bascule/connection/home.html", context)


@never_cache
@require_safe
def connection_result(request: AgentRequest, test_id: int) -> HttpResponse:
    test = get_object_or_404(ConnectionTest, pk=test_id, agent=request.user)
    lines = loaded(test.results)
    context = {
        "title": "Résultat de l’essai",
        "test": test,
        "is_under_way": test.state in ConnectionTest.UNDER_WAY,
        "at": BY_CODE[test.at_check].title if test.at_check in BY_CODE else "",
        "parts": telling.parts(lines, request.user.address),
        "made": len(lines),
        "failed": sum(line.outcome == "failed" for line in lines),
        "report": telling.report(lines, request.user.address),
        "help_desk": settings.HELP_DESK,
    }
    template = "_result.html" if request.headers.get("HX-Request") else "result.html"
    return render(request, f"bascule/connection/{template}", context)
