"""Staff who decide about one wave at the same moment, and workers killed while a wave is being finished.

On PostgreSQL. PORTAL_TEST_ROUNDS sets how often each scene is played and how often a worker is killed (2 without it).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgres

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("PORTAL_TEST_ROUNDS", "2"))
PEOPLE = 200
# The state a wave is in, what is decided about it at once, and the state that each leads to.
SCENES: list[tuple[str, dict[str, str]]] = [
    ("planned", {"freeze": "frozen", "start": "", "finish": ""}),
    ("frozen", {"start": "under_way", "unfreeze": "planned", "freeze": ""}),
    ("under_way", {"finish": "under_way", "take_back_start": "frozen", "start": ""}),
    ("done", {"reopen": "under_way", "finish": "", "take_back_start": ""}),
]


# What is done to one planning at once; the last ones only where there is time.
PLANS = [
    ["rename", "put off", "places"],
    ["delete", "in", "split"],
    ["freeze", "in", "put off"],
    ["merge", "in", "places"],
    ["freeze", "split", "delete"],
    ["in", "out", "follow"],
    ["delete", "merge", "out"],
]


class Portal:
    def __init__(self, folder: Path, database: str) -> None:
        self.log = folder / "portal.log"
        environment = os.environ | {
            "PORTAL_SECRET_KEY": "races-only-" + "k" * 40,
            "PORTAL_VAR_DIR": str(folder),
            "DATABASE_URL": database,
            "PORTAL_LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "tests.races.waves_process"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def tell(self, **order: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps(order), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, self.log.read_text()
        return json.loads(answer)

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    if not postgres.AVAILABLE:
        pytest.skip("PostgreSQL is not installed")
    with postgres.start_postgres() as server:
        made = Portal(tmp_path_factory.mktemp("portal"), server.create_database("portal"))
        try:
            yield made
        finally:
            made.close()


@pytest.mark.parametrize(("state", "decisions"), SCENES, ids=[state for state, _ in SCENES])
def test_one_of_those_who_looked_at_the_same_wave_decides(
    portal: Portal, state: str, decisions: dict[str, str]
) -> None:
    acts = [*decisions] * 2
    for one in portal.tell(race=acts, state=state, rounds=ROUNDS):
        assert one["outcomes"].count("done") == 1, one
        assert set(one["outcomes"]) <= {"done", "Changed", "WrongState"}, one
        won = acts[one["outcomes"].index("done")]
        assert one["state"] == decisions[won], one
        assert (one["version"], one["journal"]) == (2, 1), one
        assert one["runs"] == int(won not in {"start", "take_back_start"}), one


@pytest.mark.parametrize("acts", PLANS if ROUNDS > 2 else PLANS[:3], ids=", ".join)
def test_a_planning_changed_at_once_is_one_of_some_order(portal: Portal, acts: list[str]) -> None:
    found = portal.tell(plan=acts, rounds=ROUNDS)
    assert len(found["seen"]) == ROUNDS
    for one in found["seen"]:
        assert not {"OperationalError", "IntegrityError", "DeadlockDetected"} & set(one["outcomes"]), one
        assert one in found["allowed"], one


def test_workers_killed_while_a_wave_is_finished(portal: Portal) -> None:
    chance = random.Random(20250502 + ROUNDS)
    run = portal.tell(stage=PEOPLE)
    deadline = time.monotonic() + 60
    struck = sorted(chance.sample(range(1, PEOPLE * 3 // 4), ROUNDS))
    for share in struck:
        # Two at once: one of them holds the work.
        workers = [portal.tell(work=run), portal.tell(work=run)]
        while portal.tell(done=run) < share:
            assert time.monotonic() < deadline, portal.log.read_text()
            time.sleep(0.005)
        time.sleep(chance.random() * 0.01)
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
    seen = portal.tell(look=run)
    while not seen["over"]:
        assert time.monotonic() < deadline, (seen, portal.log.read_text())
        portal.tell(work=run)
        time.sleep(0.2)
        seen = portal.tell(look=run)
    assert seen == {
        "over": True,
        "state": "done",
        "done": [PEOPLE, PEOPLE],
        "left": 0,
        "told": [1],
        "wrote": [1],
        "journal": 1,
        "waiting": 0,
    }
