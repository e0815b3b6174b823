"""The rule behind a list of dates: old servers write a series as all its dates, and Zimbra ignores such lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import reduce
from itertools import islice, pairwise
from math import gcd

from bascule.conversions.calendars.expansion import MOST_DATES, starts
from bascule.conversions.calendars.recurrence import Rule
from bascule.conversions.calendars.times import Moment

_FEWEST = 3


def find_rule(dates: list[Moment], *, holes: bool) -> tuple[Rule, list[Moment]] | None:
    """A rule that yields exactly these moments, and the occurrences to leave out.

    dates: of one type and zone, sorted, distinct; all must begin at the same time of day. holes: whether
    occurrences may be left out (never more than half as many as there are dates). None when no plain rule fits.
    """
    if len(dates) < _FEWEST or len({moment.clock.time() for moment in dates}) > 1:
        return None
    days = [moment.day for moment in dates]
    wanted = set(dates)
    best: tuple[Rule, list[Moment]] | None = None
    for rule in _candidates(days):
        if rule.count is None or rule.count > MOST_DATES:
            continue
        missing = rule.count - len(dates)
        if missing < 0 or (missing and not holes) or missing > len(dates) // 2:
            continue
        if best is not None and missing >= len(best[1]):
            continue
        occurrences = list(islice(starts(rule, dates[0]), rule.count))
        if wanted.issubset(occurrences):
            best = (rule, [moment for moment in occurrences if moment not in wanted])
    return best


def _candidates(days: list[date]) -> Iterator[Rule]:
    """Rules whose first and last occurrences are the first and last day, the plainest first."""
    first, last = days[0], days[-1]
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    step = reduce(gcd, gaps)
    span = (last - first).days
    weekdays = sorted({day.weekday() for day in days})
    if len(weekdays) == 1:
        yield Rule("WEEKLY", step // 7, span // step + 1, weekdays=((0, weekdays[0]),))
    months = [day.year * 12 + day.month for day in days]
    month_step = reduce(gcd, [later - earlier for earlier, later in pairwise(months)])
    if month_step:
        count = (months[-1] - months[0]) // month_step + 1
        freq, interval = ("YEARLY", month_step // 12) if month_step % 12 == 0 else ("MONTHLY", month_step)
        if len({day.day for day in days}) == 1:
            yield Rule(freq, interval, count)
        elif all((day + timedelta(days=1)).day == 1 for day in days):
            months_part = (("BYMONTH", (first.month,)),) if freq == "YEARLY" else ()
            yield Rule(freq, interval, count, numbers=(("BYMONTHDAY", (-1,)), *months_part))
        if len(weekdays) == 1:
            months_part = (("BYMONTH", (first.month,)),) if freq == "YEARLY" else ()
            for nth in {(day.day - 1) // 7 + 1 for day in days} if len({(d.day - 1) // 7 for d in days}) == 1 else ():
                yield Rule(freq, interval, count, weekdays=((nth, weekdays[0]),), numbers=months_part)
            if all((day + timedelta(days=7)).month != day.month for day in days):
                yield Rule(freq, interval, count, weekdays=((-1, weekdays[0]),), numbers=months_part)
    if len(weekdays) > 1:
        monday = first - timedelta(days=first.weekday())
        weeks = sorted({(day - monday).days // 7 for day in days})
        week_step = reduce(gcd, weeks) or 1
        chosen = tuple((0, weekday) for weekday in weekdays)
        count = sum(
            first <= monday + timedelta(days=7 * week + weekday) <= last
            for week in range(0, weeks[-1] + 1, week_step)
            for weekday in weekdays
        )
        yield Rule("WEEKLY", week_step, count, weekdays=chosen)
    yield Rule("DAILY", step, span // step + 1)
