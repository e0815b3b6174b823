"""Boxes of a wave and the censuses that say who has access to them. Zimbra is not asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count

from accounts.models import Agent, Establishment
from bascule.rehearsals.finding import Finding
from boxes import transfer
from boxes.census import showing
from boxes.models import AccountRequest, Box, CensusSheet
from boxes.transfer import Staying


def check_boxes(keys: Sequence[int]) -> list[Finding]:
    """Boxes that could not be transferred, or would leave somebody out."""
    boxes = list(Box.objects.filter(pk__in=keys, transfer_asked_at=None).order_by("pk"))
    persons = set(
        Agent.objects.filter(address__in=[box.address for box in boxes], is_active=True).values_list(
            "address", flat=True
        )
    )
    found = []
    for plan in transfer.preview(boxes):
        values: dict[str, Any] = {"address": plan.box.address}
        if plan.box.address in persons:
            found.append(Finding("box_is_agent", box_id=plan.box.pk, values=values))
        if plan.staying == Staying.NOT_KEPT:
            found.append(Finding("box_not_kept", box_id=plan.box.pk, values=values))
            continue
        if plan.staying == Staying.NO_OWNER:
            found.append(Finding("box_no_owner", box_id=plan.box.pk, values=values))
        if plan.without_account:
            values = values | {"count": plan.without_account}
            found.append(Finding("box_without_account", box_id=plan.box.pk, values=values))
    return found


def check_places(keys: Sequence[int]) -> list[Finding]:
    """Censuses that were not handed in or validated, heads and accounts that are missing."""
    places = list(Establishment.objects.filter(pk__in=keys).order_by("pk"))
    sheets = dict(CensusSheet.objects.filter(establishment__in=keys).values_list("establishment", "state"))
    heads = showing.heads_of(list(keys))
    asked = dict(
        AccountRequest.objects.filter(
            establishment__in=keys, state__in=[AccountRequest.State.DRAFT, AccountRequest.State.SENT]
        )
        .order_by()
        .values("establishment")
        .annotate(count=Count("pk"))
        .values_list("establishment", "count")
    )
    found = []
    for place in places:
        values: dict[str, Any] = {"place": place.name}
        state = sheets.get(place.pk, CensusSheet.State.OPEN)
        if state == CensusSheet.State.OPEN:
            found.append(Finding("census_open", place_id=place.pk, values=values))
        elif state == CensusSheet.State.SUBMITTED:
            found.append(Finding("census_to_validate", place_id=place.pk, values=values))
        if not heads.get(place.pk):
            found.append(Finding("place_no_head", place_id=place.pk, values=values))
        if count := asked.get(place.pk, 0):
            found.append(Finding("accounts_asked", place_id=place.pk, values=values | {"count": count}))
    return found
