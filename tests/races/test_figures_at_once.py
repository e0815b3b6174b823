"""One wave counted by several workers at once while its people go on: no doubles, no torn figures, nothing forgotten.

On PostgreSQL, where transactions really run side by side. Played by `make bench`, which sets PORTAL_TEST_ROUNDS.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import postgres

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif("PORTAL_TEST_ROUNDS" not in os.environ, reason="played by make bench")
@pytest.mark.skipif(not postgres.AVAILABLE, reason="PostgreSQL is not installed")
def test_counting_at_once_makes_no_doubles_and_readers_see_whole_figures(tmp_path: Path) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PORTAL_VAR_DIR": str(tmp_path),
    }
    rounds = min(int(os.environ["PORTAL_TEST_ROUNDS"]), 100)
    with postgres.start_postgres() as server:
        environment["DATABASE_URL"] = server.create_database("portal")
        command = [sys.executable, "-m", "tests.races.figures_process", str(rounds)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["errors"] == []
    assert found["torn"] == []
    assert found["looks"] > 0
    assert (found["rows"], found["doubles"], found["days"]) == (6, 0, 1)
    assert found["started"] == found["wanted"]
