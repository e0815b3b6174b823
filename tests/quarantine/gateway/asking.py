"""A policy gateway asked as Postfix does.

play(url, scene): a gateway in this process, with the store at `url`; `scene(gateway)` is awaited
with start_gateway(folder, url, database) as gateway: one in a process of its own
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from quarantine.counters.door import Door
from quarantine.gateway.heartbeat import Heartbeat
from quarantine.gateway.policy import PolicyService
from quarantine.limits import Rules
from quarantine.models import GatewayHeartbeat

ROOT = Path(__file__).resolve().parents[3]
HOLD = "FILTER lmtp:[127.0.0.1]:10025"
# The same figures at every hour.
ALWAYS = Rules(night_divisor=1, weekend_divisor=1, weekend_night_divisor=1)

Attribute = str | int | bytes | None


def request(**changes: Attribute) -> bytes:
    """A request as Postfix writes it; None leaves an attribute out."""
    attributes: dict[str, Attribute] = {
        "request": "smtpd_access_policy",
        "protocol_state": "END-OF-MESSAGE",
        "protocol_name": "ESMTP",
        "client_address": "192.0.2.7",
        "client_name": "unknown",
        "helo_name": "poste",
        "sender": "marie@academie.example",
        "recipient": "",
        "recipient_count": 1,
        "queue_id": "4Xk",
        "instance": "",
        "size": 1000,
        "sasl_username": "",
        "stress": "",
    }
    lines = [
        name.encode() + b"=" + (value if isinstance(value, bytes) else str(value).encode())
        for name, value in (attributes | changes).items()
        if value is not None
    ]
    return b"\n".join(lines) + b"\n\n"


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> str:
        """The next answer, without what it begins and ends with."""
        found = await asyncio.wait_for(self.reader.readuntil(b"\n\n"), 20)
        assert found.startswith(b"action=")
        return found[7:-2].decode("ascii")

    async def ask(self, **changes: Attribute) -> str:
        self.send(request(**changes))
        return await self.answer()

    async def ended(self) -> bytes:
        """What still comes until the other side closes."""
        return await asyncio.wait_for(self.reader.read(), 20)


@dataclass
class Gateway:
    """In this process. stolen: what the compromise rule found."""

    service: PolicyService
    door: Door
    heartbeat: Heartbeat
    port: int
    stolen: list[str] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        return client


def play(
    url: str, scene: Callable[[Gateway], Awaitable[None]], *, rules: Rules | None = ALWAYS, timeout: float = 2
) -> None:
    async def main() -> None:
        door = Door(url, timeout=timeout)
        await door.open()
        heartbeat = Heartbeat(GatewayHeartbeat.Kind.POLICY, "tests")
        stolen: list[str] = []
        service = PolicyService(
            door, heartbeat, hold_action=HOLD, help_desk="assistance@academie.example", on_stolen=stolen.append
        )
        if rules is not None:
            service.use(rules)
        server = await asyncio.get_running_loop().create_server(service.connection, "127.0.0.1", 0)
        gateway = Gateway(service, door, heartbeat, server.sockets[0].getsockname()[1], stolen)
        try:
            await asyncio.wait_for(scene(gateway), 60)
        finally:
            server.close()
            await service.drain()
            await door.close()
            for client in gateway.clients:
                client.writer.close()
                await asyncio.gather(client.writer.wait_closed(), return_exceptions=True)

    asyncio.run(main())


@dataclass
class GatewayProcess:
    process: subprocess.Popen[str]
    places: list[str]

    @property
    def port(self) -> int:
        return int(self.places[0].rpartition(":")[2])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def end(self) -> str:
        """As systemd would; gives what it wrote. Fails when it does not end by itself."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        output = self.process.stdout.read()
        assert self.process.wait(20) == 0, output
        return output

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def start_gateway(folder: Path, url: str, database: str, *options: str) -> Iterator[GatewayProcess]:
    """On a free port, ready to answer. folder: for its own files; database: a DATABASE_URL."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "migration_portal.settings",
        "PORTAL_VAR_DIR": str(folder),
        "PORTAL_LIMITS_REDIS_URL": url,
        "DATABASE_URL": database,
    }
    command = [sys.executable, "manage.py", "policy_gateway", "--listen", "127.0.0.1:0", *options]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    try:
        written = ""
        while "ready on " not in (line := process.stdout.readline()):
            written += line
            assert line, written
        yield GatewayProcess(process, line.strip().partition("ready on ")[2].split(", "))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def ask(connection: socket.socket, **changes: Attribute) -> str:
    """One question over a connection of its own process, and the answer. ConnectionError: it was closed instead."""
    connection.sendall(request(**changes))
    return answer(connection)


def answer(connection: socket.socket) -> str:
    found = b""
    while not found.endswith(b"\n\n"):
        part = connection.recv(4096)
        if not part:
            raise ConnectionError("closed")
        found += part
    return found[7:-2].decode("ascii")
