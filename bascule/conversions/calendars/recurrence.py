"""Recurrence rules: tolerant reading, repair, and writing (RFC 5545 3.3.10). `expansion` lists their dates.

A rule that cannot be read whole is reported in parts: what was repaired without a change of meaning, and what was lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from bascule.conversions.calendars import zones
from bascule.conversions.calendars.times import UTC, Moment, format_value, parse_time, shift

FREQUENCIES = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_RANGES = {
    "BYSECOND": (0, 60),
    "BYMINUTE": (0, 59),
    "BYHOUR": (0, 23),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYMONTH": (1, 12),
    "BYSETPOS": (-366, 366),
}
_TIME_PARTS = ("BYSECOND", "BYMINUTE", "BYHOUR")
_WEEKDAY = re.compile(r"([+-]?\d{1,2})?\s*\(?(SU|MO|TU|WE|TH|FR|SA)[A-Z]*\)?")
_NUMBER = re.compile(r"[+-]?\d{1,9}")
_WORDS = {word: word for word in FREQUENCIES} | {
    "DAY": "DAILY",
    "WEEK": "WEEKLY",
    "MONTH": "MONTHLY",
    "YEAR": "YEARLY",
    "ANNUALLY": "YEARLY",
}
# Java and .NET programs were seen to write INTERVAL and COUNT beyond what any program counts to.
_LARGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that any strict reader accepts.

    until: as written, of the type of DTSTART once `fit` has run. weekdays: (ordinal or 0, weekday 0-6 from Monday).
    numbers: the other BY parts, by name. week_start: 0-6 from Monday.
    """

    freq: str
    interval: int = 1
    count: int | None = None
    until: Moment | None = None
    weekdays: tuple[tuple[int, int], ...] = ()
    numbers: tuple[tuple[str, tuple[int, ...]], ...] = ()
    week_start: int = 0

    @property
    def bounded(self) -> bool:
        return self.count is not None or self.until is not None

    def by(self, name: str) -> tuple[int, ...]:
        for part, values in self.numbers:
            if part == name:
                return values
        return ()

    def text(self) -> str:
        """The RRULE value."""
        parts = [f"FREQ={self.freq}"]
        if self.until is not None:
            suffix = "Z" if self.until.zone == UTC else ""
            parts.append(f"UNTIL={format_value(self.until.value)}{suffix}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        parts.extend(f"{name}={','.join(map(str, values))}" for name, values in self.numbers if name != "BYSETPOS")
        if self.weekdays:
            parts.append("BYDAY=" + ",".join(f"{nth or ''}{WEEKDAYS[day]}" for nth, day in self.weekdays))
        if positions := self.by("BYSETPOS"):
            parts.append(f"BYSETPOS={','.join(map(str, positions))}")
        if self.week_start:
            parts.append(f"WKST={WEEKDAYS[self.week_start]}")
        return ";".join(parts)


class ParsedRule(NamedTuple):
    """rule: None when nothing usable was found. repaired: meaning unchanged. lost: source parts that were left out."""

    rule: Rule | None
    repaired: bool = False
    lost: tuple[str, ...] = ()


@lru_cache(maxsize=2048)
def parse_rule(text: str) -> ParsedRule:
    """Read an RRULE or EXRULE value: lower case, blanks, glued or broken parts are accepted. Never raises."""
    original = text.strip()
    source = original.upper()
    source = re.sub(r"^(?:RRULE|EXRULE)[:=]", "", source)
    repaired = source != text
    lost: list[str] = []
    values: dict[str, str] = {}
    for piece in source.split(";"):
        name, equals, value = (part.strip() for part in piece.partition("="))
        if not equals:
            if name in _WORDS and "FREQ" not in values:
                name, value = "FREQ", name
            elif not name:
                repaired = repaired or piece is not source
                continue
            else:
                lost.append(piece[:100])
                continue
            repaired = True
        if name in values or piece != f"{name}={value}":
            repaired = True
        if not value:
            repaired = True
        elif name not in values:
            values[name] = value
    rscale = values.pop("RSCALE", "")
    skip = values.pop("SKIP", "OMIT")
    if rscale not in ("", "GREGORIAN") or skip not in ("OMIT",):
        return ParsedRule(None, lost=(original[:200],))
    repaired = repaired or bool(rscale)
    freq = _WORDS.get(values.pop("FREQ", "").strip("\"'"), "")
    if not freq:
        return ParsedRule(None, lost=(original[:200],))
    interval = _positive(values.pop("INTERVAL", "1"))
    if interval is None:
        interval, repaired = 1, True
    count: int | None = None
    if "COUNT" in values:
        count = _positive(values.pop("COUNT"))
        if count is None and "UNTIL" not in values:
            return ParsedRule(None, lost=(original[:200],))
        # Some programs write COUNT=-1 beside the UNTIL that is meant.
        repaired = repaired or count is None
    until: Moment | None = None
    if "UNTIL" in values:
        written = values.pop("UNTIL")
        until = parse_time(written.strip("\"' "))
        if until is None and written.strip("\"' ")[:2] == "99":
            repaired = True  # the year 9999: without end
        elif until is None:
            lost.append(f"UNTIL={written}")
        elif len(written) not in (8, 15, 16):
            repaired = True
    week_start = 0
    if "WKST" in values:
        written = values.pop("WKST")
        if written[:2] in WEEKDAYS:
            week_start = WEEKDAYS.index(written[:2])
        else:
            repaired = True
    weekdays, clean = _weekdays(values.pop("BYDAY", ""), freq, lost)
    repaired = repaired or not clean
    numbers = []
    for name in _RANGES:
        if name in values:
            found, clean = _numbers(name, values.pop(name), lost)
            repaired = repaired or not clean
            if found:
                numbers.append((name, found))
    if not weekdays and [name for name, _ in numbers] == ["BYSETPOS"]:
        numbers, repaired = [], True
    for name in values:
        if name.startswith("X-"):
            repaired = True
        else:
            lost.append(f"{name}={values[name]}"[:100])
    return ParsedRule(Rule(freq, interval, count, until, weekdays, tuple(numbers), week_start), repaired, tuple(lost))


def _positive(text: str) -> int | None:
    found = _NUMBER.fullmatch(text.strip("\"' "))
    number = int(found[0]) if found else 0
    return min(number, _LARGEST) if number > 0 else None


def _weekdays(text: str, freq: str, lost: list[str]) -> tuple[tuple[tuple[int, int], ...], bool]:
    """BYDAY; ordinals only mean something to monthly and yearly rules. False when something was repaired."""
    if not text:
        return (), True
    days: dict[tuple[int, int], None] = {}
    clean = True
    for token in text.split(","):
        found = _WEEKDAY.fullmatch(token.strip())
        if found is None:
            clean = False
            if token.strip():
                lost.append(f"BYDAY={token.strip()[:50]}")
            continue
        nth = int(found[1] or 0)
        if abs(nth) > 53 or (nth and freq not in ("MONTHLY", "YEARLY")):
            nth, clean = 0, False
        day = (nth, WEEKDAYS.index(found[2]))
        clean = clean and day not in days and token == f"{found[1] or ''}{found[2]}"
        days[day] = None
    return tuple(days), clean


def _numbers(name: str, text: str, lost: list[str]) -> tuple[tuple[int, ...], bool]:
    low, high = _RANGES[name]
    numbers: dict[int, None] = {}
    clean = True
    for token in text.split(","):
        found = _NUMBER.fullmatch(token.strip())
        number = int(found[0]) if found else None
        if number is None or not low <= number <= high or (number == 0 and low < 0):
            clean = False
            if token.strip():
                lost.append(f"{name}={token.strip()[:50]}")
            continue
        if name == "BYSECOND" and number == 60:
            number, clean = 59, False
        clean = clean and number not in numbers
        numbers[number] = None
    return tuple(numbers), clean


class Fitted(NamedTuple):
    """A rule made to agree with its DTSTART. ended: UNTIL lies before the start."""

    rule: Rule
    repaired: bool
    ended: bool


def fit(rule: Rule, start: Moment, zone: str) -> Fitted:
    """Give UNTIL the type RFC 5545 wants beside this DTSTART, and take out what an all-day rule cannot hold.

    zone: where the days of the event are counted, which decides on which day an UNTIL in UTC lies.
    """
    until = rule.until
    repaired = False
    if until is not None:
        fitted = _fit_until(until, start, zone)
        repaired = fitted != until
        until = fitted
    numbers = rule.numbers
    if start.all_day and any(name in _TIME_PARTS for name, _ in numbers):
        numbers = tuple(part for part in numbers if part[0] not in _TIME_PARTS)
        repaired = True
    ended = until is not None and _before(until, start)
    if repaired:
        rule = replace(rule, until=until, numbers=numbers)
    return Fitted(rule, repaired, ended)


def _fit_until(until: Moment, start: Moment, zone: str) -> Moment:
    if start.all_day:
        if until.all_day:
            return until
        return Moment(zones.to_local(until.clock, zone).date() if until.zone == UTC else until.day, "")
    if until.all_day:
        # The whole of the last day counts.
        end = datetime.combine(until.day, datetime.max.time()).replace(microsecond=0)
        return Moment(zones.to_utc(end, start.zone or zone), UTC)
    if until.zone == UTC:
        return until
    return Moment(zones.to_utc(until.clock, start.zone or zone), UTC)


def _before(until: Moment, start: Moment) -> bool:
    if start.all_day:
        return until.day < start.day
    return until.clock < zones.to_utc(start.clock, start.zone or UTC)


def end_before(rule: Rule, instant: Moment) -> Rule:
    """The rule stopped just before an occurrence (`instant`, of the type and zone of DTSTART)."""
    if instant.all_day:
        until = Moment(shift(instant.day, timedelta(days=-1)), "")
    else:
        until = Moment(shift(zones.to_utc(instant.clock, instant.zone), timedelta(seconds=-1)), UTC)
    return replace(rule, count=None, until=until)
