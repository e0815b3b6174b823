"""What the pages about shared boxes show: a person's boxes, and the people of a box with what became of each access."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Agent, Establishment, JournalEntry
from accounts.plain_text import plain, words
from boxes import troubles
from boxes.census import dates
from boxes.models import Box, BoxUse, CensusEntry, CensusSheet, Delegation, Role


class State(StrEnum):
    """What became of an access, as far as the portal knows. Whether the person hides the box is not said."""

    IN_PLACE = "in_place"
    SETTING_UP = "setting_up"
    TROUBLE = "trouble"
    PENDING = "pending"
    GONE = "gone"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]


_STATE_LABELS = {
    State.IN_PLACE: "En place",
    State.SETTING_UP: "En cours de mise en place",
    State.TROUBLE: "À débloquer",
    State.PENDING: "En attente de son transfert",
    State.GONE: "N’est plus dans l’annuaire",
}
SORTS = {"nom": "Nom", "role": "Rôle", "recent": "Plus récents d’abord"}
_ROLE_ORDER = {Role.OWNER: 0, Role.MEMBER: 1, Role.READER: 2}


@dataclass(frozen=True)
class Member:
    """One access with what is told about it. planned: when a person who waits is to move, "" when nobody knows."""

    row: Delegation
    state: State
    trouble: troubles.Trouble | None = None
    planned: str = ""

    @property
    def since(self) -> datetime:
        return self.row.active_since or self.row.created_at

    @property
    def path(self) -> str:
        """Where the box stands among the person's folders: for that person only."""
        return self.row.path.lstrip("/")


@dataclass(frozen=True)
class Progress:
    """How far Zimbra has come with the accesses of a box."""

    in_place: int
    wanted: int
    under_way: bool

    @property
    def percent(self) -> int:
        return 100 * self.in_place // self.wanted if self.wanted else 0


def state_of(row: Delegation) -> State:
    """The box and the person of `row` come along."""
    if not row.agent.is_active:
        return State.GONE
    if row.is_pending:
        return State.PENDING
    if row.trouble:
        return State.TROUBLE
    return State.IN_PLACE if row.is_in_place else State.SETTING_UP


def members(box: Box) -> list[Member]:
    """Everybody who has, or will have, access to `box`; two queries and those of the planned days."""
    rows = Delegation.objects.current().filter(box=box).select_related("agent", "granted_by")
    return [_member(row) for row in rows]


def _member(row: Delegation) -> Member:
    state = state_of(row)
    return Member(row, state, troubles.told(row.trouble) if state is State.TROUBLE else None)


def chosen(
    found: Iterable[Member], *, wanted: str = "", role: str = "", state: str = "", sort: str = ""
) -> list[Member]:
    """Those whose name or address hold every word of `wanted`, with that role and state, in the order `sort`.

    Done here and not in the database: accents and capitals must not matter, on SQLite as on PostgreSQL. What has an
    @ in it is a part of an address.
    """
    sought, address = words(wanted), wanted.lower() if "@" in wanted else ""
    kept = [
        one
        for one in found
        if (not role or one.row.role == role)
        and (not state or one.state == state)
        and (address in one.row.agent.address if address else _holds(one.row.agent, sought))
    ]
    kept.sort(key=lambda one: (plain(one.row.agent.family_name), plain(one.row.agent.given_name), one.row.pk))
    if sort == "role":
        kept.sort(key=lambda one: _ROLE_ORDER[Role(one.row.role)])
    elif sort == "recent":
        kept.sort(key=lambda one: one.since, reverse=True)
    return kept


def with_planned_days(found: Sequence[Member]) -> list[Member]:
    """The same, with the day on which those who wait are to move: one look for all of them."""
    days = dates.planned_days([one.row.agent for one in found if one.state is State.PENDING])
    return [Member(one.row, one.state, one.trouble, days.get(one.row.agent_id, "")) for one in found]


def progress(box: Box, found: Iterable[Member]) -> Progress:
    """Counts of those whom Zimbra has to serve; under way while some worker has it to do."""
    wanted = [one for one in found if one.state in (State.IN_PLACE, State.SETTING_UP)]
    in_place = sum(one.state is State.IN_PLACE for one in wanted)
    unfinished = box.transferred_at is None or in_place < len(wanted)
    return Progress(in_place, len(wanted), unfinished and box.work_asked_at is not None)


@dataclass(frozen=True)
class ToCome:
    """A box before its transfer: with the role that the census names for the person, or only noted by the person."""

    box: Box
    role: str


def my_boxes(agent: Agent) -> list[Member]:
    """Boxes that `agent` has access to, or will have after the own move; one query."""
    rows = (
        Delegation.objects.current()
        .filter(agent=agent, box__transfer_asked_at__isnull=False)
        .select_related("agent", "box__establishment")
        .order_by("box__name", "box__address")
    )
    return [_member(row) for row in rows]


def boxes_to_come(agent: Agent) -> list[ToCome]:
    """Boxes not yet transferred for which the census names `agent`, and those the person noted; two queries."""
    entries = CensusEntry.objects.filter(agent=agent).exclude(box__is_kept=False)
    roles = dict(entries.values_list("box", "role"))
    boxes = Box.objects.filter(transfer_asked_at__isnull=True, is_kept=True)
    named = boxes.filter(Q(pk__in=roles) | Exists(BoxUse.objects.filter(box=OuterRef("pk"), agent=agent)))
    return [
        ToCome(box, str(Role(roles[box.pk]).label) if box.pk in roles else "")
        for box in named.select_related("establishment").order_by("name", "address")
    ]


def noted_without_access(agent: Agent) -> QuerySet[Box]:
    """Boxes the person noted before the move, which are shared by now, and to which the person has no access."""
    mine = Delegation.objects.current().filter(box=OuterRef("pk"), agent=agent)
    noted = BoxUse.objects.filter(box=OuterRef("pk"), agent=agent)
    return Box.objects.filter(Exists(noted), ~Exists(mine), transfer_asked_at__isnull=False).order_by("name", "address")


def unseen_by_head(agent: Agent) -> QuerySet[Box]:
    """Shared boxes of the establishment that a head has no access to, and should own (domain, section 5); those that
    the head left on purpose are not missed."""
    if agent.function != Agent.Function.HEAD or agent.establishment_id is None or not agent.has_migrated:
        return Box.objects.none()
    mine = Delegation.objects.active().filter(box=OuterRef("pk"), agent=agent)
    boxes = Box.objects.filter(establishment=agent.establishment_id, transfer_asked_at__isnull=False)
    left = JournalEntry.objects.filter(action="box.left", actor=agent.address).values_list("target", flat=True)
    left_ids = [int(target.removeprefix("box:")) for target in left if target.startswith("box:")]
    return boxes.exclude(Exists(mine)).exclude(pk__in=left_ids).order_by("name", "address")


@dataclass(frozen=True)
class Census:
    """A census that a person takes part in, with its state in words."""

    establishment: Establishment
    state: str


def censuses(places: QuerySet[Establishment]) -> list[Census]:
    """Those of `places` with a box whose transfer has not begun: there the census still governs."""
    waiting = Box.objects.filter(establishment=OuterRef("pk"), transfer_asked_at__isnull=True, is_kept=True)
    found = places.filter(Exists(waiting)).select_related("census_sheet")
    return [Census(place, _sheet_state(place)) for place in found]


def _sheet_state(place: Establishment) -> str:
    sheet: CensusSheet | None = getattr(place, "census_sheet", None)
    untouched = sheet is None or (sheet.changed_at is None and sheet.state == CensusSheet.State.OPEN)
    return "À faire" if sheet is None or untouched else sheet.get_state_display()


def _holds(agent: Agent, sought: list[str]) -> bool:
    text = plain(f"{agent.given_name} {agent.family_name} {agent.address}")
    return all(word in text for word in sought)
