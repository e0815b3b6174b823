"""Where staff begin: their tools, and what waits for them."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import team_waiting
from accounts.requests import AgentRequest


@require_safe
def team_page(request: AgentRequest) -> HttpResponse:
    if not request.user.is_staff:
        raise Http404
    return render(request, "bascule/team.html", {"title": "Équipe DSI", "waiting": team_waiting.waiting()})
