from collections.abc import Iterator

import pytest

from tests.bascule.conversions.filters.proof import runner
from tests.bascule.conversions.filters.proof.trial import Trial, on_trial
from tests.simulated import Simulated


@pytest.fixture(scope="session")
def sieve_test() -> Iterator[runner.Runner]:
    if not runner.AVAILABLE:
        pytest.skip("sieve-test is not installed")
    with runner.running() as ready:
        yield ready


@pytest.fixture(scope="session")
def trial(simulated: Simulated, sieve_test: runner.Runner) -> Iterator[Trial]:
    """One for all tests of a worker: each begins by replacing all rules."""
    with on_trial(simulated, sieve_test) as ready:
        yield ready
