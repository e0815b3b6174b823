"""What pages show of an import: progress, results item by item, findings. Reads only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from accounts import claims, sealing
from bascule import chunks
from bascule.imports.carrier import Difference
from bascule.imports.failures import item_sentence
from bascule.models import BulkPerson, Import, ImportItem

State = Import.State
Item = ImportItem.State

# A rate over less time than this says nothing.
_RATE_AFTER_SECONDS = 1.0


def page_of(parent: Import) -> str:
    return reverse("import_detail", args=[parent.pk])


def told_together(parent: Import) -> bool:
    """Whether the person hears of this import with all others of the wave, once they are through."""
    if parent.bulk_person_id is None:
        return False
    return BulkPerson.objects.filter(pk=parent.bulk_person_id, state=BulkPerson.State.WAITING).exists()


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts by state of the items, and how fast it goes. rate: items per second; left: None when not known."""

    total: int
    counts: dict[str, int]
    rate: float | None = None
    left: timedelta | None = None

    @property
    def settled(self) -> int:
        return self.total - self.counts.get(Item.PENDING, 0) - self.counts.get(Item.IN_FLIGHT, 0) - self._unplanned

    @property
    def _unplanned(self) -> int:
        return self.total - sum(self.counts.values())

    @property
    def percent(self) -> int:
        return 100 * self.settled // self.total if self.total else 100

    @property
    def quarter(self) -> int:
        """The percentage, in steps rare enough to be read out."""
        return self.percent // 25 * 25

    @property
    def created(self) -> int:
        return self.counts.get(Item.CREATED, 0)

    @property
    def present(self) -> int:
        return self.counts.get(Item.PRESENT, 0)

    @property
    def refused(self) -> int:
        return self.counts.get(Item.REFUSED, 0)

    @property
    def removed(self) -> int:
        return self.counts.get(Item.REMOVED, 0)

    @property
    def rate_label(self) -> str:
        """ "180 par seconde", "12 par minute"; "" when there is no rate."""
        if not self.rate:
            return ""
        if self.rate >= 1:
            return f"{self.rate:.0f} par seconde"
        return f"{self.rate * 60:.0f} par minute"

    @property
    def left_label(self) -> str:
        if self.left is None:
            return ""
        seconds = math.ceil(self.left.total_seconds())
        if seconds < 60:
            return f"environ {max(seconds, 1)} s"
        return f"environ {math.ceil(seconds / 60)} min"


def progress(parent: Import, now: datetime | None = None) -> Progress:
    rows = parent.items.order_by().values_list("state").annotate(Count("pk"))
    counts = {str(state): int(count) for state, count in rows}
    plain = Progress(parent.total, counts)
    if parent.state != State.SENDING or parent.run_started_at is None or parent.retry_at:
        return plain
    elapsed = ((now or timezone.now()) - parent.run_started_at).total_seconds()
    done = plain.settled - parent.run_base
    if elapsed < _RATE_AFTER_SECONDS or done <= 0:
        return plain
    rate = done / elapsed
    return Progress(parent.total, counts, rate, timedelta(seconds=(parent.total - plain.settled) / rate))


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the results. label: "" once the deposit is deleted."""

    position: int
    label: str
    kind: str
    state: str
    sentence: str
    detail: str

    @property
    def state_label(self) -> str:
        return str(Item(self.state).label)

    @property
    def number(self) -> int:
        return self.position + 1


def results(
    parent: Import, *, state: str = "", search: str = "", limit: int | None = None, offset: int = 0
) -> tuple[list[Result], int]:
    """A page of results and how many there are in all. search looks in the labels, without case or accents."""
    rows = parent.items.all()
    if state:
        rows = rows.filter(state=state)
    outline = chunks.outline(parent.collection) if parent.collection else []
    words = chunks.fold(search).split()
    if words:
        matching = {p for p, row in enumerate(outline) if all(word in row.words for word in words)}
        positions = [p for p in rows.values_list("position", flat=True) if p in matching]
        wanted = positions[offset : offset + limit if limit else None]
        found, count = list(parent.items.filter(position__in=wanted)), len(positions)
    else:
        count = rows.count()
        found = list(rows[offset : offset + limit] if limit else rows)
    return [_result(row, outline) for row in found], count


def all_results(parent: Import) -> Iterator[Result]:
    outline = chunks.outline(parent.collection) if parent.collection else []
    for row in parent.items.iterator(chunk_size=1000):
        yield _result(row, outline)


def _result(row: ImportItem, outline: list[chunks.Row]) -> Result:
    known = outline[row.position] if row.position < len(outline) else None
    return Result(
        position=row.position,
        label=known.label if known else "",
        kind=known.kind if known else "",
        state=row.state,
        sentence=item_sentence(row.reason),
        detail=_opened(bytes(row.detail)),
    )


def _opened(sealed: bytes) -> str:
    try:
        return sealing.unseal(sealed).decode() if sealed else ""
    except sealing.CannotOpen:
        return ""


@dataclass(frozen=True, slots=True)
class Finding:
    """An item that Zimbra does not hold as it was sent."""

    position: int
    label: str
    missing: bool
    differences: list[Difference]


def findings(parent: Import) -> list[Finding]:
    try:
        stored = sealing.unseal_json(bytes(parent.findings)) if parent.findings else []
    except sealing.CannotOpen:
        return []
    return [
        Finding(one["position"], one["label"], one["missing"], [Difference(**d) for d in one["differences"]])
        for one in stored
    ]


def waiting_sentence(parent: Import) -> str:
    """Why nothing moves at the moment; "" when something does."""
    if parent.retry_at is None:
        if parent.state == State.QUEUED and _has_earlier(parent):
            return "Un autre import vers votre boîte est en cours : celui-ci commencera juste après."
        if parent.holder and claims.is_dead_here(parent.holder):
            return "Le traitement s’est interrompu. Il reprend de lui-même, sans rien perdre ni doubler."
        return ""
    if parent.waiting_for == "internal":
        return "L’envoi a rencontré une erreur du portail. Il sera repris automatiquement, sans rien perdre ni doubler."
    if parent.waiting_for.startswith("answer."):
        return "La réponse de Zimbra s’est perdue. Le portail vérifiera d’abord ce qui est arrivé, puis reprendra."
    return "Zimbra ne répond pas pour le moment. L’envoi reprendra automatiquement, sans rien perdre ni doubler."


def _has_earlier(parent: Import) -> bool:
    return Import.objects.filter(agent_id=parent.agent_id, state__in=Import.UNDER_WAY, pk__lt=parent.pk).exists()
