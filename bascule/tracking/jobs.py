"""Jobs of a wave's people that failed or wait, grouped by cause. Every query begins with the people of the wave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet

from accounts.plain_text import words
from bascule import box_waves
from bascule.models import Deposit, Import, Replay, Standing, Wave
from bascule.tracking import causes
from bascule.tracking.causes import Cause
from boxes import troubles
from boxes.models import Box, Delegation

# Boxes in trouble over all waves that are looked at; more are an outage and not a list.
MOST_BOXES = 2_000


def _stopped_imports() -> QuerySet[Any]:
    """A collection whose stopped import was begun anew has a later one."""
    later = Import.objects.filter(collection=OuterRef("collection"), pk__gt=OuterRef("pk"))
    return Import.objects.filter(~Exists(later), state=Import.State.FAILED)


def _stopped_replays() -> QuerySet[Any]:
    same_list = Q(of_list=OuterRef("of_list")) | Q(
        of_list=None, kind__in=[k for k in Replay.Kind.values if k != "list"]
    )
    later = Replay.objects.filter(same_list, agent=OuterRef("agent"), kind=OuterRef("kind"), pk__gt=OuterRef("pk"))
    return Replay.objects.filter(~Exists(later), state=Replay.State.FAILED)


@dataclass(frozen=True)
class Kind:
    """A kind of jobs. rows: those that failed or wait, of everybody; code, since: columns; cause: of a code."""

    key: str
    label: str
    rows: Callable[[], QuerySet[Any]]
    code: str
    since: str
    cause: Callable[[str], Cause]


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("import", "Imports arrêtés", _stopped_imports, "error_code", "finished_at", causes.of_import),
        Kind("replay", "Envois vers Zimbra arrêtés", _stopped_replays, "error_code", "finished_at", causes.of_replay),
        Kind(
            "deposit",
            "Fichiers illisibles",
            lambda: Deposit.objects.filter(state=Deposit.State.UNREADABLE),
            "error_code",
            "read_at",
            causes.of_deposit,
        ),
        Kind(
            "import-wait",
            "Imports en attente",
            lambda: Import.objects.filter(state__in=Import.UNDER_WAY, retry_at__isnull=False),
            "waiting_for",
            "run_started_at",
            lambda code: causes.WAITING,
        ),
        Kind(
            "replay-wait",
            "Envois vers Zimbra en attente",
            lambda: Replay.objects.filter(state__in=Replay.UNDER_WAY, retry_at__isnull=False),
            "waiting_for",
            "started_at",
            lambda code: causes.WAITING,
        ),
    )
}
BOX = "box"


def jobs(wave: Wave, kind: str, code: str) -> QuerySet[Any]:
    """Those of one kind and cause, the longest waiting first. KeyError: no such kind."""
    chosen = KINDS[kind]
    people = Standing.objects.filter(wave=wave, is_active=True).values("agent")
    rows = chosen.rows().filter(agent__in=people)
    # All that wait have one cause, whatever the answer was that they got.
    rows = rows if chosen.cause(code) is causes.WAITING else rows.filter(**{chosen.code: code})
    return rows.order_by(F(chosen.since).asc(nulls_first=True), "pk")


@dataclass(frozen=True)
class Group:
    """So many jobs of one kind that stopped for one cause; since: the first of them, None when not known."""

    kind: str
    code: str
    label: str
    count: int
    since: datetime | None
    cause: Cause
    waits: bool = False

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.code}"


def groups(wave: Wave) -> list[Group]:
    """What failed first, then what waits; within each the most frequent first. A query for each kind."""
    people = Standing.objects.filter(wave=wave, is_active=True).values("agent")
    found = []
    for kind in KINDS.values():
        rows = kind.rows().filter(agent__in=people).order_by()
        if kind.cause("") is causes.WAITING:
            total = rows.aggregate(count=Count("pk"), since=Min(kind.since))
            if total["count"]:
                found.append(
                    Group(kind.key, "", kind.label, total["count"], total["since"], causes.WAITING, waits=True)
                )
            continue
        for code, count, since in rows.values_list(kind.code).annotate(Count("pk"), Min(kind.since)):
            found.append(Group(kind.key, code, kind.label, count, since, kind.cause(code)))
    found += _box_groups(wave)
    return sorted(found, key=lambda group: (group.waits, -group.count, group.key))


def group_of(wave: Wave, kind: str, code: str) -> Group | None:
    """One group; None when nothing of it is left, or there is no such kind."""
    if kind == BOX:
        return next((group for group in _box_groups(wave) if group.code == code), None)
    if kind not in KINDS:
        return None
    chosen = KINDS[kind]
    total = jobs(wave, kind, code).order_by().aggregate(count=Count("pk"), since=Min(chosen.since))
    if not total["count"]:
        return None
    cause = chosen.cause(code)
    return Group(kind, code, chosen.label, total["count"], total["since"], cause, waits=cause is causes.WAITING)


def boxes_in_trouble(wave: Wave) -> dict[int, tuple[Box, str]]:
    """Boxes that `wave` takes and that Zimbra would not serve somebody of: the box and the code, by its number."""
    if not wave.takes_boxes:
        return {}
    troubled = dict(Delegation.objects.exclude(trouble="").order_by("-pk").values_list("box", "trouble")[:MOST_BOXES])
    boxes = list(Box.objects.filter(pk__in=list(troubled)).select_related("establishment"))
    waves = box_waves.wave_of_boxes(boxes)
    return {box.pk: (box, troubled[box.pk]) for box in boxes if box.pk in waves and waves[box.pk].pk == wave.pk}


def _box_groups(wave: Wave) -> list[Group]:
    counts: dict[str, int] = {}
    for _, code in boxes_in_trouble(wave).values():
        counts[code] = counts.get(code, 0) + 1
    return [
        Group(BOX, code, "Boîtes à débloquer", count, None, Cause(told.reason, told.remedy))
        for code, count in counts.items()
        for told in [troubles.told(code)]
    ]


@dataclass(frozen=True)
class Job:
    """One job of a list. name: of the file, folder or box; link: its page for staff is the person's."""

    pk: int
    agent_id: int | None
    person: str
    name: str
    since: datetime | None
    detail: str = ""


def listed(wave: Wave, group: Group, *, text: str = "") -> QuerySet[Any]:
    """The rows of a group that is not of boxes, searched by the person."""
    rows = jobs(wave, group.kind, group.code).select_related("agent")
    for word in words(text)[:8]:
        rows = rows.filter(agent__search_text__contains=word)
    return rows


def told(kind: str, row: Any) -> Job:
    """A row of `listed`."""
    name = (
        row.name if isinstance(row, Deposit) else row.folder_name if isinstance(row, Import) else row.get_kind_display()
    )
    since = getattr(row, KINDS[kind].since)
    detail = row.waiting_for if KINDS[kind].code == "waiting_for" else ""
    return Job(row.pk, row.agent_id, row.agent.full_name, name, since, detail)


def told_box(box: Box) -> Job:
    return Job(box.pk, None, box.name, box.address, None)
