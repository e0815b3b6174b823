"""SIGKILL at random moments while filters are sent and taken back: the lists exactly as planned, then as before."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bascule.filters.captured import rule
from tests.races.test_kill_worker import Portal, zimbra
from tests.simulated import Simulated

__all__ = ["zimbra"]
pytestmark = pytest.mark.processes

KILLS = int(os.environ.get("PORTAL_TEST_KILLS", "3"))
RULES = 60
THEIRS = (rule("Perso 1", "Perso"), rule("Perso 2", active=False))
ACTS = 23


@pytest.fixture
def portal(tmp_path: Path, zimbra: Simulated, migrated: Path) -> Iterator[Portal]:
    made = Portal(tmp_path, zimbra, "tests.races.filters_process", migrated=migrated)
    yield made
    made.close()


def strike(portal: Portal, chance: random.Random, over: str) -> None:
    """Kill whoever works, as often as told, at any moment until the replay is in state `over`."""
    for number in range(KILLS):
        portal.wait_for("SELECT 1 FROM bascule_replay WHERE holder <> '' OR state = ?", over)
        if over == "done":
            reached = f"SELECT 1 FROM bascule_replay WHERE settled >= {ACTS * number // KILLS} OR state = ?"
            portal.wait_for(reached, over)
        time.sleep(chance.random() * 0.06)
        portal.kill_worker()
        portal.start_worker()
    portal.wait_for("SELECT 1 FROM bascule_replay WHERE state IN ('failed', ?)", over)
    assert portal.ask("SELECT state, error FROM bascule_replay") == [(over, "")]


def test_workers_killed_while_filters_are_sent_and_taken_back(portal: Portal, zimbra: Simulated) -> None:
    chance = random.Random(KILLS)
    address = zimbra.create_account()
    with zimbra.client(address) as client:
        client.replace_filters(THEIRS)
        client.replace_filters(THEIRS[:1], "outgoing")
        before = {one.path for one in client.folders().walk()}
        portal.run(f"prepare {address} {RULES}")
        portal.start_worker()
        strike(portal, chance, "done")
        assert portal.ask("SELECT differences, settled, total FROM bascule_replay") == [(0, ACTS, ACTS)]
        ours = [rule(f"Règle {number}", f"Classement/Dossier {number % 20}") for number in range(RULES)]
        assert client.filters() == (*THEIRS, *ours)
        assert client.filters("outgoing") == (THEIRS[0], *(rule(f"Envoi {number}") for number in range(RULES)))
        made = {one.path for one in client.folders().walk()} - before
        assert made == {"/Classement", *(f"/Classement/Dossier {number}" for number in range(20))}

        portal.run("undo")
        strike(portal, chance, "undone")
        assert client.filters() == THEIRS
        assert client.filters("outgoing") == THEIRS[:1]
        assert {one.path for one in client.folders().walk()} == before
