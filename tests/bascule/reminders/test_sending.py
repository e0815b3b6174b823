"""A reminder goes to whom it is meant for, once, whatever breaks on the way."""

from __future__ import annotations

import datetime as dt
import smtplib

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import claims, mail_pace
from accounts.claims import ClaimLost
from accounts.models import JournalEntry, MailTally
from accounts.sentences import sentence
from bascule import checklist, steps
from bascule.models import Reminder, ReminderMail, ReminderRound, Standing
from bascule.reminders import listing, refusals, sending, states, writing
from bascule.reminders.audiences import Audience, What
from tests.bascule.reminders.cast import (
    Server,
    let_pauses_pass,
    make_reminder,
    people,
    round_of,
    send_all,
    wave_of_all,
)
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

Mail = ReminderMail.State


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_pace, "_paces", [])


@pytest.fixture
def server(settings) -> type[Server]:
    settings.EMAIL_BACKEND = "tests.bascule.reminders.cast.Server"
    Server.answer = staticmethod(lambda message: None)  # type: ignore[assignment]
    Server.door = staticmethod(lambda: None)  # type: ignore[assignment]
    return Server


def answers(server: type[Server], *errors: Exception | None) -> None:
    """Each mail meets the next of `errors`, the last one again and again."""
    left = list(errors)

    def answer(message: EmailMessage) -> None:
        error = left.pop(0) if len(left) > 1 else left[0]
        if error is not None:
            raise error

    server.answer = staticmethod(answer)  # type: ignore[assignment]


def receivers() -> list[str]:
    return [message.to[0] for message in mail.outbox]


def test_everybody_of_the_wave_gets_it_once() -> None:
    wave = wave_of_all()
    agents = people(3, given_name="Zoé")
    people(1, is_active=False)
    people(1, population="second-degree")
    reminder = make_reminder(wave)
    send_all(reminder)
    send_all(reminder)
    assert sorted(receivers()) == sorted(agent.address for agent in agents)
    assert mail.outbox[0].subject == "Bonjour Zoé"
    assert "- Exporter mon agenda" in mail.outbox[0].body
    reminder.refresh_from_db()
    assert reminder.state == Reminder.State.DONE
    told = JournalEntry.objects.get(action="reminder.sent")
    assert "(envoyés : 3, refusés : 0, interrompus : 0, ne veulent pas de rappel : 0)" in sentence(told)
    assert mail_pace.sent_within(60, timezone.now()) == 3


def test_whoever_finished_left_or_moved_on_meanwhile_gets_nothing(server: type[Server]) -> None:
    """The audience is asked anew for each person, after the slice was chosen."""
    wave = wave_of_all()
    first, finished, left, elsewhere, last = people(5)
    other = wave_of_all(day=dt.date(2031, 1, 1))
    reminder = make_reminder(wave, audience=Audience(What.BEFORE))

    def answer(message: EmailMessage) -> None:
        if message.to == [first.address]:
            for step in steps.STEPS:
                if step.is_before:
                    checklist.mark_not_concerned(agent=finished, step=step.code, by=finished)
            left.is_active = False
            left.save()
            Standing.objects.filter(agent=elsewhere).update(wave=other)

    server.answer = staticmethod(answer)  # type: ignore[assignment]
    send_all(reminder)
    assert receivers() == [first.address, last.address]


def test_a_worker_killed_before_the_mail_leaves_nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    wave = wave_of_all()
    agents = people(3)
    reminder = make_reminder(wave)

    class Killed(BaseException):
        pass

    def kill(*args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sending, "_hand_over", kill)
        # The process is gone: nobody lets the claim go.
        patch.setattr(claims.Claim, "release", lambda self: None)
        patch.setattr(claims, "postpone", lambda *args: None)
        with pytest.raises(Killed):
            sending.advance(round_of(reminder).pk)
    assert ReminderMail.objects.get().state == Mail.LEAVING
    assert sending.waiting() == []
    monkeypatch.setattr(claims, "is_dead_here", lambda holder: True)
    send_all(reminder)
    assert receivers() == [agent.address for agent in agents[1:]]
    assert reminder.mails.get(agent=agents[0]).state == Mail.UNCERTAIN
    staff = make_agent(is_staff=True)
    assert writing.send_again(reminder=reminder, by=staff) == 1
    send_all(reminder)
    assert receivers()[-1] == agents[0].address
    assert len(mail.outbox) == 3
    assert not reminder.mails.exclude(state=Mail.SENT).exists()


def test_a_worker_killed_after_the_mail_does_not_send_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    wave = wave_of_all()
    agents = people(2)
    reminder = make_reminder(wave)
    row = ReminderMail.objects.create(
        reminder=reminder, round=round_of(reminder), agent=agents[0], state=Mail.LEAVING, at=timezone.now()
    )
    send_all(reminder)
    row.refresh_from_db()
    assert row.state == Mail.UNCERTAIN
    assert receivers() == [agents[1].address]


def test_of_two_workers_one_sends(server: type[Server]) -> None:
    wave = wave_of_all()
    people(3)
    reminder = make_reminder(wave)
    pk = round_of(reminder).pk
    seen: list[float | None] = []
    server.answer = staticmethod(lambda message: seen.append(sending.advance(pk)))  # type: ignore[assignment]
    send_all(reminder)
    assert seen == [None] * 3
    assert len(mail.outbox) == 3


def test_a_worker_taken_for_dead_writes_nothing_more(server: type[Server]) -> None:
    wave = wave_of_all()
    people(3)
    reminder = make_reminder(wave)
    pk = round_of(reminder).pk

    def answer(message: EmailMessage) -> None:
        ReminderRound.objects.filter(pk=pk).update(holder="other:1:2:3", held_until=timezone.now() + claims.LEASE)

    server.answer = staticmethod(answer)  # type: ignore[assignment]
    sending.advance(pk)
    # The mail that was leaving is known to have left; no other followed.
    assert [row.state for row in reminder.mails.all()] == [Mail.SENT]
    assert len(mail.outbox) == 1


def test_the_database_holds_one_row_for_a_person() -> None:
    [agent] = people(1)
    reminder = make_reminder(wave_of_all(), wave_of_all())
    first, second = reminder.rounds.all()
    fields = {"reminder": reminder, "agent": agent, "state": Mail.SENT, "at": timezone.now()}
    ReminderMail.objects.create(round=first, **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReminderMail.objects.create(round=second, **fields)


def test_somebody_moved_to_another_wave_of_the_reminder_gets_it_once() -> None:
    one, two = wave_of_all(day=dt.date(2031, 1, 1)), wave_of_all(day=dt.date(2031, 2, 1))
    [agent] = people(1)
    reminder = make_reminder(one, two)
    first, second = reminder.rounds.order_by("wave__date")
    sending.advance(first.pk)
    Standing.objects.filter(agent=agent).update(wave=two)
    sending.advance(second.pk)
    assert receivers() == [agent.address]


def test_who_wants_no_reminders_gets_only_what_is_service() -> None:
    wave = wave_of_all()
    willing, unwilling = people(2)
    refusals.refuse(agent=unwilling)
    reminder = make_reminder(wave)
    send_all(reminder)
    assert receivers() == [willing.address]
    assert reminder.mails.get(agent=unwilling).state == Mail.OPTED_OUT
    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"] == f"<{refusals.url(willing)}>"
    assert refusals.url(willing) in mail.outbox[0].body
    send_all(make_reminder(wave, name="Annonce", is_service=True))
    assert receivers()[1:] == [willing.address, unwilling.address]
    assert "List-Unsubscribe" not in mail.outbox[1].extra_headers
    assert "information de service" in mail.outbox[1].body


class Pace:
    """Room as told, less what the portal itself has sent."""

    def __init__(self, room: int) -> None:
        self._room = room

    def room(self, sender: str, at: dt.datetime) -> int:
        return max(self._room - mail_pace.sent_within(3600, at), 0)

    def ends(self, sender: str, recipients: int, at: dt.datetime) -> dt.datetime | None:
        return at + dt.timedelta(minutes=recipients)


def test_no_more_leave_than_the_limits_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    wave = wave_of_all()
    people(5)
    reminder = make_reminder(wave)
    monkeypatch.setattr(mail_pace, "_paces", [Pace(2)])
    pk = round_of(reminder).pk
    assert sending.advance(pk) == sending.LIMIT_SECONDS
    assert len(mail.outbox) == 2
    assert sending.waiting() == []
    row = round_of(reminder)
    assert (row.state, row.waiting_for, row.attempts) == ("sending", "limits", 0)
    assert listing.left(listing.lines(reminder)) == 3
    let_pauses_pass(reminder)
    send_all(reminder)
    assert len(mail.outbox) == 2
    monkeypatch.setattr(mail_pace, "_paces", [Pace(100)])
    let_pauses_pass(reminder)
    send_all(reminder)
    assert len(set(receivers())) == len(receivers()) == 5


def test_room_that_was_not_used_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    wave = wave_of_all()
    agents = people(4)
    reminder = make_reminder(wave)
    for agent in agents[1:]:
        refusals.refuse(agent=agent)
    monkeypatch.setattr(mail_pace, "_paces", [Pace(100)])
    send_all(reminder)
    assert sum(MailTally.objects.values_list("recipients", flat=True)) == 1


def test_a_person_whom_the_server_refuses_stops_nobody(server: type[Server]) -> None:
    wave = wave_of_all()
    agents = people(3)
    reminder = make_reminder(wave)
    no = smtplib.SMTPRecipientsRefused({agents[0].address: (550, b"no such user zoe")})
    answers(server, no, None)
    send_all(reminder)
    row = reminder.mails.get(agent=agents[0])
    assert (row.state, row.code) == (Mail.FAILED, 550)
    assert receivers() == [agent.address for agent in agents[1:]]
    assert Reminder.objects.get(pk=reminder.pk).state == Reminder.State.DONE


def test_a_person_who_is_put_off_is_tried_again_and_given_up(server: type[Server]) -> None:
    wave = wave_of_all()
    [agent] = people(1)
    reminder = make_reminder(wave)
    answers(server, smtplib.SMTPRecipientsRefused({agent.address: (450, b"later")}))
    for tries in range(1, sending.MOST_TRIES):
        send_all(reminder)
        row = reminder.mails.get()
        assert (row.state, row.attempts) == (Mail.WAITING, tries)
        assert row.retry_at is not None
        assert row.retry_at > timezone.now()
        let_pauses_pass(reminder)
    send_all(reminder)
    assert reminder.mails.get().state == Mail.FAILED
    assert Reminder.objects.get(pk=reminder.pk).state == Reminder.State.DONE
    answers(server, None)
    writing.send_again(reminder=reminder, by=make_agent(is_staff=True))
    send_all(reminder)
    assert receivers() == [agent.address]


def test_somebody_put_off_who_finishes_meanwhile_gets_nothing(server: type[Server]) -> None:
    wave = wave_of_all()
    [agent] = people(1)
    reminder = make_reminder(wave, audience=Audience(What.NOT_STARTED))
    answers(server, smtplib.SMTPRecipientsRefused({agent.address: (450, b"later")}), None)
    send_all(reminder)
    checklist.mark_not_concerned(agent=agent, step=steps.STEPS[0].code, by=agent)
    let_pauses_pass(reminder)
    send_all(reminder)
    assert receivers() == []
    assert not reminder.mails.exists()


@pytest.mark.parametrize("trouble", [ConnectionRefusedError(), smtplib.SMTPAuthenticationError(535, b"no")])
def test_a_server_that_is_away_loses_nobody(
    server: type[Server], trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = wave_of_all()
    agents = people(2)
    reminder = make_reminder(wave)

    def shut() -> None:
        raise trouble

    server.door = staticmethod(shut)  # type: ignore[assignment]
    send_all(reminder)
    assert not reminder.mails.exists()
    assert round_of(reminder).attempts == 1
    assert mail_pace.sent_within(60, timezone.now()) == 0
    monkeypatch.setattr(sending, "MOST_ATTEMPTS", 1)
    let_pauses_pass(reminder)
    send_all(reminder)
    reminder.refresh_from_db()
    assert reminder.state == Reminder.State.PAUSED
    assert "ne répond pas" in reminder.stopped_because
    assert [one.label for one in listing.waiting() if one.count] == ["relance arrêtée par le serveur d’envoi"]
    server.door = staticmethod(lambda: None)  # type: ignore[assignment]
    writing.resume(reminder=reminder, by=make_agent(is_staff=True))
    send_all(reminder)
    assert receivers() == [agent.address for agent in agents]


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (smtplib.SMTPServerDisconnected("gone"), Mail.UNCERTAIN),
        (TimeoutError(), Mail.UNCERTAIN),
        (smtplib.SMTPSenderRefused(450, b"too many", "p@ac-reunion.fr"), Mail.WAITING),
        (smtplib.SMTPDataError(554, b"spam"), Mail.FAILED),
        (UnicodeEncodeError("ascii", "é", 0, 1, "no"), Mail.FAILED),
    ],
)
def test_trouble_on_the_way_is_noted_as_what_is_known(server: type[Server], trouble: Exception, state: str) -> None:
    wave = wave_of_all()
    agents = people(2)
    reminder = make_reminder(wave)
    answers(server, trouble, None)
    send_all(reminder)
    assert reminder.mails.get(agent=agents[0]).state == state
    let_pauses_pass(reminder)
    send_all(reminder)
    assert receivers().count(agents[0].address) == (state == Mail.WAITING)
    assert receivers().count(agents[1].address) == 1


def test_many_put_off_in_a_row_let_the_round_wait(server: type[Server]) -> None:
    wave = wave_of_all()
    people(sending.PUT_OFF_IN_A_ROW + 2)
    reminder = make_reminder(wave)
    answers(server, smtplib.SMTPDataError(451, b"later"))
    sending.advance(round_of(reminder).pk)
    assert reminder.mails.count() == sending.PUT_OFF_IN_A_ROW
    assert round_of(reminder).attempts == 1


def test_pause_stops_at_once_and_resume_goes_on(server: type[Server]) -> None:
    wave = wave_of_all()
    agents = people(4)
    staff = make_agent(is_staff=True)
    reminder = make_reminder(wave)

    def answer(message: EmailMessage) -> None:
        if message.to == [agents[1].address]:
            writing.pause(reminder=reminder, by=staff)

    server.answer = staticmethod(answer)  # type: ignore[assignment]
    send_all(reminder)
    assert len(mail.outbox) == 2
    assert sending.waiting() == []
    writing.resume(reminder=reminder, by=staff)
    send_all(reminder)
    assert receivers() == [agent.address for agent in agents]


def test_cancel_is_for_good() -> None:
    wave = wave_of_all()
    people(2)
    staff = make_agent(is_staff=True)
    reminder = make_reminder(wave)
    writing.cancel(reminder=reminder, by=staff)
    assert sending.advance(round_of(reminder).pk) is None
    assert mail.outbox == []
    with pytest.raises(states.WrongState):
        writing.resume(reminder=reminder, by=staff)


def test_lost_claim_is_no_error() -> None:
    wave = wave_of_all()
    people(1)
    reminder = make_reminder(wave)
    claim = claims.take(ReminderRound, round_of(reminder).pk)
    assert claim is not None
    ReminderRound.objects.update(holder="other:1:2:3")
    with pytest.raises(ClaimLost):
        sending._settle(claim)
