"""What staff decide about reminders and templates. The one writer of their rows, but for what sending notes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule.models import (
    Reminder,
    ReminderMail,
    ReminderRound,
    ReminderTemplate,
    ReminderText,
    ReminderTrial,
    Standing,
    Wave,
)
from bascule.reminders import audiences, schedule, texts
from bascule.reminders.audiences import Audience
from bascule.reminders.states import OPEN, NotStaff, ReminderError, RoundState, State, WrongState, move, move_round


@dataclass(frozen=True)
class Wish:
    """A reminder as staff want it. waves: their numbers. date, days, hour: as `when` needs them, in Réunion."""

    name: str
    subject: str
    body: str
    is_service: bool
    waves: tuple[int, ...]
    audience: Audience
    when: str
    date: dt.date | None = None
    days: int = 0
    hour: int = 8


def save(*, wish: Wish, by: Agent, reminder: Reminder | None = None) -> Reminder:
    """A new draft, or the draft `reminder` changed. Raises ReminderError, TextError, AudienceError, WrongState."""
    _need_staff(by)
    name = " ".join(wish.name.replace("\0", "").split())[:120]
    if not name:
        raise ReminderError("Donnez un nom à la relance.")
    texts.check(wish.subject, wish.body)
    audiences.check(wish.audience)
    _check_moment(wish)
    with transaction.atomic():
        waves = list(Wave.objects.filter(pk__in=wish.waves))
        if not waves:
            raise ReminderError("Choisissez au moins une vague.")
        if reminder is None:
            row = Reminder(by=by)
        else:
            row = Reminder.objects.select_for_update().get(pk=reminder.pk)
            if row.state != State.DRAFT:
                raise WrongState
        row.name, row.subject, row.body, row.is_service = name, wish.subject.strip(), wish.body, wish.is_service
        row.audience, row.when, row.date = wish.audience.kept(), wish.when, wish.date
        row.days, row.hour = wish.days, wish.hour
        row.save()
        row.rounds.exclude(wave__in=waves).delete()
        there = set(row.rounds.values_list("wave_id", flat=True))
        ReminderRound.objects.bulk_create(ReminderRound(reminder=row, wave=one) for one in waves if one.pk not in there)
        _record("reminder.drafted" if reminder is None else "reminder.changed", row, by=by)
    return row


def _check_moment(wish: Wish) -> None:
    if wish.when not in Reminder.When.values or not 0 <= wish.hour <= 23:
        raise ReminderError("Choisissez quand la relance part.")
    if wish.when == Reminder.When.ON_DATE and wish.date is None:
        raise ReminderError("Indiquez la date de l’envoi.")
    if abs(wish.days) > schedule.FURTHEST_DAYS:
        raise ReminderError(f"Un envoi est à {schedule.FURTHEST_DAYS} jours au plus du transfert.")


def plan(*, reminder: Reminder, by: Agent) -> None:
    """From now on it leaves at its moment. Raises WrongState, ReminderError for a moment that is over. Journal:
    `reminder.planned`."""
    _need_staff(by)
    now = timezone.now()
    with transaction.atomic():
        move(reminder.pk, to=State.PLANNED, since=State.DRAFT, planned_at=now)
        row = Reminder.objects.get(pk=reminder.pk)
        rounds = list(row.rounds.select_related("wave"))
        if not rounds:
            raise ReminderError("Les vagues choisies n’existent plus : choisissez-en d’autres.")
        if all(schedule.is_missed(row, one.wave, now) for one in rounds):
            raise ReminderError("Le moment prévu est déjà passé pour toutes les vagues choisies.")
        _record("reminder.planned", row, by=by, when=schedule.in_words(row), rounds=len(rounds))
        _hand_out(row)


def pause(*, reminder: Reminder, by: Agent) -> None:
    """No further mail leaves until `resume`. Raises WrongState."""
    _need_staff(by)
    with transaction.atomic():
        move(reminder.pk, to=State.PAUSED)
        _record("reminder.paused", reminder, by=by)


def resume(*, reminder: Reminder, by: Agent) -> None:
    """Go on where it stopped. Raises WrongState."""
    _need_staff(by)
    with transaction.atomic():
        move(reminder.pk, to=State.PLANNED, since=State.PAUSED, stopped_because="")
        ReminderRound.objects.filter(reminder=reminder, state__in=OPEN).update(
            retry_at=None, waiting_for="", attempts=0
        )
        _record("reminder.resumed", reminder, by=by)
        _hand_out(reminder)


def cancel(*, reminder: Reminder, by: Agent) -> None:
    """Nothing more leaves, for good; what has left stays on record. Raises WrongState."""
    _need_staff(by)
    with transaction.atomic():
        move(reminder.pk, to=State.CANCELLED)
        _record("reminder.cancelled", reminder, by=by)


def send_again(*, reminder: Reminder, by: Agent) -> int:
    """Try again those whose mail was refused or interrupted; gives how many. Whoever got an interrupted one may get a
    second copy. Raises WrongState, ReminderError when there is nobody."""
    _need_staff(by)
    with transaction.atomic():
        row = Reminder.objects.select_for_update().get(pk=reminder.pk)
        if row.state not in {State.PLANNED, State.DONE}:
            raise WrongState
        mails = ReminderMail.objects.filter(
            reminder=row, state__in=[ReminderMail.State.FAILED, ReminderMail.State.UNCERTAIN], round__isnull=False
        )
        rounds = list(mails.values_list("round_id", flat=True).distinct())
        count = mails.update(state=ReminderMail.State.WAITING, attempts=0, retry_at=timezone.now(), code=None)
        if not count:
            raise ReminderError("Aucun envoi refusé ou interrompu à refaire.")
        ReminderRound.objects.filter(pk__in=rounds, state=RoundState.DONE).update(
            state=RoundState.SENDING, finished_at=None, retry_at=None, attempts=0
        )
        if row.state == State.DONE:
            move(row.pk, to=State.PLANNED)
        _record("reminder.sent_again", row, by=by, count=count)
        _hand_out(row)
    return count


def send_missed(*, late: ReminderRound, by: Agent) -> None:
    """Send a round now whose moment was missed. Raises WrongState."""
    _need_staff(by)
    with transaction.atomic():
        row = Reminder.objects.select_for_update().get(pk=late.reminder_id)
        if row.state not in {State.PLANNED, State.DONE}:
            raise WrongState
        if late.state != RoundState.MISSED:
            raise WrongState
        move_round(late.pk, to=RoundState.SENDING, started_at=timezone.now(), retry_at=None, attempts=0)
        if row.state == State.DONE:
            move(row.pk, to=State.PLANNED)
        _record("reminder.sent_late", row, by=by, wave=late.wave.name)
        _hand_out(row)


def save_template(
    *, name: str, text: ReminderText, by: Agent, template: ReminderTemplate | None = None
) -> ReminderTemplate:
    """A new template, or `template` changed. text: its subject, body and kind are taken over. Raises ReminderError,
    TextError."""
    _need_staff(by)
    wanted = " ".join(name.replace("\0", "").split())[:120]
    if not wanted:
        raise ReminderError("Donnez un nom au modèle.")
    texts.check(text.subject, text.body)
    try:
        with transaction.atomic():
            row = template or ReminderTemplate()
            row.name, row.subject, row.body = wanted, text.subject.strip(), text.body
            row.is_service = text.is_service
            row.save()
            journal.record(
                "reminder.template_changed" if template else "reminder.template_added",
                by=by,
                target=f"reminder_template:{row.pk}",
                target_label=row.name,
            )
    except IntegrityError as error:
        raise ReminderError("Un autre modèle porte déjà ce nom.") from error
    return row


def delete_template(*, template: ReminderTemplate, by: Agent) -> None:
    """Reminders made of it keep their text."""
    _need_staff(by)
    with transaction.atomic():
        journal.record(
            "reminder.template_deleted",
            by=by,
            target=f"reminder_template:{template.pk}",
            target_label=template.name,
        )
        template.delete()


def try_out(*, text: ReminderText, about: Standing, by: Agent) -> ReminderTrial:
    """Send `by` the mail that `about` would get. Raises TextError, NotStaff."""
    _need_staff(by)
    texts.check(text.subject, text.body)
    from bascule.tasks import send_reminder_trial

    with transaction.atomic():
        trial = ReminderTrial.objects.create(
            subject=text.subject, body=text.body, is_service=text.is_service, by=by, about=about.agent
        )
        hand_out_on_commit(send_reminder_trial, trial.pk)
    return trial


def _need_staff(by: Agent) -> None:
    if not Agent.objects.filter(pk=by.pk, is_staff=True, is_active=True).exists():
        raise NotStaff


def _record(action: str, reminder: Reminder, *, by: Agent | None, **details: Any) -> None:
    journal.record(action, by=by, target=f"reminder:{reminder.pk}", target_label=reminder.name, **details)


def _hand_out(reminder: Reminder) -> None:
    """The queue as a hint, for what is due by now; the clock comes by for the rest."""
    from bascule.tasks import send_reminder

    for one in ReminderRound.objects.filter(reminder=reminder, state__in=OPEN).values_list("pk", flat=True):
        hand_out_on_commit(send_reminder, one)
