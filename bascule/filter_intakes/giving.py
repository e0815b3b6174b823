"""One person's entry becomes a deposit of theirs: once, whoever tries and however often.

Row, deposit, notice and journal are one transaction. Before it the sealed file is written, after it the rules are read:
a worker killed in between leaves a file without a row, which goes with the next cleaning, or a deposit that the clock
hands to a reader.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts import journal, notices, sealing
from accounts.claims import Claim
from accounts.models import Agent
from bascule import originals, reading
from bascule.deposits import MAX_DEPOSITS_PER_AGENT
from bascule.filter_intakes import states
from bascule.filter_intakes.states import State
from bascule.filter_intakes.stopping import Stopped
from bascule.models import Deposit, FilterIntake, FilterIntakeEntry

Outcome = FilterIntakeEntry.Outcome

NAME = "filtres-convergence.ldif"


@dataclass(frozen=True, slots=True)
class Given:
    """deposit: the new one, or that of the same content there was; None when the person has too many files."""

    deposit: Deposit | None
    is_new: bool


def give_next(claim: Claim) -> bool:
    """Give the next person's rules; whether there was one. Raises Stopped, ClaimLost."""
    entry = (
        FilterIntakeEntry.objects.filter(intake_id=claim.pk, outcome=Outcome.MATCHED)
        .select_related("agent", "intake__by")
        .order_by("number")
        .first()
    )
    if entry is None:
        return False
    assert entry.agent is not None
    try:
        text = sealing.unseal(bytes(entry.text))
    except sealing.CannotOpen as error:
        raise Stopped("damaged_store") from error
    stored = originals.write([text])
    is_kept = False
    try:
        with claim.writing():
            given = _deposit(entry.agent, stored, by=entry.intake.by)
            outcome = Outcome.NO_ROOM if given.deposit is None else Outcome.GIVEN if given.is_new else Outcome.KNOWN
            FilterIntakeEntry.objects.filter(pk=entry.pk).update(outcome=outcome, deposit=given.deposit, text=b"")
            FilterIntake.objects.filter(pk=claim.pk).update(given=F("given") + int(given.is_new), attempts=0)
        is_kept = given.is_new
    finally:
        if not is_kept:
            originals.delete(stored.name)
    if given.is_new and given.deposit is not None:
        reading.read(given.deposit.pk)
    return True


def finish(claim: Claim, intake: FilterIntake) -> None:
    """From GIVING to DONE: staff are told, and the journal."""
    with claim.writing():
        given = FilterIntake.objects.values_list("given", flat=True).get(pk=intake.pk)
        states.move(intake.pk, to=State.DONE, since=State.GIVING, finished_at=timezone.now())
        notices.notify(
            intake.by,
            kind="filter_intake.done",
            title=f"« {intake.name} » : règles distribuées",
            body=f"Personnes servies : {given}. Chacune est prévenue et relit ses règles avant tout envoi.",
            link=reverse("filter_intake", args=(intake.pk,)),
        )
        journal.record(
            "filter_intake.done",
            by=None,
            target=f"filter_intake:{intake.pk}",
            target_label=intake.name,
            given=given,
        )


def give(*, agent: Agent, text: bytes, name: str = NAME, by: Agent | None) -> Given:
    """Put `text` among the deposits of `agent`, not read yet, and tell them. by: None for the command line.

    Journal: `deposit.received`.
    """
    stored = originals.write([text])
    is_kept = False
    try:
        with transaction.atomic():
            given = _deposit(agent, stored, by=by, name=name)
        is_kept = given.is_new
    finally:
        if not is_kept:
            originals.delete(stored.name)
    return given


def known(agent: Agent, text: bytes) -> Deposit | None:
    """The deposit of `agent` with this very content, if there is one."""
    return Deposit.objects.filter(agent=agent, sha256=hashlib.sha256(text).hexdigest()).first()


def _deposit(agent: Agent, stored: originals.Stored, *, by: Agent | None, name: str = NAME) -> Given:
    """In a transaction of the caller."""
    Agent.objects.select_for_update().get(pk=agent.pk)
    if (there := Deposit.objects.filter(agent=agent, sha256=stored.sha256).first()) is not None:
        return Given(there, is_new=False)
    if agent.deposits.count() >= MAX_DEPOSITS_PER_AGENT:
        return Given(None, is_new=False)
    try:
        with transaction.atomic():
            deposit = Deposit.objects.create(
                agent=agent,
                name=name,
                size=stored.size,
                sha256=stored.sha256,
                stored_as=stored.name,
                kind=Deposit.Kind.FILTERS,
            )
    except IntegrityError:
        # The person handed in the very same content just now.
        return Given(Deposit.objects.get(agent=agent, sha256=stored.sha256), is_new=False)
    journal.record(
        "deposit.received",
        by=by,
        subject=agent,
        target=f"deposit:{deposit.pk}",
        target_label=deposit.name,
        size=stored.size,
    )
    notices.notify(
        agent,
        kind="filters.given",
        title="L’équipe informatique a déposé vos règles de filtrage",
        body="Vos anciens filtres sont dans « Mes filtres » : relisez-les, puis envoyez-les vers Zimbra quand votre "
        "boîte est transférée. Rien n’est envoyé sans vous.",
        link=reverse("filters"),
    )
    return Given(deposit, is_new=True)
