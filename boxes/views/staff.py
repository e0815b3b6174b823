"""Boîtes, for staff: the list of all of them, a box added or put right, who waits, and the table for an audit."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Establishment
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from boxes import overview, registry, wave_source
from boxes.census.states import CensusError
from boxes.models import Box, Role
from boxes.registry import RegistryError
from boxes.views.frame import typed
from boxes.views.staff_frame import number, page_of, places, query, show, staff


@never_cache
@require_safe
def staff_boxes(request: AgentRequest) -> HttpResponseBase:
    staff(request)
    text, kind, place = typed(request, "recherche"), typed(request, "etat"), typed(request, "etablissement")
    wave, sort = number(request, "vague"), typed(request, "tri")
    found = overview.choose(text=text, kind=kind, place=place, wave=wave, sort=sort)
    if request.GET.get("format") == "csv":
        return csv_download("boites.csv", overview.table(found))
    page = page_of(request, found)
    counts = overview.counts()
    context = {
        "title": "Boîtes (équipe)",
        "page": page,
        "rows": overview.rows(list(page)),
        "kinds": [(key, label, counts[key]) for key, label in overview.FILTERS.items()],
        "total": Box.objects.count(),
        "sorts": [(key, label) for key, (label, _) in overview.SORTS.items()],
        "waves": wave_source.choices(),
        "places": places(),
        "text": text,
        "kind": kind,
        "place": place,
        "wave": wave,
        "sort": sort,
        "filtered": bool(text or kind or place or wave is not None),
        "csv": query(recherche=text, etat=kind, etablissement=place, vague=wave, tri=sort, format="csv"),
    }
    return show(request, "staff_boxes", "boxes", context)


@never_cache
@require_safe
def staff_delegations_csv(request: AgentRequest) -> HttpResponseBase:
    staff(request)
    return csv_download("acces-aux-boites.csv", overview.audit_table())


@never_cache
@require_safe
def staff_pending(request: AgentRequest) -> HttpResponseBase:
    staff(request)
    text, role, place = typed(request, "recherche"), typed(request, "role"), typed(request, "etablissement")
    found = overview.pending(text=text, role=role, place=place)
    if request.GET.get("format") == "csv":
        return csv_download("acces-en-attente.csv", overview.pending_table(found))
    page = page_of(request, found)
    context = {
        "title": "Accès en attente",
        "page": page,
        "rows": overview.with_days(list(page)),
        "roles": Role.choices,
        "places": places(),
        "text": text,
        "role": role,
        "place": place,
        "filtered": bool(text or role or place),
        "csv": query(recherche=text, role=role, etablissement=place, format="csv"),
    }
    return show(request, "staff_pending", "pending", context)


class BoxForm(forms.Form):
    """A box as staff write it down. `uai` stands empty for none."""

    address = forms.CharField(max_length=254, required=False, label="Adresse")
    name = forms.CharField(max_length=registry.NAME_MAX_CHARACTERS, label="Nom", required=False)
    uai = forms.CharField(max_length=8, required=False, label="Établissement ou service")

    def clean_uai(self) -> Establishment | None:
        code = self.cleaned_data["uai"].strip().upper()
        place = Establishment.objects.filter(uai=code).first() if code else None
        if code and place is None:
            raise forms.ValidationError(f"Aucun établissement n’a le code {code}.")
        return place


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_box_new(request: AgentRequest) -> HttpResponse:
    by = staff(request)
    form = BoxForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            box = registry.create(address=values["address"], name=values["name"], establishment=values["uai"], by=by)
        except (RegistryError, CensusError) as error:
            form.add_error("name" if isinstance(error, registry.NoName) else "address", error.sentence)
        else:
            messages.success(request, f"La boîte {box.address} est ajoutée.")
            return redirect("staff_boxes")
    return _form_page(request, form, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def staff_box_edit(request: AgentRequest, box_id: int) -> HttpResponse:
    by = staff(request)
    box = get_object_or_404(Box.objects.select_related("establishment"), pk=box_id)
    place = box.establishment
    form = BoxForm(request.POST or None, initial={"name": box.name, "uai": place.uai if place else ""})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            registry.change(box=box, name=values["name"], establishment=values["uai"], by=by)
        except RegistryError as error:
            form.add_error("name", error.sentence)
        except Box.DoesNotExist as error:
            raise Http404("box") from error
        else:
            messages.success(request, f"La fiche de {box.address} est enregistrée.")
            return redirect("staff_boxes")
    return _form_page(request, form, box)


def _form_page(request: AgentRequest, form: BoxForm, box: Box | None) -> HttpResponse:
    title = f"Fiche de {box.address}" if box else "Ajouter une boîte"
    context = {"title": title, "form": form, "box": box, "all_places": Establishment.objects.all()}
    return show(request, "staff_box_form", "boxes", context, status=422 if form.errors else 200)
