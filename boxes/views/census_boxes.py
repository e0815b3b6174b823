"""Recensement: boxes added, corrected, taken out, said to serve no more; people taken over from another box."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Agent
from accounts.requests import AgentRequest
from boxes import reach
from boxes.census import declaring, listed_boxes, states
from boxes.models import Box
from boxes.views.census_frame import box_of, need_leads, place_of, told


class BoxForm(forms.Form):
    address = forms.CharField(
        label="Adresse de la boîte",
        max_length=254,
        help_text=f"Par exemple vie-scolaire@{settings.MAIL_DOMAIN} ; sans @, ce domaine est ajouté.",
        widget=forms.TextInput(attrs={"class": "fr-input", "autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label="Nom de la boîte",
        max_length=listed_boxes.NAME_MAX_CHARACTERS,
        help_text="Celui que verront les personnes qui y ont accès.",
        widget=forms.TextInput(attrs={"class": "fr-input", "autocomplete": "off"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_box_add(request: AgentRequest, uai: str) -> HttpResponse:
    place = place_of(request, uai)
    need_leads(place)
    form = BoxForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            box = listed_boxes.add(establishment=place.establishment, by=request.user, **form.cleaned_data)
        except (
            listed_boxes.BadAddress,
            listed_boxes.AlreadyListed,
            listed_boxes.ListedElsewhere,
            listed_boxes.PersonalAddress,
        ) as error:
            form.add_error("address", error.sentence)
        except states.CensusError as error:
            messages.error(request, error.sentence)
            return redirect("census_sheet", place.uai)
        else:
            messages.success(request, "Boîte ajoutée. Indiquez maintenant qui doit y avoir accès.")
            return redirect("census_box", place.uai, box.pk)
    context = {"title": "Ajouter une boîte", "place": place, "form": form}
    return render(request, "boxes/census_box_form.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_box_edit(request: AgentRequest, uai: str, box_id: int) -> HttpResponse:
    place, box = box_of(request, uai, box_id)
    form = BoxForm(request.POST or None, initial={"name": box.name})
    del form.fields["address"]
    if request.method == "POST" and form.is_valid():
        with told(request):
            listed_boxes.rename(box=box, name=form.cleaned_data["name"], by=request.user)
            messages.success(request, "Nom corrigé.")
        return redirect("census_box", place.uai, box.pk)
    context = {"title": "Corriger le nom", "place": place, "form": form, "box": box}
    return render(request, "boxes/census_box_form.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_box_remove(request: AgentRequest, uai: str, box_id: int) -> HttpResponse:
    place, box = box_of(request, uai, box_id)
    if request.method == "POST":
        with told(request):
            listed_boxes.remove(box=box, by=request.user)
            messages.success(request, f"La boîte {box.address} n’est plus dans le recensement.")
            return redirect("census_sheet" if place.leads else "census", *([place.uai] if place.leads else []))
        return redirect("census_box", place.uai, box.pk)
    if box.origin != Box.Origin.DECLARED:
        return redirect("census_box", place.uai, box.pk)
    context = {"title": "Retirer la boîte", "place": place, "box": box, "entries": box.entries.count()}
    return render(request, "boxes/census_box_remove.html", context)


@require_POST
def census_box_kept(request: AgentRequest, uai: str, box_id: int) -> HttpResponse:
    place, box = box_of(request, uai, box_id)
    kept = request.POST.get("sert") == "1"
    with told(request):
        listed_boxes.keep(box=box, kept=kept, by=request.user)
        messages.success(
            request,
            f"{box.address} sera transférée."
            if kept
            else f"{box.address} ne sera pas transférée. Les personnes enregistrées restent notées, "
            "au cas où elle servirait encore.",
        )
    return redirect("census_box", place.uai, box.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_copy(request: AgentRequest, uai: str, box_id: int) -> HttpResponse:
    place, box = box_of(request, uai, box_id)
    others = reach.boxes_in_census(request.user, place.establishment).exclude(pk=box.pk).order_by("address")
    wanted = (request.POST if request.method == "POST" else request.GET).get("source", "")
    source = (
        others.filter(pk=int(wanted)).first() if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    )
    if request.method == "POST":
        if source is None:
            messages.error(request, "Choisissez la boîte à reprendre.")
            return redirect("census_copy", place.uai, box.pk)
        with told(request):
            copied = declaring.copy(box=box, source=source, by=request.user)
            count = len(copied.new) + len(copied.requests)
            messages.success(request, f"{count} personne{'s' if count > 1 else ''} reprise{'s' if count > 1 else ''}.")
        return redirect("census_box", place.uai, box.pk)
    context = {
        "title": "Reprendre les personnes d’une autre boîte",
        "place": place,
        "box": box,
        "others": others,
        "source": source,
        "copied": declaring.copy_preview(box=box, source=source) if source else None,
    }
    return render(request, "boxes/census_copy.html", context)


@require_POST
def census_users(request: AgentRequest, uai: str, box_id: int) -> HttpResponse:
    """Enter who noted the use of the box: one person, or all."""
    place, box = box_of(request, uai, box_id)
    one = request.POST.get("personne", "")
    chosen = None
    if one:
        is_number = one.isascii() and one.isdigit() and len(one) < 19
        chosen = list(Agent.objects.filter(pk=int(one))) if is_number else []
    with told(request):
        written = declaring.add_users(box=box, agents=chosen, by=request.user)
        count = len(written.added)
        if count:
            messages.success(request, f"{count} personne{'s ajoutées' if count > 1 else ' ajoutée'}, comme membre.")
        else:
            messages.info(request, "Il n’y avait plus personne à ajouter.")
    return redirect("census_box", place.uai, box.pk)
