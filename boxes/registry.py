"""The boxes that the portal knows: staff add one, and correct its name or its establishment.

What depends on the establishment follows by itself before the transfer: which census the box stands in, which head
will own it. After it the delegations stay as they are.
"""

from __future__ import annotations

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
        about = f"box:{found.pk}"
        if found.name != name:
            journal.record("box.renamed", by=by, target=about, target_label=found.address, before=found.name, name=name)
            found.name = name
        place = establishment.pk if establishment else None
        if found.establishment_id != place:
            journal.record(
                "box.moved",
                by=by,
                target=about,
                target_label=found.address,
                before=_place(found.establishment),
                place=_place(establishment),
            )
            found.establishment = establishment
        found.save(update_fields=["name", "establishment"])
    return found


def _clean(name: str) -> str:
    return " ".join(name.replace("\0", " ").split())[:NAME_MAX_CHARACTERS]


def _place(establishment: Establishment | None) -> str:
    return str(establishment) if establishment else "aucun établissement"
