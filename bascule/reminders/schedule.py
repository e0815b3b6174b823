"""When a reminder leaves for a wave. Days and hours are those of Réunion; `now` is handed in."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bascule.models import Reminder, Wave

# A round that could not begin for so long is missed: what says « dans 10 jours » must not leave three days before, when
# the date of a wave was put forward or the portal stood still. Staff decide.
LATE = dt.timedelta(hours=48)
FURTHEST_DAYS = 365


def due(reminder: Reminder, wave: Wave) -> dt.datetime | None:
    """The moment, by the wave's date as it is now; None: not as long as the wave has no exact date, or the reminder is
    not planned yet."""
    match reminder.when:
        case Reminder.When.NOW:
            return reminder.planned_at
        case Reminder.When.ON_DATE:
            return _at(reminder.date, reminder.hour)
    if wave.date is None:
        return None
    return _at(wave.date + dt.timedelta(days=reminder.days), reminder.hour)


def is_missed(reminder: Reminder, wave: Wave, now: dt.datetime) -> bool:
    """Whether its moment is too long ago to begin now. What has to leave as soon as possible never is."""
    moment = due(reminder, wave)
    return reminder.when != Reminder.When.NOW and moment is not None and now - moment > LATE


def in_words(reminder: Reminder) -> str:
    """« 10 jours avant, à 8 h », « dès que possible », « le 3 mars 2027, à 8 h »."""
    hour = f"à {reminder.hour} h"
    match reminder.when:
        case Reminder.When.NOW:
            return "dès que possible"
        case Reminder.When.ON_DATE:
            return f"le {reminder.date:%d/%m/%Y}, {hour}"
    days = abs(reminder.days)
    if not days:
        return f"le jour du transfert, {hour}"
    word = "jour" if days == 1 else "jours"
    return f"{days} {word} {'avant' if reminder.days < 0 else 'après'} le transfert, {hour}"


def _at(day: dt.date | None, hour: int) -> dt.datetime | None:
    if day is None:
        return None
    return dt.datetime.combine(day, dt.time(hour), timezone.get_default_timezone())
