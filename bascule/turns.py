"""Whose turn it is in a person's mailbox.

Imports and replays alike: rows of one kind and one person take turns, the oldest first, and one that waits for Zimbra
keeps its turn. Two side by side would each build on what the other is about to change.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import claims
from accounts.models import Agent
from bascule.models import Import, Replay


def take(model: type[Import] | type[Replay], pk: int, **when_idle: object) -> claims.Claim | None:
    """The claim on row `pk` when it is its turn, None otherwise.

    when_idle: conditions under which a row that is not under way has something to do all the same.
    """
    with transaction.atomic():
        row = model._default_manager.filter(pk=pk).only("agent_id", "state", "retry_at").first()
        if row is None or (row.retry_at and row.retry_at > timezone.now()):
            return None
        # Two rows of one person are told apart under this lock.
        Agent.objects.select_for_update().only("pk").get(pk=row.agent_id)
        others = model._default_manager.filter(agent_id=row.agent_id).exclude(pk=pk)
        first = Q(state__in=model.UNDER_WAY, pk__lt=pk)
        concerned = others.filter(~Q(holder="") | first)
        if concerned and (
            concerned.filter(first).exists() or len(claims.without_live_holder(concerned)) < len(concerned)
        ):
            return None
        if row.state in model.UNDER_WAY:
            return claims.take(model, pk, state__in=model.UNDER_WAY)
        return claims.take(model, pk, **when_idle) if when_idle else None


def next_of(model: type[Import] | type[Replay], pk: int) -> int | None:
    """The row of the same person whose turn comes once `pk` is through."""
    agent_id = model._default_manager.filter(pk=pk).values_list("agent_id", flat=True).first()
    if agent_id is None:
        return None
    rows = model._default_manager.filter(agent_id=agent_id, state__in=model.UNDER_WAY).exclude(pk=pk)
    return rows.order_by("pk").values_list("pk", flat=True).first()
