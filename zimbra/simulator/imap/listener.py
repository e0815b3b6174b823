"""The socket of IMAP: one `Session` for each connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

from zimbra.simulator.call import Service
from zimbra.simulator.imap import changing, fetching, greeting, mailboxes, searching
from zimbra.simulator.imap.session import MAX_LINE, Session
from zimbra.simulator.listeners import Listeners

# Their commands enter themselves when they are imported.
FAMILIES = (greeting, mailboxes, fetching, searching, changing)
MAX_CONNECTIONS = 500


class Protocol(asyncio.StreamReaderProtocol):
    """A connection that acknowledges at once what it gets.

    Python's mail clients send a command in several small pieces, and their side holds each back until the one before
    is acknowledged: 40 ms a piece, were it left to the system.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = transport.get_extra_info("socket")
        super().connection_made(transport)
        self._acknowledge()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._acknowledge()

    def _acknowledge(self) -> None:
        # Linux alone has it, and forgets it after a while.
        option = getattr(socket, "TCP_QUICKACK", None)
        if option is not None:
            with contextlib.suppress(OSError):  # the client has gone
                self._socket.setsockopt(socket.IPPROTO_TCP, option, 1)


def starter(service: Service) -> Callable[[Listeners, socket.socket], Awaitable[asyncio.Server]]:
    """What `Listeners.add` wants."""

    async def start(listeners: Listeners, listening: socket.socket) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        running: set[Session] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if listeners.stopping or len(running) >= MAX_CONNECTIONS:
                writer.write(b"* BYE too many connections\r\n")
                writer.close()
                return
            session = Session(service, listeners, reader, writer)
            running.add(session)
            try:
                await session.run()
            finally:
                running.discard(session)

        def connection() -> Protocol:
            return Protocol(asyncio.StreamReader(limit=MAX_LINE, loop=loop), connected, loop=loop)

        return await loop.create_server(connection, sock=listening)

    return start
