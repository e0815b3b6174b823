"""The dry run of a wave: ask for it, follow it, see what it found and what to do about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule.models import Rehearsal, RehearsalFinding, Wave
from bascule.rehearsals import listing, planning
from bascule.waves.states import WaveError

FINDINGS_PER_PAGE = 50


def _wave(request: AgentRequest, wave_id: int) -> Wave:
    if not request.user.is_staff:
        raise Http404
    return get_object_or_404(Wave, pk=wave_id)


def _rehearsal(wave: Wave, number: str) -> Rehearsal | None:
    """The one that was asked for, or the latest."""
    if not number:
        return listing.latest(wave)
    if not (number.isascii() and number.isdigit()):
        raise Http404
    return get_object_or_404(Rehearsal.objects.select_related("by"), wave=wave, pk=int(number[:18]))


def _chosen(rehearsal: Rehearsal, query: QueryDict) -> tuple[Any, dict[str, str]]:
    """The findings that the address asks for, and what it asks for."""
    asked = {name: query.get(name, "")[:100] for name in ("gravite", "constat", "recherche", "nouveaux")}
    rows = listing.choose(
        rehearsal,
        severity=asked["gravite"],
        kind=asked["constat"],
        text=asked["recherche"],
        only_new=bool(asked["nouveaux"]),
    )
    return rows, asked


@never_cache
@require_safe
def wave_rehearsal(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = _wave(request, wave_id)
    rehearsal = _rehearsal(wave, request.GET.get("essai", ""))
    is_live = rehearsal is not None and rehearsal.state in Rehearsal.UNDER_WAY
    context: dict[str, Any] = {
        "title": f"Répétition de « {wave.name} »",
        "wave": wave,
        "rehearsal": rehearsal,
        "is_live": is_live,
        "parent_url": reverse("wave", args=(wave.pk,)),
        "parent_label": wave.name,
        "progress": listing.progress(rehearsal, timezone.now()) if rehearsal and is_live else None,
    }
    if request.htmx:
        if not is_live:
            return HttpResponseClientRefresh()
        return render(request, "bascule/staff/rehearsals/_progress.html", context)
    if rehearsal is not None:
        rows, asked = _chosen(rehearsal, request.GET)
        page = Paginator(rows, FINDINGS_PER_PAGE).get_page(request.GET.get("page"))
        others = Rehearsal.objects.filter(wave=wave).exclude(pk=rehearsal.pk)
        context |= {
            "groups": listing.groups(rehearsal),
            "page": page,
            "rows": listing.told(page),
            "asked": asked,
            "is_chosen": any(asked.values()),
            "query": _query(asked, rehearsal),
            "severities": RehearsalFinding.Severity.choices,
            "others": others[: planning.KEPT],
            "is_latest": not others.filter(pk__gt=rehearsal.pk).exists(),
        }
    return render(request, "bascule/staff/rehearsals/rehearsal.html", context)


def _query(asked: dict[str, str], rehearsal: Rehearsal) -> str:
    query = QueryDict(mutable=True)
    query.update({"essai": str(rehearsal.pk)} | {name: value for name, value in asked.items() if value})
    return query.urlencode()


@never_cache
@require_safe
def wave_rehearsal_csv(request: AgentRequest, wave_id: int) -> HttpResponseBase:
    """What is shown, all pages of it."""
    wave = _wave(request, wave_id)
    rehearsal = _rehearsal(wave, request.GET.get("essai", ""))
    if rehearsal is None:
        raise Http404
    rows, _ = _chosen(rehearsal, request.GET)
    return csv_download(f"repetition-vague-{wave.pk}.csv", listing.table(rows))


@require_POST
def wave_rehearsal_start(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = _wave(request, wave_id)
    try:
        planning.start(wave=wave, by=request.user)
    except WaveError as error:
        messages.info(request, error.sentence)
    else:
        messages.success(request, "Répétition lancée : rien n’est écrit dans Zimbra ni dans les fichiers.")
    return redirect("wave_rehearsal", wave.pk)


@require_POST
def wave_rehearsal_cancel(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = _wave(request, wave_id)
    rehearsal = listing.latest(wave)
    try:
        if rehearsal is None:
            raise planning.NothingToDo
        planning.cancel(rehearsal=rehearsal, by=request.user)
    except WaveError as error:
        messages.info(request, error.sentence)
    else:
        messages.success(request, "Répétition abandonnée.")
    return redirect("wave_rehearsal", wave.pk)


@require_POST
def wave_rehearsal_again(request: AgentRequest, wave_id: int) -> HttpResponse:
    """What Zimbra did not answer."""
    wave = _wave(request, wave_id)
    rehearsal = listing.latest(wave)
    try:
        if rehearsal is None:
            raise planning.NothingToDo
        planning.check_again(rehearsal=rehearsal, by=request.user)
    except WaveError as error:
        messages.info(request, error.sentence)
    else:
        messages.success(request, "Vérifications reprises.")
    return redirect("wave_rehearsal", wave.pk)
