"""What the gateways decided, in figures: the day as a curve, and who was held or refused. Never a message."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet, Sum
from django.utils import timezone

from quarantine.limits import PARIS
from quarantine.models import SenderFigure, SlotFigure
from quarantine.models.figures import Outcome

# Width of a bar of the curve.
BAR = dt.timedelta(minutes=30)
SHOWN = (Outcome.ACCEPTED, Outcome.HELD, Outcome.REFUSED, Outcome.COMPROMISED)
SORTS = {
    "": ("Les plus récents", ("-last_at", "pk")),
    "destinataires": ("Le plus de destinataires", ("-recipients", "-last_at")),
    "messages": ("Le plus de messages", ("-messages", "-last_at")),
}


@dataclass
class Bar:
    """Half an hour: recipients by outcome, and where it stands in the drawing (per mille of its width and height)."""

    starts: dt.datetime
    recipients: dict[str, int] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    x: int = 0
    pieces: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.recipients.values())


@dataclass(frozen=True)
class Curve:
    """A day in half hours. top: recipients that the full height stands for; totals: (label, messages, recipients)."""

    day: dt.date
    bars: list[Bar]
    top: int
    totals: list[tuple[str, int, int]]


def curve(day: dt.date) -> Curve:
    """The day (in the portal's time zone) over all gateways. One query."""
    begins = dt.datetime.combine(day, dt.time(), timezone.get_current_timezone())
    bars = [Bar(begins + BAR * number) for number in range(48)]
    rows = SlotFigure.objects.filter(slot__gte=begins, slot__lt=begins + dt.timedelta(days=1))
    totals: dict[str, list[int]] = {outcome: [0, 0] for outcome in Outcome.values}
    for row in rows:
        bar = bars[(row.slot - begins) // BAR]
        if row.outcome in SHOWN:
            bar.recipients[row.outcome] = bar.recipients.get(row.outcome, 0) + row.recipients
            bar.messages[row.outcome] = bar.messages.get(row.outcome, 0) + row.messages
        totals[row.outcome][0] += row.messages
        totals[row.outcome][1] += row.recipients
    top = _round_above(max((bar.total for bar in bars), default=0))
    for number, bar in enumerate(bars):
        _draw(bar, number, top)
    shown = [(str(Outcome(key).label), messages, recipients) for key, (messages, recipients) in totals.items()]
    return Curve(day, bars, top, shown)


def _draw(bar: Bar, number: int, top: int) -> None:
    """The pieces of a bar from the bottom up: (outcome, y, height) in a drawing of 960 by 200."""
    bar.x = number * 20
    bottom = 200
    for outcome in SHOWN:
        count = bar.recipients.get(outcome, 0)
        if count:
            # What happened at all is seen.
            height = max(round(count * 200 / top), 2)
            bottom -= height
            bar.pieces.append((outcome.value, bottom, height))


def _round_above(number: int) -> int:
    """A round figure that is at least `number`: 1, 2 or 5 with zeros."""
    size = 10
    while True:
        for first in (1, 2, 5):
            if first * size >= number:
                return first * size
        size *= 10


def choose(*, day: dt.date | None, outcome: str = "", text: str = "", sort: str = "") -> QuerySet[SenderFigure]:
    """Held and refused, by sender and network address; day as in Paris, None: any."""
    found = SenderFigure.objects.all()
    if day is not None:
        found = found.filter(day=day)
    if outcome in Outcome.values:
        found = found.filter(outcome=outcome)
    if text:
        found = found.filter(key__icontains=text)
    return found.order_by(*SORTS.get(sort, SORTS[""])[1])


def table(found: QuerySet[SenderFigure]) -> Iterator[tuple[object, ...]]:
    """Rows for a spreadsheet, the heading first."""
    names = "Jour (Paris);Compté par;Adresse;Décision;Messages;Destinataires;Premier;Dernier;Période"
    yield tuple(names.split(";"))
    for row in found.iterator():
        first, last = (timezone.localtime(at).strftime("%d/%m/%Y %H:%M:%S") for at in (row.first_at, row.last_at))
        yield (
            row.day, row.get_subject_display(), row.key, Outcome(row.outcome).label, row.messages, row.recipients,
            first, last, f"{row.window // 60} min" if row.window else "",
        )  # fmt: skip


def today_in_paris() -> dt.date:
    return timezone.now().astimezone(PARIS).date()


def of_sender(key: str) -> dict[str, int]:
    """What was held and refused of one sender in all: recipients by outcome. One query."""
    found = SenderFigure.objects.filter(key=key).values_list("outcome").annotate(total=Sum("recipients"))
    return {str(Outcome(outcome).label): total for outcome, total in found}
