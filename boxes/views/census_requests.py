"""Recensement: requests for accounts of people without one, and what became of them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import directory_search
from accounts.models import Agent
from accounts.requests import AgentRequest
from boxes.census import account_requests
from boxes.models import AccountRequest
from boxes.views.census_frame import need_leads, place_of, told

REQUESTS_PER_PAGE = 30
FOUND = 10


@never_cache
@require_safe
def census_requests(request: AgentRequest, uai: str) -> HttpResponse:
    place = place_of(request, uai)
    need_leads(place)
    rows = AccountRequest.objects.filter(establishment=place.establishment)
    state = request.GET.get("etat", "")
    if state in AccountRequest.State.values:
        rows = rows.filter(state=state)
    # Counting forgets the order of the model.
    rows = rows.select_related("agent").annotate(boxes=Count("entries")).order_by("family_name", "given_name", "pk")
    page = Paginator(rows, REQUESTS_PER_PAGE).get_page(request.GET.get("page"))
    proposed = account_requests.proposals(list(page))
    context = {
        "title": "Personnes sans compte",
        "place": place,
        "page": page,
        "rows": [(row, proposed.get(row.pk, [])) for row in page],
        "state": state,
        "states": AccountRequest.State.choices,
    }
    return render(request, "boxes/census_requests.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_request(request: AgentRequest, uai: str, request_id: int) -> HttpResponse:
    place = place_of(request, uai)
    need_leads(place)
    row = get_object_or_404(
        AccountRequest.objects.select_related("establishment", "created_by", "agent"),
        pk=request_id,
        establishment=place.establishment,
    )
    if request.method == "POST":
        _act(request, row)
        return redirect("census_request", place.uai, row.pk)
    text = request.GET.get("recherche", "")
    context = {
        "title": row.full_name,
        "place": place,
        "row": row,
        "letter": account_requests.letter(row),
        "proposed": account_requests.proposals([row]).get(row.pk, []),
        "text": text[: directory_search.MAX_CHARACTERS],
        "searched": bool(text.strip()),
        "found": directory_search.find(text, limit=FOUND),
        "entries": row.entries.select_related("box").order_by("box__address"),
        "answer_max": account_requests.ANSWER_MAX_CHARACTERS,
    }
    return render(request, "boxes/census_request.html", context)


def _act(request: AgentRequest, row: AccountRequest) -> None:
    action, one = request.POST.get("action", ""), request.POST.get("personne", "")
    with told(request):
        if action == "refus":
            account_requests.refuse(request=row, answer=request.POST.get("reponse", ""), by=request.user)
            messages.success(request, "Réponse notée.")
        elif action == "renvoyer":
            account_requests.send_again(request=row, by=request.user)
            messages.success(request, "La demande repart à l’assistance.")
        elif one.isascii() and one.isdigit() and len(one) < 19 and (agent := Agent.objects.filter(pk=int(one)).first()):
            account_requests.accept(request=row, agent=agent, by=request.user)
            messages.success(request, f"C’est noté : {agent.full_name} prend la place prévue dans chaque boîte.")
        else:
            messages.error(request, "Choisissez une personne de l’annuaire.")
