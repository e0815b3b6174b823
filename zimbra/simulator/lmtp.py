"""LMTP: mail comes in here, one answer for each recipient. Replies are worded as the real server's.

Grammar and line handling are aiosmtpd's. Source of codes: Zimbra's LmtpReply.java and ZimbraLmtpBackend.java.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from zimbra.simulator.call import Service, Unit
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.listeners import Listeners
from zimbra.simulator.mail.delivery import deliver, recipients
from zimbra.simulator.mail.letters import Refused

log = logging.getLogger("zimbra.simulator")

# Far above the 10 MB of a fresh server; what is one account's limit is the delivery's business.
MAX_MESSAGE = 64 * 1024 * 1024
MAX_CONNECTIONS = 50
MAX_RECIPIENTS = 1000
IDLE_SECONDS = 300

OK = "250 2.0.0 OK"
DELIVERED = "250 2.1.5 Delivery OK"
NO_SUCH_USER = "550 5.1.1 No such user here"
DISABLED = "450 4.2.1 Mailbox disabled, not accepting messages"
REJECTED = "550 5.7.1 Message rejected"
OVER_QUOTA = "452 4.2.2 Over quota"
TOO_BIG = "552 5.3.4 Message size exceeds fixed maximum message size"
LATER = "451 4.0.0 Temporary message delivery failure try again"
NEVER = "554 5.0.0 Permanent message delivery failure"

# Senders of notices; some programs put the empty address in quotation marks.
NOBODY = (None, "", "<>", '""')
# A mistake of the server itself: the sender is to try again.
_UNFORESEEN = (sqlite3.Error, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, RuntimeError)
_REFUSALS = {
    "account.NO_SUCH_ACCOUNT": NO_SUCH_USER,
    "account.MAINTENANCE_MODE": DISABLED,
    "mail.QUOTA_EXCEEDED": OVER_QUOTA,
    "mail.MESSAGE_TOO_BIG": TOO_BIG,
    "mail.DELIVERY_REJECTED": REJECTED,
    "service.FAILURE": LATER,
    "service.TEMPORARILY_UNAVAILABLE": LATER,
}


class Protocol(LMTP):
    """One connection.

    The end of DATA is our own: an answer for each recipient whatever happens, lines of any length (people's software
    writes them, and the real server takes them), and memory for the message only, not for each of its lines.
    """

    line_length_limit = 64 * 1024

    def __init__(self, handler: Handler, **options: Any) -> None:
        super().__init__(handler, **options)
        self._handler = handler

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._handler.connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._handler.connections.discard(self)
        super().connection_lost(error)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        if await self.check_helo_needed("LHLO"):
            return
        assert self.session is not None
        assert self.envelope is not None
        envelope = self.envelope
        if not envelope.rcpt_tos:
            await self.push("503 5.5.1 No recipients")
        elif arg:
            await self.push("501 5.5.4 Syntax: DATA")
        else:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            raw = await self._message()
            self._set_post_data_state()
            if raw is None:
                await self.push("\r\n".join([TOO_BIG] * len(envelope.rcpt_tos)))
            else:
                sender = "" if envelope.mail_from in NOBODY else str(envelope.mail_from)
                await self.push(await self._handler.delivered(envelope.rcpt_tos, raw, sender))

    async def _message(self) -> bytes | None:
        """The message, dots undone; None when it is too big, once all of it was read."""
        data: bytearray | None = bytearray()
        starts = True
        while True:
            try:
                piece = await self._reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as overrun:
                piece = await self._reader.read(overrun.consumed)
            if starts and piece == b".\r\n":
                return None if data is None else bytes(data)
            if data is not None:
                data += piece[1:] if starts and piece.startswith(b".") else piece
                if len(data) > MAX_MESSAGE:
                    data = None
            starts = piece.endswith(b"\r\n")


class _Busy(asyncio.Protocol):
    """What one connection too many is told."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"421 4.3.2 Service not available, closing transmission channel\r\n")
        transport.close()


class Handler:
    """What aiosmtpd asks: who may receive, and what became of a message."""

    def __init__(self, service: Service, listeners: Listeners) -> None:
        self._service = service
        self._listeners = listeners
        self.connections: set[Protocol] = set()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        refusal = await self._listeners.run(self._refusal, address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def delivered(self, recipients: list[str], raw: bytes, sender: str) -> str:
        """The answers for all recipients, one line each."""
        return "\r\n".join([await self._listeners.run(self._deliver, one, raw, sender) for one in recipients])

    async def handle_exception(self, error: Exception) -> str:
        log.warning("LMTP: %s: %s", type(error).__name__, error)
        return "500 5.5.2 Syntax error"

    def _refusal(self, address: str) -> str:
        """Why an address takes no mail; "" when it does."""
        with self._service.database.transaction(write=False) as db:
            found, elsewhere = recipients(db, self._full(address))
        statuses = {account.status for account in found}
        if elsewhere or statuses & {"active", "locked", "lockout"}:
            return ""
        return DISABLED if "maintenance" in statuses else NO_SUCH_USER

    def _deliver(self, address: str, raw: bytes, sender: str) -> str:
        try:
            with self._service.database.transaction(write=True) as db:
                unit = Unit(self._service, db, writable=True)
                deliver(unit, self._full(address), raw, sender=sender)
                unit.flush()
        except Refused as refusal:
            return f"550 5.7.1 {_one_line(str(refusal))}" if str(refusal) else REJECTED
        except SoapFault as fault:
            log.warning("LMTP: %s: %s", fault.code, fault.message)
            return _REFUSALS.get(fault.code, NEVER)
        except _UNFORESEEN:
            log.exception("a delivery failed")
            return LATER
        return DELIVERED

    def _full(self, address: str) -> str:
        text = address.strip().encode("utf-8", "replace").decode()
        return text if "@" in text else f"{text}@{self._service.default_domain}"


def _one_line(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode().split())[:400]


def starter(service: Service) -> Callable[[Listeners, socket.socket], Awaitable[asyncio.Server]]:
    """What `Listeners.add` wants."""

    async def start(listeners: Listeners, listening: socket.socket) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        handler = Handler(service, listeners)
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)

        def connection() -> asyncio.BaseProtocol:
            if listeners.stopping or len(handler.connections) >= MAX_CONNECTIONS:
                return _Busy()
            return Protocol(
                handler,
                data_size_limit=MAX_MESSAGE,
                enable_SMTPUTF8=True,
                hostname=service.default_domain,
                ident="Zimbra LMTP server ready",
                timeout=IDLE_SECONDS,
                loop=loop,
            )

        return await loop.create_server(connection, sock=listening)

    return start
