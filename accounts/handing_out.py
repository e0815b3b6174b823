"""Handing work to the queue. The queue is a hint: rows tell what is to be done, and the clock hands it out again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from kombu.exceptions import OperationalError

if TYPE_CHECKING:
    from celery import Task

log = logging.getLogger(__name__)


def hand_out(task: Task, pk: int | str, *, in_seconds: float = 0) -> None:
    """Queue `task` for row `pk`, or for those of an address. A queue that does not answer is logged and forgotten: the
    clock comes by."""
    try:
        task.apply_async((pk,), countdown=in_seconds or None, retry=False)
    except OperationalError as error:
        log.warning("%s %s not queued: %s", task.name, pk, type(error).__name__)


def hand_out_on_commit(task: Task, pk: int | str) -> None:
    """As `hand_out`, once the present transaction has committed."""
    transaction.on_commit(lambda: hand_out(task, pk))
