"""SIGKILL at random moments of an import: every item exactly once, rows that agree, and an exact undo.

PORTAL_TEST_KILLS sets how many imports are each struck once (3 without it).
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.simulated import Simulated, start_simulator
from zimbra.client import ZimbraClient
from zimbra.types import NewContact

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = int(os.environ.get("PORTAL_TEST_KILLS", "3"))
ITEMS = 120
DEADLINE_SECONDS = 60 + 10 * IMPORTS


@pytest.fixture
def zimbra(tmp_path: Path) -> Iterator[Simulated]:
    with start_simulator(tmp_path / "zimbra") as running:
        yield running


class Portal:
    """Processes of a portal on a database file of its own, and a look into that file from outside."""

    def __init__(
        self,
        folder: Path,
        zimbra: Simulated,
        module: str = "tests.races.portal_process",
        *,
        migrated: Path | None = None,
    ) -> None:
        """migrated: a database file to begin with; without one the portal makes its own."""
        self.database = folder / "portal.sqlite3"
        if migrated is not None:
            shutil.copy(migrated, self.database)
        self.environment = os.environ | {
            "PORTAL_SECRET_KEY": "races-only-" + "k" * 40,
            "PORTAL_SEAL_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "PORTAL_VAR_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "ZIMBRA_URL": zimbra.url,
            "ZIMBRA_ADMIN_URL": zimbra.admin_url,
            "ZIMBRA_ADMIN_ADDRESS": zimbra.admin_address,
            "ZIMBRA_ADMIN_PASSWORD": zimbra.admin_password,
            "PORTAL_IMPORT_RETRY_SECONDS": "1",
            "PORTAL_LOG_LEVEL": "WARNING",
        }
        self.log = folder / "portal.log"
        self.workers: list[int] = []
        command = [sys.executable, "-m", module]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )

    def _tell(self, command: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()
        return self._process.stdout.readline().decode().strip()

    def run(self, command: str) -> None:
        assert self._tell(command) == "done", self.log.read_text()

    def start_worker(self) -> None:
        self.workers.append(int(self._tell("work")))

    def kill_worker(self) -> None:
        os.kill(self.workers.pop(0), signal.SIGKILL)

    def close(self) -> None:
        while self.workers:
            self.kill_worker()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=30)

    def ask(self, query: str, *values: object) -> list[tuple]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(query, values).fetchall()

    def wait_for(self, query: str, *values: object) -> None:
        """Until the query gives a row."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self.ask(query, *values):
            assert time.monotonic() < deadline, (query, self.log.read_text())
            time.sleep(0.002)


@pytest.fixture
def portal(tmp_path: Path, zimbra: Simulated, migrated: Path) -> Iterator[Portal]:
    made = Portal(tmp_path, zimbra, migrated=migrated)
    yield made
    made.close()


SETTLED = """SELECT 1 FROM bascule_import i WHERE i.id = ? AND (i.state NOT IN ('queued', 'sending') OR
             (SELECT count(*) FROM bascule_importitem WHERE parent_id = i.id AND state = 'created') >= ?)"""


def held(client: ZimbraClient, folder_id: str, kind: str) -> list[tuple[str, str]]:
    """(what it is, id) of everything in a folder."""
    if kind == "contacts":
        return [(one.attributes["fullName"], one.id) for one in client.contacts(folder_id)]
    return [(one.uid, one.id) for one in client.calendar_items() if one.folder_id == folder_id]


def wanted(number: int, kind: str) -> Counter[str]:
    numbers = range(number * ITEMS, (number + 1) * ITEMS)
    name = "Prénom{} Payet" if kind == "contacts" else "evt-{}@example.net"
    return Counter(name.format(one) for one in numbers)


def test_workers_killed_at_random_moments(portal: Portal, zimbra: Simulated) -> None:
    chance = random.Random(20250416 + IMPORTS)
    address = zimbra.create_account()
    with zimbra.client(address) as client:
        before = [NewContact({"fullName": "D’avant"}), NewContact({"fullName": "Prénom1 Payet"})]
        client.create_contacts("7", before)
        portal.run(f"prepare {address} {IMPORTS} {ITEMS}")
        portal.start_worker()
        for (import_id,) in portal.ask("SELECT id FROM bascule_import ORDER BY id"):
            portal.wait_for("SELECT 1 FROM bascule_import WHERE id = ? AND holder <> ''", import_id)
            # Anywhere between the first look at the mailbox and the last comparison.
            portal.wait_for(SETTLED, import_id, chance.randint(-ITEMS // 5, ITEMS))
            time.sleep(chance.random() * 0.15)
            portal.kill_worker()
            portal.start_worker()
        portal.wait_for("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM bascule_import WHERE state <> 'done')")
        rows = portal.ask("SELECT id, kind, folder_id, identical, missing, differing FROM bascule_import ORDER BY id")
        for number, (import_id, kind, folder_id, *verified) in enumerate(rows):
            found = held(client, folder_id, kind)
            assert Counter(name for name, _ in found) == wanted(number, kind)
            recorded = portal.ask("SELECT zimbra_id FROM bascule_importitem WHERE parent_id = ?", import_id)
            assert sorted(one for _, one in found) == sorted(one for (one,) in recorded)
            assert verified == [ITEMS, 0, 0]

        portal.run("undo")
        for share in (0.1, 0.6):
            removed = "SELECT 1 WHERE (SELECT count(*) FROM bascule_importitem WHERE state = 'removed') >= ?"
            portal.wait_for(removed, int(share * IMPORTS * ITEMS))
            portal.kill_worker()
            portal.start_worker()
        portal.wait_for("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM bascule_import WHERE state <> 'undone')")
        assert sorted(name for name, _ in held(client, "7", "contacts")) == ["D’avant", "Prénom1 Payet"]
        assert list(client.calendar_items()) == []
        assert not [one.path for one in client.folders().walk() if one.name.startswith("Import ")]


def test_two_workers_and_a_simulator_that_dies(portal: Portal, zimbra: Simulated) -> None:
    address = zimbra.create_account()
    portal.run(f"prepare {address} 1 {ITEMS}")
    portal.start_worker()
    portal.start_worker()
    portal.wait_for(SETTLED, 1, ITEMS // 4)
    zimbra.process.kill()
    zimbra.process.wait()
    portal.wait_for("SELECT 1 FROM bascule_import WHERE retry_at IS NOT NULL OR state = 'done'")
    port = int(zimbra.url.rpartition(":")[2])
    with start_simulator(zimbra.data, port=port) as again, again.client(address) as client:
        portal.wait_for("SELECT 1 FROM bascule_import WHERE state = 'done'")
        ((folder_id, identical),) = portal.ask("SELECT folder_id, identical FROM bascule_import")
        assert identical == ITEMS
        assert Counter(name for name, _ in held(client, folder_id, "contacts")) == wanted(0, "contacts")
