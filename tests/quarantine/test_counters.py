"""What the store decides and tells, one call at a time. Its clock is handed in; the store itself is a real server."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from quarantine.counters.store import PREFIX, Store
from quarantine.counters.types import Decision, Level, Outcome, Question, StoreDown
from quarantine.limits import LARGEST_THRESHOLD, WINDOWS, Period, Rules, Schedule, Subject, Threshold, micros
from tests.quarantine.reference import SECOND, Clock, Expected, Reference
from tests.stores import StoreServer

# A Wednesday at noon.
NOON = dt.datetime(2026, 3, 4, 11, tzinfo=dt.UTC)
DAY = Schedule(Rules(), NOON).periods()
SMALL = tuple(Threshold(*pair) for pair in ((5, 8), (12, 16), (25, 40), (60, 80)))
SMALL_NIGHT = tuple(Threshold(*pair) for pair in ((2, 4), (6, 8), (12, 20), (30, 40)))


@dataclass
class Wall:
    """The store's clock, in microseconds."""

    now: int = micros(NOON)

    def __call__(self) -> int:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def store(store_server: StoreServer, wall: Wall) -> Iterator[Store]:
    with Store(store_server.url, test_clock=wall) as found:
        yield found


def question(recipients: int = 1, **changes: object) -> Question:
    return replace(Question(recipients, "192.0.2.7", "a@example.org", DAY), **changes)


def seen(decision: Decision) -> tuple[Level, Subject | None, int, int, int]:
    return decision.level, decision.subject, decision.window, decision.used, decision.limit


def test_thresholds_are_strict(store: Store) -> None:
    assert seen(store.decide(question(499)))[0] is Level.ACCEPTED
    assert seen(store.decide(question(1)))[0] is Level.ACCEPTED
    assert seen(store.decide(question(1))) == (Level.HELD, Subject.IP, 60, 500, 500)
    assert seen(store.decide(question(199))) == (Level.HELD, Subject.IP, 60, 501, 500)
    assert seen(store.decide(question(1))) == (Level.REFUSED, Subject.IP, 60, 700, 700)


def test_message_is_one_decision_and_a_refused_one_adds_nothing(store: Store, wall: Wall) -> None:
    store.decide(question(400))
    refused = store.decide(question(301))
    assert seen(refused) == (Level.REFUSED, Subject.IP, 60, 400, 700)
    assert refused.retry == wall.now + 60 * SECOND
    assert store.usage(Subject.IP, "192.0.2.7").used == (400, 400, 400, 400)
    # The sender's own windows were not touched either.
    assert store.usage(Subject.SENDER, "a@example.org").used == (400, 400, 400, 400)
    assert store.decide(question(300)).level is Level.HELD


def test_event_a_windows_length_ago_is_outside(store: Store, wall: Wall) -> None:
    store.decide(question(700))
    wall.now += 60 * SECOND - 1
    refused = store.decide(question(1))
    assert (refused.level, refused.retry) == (Level.REFUSED, wall.now + 1)
    wall.now += 1
    assert seen(store.decide(question(1))) == (Level.ACCEPTED, None, 0, 0, 0)


@pytest.mark.parametrize(
    ("ip", "sender", "by"),
    [
        ("192.0.2.7", "b@example.org", Subject.IP),
        ("192.0.2.8", "a@example.org", Subject.SENDER),
        ("192.0.2.7", "", Subject.IP),
        ("", "a@example.org", Subject.SENDER),
        ("192.0.2.8", "b@example.org", None),
    ],
)
def test_address_and_sender_are_counted_apart(store: Store, ip: str, sender: str, by: Subject | None) -> None:
    store.decide(question(700))
    found = store.decide(question(1, ip=ip, sender=sender))
    assert (found.level is Level.REFUSED, found.subject) == (by is not None, by)


def test_refusal_says_when_the_last_window_opens(store: Store, wall: Wall) -> None:
    for _ in range(4):
        store.decide(question(250, sender=""))
        wall.forward(30)
    # The minute has room for 200 after one more half minute, the ten minutes for 200 only when the first 250 leave.
    refused = store.decide(question(200, sender=""))
    assert seen(refused) == (Level.REFUSED, Subject.IP, 600, 1000, 1000)
    assert refused.retry_at == NOON + dt.timedelta(seconds=600)
    wall.now = refused.retry - 1
    assert store.decide(question(200, sender="")).level is Level.REFUSED
    wall.now = refused.retry
    assert store.decide(question(200, sender="")).level is Level.HELD


def test_message_for_as_many_as_max_waits_until_the_windows_are_empty(store: Store, wall: Wall) -> None:
    store.decide(question(1))
    refused = store.decide(question(700))
    assert refused.retry_at == NOON + dt.timedelta(minutes=1)


def test_sums_are_right_where_their_count_begins_anew(store: Store, wall: Wall) -> None:
    """Records keep the running total modulo 2^24."""
    most = tuple(Threshold(LARGEST_THRESHOLD, LARGEST_THRESHOLD) for _ in WINDOWS)
    reference, clock = Reference(), Clock()
    for _ in range(20):
        one = question(3_000_001, periods=(Period(0, most, most),))
        expected = reference.decide(one, now=clock(wall.now), real=wall.now)
        assert Expected(*seen(found := store.decide(one)), found.retry) == expected
        wall.forward(9000)


def test_records_that_leave_at_the_front_move_no_window(store: Store, wall: Wall) -> None:
    """A message now and then for seventeen hours: of the thousand, some hundreds are dropped, a few dozen at a time."""
    reference, clock = Reference(), Clock()
    for number in range(1050):
        one = question(1 + number % 3, ip="")
        reference.decide(one, now=clock(wall.now), real=wall.now)
        assert store.decide(one).level is Level.ACCEPTED
        if number % 50 == 49:
            used = tuple(reference.used(Subject.SENDER, "a@example.org", window, wall.now) for window in WINDOWS)
            assert store.usage(Subject.SENDER, "a@example.org").used == used
        wall.forward(59)


def test_message_for_more_than_any_moment_allows_never_passes(store: Store) -> None:
    refused = store.decide(question(701))
    assert (refused.level, refused.never_passes, refused.retry_at) == (Level.REFUSED, True, None)
    assert store.usage(Subject.IP, "192.0.2.7").last is None


def test_period_is_picked_by_the_clock_of_the_store(store: Store, wall: Wall) -> None:
    evening = dt.datetime(2026, 3, 6, 18, 59, 59, tzinfo=dt.UTC)
    periods = Schedule(Rules(), evening - dt.timedelta(hours=3)).periods()
    wall.now = micros(evening)
    assert store.decide(question(130, periods=periods)).level is Level.ACCEPTED
    wall.forward(1)
    assert seen(store.decide(question(1, periods=periods))) == (Level.HELD, Subject.IP, 60, 130, 125)
    # A gateway whose own clock is already in the night gives the day as the period before.
    wall.forward(-1)
    later = Schedule(Rules(), evening + dt.timedelta(hours=1)).periods()
    assert store.decide(question(1, periods=later)).level is Level.ACCEPTED


def test_query_asked_again_is_answered_alike_and_counted_once(store: Store, wall: Wall) -> None:
    first = store.decide(question(600, instance="7f.1"))
    wall.forward(1)
    again = store.decide(question(600, instance="7f.1"))
    assert seen(again) == seen(first) == (Level.HELD, Subject.IP, 60, 0, 500)
    assert (first.is_repeated, again.is_repeated) == (False, True)
    assert store.usage(Subject.SENDER, "a@example.org").used[0] == 600
    # Another mail server may give the same name to a message of somebody else.
    assert not store.decide(question(600, instance="7f.1", ip="192.0.2.8", sender="b@example.org")).is_repeated
    (batch,) = store.batches()
    assert [(one.outcome, one.messages, one.recipients) for one in batch.slots] == [(Outcome.HELD, 2, 1200)]


def test_mail_of_lists_is_not_counted_but_a_compromised_sender_is_stopped(store: Store) -> None:
    assert store.decide(question(5000, is_counted=False)).level is Level.UNCOUNTED
    assert store.decide(question(5000, ip="", sender="")).level is Level.UNCOUNTED
    store.block("a@example.org")
    assert store.decide(question(1, is_counted=False)).level is Level.COMPROMISED
    assert store.decide(question(1)).level is Level.COMPROMISED
    assert store.decide(question(1, sender="b@example.org")).level is Level.ACCEPTED
    store.unblock("a@example.org")
    assert store.decide(question(1)).level is Level.ACCEPTED


def test_list_of_compromised_senders_is_replaced_unless_it_changed_meanwhile(store: Store) -> None:
    number = store.compromised_number()
    assert store.replace_compromised(["a@example.org", "b@example.org"], number=number)
    assert store.compromised() == {"a@example.org", "b@example.org"}
    store.block("c@example.org")
    assert not store.replace_compromised([], number=number)
    assert store.replace_compromised([], number=store.compromised_number())
    assert store.compromised() == set()


def test_refusals_of_a_sender_are_counted_within_the_minutes_of_the_rule(store: Store, wall: Wall) -> None:
    def refused(**changes: object) -> bool:
        return store.decide(question(900, refusals=3, refusal_seconds=3600, **changes)).enough_refusals

    assert [refused(), refused()] == [False, False]
    wall.forward(3600)
    assert [refused(), refused(), refused()] == [False, False, True]
    assert refused()
    # Released: from the beginning.
    store.unblock("a@example.org")
    assert not refused()
    # A refusal that the network alone is to blame for says nothing about the sender.
    store.decide(question(700, sender="b@example.org"))
    found = [store.decide(question(1, sender="c@example.org", refusals=2)) for _ in range(3)]
    assert [one.enough_refusals for one in found] == [False, False, False]


def test_tallies_are_taken_over_once_whenever_the_task_is_killed(store: Store, wall: Wall) -> None:
    store.decide(question(3))
    store.decide(question(700))
    store.decide(question(701))
    first = store.batches()
    assert [(one.outcome, one.messages, one.recipients) for one in sorted(first[0].slots)] == [
        (Outcome.ACCEPTED, 1, 3),
        (Outcome.REFUSED, 2, 1401),
    ]
    assert {one.slot for one in first[0].slots} == {NOON}
    # Killed before it was written: the same batch is given again, beside what came in since.
    wall.forward(301)
    store.decide(question(4))
    both = {batch.id: batch for batch in store.batches()}
    assert both.pop(first[0].id) == first[0]
    ((slot, *counts),) = next(iter(both.values())).slots
    assert (slot, counts) == (NOON + dt.timedelta(minutes=5), [Outcome.ACCEPTED, 1, 4])
    for id_ in (first[0].id, *both, "unknown"):
        store.forget_batch(id_)
    assert store.batches() == []


def test_figures_of_what_was_held_and_refused_name_address_and_sender(store: Store, wall: Wall) -> None:
    store.decide(question(600))
    wall.forward(2)
    store.decide(question(50))
    store.decide(question(800))
    (batch,) = store.batches()
    found = {(one.outcome, one.subject): one for one in batch.keys}
    assert set(found) == {(outcome, of) for outcome in (Outcome.HELD, Outcome.REFUSED) for of in Subject}
    held = found[Outcome.HELD, Subject.SENDER]
    assert (held.key, held.messages, held.recipients, held.window) == ("a@example.org", 2, 650, 60)
    assert (held.first, held.last) == (NOON, NOON + dt.timedelta(seconds=2))


def test_hot_subjects_are_those_at_half_of_a_threshold(store: Store, wall: Wall) -> None:
    store.decide(question(249, ip="", sender="cool@example.org"))
    store.decide(question(250, ip="", sender="hot@example.org"))
    assert [(one.subject, one.key, one.used[0]) for one in store.hot()] == [(Subject.SENDER, "hot@example.org", 250)]
    wall.forward(36000)
    assert store.hot() == []


def test_a_page_sees_since_when_a_threshold_is_exceeded(store: Store, wall: Wall) -> None:
    for recipients in (260, 250, 100):
        store.decide(question(recipients))
        wall.forward(20)
    usage = store.usage(Subject.SENDER, "a@example.org")
    assert (usage.used, usage.last) == ((350, 610, 610, 610), NOON + dt.timedelta(seconds=40))
    assert usage.since(DAY[1]) == (None, None, None, None)
    wall.forward(-1)
    usage = store.usage(Subject.SENDER, "a@example.org")
    assert usage.used == (610, 610, 610, 610)
    assert usage.since(DAY[1]) == (NOON + dt.timedelta(seconds=20), None, None, None)


def test_threshold_that_comes_down_at_night_is_exceeded_from_then_on(store: Store, wall: Wall) -> None:
    night = dt.datetime(2026, 3, 4, 19, tzinfo=dt.UTC)
    periods = Schedule(Rules(), night).periods()
    wall.now = micros(night - dt.timedelta(minutes=1))
    store.decide(question(240))
    wall.forward(90)
    usage = store.usage(Subject.IP, "192.0.2.7")
    assert usage.above_since == (None, None, None, None)
    assert usage.since(periods[1]) == (None, night, None, None)
    # The next message writes down the same.
    assert store.decide(question(1, periods=periods)).level is Level.HELD
    assert store.usage(Subject.IP, "192.0.2.7").above_since == (None, night, None, None)


def test_records_of_a_version_to_come_are_left_alone(store: Store, store_server: StoreServer) -> None:
    store.decide(question(1))
    with store_server.client() as client:
        client.lset(f"{PREFIX}ip:192.0.2.7", 0, b"\x02" + b"x" * 168)
        with pytest.raises(StoreDown, match="VERSION 2"):
            store.decide(question(1))
        client.set(f"{PREFIX}clock", b"\x02x")
        with pytest.raises(StoreDown, match="VERSION 2"):
            store.decide(question(1))


def test_store_that_forgot_its_scripts_is_told_them_again(store: Store, store_server: StoreServer) -> None:
    store.decide(question(3))
    with store_server.client() as client:
        client.script_flush()
    assert store.decide(question(4)).level is Level.ACCEPTED
    assert store.usage(Subject.IP, "192.0.2.7").used[0] == 7


def test_subject_that_is_quiet_for_long_leaves_nothing(store: Store, wall: Wall, store_server: StoreServer) -> None:
    for _ in range(200):
        store.decide(question(1))
        wall.forward(1)
    wall.forward(36000)
    store.decide(question(1))
    with store_server.client() as client:
        assert client.llen(f"{PREFIX}ip:192.0.2.7") == 2
        assert 0 < client.ttl(f"{PREFIX}ip:192.0.2.7") <= 3 * 86400
    assert store.usage(Subject.IP, "192.0.2.7").used == (1, 1, 1, 1)


@pytest.mark.parametrize("recipients", [0, -1, 2**40])
def test_question_without_sense_is_not_asked(store: Store, recipients: int) -> None:
    with pytest.raises(ValueError):
        store.decide(question(recipients))
    with pytest.raises(ValueError):
        store.decide(question(1, periods=()))
    with pytest.raises(ValueError):
        store.decide(question(1, instance="x" * 500))


def test_missing_store_is_said() -> None:
    with Store("unix:///nowhere/at/all") as store, pytest.raises(StoreDown) as raised:
        store.decide(question(1))
    assert raised.value.sentence.endswith(".")


class Game:
    """Random messages over window edges, put to the store and to the reference."""

    def __init__(self, seed: int, wall: Wall, *stores: Store, has_night: bool = True) -> None:
        self.random = random.Random(seed)
        self.wall, self.stores = wall, stores
        self.clock, self.reference = Clock(), Reference()
        night = self.wall.now + 5 * 3600 * SECOND
        self.periods = (Period(0, SMALL, SMALL), Period(night, SMALL_NIGHT, SMALL_NIGHT))[: 1 + has_night]

    def message(self) -> None:
        asked = Question(
            self.random.choice((1, 1, 1, 2, 3, 5, 9)),
            self.random.choice(("", "192.0.2.1", "192.0.2.2")),
            self.random.choice(("a@example.org", "b@example.org")),
            self.periods,
        )
        now, real = self.clock(self.wall.now), self.wall.now
        expected = self.reference.decide(asked, now=now, real=real)
        found = self.random.choice(self.stores).decide(asked)
        retry = found.retry + self.clock.offset if found.retry > 0 else found.retry
        assert found.decided == now
        assert Expected(*seen(found), retry) == expected

    def wait(self) -> None:
        """Some time passes; often until just about something leaves a window."""
        kind = self.random.random()
        edges = [
            at + window * SECOND - self.clock.offset
            for sent in self.reference.sent.values()
            for at, _ in sent[-40:]
            for window in WINDOWS
        ]
        ahead = [edge for edge in edges if edge > self.wall.now]
        if kind < 0.4 and ahead:
            self.wall.now = min(ahead) + self.random.choice((-1, 0, 1))
        elif kind < 0.9:
            self.wall.now += self.random.choice((0, 1, 999, SECOND, 7 * SECOND, 59 * SECOND))
        else:
            self.wall.now += self.random.choice((600, 3600, 20_000)) * SECOND

    def jump(self) -> None:
        self.wall.now += self.random.choice((-1, 1, -2, 30, -30, -119, -121, 3600, -3600, 86_400, -86_400)) * SECOND

    def look(self) -> None:
        """The same figures are shown, and exactly since when a threshold has been exceeded."""
        clock = replace(self.clock)
        now = clock(self.wall.now)
        is_night = len(self.periods) > 1 and self.periods[1].starts <= self.wall.now
        for subject, key in self.reference.sent:
            usage = self.stores[0].usage(subject, key)
            assert usage.used == tuple(self.reference.used(subject, key, window, now) for window in WINDOWS)
            for window, threshold, since in zip(WINDOWS, SMALL, usage.since(self.periods[0]), strict=True):
                if not is_night:
                    expected = self.reference.above_since(subject, key, window, threshold.warn, now)
                    assert (since and micros(since) + clock.offset) == expected


@pytest.mark.parametrize("seed", range(4))
def test_random_messages_are_decided_as_by_brute_force(store_server: StoreServer, wall: Wall, seed: int) -> None:
    with Store(store_server.url, test_clock=wall) as one, Store(store_server.url, test_clock=wall) as other:
        game = Game(seed, wall, one, other)
        for step in range(250):
            game.wait()
            game.message()
            if step % 25 == 0:
                game.look()


@pytest.mark.parametrize("seed", range(4))
def test_jumps_of_the_clock_change_nothing_that_the_reference_does_not(
    store_server: StoreServer, wall: Wall, seed: int
) -> None:
    with Store(store_server.url, test_clock=wall) as store:
        game = Game(seed, wall, store, has_night=False)
        for step in range(250):
            game.wait()
            if game.random.random() < 0.3:
                game.jump()
            game.message()
            if step % 25 == 0:
                game.look()


def test_ten_thousand_recipients_pass_as_the_reference_says_and_never_above_max(
    store_server: StoreServer, wall: Wall
) -> None:
    """The documented figures, to the sender's limit of ten hours and beyond."""
    chance = random.Random(7)
    clock, reference = Clock(), Reference()
    with Store(store_server.url, test_clock=wall) as store:
        asked = passed = 0
        while asked < 10_000:
            recipients = chance.choice((1, 20, 50, 100, 200))
            one = question(recipients, periods=DAY[1:2])
            expected = reference.decide(one, now=clock(wall.now), real=wall.now)
            assert store.decide(one).level is expected.level
            asked += recipients
            passed += recipients if expected.level is not Level.REFUSED else 0
            wall.now += chance.choice((1, SECOND, 7 * SECOND, 60 * SECOND, 60 * SECOND - 1))
    assert 3900 <= passed < asked
    sent = reference.sent[Subject.SENDER, "a@example.org"]
    for window, most in zip(WINDOWS, (700, 1000, 4000, 8000), strict=True):
        for first, _ in sent:
            assert sum(n for at, n in sent if first <= at < first + window * SECOND) <= most
    assert all(one <= other for (one, _), (other, _) in pairwise(sent))


def test_memory_of_a_sender_at_the_threshold_is_bounded(store: Store, wall: Wall, store_server: StoreServer) -> None:
    """8,000 messages for one recipient each within ten hours, the most there can be, and on for another hour."""
    periods = (Period(0, DAY[1].ip, DAY[1].sender),)
    largest = 0
    step = 4_500_100
    with store_server.client() as client:
        for number in range(8_800):
            wall.now += step
            assert store.decide(question(1, ip="", periods=periods)).level is not Level.REFUSED
            if number >= 7_900 and number % 100 == 0:
                largest = max(largest, client.memory_usage(f"{PREFIX}sender:a@example.org", samples=0))
        assert client.llen(f"{PREFIX}sender:a@example.org") >= 8_000
    # Records that left made room without anybody else's being moved.
    counted = tuple((window * SECOND - 1) // step + 1 for window in WINDOWS)
    assert store.usage(Subject.SENDER, "a@example.org").used == counted
    wall.now += 3000 * SECOND
    assert store.usage(Subject.SENDER, "a@example.org").used[2:] == tuple(
        one - (3000 * SECOND) // step for one in counted[2:]
    )
    assert 60_000 < largest < 120_000
