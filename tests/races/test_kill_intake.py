"""Mail comes in while the intake, Zimbra and the database are taken away in turn: nothing is lost, nothing doubled.

The senders do as a mail server does: what is not answered 250 is sent again, byte for byte, until it is. With
PORTAL_TEST_ROUNDS set there is more of it, and once more with PostgreSQL, whose connections are cut and refused for a
while.
"""

from __future__ import annotations

import json
import os
import random
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.postfix import free_ports
from tests.races.test_kill_worker import ROOT
from tests.simulated import DOMAIN, Simulated, start_simulator
from zimbra import soap

pytestmark = pytest.mark.processes

LONG = bool(os.environ.get("PORTAL_TEST_ROUNDS"))
SENDERS = 4
MESSAGES = 400 if LONG else 60
STRIKES = 12 if LONG else 3
DEADLINE_SECONDS = 180 if LONG else 60
HELD_BY = {"spam": b"X-Spam-Flag: YES\r\n", "limit": b"", "": b""}


class Intake:
    """An intake in a process that can be killed and started again at the same ports."""

    def __init__(self, folder: Path, zimbra: Simulated, database: str) -> None:
        self.environment = os.environ | {
            "PORTAL_SECRET_KEY": "races-only-" + "k" * 40,
            "PORTAL_SEAL_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "PORTAL_VAR_DIR": str(folder),
            "DATABASE_URL": database,
            "ZIMBRA_URL": zimbra.url,
            "ZIMBRA_ADMIN_URL": zimbra.admin_url,
            "ZIMBRA_ADMIN_ADDRESS": zimbra.admin_address,
            "ZIMBRA_ADMIN_PASSWORD": zimbra.admin_password,
            "PORTAL_QUARANTINE_DELIVERY": f"lmtp://127.0.0.1:{zimbra.lmtp_port}",
            "PORTAL_QUARANTINE_DOMAINS": DOMAIN,
            "PORTAL_LOG_LEVEL": "CRITICAL",
        }
        self.port, self.hold_port = free_ports(2)
        command = [sys.executable, "-m", "tests.races.quarantine_process"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._child = 0

    def tell(self, command: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()
        while (line := self._process.stdout.readline().decode().strip()).startswith("Réception"):
            pass
        return line

    def start(self) -> None:
        self._child = int(self.tell(f"listen {self.port} {self.hold_port}"))

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self._child, number)

    def held(self) -> Counter[tuple[str, str, str]]:
        """(recipient, subject, reason) of what is held."""
        found = json.loads(self.tell("held"))
        assert self._process.stdout
        assert self._process.stdout.readline() == b"done\n"
        return Counter(tuple(one) for one in found)

    def close(self) -> None:
        self.kill()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=30)


class Senders:
    """Mail servers that bring their messages until each recipient was answered 250. Three in ten are suspect, one in
    ten is held for its sender's sake."""

    def __init__(self, intake: Intake, people: list[str]) -> None:
        self.intake = intake
        chance = random.Random(20261124)
        self.mails = [
            (str(number), chance.choice(["", "", "", "", "", "", "spam", "spam", "spam", "limit"]),
             chance.sample(people, chance.randint(1, 3)))
            for number in range(MESSAGES)
        ]  # fmt: skip
        self.settled = 0
        self.repeats = 0
        self.gave_up: list[str] = []
        self._deadline = time.monotonic() + DEADLINE_SECONDS
        self._threads = [threading.Thread(target=self._send, args=(at,)) for at in range(SENDERS)]

    def __enter__(self) -> Senders:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    def wanted(self) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str, str]]]:
        """What is to be in mailboxes, and what is to be held."""
        inbox = Counter((one, subject) for subject, reason, people in self.mails if not reason for one in people)
        held = Counter((one, subject, reason) for subject, reason, people in self.mails if reason for one in people)
        return inbox, held

    def _send(self, at: int) -> None:
        for subject, reason, people in self.mails[at::SENDERS]:
            raw = HELD_BY[reason] + f"Subject: {subject}\r\nMessage-ID: <{subject}@x.fr>\r\n\r\nBonjour\r\n".encode()
            port = self.intake.hold_port if reason == "limit" else self.intake.port
            left = list(people)
            while left and time.monotonic() < self._deadline:
                # Some bring it again though it was answered: the answer was lost on the way.
                again = random.random() < 0.1
                try:
                    with _Line(port) as line:
                        answers = line.bring(raw, left)
                except OSError:
                    answers = ["" for _ in left]
                taken = [answer.startswith("2") for answer in answers]
                self.repeats += not all(taken) or again
                left = [one for one, done in zip(left, taken, strict=True) if not done or again]
                if left:
                    time.sleep(0.03)
            self.settled += 1
            if left:
                self.gave_up.append(subject)


class _Line(smtplib.LMTP):
    def __init__(self, port: int) -> None:
        super().__init__("127.0.0.1", port, timeout=20)

    def bring(self, raw: bytes, people: list[str]) -> list[str]:
        """The answer for each; "" when it did not come."""
        self.ehlo()
        self.mail("a@x.fr")
        for one in people:
            if self.rcpt(one)[0] != 250:
                return ["" for _ in people]
        if self.docmd("DATA")[0] != 354:
            return ["" for _ in people]
        self.send(raw + b".\r\n")
        return [str(self.getreply()[0]) for _ in people]


def in_mailboxes(zimbra: Simulated, people: list[str]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for address in people:
        with zimbra.client(address) as client:
            for hit in client.search_elements("is:anywhere", "message"):
                found.update((address, str(part.text)) for part in hit if soap.local_name(part) == "su")
    return found


@contextmanager
def database(kind: str, folder: Path, migrated: Path) -> Iterator[tuple[str, str]]:
    """Its URL, and that of another database of the same server, "" without a server."""
    if kind == "sqlite":
        (folder / "portal.sqlite3").write_bytes(migrated.read_bytes())
        yield f"sqlite:///{folder / 'portal.sqlite3'}", ""
        return
    with postgres.start_postgres() as server:
        yield server.create_database("portal"), server.url("postgres")


def cut_off(server: str, seconds: float) -> None:
    """Nobody gets a connection to the database, and those there were are cut."""
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute("ALTER DATABASE portal ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'portal'")
        time.sleep(seconds)
        connection.execute("ALTER DATABASE portal ALLOW_CONNECTIONS true")


def is_open(port: int) -> bool:
    with closing(socket.socket()) as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgres"] if LONG and postgres.AVAILABLE else ["sqlite"])
def test_mail_comes_in_while_all_behind_it_is_taken_away(tmp_path: Path, migrated: Path, kind: str) -> None:
    chance = random.Random(20261124 + STRIKES)
    with ExitStack() as stack:
        url, server = stack.enter_context(database(kind, tmp_path, migrated))
        zimbra = stack.enter_context(start_simulator(tmp_path / "zimbra"))
        people = [zimbra.create_account(zimbraPrefMessageIdDedupingEnabled="FALSE") for _ in range(5)]
        intake = Intake(tmp_path, zimbra, url)
        stack.callback(intake.close)
        if server:
            assert intake.tell("migrate") == "done"
        intake.start()
        with Senders(intake, people) as senders:
            for number in range(STRIKES):
                while senders.settled < MESSAGES * (number + chance.random()) / STRIKES:
                    time.sleep(0.002)
                time.sleep(chance.random() * 0.05)
                if number % 3 == 1:
                    zimbra.process.kill()
                    zimbra.process.wait()
                    ports = {"port": int(zimbra.url.rpartition(":")[2]), "lmtp_port": zimbra.lmtp_port}
                    zimbra = stack.enter_context(start_simulator(zimbra.data, **ports))
                elif number % 6 == 2 and server:
                    cut_off(server, 0.5)
                else:
                    intake.kill(signal.SIGKILL if number % 2 == 0 else signal.SIGTERM)
                    while is_open(intake.port):
                        time.sleep(0.005)
                    intake.start()
        assert senders.gave_up == []
        assert senders.repeats > MESSAGES / 20
        inbox, held = senders.wanted()
        assert in_mailboxes(zimbra, people) == inbox
        assert intake.held() == held
