"""A message passed on to the alert address: untouched, once, and what becomes of it when the mail server will not."""

from __future__ import annotations

import email
import re
import smtplib
from datetime import timedelta
from email import policy
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Agent, JournalEntry
from quarantine import contents, forwarding, held
from quarantine.models import AlertReport, Hold
from tests.factories import make_agent
from tests.quarantine.holds import make_hold
from tests.quarantine.next_server import NextServer

pytestmark = pytest.mark.django_db
ADDRESS = "camille@ac-reunion.fr"
# Folded, doubled and odd header fields, bytes beyond ASCII, lines that begin with a dot, no end of line at the end.
ODD = (
    b"DKIM-Signature: v=1; d=exemple.fr;\r\n\tb=abc\r\n  def\r\nReceived: a\r\nReceived: b\r\nsubject:sans  blanc\r\n"
    b"X-Nom: caf\xe9\r\nFrom: x@exemple.fr\r\n\r\nBonjour \xe9t\xe9\r\n.\r\n..\r\n--=_frontiere--\r\nfin"
)


@pytest.fixture
def me() -> Agent:
    return make_agent(ADDRESS, given_name="Zoé", family_name="Técher")


def report_of(hold: Hold) -> AlertReport:
    return AlertReport.objects.get(hold=hold)


def test_the_message_goes_untouched_and_once(me: Agent, settings) -> None:
    hold = make_hold(ADDRESS, raw=ODD, reason="spam")
    forwarding.ask(hold, comment="J’ai cliqué\0 !\nPardon.", by=me)
    forwarding.ask(hold, comment="encore", by=me)
    report = report_of(hold)
    assert forwarding.waiting() == [report.pk]
    assert forwarding.send(report.pk) is None
    assert forwarding.send(report.pk) is None
    [sent] = mail.outbox
    assert sent.recipients() == [settings.ALERT_ADDRESS]
    wire = sent.message().as_bytes(linesep="\r\n")
    assert wire.count(ODD) == 1
    read = email.message_from_bytes(wire, policy=policy.default)
    assert read["Reply-To"] == ADDRESS
    assert read["Subject"] == "Message suspect signalé par Zoé Técher"
    text, attached = read.iter_parts()
    assert "J’ai cliqué  !\nPardon." in text.get_content().replace("\r\n", "\n")
    assert (attached.get_content_type(), attached["Content-Transfer-Encoding"]) == ("message/rfc822", "8bit")
    assert attached.get_content_disposition() == "attachment"
    hold.refresh_from_db()
    assert hold.forwarded_at is not None
    assert hold.state == Hold.State.HELD
    assert list(JournalEntry.objects.order_by("pk").values_list("action", "actor")) == [
        ("hold.reported", ADDRESS),
        ("hold.report_sent", ""),
    ]


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (b"A: b\r\n\r\nc", "7bit"),
        (b"A: b\r\n\r\n\xe9", "8bit"),
        (b"A: b\r\n\r\n" + b"x" * 999, "binary"),
        (b"\0", "binary"),
    ],
)
def test_encoding_says_what_the_bytes_are(me: Agent, raw: bytes, encoding: str) -> None:
    hold = make_hold(ADDRESS, raw=raw)
    forwarding.ask(hold, comment="", by=me)
    forwarding.send(report_of(hold).pk)
    wire = mail.outbox[0].message().as_bytes()
    assert wire.count(f"Content-Transfer-Encoding: {encoding}".encode()) == 2
    assert b"Sans commentaire." in wire


def test_over_smtp_every_byte_arrives_and_a_repeat_is_known_by_its_number(me: Agent, settings) -> None:
    hold = make_hold(ADDRESS, raw=ODD)
    forwarding.ask(hold, comment="", by=me)
    report = report_of(hold)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    with NextServer("smtp", dies="after_dot") as server:
        settings.EMAIL_PORT = server.port
        # Taken, but its answer was not heard.
        assert forwarding.send(report.pk)
        server.dies = ""
        AlertReport.objects.update(retry_at=None)
        assert forwarding.send(report.pk) is None
        first, second = (one.raw for one in server.received)
    assert first.count(ODD) == second.count(ODD) == 1
    number = re.compile(rb"^Message-ID: (<report-[0-9a-f]{32}@\S+>)\r$", re.MULTILINE)
    assert number.findall(first) == number.findall(second) != []
    assert report_of(hold).state == "sent"


def refusing(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> int:
        raise error

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)


def test_a_server_that_does_not_answer_is_asked_again(me: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = make_hold(ADDRESS)
    forwarding.ask(hold, comment="", by=me)
    report = report_of(hold)
    with monkeypatch.context() as patch:
        refusing(ConnectionRefusedError(), patch)
        assert forwarding.send(report.pk)
    report.refresh_from_db()
    assert (report.state, report.attempts, report.holder) == ("waiting", 1, "")
    # Not before its pause is over.
    assert forwarding.waiting() == []
    assert forwarding.send(report.pk)
    assert mail.outbox == []
    AlertReport.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    forwarding.send(report.pk)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (smtplib.SMTPDataError(552, b"too big"), 0),
        (smtplib.SMTPRecipientsRefused({"a@b.fr": (550, b"no")}), 0),
        (OSError(), forwarding.MAX_ATTEMPTS - 1),
    ],
)
def test_what_will_never_go_is_said_and_may_be_tried_anew(
    me: Agent, monkeypatch: pytest.MonkeyPatch, error: Exception, attempts: int
) -> None:
    hold = make_hold(ADDRESS)
    forwarding.ask(hold, comment="", by=me)
    AlertReport.objects.update(attempts=attempts)
    with monkeypatch.context() as patch:
        refusing(error, patch)
        assert forwarding.send(report_of(hold).pk) is None
    report = report_of(hold)
    assert (report.state, bool(report.trouble)) == ("failed", True)
    assert Hold.objects.get(pk=hold.pk).forwarded_at is None
    forwarding.ask(hold, comment="", by=me)
    forwarding.send(report.pk)
    assert len(mail.outbox) == 1


def test_a_message_that_was_let_through_meanwhile_still_goes(me: Agent, django_capture_on_commit_callbacks) -> None:
    hold = make_hold(ADDRESS)
    forwarding.ask(hold, comment="", by=me)
    Hold.objects.filter(pk=hold.pk).update(state="released")
    assert held.drop_bytes(hold.content_id) is None
    stored_as = hold.content.stored_as
    with django_capture_on_commit_callbacks(execute=True):
        forwarding.send(report_of(hold).pk)
    assert len(mail.outbox) == 1
    # Kept for that alone.
    hold.content.refresh_from_db()
    assert hold.content.stored_as == ""
    with pytest.raises(contents.Damaged):
        contents.read(stored_as)
    other = make_hold(ADDRESS)
    Hold.objects.filter(pk=other.pk).update(state="released")
    held.drop_bytes(other.content_id)
    with pytest.raises(held.NotHeld):
        forwarding.ask(other, comment="", by=me)


def test_damaged_bytes_fail_for_good(me: Agent) -> None:
    hold = make_hold(ADDRESS)
    forwarding.ask(hold, comment="", by=me)
    contents.delete(hold.content.stored_as)
    assert forwarding.send(report_of(hold).pk) is None
    assert report_of(hold).state == "failed"
    assert mail.outbox == []


def test_a_stranger_reports_nothing() -> None:
    hold = make_hold(ADDRESS)
    with pytest.raises(held.HoldError):
        forwarding.ask(hold, comment="", by=make_agent())
    assert not AlertReport.objects.exists()
