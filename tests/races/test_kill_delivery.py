"""SIGKILL before every line of a delivery: the message is in the mailbox once, whatever line it was.

Without PORTAL_TEST_ROUNDS one line in eight is tried, with it every line.
"""

from __future__ import annotations

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

EVERY = 1 if os.environ.get("PORTAL_TEST_ROUNDS") else 8
MOST_LINES = 400
MESSAGES = MOST_LINES // EVERY + 2


@pytest.fixture
def portal(tmp_path: Path, zimbra: Simulated, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    monkeypatch.setenv("PORTAL_QUARANTINE_DELIVERY", f"lmtp://127.0.0.1:{zimbra.lmtp_port}")
    monkeypatch.setenv("PORTAL_QUARANTINE_DOMAINS", DOMAIN)
    made = Portal(tmp_path, zimbra, "tests.races.quarantine_process", migrated=migrated)
    yield made
    made.close()


def subjects(zimbra: Simulated, address: str) -> Counter[int]:
    with zimbra.client(address) as client:
        hits = client.search_elements("is:anywhere", "message")
        return Counter(int(part.text or "") for hit in hits for part in hit if soap.local_name(part) == "su")


def test_workers_killed_at_the_lines_of_a_delivery(portal: Portal, zimbra: Simulated) -> None:
    # Nothing but our own care keeps doubles away.
    address = zimbra.create_account(zimbraPrefMessageIdDedupingEnabled="FALSE")
    portal.run(f"prepare {address} {MESSAGES}")
    holds = [pk for (pk,) in portal.ask("SELECT id FROM quarantine_hold ORDER BY id")]
    total = int(portal._tell(f"lines {holds[0]}"))
    assert portal._process.stdout
    assert portal._process.stdout.readline() == b"done\n"
    assert 100 < total < MOST_LINES
    for hold, line in zip(holds[1:], range(1, total + 1, EVERY), strict=False):
        portal.run(f"kill {hold} {line}")
    begun = dict(Counter(portal.ask("SELECT state, handed_over_at IS NULL FROM quarantine_hold")))
    # Some had not begun, some were handed over and did not hear the answer, some were through.
    assert len(begun) == 3
    portal.run("finish")
    assert portal.ask("SELECT DISTINCT state FROM quarantine_hold") == [("released",)]
    assert subjects(zimbra, address) == Counter(range(MESSAGES))
    told = "SELECT count(*), count(DISTINCT target) FROM accounts_journalentry WHERE action = 'hold.released'"
    assert portal.ask(told) == [(MESSAGES, MESSAGES)]
