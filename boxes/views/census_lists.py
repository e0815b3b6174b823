"""Recensement: a list pasted or handed in, looked at row by row before anything is written."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import AgentRequest
from accounts.sealing import CannotOpen
from accounts.uploads import BoundedUpload, takes_files
from boxes import reach
from boxes.census import handed_in
from boxes.census.matching import Kind, Match
from boxes.models import CensusImport, Role
from boxes.views.census_frame import Place, place_of, told

ROWS_PER_PAGE = 100
LOST = "Cette liste ne peut plus être ouverte : supprimez-la, puis remettez-la."
CHOICE = "choix-"


def _own(request: AgentRequest, place: Place, import_id: int) -> CensusImport:
    mine = CensusImport.objects.filter(establishment=place.establishment, agent=request.user)
    return get_object_or_404(mine.select_related("box", "establishment", "agent"), pk=import_id)


@never_cache
@require_safe
def census_lists(request: AgentRequest, uai: str) -> HttpResponse:
    place = place_of(request, uai)
    boxes = reach.boxes_in_census(request.user, place.establishment).filter(transfer_asked_at__isnull=True)
    mine = CensusImport.objects.filter(establishment=place.establishment, agent=request.user).defer("content")
    context = {
        "title": "Remettre une liste",
        "place": place,
        "boxes": boxes.order_by("address"),
        "box_id": request.GET.get("boite", ""),
        "lists": mine.select_related("box"),
        "retention_days": handed_in.RETENTION.days,
    }
    return render(request, "boxes/census_lists.html", context)


@require_POST
@takes_files(handed_in.bounds)
@sensitive_post_parameters()
def census_list_take(request: AgentRequest, uai: str, handler: BoundedUpload) -> HttpResponse:
    place = place_of(request, uai)
    wanted = request.POST.get("boite", "")
    back = reverse("census_lists", args=[place.uai])
    box = None
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        box = reach.boxes_in_census(request.user, place.establishment).filter(pk=int(wanted)).first()
        back += f"?boite={wanted}"
    for _, sentence in handler.refused:
        messages.error(request, sentence)
    if handler.refused:
        return redirect(back)
    file, text = request.FILES.get("fichier"), request.POST.get("texte", "")
    if file is None and not text.strip():
        messages.error(request, "Collez une liste, ou choisissez un fichier.")
        return redirect(back)
    data = file.read() if file is not None else text.encode("utf-8", "replace")
    with told(request):
        kept = handed_in.take(
            establishment=place.establishment,
            box=box,
            data=data,
            name=(file.name or "liste") if file is not None else "",
            by=request.user,
        )
        return redirect("census_list", place.uai, kept.pk)
    return redirect(back)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_list(request: AgentRequest, uai: str, import_id: int) -> HttpResponse:
    place = place_of(request, uai)
    kept = _own(request, place, import_id)
    given = request.POST if request.method == "POST" else request.GET
    wanted_role = given.get("role", "")
    role = Role(wanted_role) if wanted_role in Role.values else Role.MEMBER
    try:
        if request.method == "POST":
            return _confirm(request, place, kept, role)
        rows = handed_in.matches(kept, by=request.user, default=role)
    except CannotOpen:
        messages.error(request, LOST)
        return redirect("census_lists", place.uai)
    kinds = [(kind, sum(one.kind == kind for one in rows)) for kind in Kind]
    wanted = request.GET.get("etat", "")
    numbered = [(place_, one) for place_, one in enumerate(rows) if not wanted or one.kind.value == wanted]
    context: dict[str, Any] = {
        "title": kept.name,
        "place": place,
        "kept": kept,
        "total": len(rows),
        "kinds": [(kind, count) for kind, count in kinds if count],
        "page": Paginator(numbered, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "wanted": wanted,
        "role": role,
        "roles": Role.choices,
        "clear": sum(one.kind in (Kind.ADD, Kind.CHANGE) for one in rows),
        "choosable": any(_is_choosable(one) for _, one in numbered),
        "editable": place.may_change,
    }
    return render(request, "boxes/census_list.html", context)


def _is_choosable(one: Match) -> bool:
    return bool(one.choices) and one.box is not None


def _confirm(request: AgentRequest, place: Place, kept: CensusImport, role: Role) -> HttpResponse:
    choices = {
        int(name.removeprefix(CHOICE)): int(request.POST[name])
        for name in request.POST
        if name.startswith(CHOICE) and _is_number(name.removeprefix(CHOICE)) and _is_number(request.POST[name])
    }
    with told(request):
        applied = handed_in.apply(kept=kept, choices=choices, by=request.user, default=role)
        said = []
        if applied.added:
            said.append(f"{applied.added} accès ajouté{'s' if applied.added > 1 else ''}")
        if applied.changed:
            said.append(
                f"{applied.changed} rôle{'s' if applied.changed > 1 else ''} changé{'s' if applied.changed > 1 else ''}"
            )
        if said:
            messages.success(request, f"C’est enregistré : {', '.join(said)}.")
        else:
            messages.info(request, "Il n’y avait rien de sûr à enregistrer.")
        if applied.left:
            messages.warning(
                request,
                "Une ligne reste à régler." if applied.left == 1 else f"{applied.left} lignes restent à régler.",
            )
    return redirect(reverse("census_list", args=[place.uai, kept.pk]) + f"?role={role.value}")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


@never_cache
@require_safe
def census_list_original(request: AgentRequest, uai: str, import_id: int) -> HttpResponseBase:
    place = place_of(request, uai)
    kept = _own(request, place, import_id)
    try:
        data = handed_in.content(kept)
    except CannotOpen:
        messages.error(request, LOST)
        return redirect("census_lists", place.uai)
    name = kept.name if "." in kept.name else f"{kept.name}.txt"
    # Never shown by the browser itself: what somebody handed in is text for a program of theirs.
    return HttpResponse(
        data,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": content_disposition_header(True, name) or "attachment",
            "X-Content-Type-Options": "nosniff",
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_list_delete(request: AgentRequest, uai: str, import_id: int) -> HttpResponse:
    place = place_of(request, uai)
    kept = _own(request, place, import_id)
    if request.method == "POST":
        with told(request):
            handed_in.delete(kept=kept, by=request.user)
            messages.success(request, "Liste supprimée.")
        return redirect("census_lists", place.uai)
    context = {"title": "Supprimer la liste", "place": place, "kept": kept}
    return render(request, "boxes/census_list_delete.html", context)
