"""Which boxes a census has: those that the directory lacks are added, those that serve no more are said so."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts import journal
from accounts.models import Agent, Establishment
from boxes import reach
from boxes.census.states import CensusError, changing_box, changing_sheet
from boxes.models import AccountRequest, Box

NAME_MAX_CHARACTERS = 200


class BadAddress(CensusError):
    sentence = "Indiquez une adresse complète."

    def __init__(self) -> None:
        super().__init__()
        self.sentence = f"Indiquez l’adresse de la boîte, en @{settings.MAIL_DOMAIN}."


class AlreadyListed(CensusError):
    sentence = "Cette boîte est déjà dans la liste."


class ListedElsewhere(CensusError):
    """Whose census has it is not said: that is the other's to tell."""

    sentence = (
        "Cette adresse relève déjà d’un autre établissement ou service : "
        "si elle devrait être dans votre liste, écrivez à l’assistance."
    )


class PersonalAddress(CensusError):
    sentence = "C’est l’adresse personnelle de quelqu’un, pas celle d’une boîte fonctionnelle."


class NotAdded(CensusError):
    sentence = "Cette boîte vient de l’annuaire : elle ne se modifie pas ici. Si elle ne sert plus, indiquez-le plutôt."


def full_address(text: str) -> str:
    """An address as it is stored; the domain of the academy where none was typed. Raises BadAddress."""
    address = text.strip().lower()
    if "@" not in address:
        address = f"{address}@{settings.MAIL_DOMAIN}"
    try:
        validate_email(address)
    except ValidationError as error:
        raise BadAddress from error
    if len(address) > 254 or not address.endswith(f"@{settings.MAIL_DOMAIN.lower()}"):
        raise BadAddress
    return address


def add(*, establishment: Establishment, address: str, name: str, by: Agent) -> Box:
    """Put a box that the directory lacks into the census. Raises, besides what `changing_sheet` does, BadAddress,
    AlreadyListed, ListedElsewhere, PersonalAddress."""
    address = full_address(address)
    with changing_sheet(establishment, by=by):
        there = Box.objects.filter(address=address).first()
        if there is not None:
            raise AlreadyListed if there.establishment_id == establishment.pk else ListedElsewhere
        if Agent.objects.filter(address=address).exists():
            raise PersonalAddress
        try:
            with transaction.atomic():
                box = Box.objects.create(
                    address=address, name=_clean(name), establishment=establishment, origin=Box.Origin.DECLARED
                )
        except IntegrityError as error:
            # Somebody added it since we looked: theirs, or another establishment's.
            raise ListedElsewhere from error
        _record("census.box_added", box, by=by)
        return box


def rename(*, box: Box, name: str, by: Agent) -> None:
    """Correct the name of a box that was added. Raises what `changing_box` does, NotAdded."""
    with changing_box(box, by=by) as found:
        if found.origin != Box.Origin.DECLARED:
            raise NotAdded
        before, found.name = found.name, _clean(name)
        if before != found.name:
            found.save(update_fields=["name"])
            _record("census.box_renamed", found, by=by, before=before, name=found.name)


def remove(*, box: Box, by: Agent) -> None:
    """Take a box that was added out again, and with it who was entered. Raises what `changing_box` does, NotAdded."""
    with changing_box(box, by=by) as found:
        if found.origin != Box.Origin.DECLARED:
            raise NotAdded
        _record("census.box_removed", found, by=by, count=found.entries.count())
        requests = list(AccountRequest.objects.filter(entries__box=found, state=AccountRequest.State.DRAFT))
        found.delete()
        AccountRequest.objects.filter(pk__in=[one.pk for one in requests], entries__isnull=True).delete()


def keep(*, box: Box, kept: bool, by: Agent) -> None:
    """Say whether the box still serves; one that does not is not transferred. Raises what `changing_box` does."""
    with changing_box(box, by=by) as found:
        if found.is_kept != kept:
            found.is_kept = kept
            found.save(update_fields=["is_kept"])
            _record("census.box_kept" if kept else "census.box_not_kept", found, by=by)


def in_reach(agent: Agent, establishment: Establishment) -> list[Box]:
    """Boxes of the census that `agent` takes part in."""
    return list(reach.boxes_in_census(agent, establishment).order_by("address"))


def _clean(name: str) -> str:
    return " ".join(name.replace("\0", " ").split())[:NAME_MAX_CHARACTERS]


def _record(action: str, box: Box, *, by: Agent, **details: Any) -> None:
    journal.record(action, by=by, target=f"census:{box.establishment_id}", target_label=box.address, **details)
