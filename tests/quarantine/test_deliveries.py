"""What was released is delivered once and unchanged, with a next server that is played."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import claims
from accounts.models import JournalEntry
from quarantine import arrivals, contents, deliveries, held, tasks
from quarantine.models import Hold
from tests.factories import make_agent
from tests.quarantine.holds import make_hold
from tests.quarantine.next_server import NextServer
from zimbra.errors import Unavailable

pytestmark = pytest.mark.django_db

ANNE, OUTSIDE = "anne@ac-reunion.fr", "x@ailleurs.fr"
RAW = b"From: a@x.fr\r\nSubject: s\r\nMessage-ID: <1@x.fr>\r\n\r\n.Bonjour\xe9\r\n"
ON_TOP = b"X-Whitelist-Flag: YES\r\n"


@pytest.fixture(autouse=True)
def server(settings, tmp_path: Path) -> Iterator[NextServer]:
    settings.QUARANTINE_DIR = tmp_path
    with NextServer() as running, NextServer("smtp") as relay:
        settings.QUARANTINE_DELIVERY, settings.QUARANTINE_RELAY = running.url, relay.url
        running.relay = relay  # type: ignore[attr-defined]
        yield running


def releasing(recipient: str = ANNE, **fields: object) -> Hold:
    return make_hold(recipient, **({"raw": RAW, "state": "releasing", "mail_from": "a@x.fr"} | fields))


def state(hold: Hold) -> tuple[str, str]:
    hold.refresh_from_db()
    assert hold.holder == ""
    return hold.state, hold.waiting_for


def actions() -> list[str]:
    return list(JournalEntry.objects.order_by("pk").values_list("action", flat=True))


def test_release_delivers_below_one_more_line(server: NextServer, django_capture_on_commit_callbacks) -> None:
    agent = make_agent(ANNE)
    hold = make_hold(ANNE, raw=RAW, mail_from="bounce+1@x.fr", rcpt_to="Anne+l@ac-reunion.fr")
    name = hold.content.stored_as
    with django_capture_on_commit_callbacks(execute=True):
        held.release(hold, by=agent)
    assert state(hold) == ("released", "")
    [got] = server.received
    assert (got.mail_from, got.rcpt_tos, got.raw) == ("bounce+1@x.fr", ("Anne+l@ac-reunion.fr",), ON_TOP + RAW)
    assert not contents.is_there(name)
    assert actions() == ["hold.release_asked", "hold.released"]
    assert deliveries.deliver(hold.pk) is None
    assert len(server.received) == 1


def test_mail_for_outside_goes_by_the_relay(server: NextServer) -> None:
    hold = releasing(OUTSIDE, mail_from="")
    assert deliveries.deliver(hold.pk) is None
    assert state(hold) == ("released", "")
    assert [(one.rcpt_tos, one.raw) for one in server.relay.received] == [((OUTSIDE,), RAW)]  # type: ignore[attr-defined]
    assert server.received == []


def test_the_bytes_stay_while_somebody_else_wants_them(server: NextServer, django_capture_on_commit_callbacks) -> None:
    first, other = releasing(), make_hold("bob@ac-reunion.fr", raw=RAW)
    with django_capture_on_commit_callbacks(execute=True):
        deliveries.deliver(first.pk)
    assert contents.read(other.content.stored_as) == RAW
    Hold.objects.filter(pk=other.pk).update(state="releasing")
    with django_capture_on_commit_callbacks(execute=True):
        deliveries.deliver(other.pk)
    assert not contents.is_there(other.content.stored_as)
    assert [one.raw for one in server.received] == [ON_TOP + RAW] * 2


@pytest.mark.parametrize("moment", ["greeting", "mail", "rcpt", "data"])
def test_nothing_taken_is_tried_again(server: NextServer, moment: str) -> None:
    hold = releasing()
    server.dies = moment  # type: ignore[assignment]
    wait = deliveries.deliver(hold.pk)
    assert wait == 5
    assert state(hold)[1].startswith("session.")
    server.dies = ""
    assert deliveries.deliver(hold.pk) is None
    assert server.received == []
    Hold.objects.update(retry_at=None)
    deliveries.deliver(hold.pk)
    assert state(hold) == ("released", "")
    assert len(server.received) == 1


def test_a_server_that_is_not_there_is_waited_for(settings) -> None:
    hold = releasing()
    settings.QUARANTINE_DELIVERY = "lmtp://127.0.0.1:1"
    assert deliveries.deliver(hold.pk) == 5
    Hold.objects.update(retry_at=None)
    assert deliveries.deliver(hold.pk) == 10
    assert state(hold) == ("releasing", "connect.ConnectionRefusedError")


def test_a_passing_refusal_waits_and_one_for_good_comes_back(server: NextServer) -> None:
    hold = releasing()
    server.ends[ANNE] = "452 4.2.2 Over quota"
    assert deliveries.deliver(hold.pk) == 5
    assert state(hold) == ("releasing", "smtp.452")
    assert hold.handed_over_at is None
    server.ends[ANNE] = "552 5.3.4 Too big"
    Hold.objects.update(retry_at=None, expires_at=timezone.now() + timedelta(minutes=1))
    assert deliveries.deliver(hold.pk) is None
    assert state(hold) == ("held", "")
    assert "552" in hold.trouble
    assert "Too big" not in hold.trouble
    assert hold.expires_at > timezone.now() + timedelta(days=1)
    assert contents.read(hold.content.stored_as) == RAW
    assert actions() == ["hold.delivery_failed"]


def test_a_release_is_not_tried_for_ever(server: NextServer) -> None:
    hold = releasing(state_at=timezone.now() - timedelta(days=6))
    server.dies = "data"
    assert deliveries.deliver(hold.pk) is None
    assert state(hold) == ("held", "")
    assert "plusieurs jours" in hold.trouble


def test_bytes_that_are_gone_are_said(server: NextServer) -> None:
    hold = releasing()
    contents.delete(hold.content.stored_as)
    assert deliveries.deliver(hold.pk) is None
    assert state(hold) == ("held", "")
    assert "relu" in hold.trouble


@pytest.mark.parametrize(("moment", "came"), [("after_dot", True), ("dot_unseen", False)])
def test_an_answer_that_was_lost_is_asked_for(
    server: NextServer, monkeypatch: pytest.MonkeyPatch, moment: str, came: bool
) -> None:
    asked = []
    monkeypatch.setattr(arrivals, "arrived", lambda *question: asked.append(question) or came)
    hold = releasing()
    server.dies = moment  # type: ignore[assignment]
    assert deliveries.deliver(hold.pk) == 5
    assert state(hold) == ("releasing", "answer.LOST")
    server.dies = ""
    Hold.objects.update(retry_at=None)
    # The server may still be at it.
    assert deliveries.deliver(hold.pk) == deliveries.SETTLE_SECONDS
    assert asked == []
    at = timezone.now() - timedelta(minutes=1)
    Hold.objects.update(retry_at=None, handed_over_at=at)
    deliveries.deliver(hold.pk)
    assert asked == [(ANNE, "1@x.fr", at)]
    assert state(hold) == ("released", "")
    assert len(server.received) == 1
    assert actions() == ["hold.released"]


def test_while_zimbra_cannot_be_asked_nothing_is_handed_over(
    server: NextServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arrived(*_: object) -> bool:
        raise Unavailable("http.503", retry_after=60)

    monkeypatch.setattr(arrivals, "arrived", arrived)
    hold = releasing(handed_over_at=timezone.now() - timedelta(hours=1))
    assert deliveries.deliver(hold.pk) == 60
    assert state(hold) == ("releasing", "http.503")
    assert server.received == []


def test_of_whom_nobody_can_be_asked_it_is_handed_over_again(
    server: NextServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "arrived", None)
    hold = releasing(OUTSIDE, handed_over_at=timezone.now() - timedelta(hours=1))
    deliveries.deliver(hold.pk)
    assert state(hold) == ("released", "")
    assert len(server.relay.received) == 1  # type: ignore[attr-defined]


def test_a_worker_that_lost_its_claim_leaves_the_server_without_the_message(
    server: NextServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = releasing()
    claim = claims.take(Hold, hold.pk)
    assert claim is not None
    Hold.objects.update(holder="elsewhere:1:1:1")
    with pytest.raises(claims.ClaimLost):
        deliveries._work(claim)
    assert server.received == []


def test_what_somebody_is_at_is_left_alone(server: NextServer) -> None:
    hold = releasing()
    claims.take(Hold, hold.pk)
    assert deliveries.deliver(hold.pk) is None
    assert hold.pk not in deliveries.waiting()
    assert server.received == []


def test_the_clock_hands_out_what_waits(server: NextServer) -> None:
    due = releasing()
    later = releasing("bob@ac-reunion.fr", retry_at=timezone.now() + timedelta(hours=1))
    make_hold("eva@ac-reunion.fr")
    tasks.resume_deliveries()
    assert state(due)[0] == "released"
    assert state(later)[0] == "releasing"
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("raw", "header", "sent"),
    [
        (RAW, "", RAW),
        (b"", "X: y", b"X: y\r\n"),
        (b"\r\nbody", "X: y", b"X: y\r\n\r\nbody"),
        (b" folded: x\r\n", "X: y", b" folded: x\r\n"),
    ],
)
def test_the_line_on_top(raw: bytes, header: str, sent: bytes) -> None:
    assert deliveries.on_top(raw, header) == sent
