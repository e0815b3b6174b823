"""Échecs of a wave: what stopped and why, one cause after the other; tried again one by one or all of a cause."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule.models import Wave
from bascule.tracking import jobs, retries, tables
from bascule.tracking.jobs import BOX, Group
from bascule.views.staff.wave_frame import number, page_of, posted, query, seen_wave, typed


@never_cache
@require_safe
def wave_jobs(request: AgentRequest, wave_id: int) -> HttpResponseBase:
    wave = seen_wave(request, wave_id)
    kind = typed(request, "travail")
    everything = jobs.groups(wave)
    found = [group for group in everything if not kind or group.kind == kind]
    if request.GET.get("format") == "csv":
        return csv_download(f"suivi-{wave.pk}-echecs.csv", tables.job_groups(found))
    context = _page(wave, f"{wave.name} : échecs et attentes") | {
        "failed": [group for group in found if not group.waits],
        "waiting": [group for group in found if group.waits],
        "kinds": sorted({(group.kind, group.label) for group in everything}, key=lambda pair: pair[1]),
        "kind": kind,
        "retries": retries.recent(wave),
        "csv": query(travail=kind, format="csv"),
    }
    return render(request, "bascule/staff/tracking/jobs.html", context)


def _page(wave: Wave, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "tab": "jobs",
        "wave": wave,
        "parent_label": "Suivi",
        "parent_url": reverse("tracking"),
    }


@never_cache
@require_safe
def job_list(request: AgentRequest, wave_id: int) -> HttpResponseBase:
    """The jobs of one cause. Whoever asks for a cause of which nothing is left is sent back to the causes."""
    wave = seen_wave(request, wave_id)
    kind, code, text = typed(request, "travail"), typed(request, "cause"), typed(request, "recherche")
    group = jobs.group_of(wave, kind, code)
    if group is None:
        messages.info(request, retries.NothingLeft.sentence)
        return redirect("wave_jobs", wave.pk)
    if request.GET.get("format") == "csv":
        return csv_download(f"suivi-{wave.pk}-{kind}.csv", tables.job_list(wave, group))
    page = page_of(request, _rows(wave, group, text))
    context = _page(wave, group.cause.reason) | {
        "parent_label": f"{wave.name} : échecs",
        "parent_url": reverse("wave_jobs", args=[wave.pk]),
        "group": group,
        "page": page,
        "rows": list(page) if kind == BOX else [jobs.told(kind, row) for row in page],
        "text": text,
        "back": query(travail=kind, cause=code, recherche=text, page=request.GET.get("page")),
        "csv": query(travail=kind, cause=code, format="csv"),
    }
    return render(request, "bascule/staff/tracking/job_list.html", context)


def _rows(wave: Wave, group: Group, text: str) -> Any:
    if group.kind != BOX:
        return jobs.listed(wave, group, text=text)
    boxes = [jobs.told_box(box) for box, code in jobs.boxes_in_trouble(wave).values() if code == group.code]
    return [job for job in boxes if text.casefold() in f"{job.person} {job.name}".casefold()]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def jobs_retry(request: AgentRequest, wave_id: int) -> HttpResponse:
    """Asked for: what trying again means and how many it concerns. Sent: one job (`numero`), or all of the cause."""
    wave = seen_wave(request, wave_id)
    if request.method != "POST":
        return _confirm(request, wave)
    kind, code = posted(request, "travail"), posted(request, "cause")
    pk = number(posted(request, "numero"))
    try:
        if pk is not None:
            retries.retry_one(wave=wave, kind=kind, code=code, pk=pk, by=request.user)
            messages.success(request, "C’est reparti.")
            return redirect(f"{reverse('wave_job_list', args=[wave.pk])}?{query(travail=kind, cause=code)}")
        outcome = retries.retry_all(wave=wave, kind=kind, code=code, by=request.user)
    except retries.RetryError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, _told(outcome))
    return redirect("wave_jobs", wave.pk)


def _confirm(request: AgentRequest, wave: Wave) -> HttpResponse:
    kind, code = typed(request, "travail"), typed(request, "cause")
    group = jobs.group_of(wave, kind, code)
    if group is None:
        messages.info(request, retries.NothingLeft.sentence)
        return redirect("wave_jobs", wave.pk)
    context = _page(wave, "Relancer ces travaux") | {
        "parent_label": f"{wave.name} : échecs",
        "parent_url": reverse("wave_jobs", args=[wave.pk]),
        "group": group,
        "is_long": group.count > retries.MOST_AT_ONCE,
    }
    return render(request, "bascule/staff/tracking/retry.html", context)


def _told(outcome: retries.Outcome) -> str:
    if outcome.row is not None:
        return f"La relance de {outcome.row.total} travaux a commencé. Elle continue même si vous quittez cette page."
    one = outcome.tried == 1
    told = f"{outcome.tried} {'travail est reparti' if one else 'travaux sont repartis'}."
    if outcome.refused:
        was = "était déjà reparti ou réglé" if outcome.refused == 1 else "étaient déjà repartis ou réglés"
        told += f" {outcome.refused} {was}."
    return told
