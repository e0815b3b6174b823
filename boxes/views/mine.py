"""Mes boîtes."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import AgentRequest


@require_safe
def my_boxes(request: AgentRequest) -> HttpResponse:
    return render(request, "boxes/list.html", {"title": "Mes boîtes"})
