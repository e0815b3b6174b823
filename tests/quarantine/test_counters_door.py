"""The store as a gateway asks it: many questions at once, and what happens when the store fails."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import accumulate

import pytest

from quarantine.counters.addresses import Address, address_of
from quarantine.counters.door import MOST_WAITING, Door
from quarantine.counters.resp import Failure, NotAReply, command, replies
from quarantine.counters.store import Store
from quarantine.counters.types import Decision, Level, Question, StoreDown
from quarantine.counters.witness import Witness
from quarantine.limits import WINDOWS, Rules, Schedule, Subject
from tests.each import each
from tests.quarantine.reference import SECOND
from tests.stores import StoreServer

NOON = dt.datetime(2026, 3, 4, 11, tzinfo=dt.UTC)
DAY = Schedule(Rules(night_divisor=1, weekend_divisor=1, weekend_night_divisor=1), NOON).periods()


def question(recipients: int = 1, **changes: object) -> Question:
    return replace(Question(recipients, "192.0.2.7", "a@example.org", DAY), **changes)


@pytest.fixture
def own_server() -> Iterator[StoreServer]:
    """One to kill and to pause."""
    server = StoreServer()
    yield server
    server.close()


def with_door(url: str, play: Callable[[Door], Awaitable[None]], **options: object) -> None:
    async def main() -> None:
        door = Door(url, **options)
        await door.open()
        try:
            await asyncio.wait_for(play(door), 60)
        finally:
            await door.close()

    asyncio.run(main())


def used_by_sender(server: StoreServer) -> int:
    with Store(server.url) as store:
        return store.usage(Subject.SENDER, "a@example.org").used[3]


def test_many_questions_leave_in_few_writes_and_are_answered_in_order(
    store_server: StoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quarantine.counters.connection import Connection

    writes: list[bytes] = []
    write = Connection.write
    monkeypatch.setattr(Connection, "write", lambda self, data: (writes.append(data), write(self, data))[1])

    async def play(door: Door) -> None:
        writes.clear()
        found = await asyncio.gather(*(door.decide(question(100)) for _ in range(9)))
        assert [one.level for one in found] == [Level.ACCEPTED] * 5 + [Level.HELD] * 2 + [Level.REFUSED] * 2
        assert [one.used for one in found[5:]] == [500, 600, 700, 700]
        assert sum(data.count(b"EVALSHA") for data in writes) == 9
        assert len(writes) == 2
        # Of many a third, so that the store has something to do while the answers are read, then the rest.
        writes.clear()
        await asyncio.gather(*(door.decide(question(1)) for _ in range(60)))
        counts = [data.count(b"EVALSHA") for data in writes]
        assert (counts[0], sum(counts)) == (20, 60)
        assert max(counts) == 20
        assert door.is_up
        assert abs(door.now() - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)

    with_door(store_server.url, play)


def test_several_gateways_at_once_let_no_recipient_above_max(store_server: StoreServer) -> None:
    async def main() -> None:
        doors = [Door(store_server.url) for _ in range(4)]
        await asyncio.gather(*(door.open() for door in doors))
        chance = random.Random(3)
        asked = [chance.randint(1, 9) for _ in range(400)]
        found = await asyncio.gather(*(doors[i % 4].decide(question(n)) for i, n in enumerate(asked)))
        passed = sum(n for n, one in zip(asked, found, strict=True) if one.level is not Level.REFUSED)
        refused = min(n for n, one in zip(asked, found, strict=True) if one.level is Level.REFUSED)
        assert passed <= 700 < passed + 9
        assert refused > 700 - passed
        # Each one saw the sum that all before it had left.
        counted = sorted(
            (one.decided, one.used, n) for n, one in zip(asked, found, strict=True) if one.level is Level.HELD
        )
        assert [used for _, used, _ in counted] == list(
            accumulate((n for _, _, n in counted[:-1]), initial=counted[0][1])
        )
        await asyncio.gather(*(door.close() for door in doors))

    asyncio.run(main())
    assert used_by_sender(store_server) <= 700


def test_over_tcp_with_password_and_database(own_server: StoreServer) -> None:
    with own_server.client() as client:
        client.config_set("requirepass", "épée @/:")
        client.config_set("port", "0")
    url = f"unix://:%C3%A9p%C3%A9e%20%40%2F%3A@{own_server.socket}?db=3"

    async def play(door: Door) -> None:
        assert (await door.decide(question(7))).level is Level.ACCEPTED

    with_door(url, play)
    with Store(url) as store:
        assert store.usage(Subject.SENDER, "a@example.org").used[0] == 7
    with Store(own_server.url) as store, pytest.raises(StoreDown):
        store.usage(Subject.SENDER, "a@example.org")

    async def refused() -> None:
        door = Door(own_server.url)
        await door.open()
        assert not door.is_up
        assert "NOAUTH" in door.reason
        await door.close()

    asyncio.run(refused())


def test_scripts_forgotten_are_told_again_and_nothing_is_counted_twice(store_server: StoreServer) -> None:
    async def play(door: Door) -> None:
        await door.decide(question(1))
        with store_server.client() as client:
            client.script_flush()
        found = await asyncio.gather(*(door.decide(question(10)) for _ in range(20)))
        assert {one.level for one in found} == {Level.ACCEPTED}

    with_door(store_server.url, play)
    assert used_by_sender(store_server) == 201


def test_failure_of_the_store_is_handed_on(store_server: StoreServer) -> None:
    async def play(door: Door) -> None:
        await door.decide(question(1))
        with store_server.client() as client:
            client.set("{envois}:clock", b"\x09")
        with pytest.raises(StoreDown, match="VERSION 9"):
            await door.decide(question(1))
        with pytest.raises(ValueError):
            await door.decide(question(0))
        with pytest.raises(ValueError):
            await door.decide(question(1, periods=()))

    with_door(store_server.url, play)


@pytest.mark.processes
def test_store_that_is_gone_says_so_and_comes_back(own_server: StoreServer) -> None:
    async def play(door: Door) -> None:
        await door.decide(question(5, instance="a"))
        own_server.kill()
        with pytest.raises(StoreDown):
            await door.decide(question(6, instance="b"))
        assert not door.is_up
        assert door.down_since is not None
        # By now nobody is kept waiting.
        await asyncio.sleep(0.3)
        refused: list[Decision | StoreDown] = []
        door.ask(question(6), refused.append)
        assert isinstance(refused[0], StoreDown)
        own_server.start()
        while not door.is_up:
            await asyncio.sleep(0.02)
        assert door.down_since is None
        assert (await door.decide(question(5, instance="a"))).is_repeated
        assert not (await door.decide(question(6, instance="b"))).is_repeated

    with_door(own_server.url, play, timeout=0.3)
    assert used_by_sender(own_server) == 11


@pytest.mark.processes
def test_question_that_reaches_a_paused_store_too_late_is_not_counted(own_server: StoreServer) -> None:
    async def play(door: Door) -> None:
        await door.decide(question(5))
        own_server.pause()
        found = await asyncio.gather(*(door.decide(question(10)) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(one, StoreDown) for one in found)
        own_server.go_on()
        while not door.is_up:
            await asyncio.sleep(0.02)
        # What was sent to the paused store has been read by now, and left alone.
        assert (await door.decide(question(1))).level is Level.ACCEPTED

    with_door(own_server.url, play, timeout=0.3)
    assert used_by_sender(own_server) == 6


@pytest.mark.processes
def test_connection_that_breaks_is_made_anew_and_answers_are_asked_for_again(own_server: StoreServer) -> None:
    async def play(door: Door) -> None:
        with own_server.client() as client:
            for number in range(30):
                asked = [door.decide(question(1, instance=f"{number}.{i}")) for i in range(5)]
                answers = asyncio.gather(*asked)
                await asyncio.sleep(0)
                client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                assert {one.level for one in await answers} == {Level.ACCEPTED}

    with_door(own_server.url, play)
    assert used_by_sender(own_server) == 150


@pytest.mark.processes
def test_nothing_that_was_answered_is_forgotten_when_the_store_is_killed(own_server: StoreServer) -> None:
    """Killed as by `kill -9` in the middle of decisions, three times over."""
    counted = asked = 0

    async def play(door: Door) -> None:
        nonlocal counted, asked
        for turn in range(3):
            answers: list[Decision | StoreDown] = []
            for start in range(0, 200, 10):
                for i in range(10):
                    door.ask(question(1, instance=f"{turn}.{start + i}"), answers.append)
                asked += 10
                await asyncio.sleep(0.002)
            own_server.kill()
            while len(answers) < 200:
                await asyncio.sleep(0.01)
            counted += sum(isinstance(one, Decision) and one.level is not Level.REFUSED for one in answers)
            own_server.start()
            while not door.is_up:
                await asyncio.sleep(0.02)

    with_door(own_server.url, play, timeout=0.3)
    assert counted <= used_by_sender(own_server) <= asked
    assert counted > 300


class Skewed:
    """A store whose clock jumps, beside a steady one; both in microseconds."""

    def __init__(self) -> None:
        self.steady = 5_000 * SECOND
        self.skew = 1_700_000_000 * SECOND

    def real(self) -> int:
        return self.steady + self.skew


@pytest.mark.parametrize("seed", range(2))
def test_windows_do_not_follow_a_clock_that_jumps_every_second(store_server: StoreServer, seed: int) -> None:
    """Two gateways with a steady clock each: the windows stay exact to a tenth of a second of true time."""
    chance = random.Random(seed)
    clocks = Skewed()
    sent: list[tuple[int, int]] = []
    refused = 0

    async def main() -> None:
        nonlocal refused
        doors = [
            Door(store_server.url, test_clock=clocks.real, steady=lambda ahead=ahead: clocks.steady + ahead)
            for ahead in (0, 777 * SECOND)
        ]
        for door in doors:
            await door.open()
            await door.decide(question(1, ip="", sender=""))
        for _ in range(500):
            clocks.steady += SECOND
            clocks.skew += chance.choice((-1, 1, -2, 2, 30, -30, 3600, -3600, 86_400, -90_000)) * SECOND
            recipients = chance.choice((5, 20, 40))
            at = clocks.steady
            found = await chance.choice(doors).decide(question(recipients))
            edges = [
                (sum(n for when, n in sent if at - window * SECOND + slack < when), most)
                for slack in (SECOND // 5, -SECOND // 5)
                for window, most in zip(WINDOWS, (700, 1000, 4000, 8000), strict=True)
            ]
            if found.level is Level.REFUSED:
                refused += 1
                assert any(used + recipients > most for used, most in edges[4:])
            else:
                assert all(used + recipients <= most for used, most in edges[:4])
                sent.append((at, recipients))
        for door in doors:
            await door.close()

    asyncio.run(main())
    assert refused > 40
    assert len(sent) > 40


def test_witness_narrows_what_it_knows_and_follows_only_what_a_right_clock_can_do() -> None:
    witness = Witness()
    assert (witness.expected(5), witness.real(5)) == (0, 0)
    # Too slow to be believed about the windows; the store's own clock lies between the bounds.
    witness.heard(0, 10 * SECOND, real=105 * SECOND, logical=105 * SECOND)
    assert (witness.expected(0), witness.real(0)) == (0, 100 * SECOND)
    witness.heard(10 * SECOND, 10 * SECOND + 2, real=108 * SECOND + 1, logical=108 * SECOND + 1)
    assert (witness.expected(0), witness.real(0)) == pytest.approx((98 * SECOND, 98 * SECOND), abs=2)
    # An hour's jump: the store's clock is followed, the clock of the windows by 500 ppm of the ten seconds since.
    witness.heard(20 * SECOND, 20 * SECOND + 2, real=3718 * SECOND + 1, logical=3718 * SECOND + 1)
    assert witness.real(0) == pytest.approx(3698 * SECOND, abs=2)
    assert witness.expected(0) == pytest.approx(98 * SECOND + 5000, abs=10)
    # The deadline alone was answered: no word about the windows.
    witness.heard(20 * SECOND, 20 * SECOND + 2, real=118 * SECOND + 1, logical=0)
    assert witness.real(0) == pytest.approx(98 * SECOND, abs=2)
    assert witness.expected(0) == pytest.approx(98 * SECOND + 5000, abs=10)


def test_door_that_is_closed_or_full_answers_at_once(store_server: StoreServer) -> None:
    async def main() -> None:
        door = Door(store_server.url)
        await door.open()
        answers: list[Decision | StoreDown] = []
        for _ in range(MOST_WAITING + 5):
            door.ask(question(1), answers.append)
        assert len(answers) == 5
        assert all(isinstance(one, StoreDown) for one in answers)
        await door.close()
        assert len(answers) == MOST_WAITING + 5
        door.ask(question(1), answers.append)
        assert isinstance(answers[-1], StoreDown)

    asyncio.run(main())


@each(
    ("url", "address"),
    [
        ("redis+socket:///run/a%20b.sock?virtual_host=2", Address(path="/run/a b.sock", database=2)),
        ("redis+socket:///run/v.sock?virtual_host=/1", Address(path="/run/v.sock", database=1)),
        ("unix:///run/v.sock?db=1", Address(path="/run/v.sock", database=1)),
        ("redis://h", Address(host="h")),
        ("redis://u:p%40@h:1/4", Address(host="h", port=1, user="u", password="p@", database=4)),
        ("rediss://:p@[::1]:7/0", Address(host="::1", port=7, password="p", is_tls=True)),
    ],
)
def test_address_is_read_from_the_url(url: str, address: Address) -> None:
    assert address_of(url) == address


@each("url", ["", "http://h", "redis://", "unix:relative", "redis+socket://host"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError):
        address_of(url)


def test_replies_are_read_however_they_are_cut() -> None:
    whole = b"+OK\r\n:12\r\n$4\r\na\r\nb\r\n-NOSCRIPT no\r\n$-1\r\n$0\r\n\r\n"
    expected = [b"OK", 12, b"a\r\nb", Failure("NOSCRIPT no"), None, b""]
    assert replies(whole) == (expected, b"")
    for cut in range(len(whole)):
        first, rest = replies(whole[:cut])
        second, rest = replies(rest + whole[cut:])
        assert (first + second, rest) == (expected, b"")
    for wrong in (b"*1\r\n", b"$x\r\n", b"HTTP/1.1 400\r\n"):
        with pytest.raises(NotAReply):
            replies(wrong)
    assert command(b"GET", b"\xff") == b"*2\r\n$3\r\nGET\r\n$1\r\n\xff\r\n"
