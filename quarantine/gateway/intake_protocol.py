"""LMTP and SMTP of the intake: one connection each, over a function that says what becomes of a message.

Grammar is aiosmtpd's. The end of DATA is our own: only CRLF.CRLF ends a message, an answer for each recipient whatever
happens (LMTP), lines of any length, and memory that is bounded over all connections.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from quarantine.gateway import intake_work
from quarantine.gateway.intake_work import Submission

log = logging.getLogger(__name__)

MAX_RECIPIENTS = 1_000
MAX_ADDRESS = 320
IDLE_SECONDS = 300.0
# From DATA to the last line: a message of the largest size over a slow line.
DATA_SECONDS = 900.0
# Of messages that are being read or worked on, over all connections; working on one takes three times its size.
MAX_MEMORY = 256 << 20

TOO_BIG = "552 5.3.4 Message too big"
NO_ROOM = "452 4.3.1 No room for it now, try again later"
_NOBODY = (None, "", "<>", '""')


class _Connection(SMTP):
    """What both protocols have in common."""

    line_length_limit = 64 << 10

    def __init__(self, gateway: Gateway, *, hold_all: bool = False, **options: Any) -> None:
        self._gateway, self._hold_all = gateway, hold_all
        # A message is being read or worked on.
        self._busy = False
        super().__init__(gateway, **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._gateway.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._gateway.connections.discard(self)
        super().connection_lost(error)

    def say_goodbye(self) -> None:
        """End the connection, unless a message is being worked on; then it ends with the answer."""
        if self.transport is None or self._busy:
            return
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(b"421 4.3.2 The service stops, try again later\r\n")
        self.transport.close()

    async def _data(self, arg: str | None) -> None:
        assert self.envelope is not None
        envelope = self.envelope
        if not envelope.rcpt_tos:
            await self.push("503 5.5.1 No recipients")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self._busy, answered = True, False
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            answers = await self._received(envelope)
            self._set_post_data_state()
            await self.push("\r\n".join(answers))
            answered = True
        finally:
            self._busy = False
            if not answered and self.transport is not None:
                # One answer less than recipients: whatever was said next would be taken for it.
                self.transport.close()
        if self._gateway.stopping:
            self.say_goodbye()

    async def _received(self, envelope: Envelope) -> list[str]:
        """The answers, read and worked on."""
        memory = _Memory(self._gateway)
        try:
            self._reset_timeout(DATA_SECONDS)
            raw, refusal = await self._message(memory)
            assert self._timeout_handle is not None
            # No line is being waited for now; what is worked on has time-outs of its own.
            self._timeout_handle.cancel()
            if refusal:
                return [refusal] * self._answers_for(envelope)
            sender = "" if envelope.mail_from in _NOBODY else str(envelope.mail_from)
            submission = Submission(raw, sender, tuple(envelope.rcpt_tos), tuple(envelope.mail_options))
            return self._shaped(await self._gateway.settle(submission, self._hold_all))
        finally:
            memory.release()
            self._reset_timeout()

    async def _message(self, memory: _Memory) -> tuple[bytes, str]:
        """The message with its dots undone; or why it is not taken, once all of it was read."""
        data, refusal = bytearray(), ""
        starts = True
        while True:
            try:
                piece = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as overrun:
                piece = await self._reader.read(overrun.consumed)
            if starts and piece == b".\r\n":
                return bytes(data), refusal
            if not refusal:
                data += piece[1:] if starts and piece.startswith(b".") else piece
                if len(data) > self._gateway.max_bytes:
                    refusal = TOO_BIG
                elif not memory.take(len(piece)):
                    refusal = NO_ROOM
                if refusal:
                    data.clear()
                    memory.release()
            starts = piece.endswith(b"\r\n")

    def _answers_for(self, envelope: Envelope) -> int:
        return len(envelope.rcpt_tos)

    def _shaped(self, answers: list[str]) -> list[str]:
        return answers


class LmtpConnection(_Connection, LMTP):
    """An answer for each recipient."""

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        if not await self.check_helo_needed("LHLO"):
            await self._data(arg)


class SmtpConnection(_Connection):
    """One answer for all recipients."""

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        if not await self.check_helo_needed():
            await self._data(arg)

    def _answers_for(self, envelope: Envelope) -> int:
        return 1

    def _shaped(self, answers: list[str]) -> list[str]:
        return [intake_work.for_all(answers)]


class Busy(asyncio.Protocol):
    """What one connection too many is told."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"421 4.3.2 Too many connections, try again later\r\n")
        transport.close()


class _Memory:
    """The share of one message in the memory of all."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway, self._taken = gateway, 0

    def take(self, size: int) -> bool:
        """False when there is none left."""
        self._taken += size
        self._gateway.memory += size
        return self._gateway.memory <= MAX_MEMORY

    def release(self) -> None:
        self._gateway.memory -= self._taken
        self._taken = 0


class Gateway:
    """What all connections share, and what aiosmtpd asks: who may receive.

    settle: the answers for a message, given whether all of it is to be held. memory: bytes of messages now in memory.
    """

    def __init__(self, settle: Callable[[Submission, bool], Awaitable[list[str]]], *, max_bytes: int) -> None:
        self.settle, self.max_bytes = settle, max_bytes
        self.connections: set[_Connection] = set()
        self.memory = 0
        self.stopping = False

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: Sequence[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not _is_storable(address):
            return "553 5.1.7 Not an address"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        if not _is_storable(address) or "@" not in address:
            return intake_work.NO_ADDRESS
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_exception(self, error: Exception) -> str:
        # Without its text, which may quote the message.
        where = "".join(traceback.format_tb(error.__traceback__)[-3:])
        log.error("intake: %s\n%s", type(error).__name__, where)
        return "451 4.3.0 Error in processing, try again later"


def _is_storable(address: str) -> bool:
    """Whether it fits into a row: bounded, one line, and text (bytes that are no UTF-8 come as lone surrogates)."""
    return len(address) <= MAX_ADDRESS and address.isprintable()
