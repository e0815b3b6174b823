"""What pages show of lists: how far each is set up, and traces of others in the mailbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from accounts import sealing
from accounts.models import Agent
from bascule.lists import setups
from bascule.lists.elements import Element, Standing, assess
from bascule.lists.finding import usable
from bascule.lists.wishes import ListSetup, setup_of
from bascule.mailbox_look import Snapshot
from bascule.models import DistributionList, Replay
from boxes.models import Box

UNKNOWN, ON_ITS_WAY, NOTHING, HALF, DIFFERENT, IN_PLACE, BLOCKED, LOST = (
    "unknown",
    "under_way",
    "nothing",
    "half",
    "differs",
    "in_place",
    "blocked",
    "lost",
)

_LABELS = {
    UNKNOWN: "Préparée",
    ON_ITS_WAY: "Envoi en cours",
    NOTHING: "Pas encore dans Zimbra",
    HALF: "À compléter",
    DIFFERENT: "Différente dans Zimbra",
    IN_PLACE: "En place",
    BLOCKED: "Bloquée",
    LOST: "Illisible",
}


@dataclass(frozen=True, slots=True)
class ListShown:
    """A list and how it stands. setup: None when it can no longer be opened. replay: the one under way."""

    row: DistributionList
    setup: ListSetup | None
    state: str
    elements: Sequence[Element] = field(default_factory=tuple)
    replay: Replay | None = None

    @property
    def label(self) -> str:
        return _LABELS[self.state]

    @property
    def in_place(self) -> int:
        return sum(one.standing in {Standing.PRESENT, Standing.LACKS, Standing.DIFFERS} for one in self.elements)

    @property
    def only_differs(self) -> bool:
        """Whether nothing is missing, and what differs is put right only when asked for."""
        return self.state == DIFFERENT and not self.can_be_sent

    @property
    def can_be_sent(self) -> bool:
        """Whether sending it as it is, overwriting nothing, would add something."""
        unfinished = {Standing.MISSING, Standing.LACKS}
        wanted = any(one.standing in unfinished for one in self.elements)
        return wanted and self.state in {NOTHING, HALF, DIFFERENT}


def lists_of(agent: Agent) -> QuerySet[DistributionList]:
    return DistributionList.objects.filter(agent=agent).select_related("agent")


def shown(rows: Iterable[DistributionList], picture: Snapshot | None) -> list[ListShown]:
    """How each of `rows` stands in `picture`; None: the mailbox has not been seen."""
    rows = list(rows)
    on_their_way = setups.under_way(rows)
    return [_shown(row, picture, on_their_way.get(row.pk)) for row in rows]


def traces(agent: Agent, picture: Snapshot) -> list[str]:
    """Addresses for which there are parts of a list in the mailbox, or that the person may write as, and that the
    portal has no list for. Shared boxes are none."""
    own = {agent.address, *(one.casefold() for one in picture.addresses[:1])}
    writing = [one.from_address.casefold() for one in picture.identities if not one.is_default]
    names = [one.path.casefold() for one in picture.folders if usable(one) and one.path.count("@") == 1]
    found = dict.fromkeys([*writing, *(one for one in names if "/" not in one), *picture.send_lists])
    known = set(lists_of(agent).values_list("address", flat=True))
    boxes = set(Box.objects.filter(address__in=list(found)).values_list("address", flat=True))
    # What is mounted in this mailbox is somebody's account.
    mounted = {one.path.casefold() for one in picture.folders if one.is_mountpoint}
    return [one for one in found if one and one not in own | known | boxes | mounted]


def _shown(row: DistributionList, picture: Snapshot | None, replay: Replay | None) -> ListShown:
    try:
        setup = setup_of(row)
    except sealing.CannotOpen:
        return ListShown(row, None, LOST)
    elements = assess(setup, picture) if picture else []
    return ListShown(row, setup, ON_ITS_WAY if replay else _state(elements), elements, replay)


def _state(elements: Sequence[Element]) -> str:
    standings = {one.standing for one in elements}
    if not standings:
        return UNKNOWN
    if Standing.BLOCKED in standings:
        return BLOCKED
    if standings == {Standing.MISSING}:
        return NOTHING
    if Standing.DIFFERS in standings:
        return DIFFERENT
    return IN_PLACE if standings == {Standing.PRESENT} else HALF
