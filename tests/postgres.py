"""A PostgreSQL server for tests: Debian's, with data of its own in a temporary folder, gone at the end.

with start_postgres() as server:
    server.create_database("races")
    os.environ["DATABASE_URL"] = server.url("races")

It listens on a Unix socket in that folder only, which nobody else may enter, so that it needs no password and no port.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

OWNER = "portal"
# The data last as long as the tests: nothing of them has to survive a power cut.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "40",
    "listen_addresses": "",
    # A deadlock fails its test at once instead of slowing it down.
    "deadlock_timeout": "200ms",
}


def _programs() -> Path | None:
    """The folder of the newest PostgreSQL that Debian has put on this machine."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(path.parent.parent.name), default=None)
    return newest.parent if newest else None


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: who runs it instead; None: whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


PROGRAMS = _programs()
AVAILABLE = PROGRAMS is not None


@dataclass(frozen=True)
class Postgres:
    """A running server, known by the folder of its socket."""

    folder: Path

    def url(self, database: str) -> str:
        """Value of DATABASE_URL."""
        return f"postgresql://{OWNER}@/{database}?host={quote(str(self.folder), safe='')}"

    def create_database(self, name: str) -> str:
        """Make an empty database; gives its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)


@contextmanager
def start_postgres() -> Iterator[Postgres]:
    """Make a server, wait until it answers, stop it and delete its data at the end. RuntimeError: it did not start."""
    assert PROGRAMS is not None, "PostgreSQL is not installed"
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = _server_user()
    if user is not None:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    # Nothing of the environment: PGDATA and its like would be obeyed.
    run_as = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    surroundings = {"cwd": folder, "env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}, "stdin": subprocess.DEVNULL}
    data, log = folder / "data", folder / "server.log"
    try:
        with log.open("ab") as output:
            command = [PROGRAMS / "initdb", "--pgdata", data, "--username", OWNER]
            command += ["--auth=trust", "--encoding=UTF8", "--no-sync"]
            subprocess.run(command, check=True, stdout=output, stderr=output, **surroundings, **run_as)
            command = [PROGRAMS / "postgres", "-D", data, "-k", folder]
            command += [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
            process = subprocess.Popen(command, stdout=output, stderr=output, **surroundings, **run_as)
        try:
            server = Postgres(folder)
            _wait_for(server, process, log)
            yield server
        finally:
            # Fast shutdown: whoever is still connected is cut off.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder)


def _wait_for(server: Postgres, process: subprocess.Popen[bytes], log: Path, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-3000:]}")
