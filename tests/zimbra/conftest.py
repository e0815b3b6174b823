from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulated import Server, Simulated, real_server, start_simulator
from zimbra.client import ZimbraClient


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real Zimbra the environment names, else one simulator for all tests of a worker.

    Each test makes accounts of its own.
    """
    with real_server() as real:
        if real is not None:
            yield real
            return
    with start_simulator(tmp_path_factory.mktemp("zimbra")) as simulated:
        yield simulated


@pytest.fixture
def client(server: Server) -> Iterator[ZimbraClient]:
    """A new person's empty mailbox."""
    with server.client(server.create_account()) as signed_in:
        yield signed_in


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Simulated]:
    """A simulator of the test's own, for tests that disturb it."""
    with start_simulator(tmp_path / "zimbra") as running:
        yield running
