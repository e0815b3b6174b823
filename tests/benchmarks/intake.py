"""How many messages a second the intake takes, clean ones handed on and suspect ones held, each on disk when answered.

    python tests/benchmarks/intake.py [--messages 500] [--senders 8] [--kilobytes 20] [--only sqlite|postgres]

Starts the intake as it runs in production, once on SQLite and, where it is installed, once on PostgreSQL with fsync on,
and a next server that takes everything and does nothing, so that the figure is the intake's. Several senders bring
messages over LMTP, one connection each, one message after the other. Goal: 50 messages a second.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Run as a script, so that `make bench` can run every benchmark in the same way.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests import postgres

ROOT = Path(__file__).resolve().parents[2]
GOAL = 50.0


class _Taking(asyncio.Protocol):
    """A next server: it answers and forgets."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer, self._in_data = transport, b"", False
        transport.write(b"220 x\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            if self._in_data:
                if not self._buffer.endswith(b"\r\n.\r\n"):
                    return
                self._buffer, self._in_data = b"", False
                self._transport.write(b"250 2.0.0 Ok\r\n")
                continue
            line, end, rest = self._buffer.partition(b"\r\n")
            if not end:
                return
            self._buffer = rest
            self._in_data = line == b"DATA"
            self._transport.write(b"354 Go on\r\n" if self._in_data else b"250 Ok\r\n")


@contextmanager
def next_server() -> Iterator[int]:
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(_Taking, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextmanager
def intake(folder: Path, database: str, next_port: int) -> Iterator[int]:
    """A running intake; its port."""
    environment = os.environ | {
        "PORTAL_SECRET_KEY": "benchmark-only-" + "k" * 40,
        "PORTAL_SEAL_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "PORTAL_VAR_DIR": str(folder),
        "DATABASE_URL": database,
        "PORTAL_QUARANTINE_DELIVERY": f"lmtp://127.0.0.1:{next_port}",
        "PORTAL_LOG_LEVEL": "WARNING",
    }
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=environment, check=True, cwd=ROOT)
    process = subprocess.Popen(
        [*manage, "intake_gateway", "--lmtp", "127.0.0.1:0"], env=environment, cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout
        yield int(process.stdout.readline().decode().strip().rpartition(":")[2])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def message(number: int, mark: str, size: int) -> bytes:
    head = f"{mark}From: a@x.fr\r\nSubject: {number}\r\nMessage-ID: <{number}.{mark[:6]}@x.fr>\r\n\r\n".encode()
    return head + b"Bonjour, voici un message d'une longueur moyenne, sans rien de particulier.\r\n" * (size // 77)


def bring(port: int, options: argparse.Namespace, mark: str) -> float:
    """Messages a second, from the first to the last answer."""
    failed: list[object] = []

    def send(sender: int) -> None:
        with smtplib.LMTP("127.0.0.1", port) as line:
            for number in range(sender, options.messages, options.senders):
                try:
                    line.sendmail(
                        "a@x.fr", [f"p{number}@ac-reunion.fr"], message(number, mark, options.kilobytes * 1024)
                    )
                except smtplib.SMTPException as error:
                    failed.append(error)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(options.senders)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - start
    if failed:
        raise SystemExit(f"{len(failed)} messages were not taken: {failed[0]}")
    return options.messages / taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--kilobytes", type=int, default=20)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    options = parser.parse_args()
    slow = False
    for kind in ("sqlite", "postgres"):
        if options.only not in (None, kind) or (kind == "postgres" and not postgres.AVAILABLE):
            continue
        with tempfile.TemporaryDirectory() as folder, next_server() as next_port:
            if kind == "sqlite":
                slow |= measure(kind, Path(folder), f"sqlite:///{folder}/portal.sqlite3", next_port, options)
                continue
            postgres.SETTINGS |= {"fsync": "on", "synchronous_commit": "on"}
            with postgres.start_postgres() as server:
                slow |= measure(kind, Path(folder), server.create_database("intake"), next_port, options)
    if slow:
        raise SystemExit(f"less than {GOAL:.0f} messages/s")


def measure(kind: str, folder: Path, database: str, next_port: int, options: argparse.Namespace) -> bool:
    """Print the figures; true when one is below the goal."""
    with intake(folder, database, next_port) as port:
        clean, held = bring(port, options, ""), bring(port, options, "X-Spam-Flag: YES\r\n")
    print(f"{kind}: {clean:.0f} messages/s handed on, {held:.0f} messages/s held", flush=True)
    return min(clean, held) < GOAL


if __name__ == "__main__":
    main()
