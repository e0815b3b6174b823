from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from quarantine import durable

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's commits are on disk")
NORMAL, FULL = 1, 2


@pytest.fixture
def _back() -> Iterator[None]:
    yield
    connection_created.disconnect(dispatch_uid="quarantine.durable")


def synchronous(one: BaseDatabaseWrapper = connection) -> int:
    with one.cursor() as cursor:
        return cursor.execute("PRAGMA synchronous").fetchone()[0]


@pytest.mark.usefixtures("_back")
@pytest.mark.django_db
def test_every_connection_of_the_intake_commits_to_disk() -> None:
    with closing(connections.create_connection("default")) as before:
        assert synchronous(before) == NORMAL
    durable.always()
    with closing(connections.create_connection("default")) as after:
        assert synchronous(after) == FULL


@pytest.mark.django_db(transaction=True)
def test_a_delivery_commits_to_disk_and_leaves_the_rest_as_it_was() -> None:
    with durable.commits():
        assert synchronous() == FULL
        with transaction.atomic(), durable.commits():
            assert synchronous() == FULL
    assert synchronous() == NORMAL
    with transaction.atomic(), durable.commits():
        assert synchronous() == NORMAL
