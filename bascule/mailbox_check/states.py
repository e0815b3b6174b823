"""The life of a census: one table of moves, one function that makes them, and the fence of its workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import claims
from bascule.mailbox_check.errors import WrongState
from bascule.models import MailboxCensus

State = MailboxCensus.State

MOVES: dict[str, set[str]] = {
    State.WAITING: {State.RUNNING, State.NEEDS_PASSWORD, State.FAILED, State.CANCELLED},
    State.RUNNING: {State.DONE, State.NEEDS_PASSWORD, State.FAILED, State.CANCELLED},
    State.NEEDS_PASSWORD: {State.WAITING, State.RUNNING, State.CANCELLED},
    # What was read is kept: it goes on from there.
    State.FAILED: {State.WAITING},
    State.DONE: set(),
    State.CANCELLED: set(),
}


def move(pk: int, *, to: str, **fields: Any) -> None:
    """Bring census `pk` to state `to`, and set `fields` with it, in one UPDATE. Raises WrongState."""
    sources = [source for source, targets in MOVES.items() if to in targets]
    if to not in MailboxCensus.UNDER_WAY:
        fields.setdefault("finished_at", timezone.now())
    if not MailboxCensus.objects.filter(pk=pk, state__in=sources).update(state=to, **fields):
        raise WrongState


@contextmanager
def writing(claim: claims.Claim) -> Iterator[None]:
    """As `Claim.writing`, as long as the census is being worked on: one that was abandoned is let go.

    Raises ClaimLost.
    """
    with transaction.atomic():
        if not claim.renewed(state=State.RUNNING):
            raise claims.ClaimLost
        yield
