"""The dates of a recurrence rule, in bounded time whatever the rule says.

Own code, because no library stops by itself: `dateutil` walks to the year 9999 for the 30th of February, second by
second when the rule is SECONDLY. The tests compare the dates with those of `dateutil.rrule`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from bascule.conversions.calendars import zones
from bascule.conversions.calendars.recurrence import Rule
from bascule.conversions.calendars.times import LAST_YEAR, UTC, Moment

# Periods (days, weeks, months …) that are looked at without finding a date before the rule counts as over.
_BARREN_PERIODS = 1500
# Dates a single rule may ever yield here: ten years of a daily event, and more than any preview or comparison needs.
MOST_DATES = 20_000
# Nobody's series goes on for longer; some rules take a while to work out for each year.
_MOST_YEARS = 150
_DAY_PARTS = ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")
_STEPS = {"SECONDLY": timedelta(seconds=1), "MINUTELY": timedelta(minutes=1), "HOURLY": timedelta(hours=1)}


def starts(rule: Rule | None, start: Moment) -> Iterator[Moment]:
    """The occurrences of a series from its DTSTART on, without regard to exceptions; at most `MOST_DATES`.

    DTSTART itself is always the first (RFC 5545 3.8.5.3), even when the rule does not contain it.
    """
    yield start
    if rule is None:
        return
    remaining = MOST_DATES if rule.count is None else min(rule.count, MOST_DATES)
    first = start.clock
    last = last_local(rule, start)
    for local in local_dates(rule, first, last):
        if local <= first:
            continue
        remaining -= 1
        if remaining < 1:
            return
        yield start.at(local)


def last_local(rule: Rule, start: Moment) -> datetime | None:
    """UNTIL on the wall clock of the series."""
    if rule.until is None:
        return None
    if start.all_day or rule.until.all_day:
        return datetime.combine(rule.until.day, time.max)
    if rule.until.zone == UTC and start.zone:
        return zones.to_local(rule.until.clock, start.zone).replace(fold=0)
    return rule.until.clock


def local_dates(rule: Rule, first: datetime, last: datetime | None) -> Iterator[datetime]:
    """The dates of a rule from `first` to `last`, on one wall clock; COUNT is left to the caller."""
    barren = 0
    horizon = min(first.year + _MOST_YEARS, LAST_YEAR)
    try:
        for candidates in _periods(rule, first):
            found = False
            for local in candidates:
                if local < first:
                    continue
                if (last is not None and local > last) or local.year > horizon:
                    return
                found = True
                yield local
            barren = 0 if found else barren + 1
            if barren > _BARREN_PERIODS:
                return
    except (OverflowError, ValueError):  # beyond the year 9999
        return


def _periods(rule: Rule, first: datetime) -> Iterator[Iterable[datetime]]:
    if rule.freq in _STEPS:
        yield from _short_periods(rule, first)
        return
    clocks = _clocks(rule, first)
    for days in _day_sets(rule, first.date()):
        size = len(days) * len(clocks)
        chosen = _positions(rule, size)
        yield (datetime.combine(days[index // len(clocks)], clocks[index % len(clocks)]) for index in chosen)


def _clocks(rule: Rule, first: datetime) -> list[time]:
    hours, minutes, seconds = rule.by("BYHOUR"), rule.by("BYMINUTE"), rule.by("BYSECOND")
    if not (hours or minutes or seconds):
        return [first.time()]
    clocks = [
        time(hour, minute, second)
        for hour in sorted(hours or (first.hour,))
        for minute in sorted(minutes or (first.minute,))
        for second in sorted(seconds or (first.second,))
    ]
    return clocks[:1440]


def _positions(rule: Rule, size: int) -> Iterable[int]:
    """Which of the `size` candidates of a period BYSETPOS chooses, in order."""
    positions = rule.by("BYSETPOS")
    if not positions:
        return range(size)
    chosen = {position - 1 if position > 0 else size + position for position in positions}
    return [index for index in sorted(chosen) if 0 <= index < size]


def _day_sets(rule: Rule, first: date) -> Iterator[list[date]]:
    """For each period of the rule, the days in it that the rule's day parts let through."""
    interval = rule.interval
    if rule.freq == "DAILY":
        day = first
        while True:
            yield [day] if _day_matches(rule, day) else []
            day += timedelta(days=interval)
    elif rule.freq == "WEEKLY":
        weekdays = {day for _, day in rule.weekdays}
        if not weekdays:
            weekdays = set(range(7)) if any(map(rule.by, _DAY_PARTS)) else {first.weekday()}
        week = first - timedelta(days=(first.weekday() - rule.week_start) % 7)
        while True:
            days = [week + timedelta(days=offset) for offset in range(7)]
            yield [day for day in days if day.weekday() in weekdays and _day_matches(rule, day)]
            week += timedelta(days=7 * interval)
    elif rule.freq == "MONTHLY":
        months = first.year * 12 + first.month - 1
        while True:
            year, month = divmod(months, 12)
            wanted = rule.by("BYMONTH")
            yield _days_of_month(rule, year, month + 1, first) if not wanted or month + 1 in wanted else []
            months += interval
    else:
        year = first.year
        while True:
            yield _days_of_year(rule, year, first)
            year += interval


def _day_matches(rule: Rule, day: date) -> bool:
    """The parts that limit days in a daily or weekly rule."""
    if rule.freq == "DAILY" and rule.weekdays and day.weekday() not in {weekday for _, weekday in rule.weekdays}:
        return False
    for name, numbers in rule.numbers:
        if name == "BYMONTH" and day.month not in numbers:
            return False
        if name == "BYMONTHDAY" and not _in_month(day, numbers):
            return False
        if name == "BYYEARDAY" and not _in_year(day, numbers):
            return False
        if name == "BYWEEKNO" and not _in_weeks(day, numbers, rule.week_start):
            return False
    return True


def _in_month(day: date, numbers: tuple[int, ...]) -> bool:
    return day.day in numbers or day.day - monthrange(day.year, day.month)[1] - 1 in numbers


def _in_year(day: date, numbers: tuple[int, ...]) -> bool:
    ordinal = day.timetuple().tm_yday
    return ordinal in numbers or ordinal - (366 if monthrange(day.year, 2)[1] == 29 else 365) - 1 in numbers


def _in_weeks(day: date, numbers: tuple[int, ...], week_start: int) -> bool:
    number, count = _week_number(day, week_start)
    return number in numbers or number - count - 1 in numbers


@lru_cache(maxsize=64)
def _first_week(year: int, week_start: int) -> date:
    """The first day of week 1: the first week with four days in the year."""
    january_first = date(year, 1, 1)
    start = january_first - timedelta(days=(january_first.weekday() - week_start) % 7)
    return start if (january_first - start).days <= 3 else start + timedelta(days=7)


def _week_number(day: date, week_start: int) -> tuple[int, int]:
    """(number of the week that holds `day`, number of weeks of the year it belongs to)."""
    year = day.year
    if day < _first_week(year, week_start):
        year -= 1
    elif day >= _first_week(year + 1, week_start):
        year += 1
    begin = _first_week(year, week_start)
    return (day - begin).days // 7 + 1, (_first_week(year + 1, week_start) - begin).days // 7


def _days_of_month(rule: Rule, year: int, month: int, first: date) -> list[date]:
    length = monthrange(year, month)[1]
    numbers = rule.by("BYMONTHDAY")
    if numbers:
        days = sorted({number if number > 0 else length + 1 + number for number in numbers})
    elif rule.weekdays or rule.by("BYYEARDAY") or rule.by("BYWEEKNO"):
        days = list(range(1, length + 1))
    else:
        days = [first.day]
    dates = [date(year, month, day) for day in days if 1 <= day <= length]
    if rule.weekdays:
        dates = [day for day in dates if _nth_matches(rule, day, day.day, length)]
    return _limit_to_weeks(rule, dates)


def _days_of_year(rule: Rule, year: int, first: date) -> list[date]:
    months = rule.by("BYMONTH")
    yeardays = rule.by("BYYEARDAY")
    length = 366 if monthrange(year, 2)[1] == 29 else 365
    begin = date(year, 1, 1)
    if months or not (yeardays or rule.by("BYWEEKNO") or rule.weekdays):
        if not months and not rule.by("BYMONTHDAY"):
            months = (first.month,)
        return [day for month in sorted(months or range(1, 13)) for day in _days_of_month(rule, year, month, first)]
    if yeardays:
        ordinals = sorted({number if number > 0 else length + 1 + number for number in yeardays})
    else:
        ordinals = list(range(1, length + 1))
    dates = [begin + timedelta(days=ordinal - 1) for ordinal in ordinals if 1 <= ordinal <= length]
    monthdays = rule.by("BYMONTHDAY")
    if monthdays:
        dates = [day for day in dates if _in_month(day, monthdays)]
    if rule.weekdays:
        dates = [day for day in dates if _nth_matches(rule, day, (day - begin).days + 1, length)]
    elif rule.by("BYWEEKNO") and not yeardays and not monthdays:
        dates = [day for day in dates if day.weekday() == first.weekday()]
    return _limit_to_weeks(rule, dates)


def _nth_matches(rule: Rule, day: date, ordinal: int, length: int) -> bool:
    """Whether a day is one of BYDAY, its ordinals counted in a span of `length` days where it is the `ordinal`th."""
    wanted = _ordinals(rule.weekdays)[day.weekday()]
    return bool(wanted) and (
        0 in wanted or (ordinal - 1) // 7 + 1 in wanted or -((length - ordinal) // 7 + 1) in wanted
    )


@lru_cache(maxsize=256)
def _ordinals(weekdays: tuple[tuple[int, int], ...]) -> list[set[int]]:
    """The ordinals of BYDAY for each day of the week from Monday."""
    return [{nth for nth, weekday in weekdays if weekday == day} for day in range(7)]


def _limit_to_weeks(rule: Rule, dates: list[date]) -> list[date]:
    yeardays, weeks = rule.by("BYYEARDAY"), rule.by("BYWEEKNO")
    if yeardays:
        dates = [day for day in dates if _in_year(day, yeardays)]
    if weeks:
        dates = [day for day in dates if _in_weeks(day, weeks, rule.week_start)]
    return dates


def _short_periods(rule: Rule, first: datetime) -> Iterator[list[datetime]]:
    """Rules shorter than a day. Days and hours that the rule excludes are jumped over in one step."""
    step = _STEPS[rule.freq] * rule.interval
    hours, minutes, seconds = rule.by("BYHOUR"), rule.by("BYMINUTE"), rule.by("BYSECOND")
    expand_minutes = sorted(minutes) if minutes and rule.freq == "HOURLY" else None
    expand_seconds = sorted(seconds) if seconds and rule.freq in ("HOURLY", "MINUTELY") else None
    local = first
    while True:
        jump: datetime | None = None
        if not _short_day_matches(rule, local):
            jump = datetime.combine(local.date() + timedelta(days=1), time.min)
        elif hours and local.hour not in hours:
            jump = local.replace(minute=0, second=0) + timedelta(hours=1)
        elif minutes and expand_minutes is None and local.minute not in minutes:
            jump = local.replace(second=0) + timedelta(minutes=1)
        elif seconds and expand_seconds is None and local.second not in seconds:
            jump = local + timedelta(seconds=1)
        if jump is not None:
            yield []
            local += max(-((local - jump) // step), 1) * step
            continue
        of_hour, of_minute = expand_minutes or [local.minute], expand_seconds or [local.second]
        count = len(of_minute)
        yield [
            local.replace(minute=of_hour[index // count], second=of_minute[index % count])
            for index in _positions(rule, len(of_hour) * count)
        ]
        local += step


def _short_day_matches(rule: Rule, local: datetime) -> bool:
    if rule.weekdays and local.weekday() not in {weekday for _, weekday in rule.weekdays}:
        return False
    return _day_matches(rule, local.date())
