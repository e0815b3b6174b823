"""A box: its members."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import AgentRequest
from boxes.views.frame import seen_box


@require_safe
def box_page(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    return render(request, "boxes/box.html", {"title": seen.box.name, "seen": seen, "box": seen.box, "tab": "box"})
