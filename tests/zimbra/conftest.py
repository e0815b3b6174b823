from collections.abc import Iterator

import pytest

from tests.simulated import Simulated, start_simulator
from zimbra.client import ZimbraClient


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """One simulator for all tests of a worker; each test makes accounts of its own."""
    with start_simulator(tmp_path_factory.mktemp("zimbra")) as running:
        yield running


@pytest.fixture
def client(simulated: Simulated) -> Iterator[ZimbraClient]:
    """A new person's empty mailbox."""
    with simulated.client(simulated.create_account()) as signed_in:
        yield signed_in
