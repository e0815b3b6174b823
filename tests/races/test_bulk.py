"""A wave's imports by several workers, of which some are killed: nothing lost, nothing doubled, Zimbra never asked for
more than was said. PORTAL_TEST_KILLS sets how many workers are killed (2 without it).
"""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.races.bulk_process import address_of, contact_names, event_uids
from tests.races.test_kill_worker import Portal
from tests.simulated import Simulated, start_simulator
from zimbra.client import ZimbraClient

pytestmark = pytest.mark.processes

KILLS = int(os.environ.get("PORTAL_TEST_KILLS", "2"))
PEOPLE = 4 + 2 * KILLS
PARALLEL, RATE = 2, 60
DONE = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM bascule_bulkrun WHERE state <> 'done')"


class Counting:
    """Stands between the workers and Zimbra: passes every byte on, and notes when a request began and how many were
    under way, where "under way" ends with the first byte of the answer."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._under_way = 0
        self.most = 0
        self.began: list[float] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._target))
        asking = threading.Event()

        def answers() -> None:
            with suppress(OSError):
                while data := server.recv(1 << 16):
                    self._ended(asking)
                    client.sendall(data)

        threading.Thread(target=answers, daemon=True).start()
        with suppress(OSError), client, server:
            while data := client.recv(1 << 16):
                self._started(asking)
                server.sendall(data)
        self._ended(asking)

    def _started(self, asking: threading.Event) -> None:
        with self._lock:
            if not asking.is_set():
                asking.set()
                self._under_way += 1
                self.most = max(self.most, self._under_way)
                self.began.append(time.monotonic())

    def _ended(self, asking: threading.Event) -> None:
        with self._lock:
            if asking.is_set():
                asking.clear()
                self._under_way -= 1


@pytest.fixture
def zimbra(tmp_path: Path) -> Iterator[Simulated]:
    with start_simulator(tmp_path / "zimbra") as running:
        yield running


@pytest.fixture
def between(zimbra: Simulated) -> Iterator[Counting]:
    made = Counting(int(zimbra.url.rpartition(":")[2]))
    yield made
    made.close()


def test_workers_killed_while_a_wave_is_imported(
    tmp_path: Path, zimbra: Simulated, between: Counting, migrated: Path
) -> None:
    for person in range(PEOPLE):
        zimbra.create_account(address_of(person))
    chance = random.Random(KILLS)
    url = f"http://127.0.0.1:{between.port}"
    portal = Portal(tmp_path, replace(zimbra, url=url, admin_url=url), "tests.races.bulk_process", migrated=migrated)
    try:
        portal.run(f"prepare {PEOPLE} 6 4 2")
        portal.run(f"start {PARALLEL} {RATE}")
        for _ in range(PARALLEL + 1):
            portal.start_worker()
        for number in range(KILLS):
            imports = "SELECT 1 WHERE (SELECT count(*) FROM bascule_import) > ?"
            portal.wait_for(imports, 2 * PEOPLE * (number + 1) // (KILLS + 2))
            time.sleep(chance.random() * 0.1)
            portal.kill_worker()
            portal.start_worker()
        portal.wait_for(DONE)
        assert portal.ask("SELECT sum(people_done), sum(imports_done), sum(items_added) FROM bascule_bulkrun") == [
            (PEOPLE, 2 * PEOPLE, 10 * PEOPLE)
        ]
    finally:
        portal.close()

    assert between.most <= PARALLEL
    for first in between.began:
        for span in (0.2, 1.0):
            within = sum(first <= moment < first + span for moment in between.began)
            # The last term: requests that a busy machine delays between leave and departure.
            assert within <= RATE * (span + 0.25) + 5 + PARALLEL * 5
    with zimbra.admin() as admin:
        for person in range(PEOPLE):
            with ZimbraClient.on_behalf(zimbra.url, admin, address_of(person)) as client:
                books = [folder.id for folder in client.folders().walk() if folder.view == "contact"]
                held = Counter(one.attributes["fullName"] for book in books for one in client.contacts(book))
                assert held == Counter(contact_names(person, 6))
                assert Counter(one.uid for one in client.calendar_items()) == Counter(event_uids(person, 4))
