"""What every family of verbs stands on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from zimbra.endpoint import Endpoint
from zimbra.errors import LOST, ZimbraError
from zimbra.types import Outcome

T = TypeVar("T")


class Verbs:
    """base: scheme, host and port of the user service; endpoint: its SOAP address with the account's session."""

    def __init__(self, base: str, endpoint: Endpoint) -> None:
        self.base = base
        self.endpoint = endpoint


def not_done(error: ZimbraError) -> Outcome:
    """The outcome of an item that got an error in place of an id."""
    return Outcome(code=LOST if error.outcome_unknown else error.code, reason=error.reason)


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
