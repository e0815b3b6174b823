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
from bascule.replays.failures import CHANGED
from bascule.replays.procedures import procedure_of
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
    acts = results.acts_of(replay)
    context = {
        "title": f"Envoi vers Zimbra : {results.title_of(replay)}",
        "replay": replay,
        "label": results.title_of(replay),
        "under_way": under_way,
        "acts": acts,
        "percent": results.percent(replay),
    }
    if request.htmx:
        if not under_way:
            return HttpResponseClientRefresh()
        return render(request, "bascule/replays/_progress.html", context)
    home, home_label, step_code = HOMES[Replay.Kind(replay.kind)]
    procedure = procedure_of(replay.kind)
    context |= {
        "home_url": reverse(home),
        "home_label": home_label,
        "error": results.error_of(replay),
        "findings": results.findings_of(replay),
        "done_title": procedure.done_title,
        "done": results.done_of(replay),
        "can_undo": procedure.can_undo,
        "has_left": any(act.outcome == "left" for act in acts),
        "later": None if under_way else confirm.later_of(replay),
        "preview_url": _preview_url(replay),
        "offers_existing": replay.kind == Replay.Kind.FILTERS and replay.state == Replay.State.DONE,
    }
    if step_code and not under_way:
        context["step"] = steps.get(step_code)
        context["step_is_open"] = checklist.checklist_for(request.user, planning.today()).view(step_code).is_open
    return render(request, "bascule/replays/detail.html", context)


def _preview_url(replay: Replay) -> str:
    """Where to begin anew, when trying the same again can't help."""
    changed = replay.state == Replay.State.FAILED and replay.error_code == CHANGED
    pages = {Replay.Kind.FILTERS: "filters_send", Replay.Kind.EXISTING_MAIL: "filters_apply"}
    page = pages.get(Replay.Kind(replay.kind), "")
    return reverse(page) if changed and page else ""


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
            messages.info(request, "Il n’y a plus rien à annuler dans cet envoi.")
        except confirm.AlreadyUnderWay:
            messages.error(request, _UNDER_WAY_ALREADY)
        except confirm.NotTheLatest:
            messages.error(request, "Un envoi plus récent s’appuie sur celui-ci : annulez d’abord le plus récent.")
        return redirect("replay_detail", replay_id)
    if not confirm.may_undo(replay):
        messages.info(request, "Cet envoi ne peut pas être annulé.")
        return redirect("replay_detail", replay_id)
    context = {
        "can_undo": procedure_of(replay.kind).can_undo,
        "title": "Annuler un envoi" if procedure_of(replay.kind).can_undo else "Arrêter un envoi",
        "replay": replay,
        "label": results.title_of(replay),
        "acts": [act for act in results.acts_of(replay) if act.outcome == "done"],
    }
    return render(request, "bascule/replays/undo.html", context)
