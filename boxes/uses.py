"""The boxes a person says they use: noted before the move, looked for after it."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet

from accounts import journal
from accounts.models import Agent
from boxes.models import Box, BoxUse


def boxes_in_reach(agent: Agent) -> QuerySet[Box]:
    """Boxes that `agent` may tick: those of the own establishment or service."""
    if agent.establishment_id is None:
        return Box.objects.none()
    return Box.objects.filter(establishment_id=agent.establishment_id)


def noted(agent: Agent) -> QuerySet[Box]:
    return Box.objects.filter(uses__agent=agent)


@transaction.atomic
def note(*, agent: Agent, box_ids: Collection[int], by: Agent) -> int:
    """Make `box_ids`, as far as they are in reach, the boxes that `agent` uses; gives how many are noted."""
    wanted = set(boxes_in_reach(agent).filter(pk__in=box_ids).values_list("pk", flat=True))
    before = set(BoxUse.objects.filter(agent=agent).values_list("box_id", flat=True))
    if wanted != before:
        BoxUse.objects.filter(agent=agent, box_id__in=before - wanted).delete()
        BoxUse.objects.bulk_create([BoxUse(agent=agent, box_id=box_id) for box_id in wanted - before])
        journal.record("boxes.noted", by=by, subject=agent, count=len(wanted))
    return len(wanted)
