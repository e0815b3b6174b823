"""What the checklist shows of a person's boxes: those they noted before the move, looked for after it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from accounts.models import Agent
from boxes import selectors, uses
from boxes.models import Box, Delegation
from boxes.selectors import Member


@dataclass(frozen=True)
class Missing:
    """A box that was noted and is not among the person's own. owners: active ones, who can give access."""

    box: Box
    owners: tuple[Agent, ...] = ()

    @property
    def is_transferred(self) -> bool:
        return self.box.is_shared


@dataclass(frozen=True)
class Found:
    """noted: how many boxes the person had noted before the move."""

    mine: list[Member]
    missing: list[Missing]
    noted: int = 0

    @property
    def is_complete(self) -> bool:
        return bool(self.noted) and not self.missing


def found(agent: Agent) -> Found:
    """The boxes `agent` has access to, and those noted that are missing; three queries."""
    mine = selectors.my_boxes(agent)
    have = {one.row.box_id for one in mine}
    noted = list(uses.noted(agent).order_by("name", "address"))
    gone = [box for box in noted if box.pk not in have]
    owners: dict[int, list[Agent]] = defaultdict(list)
    if gone:
        rows = Delegation.objects.active().owners().filter(box__in=[box.pk for box in gone], agent__is_active=True)
        for row in rows.select_related("agent"):
            owners[row.box_id].append(row.agent)
    return Found(mine, [Missing(box, tuple(owners[box.pk])) for box in gone], len(noted))
