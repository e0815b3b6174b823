"""Tests of dates (RFC 5260). Zimbra compares the day a message was written, the hour and the weekday it arrives."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import date as Day

from bascule.conversions.filters.converting.conditions_arguments import KINDS, NUMERIC, RELATIONS
from bascule.conversions.filters.converting.logic import ALWAYS, NEVER, AllOf, AnyOf, Expression, Leaf, Not
from bascule.conversions.filters.converting.refusals import Notes, Refusal, bad_arguments, unsupported_option
from bascule.conversions.filters.source.syntax import Strings, Tag, Test
from zimbra.types.filter_tests import CurrentDayOfWeekTest, CurrentTimeTest, DateTest, HeaderExistsTest

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")
_ORDER = {"gt": (1,), "ge": (0, 1), "lt": (-1,), "le": (-1, 0), "eq": (0,), "ne": (-1, 1)}


@dataclass(frozen=True, slots=True)
class Dated:
    """header: "" for the present moment. relation: of RELATIONS. zone: whether the rule names a time zone."""

    header: str
    part: str
    relation: str
    keys: tuple[str, ...]
    numeric: bool
    zone: bool


def read(test: Test) -> Dated:
    """The arguments of `date` and `currentdate`; Refusal."""
    args = list(test.args)
    relation, comparator, zone = "", "", False
    while args and isinstance(args[0], Tag):
        tag = args[0].name
        value = args[1] if len(args) > 1 else None
        if tag == "originalzone":
            zone = True
        elif tag in ("zone", "comparator", "value"):
            if not isinstance(value, Strings) or len(value.values) != 1:
                raise bad_arguments(test.name)
            args.pop(0)
            zone = zone or tag == "zone"
            comparator = value.values[0].lower() if tag == "comparator" else comparator
            relation = value.values[0].lower() if tag == "value" else relation
        elif tag == "is":
            relation = "eq"
        elif tag in KINDS or tag in ("index", "last"):
            raise unsupported_option(test.name, tag)
        else:
            raise bad_arguments(test.name)
        args.pop(0)
    found = [argument.values for argument in args if isinstance(argument, Strings)]
    wanted = 2 if test.name == "currentdate" else 3
    if len(found) != wanted or len(args) != wanted or any(len(values) != 1 for values in found[:-1]):
        raise bad_arguments(test.name)
    relation = relation or "eq"
    if relation not in RELATIONS:
        raise bad_arguments(test.name)
    header = "" if wanted == 2 else found[0][0].strip().lower()
    return Dated(header, found[-2][0].lower(), relation, found[-1], comparator == NUMERIC, zone)


def date(test: Test, notes: Notes) -> Expression:
    wanted = read(test)
    if wanted.header != "date" or wanted.part not in ("date", "year") or (wanted.numeric and wanted.part == "date"):
        raise Refusal(
            "date_part",
            "Cette règle regarde une partie de la date que Zimbra ne sait pas lire : il compare seulement le jour où le"
            " message a été écrit. Refaites-la avec « écrit avant » ou « écrit après ».",
        )
    _zone(wanted, notes)
    compared = [_days(wanted, key) for key in wanted.keys]
    # Without a date Zimbra takes the present day, the old server none.
    return AllOf((Leaf(HeaderExistsTest("Date")), AnyOf(tuple(compared))))


def current_date(test: Test, notes: Notes) -> Expression:
    wanted = read(test)
    if wanted.part in ("hour", "time", "weekday"):
        _zone(wanted, notes)
    if wanted.part == "weekday":
        days = [str(day) for day in range(7) if _holds_any(wanted, str(day))]
        return Leaf(CurrentDayOfWeekTest(",".join(days))) if days else NEVER
    if wanted.part == "hour":
        return _hours([_holds_any(wanted, f"{hour:02}") for hour in range(24)])
    if wanted.part == "time" and not wanted.numeric:
        return AnyOf(tuple([_time(wanted.relation, key) for key in wanted.keys]))
    raise Refusal(
        "current_date",
        "Cette règle ne vaut qu’à certaines dates, ce que Zimbra ne sait pas faire : refaites-la sans les dates,"
        " puis activez-la et désactivez-la vous-même au bon moment.",
    )


def period(test: Test, *, holds: bool) -> tuple[Day | None, Day | None] | None:
    """First and last day of what a test of the present day says, for an automatic answer; None when it says other."""
    try:
        wanted = read(test)
    except Refusal:
        return None
    if wanted.header or wanted.part not in ("date", "iso8601") or len(wanted.keys) != 1 or wanted.numeric:
        return None
    day = _day(wanted.keys[0][:10])
    if day is None or (wanted.part == "date" and len(wanted.keys[0]) != 10):
        return None
    relation = wanted.relation if holds else {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt"}.get(wanted.relation, "")
    one = timedelta(days=1)
    if wanted.part == "iso8601" and relation in ("gt", "le"):
        # An hour of that day is compared: the day itself belongs to the period.
        relation = {"gt": "ge", "le": "le"}[relation]
    match relation:
        case "ge":
            return day, None
        case "gt":
            return day + one, None
        case "le":
            return None, day
        case "lt":
            return None, day - one
        case "eq" if wanted.part == "date":
            return day, day
    return None


# ------------------------------------------------------------------------------------------------------------ days


def _days(wanted: Dated, key: str) -> Expression:
    if wanted.part == "year":
        year = int(key) if re.fullmatch("[0-9]{4}", key) else 0
        first, after = _new_year(year), _new_year(year + 1)
    else:
        first = _day(key)
        after = None if first is None or first.year > 9998 else first + timedelta(days=1)
    if first is None or after is None:
        raise Refusal("date_value", f"« {key[:40]} » n’est pas une date (AAAA-MM-JJ) : corrigez-la dans la règle.")
    before_first, before_after = _before(first), _before(after)
    by_relation: dict[str, Expression] = {
        "lt": before_first,
        "ge": Not(before_first),
        "le": before_after,
        "gt": Not(before_after),
        "eq": AllOf((Not(before_first), before_after)),
        "ne": AnyOf((before_first, Not(before_after))),
    }
    return by_relation[wanted.relation]


def _new_year(year: int) -> Day | None:
    return Day(year, 1, 1) if 1900 <= year < 9999 else None


def _day(text: str) -> Day | None:
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    try:
        day = Day(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return day if 1900 <= day.year < 9999 else None


def _before(day: Day) -> Leaf:
    # At noon in Greenwich it is that day in every zone a mailbox may have, the easternmost islands apart.
    return Leaf(DateTest("before", int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())))


# ----------------------------------------------------------------------------------------------------------- hours


def _hours(wanted: list[bool]) -> Expression:
    found: list[Expression] = []
    start: int | None = None
    for hour, holds in enumerate([*wanted, False]):
        if holds and start is None:
            start = hour
        elif not holds and start is not None:
            found.append(AllOf((_from_minute(start * 60), _until_minute(hour * 60))))
            start = None
    return AnyOf(tuple(found))


def _time(relation: str, key: str) -> Expression:
    """To the minute: up to the last second of one, or from the first."""
    found = _TIME.fullmatch(key)
    if found is None:
        raise Refusal("date_value", f"« {key[:40]} » n’est pas une heure (HH:MM:SS) : corrigez-la dans la règle.")
    minute, second = int(found[1]) * 60 + int(found[2]), int(found[3])
    make: Callable[[int], Expression] = _until_minute if relation in ("lt", "le") else _from_minute
    if relation in ("lt", "ge") and second == 0:
        return make(minute)
    if relation in ("le", "gt") and second == 59:
        return make(minute + 1)
    raise unsupported_option("currentdate", "time")


def _from_minute(minute: int) -> Expression:
    if minute == 0:
        return ALWAYS
    return NEVER if minute >= 1440 else Not(_before_minute(minute))


def _until_minute(minute: int) -> Expression:
    if minute == 0:
        return NEVER
    return ALWAYS if minute >= 1440 else _before_minute(minute)


def _before_minute(minute: int) -> Leaf:
    return Leaf(CurrentTimeTest("before", f"{minute // 60:02}{minute % 60:02}"))


# ------------------------------------------------------------------------------------------------------- comparing


def _holds_any(wanted: Dated, value: str) -> bool:
    return any(_compared(value, key, numeric=wanted.numeric) in _ORDER[wanted.relation] for key in wanted.keys)


def _compared(value: str, key: str, *, numeric: bool) -> int:
    if not numeric:
        return (value > key) - (value < key)
    digits = re.match("[0-9]{1,18}", key)
    # What is no number is above all of them.
    number = int(digits[0]) if digits else 1 << 70
    return (int(value) > number) - (int(value) < number)


def _zone(wanted: Dated, notes: Notes) -> None:
    if wanted.zone:
        notes.add(
            "date_zone",
            "L’ancienne règle nommait un fuseau horaire : Zimbra prend celui de la boîte. Vérifiez-le dans les"
            " préférences si vous travaillez à une autre heure.",
        )
