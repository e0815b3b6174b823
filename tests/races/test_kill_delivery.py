"""SIGKILL before every line of a delivery, and of the intake: the message is there once, whatever line it was.

Without PORTAL_TEST_ROUNDS one line in fifteen is tried, with it every line.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.races.test_kill_worker import Portal, zimbra
from tests.simulated import DOMAIN, Simulated
from zimbra import soap

__all__ = ["zimbra"]
pytestmark = pytest.mark.processes

EVERY = 1 if os.environ.get("PORTAL_TEST_ROUNDS") else 24
# Of a delivery: each line is tried on a message of its own.
MOST_LINES = 400
MESSAGES = MOST_LINES // EVERY + 2
OTHER = f"autre@{DOMAIN}"


@pytest.fixture
def portal(tmp_path: Path, zimbra: Simulated, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    monkeypatch.setenv("PORTAL_QUARANTINE_DELIVERY", f"lmtp://127.0.0.1:{zimbra.lmtp_port}")
    monkeypatch.setenv("PORTAL_QUARANTINE_DOMAINS", DOMAIN)
    made = Portal(tmp_path, zimbra, "tests.races.quarantine_process", migrated=migrated)
    yield made
    made.close()


@pytest.fixture
def address(zimbra: Simulated) -> str:
    # Nothing but our own care keeps doubles away.
    return zimbra.create_account(zimbraPrefMessageIdDedupingEnabled="FALSE")


def subjects(zimbra: Simulated, address: str) -> Counter[int]:
    with zimbra.client(address) as client:
        hits = client.search_elements("is:anywhere", "message")
        return Counter(int(part.text or "") for hit in hits for part in hit if soap.local_name(part) == "su")


def told(portal: Portal, command: str) -> str:
    """What a command answers before it is done."""
    answer = portal._tell(command)
    assert portal._process.stdout
    assert portal._process.stdout.readline() == b"done\n", portal.log.read_text()
    return answer


def test_workers_killed_at_the_lines_of_a_delivery(portal: Portal, zimbra: Simulated, address: str) -> None:
    portal.run(f"release {address} {MESSAGES}")
    holds = [pk for (pk,) in portal.ask("SELECT id FROM quarantine_hold ORDER BY id")]
    total = int(told(portal, f"lines deliver {holds[0]}"))
    assert 100 < total < MOST_LINES
    for hold, line in zip(holds[1:], range(1, total + 1, EVERY), strict=False):
        portal.run(f"kill {line} deliver {hold}")
    begun = set(portal.ask("SELECT state, handed_over_at IS NULL FROM quarantine_hold"))
    # Some had not begun, some were handed over and did not hear the answer, some were through.
    assert len(begun) == 3
    portal.run("finish")
    assert portal.ask("SELECT DISTINCT state FROM quarantine_hold") == [("released",)]
    assert subjects(zimbra, address) == Counter(range(MESSAGES))
    journal = "SELECT count(*), count(DISTINCT target) FROM accounts_journalentry WHERE action = 'hold.released'"
    assert portal.ask(journal) == [(MESSAGES, MESSAGES)]


def test_intakes_killed_at_the_lines_of_a_message(portal: Portal, zimbra: Simulated, address: str) -> None:
    # Held for one, handed on for the other.
    portal.run(f"trust {address}")
    total = int(told(portal, f"lines bring 0 {OTHER} {address}"))
    assert total > 100
    struck = range(1, total + 1, EVERY)
    for number, line in enumerate(struck, start=1):
        portal.run(f"kill {line} bring {number} {OTHER} {address}")
    states = {state for (state,) in portal.ask("SELECT DISTINCT state FROM quarantine_passage")}
    assert states == {"held", "started", "delivered"}
    for number in range(len(struck) + 1):
        portal.run(f"bring {number} {OTHER} {address}")
    assert subjects(zimbra, address) == Counter(range(len(struck) + 1))
    held = [[OTHER, str(number), "spam"] for number in range(len(struck) + 1)]
    assert sorted(json.loads(told(portal, "held"))) == sorted(held)
