"""Passwords that a person types for one job, which a worker then uses: never stored.

The password is sealed with a key made for it alone. The sealed half lies in a row, sealed once more with the portal's
keys; the other half, the ticket, travels in the worker's message and stands in no row, page or log. Neither of them is
worth anything alone. The row goes when the job ends, or when its time is over, whichever comes first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts import sealing
from accounts.models import Agent, OneOffSecret

if TYPE_CHECKING:
    from celery import Task

# A queue keeps the ticket no longer than its job may begin.
_HIDDEN = "(ticket)"


class SecretGone(Exception):
    """It was used up, its time is over, or the ticket is for something else: the person has to type it again."""

    sentence = "Le mot de passe saisi n’est plus disponible : saisissez-le de nouveau."


class QueueAway(Exception):
    """No worker can be told; nothing was kept."""

    sentence = "Le service est momentanément indisponible : réessayez dans quelques minutes."


def keep(secret: str, *, purpose: str, by: Agent, lasts: timedelta, now: datetime | None = None) -> str:
    """A ticket for `secret`, good for `purpose` as long as it `lasts`. purpose: what the job is, with its number."""
    key = Fernet.generate_key()
    sealed = sealing.seal(Fernet(key).encrypt(secret.encode()))
    row = OneOffSecret.objects.create(agent=by, purpose=purpose, sealed=sealed, until=(now or timezone.now()) + lasts)
    return f"{row.pk}:{key.decode()}"


def open_ticket(ticket: str, *, purpose: str, now: datetime | None = None) -> str:
    """The secret; it stays until `forget`, so that a job handed to a second worker goes on. Raises SecretGone."""
    pk, _, key = ticket.partition(":")
    row = OneOffSecret.objects.filter(pk=int(pk), purpose=purpose, until__gt=now or timezone.now()).first()
    if row is None:
        raise SecretGone
    try:
        return Fernet(key).decrypt(sealing.unseal(bytes(row.sealed))).decode()
    except (InvalidToken, sealing.CannotOpen, ValueError) as error:
        raise SecretGone from error


def forget(ticket: str) -> None:
    """Called when the job ends, however it ends."""
    OneOffSecret.objects.filter(pk=int(ticket.partition(":")[0])).delete()


def forget_overdue(now: datetime | None = None) -> int:
    """Gives how many went."""
    return OneOffSecret.objects.filter(until__lte=now or timezone.now()).delete()[0]


def hand_over(task: Task, pk: int, ticket: str, *, lasts: timedelta, in_seconds: float = 0) -> None:
    """Queue `task` (row, ticket) without the ticket being shown to whoever watches the queue. Raises QueueAway."""
    try:
        task.apply_async(
            (pk, ticket),
            countdown=in_seconds or None,
            retry=False,
            expires=lasts.total_seconds(),
            argsrepr=f"({pk}, {_HIDDEN})",
        )
    except OperationalError as error:
        forget(ticket)
        raise QueueAway from error


def hand_over_on_commit(task: Task, pk: int, ticket: str, *, lasts: timedelta) -> None:
    """As `hand_over`, once the present transaction has committed."""
    transaction.on_commit(lambda: hand_over(task, pk, ticket, lasts=lasts))
