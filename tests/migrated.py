"""The database as the migrations leave it: made once in a run, copied by every worker and by every portal of a test.

Taking an empty database through all migrations costs seconds, copying the file they end in nothing.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper

_ROOT = Path(__file__).resolve().parent.parent


def migrated_database(folder: Path) -> Path:
    """The SQLite file in `folder`, which all workers of a run share: whoever comes first makes it, the rest wait.

    subprocess.CalledProcessError: the migrations fail.
    """
    made = folder / "migrated.sqlite3"
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            growing = folder / "migrating.sqlite3"
            command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
            environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": f"sqlite:///{growing}"}
            subprocess.run(command, cwd=_ROOT, env=os.environ | environment, check=True)
            growing.rename(made)
    return made


def fill(connection: BaseDatabaseWrapper, made: Path) -> None:
    """Put what `made` holds in the place of everything in the SQLite database that Django is connected to."""
    connection.ensure_connection()
    with closing(sqlite3.connect(made)) as source:
        source.backup(connection.connection)
