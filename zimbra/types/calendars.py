"""Appointments and tasks.

A moment is a `date` (whole days), or a `datetime`: in a zone (`zoneinfo.ZoneInfo`, or the `ServerZone` of what was
read), in UTC, or in none ("floating"). The end of whole days is the last day itself, as Zimbra has it, and not the
one after, as in iCalendar.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal, TypeAlias

from zimbra.types.elements import Other
from zimbra.types.mail import Correspondent

Moment: TypeAlias = date | datetime
Kind: TypeAlias = Literal["appt", "task"]
Frequency: TypeAlias = Literal["secondly", "minutely", "hourly", "daily", "weekly", "monthly", "yearly"]


@dataclass(frozen=True, slots=True)
class CalItemSummary:
    """An appointment or a task, without its contents. kind is "appt" or "task"."""

    id: str
    uid: str
    folder_id: str
    name: str = field(repr=False, default="")
    kind: str = "appt"


class ServerZone(tzinfo):
    """A zone the server names and this machine does not know: its name, and its offset where it was read."""

    def __init__(self, key: str, offset: timedelta) -> None:
        self.key = key
        self._offset = offset

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return self._offset

    def dst(self, moment: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, moment: datetime | None) -> str:
        return self.key


@dataclass(frozen=True, slots=True)
class Attendee(Correspondent):
    """role: REQ, OPT, NON or CHA. status: NE, AC, TE, DE, DG... kind: IND, GRO, RES, ROO, or "" when it is not said."""

    role: str = "REQ"
    status: str = "NE"
    rsvp: bool = True
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """before: how long before the start, or before the end with related="END" (negative: after). at: instead of it,
    a moment in UTC. action: DISPLAY, EMAIL (to the addresses of `to`), AUDIO.
    """

    before: timedelta = timedelta(minutes=15)
    related: str = "START"
    at: datetime | None = None
    action: str = "DISPLAY"
    description: str = field(default="", repr=False)
    summary: str = field(default="", repr=False)
    to: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One rule of RFC 5545, and the occurrences taken out of it.

    by_day: ("MO", "-1FR"...). until: a date, or a moment in UTC; not together with count. excluded: starts.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: Moment | None = None
    by_day: tuple[str, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: str = ""
    excluded: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """What an appointment or a task says.

    end: of an appointment; of a task, when it is due. A task may lack both moments. uid "": the server makes one.
    status: CONF, TENT, CANC; of a task NEED, INPR, COMP, WAITING, DEFERRED; "" for the usual one. busy: F, B, T, O.
    transparency: O or T. privacy: PUB, PRI, CON. percent and completed are of tasks; priority 0 (none) to 9.
    url: of a page that tells more.
    organizer: without one, whoever makes it, when there are attendees. zones: definitions of zones the moments name.
    recurrence and alarms that no class here can hold, and further elements (`more`), are kept as they were read.
    """

    name: str = field(default="", repr=False)
    start: Moment | None = None
    end: Moment | None = None
    kind: Kind = "appt"
    location: str = field(default="", repr=False)
    description: str = field(default="", repr=False)
    description_html: str = field(default="", repr=False)
    status: str = ""
    busy: str = ""
    transparency: str = ""
    privacy: str = ""
    priority: int = 0
    percent: int = 0
    completed: datetime | None = None
    uid: str = ""
    url: str = field(default="", repr=False)
    organizer: Correspondent | None = None
    attendees: tuple[Attendee, ...] = field(default=(), repr=False)
    categories: tuple[str, ...] = field(default=(), repr=False)
    recurrence: Recurrence | Other | None = None
    alarms: tuple[Alarm | Other, ...] = ()
    zones: tuple[Other, ...] = field(default=(), repr=False)
    more: tuple[Other, ...] = field(default=(), repr=False)

    @property
    def all_day(self) -> bool:
        moment = self.start or self.end
        return moment is not None and not isinstance(moment, datetime)


@dataclass(frozen=True, slots=True)
class Stored:
    """How the server names a version of an appointment or task, as creating and modifying it answer.

    invite_id: to modify or cancel it. modified, revision: change numbers, by which it notices another's change.
    """

    id: str
    invite_id: str
    modified: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An appointment or task as it is in the mailbox. exceptions: the occurrences that differ, by what they replace."""

    stored: Stored
    folder_id: str
    entry: CalendarEntry
    exceptions: tuple[tuple[Moment, CalendarEntry], ...] = ()
    flags: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One taking place of an appointment, or a task. start is in UTC, None for a task that is never due.

    is_exception: it differs from its series. invite_id is that of the version it follows.
    """

    id: str
    uid: str
    invite_id: str
    folder_id: str
    kind: Kind
    name: str = field(repr=False)
    start: datetime | None
    duration: timedelta
    all_day: bool = False
    location: str = field(default="", repr=False)
    is_recurring: bool = False
    is_exception: bool = False
