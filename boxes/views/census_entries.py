"""Recensement of one box: who must have access, with which role, added, changed and taken out."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import directory_search
from accounts.models import Agent
from accounts.plain_text import words
from accounts.requests import AgentRequest
from boxes.census import declaring, showing, states
from boxes.census.dates import planned_days
from boxes.models import AccountRequest, Box, CensusEntry, Role
from boxes.views.census_frame import box_of, told

ENTRIES_PER_PAGE = 50
FOUND = 20
PEOPLE_WITHOUT_SEARCH = 10
WHO = (
    ("owner", "Propriétaires"),
    ("member", "Membres"),
    ("reader", "Lecture seule"),
    ("waiting", "Pas encore transférées"),
    ("without", "Sans compte"),
    ("gone", "Comptes désactivés"),
)
ROLES = [(role.value, str(role.label)) for role in Role]
WITHOUT_ACCOUNT_ROLES = [(role.value, str(role.label)) for role in (Role.MEMBER, Role.READER)]


@dataclass(frozen=True)
class Line:
    """An entry as it is shown. planned: when the person is to move, "" when nothing is known."""

    entry: CensusEntry
    planned: str = ""

    @property
    def roles(self) -> list[tuple[str, str]]:
        return ROLES if self.entry.agent_id else WITHOUT_ACCOUNT_ROLES


class PersonForm(forms.Form):
    """Somebody who has no nominative account."""

    family_name = forms.CharField(label="Nom", max_length=100)
    given_name = forms.CharField(label="Prénom", max_length=100)
    job = forms.CharField(label="Fonction", max_length=120, help_text="Par exemple agent d’accueil, chef de cuisine.")
    employer = forms.CharField(
        label="Employeur", max_length=120, help_text="Par exemple Conseil départemental, Région, commune."
    )
    contact = forms.CharField(
        label="Téléphone ou adresse (facultatif)",
        max_length=200,
        required=False,
        help_text="Pour que l’assistance puisse joindre la personne.",
    )
    role = forms.ChoiceField(
        label="Rôle dans la boîte",
        choices=WITHOUT_ACCOUNT_ROLES,
        help_text="Un propriétaire doit avoir un compte : ce rôle pourra être donné plus tard.",
        widget=forms.Select(attrs={"class": "fr-select"}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name, field in self.fields.items():
            if name != "role":
                field.widget.attrs |= {"class": "fr-input", "autocomplete": "off"}

    def person(self) -> declaring.Person:
        values = {name: value for name, value in self.cleaned_data.items() if name != "role"}
        return declaring.Person(**values)


@never_cache
@require_safe
def census_box(request: AgentRequest, uai: str, box_id: int) -> HttpResponse:
    place, box = box_of(request, uai, box_id)
    [row] = showing.box_rows([box])
    heads = {head.pk for head in row.heads}
    entries = (
        box.entries.exclude(agent__in=heads)
        .select_related("agent__establishment", "request__agent")
        .order_by("agent__family_name", "agent__given_name", "request__family_name", "pk")
    )
    total = entries.count()
    wanted, who = request.GET.get("recherche", "")[:100], request.GET.get("qui", "")
    wanted, who = wanted if words(wanted) else "", who if who in dict(WHO) else ""
    page = Paginator(_chosen(entries, wanted, who), ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    shown = [entry.agent for entry in page if entry.agent]
    days = planned_days([*shown, *row.heads])
    users = declaring.users_to_add(box) if place.may_change and not box.is_shared else []
    context = {
        "title": box.name,
        "place": place,
        "box": box,
        "row": row,
        "heads": [(head, days.get(head.pk, "")) for head in row.heads],
        "page": page,
        "lines": [Line(entry, days.get(entry.agent_id or 0, "")) for entry in page],
        "total": total,
        "users": users,
        "wanted": wanted,
        "who": who,
        "whos": WHO,
        "searchable": total > PEOPLE_WITHOUT_SEARCH,
        "editable": place.may_change and not box.is_shared,
    }
    return render(request, "boxes/census_box.html", context)


def _chosen(entries: QuerySet[CensusEntry], wanted: str, who: str) -> QuerySet[CensusEntry]:
    for word in words(wanted)[: directory_search.MAX_WORDS]:
        entries = entries.filter(
            Q(agent__search_text__contains=word)
            | Q(request__family_name__icontains=word)
            | Q(request__given_name__icontains=word)
        )
    conditions = {
        "waiting": Q(agent__isnull=False, agent__migrated_at__isnull=True, agent__is_active=True),
        "without": Q(request__isnull=False),
        "gone": Q(agent__is_active=False),
        **{role: Q(role=role) for role in Role.values},
    }
    return entries.filter(conditions[who]) if who else entries


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_entry_add(request: AgentRequest, uai: str, box_id: int) -> HttpResponse:
    place, box = box_of(request, uai, box_id)
    if request.method == "POST":
        return _add(request, place.uai, box)
    text = request.GET.get("recherche", "")
    people = directory_search.find(text, limit=FOUND + 1)
    entered = set(box.entries.filter(agent__in=[agent.pk for agent in people]).values_list("agent_id", flat=True))
    heads = {head.pk for head in states.active_heads(place.establishment)}
    days = planned_days(people[:FOUND])
    context = {
        "title": "Ajouter des personnes",
        "place": place,
        "box": box,
        "text": text[: directory_search.MAX_CHARACTERS],
        "searched": bool(text.strip()),
        "found": [
            {
                "agent": agent,
                "entered": agent.pk in entered,
                "is_head": agent.pk in heads,
                "elsewhere": agent.establishment_id != place.establishment.pk,
                "planned": days.get(agent.pk, ""),
            }
            for agent in people[:FOUND]
        ],
        "more": len(people) > FOUND,
        "roles": ROLES,
        "editable": place.may_change and not box.is_shared,
    }
    return render(request, "boxes/_census_found.html" if request.htmx else "boxes/census_add.html", context)


def _add(request: AgentRequest, uai: str, box: Box) -> HttpResponse:
    """Back to the same search, so that several are added one after the other."""
    one, role = request.POST.get("personne", ""), request.POST.get("role", "")
    agent = Agent.objects.filter(pk=int(one)).first() if one.isascii() and one.isdigit() and len(one) < 19 else None
    if agent is None or role not in Role.values:
        messages.error(request, "Choisissez une personne et un rôle.")
    else:
        with told(request):
            declaring.add(box=box, agent=agent, role=Role(role), by=request.user)
            elsewhere = "" if agent.establishment_id == box.establishment_id else ", d’un autre établissement,"
            messages.success(request, f"{agent.full_name}{elsewhere} est dans la liste : {Role(role).label.lower()}.")
    text = request.POST.get("recherche", "").replace("\0", " ")[: directory_search.MAX_CHARACTERS]
    return redirect(reverse("census_entry_add", args=[uai, box.pk]) + f"?{urlencode({'recherche': text})}")


@require_POST
def census_entry_role(request: AgentRequest, uai: str, box_id: int, entry_id: int) -> HttpResponse:
    place, box = box_of(request, uai, box_id)
    entry = get_object_or_404(box.entries.select_related("box__establishment"), pk=entry_id)
    role = request.POST.get("role", "")
    if role in Role.values:
        with told(request):
            declaring.change_role(entry=entry, role=Role(role), by=request.user)
            messages.success(request, "Rôle enregistré.")
    else:
        messages.error(request, "Choisissez un rôle.")
    # Back to the same part of a long list.
    shown = QueryDict(request.POST.get("retour", "")[:500])
    query = urlencode({name: shown[name] for name in ("recherche", "qui", "page") if shown.get(name)})
    url = reverse("census_box", args=[place.uai, box.pk])
    return redirect(f"{url}{f'?{query}' if query else ''}#personne-{entry.pk}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_entry_remove(request: AgentRequest, uai: str, box_id: int, entry_id: int) -> HttpResponse:
    place, box = box_of(request, uai, box_id)
    entry = get_object_or_404(box.entries.select_related("box__establishment", "agent", "request"), pk=entry_id)
    is_own = entry.agent_id == request.user.pk
    if request.method == "POST":
        with told(request):
            declaring.remove(entry=entry, by=request.user)
            messages.success(request, "La personne n’est plus dans la liste.")
            if is_own and not place.leads:
                return redirect("census")
        return redirect("census_box", place.uai, box.pk)
    context = {
        "title": "Retirer de la liste",
        "place": place,
        "box": box,
        "entry": entry,
        "is_own": is_own,
        "request_goes": entry.request is not None
        and entry.request.state == AccountRequest.State.DRAFT
        and entry.request.entries.count() == 1,
    }
    return render(request, "boxes/census_entry_remove.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def census_person_new(request: AgentRequest, uai: str, box_id: int) -> HttpResponse:
    """Somebody without account: a new request, or one that another box of the establishment has already."""
    place, box = box_of(request, uai, box_id)
    known = AccountRequest.objects.filter(establishment=place.establishment, agent__isnull=True).exclude(
        entries__box=box
    )
    if request.method == "POST" and (one := request.POST.get("demande", "")):
        if one.isascii() and one.isdigit() and len(one) < 19 and (row := known.filter(pk=int(one)).first()):
            role = request.POST.get("role", "")
            with told(request):
                declaring.add_request(
                    box=box, request=row, role=Role(role) if role in Role.values else Role.MEMBER, by=request.user
                )
                messages.success(request, f"{row.full_name} est dans la liste.")
        return redirect("census_box", place.uai, box.pk)
    initial = {name: request.GET.get(name, "").replace("\0", " ")[:100] for name in ("given_name", "family_name")}
    form = PersonForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            declaring.add_without_account(
                box=box, person=form.person(), role=Role(form.cleaned_data["role"]), by=request.user
            )
        except states.CensusError as error:
            form.add_error(None, error.sentence)
        else:
            messages.success(
                request, "Personne ajoutée. La demande de compte partira à l’assistance avec le recensement."
            )
            return redirect("census_box", place.uai, box.pk)
    context = {
        "title": "Ajouter une personne sans compte",
        "place": place,
        "box": box,
        "form": form,
        "known": known if place.leads else [],
        "roles": WITHOUT_ACCOUNT_ROLES,
    }
    return render(request, "boxes/census_person.html", context, status=422 if form.errors else 200)
