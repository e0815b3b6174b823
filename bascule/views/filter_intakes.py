"""Filtres (LDIF), for staff: hand in a directory's file, see whose rules are in it, give them out or give it up."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import AgentRequest
from accounts.tables import csv_download
from accounts.uploads import shown_name
from bascule import deposits
from bascule.filter_intakes import decisions, receiving, report, states
from bascule.models import FilterIntake
from bascule.uploads import BoundedUpload, takes_files

INTAKES_PER_PAGE = 20
PEOPLE_PER_PAGE = 50
DAMAGED = "damaged"


def _intake(request: AgentRequest, intake_id: int) -> FilterIntake:
    if not request.user.is_staff:
        raise Http404
    return get_object_or_404(FilterIntake.objects.select_related("by"), pk=intake_id)


@never_cache
@require_safe
def intake_list(request: AgentRequest) -> HttpResponse:
    if not request.user.is_staff:
        raise Http404
    page = Paginator(FilterIntake.objects.select_related("by"), INTAKES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Filtres (LDIF)",
        "page": page,
        "max_megabytes": deposits.max_megabytes(),
        "retention_days": deposits.retention_days(),
    }
    return render(request, "bascule/filter_intakes/list.html", context)


@csrf_exempt
@require_POST
def intake_receive(request: AgentRequest) -> HttpResponseBase:
    """Who is no staff hears 404 before anything is read; the token is checked by `takes_files`, inside."""
    if not request.user.is_staff:
        raise Http404
    return _receive(request)


@takes_files
def _receive(request: AgentRequest, handler: BoundedUpload) -> HttpResponse:
    file = request.FILES.get("file")
    if handler.refused:
        messages.error(request, receiving.too_big_sentence())
        return redirect("filter_intakes")
    if file is None:
        messages.error(request, "Choisissez d’abord un fichier LDIF.")
        return redirect("filter_intakes")
    try:
        intake, is_new = receiving.receive(name=file.name or "", file=file, by=request.user)
    except deposits.Refusal as refusal:
        messages.error(request, f"« {shown_name(file.name or '')} » : {refusal}")
        return redirect("filter_intakes")
    if is_new:
        messages.success(request, "Fichier déposé. Sa lecture a commencé : rien n’est encore distribué.")
    else:
        messages.info(request, "Ce fichier est déjà en cours de traitement : le voici.")
    return redirect("filter_intake", intake.pk)


@never_cache
@require_safe
def intake_detail(request: AgentRequest, intake_id: int) -> HttpResponse:
    intake = _intake(request, intake_id)
    under_way = intake.state in FilterIntake.UNDER_WAY
    context: dict[str, Any] = {
        "title": intake.name,
        "intake": intake,
        "under_way": under_way,
        "percent": report.percent(intake) if under_way else 100,
    }
    if request.htmx:
        if not under_way:
            return HttpResponseClientRefresh()
        return render(request, "bascule/filter_intakes/_progress.html", context)
    groups = report.groups(intake)
    outcome = request.GET.get("liste", "")
    shown = next((one for one in groups if one.outcome == outcome), None)
    damaged = report.damaged(intake)
    rows = report.people(intake, outcome, only_damaged=outcome == DAMAGED)
    page = Paginator(rows, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    context |= {
        "groups": groups,
        "shown": shown,
        "outcome": outcome,
        "damaged": damaged,
        "without_rules": max(intake.entries - intake.with_rules, 0),
        "page": page,
        "people": report.told(page),
        "may_go_on": decisions.may_go_on(intake),
        "retention_days": deposits.retention_days(),
    }
    return render(request, "bascule/filter_intakes/detail.html", context)


@never_cache
@require_safe
def intake_csv(request: AgentRequest, intake_id: int) -> HttpResponseBase:
    """The report, all of it or one list of it."""
    intake = _intake(request, intake_id)
    outcome = request.GET.get("liste", "")
    rows = report.table(intake, outcome, only_damaged=outcome == DAMAGED)
    return csv_download(f"filtres-{intake.pk}{f'-{outcome}' if outcome in report.GROUPS else ''}.csv", rows)


@require_POST
def intake_confirm(request: AgentRequest, intake_id: int) -> HttpResponse:
    intake = _intake(request, intake_id)
    try:
        decisions.confirm(intake=intake, by=request.user)
    except states.WrongState:
        messages.info(request, "C’était déjà décidé : voici où en est ce fichier.")
    else:
        messages.success(request, "Distribution lancée. Chaque personne est prévenue quand ses règles sont déposées.")
    return redirect("filter_intake", intake_id)


@require_POST
def intake_go_on(request: AgentRequest, intake_id: int) -> HttpResponse:
    intake = _intake(request, intake_id)
    try:
        decisions.go_on(intake=intake, by=request.user)
    except states.WrongState:
        messages.info(request, "Rien à reprendre : voici où en est ce fichier.")
    else:
        messages.success(request, "Distribution reprise, là où elle s’était arrêtée.")
    return redirect("filter_intake", intake_id)


@require_POST
def intake_cancel(request: AgentRequest, intake_id: int) -> HttpResponse:
    intake = _intake(request, intake_id)
    try:
        decisions.cancel(intake=intake, by=request.user)
    except states.WrongState:
        messages.error(
            request, "Trop tard pour abandonner : la distribution est lancée, ou le fichier était déjà clos."
        )
        return redirect("filter_intake", intake_id)
    messages.success(request, f"« {intake.name} » est abandonné : rien n’a été distribué, le fichier est effacé.")
    return redirect("filter_intakes")
