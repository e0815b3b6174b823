"""Directory imports confirmed by several at once, their workers killed in mid-write: written once, whole or not at all.

Only with PORTAL_TEST_ROUNDS set (`make bench`), on SQLite and PostgreSQL; tests/accounts/directory/test_applying.py
tries the same by exceptions every day.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import postgres
from tests.races.test_kill_intake import database
from tests.races.test_kill_worker import ROOT

pytestmark = pytest.mark.processes

ROUNDS = os.environ.get("PORTAL_TEST_ROUNDS", "")


@pytest.mark.skipif(not ROUNDS, reason="make bench")
@pytest.mark.parametrize("kind", ["sqlite", "postgres"] if postgres.AVAILABLE else ["sqlite"])
def test_lists_are_written_once_and_whole(tmp_path: Path, migrated: Path, kind: str) -> None:
    with database(kind, tmp_path, migrated) as (url, _):
        environment = os.environ | {
            "PORTAL_SECRET_KEY": "races-only-" + "k" * 40,
            "PORTAL_SEAL_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "PORTAL_VAR_DIR": str(tmp_path),
            "DATABASE_URL": url,
            "PORTAL_LOG_LEVEL": "ERROR",
        }
        command = [sys.executable, "-m", "tests.races.directory_at_once", str(min(int(ROUNDS), 10))]
        ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    found = json.loads(ended.stdout)
    assert found["wrong"] == []
    assert found["struck"] > 0
