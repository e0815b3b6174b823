from collections.abc import Iterator

import pytest

from tests.bascule.conversions.filters.proof import runner
from tests.bascule.conversions.filters.proof.trial import Trial, on_trial
from tests.simulated import Simulated, start_simulator


@pytest.fixture(scope="session")
def proof_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """One simulated Zimbra for all trials of a worker."""
    with start_simulator(tmp_path_factory.mktemp("proof")) as running:
        yield running


@pytest.fixture(scope="session")
def sieve_test() -> Iterator[runner.Runner]:
    if not runner.AVAILABLE:
        pytest.skip("sieve-test is not installed")
    with runner.running() as ready:
        yield ready


@pytest.fixture(scope="session")
def trial(proof_server: Simulated, sieve_test: runner.Runner) -> Iterator[Trial]:
    """One for all tests of a worker: each begins by replacing all rules."""
    with on_trial(proof_server, sieve_test) as ready:
        yield ready
