"""What the form of a reminder holds: read from what was posted, or filled from a draft or a template."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from django.http import QueryDict

from accounts.journal_search import read_day
from bascule.models import Reminder, ReminderTemplate
from bascule.reminders.audiences import Audience, Moved, What
from bascule.reminders.states import ReminderError
from bascule.reminders.writing import Wish

_MOST_NUMBER = 4


@dataclass
class Filled:
    """Fields as they are shown again; days without its sign, side: « avant » or « apres »."""

    name: str = ""
    subject: str = ""
    body: str = ""
    is_service: bool = False
    waves: frozenset[int] = frozenset()
    what: str = What.EVERYBODY
    moved: str = Moved.ANY
    steps: frozenset[str] = frozenset()
    populations: frozenset[str] = frozenset()
    establishments: str = ""
    quiet_days: str = "0"
    when: str = Reminder.When.NOW
    date: str = ""
    days: str = "10"
    side: str = "avant"
    hour: str = "8"

    @property
    def wish(self) -> Wish:
        """Raises ReminderError for a number or a choice that is none."""
        try:
            audience = Audience(
                what=What(self.what),
                moved=Moved(self.moved),
                steps=tuple(sorted(self.steps)),
                populations=tuple(sorted(self.populations)),
                establishments=tuple(dict.fromkeys(self.establishments.upper().replace(",", " ").split())),
                quiet_days=_number(self.quiet_days or "0"),
            )
            days = _number(self.days or "0")
            hour = _number(self.hour or "8")
        except ValueError as error:
            raise ReminderError("Un nombre ou un choix du formulaire n’est pas valable.") from error
        return Wish(
            name=self.name,
            subject=self.subject,
            body=self.body,
            is_service=self.is_service,
            waves=tuple(self.waves),
            audience=audience,
            when=self.when,
            date=read_day(self.date) if self.when == Reminder.When.ON_DATE else None,
            days=-days if self.side == "avant" else days,
            hour=hour,
        )


def posted(data: QueryDict) -> Filled:
    """As typed; PostgreSQL takes no NUL."""

    def one(name: str, usual: str = "") -> str:
        return data.get(name, usual).replace("\0", "")

    return Filled(
        name=one("nom"),
        subject=one("objet"),
        body=one("texte").replace("\r\n", "\n"),
        is_service=one("service") == "oui",
        waves=numbers(data.getlist("vague")),
        what=one("qui", What.EVERYBODY),
        moved=one("transfert"),
        steps=frozenset(data.getlist("etape")),
        populations=frozenset(code.replace("\0", "") for code in data.getlist("population")),
        establishments=one("etablissements"),
        quiet_days=one("calme", "0"),
        when=one("quand"),
        date=one("date"),
        days=one("jours"),
        side=one("sens", "avant"),
        hour=one("heure", "8"),
    )


def of_reminder(row: Reminder) -> Filled:
    audience = Audience.read(row.audience)
    filled = _of_audience(audience)
    filled.name, filled.subject, filled.body, filled.is_service = row.name, row.subject, row.body, row.is_service
    filled.waves = frozenset(row.rounds.values_list("wave_id", flat=True))
    filled.when, filled.date = row.when, row.date.isoformat() if row.date else ""
    filled.days, filled.side, filled.hour = str(abs(row.days)), "apres" if row.days > 0 else "avant", str(row.hour)
    return filled


def of_template(row: ReminderTemplate) -> Filled:
    filled = _of_audience(Audience.read(row.audience))
    filled.name, filled.subject, filled.body, filled.is_service = row.name, row.subject, row.body, row.is_service
    if row.days is not None:
        filled.when = Reminder.When.BEFORE_OR_AFTER
        filled.days, filled.side = str(abs(row.days)), "apres" if row.days > 0 else "avant"
    return filled


def _of_audience(audience: Audience) -> Filled:
    return Filled(
        what=audience.what,
        moved=audience.moved,
        steps=frozenset(audience.steps),
        populations=frozenset(audience.populations),
        establishments=" ".join(audience.establishments),
        quiet_days=str(audience.quiet_days),
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_NUMBER):
        raise ValueError(text)
    return int(text)


def numbers(texts: Iterable[str]) -> frozenset[int]:
    """The primary keys among `texts`; rubbish is left out."""
    found = set()
    for text in texts:
        with suppress(ValueError):
            if len(text) <= 18:
                found.add(int(text))
    return frozenset(found)
