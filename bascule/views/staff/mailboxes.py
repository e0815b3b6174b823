"""Messageries d’une vague: counted and compared for everybody, and which are not complete. Counts, never contents."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from bascule.mailbox_check import access, wave_runs
from bascule.mailbox_check.errors import CheckError, NotThere
from bascule.models import MailboxRun, MailboxSide
from bascule.views.staff.wave_frame import number, page_of, posted, seen_wave, typed


@never_cache
@require_safe
def wave_mailboxes(request: AgentRequest, wave_id: int) -> HttpResponseBase:
    wave = seen_wave(request, wave_id)
    text = typed(request, "recherche")
    found = wave_runs.incomplete(wave, text=text)
    if request.GET.get("format") == "csv":
        return csv_download("messageries-incompletes.csv", wave_runs.table(found.iterator(chunk_size=500)))
    sides = [
        (side, wave_runs.latest(wave, side), access.is_configured(side) and access.is_delegated(side))
        for side in MailboxSide
    ]
    context = {
        "title": f"Messageries de « {wave.name} »",
        "wave": wave,
        "counts": wave_runs.counts(wave),
        "sides": sides,
        "is_live": any(run is not None and run.state == MailboxRun.State.RUNNING for _, run, _ in sides),
        "page": page_of(request, found),
        "text": text,
    }
    return render(request, "bascule/staff/mailboxes/wave.html", context)


@require_POST
def wave_mailboxes_start(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = seen_wave(request, wave_id)
    side = posted(request, "cote")
    if side not in MailboxSide.values:
        raise Http404("side")
    try:
        wave_runs.start(wave=wave, side=side, by=request.user)
    except CheckError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, "C’est lancé. Le travail continue sans cette page.")
    return redirect("wave_mailboxes", wave.pk)


@require_POST
def wave_mailboxes_stop(request: AgentRequest, wave_id: int) -> HttpResponse:
    wave = seen_wave(request, wave_id)
    run = MailboxRun.objects.filter(wave=wave, pk=number(posted(request, "essai")) or 0).first()
    try:
        if run is None:
            raise NotThere
        wave_runs.stop(run_id=run.pk, by=request.user)
    except NotThere as error:
        raise Http404("run") from error
    messages.success(request, "C’est arrêté. Les messageries en cours de lecture vont à leur fin.")
    return redirect("wave_mailboxes", wave.pk)
