"""The database of a portal in tests of the whole way of a message: looked into from outside, and taken away."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg

from tests.postgres import Postgres

_ROOT = Path(__file__).resolve().parent.parent


class Database(Protocol):
    """url: as DATABASE_URL."""

    url: str

    def ask(self, query: str) -> list[tuple]: ...

    def away(self) -> AbstractContextManager[None]:
        """Nobody can use it meanwhile."""


class SqliteDatabase:
    """A copy of an SQLite file that the migrations made. Away, it makes everybody wait who has not what they need."""

    def __init__(self, path: Path, migrated: Path) -> None:
        self.path = path
        self.url = f"sqlite:///{path}"
        shutil.copy(migrated, path)

    def ask(self, query: str) -> list[tuple]:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(query).fetchall()

    @contextmanager
    def away(self) -> Iterator[None]:
        with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
            connection.execute("ROLLBACK")


class PostgresDatabase:
    """A new database of a server. Away, whoever has a connection loses it, and nobody gets one."""

    def __init__(self, server: Postgres, name: str) -> None:
        self._server, self._name = server, name
        self.url = server.create_database(name)
        command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": self.url}
        subprocess.run(command, cwd=_ROOT, env=environment, check=True)

    def ask(self, query: str) -> list[tuple]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    @contextmanager
    def away(self) -> Iterator[None]:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS false'.encode())
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._name]
            )
            try:
                yield
            finally:
                connection.execute(f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS true'.encode())
