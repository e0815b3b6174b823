"""The states of a wave: freeze, start, finish, each of them back, and the work that this sets going."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from bascule.models import Wave, WaveRun
from bascule.rehearsals import listing
from bascule.waves import consequences, progress, running, states

RUNS_PER_PAGE = 10
DOUBTFUL_SHOWN = 10
State = Wave.State


def _wave(request: AgentRequest, wave_id: int) -> Wave:
    if not request.user.is_staff:
        raise Http404
    return get_object_or_404(Wave.objects.select_related("changed_by"), pk=wave_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_freeze(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = _wave(request, wave_id)
    if request.method == "POST":
        return _decide(request, wave, running.freeze, "« {name} » est figée : ses personnes sont prévenues de la date.")
    if wave.state != State.PLANNED:
        return _not_now(request, wave)
    missing = running.missing_for_freeze(wave)
    facts = consequences.of_freeze(wave) if not missing else None
    return _page(request, wave, "freeze", "Figer", {"missing": missing, "facts": facts})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_start(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = _wave(request, wave_id)
    if request.method == "POST":
        return _decide(request, wave, running.start, "« {name} » est en cours.")
    if wave.state != State.FROZEN:
        return _not_now(request, wave)
    return _page(request, wave, "start", "Démarrer", {"facts": consequences.of_start(wave)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_finish(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = _wave(request, wave_id)
    if request.method == "POST":
        done = "La fin de « {name} » est lancée : chaque personne est notée comme transférée, et prévenue."
        return _decide(request, wave, running.finish, done, boxes="boites" in request.POST)
    if wave.state != State.UNDER_WAY:
        return _not_now(request, wave)
    doubtful = listing.doubtful_mailboxes(wave, DOUBTFUL_SHOWN + 1)
    context = {
        "facts": consequences.of_finish(wave),
        "doubtful": listing.told(doubtful[:DOUBTFUL_SHOWN]),
        "more_doubtful": len(doubtful) > DOUBTFUL_SHOWN,
    }
    return _page(request, wave, "finish", "Terminer", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_back(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = _wave(request, wave_id)
    if request.method == "POST":
        decide, done, ticked = _way_back(request)
        return _decide(request, wave, decide, done, **ticked)
    if wave.state == State.PLANNED:
        return _not_now(request, wave)
    verb = {State.FROZEN: "Remettre en planification", State.UNDER_WAY: "Revenir à « figée »", State.DONE: "Rouvrir"}
    context = {"facts": consequences.of_back(wave)}
    return _page(request, wave, "back", verb[State(wave.state)], context)


def _way_back(request: AgentRequest) -> tuple[Callable[..., Any], str, dict[str, bool]]:
    """Which state the form leaves: what was on screen, and not what the wave is by now."""
    if request.POST.get("etat") == State.FROZEN:
        return running.unfreeze, "« {name} » est de nouveau planifiée.", {"tell": "prevenir" in request.POST}
    if request.POST.get("etat") == State.UNDER_WAY:
        return running.take_back_start, "« {name} » est de nouveau figée.", {}
    return running.reopen, "« {name} » est de nouveau en cours.", {"moves": "transferts" in request.POST}


@never_cache
@require_safe
def wave_run(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = _wave(request, wave_id)
    run = running.unfinished(wave)
    is_live = run is not None and run.is_live
    context: dict[str, Any] = {
        "title": f"État de « {wave.name} »",
        "wave": wave,
        "run": run,
        "is_live": is_live,
        "progress": progress.of(run, timezone.now()) if run else None,
    }
    if request.htmx:
        if not is_live:
            return HttpResponseClientRefresh()
        return render(request, "bascule/staff/waves/_run.html", context)
    rows = WaveRun.objects.select_related("by").filter(wave=wave, finished_at__isnull=False)
    context |= {
        "page": Paginator(rows, RUNS_PER_PAGE).get_page(request.GET.get("page")),
        "parent_url": reverse("wave", args=(wave.pk,)),
        "parent_label": wave.name,
    }
    return render(request, "bascule/staff/waves/run.html", context)


@require_POST
def wave_run_stop(request: AgentRequest, wave_id: int) -> HttpResponse:
    return _steer(request, wave_id, running.stop, "Mis en pause : ce qui est fait reste fait.")


@require_POST
def wave_run_go_on(request: AgentRequest, wave_id: int) -> HttpResponse:
    return _steer(request, wave_id, running.go_on, "Repris, là où le travail s’était arrêté.")


@require_POST
def wave_run_give_up(request: AgentRequest, wave_id: int) -> HttpResponse:
    return _steer(request, wave_id, running.give_up, "Abandonné : ce qui est fait reste fait, le reste ne se fera pas.")


def _steer(request: AgentRequest, wave_id: int, act: Callable[..., WaveRun], done: str) -> HttpResponse:
    wave = _wave(request, wave_id)
    run = running.unfinished(wave)
    if run is None:
        messages.info(request, "Ce travail était déjà terminé.")
        return redirect("wave_run", wave.pk)
    try:
        act(run=run, by=request.user)
    except states.WaveError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, done)
    return redirect("wave_run", wave.pk)


def _decide(
    request: AgentRequest, wave: Wave, decide: Callable[..., object], done: str, **options: bool
) -> HttpResponse:
    version = request.POST.get("version", "")
    if not version.isascii() or not version.isdigit():
        version = "0"
    try:
        decide(wave=wave, by=request.user, version=int(version[:9]), **options)
    except states.WaveError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, done.format(name=wave.name))
    return redirect("wave_run", wave.pk)


def _not_now(request: AgentRequest, wave: Wave) -> HttpResponse:
    messages.info(request, f"« {wave.name} » est {wave.get_state_display().lower()} : voici ce qui est possible.")
    return redirect("wave_run", wave.pk)


def _page(request: AgentRequest, wave: Wave, name: str, verb: str, context: dict[str, Any]) -> HttpResponse:
    frame = {
        "title": f"{verb} « {wave.name} »" if "«" not in verb else f"{verb} : « {wave.name} »",
        "wave": wave,
        "verb": verb,
        "busy": running.unfinished(wave),
        "parent_url": reverse("wave_run", args=(wave.pk,)),
        "parent_label": f"État de « {wave.name} »",
    }
    return render(request, f"bascule/staff/waves/{name}.html", frame | context)
