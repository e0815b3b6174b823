"""Several take in, release, delete and erase the same messages at once: no bytes are lost, and none stay behind.

On SQLite, and with PORTAL_TEST_ROUNDS set, on PostgreSQL as well.
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

LONG = bool(os.environ.get("PORTAL_TEST_ROUNDS"))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"] if LONG and postgres.AVAILABLE else ["sqlite"])
def test_what_is_held_can_be_read_and_what_is_erased_is_gone(tmp_path: Path, migrated: Path, kind: str) -> None:
    with database(kind, tmp_path, migrated) as (url, _):
        environment = os.environ | {
            "PORTAL_SECRET_KEY": "races-only-" + "k" * 40,
            "PORTAL_SEAL_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "PORTAL_VAR_DIR": str(tmp_path),
            "DATABASE_URL": url,
            "PORTAL_LOG_LEVEL": "ERROR",
        }
        command = [sys.executable, "-m", "tests.races.held_at_once", "200" if LONG else "25"]
        ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    assert json.loads(ended.stdout) == {"errors": [], "unreadable": [], "unheld": [], "files": [], "idle": []}
