"""One connection to the store in asyncio: commands out, replies in, in order."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable

from quarantine.counters import resp
from quarantine.counters.addresses import Address
from quarantine.counters.types import StoreDown

OnReplies = Callable[[list[resp.Reply]], None]


class Connection(asyncio.Protocol):
    """`on_replies` is called with all replies that came in one read, but for those to the greeting; `on_lost` once."""

    def __init__(self, on_replies: OnReplies, on_lost: Callable[[Connection], None]) -> None:
        self._on_replies = on_replies
        self._on_lost = on_lost
        self._rest = b""
        self._greetings: deque[asyncio.Future[resp.Reply]] = deque()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            replies, self._rest = resp.replies(self._rest + data if self._rest else data)
        except resp.NotAReply:
            self.abort()
            return
        while self._greetings and replies:
            answer = self._greetings.popleft()
            if not answer.done():
                answer.set_result(replies.pop(0))
        if replies:
            self._on_replies(replies)

    def connection_lost(self, exc: Exception | None) -> None:
        for answer in self._greetings:
            if not answer.done():
                answer.set_exception(StoreDown("the connection broke"))
        self._on_lost(self)

    async def greet(self, *commands: tuple[bytes, ...]) -> None:
        """Commands before all others. Raises StoreDown when one of them is refused."""
        loop = asyncio.get_running_loop()
        answers = [loop.create_future() for _ in commands]
        self._greetings.extend(answers)
        for command in commands:
            self.write(resp.command(*command))
        for reply in await asyncio.gather(*answers):
            if isinstance(reply, resp.Failure):
                raise StoreDown(reply.text)

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def connect(
    address: Address,
    *commands: tuple[bytes, ...],
    on_replies: OnReplies,
    on_lost: Callable[[Connection], None],
) -> Connection:
    """A connection that has signed in and has had `commands` done. Raises StoreDown."""
    loop = asyncio.get_running_loop()

    def protocol() -> Connection:
        return Connection(on_replies, on_lost)

    signing_in = []
    if address.password:
        signing_in.append((b"AUTH", *filter(None, (address.user.encode(), address.password.encode()))))
    if address.database:
        signing_in.append((b"SELECT", str(address.database).encode()))
    try:
        if address.path:
            _, connection = await loop.create_unix_connection(protocol, address.path)
        else:
            context = ssl.create_default_context() if address.is_tls else None
            _, connection = await loop.create_connection(protocol, address.host, address.port, ssl=context)
    except OSError as error:
        raise StoreDown(f"{type(error).__name__}: {error}") from error
    try:
        await connection.greet(*signing_in, *commands)
    except BaseException:
        connection.abort()
        raise
    return connection
