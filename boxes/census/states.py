"""The census of an establishment: its sheet, who may change it, and the way from open to validated.

Whoever changes a census locks the row of its sheet first, and the row of the box after it, as the transfer does: what
was decided meanwhile stands, and nothing is changed behind the back of who submitted it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts import journal, notices
from accounts.models import Agent, Establishment
from boxes import reach
from boxes.census import account_requests, locking
from boxes.census.showing import heads_of, missing
from boxes.models import Box, CensusEntry, CensusSheet, Role

REMIND_EVERY = timedelta(days=1)
NOTE_MAX_CHARACTERS = 500


class CensusError(Exception):
    """What was asked for cannot be; `sentence` says in French why, and what to do."""

    sentence = "Cette action n’est pas possible."


class NotYours(CensusError):
    sentence = "Ce recensement, ou cette boîte, n’est pas de votre ressort."


class Submitted(CensusError):
    sentence = "Ce recensement est transmis : rouvrez-le pour le modifier."


class Validated(CensusError):
    sentence = "Ce recensement est validé : demandez à l’équipe DSI de le rouvrir pour le modifier."


class Frozen(CensusError):
    sentence = "Cette boîte est déjà transférée : ses accès se gèrent maintenant sur sa page, dans « Mes boîtes »."


class Gone(CensusError):
    sentence = "Cet élément n’est plus dans le recensement : la page a changé entre-temps."


class WrongMove(CensusError):
    sentence = "L’état du recensement a changé entre-temps : voici où il en est."


class Incomplete(CensusError):
    sentence = "Il manque encore quelque chose à ce recensement : voyez ce qui est à corriger."


class NoReason(CensusError):
    sentence = "Dites en quelques mots pourquoi le recensement est rouvert."


class Move(StrEnum):
    SUBMIT = "submit"
    VALIDATE = "validate"
    REOPEN = "reopen"


_MOVES = {
    (CensusSheet.State.OPEN, Move.SUBMIT): CensusSheet.State.SUBMITTED,
    (CensusSheet.State.SUBMITTED, Move.VALIDATE): CensusSheet.State.VALIDATED,
    (CensusSheet.State.SUBMITTED, Move.REOPEN): CensusSheet.State.OPEN,
    (CensusSheet.State.VALIDATED, Move.REOPEN): CensusSheet.State.OPEN,
}


def sheet_of(establishment: Establishment) -> CensusSheet:
    """The sheet to look at; one that nobody has begun is open and not stored yet."""
    return CensusSheet.objects.filter(establishment=establishment).select_related(
        "submitted_by", "validated_by"
    ).first() or CensusSheet(establishment=establishment)


def active_heads(establishment: Establishment) -> list[Agent]:
    """Heads of the establishment: owners of all its boxes, whatever the census says (domain, section 5)."""
    return heads_of([establishment.pk]).get(establishment.pk, [])


def leads(agent: Agent, establishment: Establishment) -> bool:
    """Whether `agent` takes the census as a whole: staff, and the head."""
    return agent.is_staff or reach.is_head_of(agent, establishment)


def may_submit(agent: Agent, establishment: Establishment) -> bool:
    """Also a declared owner may, where the establishment has nobody at its head."""
    if leads(agent, establishment):
        return True
    return not active_heads(establishment) and reach.boxes_in_census(agent, establishment).exists()


def may_change(agent: Agent, sheet: CensusSheet) -> bool:
    """Whether the state of the sheet lets `agent` change anything; staff always may."""
    return agent.is_staff or sheet.state == CensusSheet.State.OPEN


@contextmanager
def changing_sheet(establishment: Establishment, *, by: Agent) -> Iterator[CensusSheet]:
    """A transaction in which `by`, who takes this census as a whole, may change it.

    Raises NotYours, Submitted, Validated.
    """
    with transaction.atomic():
        if not leads(by, establishment):
            raise NotYours
        sheet = locking.locked(establishment)
        _need_open(sheet, by)
        CensusSheet.objects.filter(pk=sheet.pk).update(changed_at=timezone.now())
        yield sheet


@contextmanager
def changing_box(box: Box, *, by: Agent) -> Iterator[Box]:
    """A transaction in which `by` may change the census of `box`, given locked and read anew.

    Raises NotYours, Submitted, Validated, Frozen, Gone.
    """
    with transaction.atomic():
        establishment = box.establishment
        if establishment is None:
            raise Gone
        sheet = locking.locked(establishment)
        _need_open(sheet, by)
        found = Box.objects.select_for_update().filter(pk=box.pk, establishment=establishment).first()
        if found is None:
            raise Gone
        if not reach.boxes_in_census(by, establishment).filter(pk=box.pk).exists():
            raise NotYours
        if found.is_shared:
            raise Frozen
        CensusSheet.objects.filter(pk=sheet.pk).update(changed_at=timezone.now())
        yield found


def submit(*, establishment: Establishment, by: Agent) -> CensusSheet:
    """Hand the census over; requests for accounts leave with it. Raises NotYours, WrongMove, Incomplete."""
    with transaction.atomic():
        sheet = locking.locked(establishment)
        if not may_submit(by, establishment):
            raise NotYours
        state = _after(sheet, Move.SUBMIT)
        if any(issue.blocks for issue in missing(establishment)):
            raise Incomplete
        now = timezone.now()
        sheet.state, sheet.submitted_at, sheet.submitted_by, sheet.note = state, now, by, ""
        sheet.save(update_fields=["state", "submitted_at", "submitted_by", "note"])
        sent = account_requests.send_drafts(establishment=establishment, by=by)
        record("census.submitted", establishment, by=by, requests=sent)
        return sheet


def validate(*, establishment: Establishment, by: Agent) -> CensusSheet:
    """Staff find the census good; whoever takes it is told, and requests that staff added leave.

    Raises NotYours, WrongMove.
    """
    with transaction.atomic():
        sheet = locking.locked(establishment)
        if not by.is_staff:
            raise NotYours
        sheet.state = _after(sheet, Move.VALIDATE)
        sheet.validated_at, sheet.validated_by = timezone.now(), by
        sheet.save(update_fields=["state", "validated_at", "validated_by"])
        account_requests.send_drafts(establishment=establishment, by=by)
        record("census.validated", establishment, by=by)
        _tell(
            establishment,
            by=by,
            kind="census.validated",
            title=f"Le recensement des boîtes est validé : {establishment.name}",
            body="L’équipe DSI a validé le recensement. Les accès seront donnés lors du transfert des boîtes.",
        )
        return sheet


def reopen(*, establishment: Establishment, by: Agent, reason: str) -> CensusSheet:
    """Open the census again, for `reason`: staff at any time, whoever may submit it while it is not validated.

    Raises NotYours, Validated, WrongMove, NoReason.
    """
    reason = " ".join(reason.replace("\0", " ").split())[:NOTE_MAX_CHARACTERS]
    with transaction.atomic():
        sheet = locking.locked(establishment)
        if not may_submit(by, establishment):
            raise NotYours
        if sheet.state == CensusSheet.State.VALIDATED and not by.is_staff:
            raise Validated
        state = _after(sheet, Move.REOPEN)
        if not reason:
            raise NoReason
        sheet.state, sheet.note, sheet.changed_at = state, reason, timezone.now()
        sheet.validated_at = sheet.validated_by = None
        sheet.save(update_fields=["state", "note", "changed_at", "validated_at", "validated_by"])
        record("census.reopened", establishment, by=by, reason=reason)
        _tell(
            establishment,
            by=by,
            kind="census.reopened",
            title=f"Le recensement des boîtes est rouvert : {establishment.name}",
            body=f"{by.full_name} a rouvert le recensement : « {reason} ». "
            "Complétez-le, puis transmettez-le de nouveau.",
        )
        return sheet


@dataclass(frozen=True)
class Reminded:
    """Of establishments: whose people were reminded, who had been today, whose census is not open, who has nobody."""

    told: int = 0
    too_soon: int = 0
    not_open: int = 0
    nobody: int = 0


def remind(*, establishments: Iterable[Establishment], by: Agent) -> Reminded:
    """Tell heads and declared owners, by mail too, that their census waits; once a day at most. `by` is of staff."""
    if not by.is_staff:
        raise NotYours
    told = too_soon = not_open = nobody = 0
    for establishment in establishments:
        with transaction.atomic():
            sheet = locking.locked(establishment)
            if sheet.state != CensusSheet.State.OPEN:
                not_open += 1
                continue
            if sheet.reminded_at and sheet.reminded_at > timezone.now() - REMIND_EVERY:
                too_soon += 1
                continue
            people = _tell(
                establishment,
                by=by,
                kind="census.reminder",
                title=f"Recensement des boîtes à compléter : {establishment.name}",
                body="Indiquez qui doit avoir accès à chaque boîte de votre établissement ou service, puis transmettez "
                "le recensement : sans lui, personne d’autre que la direction n’aura accès après le transfert.",
                by_mail=True,
            )
            if not people:
                nobody += 1
                continue
            sheet.reminded_at = timezone.now()
            sheet.save(update_fields=["reminded_at"])
            record("census.reminded", establishment, by=by, count=people)
            told += 1
    return Reminded(told, too_soon, not_open, nobody)


def record(action: str, establishment: Establishment, *, by: Agent | None, **details: Any) -> None:
    """A journal entry about the census of `establishment`."""
    journal.record(action, by=by, target=f"census:{establishment.pk}", target_label=str(establishment), **details)


def _need_open(sheet: CensusSheet, by: Agent) -> None:
    if may_change(by, sheet):
        return
    raise Validated if sheet.state == CensusSheet.State.VALIDATED else Submitted


def _after(sheet: CensusSheet, move: Move) -> CensusSheet.State:
    state = _MOVES.get((CensusSheet.State(sheet.state), move))
    if state is None:
        raise WrongMove
    return state


def _tell(establishment: Establishment, *, by: Agent, kind: str, title: str, body: str, by_mail: bool = False) -> int:
    """Heads and declared owners of the establishment, but `by`; gives how many."""
    declared = CensusEntry.objects.filter(role=Role.OWNER, box__establishment=establishment).values("agent")
    people = Agent.objects.filter(
        Q(establishment=establishment, function=Agent.Function.HEAD) | Q(pk__in=declared), is_active=True
    ).exclude(pk=by.pk)
    link = reverse("census_sheet", args=[establishment.uai])
    notices.notify_each([(one, body) for one in people], kind=kind, title=title, link=link, by_mail=by_mail)
    return len(people)
