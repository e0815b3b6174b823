"""Settings on their way into Zimbra: follow, try again, take back. The same pages for every kind."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from bascule import checklist, planning, steps
from bascule.models import Replay
from bascule.replays import confirm, results
from bascule.replays.states import WrongState

_UNDER_WAY_ALREADY = "Un autre envoi du même genre est en cours : attendez qu’il soit terminé."
# Where each kind is prepared: name of the page, its title, and the step of the checklist it belongs to.
HOMES = {
    Replay.Kind.FILTERS: ("filters", "Mes filtres", "recreate-filters"),
    Replay.Kind.EXISTING_MAIL: ("filters", "Mes filtres", ""),
    Replay.Kind.SIGNATURE: ("signature", "Ma signature", "recreate-signature"),
    Replay.Kind.LIST: ("lists", "Mes listes de diffusion", ""),
}


def _replay(request: AgentRequest, replay_id: int) -> Replay:
    return get_object_or_404(Replay.objects.select_related("agent", "of_list"), pk=replay_id, agent=request.user)


@never_cache
@require_safe
def replay_detail(request: AgentRequest, replay_id: int) -> HttpResponse:
    replay = _replay(request, replay_id)
    under_way = replay.state in Replay.UNDER_WAY
    context = {
        "title": f"Envoi vers Zimbra : {results.title_of(replay)}",
        "replay": replay,
        "label": results.title_of(replay),
        "under_way": under_way,
        "acts": results.acts_of(replay),
        "percent": results.percent(replay),
    }
    if request.htmx:
        if not under_way:
            return HttpResponseClientRefresh()
        return render(request, "bascule/replays/_progress.html", context)
    home, home_label, step_code = HOMES[Replay.Kind(replay.kind)]
    context |= {"home_url": reverse(home), "home_label": home_label, "findings": results.findings_of(replay)}
    if step_code and not under_way:
        context["step"] = steps.get(step_code)
        context["step_is_open"] = checklist.checklist_for(request.user, planning.today()).view(step_code).is_open
    return render(request, "bascule/replays/detail.html", context)


@require_POST
def replay_retry(request: AgentRequest, replay_id: int) -> HttpResponse:
    replay = _replay(request, replay_id)
    try:
        confirm.try_again(replay=replay, by=request.user)
    except WrongState:
        messages.info(request, "Cet envoi n’attend plus rien.")
    except confirm.AlreadyUnderWay:
        messages.error(request, _UNDER_WAY_ALREADY)
    return redirect("replay_detail", replay_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def replay_undo(request: AgentRequest, replay_id: int) -> HttpResponse:
    replay = _replay(request, replay_id)
    if request.method == "POST":
        try:
            confirm.undo(replay=replay, by=request.user)
        except WrongState:
            messages.info(request, "Cet envoi est déjà annulé.")
        except confirm.AlreadyUnderWay:
            messages.error(request, _UNDER_WAY_ALREADY)
        return redirect("replay_detail", replay_id)
    context = {
        "title": "Annuler un envoi",
        "replay": replay,
        "label": results.title_of(replay),
        "acts": [act for act in results.acts_of(replay) if act.outcome == "done"],
    }
    return render(request, "bascule/replays/undo.html", context)
