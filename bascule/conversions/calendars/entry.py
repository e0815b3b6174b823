"""A repaired event or task, before it is put together with the others of its UID and written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bascule.conversions.calendars import zones
from bascule.conversions.calendars.components import Component
from bascule.conversions.calendars.recurrence import Rule
from bascule.conversions.calendars.times import UTC, Moment, format_duration, format_property, format_value
from bascule.conversions.model import ItemKind
from bascule.conversions.text import fold

# Dates on one EXDATE line; readers have been seen to cut very long lines.
_DATES_PER_LINE = 200


@dataclass(slots=True, eq=False)
class Entry:
    """One VEVENT or VTODO. start may only be missing in tasks. end: DTEND or DUE; length: DURATION as written, instead
    of an end. zone: where its days are counted. stamps, lines, alarms: unfolded lines, ready to be written."""

    component: Component
    kind: ItemKind
    uid: str
    zone: str
    start: Moment | None = None
    end: Moment | None = None
    length: timedelta | None = None
    recurrence_id: Moment | None = None
    this_and_future: bool = False
    rule: Rule | None = None
    more_rules: list[Rule] = field(default_factory=list)
    exdates: list[Moment] = field(default_factory=list)
    rdates: list[tuple[Moment, timedelta | None]] = field(default_factory=list)
    exrules: list[Rule] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    sequence: int = 0
    lines: list[str] = field(default_factory=list)
    alarms: list[list[str]] = field(default_factory=list)
    summary: str = ""
    location: str = ""
    organizer: str = ""
    attendees: int = 0
    status: str = ""
    private: bool = False
    completed: str = ""

    def unfolded(self) -> list[str]:
        """All its lines, BEGIN and END included."""
        name = "VTODO" if self.kind is ItemKind.TASK else "VEVENT"
        written = [f"BEGIN:{name}", f"UID:{self.uid}", *self.stamps]
        if self.recurrence_id is not None:
            written.append(format_property("RECURRENCE-ID", self.recurrence_id))
        written.extend(self._when())
        written.extend(self.lines)
        for alarm in self.alarms:
            written.extend(alarm)
        written.append(f"END:{name}")
        return written

    def text(self) -> str:
        """The component, folded, CRLF line ends."""
        return "".join([line + "\r\n" if len(line) < 76 and line.isascii() else fold(line) for line in self.unfolded()])

    def content(self) -> str:
        """A digest of what it says, apart from its UID, its revision and its stamps."""
        said = "\n".join((*self._when(), str(self.recurrence_id), *sorted(self.lines), *map(str, self.alarms)))
        return hashlib.sha256(said.encode()).hexdigest()

    def substance(self) -> str:
        """A digest of what it says apart from when it takes place."""
        said = "\n".join((*sorted(self.lines), *map(str, self.alarms), str(self.span())))
        return hashlib.sha256(said.encode()).hexdigest()

    def _when(self) -> list[str]:
        written = []
        if self.start is not None:
            written.append(format_property("DTSTART", self.start))
        if self.end is not None:
            written.append(format_property("DUE" if self.kind is ItemKind.TASK else "DTEND", self.end))
        elif self.length is not None:
            written.append(f"DURATION:{format_duration(self.length)}")
        if self.rule is not None:
            written.append(f"RRULE:{self.rule.text()}")
        written.extend(self._exdate_lines())
        return written

    def _exdate_lines(self) -> list[str]:
        if not self.exdates:
            return []
        dates = sorted(set(self.exdates), key=lambda moment: moment.clock)
        suffix = "Z" if dates[0].zone == UTC else ""
        head = format_property("EXDATE", dates[0]).partition(":")[0]
        values = [f"{format_value(moment.value)}{suffix}" for moment in dates]
        return [
            f"{head}:{','.join(values[first : first + _DATES_PER_LINE])}"
            for first in range(0, len(values), _DATES_PER_LINE)
        ]

    def span(self) -> timedelta:
        """How long it lasts."""
        if self.length is not None:
            return self.length
        if self.start is None or self.end is None:
            return timedelta(0)
        if self.start.zone == self.end.zone:
            return self.end.clock - self.start.clock
        return instant(self.end, self.zone) - instant(self.start, self.zone)

    def zones(self) -> set[str]:
        """The TZIDs it refers to."""
        used = {moment.zone for moment in (self.start, self.end, self.recurrence_id) if moment is not None}
        return used - {"", UTC}

    def move_to(self, start: Moment) -> None:
        """Begin at another moment, with the same length."""
        if self.end is not None and self.start is not None:
            if self.end.zone == self.start.zone:
                self.end = self.end.at(self.end.clock + (start.clock - self.start.clock))
            else:
                ends = instant(start, self.zone) + self.span()
                self.end = self.end.at(zones.to_local(ends, self.end.zone or self.zone).replace(fold=0))
        self.start = start


def instant(moment: Moment, zone: str) -> datetime:
    """The instant in UTC (naive) of a moment; days begin at midnight in `zone`."""
    return zones.to_utc(moment.clock, moment.zone or zone)


def iso(moment: Moment) -> str:
    """`2024-09-16` or `2024-09-16T09:30:00+04:00`."""
    if not isinstance(moment.value, datetime):
        return moment.value.isoformat()
    offset = zones.offset_of(moment.value, moment.zone or UTC)
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, minutes = divmod(abs(minutes), 60)
    return f"{moment.value.replace(fold=0).isoformat()}{sign}{hours:02d}:{minutes:02d}"


def iso_instant(moment: Moment) -> str:
    """`2024-09-16` for a day, `2024-09-16T05:30:00Z` for a time."""
    if not isinstance(moment.value, datetime):
        return moment.value.isoformat()
    return f"{zones.to_utc(moment.value, moment.zone or UTC).replace(fold=0).isoformat()}Z"


def last_day(end: date) -> date:
    """The last day of an all-day event from its DTEND, which is the day after."""
    return end - timedelta(days=1) if end > date.min else end
