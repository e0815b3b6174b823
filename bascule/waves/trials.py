"""What a change of the planning would do: it is done, looked at, and taken back before anybody sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

Result = TypeVar("Result")


def tried(write: Callable[[], Result]) -> Result:
    """What `write` gives, as if it had never been called: rows, journal and mail are undone. Raises what it raises.

    So that a page that asks for confirmation counts by the same rules as the change itself.
    """
    with transaction.atomic():
        result = write()
        transaction.set_rollback(True)
    return result
