"""What holds for the whole run."""

import gc

import pytest


def pytest_collection_finish(session: pytest.Session) -> None:
    """Ten thousand collected tests stay to the end: the collector need not look through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
