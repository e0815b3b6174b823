"""SIGKILL at random moments while two workers send a reminder: nobody gets it twice, and nobody is forgotten.

Only with PORTAL_TEST_ROUNDS set (`make bench`), on SQLite and PostgreSQL; tests/bascule/reminders/test_sending.py tries
the same by exceptions every day.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.quarantine.next_server import NextServer
from tests.races.test_kill_intake import database
from tests.races.test_kill_worker import ROOT

pytestmark = pytest.mark.processes

ROUNDS = os.environ.get("PORTAL_TEST_ROUNDS", "")
KILLS = int(os.environ.get("PORTAL_TEST_KILLS", "20"))
PEOPLE = 200
DEADLINE_SECONDS = 300


class Portal:
    """The processes; told what to do over a pipe."""

    def __init__(self, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.races.reminders_process"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe)
        self.workers: list[int] = []

    def tell(self, command: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def start_worker(self) -> None:
        self.workers.append(self.tell("work"))

    def kill_worker(self) -> None:
        os.kill(self.workers.pop(0), signal.SIGKILL)

    def wait_until_done(self) -> dict[str, Any]:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (found := self.tell("state"))["reminder"] != "done":
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return found

    def close(self) -> None:
        while self.workers:
            self.kill_worker()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=30)


@pytest.mark.skipif(not ROUNDS, reason="make bench")
@pytest.mark.parametrize("kind", ["sqlite", "postgres"] if postgres.AVAILABLE else ["sqlite"])
def test_workers_killed_while_a_reminder_is_sent(tmp_path: Path, migrated: Path, kind: str) -> None:
    chance = random.Random(KILLS)
    with database(kind, tmp_path, migrated) as (url, _), NextServer(protocol="smtp") as server:
        environment = os.environ | {
            "PORTAL_SECRET_KEY": "races-only-" + "k" * 40,
            "PORTAL_VAR_DIR": str(tmp_path),
            "DATABASE_URL": url,
            "PORTAL_SMTP_HOST": "127.0.0.1",
            "PORTAL_SMTP_PORT": str(server.port),
            "PORTAL_LOG_LEVEL": "ERROR",
        }
        portal = Portal(environment)
        try:
            assert portal.tell(f"prepare {PEOPLE}") == "done"
            portal.start_worker()
            portal.start_worker()
            deadline = time.monotonic() + DEADLINE_SECONDS
            for number in range(KILLS):
                while len(server.received) < PEOPLE * number // (KILLS + 1):
                    assert time.monotonic() < deadline, number
                    time.sleep(0.002)
                time.sleep(chance.random() * 0.03)
                portal.kill_worker()
                portal.start_worker()
            found = portal.wait_until_done()
            times = Counter(address for mail in server.received for address in mail.rcpt_tos)
            uncertain = set(found.get("uncertain", []))
            assert max(times.values()) == 1
            assert set(found.get("sent", [])) <= set(times)
            assert len(found.get("sent", [])) + len(uncertain) == PEOPLE

            assert portal.tell("again") == "done"
            found = portal.wait_until_done()
            assert len(found["sent"]) == PEOPLE
            times = Counter(address for mail in server.received for address in mail.rcpt_tos)
            assert len(times) == PEOPLE
            assert {address for address, count in times.items() if count > 1} <= uncertain
            identities = {mail.raw.split(b"Message-ID: ")[1].split(b"\r\n")[0] for mail in server.received}
            assert len(identities) == PEOPLE
        finally:
            portal.close()
