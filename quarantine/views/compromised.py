"""Envois, for staff: the accounts that can send nothing."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import JournalEntry
from accounts.requests import AgentRequest
from accounts.sentences import sentence
from accounts.tables import csv_download
from quarantine import compromised as writer
from quarantine import sending_figures, sending_rules
from quarantine.models import CompromisedSender
from quarantine.views.frame import need_staff, typed

ROWS_PER_PAGE = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def compromised(request: AgentRequest) -> HttpResponseBase:
    """The list, and a form that puts an account on it."""
    need_staff(request)
    error = ""
    if request.method == "POST":
        try:
            row = writer.block(
                sender=request.POST.get("adresse", "")[:320], reason=request.POST.get("motif", ""), by=request.user
            )
        except writer.CompromisedError as refused:
            error = refused.sentence
        else:
            messages.success(request, f"Le compte {row.sender} ne peut plus rien envoyer. L’académie est prévenue.")
            return redirect("compromised")
    text = typed(request, "recherche", most=320)
    past = CompromisedSender.objects.filter(released_at__isnull=False)
    if text:
        past = past.filter(sender__icontains=text)
    if request.GET.get("format") == "csv":
        return csv_download("comptes-compromis.csv", _table())
    context = {
        "title": "Comptes compromis",
        "tab": "compromised",
        "active": writer.active(),
        "page": Paginator(past, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "text": text,
        "error": error,
        "typed_sender": request.POST.get("adresse", "")[:320] or typed(request, "adresse", most=320),
        "typed_reason": request.POST.get("motif", "")[: writer.REASON_MAX_CHARACTERS],
        "periods": sending_rules.periods(),
        "told_address": writer.told_address(),
    }
    return render(request, "quarantine/compromised.html", context, status=422 if error else 200)


def _table() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        ("Compte", "Depuis", "Origine", "Motif", "Ajouté par", "Rétabli le", "Rétabli par", "Motif du rétablissement")
    ]
    for row in CompromisedSender.objects.iterator():
        since = timezone.localtime(row.since).strftime("%d/%m/%Y %H:%M")
        released = timezone.localtime(row.released_at).strftime("%d/%m/%Y %H:%M") if row.released_at else ""
        rows.append(
            (row.sender, since, row.get_origin_display(), row.reason, row.added_by, released, row.released_by,
             row.release_reason)
        )  # fmt: skip
    return rows


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def compromised_release(request: AgentRequest, row_id: int) -> HttpResponse:
    """What is known of one account on the list, and the way off it."""
    need_staff(request)
    row = get_object_or_404(CompromisedSender, pk=row_id)
    error = ""
    if request.method == "POST":
        try:
            writer.release(row_id=row.pk, reason=request.POST.get("motif", ""), by=request.user)
        except writer.NoReason as refused:
            error = refused.sentence
        except writer.CompromisedError as refused:
            messages.error(request, refused.sentence)
            return redirect("compromised")
        else:
            messages.success(request, f"Le compte {row.sender} peut de nouveau envoyer des messages.")
            return redirect("compromised")
    entries = JournalEntry.objects.filter(target=f"compromised:{row.pk}").order_by("at", "pk")
    context = {
        "title": row.sender,
        "tab": "compromised",
        "row": row,
        "error": error,
        "figures": sending_figures.of_sender(row.sender),
        "entries": [(entry, sentence(entry)) for entry in entries],
    }
    return render(request, "quarantine/compromised_release.html", context, status=422 if error else 200)
