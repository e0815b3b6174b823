"""What staff decide about an intake: give it out, give it up, go on; and what time decides in their place."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule import originals
from bascule.filter_intakes import states
from bascule.filter_intakes.states import State
from bascule.models import FilterIntake, FilterIntakeEntry

log = logging.getLogger(__name__)


def confirm(*, intake: FilterIntake, by: Agent) -> None:
    """Give everybody who was matched their rules. Raises WrongState, when it was decided already. Journal:
    `filter_intake.confirmed`."""
    with transaction.atomic():
        states.move(intake.pk, to=State.GIVING, since=State.READY, attempts=0)
        _record(intake, "filter_intake.confirmed", by=by, people=intake.matched)
        _hand_out(intake)


def go_on(*, intake: FilterIntake, by: Agent) -> None:
    """Give the rest, after giving had stopped. Raises WrongState. Journal: `filter_intake.resumed`."""
    if not may_go_on(intake):
        raise states.WrongState(State.GIVING)
    with transaction.atomic():
        states.move(
            intake.pk, to=State.GIVING, since=State.FAILED, attempts=0, error="", error_code="", finished_at=None
        )
        _record(intake, "filter_intake.resumed", by=by)
        _hand_out(intake)


def may_go_on(intake: FilterIntake) -> bool:
    """Whether it stopped while giving, with people who wait for their rules."""
    return intake.state == State.FAILED and intake.people.filter(outcome=FilterIntakeEntry.Outcome.MATCHED).exists()


def cancel(*, intake: FilterIntake, by: Agent | None) -> None:
    """Give it up before anybody got anything: file and rules go, for good. by: None when its time has come.

    Raises WrongState. Journal: `filter_intake.cancelled` or `filter_intake.expired`.
    """
    with transaction.atomic():
        locked = FilterIntake.objects.select_for_update().get(pk=intake.pk)
        states.move(intake.pk, to=State.CANCELLED, finished_at=timezone.now(), stored_as="")
        intake.people.all().delete()
        _record(intake, "filter_intake.cancelled" if by else "filter_intake.expired", by=by)
        if locked.stored_as:
            transaction.on_commit(lambda: originals.delete(locked.stored_as))


def expire() -> int:
    """Give up what nobody has confirmed in time, and forget what is over since as long. Gives how many."""
    limit = timezone.now() - timedelta(days=settings.DEPOSIT_RETENTION_DAYS)
    gone = 0
    for intake in FilterIntake.objects.filter(state__in=(State.LOOKING, State.READY), created_at__lt=limit):
        try:
            cancel(intake=intake, by=None)
        except states.WrongState:
            continue
        gone += 1
    over = FilterIntake.objects.filter(state__in=(State.DONE, State.CANCELLED, State.FAILED), finished_at__lt=limit)
    for intake in over:
        with transaction.atomic():
            _record(intake, "filter_intake.expired", by=None)
            intake.delete()
        gone += 1
    if gone:
        log.info("filter intakes expired: %s", gone)
    return gone


def _record(intake: FilterIntake, action: str, *, by: Agent | None, **details: Any) -> None:
    journal.record(action, by=by, target=f"filter_intake:{intake.pk}", target_label=intake.name, **details)


def _hand_out(intake: FilterIntake) -> None:
    from bascule.tasks import carry_filter_intake

    hand_out_on_commit(carry_filter_intake, intake.pk)
