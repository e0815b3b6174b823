"""Policy gateways as processes: several on one store, killed, told to end, without a database, on a unix socket."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import sqlite3
import stat
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from quarantine.counters.store import Store
from quarantine.limits import Subject
from tests.migrated import migrated_database
from tests.quarantine.gateway.asking import HOLD, answer, ask, request, start_gateway
from tests.stores import StoreServer

pytestmark = pytest.mark.processes
# How often the same is done with other figures; many times under `make bench`.
ROUNDS = max(1, int(os.environ.get("PORTAL_TEST_ROUNDS", "1")) // 20)

# By sender, within an hour, at every time of the day.
WARN, MAX = 60, 100
REFUSALS = 25


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def database(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A portal's database with small thresholds by sender and none that matters by address."""
    shared = tmp_path_factory.getbasetemp()
    made = migrated_database(shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared)
    path = folder / "portal.sqlite3"
    shutil.copy(made, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE quarantine_threshold SET warn = 1000000, max = 1000000")
        connection.execute("UPDATE quarantine_threshold SET warn = ?, max = ? WHERE subject = 'sender'", (WARN, MAX))
        connection.execute(
            "UPDATE quarantine_sendingrules SET night_divisor = 1, weekend_divisor = 1, weekend_night_divisor = 1,"
            " compromise_refusals = ?",
            (REFUSALS,),
        )
    return f"sqlite:///{path}"


@pytest.fixture
def own_store() -> Iterator[StoreServer]:
    server = StoreServer()
    yield server
    server.close()


def heartbeats(database: str) -> list[tuple[str, str, bool]]:
    """Name, troubles, and whether it has ended."""
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
        rows = connection.execute("SELECT name, troubles, stopped_at FROM quarantine_gatewayheartbeat").fetchall()
    return [(name, troubles, stopped is not None) for name, troubles, stopped in rows]


def wait_for(done: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def used(server: StoreServer, sender: str) -> int:
    with Store(server.url) as store:
        return store.usage(Subject.SENDER, sender).used[2]


@dataclass
class Clients:
    """Threads that send for the same few people, each over one connection, to one of two gateways. One whose gateway
    dies asks the other again, as a mail server does."""

    ports: list[int]
    passed: dict[str, list[int]] = field(default_factory=lambda: {f"p{number}@x.example": [] for number in range(6)})
    held: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def send(self, seed: int) -> None:
        chance = random.Random(seed)
        connection = socket.create_connection(("127.0.0.1", self.ports[seed % 2]), timeout=20)
        for number in range(120):
            sender, count = chance.choice(list(self.passed)), chance.choice((1, 1, 2))
            said = {"sender": sender, "recipient_count": count, "instance": f"{seed}.{number}"}
            try:
                word = ask(connection, **said)
            except OSError:
                connection.close()
                connection = socket.create_connection(("127.0.0.1", self.ports[1]), timeout=20)
                word = ask(connection, **said)
            if word in ("DUNNO", HOLD):
                self.passed[sender].append(count)
            if word == HOLD:
                self.held[sender].append(count)
            self.asked.release()
        connection.close()


@pytest.mark.parametrize("_", range(ROUNDS))
def test_two_gateways_answer_as_one_and_one_that_is_killed_counts_nothing_twice(
    folder: Path, database: str, store_server: StoreServer, _: int
) -> None:
    """Every recipient up to MAX passes, none above it, each counted once; whom the rule finds at one gateway is blocked
    at the other and in the rows."""
    path = database.removeprefix("sqlite:///")
    with (
        start_gateway(folder / "one", store_server.url, database) as one,
        start_gateway(folder / "two", store_server.url, database) as two,
    ):
        clients = Clients([one.port, two.port])
        with one.connect() as first, two.connect() as second, closing(sqlite3.connect(path)) as rows:
            for _ in range(REFUSALS):
                assert ask(first, recipient_count=MAX + 1).startswith("550 5.7.1 Trop")
            wait_for(lambda: ask(second).startswith("550 5.7.1 Compte bloque"))
            query = "SELECT sender, origin FROM quarantine_compromisedsender"
            wait_for(lambda: rows.execute(query).fetchall() == [("marie@academie.example", "rule")])
            query = "SELECT action FROM accounts_journalentry"
            assert rows.execute(query).fetchall() == [("sending.account_blocked_by_rule",)]
            assert ask(first).startswith("550 5.7.1 Compte bloque")
        threads = [threading.Thread(target=clients.send, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for _ in range(300):
            clients.asked.acquire(timeout=20)
        one.kill()
        for thread in threads:
            thread.join()
    for sender, counts in clients.passed.items():
        assert sum(counts) == used(store_server, sender) == MAX
        # One for two that would have gone above WARN was held; from there on all were.
        assert sum(counts) - sum(clients.held[sender]) in (WARN - 1, WARN)


def test_gateway_is_told_to_end_answers_first_and_leaves_a_last_sign(
    folder: Path, database: str, store_server: StoreServer
) -> None:
    path = store_server.folder / "policy"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        metrics = f"127.0.0.1:{probe.getsockname()[1]}"
    with start_gateway(folder, store_server.url, database, "--socket", str(path), "--metrics", metrics) as gateway:
        assert gateway.places[1] == str(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        with socket.socket(socket.AF_UNIX) as idle, gateway.connect() as busy:
            idle.connect(str(path))
            assert ask(idle) == "DUNNO"
            wait_for(lambda: len(heartbeats(database)) == 1)
            gateway.process.send_signal(signal.SIGHUP)
            assert ask(busy, sender="b@x.example") == "DUNNO"
            with urllib.request.urlopen(f"http://{metrics}/metrics", timeout=10) as found:
                assert 'event="accepted"} 2' in found.read().decode()
            store_server.pause()
            try:
                busy.sendall(request(sender="c@x.example"))
                # Read by the gateway before it is told to end.
                time.sleep(0.3)
                gateway.process.send_signal(signal.SIGTERM)
                assert idle.recv(10) == b""
            finally:
                store_server.go_on()
            assert answer(busy) == "DUNNO"
            assert busy.recv(10) == b""
        gateway.end()
        assert not path.exists()
    ((_, troubles, has_ended),) = heartbeats(database)
    assert (troubles, has_ended) == ("{}", True)


def test_gateway_outlives_its_database_and_its_store(folder: Path, database: str, own_store: StoreServer) -> None:
    """Without rules, and without the store, nothing passes; without the database the rules last read hold on."""
    path = Path(database.removeprefix("sqlite:///"))

    def take_away() -> None:
        path.rename(folder / "away")
        path.mkdir()

    def put_back() -> None:
        path.rmdir()
        (folder / "away").rename(path)

    take_away()
    with start_gateway(folder, own_store.url, database) as gateway, gateway.connect() as connection:
        assert ask(connection, recipient_count=MAX).startswith("451 4.3.0 ")
        put_back()
        wait_for(lambda: ask(connection, recipient_count=MAX) == HOLD)
        take_away()
        # Time for the gateway to look at the rows and find them gone.
        time.sleep(2.5)
        assert ask(connection).startswith("550 5.7.1 ")
        put_back()
        # The store writes to the disk every second.
        own_store.kill()
        begun = time.monotonic()
        assert ask(connection).startswith("451 4.3.0 ")
        assert time.monotonic() - begun < 10
        wait_for(lambda: any("store" in troubles for _, troubles, _ in heartbeats(database)))
        own_store.start()
        wait_for(lambda: not ask(connection).startswith("451 4.3.0 "))
        # What was counted before is still counted.
        assert ask(connection).startswith("550 5.7.1 ")
        wait_for(lambda: all(troubles == "{}" for _, troubles, _ in heartbeats(database)))
