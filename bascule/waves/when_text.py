"""When a wave takes place, as people write it: a day ("16/04/2025", "2 mai") or a period ("mi-mai", "fin septembre").

Without a year the next such time is meant (for a wave that is done: the last one); pages show it back spelled out.
Where the text does not say when, it is refused with a sentence that says what can be written.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.plain_text import plain
from bascule.models import Wave

_HALF_YEARS = (
    ("janvier", "février", "mars", "avril", "mai", "juin"),
    ("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
MONTHS = (*_HALF_YEARS[0], *_HALF_YEARS[1])
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
# Months as they are written in full or cut short, without accents.
_MONTH_NUMBERS = {plain(name): number for number, name in enumerate(MONTHS, 1)} | {
    short: number
    for number, shorts in {
        1: "janv jan", 2: "fev fevr", 4: "avr", 7: "juil juill", 9: "sept sep", 10: "oct", 11: "nov", 12: "dec"
    }.items()
    for short in shorts.split()
}  # fmt: skip
_MONTH = "(?P<month>" + "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True)) + ")"
_YEAR = r"(?: (?P<year>\d{2}|\d{4}))?"
_DAY = r"(?P<day>\d{1,2})(?: ?er)?"
_WEEKDAY = rf"(?:(?P<weekday>{'|'.join(_DAYS)}) )?"
_PART = "(?P<part>debut|mi|milieu|fin|courant)"
_HALF = "(?P<half>1re|1ere|1|premiere|2e|2eme|2nde|2|deuxieme|seconde)"
_BLANKS = r"(?:l |le |la |les |en |au |a la |a |au mois d |au mois de |pour |vers )?"

MOST_CHARACTERS = 60
# A planning is about some years: a slip of the finger is told from a date.
_YEARS_AROUND = 10


class WhenError(Exception):
    """The text does not say when; `sentence` says what to write, in French."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class When:
    """First and last day, both in it. label: the period in words; "" for one exact day."""

    start: date
    end: date
    label: str = ""

    @property
    def is_exact(self) -> bool:
        return not self.label

    @property
    def typed(self) -> str:
        """What may be typed to mean it: "16/04/2025", "mi-mai 2025"."""
        return self.label or f"{self.start:%d/%m/%Y}"

    @property
    def spelled(self) -> str:
        """For whoever typed it: "mercredi 16 avril 2025", "mi-mai 2025, du 11 au 20 mai 2025"."""
        if self.is_exact:
            return f"{_DAYS[self.start.weekday()]} {long_day(self.start)}"
        if self.label.startswith("du "):
            return self.label
        return f"{self.label}, {from_to(self.start, self.end)}"


def long_day(day: date, *, year: bool = True) -> str:
    """ "1er mai 2025", "16 avril 2025"; the year may be left out."""
    text = f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]}"
    return f"{text} {day.year}" if year else text


def from_to(start: date, end: date) -> str:
    """ "du 12 au 16 mai 2025", "du 28 mai au 3 juin 2025"."""
    if (start.year, start.month) == (end.year, end.month):
        first = "1er" if start.day == 1 else str(start.day)
    else:
        first = long_day(start, year=start.year != end.year)
    return f"du {first} au {long_day(end)}"


def examples(today: date) -> str:
    """What can be written, for a hint: with dates to come."""
    year = today.year + (today.month > 3)
    return (
        f"une date (16/04/{year}, 2 mai {year}) ou une période (mi-mai, début juin, octobre {year}, semaine du 12 mai)"
    )


def read(text: str, *, today: date, past: bool = False) -> When:
    """What `text` means on the day `today`. past: it has been, so that a year left out is the last one.

    Raises WhenError.
    """
    typed = " ".join(text.replace("\0", " ").split())
    if not typed:
        raise WhenError(f"Écrivez quand : {examples(today)}.")
    if len(typed) > MOST_CHARACTERS:
        raise WhenError(f"C’est trop long ({MOST_CHARACTERS} caractères au plus). Écrivez {examples(today)}.")
    asked = _Asked(today, past)
    iso = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", typed)
    if iso:
        return _exact(asked.day(int(iso[3]), int(iso[2]), int(iso[1])))
    figures = re.fullmatch(
        rf"(?:le )?{_WEEKDAY}(\d{{1,2}})[-/. ](\d{{1,2}})(?:[-/. ](\d{{4}}|\d{{2}}))?", typed.lower()
    )
    if figures:
        day = asked.day(int(figures[2]), int(figures[3]), _year(figures[4]))
        return _checked(_exact(day), figures["weekday"])
    words = re.sub(r"(?<=\d)(?=[a-z])(?!er\b|e\b|re\b|ere\b|eme\b|nde\b)", " ", plain(typed.replace("’", " ")))
    for pattern, reader in _PATTERNS:
        found = re.fullmatch(_BLANKS + pattern, words)
        if found:
            return reader(asked, found.groupdict())
    raise WhenError(f"« {typed} » ne dit pas quand. Écrivez {examples(today)}.")


def of_wave(wave: Wave) -> When:
    """When `wave` takes place, from its row. A period that was not written by `read` lasts to the end of its month."""
    if wave.date is not None:
        return _exact(wave.date)
    start = wave.period_start
    assert start is not None, "held by the constraint wave_has_date_or_period"
    try:
        found = read(wave.period_label, today=start)
    except WhenError:
        found = _exact(start)
    if found.is_exact or found.end < start:
        return When(start, start.replace(day=monthrange(start.year, start.month)[1]), wave.period_label)
    return When(min(start, found.start) if found.start.year == start.year else start, found.end, wave.period_label)


@dataclass(frozen=True)
class _Asked:
    today: date
    past: bool

    def day(self, day: int, month: int, year: int | None) -> date:
        """Raises WhenError for a day that there is not."""
        if not 1 <= month <= 12:
            raise WhenError(f"Il n’y a pas de mois {month}. Écrivez le jour, puis le mois : 16/04/2025.")
        if year is None:
            return self.nearest(lambda some: _day_of(day, month, some), leap=(day, month) == (29, 2))
        return self.checked(_day_of(day, month, year))

    def nearest(self, make: Callable[[int], date], *, leap: bool = False) -> date:
        """The next (or last) day of those that `make` gives for a year."""
        years = range(self.today.year - 1, self.today.year + 2)
        if leap:
            years = range(self.today.year - 8, self.today.year + 9)
            return self._pick([make(year) for year in years if monthrange(year, 2)[1] == 29])
        return self._pick([make(year) for year in years])

    def period(self, make: Callable[[int], When], year: int | None) -> When:
        """The same for periods: one that has begun and is not over is the next and the last."""
        if year is not None:
            found = make(year)
            self.checked(found.start)
            return found
        made = [make(some) for some in range(self.today.year - 1, self.today.year + 2)]
        if self.past:
            return [one for one in made if one.start <= self.today][-1]
        return next(one for one in made if one.end >= self.today)

    def _pick(self, days: list[date]) -> date:
        if self.past:
            return [one for one in days if one <= self.today][-1]
        return next(one for one in days if one >= self.today)

    def checked(self, day: date) -> date:
        if abs(day.year - self.today.year) > _YEARS_AROUND:
            raise WhenError(f"L’année {day.year} n’est pas celle d’une bascule : vérifiez la date.")
        return day


def _day_of(day: int, month: int, year: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        last = monthrange(year, month)[1] if 1 <= year <= 9999 else 31
        of = ("d’" if month in {4, 8, 10} else "de ") + MONTHS[month - 1]
        raise WhenError(f"Il n’y a pas de {day} {MONTHS[month - 1]} : le mois {of} {year} a {last} jours.") from error


def _year(text: str | None) -> int | None:
    if not text:
        return None
    return int(text) + 2000 if len(text) == 2 else int(text)


def _exact(day: date) -> When:
    return When(day, day)


def _checked(found: When, weekday: str | None) -> When:
    if weekday and _DAYS[found.start.weekday()] != weekday:
        raise WhenError(
            f"Le {long_day(found.start)} est un {_DAYS[found.start.weekday()]}, pas un {weekday} : vérifiez la date."
        )
    return found


_Parts = dict[str, str | None]


def _number(parts: _Parts, name: str) -> int:
    return int(parts[name] or 0)


def _month(parts: _Parts, name: str = "month") -> int:
    return _MONTH_NUMBERS[parts[name] or ""]


def _one_day(asked: _Asked, parts: _Parts) -> When:
    day = asked.day(_number(parts, "day"), _month(parts), _year(parts["year"]))
    return _checked(_exact(day), parts["weekday"])


def _whole_month(asked: _Asked, parts: _Parts) -> When:
    month = _month(parts)
    return asked.period(lambda year: _span(year, month, 1, 31, f"{MONTHS[month - 1]} {year}"), _year(parts["year"]))


def _part_of_month(asked: _Asked, parts: _Parts) -> When:
    month, part = _month(parts), parts["part"]
    name = MONTHS[month - 1]
    first, last, before = {
        "debut": (1, 10, "début "),
        "mi": (11, 20, "mi-"),
        "milieu": (11, 20, "mi-"),
        "fin": (21, 31, "fin "),
        "courant": (1, 31, "courant "),
    }[part or ""]
    return asked.period(lambda year: _span(year, month, first, last, f"{before}{name} {year}"), _year(parts["year"]))


def _half_of_month(asked: _Asked, parts: _Parts) -> When:
    month = _month(parts)
    is_first = (parts["half"] or "")[0] in "1p"
    label = f"{'1re' if is_first else '2e'} quinzaine {'d’' if month in {4, 8, 10} else 'de '}{MONTHS[month - 1]}"
    first, last = (1, 15) if is_first else (16, 31)
    return asked.period(lambda year: _span(year, month, first, last, f"{label} {year}"), _year(parts["year"]))


def _week_of(asked: _Asked, parts: _Parts) -> When:
    start = asked.day(_number(parts, "day"), _month(parts), _year(parts["year"]))
    return When(start, start + timedelta(days=6), f"semaine du {long_day(start)}")


def _week_number(asked: _Asked, parts: _Parts) -> When:
    week = _number(parts, "week")

    def make(year: int) -> When:
        try:
            start = date.fromisocalendar(year, week, 1)
        except ValueError as error:
            raise WhenError(f"Il n’y a pas de semaine {week} en {year}.") from error
        return When(start, start + timedelta(days=6), f"semaine du {long_day(start)}")

    if week == 53 and not parts["year"]:
        raise WhenError("Peu d’années ont une semaine 53 : écrivez plutôt « semaine du 29 décembre 2025 ».")
    return asked.period(make, _year(parts["year"]))


def _quarter(asked: _Asked, parts: _Parts) -> When:
    number = _number(parts, "quarter")
    which = "1er" if number == 1 else f"{number}e"

    def make(year: int) -> When:
        last = _span(year, number * 3, 1, 31, "")
        return When(date(year, number * 3 - 2, 1), last.end, f"{which} trimestre {year}")

    return asked.period(make, _year(parts["year"]))


def _days_from_to(asked: _Asked, parts: _Parts) -> When:
    end = asked.day(_number(parts, "day"), _month(parts), _year(parts["year"]))
    month = _month(parts, "first_month") if parts["first_month"] else end.month
    first, first_year = _number(parts, "first_day"), _year(parts["first_year"])
    start = _day_of(first, month, first_year or end.year - (month > end.month))
    asked.checked(start)
    if start >= end:
        raise WhenError(f"Le {long_day(start)} n’est pas avant le {long_day(end)} : écrivez d’abord le premier jour.")
    return When(start, end, from_to(start, end))


def _months_from_to(asked: _Asked, parts: _Parts) -> When:
    first, last = _month(parts, "first_month"), _month(parts)
    first_year, last_year = _year(parts["first_year"]), _year(parts["year"])

    def make(year: int) -> When:
        start = date(first_year or year - (first > last), first, 1)
        shown = MONTHS[first - 1] if start.year == year else f"{MONTHS[first - 1]} {start.year}"
        return When(start, _span(year, last, 1, 31, "").end, f"{shown} à {MONTHS[last - 1]} {year}")

    if first_year is not None and last_year is None:
        last_year = first_year + (first > last)
    found = asked.period(make, last_year)
    if found.start >= found.end or first == last:
        raise WhenError("Le premier mois n’est pas avant le dernier : écrivez d’abord celui qui commence.")
    return found


def _span(year: int, month: int, first: int, last: int, label: str) -> When:
    if not 1 <= year <= 9998:
        raise WhenError(f"L’année {year} n’est pas celle d’une bascule : vérifiez la date.")
    return When(date(year, month, first), date(year, month, min(last, monthrange(year, month)[1])), label)


_FIRST_MONTH = _MONTH.replace("?P<month>", "?P<first_month>")
_FIRST_YEAR = _YEAR.replace("?P<year>", "?P<first_year>")
_PATTERNS: tuple[tuple[str, Callable[[_Asked, _Parts], When]], ...] = (
    (rf"{_WEEKDAY}{_DAY} {_MONTH}{_YEAR}", _one_day),
    (rf"{_PART} (?:de |d )?{_MONTH}{_YEAR}", _part_of_month),
    (rf"(?:mois (?:de |d ))?{_MONTH}{_YEAR}", _whole_month),
    (rf"{_HALF} quinzaine (?:de |d )?{_MONTH}{_YEAR}", _half_of_month),
    (rf"semaine du (?P<weekday>lundi )?{_DAY} {_MONTH}{_YEAR}", _week_of),
    (rf"(?:semaine|s) ?(?P<week>\d{{1,2}})(?: de)?{_YEAR}", _week_number),
    (rf"(?P<quarter>[1-4]) ?(?:er|e|eme)? trimestre(?: de)?{_YEAR}", _quarter),
    (
        rf"(?:du |entre le )?(?P<first_day>\d{{1,2}})(?: ?er)?(?: {_FIRST_MONTH}{_FIRST_YEAR})? (?:au|et le|a|et) "
        rf"{_DAY} {_MONTH}{_YEAR}",
        _days_from_to,
    ),
    (rf"(?:de |d |entre )?{_FIRST_MONTH}{_FIRST_YEAR} (?:(?:a|et|ou) )?{_MONTH}{_YEAR}", _months_from_to),
)
