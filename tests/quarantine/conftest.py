"""A real store of the sending limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stores import StoreServer


@pytest.fixture(scope="session")
def store_process() -> Iterator[StoreServer]:
    """One for all tests of this process, which neither kill nor pause it."""
    server = StoreServer()
    yield server
    server.close()


@pytest.fixture
def store_server(store_process: StoreServer) -> StoreServer:
    """The store, empty."""
    store_process.empty()
    return store_process
