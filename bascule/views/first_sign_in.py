"""Première connexion: the short walk of the day itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AgentRequest
from bascule.help import first_sign_in, placeholders
from bascule.help.first_sign_in import STAGES, NoStage, Stage
from bascule.help.library import portal_page


@dataclass(frozen=True)
class Shown:
    """A stage on the page. is_next: the first that is not ticked off."""

    stage: Stage
    does: list[str]
    url: str | None
    is_done: bool
    is_next: bool


@never_cache
@require_safe
def first_sign_in_page(request: AgentRequest) -> HttpResponse:
    done = first_sign_in.ticked(request.user)
    names = placeholders.names()
    following = next((stage.code for stage in STAGES if stage.code not in done), "")
    shown = [
        Shown(
            stage,
            [placeholders.fill(text, names) for text in stage.does],
            portal_page(stage.page[0]) if stage.page else None,
            stage.code in done,
            stage.code == following,
        )
        for stage in STAGES
    ]
    context = {
        "title": "Première connexion",
        "stages": shown,
        "done": sum(one.is_done for one in shown),
        "following": following,
    }
    return render(request, "bascule/help/first_sign_in.html", context)


@require_POST
def first_sign_in_tick(request: AgentRequest) -> HttpResponse:
    stage = request.POST.get("etape", "")
    try:
        first_sign_in.tick(agent=request.user, stage=stage, is_done=request.POST.get("fait") == "oui")
    except NoStage as error:
        raise Http404("stage") from error
    following = next((one.code for one in STAGES if one.code not in first_sign_in.ticked(request.user)), "")
    return redirect(f"{reverse('first_sign_in')}#{following or 'fini'}")
