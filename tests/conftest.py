"""What holds for the whole run."""

from __future__ import annotations

import gc
import importlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import TestCase, TransactionTestCase
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from tests.each import examples
from tests.migrated import fill, migrated_database
from tests.simulated import Simulated, start_simulator

# Thousands of modules and tests stay to the end: the collector need not look through them again and again, least of all
# while pytest compiles and collects them.
gc.set_threshold(100_000, 20, 50)

# A machine that is busy with something else makes no test fail.
hypothesis_settings.register_profile("portal", max_examples=examples(100), deadline=None)
hypothesis_settings.load_profile("portal")

TESTS = Path(__file__).resolve().parent
# Where tests stand that start and kill many processes.
LONG = ("tests/migration_portal/test_demo.py", "tests/races/", "tests/quarantine/gateway/test_policy_process.py")
OF_DJANGO = {"contenttypes.contenttype", "auth.permission"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """In a new checkout, compiling the tests for their assertions takes longer than collecting them: each of several
    workers does its share first, which the others then find done."""
    worker: dict[str, Any] | None = getattr(session.config, "workerinput", None)
    if worker is None or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    for path in sorted(TESTS.rglob("test_*.py"))[int(worker["workerid"][2:]) :: worker["workercount"]]:
        # What is wrong with a module is told when it is collected.
        with suppress(ImportError, SyntaxError, LookupError, NameError, AttributeError, TypeError, ValueError):
            importlib.import_module(".".join(path.relative_to(TESTS.parent).with_suffix("").parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with its share of the tests that take longest: one of these at the end would leave the other
    workers without anything to do."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.nodeid.startswith(LONG)]
    short = [item for item in items if not item.nodeid.startswith(LONG)]
    # The shares are of one length, in this order.
    length = -(-len(items) // workers)
    shares = [long[number::workers] for number in range(workers)]
    for share in shares:
        missing = max(length - len(share), 0)
        share += short[:missing]
        del short[:missing]
    items[:] = [item for share in shares for item in share]


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.collect()
    gc.freeze()


def copies_database() -> bool:
    """Whether several workers share one database as the migrations leave it; alone, a worker just migrates its own."""
    return "PYTEST_XDIST_WORKER" in os.environ and connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """One simulated Zimbra for all tests of a worker: each makes accounts of its own there, and undoes any trouble."""
    with start_simulator(tmp_path_factory.mktemp("zimbra")) as running:
        yield running


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
def django_db_setup(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    with django_db_blocker.unblock():
        if copies_database():
            fill(connection, request.getfixturevalue("migrated"))
        # Django itself writes the kinds of rows that there are, whenever it has emptied the tables.
        rows = json.dumps(
            [row for row in json.loads(connection.creation.serialize_db_to_string()) if row["model"] not in OF_DJANGO]
        )
    empty_tables = TransactionTestCase._fixture_teardown

    def leave_what_migrations_made(case: TransactionTestCase) -> None:
        """Tests that commit empty every table at their end: rows that migrations wrote are put back for the next."""
        empty_tables(case)
        if not isinstance(case, TestCase):
            connection.creation.deserialize_db_from_string(rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", leave_what_migrations_made)
        yield
