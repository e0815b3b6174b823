"""A round of a reminder brought on: person by person, at most once each, within the sending limits.

For each person: the audience asked anew, a row written, then the mail. A worker killed in between leaves a row that
says so; the mail may have left, so nobody sends it again by itself: at most once, and staff decide about the few
uncertain ones. The row is unique for reminder and person, whatever else happens.

Errors of the mail server: what refuses one person is noted there; what concerns all (server away, sender refused) lets
the whole round wait, longer each time, and after `MOST_ATTEMPTS` pauses the reminder and says why.
"""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts import claims, journal, mail_pace
from accounts.claims import Claim
from bascule import planning
from bascule.models import Reminder, ReminderMail, ReminderRefusal, ReminderRound, Standing
from bascule.reminders import audiences, letters, schedule, states
from bascule.reminders.audiences import Audience
from bascule.reminders.states import OPEN, RoundState, State

log = logging.getLogger(__name__)

# Mails of one connection to the mail server, and of one look at the sending limits.
SLICE = 50
# How long a round sends before whatever else waits for a worker has its turn.
SLICE_SECONDS = 20.0
# Seconds until the limits are looked at again; their shortest window is a minute.
LIMIT_SECONDS = 60.0
# Of one person whom the mail server puts off; the pause doubles from ten minutes on.
MOST_TRIES = 5
FIRST_PAUSE = dt.timedelta(minutes=10)
# So many put off one after the other are no matter of the persons any more.
PUT_OFF_IN_A_ROW = 5
# Of a round whose mail server does not take anything: with the pauses of `claims.postpone`, some four hours.
MOST_ATTEMPTS = 50
_LIMITS = "limits"
_NO_SERVER = (
    "Le serveur d’envoi ne répond pas ou refuse le portail depuis plusieurs heures. Vérifiez-le, puis reprenez l’envoi."
)

Mail = ReminderMail.State


class _Halt(Exception):
    """Paused or cancelled meanwhile: stop here."""


class _ServerTrouble(Exception):
    """The mail server takes nothing at the moment."""


class Outcome(Enum):
    """What became of one mail. GONE: the connection broke, nobody knows whether it left."""

    SENT = 1
    REFUSED = 2
    PUT_OFF = 3
    GONE = 4


@dataclass
class _Slice:
    """Who comes next, and how many of them the limits let through."""

    people: list[Standing]
    granted: int
    taken_at: dt.datetime
    used: int = 0
    put_off: int = 0
    refusing: set[int] = field(default_factory=set)


def advance(round_id: int) -> float | None:
    """Bring the round on. Safe to run at any time, any number of times, by any number of workers.

    Seconds until there is more to do; None: nothing for now.
    """
    claim = claims.take(ReminderRound, round_id, state__in=OPEN)
    return None if claim is None else claims.use(claim, _work)


def waiting() -> list[int]:
    """Rounds with something to do now and nobody alive at it."""
    now = timezone.now()
    rows = ReminderRound.objects.filter(state__in=OPEN, reminder__state=State.PLANNED).select_related(
        "reminder", "wave"
    )
    due = []
    for one in rows:
        moment = schedule.due(one.reminder, one.wave) if one.state == RoundState.WAITING else now
        if moment is not None and moment <= now and (one.retry_at is None or one.retry_at <= now):
            due.append(one.pk)
    return claims.without_live_holder(ReminderRound.objects.filter(pk__in=due).order_by("pk"))


def _work(claim: Claim) -> float | None:
    this = ReminderRound.objects.select_related("reminder", "wave").get(pk=claim.pk)
    now = timezone.now()
    if this.reminder.state != State.PLANNED:
        return None
    if this.retry_at is not None and this.retry_at > now:
        return (this.retry_at - now).total_seconds()
    if this.state == RoundState.WAITING and not _begin(claim, this, now):
        return None
    _settle(claim)
    until = time.monotonic() + SLICE_SECONDS
    try:
        while time.monotonic() < until:
            people = _next(this)
            if not people:
                return _end(claim, this)
            taken_at = timezone.now()
            granted = mail_pace.take(len(people), taken_at)
            if not granted:
                return _wait_for_limits(claim)
            try:
                _send_slice(claim, this, _Slice(people, granted, taken_at))
            finally:
                _count(this)
    except _Halt:
        log.info("reminder round %s: paused or cancelled", claim.pk)
        return None
    except _ServerTrouble as trouble:
        return _wait_for_server(claim, this, str(trouble))
    return 0.0


def _begin(claim: Claim, this: ReminderRound, now: dt.datetime) -> bool:
    """Whether its moment has come; a moment long past is noted as missed."""
    moment = schedule.due(this.reminder, this.wave)
    if moment is None or moment > now:
        return False
    if schedule.is_missed(this.reminder, this.wave, now):
        with claim.writing():
            states.move_round(this.pk, to=RoundState.MISSED, finished_at=now)
            _record("reminder.missed", this)
            _finish_reminder(this)
        return False
    expected = audiences.count(_meant(this), most=10_000_000)
    with claim.writing():
        states.move_round(this.pk, to=RoundState.SENDING, started_at=now, expected=expected, attempts=0)
    this.state, this.expected = RoundState.SENDING, expected
    return True


def _settle(claim: Claim) -> None:
    """Mails that a worker was handing over when it died: nobody knows whether they left."""
    with claim.writing():
        ReminderMail.objects.filter(round=claim.pk, state=Mail.LEAVING).update(state=Mail.UNCERTAIN)


def _count(this: ReminderRound) -> None:
    """What pages show: counted from the rows, so that nothing can drift."""
    counts = outcome_counts(ReminderMail.objects.filter(round=this))
    ReminderRound.objects.filter(pk=this.pk).update(counts=counts)


def _meant(this: ReminderRound) -> QuerySet[Standing]:
    """The audience by now, without those who have their row already."""
    rows = audiences.people(Audience.read(this.reminder.audience), this.wave).filter(agent__is_active=True)
    written = ReminderMail.objects.filter(reminder=this.reminder, agent=OuterRef("agent_id"))
    return rows.filter(~Exists(written))


def _next(this: ReminderRound) -> list[Standing]:
    """Who comes next: those put off whose time has come, else the next of the audience."""
    agents = list(
        ReminderMail.objects.filter(round=this, state=Mail.WAITING, retry_at__lte=timezone.now())
        .order_by("retry_at")
        .values_list("agent_id", flat=True)[:SLICE]
    )
    if agents:
        return list(_with_all(Standing.objects.filter(agent__in=agents)))
    reached = ReminderRound.objects.values_list("reached", flat=True).get(pk=this.pk)
    return list(_with_all(_meant(this).filter(agent_id__gt=reached)).order_by("agent_id")[:SLICE])


def _with_all(rows: QuerySet[Standing]) -> QuerySet[Standing]:
    return rows.select_related("agent", "establishment", "wave")


def _send_slice(claim: Claim, this: ReminderRound, part: _Slice) -> None:
    """Raises _Halt, _ServerTrouble, ClaimLost; what was granted and not used goes back."""
    if not this.reminder.is_service:
        agents = [one.pk for one in part.people]
        part.refusing = set(ReminderRefusal.objects.filter(agent__in=agents).values_list("pk", flat=True))
    connection = get_connection()
    try:
        _open(connection)
        for standing in part.people:
            if part.used >= part.granted:
                break
            row = _write(claim, this, standing, refuses=standing.pk in part.refusing)
            if row is None:
                continue
            part.used += 1
            mail = letters.message(
                this.reminder,
                standing,
                today=planning.today(),
                key=f"{this.reminder_id}-{standing.pk}",
                connection=connection,
            )
            if _hand_over(row, mail) is Outcome.PUT_OFF:
                part.put_off += 1
                if part.put_off >= PUT_OFF_IN_A_ROW:
                    raise _ServerTrouble("put off")
                continue
            part.put_off = 0
            if part.used == 1:
                # The server takes mail again: later trouble is counted anew.
                ReminderRound.objects.filter(pk=this.pk).exclude(attempts=0).update(attempts=0, waiting_for="")
    finally:
        if part.used < part.granted:
            mail_pace.give_back(part.granted - part.used, part.taken_at)
        _close(connection)


def _open(connection: BaseEmailBackend) -> None:
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        raise _ServerTrouble(type(error).__name__) from error


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (smtplib.SMTPException, OSError) as error:
        log.info("mail server, at the end: %s", type(error).__name__)


def _write(claim: Claim, this: ReminderRound, standing: Standing, *, refuses: bool) -> ReminderMail | None:
    """The row of a person, right before the mail; None: nothing to send. Raises _Halt, ClaimLost."""
    now = timezone.now()
    with claim.writing():
        if not Reminder.objects.filter(pk=this.reminder_id, state=State.PLANNED).exists():
            raise _Halt
        audience = Audience.read(this.reminder.audience)
        meant = audiences.people(audience, this.wave).filter(pk=standing.pk, agent__is_active=True).exists()
        known = ReminderMail.objects.select_for_update().filter(reminder=this.reminder, agent=standing.pk).first()
        if known is not None:
            # Another round of this reminder may have come first, when somebody was moved to another wave.
            if known.state != Mail.WAITING or known.round_id != this.pk:
                return None
            if not meant or refuses:
                known.delete()
                return None
            known.state, known.at, known.attempts = Mail.LEAVING, now, known.attempts + 1
            known.save(update_fields=["state", "at", "attempts"])
            return known
        ReminderRound.objects.filter(pk=this.pk).update(reached=standing.pk)
        if not meant:
            return None
        state = Mail.OPTED_OUT if refuses else Mail.LEAVING
        row, is_new = ReminderMail.objects.get_or_create(
            reminder=this.reminder,
            agent=standing.agent,
            defaults={"round": this, "state": state, "at": now, "attempts": 0 if refuses else 1},
        )
    return row if is_new and not refuses else None


def _hand_over(row: ReminderMail, mail: EmailMessage) -> Outcome:
    """Send, and note what became of it. It is a fact, whoever holds the round by now. Raises _ServerTrouble."""
    outcome, code, is_general = _send(mail)
    now = timezone.now()
    mine = ReminderMail.objects.filter(pk=row.pk, state__in=[Mail.LEAVING, Mail.UNCERTAIN])
    if outcome is Outcome.SENT:
        mine.update(state=Mail.SENT, at=now, code=None, retry_at=None)
    elif outcome is Outcome.GONE:
        mine.update(state=Mail.UNCERTAIN, at=now)
    elif outcome is Outcome.REFUSED or (row.attempts >= MOST_TRIES and not is_general):
        mine.update(state=Mail.FAILED, at=now, code=code, retry_at=None)
    else:
        pause = FIRST_PAUSE * 2 ** min(row.attempts - 1, 8)
        attempts = row.attempts - 1 if is_general else row.attempts
        retry_at = now if is_general else now + pause
        mine.update(state=Mail.WAITING, at=now, code=code, retry_at=retry_at, attempts=attempts)
    if is_general:
        raise _ServerTrouble(str(code or "connection"))
    return outcome


def _send(mail: EmailMessage) -> tuple[Outcome, int | None, bool]:
    """What became of it, the server's number, and whether that concerns everybody rather than this person."""
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code = _code(number for number, _ in error.recipients.values())
        return (Outcome.REFUSED if code >= 500 else Outcome.PUT_OFF), code, False
    except smtplib.SMTPServerDisconnected:
        return Outcome.GONE, None, True
    except smtplib.SMTPDataError as error:
        return (Outcome.REFUSED if error.smtp_code >= 500 else Outcome.PUT_OFF), error.smtp_code, False
    except smtplib.SMTPResponseException as error:
        return Outcome.PUT_OFF, error.smtp_code, True
    except smtplib.SMTPException:
        return Outcome.PUT_OFF, None, True
    except OSError:
        return Outcome.GONE, None, True
    except ValueError:
        # An address that no mail can be written to.
        return Outcome.REFUSED, None, False
    return Outcome.SENT, None, False


def _code(codes: Iterable[int]) -> int:
    return max(codes, default=500)


def _wait_for_limits(claim: Claim) -> float:
    until = timezone.now() + dt.timedelta(seconds=LIMIT_SECONDS)
    with claim.writing():
        ReminderRound.objects.filter(pk=claim.pk).update(retry_at=until, waiting_for=_LIMITS)
    return LIMIT_SECONDS


def _wait_for_server(claim: Claim, this: ReminderRound, code: str) -> float | None:
    attempts = ReminderRound.objects.values_list("attempts", flat=True).get(pk=claim.pk)
    if attempts < MOST_ATTEMPTS:
        return claims.postpone(claim, f"server {code}", None)
    with claim.writing():
        states.move(this.reminder_id, to=State.PAUSED, since=State.PLANNED, stopped_because=_NO_SERVER)
        _record("reminder.stopped", this)
    return None


def _end(claim: Claim, this: ReminderRound) -> float | None:
    """Nobody is left, but for those who were put off."""
    put_off = ReminderMail.objects.filter(round=this, state=Mail.WAITING).order_by("retry_at")
    with claim.writing():
        later = put_off.values_list("retry_at", flat=True).first()
        if later is not None:
            ReminderRound.objects.filter(pk=claim.pk).update(retry_at=later)
            return max((later - timezone.now()).total_seconds(), 1.0)
        counts = outcome_counts(ReminderMail.objects.filter(round=this))
        states.move_round(
            this.pk,
            to=RoundState.DONE,
            finished_at=timezone.now(),
            retry_at=None,
            waiting_for="",
            counts=counts,
        )
        _record("reminder.sent", this, **counts)
        _finish_reminder(this)
    return None


def _finish_reminder(this: ReminderRound) -> None:
    if not ReminderRound.objects.filter(reminder=this.reminder_id, state__in=OPEN).exists():
        states.move(this.reminder_id, to=State.DONE, since=State.PLANNED)


def outcome_counts(mails: QuerySet[ReminderMail]) -> dict[str, int]:
    """How many of each state, by its value; 0 where there is none."""
    found = dict(mails.order_by().values_list("state").annotate(count=Count("pk")))
    return {state.value: found.get(state.value, 0) for state in Mail}


def _record(action: str, this: ReminderRound, **details: Any) -> None:
    journal.record(
        action,
        by=None,
        target=f"reminder:{this.reminder_id}",
        target_label=this.reminder.name,
        wave=this.wave.name,
        **details,
    )
