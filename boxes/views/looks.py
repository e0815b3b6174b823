"""« Actualiser »: have the box looked at anew, then back to the page that asked."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.requests import AgentRequest
from boxes import looks
from boxes.views.frame import seen_box

# Pages that show what was seen, by the name in the address bar of the form.
_PAGES = {"calendriers": "box_calendars", "identites": "box_identities", "partages": "box_shares"}


@require_POST
def box_look(request: AgentRequest, box_id: int) -> HttpResponse:
    seen = seen_box(request, box_id)
    looks.look_for(seen.box, anew=True)
    return redirect(_PAGES.get(request.POST.get("page", ""), "box"), seen.box.pk)
