"""What holds for the whole run."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.migrated import fill, migrated_database

# Thousands of modules and tests stay to the end: the collector need not look through them again and again, least of all
# while pytest compiles and collects them.
gc.set_threshold(100_000, 20, 50)


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.collect()
    gc.freeze()


def copies_database() -> bool:
    """Whether several workers share one database as the migrations leave it; alone, a worker just migrates its own."""
    return "PYTEST_XDIST_WORKER" in os.environ and connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables and rows that the migrations make, to be copied."""
    folder = tmp_path_factory.getbasetemp()
    return migrated_database(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    if copies_database():
        connection.settings_dict["TEST"]["MIGRATE"] = False


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    if copies_database():
        with django_db_blocker.unblock():
            fill(connection, request.getfixturevalue("migrated"))
            # What tests that empty the tables begin with.
            connection._test_serialized_contents = connection.creation.serialize_db_to_string()
