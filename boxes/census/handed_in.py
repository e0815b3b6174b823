"""A list handed in for a census: kept sealed as it came, looked at row by row, and written only when confirmed.

What a row means is asked anew each time it is looked at: what was entered since is there, whoever left is told. A
confirmation writes all that is clear and chosen, or nothing; what is left stays listed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts import sealing
from accounts.models import Agent, Establishment
from accounts.uploads import Bounds, shown_name
from boxes import reach
from boxes.census import declaring, matching, reading, states
from boxes.census.matching import Kind, Match
from boxes.models import Box, CensusImport, Role

MAX_BYTES = 1_000_000
RETENTION = timedelta(days=90)
MAX_KEPT_PER_AGENT = 50


class Refused(states.CensusError):
    """The list is not taken; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


TOO_BIG = "Cette liste dépasse 1 Mo : partagez-la en plusieurs."


def bounds() -> Bounds:
    return Bounds(MAX_BYTES, 2 * MAX_BYTES, TOO_BIG, TOO_BIG)


def take(*, establishment: Establishment, box: Box | None, data: bytes, name: str, by: Agent) -> CensusImport:
    """Keep a list as it came; nothing is written of it. box: whom rows are for that name none.

    Raises Refused, NotYours, Submitted, Validated.
    """
    if len(data) > MAX_BYTES:
        raise Refused(TOO_BIG)
    try:
        rows = reading.read(data)
    except reading.CannotRead as error:
        raise Refused(str(error)) from error
    with transaction.atomic():
        boxes = reach.boxes_in_census(by, establishment)
        if not boxes.exists() or (box is not None and not boxes.filter(pk=box.pk).exists()):
            raise states.NotYours
        sheet = states.sheet_of(establishment)
        if not states.may_change(by, sheet):
            raise states.Submitted
        if CensusImport.objects.filter(agent=by).count() >= MAX_KEPT_PER_AGENT:
            raise Refused("Vous avez déjà remis beaucoup de listes : supprimez celles qui ne servent plus.")
        kept = CensusImport.objects.create(
            establishment=establishment,
            agent=by,
            box=box,
            name=shown_name(name)[:200] if name else "Liste collée",
            content=sealing.seal(data),
            size=len(data),
        )
        states.record("census.list_handed_in", establishment, by=by, lines=len(rows))
        return kept


def content(kept: CensusImport) -> bytes:
    """The list as it came. Raises CannotOpen."""
    return sealing.unseal(bytes(kept.content))


def matches(kept: CensusImport, *, by: Agent, default: Role = Role.MEMBER) -> list[Match]:
    """What each row of the list means now, in its order. Raises CannotOpen.

    default: the role of rows that name none.
    """
    boxes = list(reach.boxes_in_census(by, kept.establishment).order_by("address"))
    data = content(kept)
    # Boxes of others are told from people too, so that a line which names one is not taken for two persons.
    known = matching.box_names(boxes) | matching.box_addresses(reading.addresses(data))
    rows = reading.read(data, boxes=known)
    return matching.match(rows, boxes=boxes, box=kept.box, establishment=kept.establishment, default=default)


@dataclass
class Applied:
    """What a confirmation wrote, and how many rows are left to be settled."""

    added: int = 0
    changed: int = 0
    left: int = 0
    boxes: set[str] = field(default_factory=set)


def apply(*, kept: CensusImport, choices: Mapping[int, int], by: Agent, default: Role = Role.MEMBER) -> Applied:
    """Write what is clear, and what was chosen: choices maps a row (its place in `matches`) to the primary key of one
    of the persons it proposes. All or nothing.

    Raises what `census.changing_box` does, LastOwner, TooMany, CannotOpen.
    """
    applied = Applied()
    with transaction.atomic():
        wanted: dict[int, dict[int, tuple[Agent, Role]]] = defaultdict(dict)
        boxes: dict[int, Box] = {}
        for place, one in enumerate(matches(kept, by=by, default=default)):
            agent = one.agent if one.kind in (Kind.ADD, Kind.CHANGE) else one.chosen(choices.get(place))
            if agent is None or one.box is None:
                applied.left += one.kind in Kind.unsettled()
                continue
            boxes[one.box.pk] = one.box
            wanted[one.box.pk].setdefault(agent.pk, (agent, one.role))
        for box_id in sorted(wanted):
            written = declaring.write(box=boxes[box_id], wanted=wanted[box_id].values(), by=by)
            applied.added += len(written.added)
            applied.changed += len(written.changed)
            applied.boxes.add(boxes[box_id].address)
        if applied.added or applied.changed:
            CensusImport.objects.filter(pk=kept.pk).update(applied_at=timezone.now())
            states.record(
                "census.list_applied", kept.establishment, by=by, added=applied.added, changed=applied.changed
            )
    return applied


def delete(*, kept: CensusImport, by: Agent) -> None:
    """Delete the list that `by` handed in; what was entered from it stays. Raises NotYours."""
    with transaction.atomic():
        if kept.agent_id != by.pk:
            raise states.NotYours
        states.record("census.list_deleted", kept.establishment, by=by)
        CensusImport.objects.filter(pk=kept.pk).delete()


def expire() -> int:
    """Delete the lists whose time is over; gives how many."""
    return CensusImport.objects.filter(created_at__lt=timezone.now() - RETENTION).delete()[0]
