"""The socket of IMAP: one `Session` for each connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from zimbra.simulator.call import Service
from zimbra.simulator.imap import changing, fetching, greeting, mailboxes, searching
from zimbra.simulator.imap.session import MAX_LINE, Session
from zimbra.simulator.listeners import Listeners

# Their commands enter themselves when they are imported.
FAMILIES = (greeting, mailboxes, fetching, searching, changing)
MAX_CONNECTIONS = 500


def starter(service: Service) -> Callable[[Listeners, socket.socket], Awaitable[asyncio.Server]]:
    """What `Listeners.add` wants."""

    async def start(listeners: Listeners, listening: socket.socket) -> asyncio.Server:
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

        return await asyncio.start_server(connected, sock=listening, limit=MAX_LINE)

    return start
