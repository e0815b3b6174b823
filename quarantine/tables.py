"""What the thresholds come to at each time of the week, for pages that explain them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from quarantine import limits, rules_snapshot
from quarantine.models.sending import Subject
from quarantine.sending_rules import WINDOWS

# Any Wednesday and Saturday will do.
_WEDNESDAY, _SATURDAY = dt.date(2026, 1, 14), dt.date(2026, 1, 17)


@dataclass(frozen=True)
class PeriodTable:
    """Thresholds of one period of the week: rows of (window in words, WARN and MAX by IP, WARN and MAX by sender)."""

    code: str
    label: str
    rows: list[tuple[str, limits.Threshold, limits.Threshold]]


def by_period() -> list[PeriodTable]:
    """The four periods, as the rules stand."""
    rules = rules_snapshot.load()
    begins, ends = rules.night_begins, rules.night_ends
    return [
        _table(rules, "day", "En semaine, le jour", dt.datetime.combine(_WEDNESDAY, ends, limits.PARIS)),
        _table(rules, "night", "La nuit", dt.datetime.combine(_WEDNESDAY, begins, limits.PARIS)),
        _table(rules, "weekend", "Le week-end, le jour", dt.datetime.combine(_SATURDAY, ends, limits.PARIS)),
        _table(rules, "weekend_night", "Le week-end, la nuit", dt.datetime.combine(_SATURDAY, begins, limits.PARIS)),
    ]


def _table(rules: limits.Rules, code: str, label: str, at: dt.datetime) -> PeriodTable:
    by_ip = limits.effective(rules, limits.Subject(Subject.IP.value), 1, at)
    by_sender = limits.effective(rules, limits.Subject(Subject.SENDER.value), 1, at)
    return PeriodTable(code, label, list(zip(WINDOWS.values(), by_ip, by_sender, strict=True)))


@dataclass(frozen=True)
class Present:
    """The period at this moment: its code, and when the next begins (aware; None: never)."""

    code: str
    until: dt.datetime | None


def present_period() -> Present:
    rules, now = rules_snapshot.load(), timezone.now()
    night, weekend = limits.is_night(rules, now), limits.is_weekend(now)
    code = ("weekend_night" if night else "weekend") if weekend else ("night" if night else "day")
    return Present(code, limits.next_change(rules, now))
