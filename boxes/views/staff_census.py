"""Recensement, for staff: how far each establishment is, and what is done about it."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Establishment
from accounts.plain_text import plain, words
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from boxes import overview
from boxes.census import showing, states
from boxes.models import Box, CensusSheet
from boxes.views.frame import typed
from boxes.views.staff_frame import page_of, query, show, staff

STATES = {
    "open": "À transmettre",
    "submitted": "Transmis, à valider",
    "validated": "Validé",
    "none": "Sans boîte",
}
SORTS: dict[str, tuple[str, tuple[str | OrderBy, ...]]] = {
    "nom": ("Nom", ("name", "uai")),
    "ville": ("Ville", ("city", "name")),
    "transmis": ("Transmis en dernier d’abord", (F("census_sheet__submitted_at").desc(nulls_last=True), "name")),
    "rappel": ("Rappelé il y a longtemps d’abord", (F("census_sheet__reminded_at").asc(nulls_first=True), "name")),
}
REMIND_AT_ONCE = 500


@never_cache
@require_safe
def staff_census(request: AgentRequest) -> HttpResponseBase:
    staff(request)
    text, state, sort = typed(request, "recherche"), typed(request, "etat"), typed(request, "tri")
    found = _chosen(text, state, sort)
    if request.GET.get("format") == "csv":
        return csv_download("recensement.csv", _table(found))
    page = page_of(request, found)
    context = {
        "title": "Recensement des boîtes (équipe)",
        "page": page,
        "rows": showing.completeness(list(page)),
        "states": [(key, label, _in_state(Establishment.objects.all(), key).count()) for key, label in STATES.items()],
        "sorts": [(key, label) for key, (label, _) in SORTS.items()],
        "text": text,
        "state": state,
        "sort": sort,
        "filtered": bool(text or state),
        "to_remind": _in_state(found, "open").count(),
        "csv": query(recherche=text, etat=state, tri=sort, format="csv"),
    }
    return show(request, "staff_census", "census", context)


@require_POST
def staff_census_remind(request: AgentRequest) -> HttpResponse:
    """Of the ticked establishments, or of all that the page's search found when nothing is ticked for `tous`."""
    by = staff(request)
    if request.POST.get("tous"):
        text = request.POST.get("recherche", "").replace("\0", " ").strip()[:100]
        chosen = _in_state(_chosen(text, request.POST.get("etat", ""), ""), "open")
    else:
        codes = [code.replace("\0", "")[:8] for code in request.POST.getlist("etablissement")[:REMIND_AT_ONCE]]
        chosen = Establishment.objects.filter(uai__in=codes)
    rows = list(chosen[:REMIND_AT_ONCE])
    if not rows:
        messages.error(request, "Cochez d’abord les établissements à relancer.")
        return redirect("staff_census")
    _tell(request, states.remind(establishments=rows, by=by))
    return redirect("staff_census")


@require_POST
def staff_census_validate(request: AgentRequest, uai: str) -> HttpResponse:
    by = staff(request)
    place = get_object_or_404(Establishment, uai=uai.replace("\0", ""))
    try:
        states.validate(establishment=place, by=by)
    except states.CensusError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"Recensement validé : {place.name}.")
    return redirect("staff_census")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_census_reopen(request: AgentRequest, uai: str) -> HttpResponse:
    by = staff(request)
    place = get_object_or_404(Establishment, uai=uai.replace("\0", ""))
    problem, reason = "", ""
    if request.method == "POST":
        reason = request.POST.get("raison", "").replace("\0", " ")[: states.NOTE_MAX_CHARACTERS]
        try:
            states.reopen(establishment=place, by=by, reason=reason)
        except states.NoReason as error:
            problem = error.sentence
        except states.CensusError as error:
            messages.error(request, error.sentence)
            return redirect("staff_census")
        else:
            messages.success(request, f"Recensement rouvert : {place.name}. L’établissement est prévenu.")
            return redirect("staff_census")
    context = {
        "title": f"Rouvrir le recensement : {place.name}",
        "place": place,
        "sheet": states.sheet_of(place),
        "problem": problem,
        "reason": reason,
        "note_max": states.NOTE_MAX_CHARACTERS,
    }
    return show(request, "staff_census_reopen", "census", context, status=422 if problem else 200)


def _chosen(text: str, state: str, sort: str) -> QuerySet[Establishment]:
    found = _in_state(Establishment.objects.all(), state)
    if wanted := words(text):
        rows = found.order_by().values_list("pk", "name", "uai", "city")
        held = ((pk, plain(" ".join(parts))) for pk, *parts in rows)
        found = found.filter(pk__in=[pk for pk, content in held if all(word in content for word in wanted)])
    return found.order_by(*SORTS.get(sort, SORTS["nom"])[1])


def _in_state(found: QuerySet[Establishment], state: str) -> QuerySet[Establishment]:
    """Establishments without boxes have no census: they stand in a list of their own, and in none other."""
    has_boxes = Exists(Box.objects.filter(establishment=OuterRef("pk")))
    if state == "none":
        return found.filter(~has_boxes)
    found = found.filter(has_boxes)
    handed_in = (CensusSheet.State.SUBMITTED, CensusSheet.State.VALIDATED)
    if state == "open":
        return found.filter(~Q(census_sheet__state__in=handed_in))
    return found.filter(census_sheet__state=state) if state in handed_in else found


def _tell(request: AgentRequest, outcome: states.Reminded) -> None:
    told = outcome.told
    if told:
        messages.success(request, f"{told} établissement{'s' if told > 1 else ''} relancé{'s' if told > 1 else ''}.")
    for count, why in (
        (outcome.too_soon, "déjà relancé il y a moins d’un jour"),
        (outcome.not_open, "recensement déjà transmis"),
        (outcome.nobody, "ni direction ni propriétaire à prévenir"),
    ):
        if count:
            messages.warning(request, f"{count} établissement{'s' if count > 1 else ''} sans rappel : {why}.")


def _table(found: QuerySet[Establishment]) -> Iterator[tuple[object, ...]]:
    yield (
        "UAI", "établissement", "ville", "état", "directions", "boîtes", "ne servent plus", "renseignées",
        "transférées", "sans propriétaire", "personnes", "demandes de compte en cours", "transmis le", "par",
        "validé le", "rappelé le",
    )  # fmt: skip
    for part in overview.portions(found):
        for one in showing.completeness(part):
            sheet, place = one.sheet, one.establishment
            yield (
                place.uai, place.name, place.city, STATES[sheet.state], one.heads, one.boxes, one.not_kept,
                one.complete, one.shared, one.without_owner, one.people, one.requests_open,
                overview.moment(sheet.submitted_at), sheet.submitted_by.address if sheet.submitted_by else "",
                overview.moment(sheet.validated_at), overview.moment(sheet.reminded_at),
            )  # fmt: skip
