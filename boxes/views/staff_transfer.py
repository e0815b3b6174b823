"""Transfert des boîtes, for staff: choose, look at what would happen, confirm, and follow it box by box.

What was chosen stands in the address, so that every page can be kept, opened twice and come back to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import Establishment
from accounts.requests import AgentRequest
from accounts.tables import csv_download
from boxes import delegations, overview, transfer, troubles, wave_source
from boxes.models import Box
from boxes.overview import Stage
from boxes.transfer import Summary
from boxes.views.frame import numbers, typed
from boxes.views.staff_frame import page_of, places, query, show, staff

# Boxes that are chosen one by one go through the address.
ONE_BY_ONE = 200
STATES = {
    "todo": "Pas encore lancées",
    "under_way": "En cours",
    "trouble": "À débloquer",
    "done": "Terminées",
    "unused": "Ne servent plus",
}
# The same of one box.
STATE_OF_ONE = STATES | {"todo": "Pas encore lancée", "done": "Terminée", "unused": "Ne sert plus"}


@dataclass(frozen=True)
class Choice:
    """Which boxes a page is about: of a wave, of an establishment, or named one by one; none: nothing is chosen."""

    title: str
    query: str
    boxes: list[Box] | None

    @classmethod
    def read(cls, values: QueryDict) -> Choice:
        """Raises BadRequest for a number that is none."""
        wave, uai = values.get("vague", ""), values.get("etablissement", "")
        rows = Box.objects.select_related("establishment__census_sheet").order_by("address")
        if ids := numbers(values.getlist("boite"), most=ONE_BY_ONE):
            boxes = list(rows.filter(pk__in=ids))
            named = "&".join(f"boite={box.pk}" for box in boxes)
            return cls(f"{len(boxes)} boîte{'s' if len(boxes) > 1 else ''} choisie{'s' if len(boxes) > 1 else ''}",
                       named, boxes)  # fmt: skip
        if wave:
            chosen = numbers([wave], most=1)
            label = dict(wave_source.choices()).get(chosen[0]) if chosen else None
            if label is None:
                raise BadRequest("vague")
            return cls(f"Vague : {label}", query(vague=chosen[0]), list(rows.filter(pk__in=_ids_of_wave(chosen[0]))))
        if uai:
            place = Establishment.objects.filter(uai=uai.replace("\0", "")[:8]).first()
            if place is None:
                raise BadRequest("etablissement")
            return cls(str(place), query(etablissement=place.uai), list(rows.filter(establishment=place)))
        return cls("", "", None)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The choice as fields of a form."""
        return [(name, value) for name, values in QueryDict(self.query).lists() for value in values]


@never_cache
@require_safe
def staff_transfer(request: AgentRequest) -> HttpResponse:
    """Choose; and once it is chosen, what the transfer would do."""
    staff(request)
    choice = Choice.read(request.GET)
    context: dict[str, Any] = {
        "title": "Transférer des boîtes",
        "choice": choice,
        "waves": wave_source.choices(),
        "places": places(),
    }
    if choice.boxes is not None:
        plans = transfer.preview(choice.boxes)
        going = [plan for plan in plans if plan.goes]
        context |= {
            "page": page_of(request, going),
            "going": going,
            "left": [plan for plan in plans if plan.staying],
            "again": [plan for plan in plans if plan.again],
            "unvalidated": sum(overview.stage_of(plan.box) != Stage.VALIDATED for plan in going),
            "now": sum(plan.now for plan in going),
            "pending": sum(plan.pending for plan in going),
            "without_account": sum(plan.without_account for plan in going),
        }
    return show(request, "staff_transfer", "transfer", context)


@require_POST
def staff_transfer_start(request: AgentRequest) -> HttpResponse:
    by = staff(request)
    choice = Choice.read(request.POST)
    if choice.boxes is None:
        messages.error(request, "Choisissez d’abord les boîtes à transférer.")
        return redirect("staff_transfer")
    outcome = transfer.start(boxes=[box for box in choice.boxes if not box.is_shared], by=by)
    started, left = len(outcome.started), len(outcome.left)
    if started:
        messages.success(request, f"Transfert lancé pour {started} boîte{'s' if started > 1 else ''}.")
    if left:
        messages.warning(request, f"{left} boîte{'s' if left > 1 else ''} non transférée{'s' if left > 1 else ''} : "
                         "voyez pourquoi dans la préparation du transfert.")  # fmt: skip
    if not started and not left:
        messages.info(request, "Ces boîtes étaient déjà transférées : voici où elles en sont.")
    return redirect(f"{reverse('staff_transfer_progress')}?{choice.query}")


@never_cache
@require_safe
def staff_transfer_progress(request: AgentRequest) -> HttpResponseBase:
    staff(request)
    choice = Choice.read(request.GET)
    if choice.boxes is None:
        return redirect("staff_transfer")
    everything = transfer.summary(choice.boxes)
    if request.GET.get("format") == "csv":
        return csv_download("transfert-des-boites.csv", _table(everything))
    by_state: dict[str, list[Summary]] = {state: [] for state in STATES}
    for one in everything:
        by_state[state_of(one)].append(one)
    asked = len(everything) - len(by_state["todo"]) - len(by_state["unused"])
    settled = len(by_state["done"]) + len(by_state["trouble"])
    context: dict[str, Any] = {
        "title": "Transfert des boîtes : où en est-on ?",
        "choice": choice,
        "under_way": bool(by_state["under_way"]),
        "asked": asked,
        "settled": settled,
        "percent": 100 * settled // asked if asked else 0,
        "in_place": sum(one.in_place for one in everything),
        "setting_up": sum(one.under_way for one in everything),
        "pending": sum(one.pending for one in everything if one.box.is_shared),
        "in_trouble": sum(one.in_trouble for one in everything),
        "without_account": sum(one.without_account for one in everything),
    }
    if request.htmx:
        if not context["under_way"]:
            return HttpResponseClientRefresh()
        return show(request, "_staff_transfer_progress", "transfer", context)
    state = typed(request, "etat")
    page = page_of(request, by_state.get(state, everything))
    context |= {
        "state": state if state in STATES else "",
        "states": [(key, label, len(by_state[key])) for key, label in STATES.items()],
        "total": len(everything),
        "page": page,
        "rows": [(one, STATE_OF_ONE[state_of(one)], [troubles.told(code) for code in one.codes[:3]]) for one in page],
        "to_retry": len(by_state["trouble"]),
    }
    return show(request, "staff_transfer_progress", "transfer", context)


@require_POST
def staff_transfer_retry(request: AgentRequest) -> HttpResponse:
    """Tried anew: one box (`relancer`), or all those of the choice that are in trouble."""
    by = staff(request)
    choice = Choice.read(request.POST)
    if choice.boxes is None:
        return redirect("staff_transfer")
    one = numbers(request.POST.getlist("relancer"), most=1)
    if one:
        boxes = [get_object_or_404(Box, pk=one[0], pk__in=[box.pk for box in choice.boxes])]
    else:
        boxes = [found.box for found in transfer.summary(choice.boxes) if state_of(found) == "trouble"]
    try:
        for box in boxes:
            delegations.retry(box=box, by=by)
    except delegations.DelegationError as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, f"{len(boxes)} boîte{'s' if len(boxes) > 1 else ''} relancée"
                         f"{'s' if len(boxes) > 1 else ''}.")  # fmt: skip
    return redirect(f"{reverse('staff_transfer_progress')}?{choice.query}")


def state_of(one: Summary) -> str:
    """A key of STATES."""
    if not one.box.is_shared:
        return "todo" if one.box.is_kept else "unused"
    if one.in_trouble:
        return "trouble"
    return "done" if one.is_done else "under_way"


def _ids_of_wave(number: int) -> list[int]:
    return list(wave_source.boxes_of(number).values_list("pk", flat=True))


def _table(everything: list[Summary]) -> Iterator[tuple[object, ...]]:
    yield (
        "adresse", "nom", "établissement", "état", "demandé le", "créée dans Zimbra le", "propriétaires",
        "accès en place", "en cours", "en attente", "sans compte", "à débloquer", "raisons",
    )  # fmt: skip
    for one in everything:
        box = one.box
        yield (
            box.address, box.name, box.establishment.name if box.establishment else "", STATE_OF_ONE[state_of(one)],
            overview.moment(box.transfer_asked_at), overview.moment(one.made_at),
            ", ".join(owner.address for owner in one.owners), one.in_place, one.under_way, one.pending,
            one.without_account, one.in_trouble, " ".join(troubles.told(code).reason for code in one.codes),
        )  # fmt: skip
