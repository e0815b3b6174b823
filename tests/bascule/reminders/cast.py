"""People, waves and reminders for these tests, and a mail server that answers as told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from accounts.models import Agent
from bascule import standings
from bascule.models import Reminder, ReminderRound, Wave
from bascule.reminders import sending, writing
from bascule.reminders.audiences import Audience, What
from bascule.reminders.writing import Wish
from tests.factories import make_agent, make_wave


def people(count: int = 1, **fields: Any) -> list[Agent]:
    """People of the first degree, each with a standing."""
    made = [make_agent(**fields) for _ in range(count)]
    standings.refresh(made)
    return made


def wave_of_all(day: dt.date | None = None, **fields: Any) -> Wave:
    """A wave that takes the first degree; standings follow."""
    wave = make_wave("first-degree", day=day, **fields)
    standings.refresh()
    return wave


def make_reminder(*waves: Wave, by: Agent | None = None, plan: bool = True, **fields: Any) -> Reminder:
    values: dict[str, Any] = {
        "name": "Rappel",
        "subject": "Bonjour {prénom}",
        "body": "Il reste :\n{étapes}",
        "is_service": False,
        "waves": tuple(wave.pk for wave in waves),
        "audience": Audience(What.EVERYBODY),
        "when": Reminder.When.NOW,
    }
    by = by or make_agent(is_staff=True, population="dsi")
    reminder = writing.save(wish=Wish(**(values | fields)), by=by)
    if plan:
        writing.plan(reminder=reminder, by=by)
    reminder.refresh_from_db()
    return reminder


def round_of(reminder: Reminder) -> ReminderRound:
    return reminder.rounds.get()


def send_all(reminder: Reminder) -> None:
    """What the clock does, until nothing is due; pauses do not pass."""
    for _ in range(20):
        due = set(sending.waiting()) & set(reminder.rounds.values_list("pk", flat=True))
        if not due:
            return
        for pk in due:
            sending.advance(pk)
    raise AssertionError("a round never comes to rest")


def let_pauses_pass(reminder: Reminder) -> None:
    past = timezone.now() - dt.timedelta(seconds=1)
    reminder.rounds.filter(retry_at__isnull=False).update(retry_at=past)
    reminder.mails.filter(retry_at__isnull=False).update(retry_at=past)


class Server(EmailBackend):
    """Hands each mail to `answer`, which may raise as a mail server would; what it lets through is in the outbox."""

    answer: Callable[[EmailMessage], None]
    door: Callable[[], None]

    def open(self) -> bool:
        type(self).door()
        return True

    def send_messages(self, messages: Any) -> int:
        for message in messages:
            type(self).answer(message)
        return super().send_messages(messages)
