"""Reminders follow their waves when these are merged, split or deleted. Called in the transaction of that change, by
its writer; the journal's entry is that of the wave."""

from __future__ import annotations

from collections.abc import Sequence

from bascule.models import Reminder, ReminderMail, ReminderRound, Wave
from bascule.reminders import sending
from bascule.reminders.states import OPEN, State, move

_ALIVE = (State.DRAFT, State.PLANNED, State.PAUSED)


def merged(*, gone: Wave, into: Wave) -> None:
    """What was planned for `gone` is planned for `into`, what it got stays on record there; nobody gets one twice."""
    there = {one.reminder_id: one for one in ReminderRound.objects.filter(wave=into)}
    for one in ReminderRound.objects.filter(wave=gone):
        other = there.get(one.reminder_id)
        if other is None:
            one.wave = into
            one.save(update_fields=["wave"])
            continue
        ReminderMail.objects.filter(round=one).update(round=other)
        other.counts = sending.outcome_counts(ReminderMail.objects.filter(round=other))
        other.expected += one.expected if one.started_at else 0
        other.save(update_fields=["counts", "expected"])


def split(*, source: Wave, made: Sequence[Wave]) -> None:
    """Reminders that are still to leave for `source` are so for the waves made of it, by the date of each."""
    open_ones = ReminderRound.objects.filter(wave=source, state__in=OPEN, reminder__state__in=_ALIVE)
    ReminderRound.objects.bulk_create(
        [ReminderRound(reminder_id=one.reminder_id, wave=wave) for one in open_ones for wave in made],
        ignore_conflicts=True,
    )


def deleted(*, gone: Wave) -> None:
    """Before `gone` goes, and its rounds with it: a reminder without any other wave to leave for is over, done where
    something left for others, else cancelled."""
    for reminder in Reminder.objects.filter(state__in=(State.PLANNED, State.PAUSED), rounds__wave=gone):
        others = reminder.rounds.exclude(wave=gone)
        if not others.filter(state__in=OPEN).exists():
            done = reminder.state == State.PLANNED and others.exists()
            move(reminder.pk, to=State.DONE if done else State.CANCELLED)
