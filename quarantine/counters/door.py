"""The store for a gateway: many questions at once over one connection.

The questions of one turn of the event loop leave in one write, or in a few, and their answers come back in order.
A connection that breaks is made anew; a question with an `instance` is then asked again: the store does not count it
twice. A question is answered within the time given, or fails as StoreDown. The store does not count one that reaches it
later than that: whoever asked has told its mail server to come again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from quarantine.counters import resp, wire
from quarantine.counters.addresses import address_of
from quarantine.counters.connection import Connection, connect
from quarantine.counters.store import PREFIX
from quarantine.counters.types import Decision, Question, StoreDown, instant
from quarantine.counters.witness import Witness, steady_clock

OnAnswer = Callable[[Decision | StoreDown], None]
# Questions that wait or are on their way; more than a mail server has connections.
MOST_WAITING = 20_000
# Seconds between two tries to connect, the last one again and again.
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5)
# The store answers all that it has read, at once. Were everything sent together, it would have nothing to do while the
# gateway reads the answers, nor the gateway while the store decides: of more than a few, a third leaves at a time.
_UNDIVIDED, _PARTS = 5, 3
_LOADING = (b"SCRIPT", b"LOAD", wire.DECIDE)


@dataclass(slots=True)
class _Asked:
    question: Question
    periods: bytes
    names: tuple[bytes, bytes, bytes]
    on_answer: OnAnswer
    # Moments of the steady clock: from when on the store may not count it any more; when it was sent.
    until: int
    sent: int = 0


class Door:
    """`timeout`: seconds within which the store has to decide; a quarter of it later a question has failed.

    `test_clock`, `steady`: give microseconds instead of the store's clock and of the gateway's steady one; tests only.
    With a `test_clock` alone nobody bears witness to its jumps.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = PREFIX,
        timeout: float = 2,
        test_clock: Callable[[], int] | None = None,
        steady: Callable[[], int] | None = None,
    ) -> None:
        self._address = address_of(url)
        self._timeout = int(timeout * 1_000_000)
        self._clock = test_clock or (lambda: 0)
        self._steady = steady or steady_clock
        self._has_witness = steady is not None or test_clock is None
        self._witness = Witness()
        self._head = resp.head(9, b"EVALSHA", wire.digest(wire.DECIDE).encode(), b"1", f"{prefix}clock".encode())
        self._connection: Connection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._waiting: deque[_Asked] = deque()
        # In the order of the answers to come; None: an answer to a script told again.
        self._sent: deque[_Asked | None] = deque()
        self._is_flush_due = False
        self._is_watched = False
        self._is_closed = False
        self.reason = "not connected yet"
        self.down_since: dt.datetime | None = dt.datetime.now(dt.UTC)

    # Opening and closing

    async def open(self) -> None:
        """Connects, and keeps connected from now on. No error where the store is not there: see `is_up`."""
        await self._try()
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def close(self) -> None:
        """Waits for the answers to what was asked, then disconnects. Whoever asks from now on gets StoreDown."""
        self._is_closed = True
        while self._waiting or self._sent:
            await asyncio.sleep(0.005)
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    @property
    def is_up(self) -> bool:
        return self._connection is not None

    def now(self) -> dt.datetime | None:
        """The store's own clock as last heard, carried on; None before the first answer."""
        real = self._witness.real(self._steady())
        return instant(real) if real else None

    async def _keep(self) -> None:
        tries = 0
        while True:
            if self._connection is not None:
                tries = 0
                await self._lost.wait()
            elif not await self._try():
                await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1

    async def _try(self) -> bool:
        self._lost.clear()
        try:
            async with asyncio.timeout(self._timeout / 1e6):
                found = await connect(self._address, _LOADING, on_replies=self._on_replies, on_lost=self._on_lost)
        except (StoreDown, TimeoutError) as error:
            self.reason = str(error) or "no answer"
            return False
        self._connection = found
        self.down_since = None
        self._flush_soon()
        return True

    def _on_lost(self, connection: Connection) -> None:
        if connection is not self._connection:
            return
        self._connection = None
        self.down_since = dt.datetime.now(dt.UTC)
        self.reason = "the connection broke"
        self._lost.set()
        now = self._steady()
        on_their_way = [asked for asked in self._sent if asked is not None]
        self._sent.clear()
        for asked in reversed(on_their_way):
            if asked.question.instance and now < asked.until:
                self._waiting.appendleft(asked)
            else:
                asked.on_answer(StoreDown(self.reason))

    # Asking

    async def decide(self, question: Question) -> Decision:
        """One decision. Raises StoreDown, and ValueError for a question that makes no sense."""
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()

        def on_answer(found: Decision | StoreDown) -> None:
            if answer.done():
                return
            if isinstance(found, StoreDown):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        self.ask(question, on_answer)
        return await answer

    def ask(self, question: Question, on_answer: OnAnswer) -> None:
        """Hands in a question; `on_answer` is called once, perhaps at once. ValueError for one that makes no sense."""
        periods, names = wire.packed_periods(question.periods), wire.names(question)
        wire.numbers(question)
        if self._is_closed or self._is_down_for_good() or len(self._waiting) + len(self._sent) >= MOST_WAITING:
            on_answer(StoreDown("closed" if self._is_closed else self.reason))
            return
        self._waiting.append(_Asked(question, periods, names, on_answer, self._steady() + self._timeout))
        if not self._is_watched:
            self._watch()
        self._flush_soon()

    def _is_down_for_good(self) -> bool:
        """Down for longer than a question may wait: nobody is kept waiting for what will not come."""
        if self.down_since is None:
            return False
        return dt.datetime.now(dt.UTC) - self.down_since > dt.timedelta(microseconds=self._timeout)

    def _flush_soon(self) -> None:
        if self._connection is not None and self._waiting and not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        if self._connection is None:
            return
        at = self._steady()
        clock, expected, real = self._clock(), 0.0, 0.0
        if self._has_witness:
            expected, real = self._witness.expected(at), self._witness.real(at)
        head, out = self._head, []
        count = min(len(self._waiting), max(_UNDIVIDED, -(-(len(self._waiting) + len(self._sent)) // _PARTS)))
        leaving = [self._waiting.popleft() for _ in range(count)]
        for asked in leaving:
            asked.sent = at
            deadline = real + asked.until - at if real else 0
            numbers = wire.numbers(asked.question, expected=expected, deadline=deadline, clock=clock)
            out.append(head + resp.arguments(numbers, asked.periods, *asked.names))
        self._sent.extend(leaving)
        self._connection.write(b"".join(out))
        self._flush_soon()

    def _watch(self) -> None:
        """Looks now and then for questions whose time is over, as long as there are any."""
        late = self._steady() - self._timeout // 4
        while self._waiting and self._waiting[0].until < late:
            self._waiting.popleft().on_answer(StoreDown(self.reason if not self.is_up else "no answer"))
        oldest = next((asked for asked in self._sent if asked is not None), None)
        if oldest is not None and oldest.until < late and self._connection is not None:
            # Answers come in order: nothing behind it will be in time either.
            self._connection.abort()
        self._is_watched = bool(self._waiting or self._sent)
        if self._is_watched:
            asyncio.get_running_loop().call_later(self._timeout / 8e6, self._watch)

    # Answers

    def _on_replies(self, replies: list[resp.Reply]) -> None:
        received = self._steady()
        heard: tuple[int, Decision] | None = None
        again: list[_Asked] = []
        is_forgotten = False
        for reply in replies:
            asked = self._sent.popleft()
            if asked is None:
                continue
            if not isinstance(reply, bytes):
                text = reply.text if isinstance(reply, resp.Failure) else "no answer"
                if text.startswith("NOSCRIPT"):
                    is_forgotten = True
                    again.append(asked)
                else:
                    asked.on_answer(StoreDown(text))
                continue
            try:
                found = wire.decision(reply)
            except wire.Late as late:
                # Or its clock was put forward: then the question is in time by the new one.
                self._witness.heard(asked.sent, received, real=late.real, logical=0)
                again.append(asked)
                continue
            heard = (asked.sent, found)
            asked.on_answer(found)
        if heard is not None:
            sent, found = heard
            self._witness.heard(sent, received, real=found.real, logical=found.decided)
        if is_forgotten and self._connection is not None:
            self._connection.write(resp.command(*_LOADING))
            self._sent.append(None)
        for asked in reversed(again):
            if received < asked.until:
                self._waiting.appendleft(asked)
            else:
                asked.on_answer(StoreDown("the store was too slow"))
        self._flush_soon()
