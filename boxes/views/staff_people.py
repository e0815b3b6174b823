"""Owners to be found, and accounts asked for: what staff put right about the people of boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import Case, Count, F, QuerySet, Value, When
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import directory_search
from accounts.models import Agent
from accounts.plain_text import plain, words
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from boxes import delegations, overview, ownership
from boxes.census import account_requests
from boxes.models import AccountRequest, Box
from boxes.ownership import Gap
from boxes.views.frame import numbers, typed
from boxes.views.staff_frame import page_of, places, query, show, staff

SEARCH_LIMIT = 20


@never_cache
@require_safe
def staff_owners(request: AgentRequest) -> HttpResponseBase:
    staff(request)
    wanted = typed(request, "liste")
    sizes = ownership.counts()
    # Without a choice, the first list in which there is something to do.
    gap = next((one for one in Gap if one == wanted), None) or next((one for one in Gap if sizes[one]), Gap.NO_OWNER)
    if request.GET.get("format") == "csv":
        return csv_download(f"{gap.value}.csv", ownership.table(gap))
    page = page_of(request, ownership.found(gap))
    context = {
        "title": "Propriétaires",
        "gap": gap,
        "gaps": [(one, sizes[one]) for one in Gap],
        "page": page,
        "lines": ownership.lines(list(page)),
        "csv": query(liste=gap.value, format="csv"),
    }
    return show(request, "staff_owners", "owners", context)


@require_POST
def staff_appoint(request: AgentRequest, box_id: int) -> HttpResponse:
    """Make `personne` an owner at once, from a list."""
    by = staff(request)
    box = get_object_or_404(Box, pk=box_id)
    agent = get_object_or_404(Agent, pk__in=numbers(request.POST.getlist("personne"), most=1))
    try:
        delegations.appoint_owner(box=box, agent=agent, by=by)
    except delegations.DelegationError as error:
        messages.error(request, f"{agent.full_name} : {error.sentence}")
    else:
        messages.success(request, f"{agent.full_name} est désormais propriétaire de {box.address}.")
    gap = next((one.value for one in Gap if one == request.POST.get("liste")), "")
    return redirect(f"{reverse('staff_owners')}?{query(liste=gap)}")


@never_cache
@require_safe
def staff_requests(request: AgentRequest) -> HttpResponseBase:
    staff(request)
    text, state, place = typed(request, "recherche"), typed(request, "etat"), typed(request, "etablissement")
    found = _chosen(text, state, place)
    if request.GET.get("format") == "csv":
        return csv_download("demandes-de-compte.csv", _table(found))
    page = page_of(request, found)
    counts = dict(AccountRequest.objects.order_by().values_list("state").annotate(Count("pk")))
    context = {
        "title": "Demandes de compte",
        "page": page,
        "states": [(value, label, counts.get(value, 0)) for value, label in AccountRequest.State.choices],
        "places": places(),
        "text": text,
        "state": state,
        "place": place,
        "filtered": bool(text or state or place),
        "csv": query(recherche=text, etat=state, etablissement=place, format="csv"),
    }
    return show(request, "staff_requests", "requests", context)


@never_cache
@require_safe
def staff_request(request: AgentRequest, request_id: int) -> HttpResponse:
    staff(request)
    return _request_page(request, _request(request_id))


@require_POST
def staff_request_accept(request: AgentRequest, request_id: int) -> HttpResponse:
    by = staff(request)
    row = _request(request_id)
    agent = Agent.objects.filter(pk__in=numbers(request.POST.getlist("personne"), most=1)).first()
    if agent is None:
        messages.error(request, "Choisissez d’abord le compte qui a été créé.")
        return redirect("staff_request", row.pk)
    try:
        account_requests.accept(request=row, agent=agent, by=by)
    except (account_requests.RequestError, delegations.DelegationError) as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"Compte créé : {agent.full_name} prend sa place dans les boîtes demandées.")
    return redirect("staff_request", row.pk)


@require_POST
def staff_request_refuse(request: AgentRequest, request_id: int) -> HttpResponse:
    by = staff(request)
    row = _request(request_id)
    answer = request.POST.get("reponse", "")
    try:
        account_requests.refuse(request=row, answer=answer, by=by)
    except account_requests.NoAnswer as error:
        return _request_page(request, row, problem=error.sentence, status=422)
    except account_requests.RequestError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, "Demande refusée : l’établissement lit la réponse dans son recensement.")
    return redirect("staff_request", row.pk)


def _request(request_id: int) -> AccountRequest:
    rows = AccountRequest.objects.select_related("establishment", "agent", "created_by")
    return get_object_or_404(rows, pk=request_id)


def _request_page(request: AgentRequest, row: AccountRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    text = typed(request, "recherche")
    found = directory_search.find(text, limit=SEARCH_LIMIT + 1) if text else []
    context: dict[str, Any] = {
        "title": f"Demande de compte : {row.full_name}",
        "asked": row,
        "entries": row.entries.select_related("box").order_by("box__address"),
        "may_refuse": row.state == AccountRequest.State.SENT,
        "may_accept": row.state != AccountRequest.State.DONE,
        "proposals": account_requests.proposals([row]).get(row.pk, []),
        "text": text,
        "found": found[:SEARCH_LIMIT],
        "more": len(found) > SEARCH_LIMIT,
        "problem": problem,
        "answer_max": account_requests.ANSWER_MAX_CHARACTERS,
    }
    return show(request, "staff_request", "requests", context, status=status)


def _chosen(text: str, state: str, place: str) -> QuerySet[AccountRequest]:
    found = AccountRequest.objects.select_related("establishment", "agent", "created_by").annotate(
        boxes=Count("entries")
    )
    if state in AccountRequest.State.values:
        found = found.filter(state=state)
    if place:
        found = found.filter(establishment__uai=place)
    if wanted := words(text):
        rows = found.order_by().values_list("pk", "given_name", "family_name", "job", "employer", "establishment__name")
        held = ((pk, plain(" ".join(parts))) for pk, *parts in rows)
        found = found.filter(pk__in=[pk for pk, content in held if all(word in content for word in wanted)])
    # Those that wait for somebody first, the oldest at the top.
    state_order = Case(
        When(state=AccountRequest.State.SENT, then=Value(0)),
        When(state=AccountRequest.State.DRAFT, then=Value(1)),
        default=Value(2),
    )
    return found.order_by(state_order, F("sent_at").asc(nulls_last=True), "family_name", "given_name", "pk")


def _table(found: QuerySet[AccountRequest]) -> Iterator[tuple[object, ...]]:
    yield (
        "nom", "prénom", "fonction", "employeur", "contact", "UAI", "établissement", "état", "boîtes", "demandé par",
        "envoyée le", "réponse le", "réponse", "compte",
    )  # fmt: skip
    for part in overview.portions(found):
        for row in part:
            yield (
                row.family_name, row.given_name, row.job, row.employer, row.contact, row.establishment.uai,
                row.establishment.name, row.get_state_display(), row.boxes,
                row.created_by.address if row.created_by else "", overview.moment(row.sent_at),
                overview.moment(row.answered_at), row.answer, row.agent.address if row.agent else "",
            )  # fmt: skip
