"""The policy service that Postfix asks for each message: may it pass? (docs/postfix.md)

A thin shell: bytes are read by `policy_protocol`, become questions at a `sending.Desk`, are put to the store
through a `Door`, and the decisions go back as `replies`. All connections share one turn of the event loop, so that what
came in together leaves together; each connection is answered in the order it asked. No row is read on this way.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import deque
from collections.abc import Callable

from quarantine.counters.door import Door
from quarantine.counters.types import Decision, Level, StoreDown, instant
from quarantine.counters.wire import MOST_RECIPIENTS
from quarantine.gateway import replies
from quarantine.gateway.heartbeat import Heartbeat
from quarantine.gateway.policy_protocol import Attributes, ProtocolError, RequestReader, attributes
from quarantine.limits import Rules
from quarantine.sending import Desk, Nameless, Submission

log = logging.getLogger(__name__)

# A store that has not decided by then will not have counted either (see `Door`): the mail server is told "later".
DECISION_SECONDS = 1.6
TICK_SECONDS = 0.25
# Questions of one connection that wait; Postfix asks one at a time.
_MOST_WAITING, _FEW_WAITING = 1_000, 200
# The answers of a connection that reads none of them, before it is not read any more (bytes).
_MOST_UNREAD = 262_144

OnStolen = Callable[[str], None]


class Unanswerable(Exception):
    """A request without what a decision needs; `str()` says what, never with its contents."""


class PolicyService:
    """Decides what is asked over any number of connections.

    on_stolen: told the key of a sender whose refusals have reached what the compromise rule says.
    """

    def __init__(
        self, door: Door, heartbeat: Heartbeat, *, hold_action: str, help_desk: str, on_stolen: OnStolen
    ) -> None:
        self.heartbeat = heartbeat
        self._door = door
        self._desk: Desk | None = None
        self._hold = replies.act(hold_action)
        self._compromised = replies.compromised(help_desk)
        self._on_stolen = on_stolen
        self._connections: set[PolicyConnection] = set()
        self._to_write: list[PolicyConnection] = []
        self._is_store_failing = False
        self._warned: set[str] = set()

    # Rules and time

    def use(self, rules: Rules) -> None:
        """Decide by these rules from now on."""
        if self._desk is None or self._desk.rules is not rules:
            self._desk = Desk(rules, self._now())

    def tick(self) -> None:
        """To be called a few times a second."""
        if self._door.is_up and not self._is_store_failing:
            self.heartbeat.well("store")
        elif not self._door.is_up:
            self.heartbeat.trouble("store")
        if self._desk is not None:
            self._desk.keep_time(self._now())

    def _now(self) -> dt.datetime:
        return self._door.now() or dt.datetime.now(dt.UTC)

    # Connections

    def connection(self) -> PolicyConnection:
        """A new one, for the server that accepts it."""
        return PolicyConnection(self)

    def opened(self, connection: PolicyConnection) -> None:
        self._connections.add(connection)
        self.heartbeat.count("connections")

    def closed(self, connection: PolicyConnection) -> None:
        self._connections.discard(connection)

    async def drain(self) -> None:
        """Answer what was asked, then close all connections; takes as long as one decision may."""
        for connection in list(self._connections):
            connection.end()
        while self._connections:
            await asyncio.sleep(0.01)

    # Decisions

    def ask(self, request: bytes, waiting: Waiting) -> None:
        """Have `waiting` answered, now or when the store has decided. Raises ProtocolError."""
        found = attributes(request)
        if found.get(b"protocol_state") != b"END-OF-MESSAGE":
            # Only then is the number of recipients known. Nobody's mail waits for a slip in main.cf.
            self._warn("protocol_state", "asked before END-OF-MESSAGE: use smtpd_end_of_data_restrictions")
            self._answer(waiting, "wrong_state", replies.ACCEPT)
            return
        try:
            submission = submission_of(found)
            if self._desk is None:
                raise Unanswerable("no rules were read yet")
            question = self._desk.question(submission)
        except (Unanswerable, Nameless) as error:
            what = "a sender or a client address is missing" if isinstance(error, Nameless) else str(error)
            self._warn(what, what)
            self._answer(waiting, "unanswerable", replies.LATER)
            return
        waiting.sender, waiting.recipients = question.sender, question.recipients
        self._door.ask(question, waiting)

    def decided(self, waiting: Waiting, found: Decision | StoreDown) -> None:
        """The store's answer, or that there is none."""
        if isinstance(found, StoreDown):
            self._is_store_failing = True
            self.heartbeat.trouble("store")
            self._answer(waiting, "later", replies.LATER)
            return
        self._is_store_failing = False
        level = found.level
        if level in (Level.ACCEPTED, Level.UNCOUNTED):
            answer = replies.ACCEPT
        elif level is Level.HELD:
            answer = self._hold
        elif level is Level.COMPROMISED:
            answer = self._compromised
        else:
            answer = _refusal(found, waiting.recipients)
            if found.enough_refusals and not found.is_repeated:
                self._on_stolen(waiting.sender)
        if found.is_repeated:
            self.heartbeat.count("repeated")
        self._answer(waiting, _OUTCOMES[level], answer)

    def _answer(self, waiting: Waiting, outcome: str, answer: bytes) -> None:
        self.heartbeat.count(outcome)
        waiting.answer = answer
        connection = waiting.connection
        if not connection.is_to_write:
            connection.is_to_write = True
            if not self._to_write:
                asyncio.get_running_loop().call_soon(self._write)
            self._to_write.append(connection)

    def _write(self) -> None:
        connections, self._to_write = self._to_write, []
        for connection in connections:
            connection.write_answers()

    def _warn(self, what: str, sentence: str) -> None:
        """In the log once; the figures tell how often."""
        if what not in self._warned:
            self._warned.add(what)
            log.warning("%s: %s", self.heartbeat.name, sentence)


class Waiting:
    """A request that waits for its answer and for those before it; the store calls it with the decision."""

    __slots__ = ("answer", "connection", "recipients", "sender")

    def __init__(self, connection: PolicyConnection) -> None:
        self.connection = connection
        self.answer = b""
        self.recipients = 0
        self.sender = ""

    def __call__(self, found: Decision | StoreDown) -> None:
        self.connection.service.decided(self, found)


class PolicyConnection(asyncio.Protocol):
    """One connection of a mail server."""

    def __init__(self, service: PolicyService) -> None:
        self.service = service
        self.is_to_write = False
        self._reader = RequestReader()
        self._waiting: deque[Waiting] = deque()
        self._transport: asyncio.Transport | None = None
        self._is_ending = False
        self._is_full = False
        self._is_unread = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(_MOST_UNREAD)
        self.service.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.service.closed(self)

    def data_received(self, data: bytes) -> None:
        try:
            for request in self._reader.feed(data):
                waiting = Waiting(self)
                self.service.ask(request, waiting)
                self._waiting.append(waiting)
        except ProtocolError as error:
            log.warning("%s: connection closed: %s", self.service.heartbeat.name, error)
            self.service.heartbeat.count("malformed")
            self.end()
        if len(self._waiting) >= _MOST_WAITING:
            self._is_full = True
            self._read_or_not()

    def eof_received(self) -> bool:
        """The other side has said all it wanted; what it asked is still answered."""
        self.end()
        return True

    def pause_writing(self) -> None:
        self._is_unread = True
        self._read_or_not()

    def resume_writing(self) -> None:
        self._is_unread = False
        self._read_or_not()

    def write_answers(self) -> None:
        """Write the answers there are, as far as no earlier one is missing."""
        self.is_to_write = False
        waiting, ready = self._waiting, []
        while waiting and waiting[0].answer:
            ready.append(waiting.popleft().answer)
        if self._transport is None:
            return
        if ready:
            self._transport.write(b"".join(ready))
        if self._is_full and len(waiting) <= _FEW_WAITING:
            self._is_full = False
            self._read_or_not()
        if self._is_ending and not waiting:
            self._transport.close()

    def end(self) -> None:
        """Read no more, answer what was asked, close."""
        self._is_ending = True
        self._read_or_not()
        if not self._waiting and self._transport is not None:
            self._transport.close()

    def _read_or_not(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._is_ending or self._is_full or self._is_unread:
            transport.pause_reading()
        else:
            transport.resume_reading()


_OUTCOMES = {level: level.outcome.value for level in Level}


def submission_of(found: Attributes) -> Submission:
    """What a request says of its message. Raises Unanswerable: a number of recipients is never guessed."""
    count = found.get(b"recipient_count", b"")
    # A short string of digits, in bytes: those of ASCII only.
    if not count.isdigit() or len(count) > 8 or not 0 < int(count) <= MOST_RECIPIENTS:
        raise Unanswerable("recipient_count is missing or makes no sense")
    return Submission(
        client_address=found.get(b"client_address", b""),
        sender=found.get(b"sender", b""),
        sasl_username=found.get(b"sasl_username", b""),
        recipients=int(count),
        instance=found.get(b"instance", b""),
    )


def _refusal(found: Decision, recipients: int) -> bytes:
    return replies.refused(
        subject=found.subject or "sender",
        window=found.window,
        total=recipients if found.never_passes else found.used + recipients,
        limit=found.limit,
        retry_at=found.retry_at,
        now=instant(found.real),
    )
