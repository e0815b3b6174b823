"""The SQLite file: one connection per reading thread and one for all writers, transactions.

One HTTP request is one transaction. Writers take a lock of the process before SQLite's own, so that they queue
fairly instead of polling; readers never wait (write-ahead log). `synchronous=FULL`: what was answered is on disk.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zimbra.simulator.store.schema import STEPS


class Database:
    """The file, opened once per process. `directory` is created when missing."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / "simulator.sqlite3"
        self._local = threading.local()
        self._writing = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._connections: list[sqlite3.Connection] = []
        # Rises with every change: who waits for one need not ask the file.
        self.commits = 0
        connection = self.connection()
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(STEPS):
            raise RuntimeError(f"{self._path}: written by a later version of the simulator ({version})")
        for number, step in enumerate(STEPS[version:], version + 1):
            connection.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")
        with self.transaction(write=True) as db:
            db.execute("INSERT OR IGNORE INTO settings VALUES ('token_key', ?)", (secrets.token_hex(32),))
        self.token_key = bytes.fromhex(
            connection.execute("SELECT value FROM settings WHERE name = 'token_key'").fetchone()[0]
        )

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=30, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -8000")
        # Copying the log into the file every 16 MB instead of every 4 saves waits for the disk during an import.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        self._connections.append(connection)
        return connection

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        """One transaction, committed when the block ends and undone when it raises."""
        if not write:
            connection = self.connection()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")
            return
        with self._writing:
            # All writers take turns with one connection: what it read and wrote before is still in its memory.
            connection = self._writer = self._writer or self._connect()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            self.commits += 1

    def close(self) -> None:
        """Close every thread's connection; call when no request is running."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
