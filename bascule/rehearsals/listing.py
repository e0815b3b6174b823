"""What a dry run found, as pages show it. Reads only; all within the findings of one dry run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from accounts.plain_text import plain
from bascule.models import Rehearsal, RehearsalFinding, RehearsalSlice, Wave
from bascule.rehearsals.kinds import KINDS, OF_MAILBOX, sentence
from bascule.waves.progress import in_words

Severity = RehearsalFinding.Severity
# Below so much the pace says nothing yet.
_LEAST_SECONDS = 3.0


@dataclass(frozen=True)
class Group:
    """Findings of one kind."""

    code: str
    label: str
    severity: int
    severity_label: str
    remedy: str
    count: int


@dataclass(frozen=True)
class Progress:
    """How far a dry run is; left: in words, empty when not known."""

    done: int
    total: int
    percent: int
    left: str


@dataclass(frozen=True)
class Row:
    """One finding on a page."""

    finding: RehearsalFinding
    sentence: str
    label: str
    remedy: str


def latest(wave: Wave) -> Rehearsal | None:
    return Rehearsal.objects.select_related("by").filter(wave=wave).first()


def latest_done(wave: Wave) -> Rehearsal | None:
    return Rehearsal.objects.filter(wave=wave, state=Rehearsal.State.DONE).first()


def progress(rehearsal: Rehearsal, now: datetime) -> Progress:
    slices = RehearsalSlice.objects.filter(rehearsal=rehearsal, done_at__isnull=False)
    done = slices.aggregate(count=Sum("count"))["count"] or 0
    total = rehearsal.total
    percent = min(99, 100 * done // total) if total else 0
    left = ""
    if rehearsal.started_at is not None and 0 < done < total:
        seconds = (now - rehearsal.started_at).total_seconds()
        if seconds >= _LEAST_SECONDS:
            left = in_words((total - done) * seconds / done)
    return Progress(done, total, percent, left)


def groups(rehearsal: Rehearsal) -> list[Group]:
    """Kinds of which there are any, the gravest and most frequent first."""
    counts: dict[str, int] = rehearsal.counts.get("kinds", {})
    if rehearsal.state != Rehearsal.State.DONE:
        rows = RehearsalFinding.objects.filter(rehearsal=rehearsal).order_by().values("kind")
        counts = dict(rows.annotate(count=Count("pk")).values_list("kind", "count"))
    found = [
        Group(code, kind.label, kind.severity, kind.severity.label, kind.remedy, counts[code])
        for code, kind in KINDS.items()
        if counts.get(code)
    ]
    return sorted(found, key=lambda one: (one.severity, -one.count))


def choose(
    rehearsal: Rehearsal, *, severity: str = "", kind: str = "", text: str = "", only_new: bool = False
) -> QuerySet[RehearsalFinding]:
    """severity: a number of `Severity`; kind: a code, or "mailbox" for whatever is wrong with people's accounts; text:
    of a name, an address, an establishment."""
    rows = RehearsalFinding.objects.filter(rehearsal=rehearsal)
    if severity in {str(one) for one in Severity.values}:
        rows = rows.filter(severity=int(severity))
    if kind == "mailbox":
        rows = rows.filter(kind__in=OF_MAILBOX)
    elif kind in KINDS:
        rows = rows.filter(kind=kind)
    if only_new:
        rows = rows.filter(is_new=True)
    if words := text.replace("\0", " ").strip()[:100]:
        text = plain(words)
        place = Q(establishment__search_text__contains=text) | Q(agent__establishment__search_text__contains=text)
        box = Q(box__address__icontains=words) | Q(box__name__icontains=words)
        rows = rows.filter(Q(agent__search_text__contains=text) | box | place)
    return rows.select_related("agent__establishment", "box__establishment", "establishment").order_by(
        "severity", "kind", "pk"
    )


def told(rows: Iterable[RehearsalFinding]) -> list[Row]:
    return [_told(row) for row in rows]


def _told(row: RehearsalFinding) -> Row:
    kind = KINDS.get(row.kind)
    return Row(row, sentence(row.kind, row.values), kind.label if kind else row.kind, kind.remedy if kind else "")


def table(rows: QuerySet[RehearsalFinding]) -> Iterator[tuple[Any, ...]]:
    """Rows of a CSV file, the heading first."""
    yield "Gravité", "Constat", "Personne", "Adresse", "Boîte", "Établissement", "UAI", "Détail", "Que faire", "Nouveau"
    for row in rows.iterator(chunk_size=500):
        shown = _told(row)
        place = row.establishment or (row.agent or row.box or row).establishment
        yield (
            row.get_severity_display(),
            shown.label,
            row.agent.full_name if row.agent else "",
            row.agent.address if row.agent else "",
            row.box.address if row.box else "",
            place.name if place else "",
            place.uai if place else "",
            shown.sentence,
            shown.remedy,
            "oui" if row.is_new else "",
        )


def doubtful_mailboxes(wave: Wave, limit: int) -> list[RehearsalFinding]:
    """People of `wave` who have not moved and whose account did not look right in the latest dry run, some of them."""
    rehearsal = latest_done(wave)
    if rehearsal is None:
        return []
    rows = RehearsalFinding.objects.select_related("agent").filter(
        rehearsal=rehearsal, kind__in=OF_MAILBOX, agent__migrated_at=None, agent__standing__wave=wave
    )
    return list(rows.order_by("severity", "kind", "pk")[:limit])
