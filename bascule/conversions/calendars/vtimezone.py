"""VTIMEZONE components written from tzdata: what every output file carries, whatever the source file defined.

A definition starts in 1970 and holds every change of offset up to 2040: runs of yearly changes as one RRULE, the last
run without end when it is still in force, other changes as RDATE lists (Morocco).
"""

# ruff: noqa: DTZ001 - wall clock times are naive by design
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache, partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bascule.conversions.calendars import zones
from bascule.conversions.calendars.recurrence import WEEKDAYS
from bascule.conversions.calendars.times import format_value
from bascule.conversions.text import fold

_FIRST_YEAR = 1970
_LAST_YEAR = 2040


class _Onset(NamedTuple):
    """A change of offset: local is the wall clock just before it, in the old offset."""

    local: datetime
    before: timedelta
    after: timedelta
    name: str
    daylight: bool

    @property
    def kind(self) -> tuple[timedelta, timedelta, str, bool]:
        return self.before, self.after, self.name, self.daylight


@lru_cache(maxsize=128)
def vtimezone(tzid: str) -> str:
    """The VTIMEZONE of an Olson zone, folded, CRLF. KeyError when tzdata does not know it."""
    zone = zones.load(tzid)
    begin = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC).astimezone(zone)
    offset = begin.utcoffset() or timedelta(0)
    initial = _Onset(datetime(_FIRST_YEAR, 1, 1), offset, offset, begin.tzname() or tzid, bool(begin.dst()))
    lines = ["BEGIN:VTIMEZONE", f"TZID:{tzid}", *_observance(initial, [])]
    single: dict[tuple[timedelta, timedelta, str, bool], list[_Onset]] = {}
    pending = list(_onsets(zone))
    while pending:
        run = _run(pending)
        if run is None:
            single.setdefault(pending[0].kind, []).append(pending.pop(0))
            continue
        rule, members = run
        ongoing = members[-1].local.year >= _LAST_YEAR
        until = "" if ongoing else f";UNTIL={format_value(members[-1].local - members[-1].before)}Z"
        lines.extend(_observance(members[0], [f"RRULE:FREQ=YEARLY{until}{rule}"]))
        taken = set(members)
        pending = [onset for onset in pending if onset not in taken]
    for onsets in single.values():
        lines.extend(_observance(onsets[0], [f"RDATE:{format_value(onset.local)}" for onset in onsets[1:]]))
    lines.append("END:VTIMEZONE")
    return "".join(map(fold, lines))


def _observance(onset: _Onset, recurrence: list[str]) -> list[str]:
    kind = "DAYLIGHT" if onset.daylight else "STANDARD"
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{format_value(onset.local)}",
        f"TZOFFSETFROM:{_offset(onset.before)}",
        f"TZOFFSETTO:{_offset(onset.after)}",
        f"TZNAME:{onset.name}",
        *recurrence,
        f"END:{kind}",
    ]


def _offset(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign = "-" if seconds < 0 else "+"
    minutes, seconds = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours:02d}{minutes:02d}{f'{seconds:02d}' if seconds else ''}"


def _onsets(zone: ZoneInfo) -> Iterator[_Onset]:
    """The changes of a zone, found by probes and bisection, as zoneinfo does not list them. Brazil once had a summer
    time of one week: probes stand closer than that."""
    probe = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    end = datetime(_LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    state = _state(probe, zone)
    while probe < end:
        following = probe + timedelta(days=6)
        if following.astimezone(zone).utcoffset() == state[0]:
            probe = following
            continue
        low, high = probe, following
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
            if middle.astimezone(zone).utcoffset() == state[0]:
                low = middle
            else:
                high = middle
        changed = _state(high, zone)
        yield _Onset((high + state[0]).replace(tzinfo=None), state[0], changed[0], changed[1], changed[2])
        probe, state = high, changed


def _state(instant: datetime, zone: ZoneInfo) -> tuple[timedelta, str, bool]:
    local = instant.astimezone(zone)
    return local.utcoffset() or timedelta(0), local.tzname() or "", bool(local.dst())


def _run(pending: list[_Onset]) -> tuple[str, list[_Onset]] | None:
    """The longest run of yearly changes from the first one on that one RRULE describes: its BY parts and its members.
    None when there are fewer than three."""
    first = pending[0]
    same = [onset for onset in pending if onset.kind == first.kind]
    best: tuple[str, list[_Onset]] = ("", [])
    for rule, matches in _patterns(first.local):
        members: list[_Onset] = []
        for onset in same:
            if onset.local.year != first.local.year + len(members) or not matches(onset.local):
                break
            members.append(onset)
        if len(members) > len(best[1]):
            best = (rule, members)
    return best if len(best[1]) >= 3 else None


def _on_weekday(month: int, weekday: int, clock: time, low: int, local: datetime) -> bool:
    in_week = low <= local.day < low + 7
    return local.month == month and local.time() == clock and local.weekday() == weekday and in_week


def _patterns(first: datetime) -> Iterator[tuple[str, Callable[[datetime], bool]]]:
    """(BY parts, test of a local time) for the ways in which a yearly change may be described."""
    month, weekday, clock = first.month, first.weekday(), first.time()
    name = WEEKDAYS[weekday]

    def at_same(local: datetime) -> bool:
        return local.month == month and local.time() == clock

    yield (
        f";BYMONTH={month};BYDAY=-1{name}",
        lambda local: at_same(local) and local.weekday() == weekday and (local + timedelta(days=7)).month != month,
    )
    for low in range(max(first.day - 6, 1), first.day + 1):
        days = ",".join(str(day) for day in range(low, low + 7))
        nth = (low - 1) // 7 + 1
        part = f";BYDAY={nth}{name}" if low % 7 == 1 and low < 29 else f";BYMONTHDAY={days};BYDAY={name}"
        if low + 6 > 28:
            break
        yield (
            f";BYMONTH={month}{part}",
            partial(_on_weekday, month, weekday, clock, low),
        )
    yield f";BYMONTH={month};BYMONTHDAY={first.day}", lambda local: at_same(local) and local.day == first.day
