"""Whose turn it is in a person's mailbox, and what becomes of a turn that cannot be finished.

Imports and replays alike: rows of one kind and one person take turns, the oldest first, and one that waits for Zimbra
keeps its turn. Two side by side would each build on what the other is about to change.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Agent
from bascule import claims
from bascule.models import Import, Replay

log = logging.getLogger(__name__)

INTERNAL = "internal"


def take(model: type[Import] | type[Replay], pk: int, **when_idle: object) -> claims.Claim | None:
    """The claim on row `pk` when it is its turn, None otherwise.

    when_idle: conditions under which a row that is not under way has something to do all the same.
    """
    with transaction.atomic():
        row = model._default_manager.filter(pk=pk).only("agent_id", "state", "retry_at").first()
        if row is None or (row.retry_at and row.retry_at > timezone.now()):
            return None
        # Two rows of one person are told apart under this lock.
        Agent.objects.select_for_update().get(pk=row.agent_id)
        others = model._default_manager.filter(agent_id=row.agent_id).exclude(pk=pk)
        held = others.exclude(holder="")
        if held.count() > len(claims.without_live_holder(held)):
            return None
        if others.filter(state__in=model.UNDER_WAY, pk__lt=pk).exists():
            return None
        if row.state in model.UNDER_WAY:
            return claims.take(model, pk, state__in=model.UNDER_WAY)
        return claims.take(model, pk, **when_idle) if when_idle else None


def use(claim: claims.Claim, work: Callable[[claims.Claim], float | None]) -> float | None:
    """Do `work` and let the row go; gives what `work` gives: the seconds to wait before the next go, or None.

    What nobody foresaw is raised, and the next go waits: it must not be repeated in a loop.
    """
    wait: float | None = None
    foreseen = False
    try:
        wait = work(claim)
        foreseen = True
    except claims.ClaimLost:
        log.info("%s %s: another worker took over", claim.model._meta.model_name, claim.pk)
        foreseen = True
    finally:
        if not foreseen:
            postpone(claim, INTERNAL, None)
        claim.release()
    return wait


def postpone(claim: claims.Claim, code: str, asked: float | None) -> float | None:
    """Note that Zimbra has to be waited for, and until when: twice as long each time, at least what it asked for.

    Gives the seconds; None when somebody else holds the row by now.
    """
    rows = claim.model._default_manager.filter(pk=claim.pk)
    try:
        with claim.writing():
            attempts = rows.values_list("attempts", flat=True).get()
            doubled = settings.IMPORT_RETRY_SECONDS * 2 ** min(attempts, 16)
            seconds = max(min(doubled, settings.IMPORT_RETRY_MAX_SECONDS), min(asked or 0, 3600))
            rows.update(
                attempts=min(attempts + 1, 30_000),
                waiting_for=code[:200],
                retry_at=timezone.now() + timedelta(seconds=seconds),
            )
    except claims.ClaimLost:
        return None
    log.warning("%s %s waits %s s: %s", claim.model._meta.model_name, claim.pk, seconds, code)
    return float(seconds)


def next_of(model: type[Import] | type[Replay], pk: int) -> int | None:
    """The row of the same person whose turn comes once `pk` is through."""
    agent_id = model._default_manager.filter(pk=pk).values_list("agent_id", flat=True).first()
    if agent_id is None:
        return None
    rows = model._default_manager.filter(agent_id=agent_id, state__in=model.UNDER_WAY).exclude(pk=pk)
    return rows.order_by("pk").values_list("pk", flat=True).first()
