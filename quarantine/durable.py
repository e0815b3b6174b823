"""Commits that are on disk when they return.

PostgreSQL's are. SQLite in write-ahead mode leaves the last ones in memory for speed (`PRAGMA synchronous=NORMAL`):
nothing is broken by a power cut, but they are gone. What is promised to a mail server must not be.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def always() -> None:
    """From now on, for every connection of this process."""
    connection_created.connect(_on_connection, dispatch_uid="quarantine.durable")


@contextmanager
def commits() -> Iterator[None]:
    """For the connection of this thread, while the block lasts. Within a transaction it stays as it is."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA synchronous").fetchone()[0]
        cursor.execute("PRAGMA synchronous=FULL")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA synchronous={int(before)}")


def _on_connection(connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
