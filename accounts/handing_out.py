"""Handing work to the queue. The queue is a hint: rows tell what is to be done, and the clock hands it out again."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from django.db import transaction
from kombu.exceptions import OperationalError

if TYPE_CHECKING:
    from celery import Task

log = logging.getLogger(__name__)

# A queue that is away makes whoever calls it wait for seconds: not for each row of many, nor for each message that
# comes in. The clock hands out every few seconds what was left out meanwhile.
PAUSE_SECONDS = 30.0
_away_until = 0.0


def hand_out(task: Task, pk: int | str, *, in_seconds: float = 0) -> None:
    """Queue `task` for row `pk`. A queue that does not answer is logged, forgotten, and left alone for a while: the
    clock comes by."""
    global _away_until
    if time.monotonic() < _away_until:
        return
    try:
        task.apply_async((pk,), countdown=in_seconds or None, retry=False)
    except OperationalError as error:
        _away_until = time.monotonic() + PAUSE_SECONDS
        log.warning("%s %s not queued: %s", task.name, pk, type(error).__name__)


def hand_out_on_commit(task: Task, pk: int | str) -> None:
    """As `hand_out`, once the present transaction has committed."""
    transaction.on_commit(lambda: hand_out(task, pk))
