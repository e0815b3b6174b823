"""How items are told on the pages of files."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.utils.formats import date_format

from bascule.conversions.model import ItemKind
from bascule.imports.contact_items import field_name
from bascule.previews import Shown

register = template.Library()

# Said elsewhere on the page, or for the server only.
_HIDDEN = {"type", "fileAs"}


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def number(count: int) -> str:
    """ "10 000": a narrow unbreakable blank between thousands."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


@register.filter
def size(count: int) -> str:
    """Bytes as French offices count them: "512 octets", "28 ko", "1,4 Mo"; as the limit is told, in thousands."""
    if count < 1000:
        return f"{count}\N{NO-BREAK SPACE}octet{'s' if count > 1 else ''}"
    if count < 999_500:
        return f"{round(count / 1000)}\N{NO-BREAK SPACE}ko"
    return f"{count / 1_000_000:.1f}\N{NO-BREAK SPACE}Mo".replace(".", ",")


@register.filter
def day(value: date) -> str:
    """ "1er mai 2024", "2 mai 2024"."""
    text = date_format(value, "j F Y")
    return f"1er{text[1:]}" if text.startswith("1 ") else text


@register.filter
def when(one: Shown) -> str:
    """ "12 mars 2024, 09:00 à 10:30", "du 1 au 3 mai 2024", "échéance : 15 mars 2024"; "sans date"."""
    facts = one.facts
    if one.item.kind == ItemKind.TASK:
        due = _moment(facts.get("due"))
        return f"échéance : {_told(due)}" if due else "sans échéance"
    start, end = _moment(facts.get("start")), _moment(facts.get("end"))
    if start is None:
        return "sans date"
    if end is None or end == start:
        return _told(start)
    if isinstance(start, datetime) and isinstance(end, datetime) and start.date() == end.date():
        return f"{_told(start)} à {end:%H:%M}"
    return f"du {_told(start)} au {_told(end)}"


@register.filter
def details(one: Shown) -> list[tuple[str, str]]:
    """Names and values of all that is known of an item."""
    if one.item.kind in {ItemKind.CONTACT, ItemKind.GROUP}:
        known = ((field_name(name).capitalize(), value) for name, value in one.item.attributes.items())
        hidden = {field_name(name).capitalize() for name in _HIDDEN}
        return [(name, value) for name, value in known if value and name not in hidden]
    facts = one.facts
    lines: list[tuple[str, str]] = [("Date", when(one))]
    lines += [(name, str(facts[key])) for key, name in _FACTS if facts.get(key)]
    occurrences = [_told(moment) for text in facts.get("occurrences", ()) if (moment := _moment(text))]
    if facts.get("recurrence") and occurrences:
        lines.append(("Premières dates", "\n".join(occurrences)))
    if facts.get("private"):
        lines.append(("Confidentialité", "privé"))
    return lines


_FACTS = (
    ("location", "Lieu"),
    ("recurrence", "Répétition"),
    ("exceptions", "Occurrences modifiées"),
    ("organizer", "Organisateur"),
    ("attendees", "Participants"),
    ("alarms", "Rappels"),
    ("completed", "Achevé"),
    ("zone", "Fuseau"),
)


def _moment(text: Any) -> datetime | date | None:
    """An ISO day or instant of the facts; instants in the portal's time zone."""
    if not text:
        return None
    if "T" not in str(text):
        return date.fromisoformat(str(text))
    moment = datetime.fromisoformat(str(text))
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)) if moment.tzinfo else moment


def _told(moment: datetime | date | None) -> str:
    if isinstance(moment, datetime):
        return f"{day(moment)}, {moment:%H:%M}"
    return day(moment) if moment else ""
