"""Calendriers: the CalDAV address of each calendar of a box, and how a phone or a program is set up with it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from boxes import looks
from boxes.calendars import calendars_of
from boxes.views.frame import seen_box


@never_cache
@require_safe
def box_calendars(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    look = looks.look_for(seen.box)
    waiting = looks.is_waiting(look)
    if request.htmx:
        return HttpResponse(status=204) if waiting else HttpResponseClientRefresh()
    picture = looks.seen(look)
    context = {
        "title": f"Calendriers – {seen.box.name}",
        "seen": seen,
        "box": seen.box,
        "tab": "calendars",
        "calendars": calendars_of(seen.box, picture) if picture else [],
        "picture": picture,
        "look": look,
        "look_trouble": looks.trouble(look),
        "waiting": waiting,
        "page": "calendriers",
        "sync_host": settings.CLIENT_SYNC_HOST,
    }
    return render(request, "boxes/calendars.html", context)
