"""A worker is told of a census or of a small job: with the ticket of the password where there is one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from accounts import one_off
from accounts.handing_out import hand_out
from accounts.models import Agent

if TYPE_CHECKING:
    from celery import Task

# How long a password may be used: some minutes for a large mailbox, more when servers are slow or many people wait.
LASTS = timedelta(hours=1)


def purpose(kind: str, pk: int) -> str:
    """kind: "census" or "act"."""
    return f"mailbox_{kind}:{pk}"


def tell_on_commit(task: Task, kind: str, pk: int, *, by: Agent, password: str) -> None:
    """Queue `task` once the present transaction has committed; `password` "" where the portal has its own access.

    Raises one_off.QueueAway after the commit when a password cannot be handed over.
    """
    if password:
        ticket = one_off.keep(password, purpose=purpose(kind, pk), by=by, lasts=LASTS)
        one_off.hand_over_on_commit(task, pk, ticket, lasts=LASTS)
    else:
        transaction.on_commit(lambda: hand_out(task, pk))


def tell_again(task: Task, pk: int, ticket: str, *, in_seconds: float) -> None:
    """As the worker's last word on a row that has more to do. Raises one_off.QueueAway."""
    if ticket:
        one_off.hand_over(task, pk, ticket, lasts=LASTS, in_seconds=in_seconds)
    else:
        hand_out(task, pk, in_seconds=in_seconds)
