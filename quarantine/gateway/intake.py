"""The intake: listeners for LMTP and SMTP on one event loop, and threads in which messages are worked on.

Connections cost no thread. A thread has a connection to the database of its own, looked at before each message and
dropped after an error, so that a database that comes back is used again.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections, connections

from quarantine import durable
from quarantine.gateway import intake_protocol, intake_work
from quarantine.gateway.addresses import free_socket_path, host_and_port, shown
from quarantine.gateway.heartbeat import Heartbeat
from quarantine.gateway.intake_protocol import Busy, Gateway, LmtpConnection, SmtpConnection
from quarantine.gateway.intake_work import Submission

WORKERS = 8
# What is only held goes on while all the others wait for a Zimbra that does not answer.
HOLD_WORKERS = 4
MAX_CONNECTIONS = 100
# What is being worked on when the gateway stops has this long to be answered: a bit less than systemd waits.
GRACE_SECONDS = 60.0
# The folder of the socket says who may use it.
_SOCKET_MODE = 0o666

LMTP, SMTP, HOLD_LMTP = "lmtp", "smtp", "hold-lmtp"


@dataclass(frozen=True)
class Listener:
    """kind: LMTP, SMTP or HOLD_LMTP; address: host:port or the path of a unix socket."""

    kind: str
    address: str


class Intake:
    """All listeners of one process. Use `run` in the main thread; `stop` from the loop."""

    def __init__(self, listeners: Sequence[Listener], heartbeat: Heartbeat, *, workers: int = WORKERS) -> None:
        self._listeners, self._heartbeat = listeners, heartbeat
        self._pools = {
            False: ThreadPoolExecutor(workers, thread_name_prefix="intake"),
            True: ThreadPoolExecutor(HOLD_WORKERS, thread_name_prefix="hold"),
        }
        self._gateway = Gateway(self._settle, max_bytes=settings.QUARANTINE_MAX_BYTES)
        self._under_way: set[asyncio.Future[list[str]]] = set()
        self._stop = asyncio.Event()

    async def run(self, ready: Callable[[list[str]], None]) -> None:
        """Listen until `stop`. ready is called once, with the addresses that are listened to. Raises OSError when one
        cannot be, ValueError when it is none."""
        # It writes a line for each command, with addresses.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        servers: list[asyncio.Server] = []
        places: list[str] = []
        try:
            for one in self._listeners:
                sock = _listening(one.address)
                servers.append(await self._serve(one, sock))
                name = sock.getsockname()
                places.append(f"{one.kind}={name if isinstance(name, str) else shown(*name[:2])}")
            ready(places)
            await self._stop.wait()
        finally:
            for server, one in zip(servers, self._listeners, strict=False):
                server.close()
                if _is_path(one.address):
                    Path(one.address).unlink(missing_ok=True)
            await self._drain()

    def stop(self) -> None:
        """Take no more; what is being worked on is answered."""
        self._stop.set()

    async def _serve(self, listener: Listener, sock: socket.socket) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        protocol = SmtpConnection if listener.kind == SMTP else LmtpConnection

        def connection() -> asyncio.BaseProtocol:
            if self._gateway.stopping or len(self._gateway.connections) >= MAX_CONNECTIONS:
                return Busy()
            return protocol(
                self._gateway,
                hold_all=listener.kind == HOLD_LMTP,
                data_size_limit=settings.QUARANTINE_MAX_BYTES,
                enable_SMTPUTF8=True,
                hostname=socket.gethostname(),
                ident="intake",
                timeout=intake_protocol.IDLE_SECONDS,
                loop=loop,
            )

        if sock.family == socket.AF_UNIX:
            return await loop.create_unix_server(connection, sock=sock)
        return await loop.create_server(connection, sock=sock)

    async def _settle(self, submission: Submission, hold_all: bool) -> list[str]:
        """In a thread; a connection that breaks off does not break off the work."""
        work = asyncio.get_running_loop().run_in_executor(self._pools[hold_all], self._work, submission, hold_all)
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)
        answers = await asyncio.shield(work)
        for answer in answers:
            self._heartbeat.count(_counted_as(answer))
        return answers

    def _work(self, submission: Submission, hold_all: bool) -> list[str]:
        close_old_connections()
        try:
            return intake_work.settle(submission, hold_all=hold_all, watch=self._heartbeat)
        finally:
            close_old_connections()

    async def _drain(self) -> None:
        self._gateway.stopping = True
        for connection in list(self._gateway.connections):
            connection.say_goodbye()
        deadline = asyncio.get_running_loop().time() + GRACE_SECONDS
        # Those that are left read or work on a message, and end with its answer.
        while self._gateway.connections and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=1.0)
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


def prepare_database() -> None:
    """For the whole process, before its first query: commits are on disk, and a thread keeps its connection, which is
    looked at before each use."""
    durable.always()
    for alias in connections:
        values = connections.settings[alias]
        values["CONN_MAX_AGE"] = values.get("CONN_MAX_AGE") or 60
        values["CONN_HEALTH_CHECKS"] = True


def _counted_as(answer: str) -> str:
    if answer == intake_work.OK_HELD:
        return "held"
    return {"2": "delivered", "4": "later"}.get(answer[:1], "refused")


def check_address(address: str) -> None:
    """Raises ValueError for what is neither host:port nor the path of a socket."""
    if not _is_path(address):
        host_and_port(address)


def _is_path(address: str) -> bool:
    return "/" in address


def _listening(address: str) -> socket.socket:
    """A socket that listens there. Raises OSError, ValueError."""
    if _is_path(address):
        free_socket_path(Path(address))
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        where: str | tuple[str, int] = address
    else:
        where = host_and_port(address)
        family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        # With the protocol named, asyncio lets small answers go at once (TCP_NODELAY) instead of gathering them.
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(where)
        if _is_path(address):
            Path(address).chmod(_SOCKET_MODE)
        sock.listen(256)
    except OSError:
        sock.close()
        raise
    return sock
