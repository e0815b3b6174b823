"""People who act on a box at the same moment: it always keeps an owner, and what happened is some order of their acts.

On PostgreSQL, where two transactions really run side by side, and on SQLite, where one waits for the other.
PORTAL_TEST_ROUNDS sets how often each scene is played (twice without it; 12 times what is likeliest to go wrong).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import postgres
from tests.races.in_turn import Act, possible

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("PORTAL_TEST_ROUNDS", "2"))
OFTEN = max(12, ROUNDS)
TWO = {"ana": "owner", "bo": "owner"}
# People, and what they do at the same moment.
SCENES: dict[str, tuple[dict[str, str], list[Act]]] = {
    "each removes the other": (TWO, [("revoke", "ana", "bo"), ("revoke", "bo", "ana")]),
    "each demotes the other": (TWO, [("change_role", "ana", "bo", "member"), ("change_role", "bo", "ana", "reader")]),
    "both leave": (TWO, [("give_up", "ana", "ana"), ("give_up", "bo", "bo")]),
    "three leave": (TWO | {"cy": "owner"}, [("give_up", name, name) for name in ("ana", "bo", "cy")]),
    "one leaves and demotes the other": (TWO, [("give_up", "ana", "ana"), ("change_role", "ana", "bo", "member")]),
    "one leaves while demoted by the other": (TWO, [("give_up", "ana", "ana"), ("change_role", "bo", "ana", "reader")]),
    "one leaves while the other demotes himself": (
        TWO,
        [("give_up", "ana", "ana"), ("change_role", "bo", "bo", "member")],
    ),
    "one removes while the other grants": (
        TWO | {"cy": ""},
        [("revoke", "ana", "bo"), ("grant", "bo", "cy", "member")],
    ),
    "a circle of removals": (
        TWO | {"cy": "owner"},
        [("revoke", "ana", "bo"), ("revoke", "bo", "cy"), ("revoke", "cy", "ana")],
    ),
    "both grant the same person": (
        TWO | {"cy": ""},
        [("grant", "ana", "cy", "member"), ("grant", "bo", "cy", "reader")],
    ),
    "removed while leaving": (
        TWO | {"cy": "member"},
        [("revoke", "ana", "cy"), ("give_up", "cy", "cy"), ("revoke", "bo", "cy")],
    ),
    "removed while the role changes": (
        TWO | {"cy": "reader"},
        [("revoke", "ana", "cy"), ("change_role", "bo", "cy", "member")],
    ),
    "staff appoint an owner while the last one leaves": (
        {"ana": "owner", "cy": "reader", "staff": ""},
        [("appoint_owner", "staff", "cy"), ("give_up", "ana", "ana")],
    ),
    "staff appoint a member who leaves": (
        {"ana": "owner", "cy": "member", "staff": ""},
        [("appoint_owner", "staff", "cy"), ("give_up", "cy", "cy")],
    ),
    "two workers grant what was waiting": (
        {"ana": "owner", "dan": "pending member"},
        [("grant_pending", "ana", "dan"), ("grant_pending", "ana", "dan")],
    ),
    "granted after the move while the role changes": (
        {"ana": "owner", "dan": "pending reader"},
        [("grant_pending", "ana", "dan"), ("change_role", "ana", "dan", "member")],
    ),
    "removed while granted after the move": (
        {"ana": "owner", "dan": "pending owner"},
        [("grant_pending", "ana", "dan"), ("revoke", "ana", "dan")],
    ),
    "two members of staff transfer the box": (
        {"ana": "census owner", "bo": "census member", "staff": ""},
        [("transfer", "staff", "ana"), ("transfer", "staff", "ana")],
    ),
    "leaves while the next owner is granted after the move": (
        {"ana": "owner", "dan": "pending owner"},
        [("grant_pending", "ana", "dan"), ("give_up", "ana", "ana")],
    ),
}


class Play:
    """The people, in processes of their own, on a database of their own."""

    def __init__(self, folder: Path, database: str) -> None:
        self.log = folder / "portal.log"
        environment = os.environ | {
            "PORTAL_SECRET_KEY": "races-only-" + "k" * 40,
            "PORTAL_VAR_DIR": str(folder),
            "DATABASE_URL": database,
            "PORTAL_LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "tests.races.owners_process"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def perform(self, people: dict[str, str], acts: list[Act], rounds: int) -> list[dict[str, list]]:
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps({"people": people, "acts": acts, "rounds": rounds}), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, self.log.read_text()
        return json.loads(answer)

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


@contextmanager
def playing(folder: Path, database: str) -> Iterator[Play]:
    play = Play(folder, database)
    try:
        yield play
    finally:
        play.close()


@pytest.fixture
def on_postgres(tmp_path: Path) -> Iterator[Play]:
    if not postgres.AVAILABLE:
        pytest.skip("PostgreSQL is not installed")
    with postgres.start_postgres() as server, playing(tmp_path, server.create_database("portal")) as play:
        yield play


def check(play: Play, scene: str, rounds: int) -> list[dict[str, list]]:
    people, acts = SCENES[scene]
    allowed = possible(people, acts)
    seen = play.perform(people, acts, rounds)
    assert len(seen) == rounds, scene
    for one in seen:
        owners = [name for name, role, state, _ in one["rows"] if (role, state) == ("owner", "active")]
        assert owners, (scene, one)
        found = {kind: values if kind == "outcomes" else sorted(values) for kind, values in one.items()}
        assert found in allowed, scene
    return seen


def test_what_happened_is_some_order_of_the_acts(on_postgres: Play) -> None:
    """All scenes in one test: the server, its migrations and the people who act are waited for once."""
    for scene in SCENES:
        if scene != "each removes the other":
            check(on_postgres, scene, ROUNDS)
    # One is left, always, and the other was told.
    for one in check(on_postgres, "each removes the other", OFTEN):
        (left,) = [name for name, _, state, _ in one["rows"] if state == "active"]
        (gone,) = [name for name, _, state, _ in one["rows"] if state == "removed"]
        assert sorted(one["outcomes"]) == ["NotOwner", "done"]
        assert one["journal"] == [["box.revoked", left, gone]]
        assert one["notices"] == [[gone, "box.revoked"]]


def test_on_sqlite_too(migrated: Path, tmp_path: Path) -> None:
    shutil.copy(migrated, tmp_path / "portal.sqlite3")
    with playing(tmp_path, f"sqlite:///{tmp_path / 'portal.sqlite3'}") as play:
        for scene in ("each removes the other", "three leave", "both grant the same person"):
            check(play, scene, ROUNDS)
