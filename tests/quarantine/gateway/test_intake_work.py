"""What becomes of a message, recipient by recipient, with a next server that is played."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.utils import timezone

from quarantine import arrivals, contents, held, passages
from quarantine.gateway import intake_work
from quarantine.gateway.intake_work import LATER, OK, OK_HELD, Submission
from quarantine.models import Hold, Passage, SenderEntry
from tests.each import each
from tests.quarantine.next_server import NextServer
from zimbra.errors import Unavailable

pytestmark = pytest.mark.django_db

ANNE, BOB, EVA = "anne@ac-reunion.fr", "bob@ac-reunion.fr", "eva@ac-reunion.fr"
CLEAN = b"From: a@x.fr\r\nSubject: s\r\nMessage-ID: <1@x.fr>\r\n\r\nBonjour\r\n"
SPAM = b"X-Spam-Flag: YES\r\n" + CLEAN
VIRUS = b"X-Virus-Status: Infected\r\n" + CLEAN
DEAD = "nowhere:1:1:0"


class Watch:
    def __init__(self) -> None:
        self.troubles: set[str] = set()

    def trouble(self, what: str) -> None:
        self.troubles.add(what)

    def well(self, what: str) -> None:
        self.troubles.discard(what)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(autouse=True)
def server(settings, tmp_path: Path) -> Iterator[NextServer]:
    settings.QUARANTINE_DIR = tmp_path
    with NextServer() as running:
        settings.QUARANTINE_DELIVERY = running.url
        yield running


def settle(watch: Watch, raw: bytes, *rcpt_tos: str, hold_all: bool = False, sender: str = "a@x.fr") -> list[str]:
    return intake_work.settle(Submission(raw, sender, rcpt_tos or (ANNE,)), hold_all=hold_all, watch=watch)


def delivered_to(server: NextServer) -> list[str]:
    return [address for one in server.received for address in one.rcpt_tos]


def held_for() -> dict[str, str]:
    return {hold.recipient: hold.reason for hold in Hold.objects.all()}


def age(*, holder: str = "") -> None:
    """As if the passages had been begun a while ago, by `holder`."""
    Passage.objects.update(at=timezone.now() - timedelta(minutes=5), holder=holder)


def test_clean_mail_is_handed_on_as_it_is(server: NextServer, watch: Watch) -> None:
    assert settle(watch, CLEAN, ANNE, BOB) == [OK, OK]
    assert [(one.mail_from, one.rcpt_tos, one.raw) for one in server.received] == [("a@x.fr", (ANNE, BOB), CLEAN)]
    assert held_for() == {}


def test_suspect_mail_is_on_disk_when_it_is_answered(server: NextServer, watch: Watch) -> None:
    assert settle(watch, SPAM, "Anne+liste@AC-reunion.fr", sender="") == [OK_HELD]
    assert server.received == []
    hold = Hold.objects.get()
    assert (hold.recipient, hold.rcpt_to, hold.mail_from) == (ANNE, "Anne+liste@AC-reunion.fr", "")
    assert (hold.reason, hold.hints, hold.sender) == ("spam", ["marked_spam"], "a@x.fr")
    assert contents.read(hold.content.stored_as) == SPAM


LISTS = {
    "staff_block": ("", "block", "x.fr"),
    "block": (ANNE, "block", "a@x.fr"),
    "trust": (ANNE, "trust", "x.fr"),
    "staff_trust": ("", "trust", "a@x.fr"),
}


@pytest.mark.parametrize(
    ("raw", "lists", "reason"),
    [
        (CLEAN, [], None),
        (CLEAN, ["block"], "blocked"),
        (CLEAN, ["staff_block"], "staff_block"),
        (CLEAN, ["staff_block", "block"], "staff_block"),
        (CLEAN, ["trust", "staff_block"], "staff_block"),
        (CLEAN, ["staff_trust", "block"], "blocked"),
        (SPAM, ["trust"], None),
        (SPAM, ["staff_trust"], None),
        (SPAM, ["block"], "blocked"),
        (VIRUS, [], "dangerous"),
        (VIRUS, ["trust", "staff_trust"], "dangerous"),
        (VIRUS, ["staff_block"], "staff_block"),
    ],
)
def test_the_order_of_lists_and_verdict(
    server: NextServer, watch: Watch, raw: bytes, lists: list[str], reason: str | None
) -> None:
    for name in lists:
        mailbox, kind, pattern = LISTS[name]
        SenderEntry.objects.create(mailbox=mailbox, kind=kind, pattern=pattern)
    assert settle(watch, raw) == [OK_HELD if reason else OK]
    assert held_for() == ({ANNE: reason} if reason else {})
    assert delivered_to(server) == ([] if reason else [ANNE])


def test_the_lists_of_one_are_not_those_of_the_other(server: NextServer, watch: Watch) -> None:
    SenderEntry.objects.create(mailbox=BOB, kind="trust", pattern="x.fr")
    assert settle(watch, SPAM, ANNE, BOB, EVA) == [OK_HELD, OK, OK_HELD]
    assert delivered_to(server) == [BOB]
    assert set(held_for()) == {ANNE, EVA}


def test_what_went_above_warn_is_held_for_all(server: NextServer, watch: Watch) -> None:
    SenderEntry.objects.create(mailbox=ANNE, kind="trust", pattern="x.fr")
    assert settle(watch, CLEAN, ANNE, "x@ailleurs.fr", hold_all=True) == [OK_HELD, OK_HELD]
    assert held_for() == {ANNE: "limit", "x@ailleurs.fr": "limit"}
    assert server.received == []


def test_mail_without_a_mark_waits_for_its_filter(settings, server: NextServer, watch: Watch) -> None:
    settings.QUARANTINE_NO_VERDICT = "later"
    SenderEntry.objects.create(mailbox=BOB, kind="trust", pattern="x.fr")
    assert settle(watch, CLEAN, ANNE, BOB) == [intake_work.LATER_NOT_MARKED, OK]
    settings.QUARANTINE_NO_VERDICT = "deliver"
    assert settle(watch, CLEAN, ANNE, BOB) == [OK, OK]
    assert sorted(delivered_to(server)) == [ANNE, BOB]


@pytest.mark.parametrize(
    ("name", "value", "answer"),
    [
        ("QUARANTINE_VERDICTS", ["rspamd"], OK),
        ("QUARANTINE_OWN_RECEIVED", 0, intake_work.LATER_NOT_MARKED),
        ("QUARANTINE_MARKS_ON_TOP", False, OK),
    ],
)
def test_whose_marks_are_believed_is_a_setting(settings, watch: Watch, name: str, value: object, answer: str) -> None:
    settings.QUARANTINE_NO_VERDICT = "later"
    settings.QUARANTINE_OWN_RECEIVED = 0
    setattr(settings, name, value)
    marks = b"Received: from us\r\nX-Spamd-Result: default: False [1.00 / 15.00]\r\n"
    if name == "QUARANTINE_VERDICTS":
        settings.QUARANTINE_OWN_RECEIVED = 1
        marks += b"X-Spam-Flag: YES\r\n"
    assert settle(watch, marks + CLEAN) == [answer]


def test_the_answers_of_the_next_server_are_ours(server: NextServer, watch: Watch) -> None:
    server.said[BOB] = "550 5.1.1 No such user here"
    server.ends[EVA] = "452 4.2.2 Over quota"
    rcpt_tos = (ANNE, BOB, EVA)
    assert settle(watch, CLEAN, *rcpt_tos) == [OK, "550 5.1.1 No such user here", "452 4.2.2 Over quota"]
    server.ends.clear()
    assert settle(watch, CLEAN, *rcpt_tos) == [OK, "550 5.1.1 No such user here", OK]
    assert delivered_to(server) == [ANNE, EVA]


@pytest.mark.parametrize("raw", [CLEAN, SPAM])
def test_a_repeat_gets_the_same_answer_and_doubles_nothing(server: NextServer, watch: Watch, raw: bytes) -> None:
    first = settle(watch, raw, ANNE, ANNE, BOB)
    assert settle(watch, raw, ANNE, BOB, EVA) == [first[0], first[2], first[0]]
    got = held_for() if raw == SPAM else delivered_to(server)
    assert sorted(got) == [ANNE, BOB, EVA]


def test_a_repeat_after_the_hold_is_gone_does_not_bring_it_back(watch: Watch) -> None:
    settle(watch, SPAM)
    Hold.objects.all().delete()
    assert settle(watch, SPAM) == [OK_HELD]
    assert held_for() == {}


def test_another_message_is_not_a_repeat(server: NextServer, watch: Watch) -> None:
    for raw in (CLEAN, CLEAN + b"\r\n", CLEAN.replace(b"a@x.fr", b"A@x.fr")):
        settle(watch, raw)
    settle(watch, CLEAN, sender="b@x.fr")
    assert len(server.received) == 4


@pytest.mark.parametrize("moment", ["greeting", "mail", "data"])
def test_nothing_taken_leaves_nothing_behind(server: NextServer, watch: Watch, moment: str) -> None:
    server.dies = moment  # type: ignore[assignment]
    assert settle(watch, CLEAN) == [LATER]
    assert watch.troubles == {"zimbra"}
    assert not Passage.objects.exists()
    server.dies = ""
    assert settle(watch, CLEAN) == [OK]
    assert watch.troubles == set()


@pytest.mark.parametrize(
    ("moment", "came", "copies"),
    [("after_dot", True, 1), ("dot_unseen", False, 1), ("after_dot", None, 1), ("dot_unseen", None, 0)],
)
def test_an_answer_that_was_lost_is_asked_for(
    server: NextServer, watch: Watch, monkeypatch: pytest.MonkeyPatch, moment: str, came: bool | None, copies: int
) -> None:
    def arrived(recipient: str, message_id: str, since: object) -> bool:
        assert (recipient, message_id) == (ANNE, "1@x.fr")
        if came is None:
            raise Unavailable("http.503")
        return came

    monkeypatch.setattr(arrivals, "arrived", arrived)
    server.dies = moment  # type: ignore[assignment]
    assert settle(watch, CLEAN) == [LATER]
    server.dies = ""
    # The server may still be at it.
    assert settle(watch, CLEAN) == [LATER]
    age()
    assert settle(watch, CLEAN) == [LATER if came is None else OK]
    assert watch.troubles == ({"zimbra"} if came is None else set())
    assert len(server.received) == copies


@pytest.mark.parametrize(("dead", "answer"), [(True, OK), (False, LATER)])
def test_what_somebody_else_is_at_is_left_to_him(
    server: NextServer, watch: Watch, monkeypatch: pytest.MonkeyPatch, dead: bool, answer: str
) -> None:
    monkeypatch.setattr(arrivals, "arrived", lambda *_: False)
    monkeypatch.setattr(passages.claims, "is_dead_here", lambda holder: dead)
    server.dies = "after_dot"
    settle(watch, CLEAN)
    server.dies = ""
    server.received.clear()
    age(holder=DEAD)
    assert settle(watch, CLEAN) == [answer]
    assert len(server.received) == int(dead)


def test_of_two_that_take_over_one_hands_on(watch: Watch) -> None:
    settle(watch, CLEAN)
    Passage.objects.update(state="started")
    age()
    passage = Passage.objects.get()
    assert passages.take_over(passage, "one")
    assert not passages.take_over(passage, "two")


def test_two_that_begin_at_once_do_not_both_hand_on() -> None:
    assert passages.start(["k1", "k2"], "one") == {"k1", "k2"}
    assert passages.start(["k1", "k3"], "two") == {"k3"}
    passages.forget(["k1", "k2", "k3"], "two")
    assert set(Passage.objects.values_list("key", flat=True)) == {"k1", "k2"}


def test_begun_as_clean_and_judged_anew_it_may_be_held(
    server: NextServer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "arrived", lambda *_: False)
    server.dies = "dot_unseen"
    settle(watch, CLEAN)
    server.dies = ""
    age()
    SenderEntry.objects.create(mailbox=ANNE, kind="block", pattern="x.fr")
    assert settle(watch, CLEAN) == [OK_HELD]
    assert Passage.objects.get().state == "held"
    assert server.received == []


@pytest.mark.parametrize(("error", "trouble"), [(DatabaseError(), "database"), (OSError(28, "full"), "disk")])
def test_what_cannot_be_stored_comes_again(
    server: NextServer, watch: Watch, monkeypatch: pytest.MonkeyPatch, error: Exception, trouble: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    SenderEntry.objects.create(mailbox=BOB, kind="trust", pattern="x.fr")
    with monkeypatch.context() as patch:
        patch.setattr(held.contents if trouble == "disk" else held, "write" if trouble == "disk" else "_holds", fail)
        assert settle(watch, SPAM, ANNE, BOB) == [LATER, LATER]
    assert watch.troubles == {trouble}
    assert settle(watch, SPAM, ANNE, BOB) == [OK_HELD, OK]
    assert watch.troubles == set()
    assert set(held_for()) == {ANNE}
    assert delivered_to(server) == [BOB]


def test_a_database_that_goes_away_after_the_answer_changes_nothing_in_it(
    server: NextServer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(passages, "delivered", fail)
    assert settle(watch, CLEAN) == [OK]
    assert Passage.objects.get().state == "started"


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\n.\r"])
def test_an_end_of_data_for_careless_servers_is_refused(server: NextServer, watch: Watch, end: bytes) -> None:
    raw = CLEAN + b"a" + end + b"MAIL FROM:<ceo@ac-reunion.fr>\r\n"
    assert settle(watch, raw, ANNE, BOB) == [intake_work.SMUGGLED] * 2
    assert not server.received


def test_bare_ends_of_lines_and_eight_bits_go_through(server: NextServer, watch: Watch) -> None:
    raw = CLEAN + b"a\nb\rc\xe9\x00\r\n.\r\n..\r\n.x\n" + b"l" * 70_000 + b"\r\n"
    assert settle(watch, raw) == [OK]
    assert server.received[0].raw == raw


def test_what_is_no_address_is_refused_alone(server: NextServer, watch: Watch) -> None:
    assert settle(watch, SPAM, "x" * 300 + "@x.fr", ANNE) == [intake_work.NO_ADDRESS, OK_HELD]


@each(
    ("answers", "one"),
    [
        ([OK, OK_HELD], "250"),
        ([OK_HELD, OK_HELD], "250 2.0.0 Ok: held"),
        ([OK, LATER, "550 5.1.1 No"], "451"),
        ([OK, "550 5.1.1 No"], "554"),
        (["550 5.1.1 No", "550 5.1.1 No"], "550 5.1.1 No"),
    ],
)
def test_the_one_answer_for_all(answers: list[str], one: str) -> None:
    assert intake_work.for_all(answers).startswith(one)


def test_queries_do_not_grow_with_the_recipients(watch: Watch, django_assert_max_num_queries) -> None:
    SenderEntry.objects.create(mailbox="p1@ac-reunion.fr", kind="trust", pattern="x.fr")
    with django_assert_max_num_queries(20):
        settle(watch, SPAM, *(f"p{number}@ac-reunion.fr" for number in range(200)))
    assert len(held_for()) == 199
