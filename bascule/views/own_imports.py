"""« Je m’occupe moi-même de mes imports »: the choice of whoever does not want staff to start them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.requests import AgentRequest
from bascule.bulk import runs


@require_POST
def own_imports(request: AgentRequest) -> HttpResponse:
    own = request.POST.get("own") == "1"
    runs.choose_own(agent=request.user, own=own, by=request.user)
    if own:
        messages.success(request, "C’est noté : l’équipe DSI ne lancera aucun import à votre place.")
    else:
        messages.success(request, "C’est noté : l’équipe DSI pourra lancer vos imports avec ceux de votre vague.")
    return redirect("files")
