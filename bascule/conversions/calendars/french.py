"""A recurrence rule as a sentence: "chaque lundi jusqu’au 30 juin 2025"."""

from __future__ import annotations

from datetime import date, timedelta

from bascule.conversions.calendars import zones
from bascule.conversions.calendars.recurrence import Rule
from bascule.conversions.calendars.times import UTC, Moment
from bascule.conversions.french_words import MONTHS

_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_EVERY = {
    "SECONDLY": ("chaque seconde", "toutes les {} secondes"),
    "MINUTELY": ("chaque minute", "toutes les {} minutes"),
    "HOURLY": ("chaque heure", "toutes les {} heures"),
    "DAILY": ("chaque jour", "tous les {} jours"),
    "WEEKLY": ("chaque semaine", "toutes les {} semaines"),
    "MONTHLY": ("chaque mois", "tous les {} mois"),
    "YEARLY": ("chaque année", "tous les {} ans"),
}
_WORKING_WEEK = {0, 1, 2, 3, 4}
_MOST_NAMED = 12


def day_in_words(day: date) -> str:
    """`1er juin 2025`."""
    return f"{_first(day.day)} {MONTHS[day.month - 1]} {day.year}"


def sentence(rule: Rule, start: Moment) -> str:
    """What the rule says, with its end; begins in lower case, without a full stop."""
    words = _rhythm(rule, start)
    if rule.count is not None:
        return f"{words}, {rule.count} fois"
    if rule.until is not None:
        until = rule.until
        return f"{words} jusqu’au {day_in_words(_last_day(until, rule, start))}"
    return words


def _last_day(until: Moment, rule: Rule, start: Moment) -> date:
    """The last day of the series: an UNTIL earlier in the day than its time of day means the day before."""
    local = zones.to_local(until.clock, start.zone) if until.zone == UTC and start.zone else until.clock
    earlier = not until.all_day and local.time() < start.clock.time() and not rule.by("BYHOUR")
    return (local - timedelta(days=1)).date() if earlier and local.year > 1 else local.date()


def _rhythm(rule: Rule, start: Moment) -> str:
    one, many = _EVERY[rule.freq]
    every = one if rule.interval == 1 else many.format(rule.interval)
    names = [_DAYS[day] for _, day in rule.weekdays]
    weekdays = {day for _, day in rule.weekdays}
    if rule.freq in ("DAILY", "WEEKLY") and weekdays == _WORKING_WEEK and rule.interval == 1:
        return "chaque jour du lundi au vendredi" + _in_months(rule)
    if rule.freq == "WEEKLY":
        if not names:
            names = [_DAYS[start.day.weekday()]]
        if len(set(names)) == 7 and rule.interval == 1:
            return "chaque jour" + _in_months(rule)
        if rule.interval == 1:
            return f"chaque {_list(names)}" + _in_months(rule)
        if rule.interval == 2 and len(names) == 1:
            return f"un {names[0]} sur deux" + _in_months(rule)
        return f"{every}, le {_list(names)}" + _in_months(rule)
    if rule.freq == "MONTHLY":
        where = "de chaque mois" if rule.interval == 1 else f"{every}"
        days = _days_of_month(rule, start)
        return f"{days} {where}" if rule.interval == 1 else f"{where}, {days}"
    if rule.freq == "YEARLY":
        return _yearly(rule, start, every)
    if names:
        return f"{every}, le {_list(names)}" + _in_months(rule)
    return every + _in_months(rule)


def _yearly(rule: Rule, start: Moment, every: str) -> str:
    months = rule.by("BYMONTH")
    if rule.by("BYYEARDAY"):
        return f"{every}, le {_list([_ordinal(number) for number in rule.by('BYYEARDAY')])} jour de l’année"
    if rule.by("BYWEEKNO"):
        return f"{every}, en semaine {_list([str(number) for number in rule.by('BYWEEKNO')])}"
    if rule.weekdays:
        days = _days_of_month(rule, start)
        return f"{every}, {days} {_of_months(months)}" if months else f"{every}, {days} de l’année"
    if not months:
        months = (start.day.month,)
    days = _days_of_month(rule, start)
    if len(months) == 1 and days.startswith("le ") and "dernier" not in days:
        return f"{every}, {days} {MONTHS[months[0] - 1]}"
    return f"{every}, {days} {_of_months(months)}"


def _days_of_month(rule: Rule, start: Moment) -> str:
    positions = rule.by("BYSETPOS")
    if rule.weekdays:
        weekdays = {day for _, day in rule.weekdays}
        if len(positions) == 1 and len(rule.weekdays) > 1:
            kind = "jour ouvré" if weekdays == _WORKING_WEEK else "jour" if len(weekdays) == 7 else ""
            if kind:
                return f"le {_ordinal(positions[0])} {kind}"
        names = []
        for nth, day in rule.weekdays[:_MOST_NAMED]:
            position = nth or (positions[0] if len(positions) == 1 else 0)
            names.append(f"le {_ordinal(position)} {_DAYS[day]}" if position else f"chaque {_DAYS[day]}")
        days = _list(names)
        return f"{days} tombant {_monthdays(rule.by('BYMONTHDAY'))}" if rule.by("BYMONTHDAY") else days
    return _monthdays(rule.by("BYMONTHDAY") or (start.day.day,))


def _monthdays(numbers: tuple[int, ...]) -> str:
    if numbers == (-1,):
        return "le dernier jour"
    return f"le {_list([_first(number) if number > 0 else _from_end(number) for number in numbers[:_MOST_NAMED]])}"


def _from_end(number: int) -> str:
    return "dernier jour" if number == -1 else f"{-number}e jour avant la fin"


def _ordinal(number: int) -> str:
    if number == -1:
        return "dernier"
    if number == -2:
        return "avant-dernier"
    if number < 0:
        return f"{-number}e avant la fin"
    return "1er" if number == 1 else f"{number}e"


def _first(number: int) -> str:
    """A day of the month: only the first is an ordinal in French."""
    return "1er" if number == 1 else str(number)


def _of_months(months: tuple[int, ...]) -> str:
    return _list([f"{'d’' if MONTHS[month - 1][0] in 'ao' else 'de '}{MONTHS[month - 1]}" for month in months])


def _in_months(rule: Rule) -> str:
    months = rule.by("BYMONTH")
    return f", en {_list([MONTHS[month - 1] for month in months])}" if months else ""


def _list(words: list[str]) -> str:
    words = list(dict.fromkeys(words))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} et {words[-1]}"
