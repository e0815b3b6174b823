"""The boxes that the portal knows: staff add one, and correct its name or its establishment.

What depends on the establishment follows by itself before the transfer: which census the box stands in, which head
will own it. After it the delegations stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts import journal
from accounts.models import Agent, Establishment
from boxes.census.listed_boxes import AlreadyListed, BadAddress, PersonalAddress, full_address
from boxes.models import Box

NAME_MAX_CHARACTERS = 200

__all__ = ["AlreadyListed", "BadAddress", "NoName", "NotStaff", "PersonalAddress", "RegistryError", "change", "create"]


class RegistryError(Exception):
    """What was asked for cannot be; `sentence` says in French why."""

    sentence = "Cette action n’est pas possible."


class NotStaff(RegistryError):
    sentence = "Seule l’équipe DSI peut modifier la liste des boîtes."


class NoName(RegistryError):
    sentence = "Donnez un nom à la boîte : c’est lui que verront ses membres."


def create(*, address: str, name: str, establishment: Establishment | None, by: Agent) -> Box:
    """Add a box; `by` is of staff. Raises NotStaff, NoName, and those of the census: BadAddress, AlreadyListed,
    PersonalAddress."""
    address, name = full_address(address.replace("\0", "")), _clean(name)
    if not by.is_staff:
        raise NotStaff
    if not name:
        raise NoName
    if Agent.objects.filter(address=address).exists():
        raise PersonalAddress
    try:
        with transaction.atomic():
            box = Box.objects.create(address=address, name=name, establishment=establishment)
            journal.record(
                "box.registered", by=by, target=f"box:{box.pk}", target_label=box.address, place=_place(establishment)
            )
    except IntegrityError as error:
        raise AlreadyListed from error
    return box


def change(*, box: Box, name: str, establishment: Establishment | None, by: Agent) -> Box:
    """Give the box this name and establishment; `by` is of staff. The same again changes nothing.

    Raises NotStaff, NoName.
    """
    name = _clean(name)
    if not by.is_staff:
        raise NotStaff
    if not name:
        raise NoName
    with transaction.atomic():
        found = Box.objects.select_for_update().get(pk=box.pk)
        _change(found, name, establishment, by)
    return found


def _change(box: Box, name: str, establishment: Establishment | None, by: Agent | None) -> None:
    about = f"box:{box.pk}"
    if box.name != name:
        journal.record("box.renamed", by=by, target=about, target_label=box.address, before=box.name, name=name)
        box.name = name
    place = establishment.pk if establishment else None
    if box.establishment_id != place:
        journal.record(
            "box.moved",
            by=by,
            target=about,
            target_label=box.address,
            before=_place(box.establishment),
            place=_place(establishment),
        )
        box.establishment = establishment
    box.save(update_fields=["name", "establishment"])


@dataclass(frozen=True)
class Wanted:
    """A box as a list of the directory has it. row: the box there is, None for one to add."""

    address: str
    name: str
    establishment: Establishment | None
    row: Box | None = None


def create_all(wanted: Iterable[Wanted], *, by: Agent | None) -> None:
    """As `create`, for many boxes of a list that was looked at before: in a transaction, addresses and names as they
    are stored. by: of staff, or None for the portal. Raises IntegrityError for an address that is there by now."""
    boxes = Box.objects.bulk_create(
        Box(address=one.address, name=one.name, establishment=one.establishment) for one in wanted
    )
    for box in boxes:
        journal.record(
            "box.registered", by=by, target=f"box:{box.pk}", target_label=box.address, place=_place(box.establishment)
        )


def change_all(wanted: Iterable[Wanted], *, by: Agent | None) -> None:
    """As `change`, for many boxes whose rows the caller has locked."""
    for one in wanted:
        assert one.row is not None
        _change(one.row, one.name, one.establishment, by)


def _clean(name: str) -> str:
    return " ".join(name.replace("\0", " ").split())[:NAME_MAX_CHARACTERS]


def _place(establishment: Establishment | None) -> str:
    return str(establishment) if establishment else "aucun établissement"
