"""The listeners beside HTTP: one event loop in a thread of its own, and a few threads that touch the store.

Connections are many and mostly idle (IMAP), so they cost no thread; each has a connection to the store only while one
of its commands runs.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

log = logging.getLogger("zimbra.simulator")

WORKERS = 4
# What is being written or delivered when the server stops has this long to be answered.
GRACE = 5.0

Result = TypeVar("Result")
Starter = Callable[["Listeners", socket.socket], Awaitable[asyncio.Server]]


class Listeners:
    """`add` what listens, then `start`; `stop` lets the work under way end and closes every connection."""

    def __init__(self) -> None:
        self._starters: list[tuple[Starter, socket.socket]] = []
        self._servers: list[asyncio.Server] = []
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="store")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._under_way: set[asyncio.Future[object]] = set()
        self.stopping = False

    def add(self, starter: Starter, listening: socket.socket) -> None:
        """`starter` is called in the loop, with the socket that listens already."""
        self._starters.append((starter, listening))

    def start(self) -> None:
        if self._starters:
            self._thread = threading.Thread(target=self._run, name="listeners")
            self._thread.start()
            self._ready.wait()

    def stop(self) -> None:
        """From any thread but the loop's; returns when all is closed."""
        if self._thread is None or self._loop is None:
            for _, listening in self._starters:
                listening.close()
        else:
            asyncio.run_coroutine_threadsafe(self._close(), self._loop)
            self._thread.join()
        self._starters.clear()
        self._pool.shutdown(wait=True)

    async def run(self, work: Callable[..., Result], *args: object) -> Result:
        """Do some work with the store in one of the threads; asked to stop, the caller still gets what it did."""
        future = asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
        self._under_way.add(future)  # type: ignore[arg-type]  # a future of any result
        future.add_done_callback(self._under_way.discard)
        return await asyncio.shield(future)

    def _run(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        try:
            for starter, listening in self._starters:
                self._servers.append(loop.run_until_complete(starter(self, listening)))
            loop.call_soon(self._ready.set)
            loop.run_forever()
        finally:
            self._ready.set()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def _close(self) -> None:
        self.stopping = True
        for server in self._servers:
            server.close()
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=GRACE)
        # A turn or two of the loop, in which the answers to that work are written.
        await asyncio.sleep(0.05)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        asyncio.get_running_loop().stop()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `port` (0: a free one); OSError when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio lets small answers go at once (TCP_NODELAY) instead of gathering them.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(256)
    except OSError:
        listening.close()
        raise
    return listening
