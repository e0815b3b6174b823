"""Recensement: the establishments in reach, the sheet of one, and its way from open to validated."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import AgentRequest
from boxes import reach
from boxes.census import account_requests, showing, states
from boxes.models import AccountRequest, CensusSheet
from boxes.views.census_frame import Place, place_of, told

ESTABLISHMENTS_PER_PAGE = 30
BOXES_PER_PAGE = 50
BOX_STATES = (
    ("no_owner", "Sans propriétaire"),
    ("empty", "À renseigner"),
    ("complete", "Renseignées"),
    ("not_kept", "Ne servent plus"),
    ("shared", "Transférées"),
)


@never_cache
@require_safe
def census_index(request: AgentRequest) -> HttpResponse:
    places = reach.establishments_in_census(request.user).order_by("name", "uai")
    if not request.user.is_staff and len(only := list(places[:2])) == 1:
        return redirect("census_sheet", only[0].uai)
    wanted = " ".join(request.GET.get("recherche", "").replace("\0", " ").split())[:100]
    state = request.GET.get("etat", "")
    places = places.holding(wanted)
    if state == CensusSheet.State.OPEN:
        places = places.filter(Q(census_sheet__isnull=True) | Q(census_sheet__state=state))
    elif state in CensusSheet.State.values:
        places = places.filter(census_sheet__state=state)
    page = Paginator(places, ESTABLISHMENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Recensement des boîtes",
        "page": page,
        "rows": showing.completeness(list(page)),
        "wanted": wanted,
        "state": state,
        "states": CensusSheet.State.choices,
    }
    return render(request, "boxes/census.html", context)


@never_cache
@require_safe
def census_sheet(request: AgentRequest, uai: str) -> HttpResponse:
    place = place_of(request, uai)
    rows = showing.box_rows(
        list(reach.boxes_in_census(request.user, place.establishment).order_by("-is_kept", "address"))
    )
    wanted = request.GET.get("recherche", "").strip()[:100].lower()
    state = request.GET.get("etat", "")
    shown = [
        row
        for row in rows
        if (not wanted or wanted in row.box.address or wanted in row.box.name.lower())
        and (not state or row.state == state)
    ]
    requests = AccountRequest.objects.filter(establishment=place.establishment)
    kept = [row for row in rows if row.box.is_kept]
    context = {
        "title": f"Recensement : {place.establishment.name}",
        "place": place,
        "rows": rows,
        "page": Paginator(shown, BOXES_PER_PAGE).get_page(request.GET.get("page")),
        "kept": len(kept),
        "all_shared": bool(kept) and all(row.state == "shared" for row in kept),
        "complete": sum(row.state in ("complete", "shared") for row in kept),
        "without_owner": sum(row.state == "no_owner" for row in rows),
        "heads": states.active_heads(place.establishment),
        "requests": requests.count() if place.leads else 0,
        "wanted": wanted,
        "state": state,
        "states": BOX_STATES,
        "searchable": len(rows) > 8,
    }
    return render(request, "boxes/census_sheet.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_submit(request: AgentRequest, uai: str) -> HttpResponse:
    place = place_of(request, uai)
    if not place.may_submit:
        raise PermissionDenied("Le recensement est transmis par la direction de l’établissement.")
    if request.method == "POST":
        with told(request):
            states.submit(establishment=place.establishment, by=request.user)
            messages.success(
                request, "Recensement transmis à l’équipe DSI. Vous pouvez le rouvrir tant qu’il n’est pas validé."
            )
            return redirect("census_sheet", place.uai)
        return redirect("census_submit" if _is_open(place) else "census_sheet", place.uai)
    if not _is_open(place):
        return redirect("census_sheet", place.uai)
    issues = showing.missing(place.establishment)
    drafts = list(
        AccountRequest.objects.filter(
            establishment=place.establishment, state=AccountRequest.State.DRAFT, entries__box__is_kept=True
        ).distinct()
    )
    context = {
        "title": "Transmettre le recensement",
        "place": place,
        "blocking": [issue for issue in issues if issue.blocks],
        "others": [issue for issue in issues if not issue.blocks],
        "drafts": drafts,
        "letter": account_requests.letter(drafts[0]) if drafts else "",
    }
    return render(request, "boxes/census_submit.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_reopen(request: AgentRequest, uai: str) -> HttpResponse:
    place = place_of(request, uai)
    if not place.may_submit:
        raise PermissionDenied("Le recensement est rouvert par la direction de l’établissement ou par l’équipe DSI.")
    if request.method == "POST":
        with told(request):
            states.reopen(establishment=place.establishment, by=request.user, reason=request.POST.get("motif", ""))
            messages.success(request, "Recensement rouvert : pensez à le transmettre de nouveau.")
        return redirect("census_sheet", place.uai)
    if not place.may_reopen:
        return redirect("census_sheet", place.uai)
    context = {"title": "Rouvrir le recensement", "place": place, "note_max": states.NOTE_MAX_CHARACTERS}
    return render(request, "boxes/census_reopen.html", context)


@require_POST
def census_validate(request: AgentRequest, uai: str) -> HttpResponse:
    place = place_of(request, uai)
    if not request.user.is_staff:
        raise PermissionDenied("Seule l’équipe DSI valide un recensement.")
    with told(request):
        states.validate(establishment=place.establishment, by=request.user)
        messages.success(request, "Recensement validé : les personnes qui s’en occupent sont prévenues.")
    return redirect("census_sheet", place.uai)


def _is_open(place: Place) -> bool:
    return place.sheet.state == CensusSheet.State.OPEN
