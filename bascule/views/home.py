"""Ma bascule: where I stand."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import AgentRequest
from bascule import carried, checklist, planning


@never_cache
@require_safe
def home(request: AgentRequest) -> HttpResponse:
    context = {
        "title": "Où j’en suis",
        "checklist": checklist.checklist_for(request.user, planning.today()),
        "deposited": carried.deposited_files(request.user),
    }
    return render(request, "bascule/home.html", context)
