"""SIGKILL at random moments while boxes are transferred and their accesses changed: Zimbra exactly as planned.

PORTAL_TEST_KILLS sets how often each of the two rounds is struck (2 without it, on fewer boxes).
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.races.boxes_plan import Plan, differences
from tests.races.test_kill_worker import Portal, zimbra
from tests.simulated import Simulated

__all__ = ["zimbra"]
pytestmark = pytest.mark.processes

KILLS = int(os.environ.get("PORTAL_TEST_KILLS", "2"))
PLAN = Plan(boxes=7, members=8) if "PORTAL_TEST_KILLS" in os.environ else Plan(boxes=5, members=6)

QUIET = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM boxes_box WHERE work_asked_at IS NOT NULL)"
UNDONE = """SELECT b.address, d.id, d.state, d.applied_role, d.trouble FROM boxes_delegation d
            JOIN boxes_box b ON b.id = d.box_id WHERE d.state <> 'active' OR d.applied_role <> d.role
            OR (d.mount_id = '') <> d.hidden OR d.trouble <> ''"""


@pytest.fixture
def portal(tmp_path: Path, zimbra: Simulated, migrated: Path) -> Iterator[Portal]:
    made = Portal(tmp_path, zimbra, "tests.races.boxes_process", migrated=migrated)
    yield made
    made.close()


def strike(portal: Portal, chance: random.Random, done: str) -> None:
    """Kill one of the two workers as often as told, each time further on in the work; `done`: a query for how many
    rows are through. Then wait for the end."""
    total = PLAN.boxes * PLAN.members
    portal.start_worker()
    portal.start_worker()
    for number in range(KILLS):
        reached = int(total * (number + chance.random()) / KILLS)
        portal.wait_for(f"SELECT 1 WHERE ({done}) >= ? UNION {QUIET}", reached)
        time.sleep(chance.random() * 0.03)
        portal.kill_worker()
        portal.start_worker()
    portal.wait_for(QUIET)
    portal.kill_worker()
    portal.kill_worker()


def prepare(portal: Portal, zimbra: Simulated) -> None:
    for person in range(PLAN.people):
        zimbra.create_account(PLAN.address(person))
    portal.run(f"prepare {PLAN.boxes} {PLAN.members}")


DONE = f"SELECT {PLAN.boxes * PLAN.members} - (SELECT count(*) FROM ({UNDONE}))"


def test_workers_killed_while_boxes_are_transferred_then_changed(portal: Portal, zimbra: Simulated) -> None:
    chance = random.Random(20260901 + KILLS)
    prepare(portal, zimbra)
    strike(portal, chance, DONE)
    assert differences(zimbra, PLAN, changed=False) == []
    assert portal.ask(UNDONE) == []
    told = "SELECT count(*), count(DISTINCT target) FROM accounts_journalentry WHERE action = 'box.transferred'"
    assert portal.ask(told) == [(PLAN.boxes, PLAN.boxes)]

    portal.run(f"change {PLAN.boxes} {PLAN.members}")
    assert portal.ask(UNDONE) != []
    strike(portal, chance, DONE)
    assert differences(zimbra, PLAN, changed=True) == []
    assert portal.ask(UNDONE) == []


def test_accesses_changed_and_workers_killed_while_boxes_are_transferred(portal: Portal, zimbra: Simulated) -> None:
    chance = random.Random(20260902 + KILLS)
    prepare(portal, zimbra)
    portal.start_worker()
    portal.wait_for(f"SELECT 1 WHERE ({DONE}) >= ?", PLAN.members)
    portal.run(f"change {PLAN.boxes} {PLAN.members}")
    portal.kill_worker()
    strike(portal, chance, DONE)
    assert differences(zimbra, PLAN, changed=True) == []
    assert portal.ask(UNDONE) == []
