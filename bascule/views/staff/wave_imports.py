"""A wave's imports: what there is to import, started, watched, paused, stopped, its failures tried again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.plain_text import words
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule.bulk import choosing, forecast, progress, runs
from bascule.models import BulkPerson, BulkRun, MailServer, Wave
from bascule.views.staff.wave_frame import number, page_of, posted, seen_wave, typed

State = BulkRun.State

_STATES = {
    BulkPerson.State.WAITING: "En attente",
    BulkPerson.State.DONE: "Terminés",
    BulkPerson.State.FAILED: "Échecs",
    BulkPerson.State.LEFT_OUT: "Rien à importer",
    BulkPerson.State.CANCELLED: "Arrêtés",
}


def _last_run(wave: Wave) -> BulkRun | None:
    return BulkRun.objects.filter(wave=wave).select_related("by", "wave").first()


def _run(request: AgentRequest, wave_id: int) -> BulkRun:
    run = _last_run(seen_wave(request, wave_id))
    if run is None:
        raise Http404
    return run


def _is_moving(run: BulkRun | None) -> bool:
    """Whether the page has something to follow."""
    if run is None:
        return False
    return run.state == State.RUNNING or (run.state == State.CANCELLED and run.finished_at is None)


@never_cache
@require_safe
def wave_imports(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = seen_wave(request, wave_id)
    run = _last_run(wave)
    context: dict[str, Any] = {"title": f"Imports de « {wave.name} »", "wave": wave, "run": run}
    if run is not None:
        context |= {"progress": progress.progress(run), "servers": progress.servers_of(run), "moving": _is_moving(run)}
    offers_more = run is None or run.state not in BulkRun.LIVE
    if request.htmx and "apercu" in request.GET:
        if not offers_more:
            return HttpResponseClientRefresh()
        return render(request, "bascule/staff/bulk/_forecast.html", context | _forecast(wave, run))
    if request.htmx:
        if not _is_moving(run):
            return HttpResponseClientRefresh()
        return render(request, "bascule/staff/bulk/_progress.html", context)
    if offers_more:
        context |= _forecast(wave, run)
    if run is not None:
        state, search, order = _chosen(request)
        shown = progress.people(run, state=state, search=search, order=order)
        context |= {
            "causes": progress.causes(run),
            "page": page_of(request, shown),
            "states": [(code.value, label) for code, label in _STATES.items()],
            "state": state,
            "search": typed(request, "recherche"),
            "order": order,
        }
    return render(request, "bascule/staff/bulk/imports.html", context)


def _forecast(wave: Wave, run: BulkRun | None) -> dict[str, Any]:
    """What a run would do now; `run`: the last one."""
    found = forecast.of_wave(wave, since=run.finished_at if run else None)
    return {"forecast": found, "preview": found.preview}


def _chosen(request: AgentRequest) -> tuple[str, str, str]:
    """State, words and order asked for; rubbish asks for nothing."""
    state = typed(request, "etat")
    search = " ".join(words(typed(request, "recherche").lower()))
    order = "nom" if typed(request, "tri") == "nom" else ""
    return (state if state in BulkPerson.State.values else ""), search, order


@never_cache
@require_safe
def wave_imports_csv(request: AgentRequest, wave_id: int) -> HttpResponseBase:
    """The people of the last run, all of them or those that the page shows."""
    run = _run(request, wave_id)
    state, search, order = _chosen(request)
    return csv_download(f"imports-vague-{wave_id}.csv", _table(run, state, search, order))


def _table(run: BulkRun, state: str, search: str, order: str) -> Iterator[tuple[object, ...]]:
    yield "nom", "adresse", "état", "imports prévus", "imports faits", "ajoutés", "déjà présents", "refusés", "cause"
    for one in progress.people(run, state=state, search=search, order=order).iterator(chunk_size=2000):
        yield (
            one.agent.full_name,
            one.agent.address,
            one.get_state_display(),
            one.imports_planned,
            one.imports_done,
            one.items_added,
            one.items_present,
            one.items_refused,
            one.error,
        )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_imports_start(request: AgentRequest, wave_id: int) -> HttpResponse:
    """What will happen, then the start itself."""
    wave = seen_wave(request, wave_id)
    if request.method == "POST":
        done = "Les imports sont lancés. Chaque personne sera prévenue quand les siens seront terminés."
        return _decide(request, wave_id, partial(runs.start, wave=wave, by=request.user), done)
    context = {"title": "Lancer les imports", "wave": wave, "preview": choosing.preview(wave), "verb": "start"}
    return render(request, "bascule/staff/bulk/confirm.html", context)


@require_POST
def wave_imports_pause(request: AgentRequest, wave_id: int) -> HttpResponse:
    run = _run(request, wave_id)
    done = "Imports en pause : chaque envoi en cours s’arrête après son lot, en quelques secondes."
    return _decide(request, wave_id, partial(runs.pause, run=run, by=request.user), done)


@require_POST
def wave_imports_resume(request: AgentRequest, wave_id: int) -> HttpResponse:
    run = _run(request, wave_id)
    done = "Imports repris, là où ils s’étaient arrêtés."
    return _decide(request, wave_id, partial(runs.resume, run=run, by=request.user), done)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wave_imports_cancel(request: AgentRequest, wave_id: int) -> HttpResponse:
    """What stopping means, then the stop itself."""
    run = _run(request, wave_id)
    if request.method == "POST":
        done = "Imports arrêtés : ce qui est importé reste, les autres personnes gardent leurs fichiers."
        return _decide(request, wave_id, partial(runs.cancel, run=run, by=request.user), done)
    context = {
        "title": "Arrêter les imports",
        "wave": run.wave,
        "run": run,
        "progress": progress.progress(run),
        "verb": "cancel",
    }
    return render(request, "bascule/staff/bulk/confirm.html", context)


@require_POST
def wave_imports_retry(request: AgentRequest, wave_id: int) -> HttpResponse:
    """All failures of the last run, or those of one person."""
    run = _run(request, wave_id)
    person = None
    if "personne" in request.POST:
        person = get_object_or_404(BulkPerson, run=run, pk=number(posted(request, "personne")))
    retry = partial(runs.retry_failures, run=run, by=request.user, person=person)
    return _decide(request, wave_id, retry, "Échecs relancés : les personnes concernées repassent dans la file.")


@require_POST
def wave_imports_bounds(request: AgentRequest, wave_id: int) -> HttpResponse:
    """How much a server is asked for; nothing typed: what the settings say."""
    seen_wave(request, wave_id)
    server = get_object_or_404(MailServer, pk=number(posted(request, "serveur")))
    typed_bounds = [posted(request, name) for name in ("parallele", "rythme")]
    # What is no number is out of bounds, and said to be.
    parallel, rate = [(number(text) or 0) if text else None for text in typed_bounds]
    change = partial(runs.set_bounds, server=server, parallel=parallel, rate=rate, by=request.user)
    return _decide(request, wave_id, change, f"Réglage de « {server.host} » changé : il vaut dès maintenant.")


def _decide(request: AgentRequest, wave_id: int, decision: Callable[[], object], done: str) -> HttpResponse:
    try:
        decision()
    except runs.BulkError as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, done)
    return redirect("wave_imports", wave_id)
