"""What an appointment or task says, read from its iCalendar text, so that two texts can be compared.

Only what the first text states is compared: a server adds values of its own (status, priority, sequence), which lose
nothing. Instants are compared as instants, whatever zone each text tells them in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bascule.conversions import calendars
from bascule.conversions.text import Property, logical_lines, parse_line, unescape_text
from bascule.imports.carrier import Difference

# Occurrences of a recurrence whose instants are compared.
COMPARED_OCCURRENCES = 50

_TEXTS = {"SUMMARY": "titre", "LOCATION": "lieu", "DESCRIPTION": "description"}
_WORDS = {
    "STATUS": "état",
    "CLASS": "confidentialité",
    "TRANSP": "disponibilité",
    "PERCENT-COMPLETE": "avancement",
}
_INSTANTS = {"DTSTART": "début", "DTEND": "fin", "DUE": "échéance", "COMPLETED": "achevé le"}
_DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


@dataclass(slots=True)
class Component:
    """One VEVENT or VTODO.

    lines: its own properties by name, first value each; alarms: how many; people: addresses; source: its lines as read.
    """

    kind: str
    lines: dict[str, Property] = field(default_factory=dict)
    alarms: int = 0
    people: set[str] = field(default_factory=set)
    source: list[str] = field(default_factory=list)

    @property
    def uid(self) -> str:
        line = self.lines.get("UID")
        return line.value.strip() if line else ""

    @property
    def recurrence_id(self) -> str:
        """Which occurrence this stands for, as an instant; "" for the item itself."""
        line = self.lines.get("RECURRENCE-ID")
        return str(_moment(line)) if line else ""


def components(data: bytes) -> Iterator[Component]:
    """The events and tasks of a calendar file, one after the other."""
    current: Component | None = None
    nested: list[str] = []
    for line in logical_lines(data, repairs=Counter()):
        upper = line.text[:20].upper()
        if upper.startswith(("BEGIN:VEVENT", "BEGIN:VTODO")):
            current, nested = Component(upper[6:].strip()), []
            current.source.append(line.text)
            continue
        if current is None:
            continue
        current.source.append(line.text)
        if upper.startswith("BEGIN:"):
            nested.append(upper)
            current.alarms += upper.startswith("BEGIN:VALARM") and len(nested) == 1
        elif upper.startswith("END:"):
            if nested:
                nested.pop()
            else:
                yield current
                current = None
        elif not nested and (parsed := parse_line(line.text)):
            current.lines.setdefault(parsed.name, parsed)
            if parsed.name == "ATTENDEE":
                current.people.add(parsed.value.strip().casefold())


def by_uid(data: bytes) -> dict[str, list[Component]]:
    found: dict[str, list[Component]] = {}
    for component in components(data):
        found.setdefault(component.uid, []).append(component)
    return found


def differences(expected: Iterable[Component], found: Iterable[Component]) -> list[Difference]:
    """What `expected` states and `found` does not; component by component, by the occurrence each stands for."""
    held = {component.recurrence_id: component for component in found}
    result = []
    for component in expected:
        other = held.get(component.recurrence_id)
        if other is None:
            result.append(Difference("occurrence modifiée", _shown(component.lines.get("RECURRENCE-ID")), ""))
        else:
            result += _of_component(component, other)
    return result


def occurrence_differences(expected: Sequence[Component], found: Sequence[Component]) -> list[Difference]:
    """The first instants of a recurrence, side by side; nothing for what takes place once."""
    if not any("RRULE" in component.lines for component in expected):
        return []
    ours, theirs = (calendars.occurrences(_joined(side), COMPARED_OCCURRENCES) for side in (expected, found))
    for mine, other in zip_longest(ours, theirs, fillvalue=""):
        if mine != other:
            return [Difference("dates de la répétition", _shown_instant(mine), _shown_instant(other))]
    return []


def _joined(side: Sequence[Component]) -> str:
    return "\r\n".join(line for component in side for line in component.source)


def _shown_instant(instant: str) -> str:
    if "T" not in instant:
        return instant
    return f"{datetime.fromisoformat(instant):%d/%m/%Y %H:%M} (UTC)"


def _of_component(expected: Component, found: Component) -> list[Difference]:
    result = []
    for name, label in _TEXTS.items():
        ours, theirs = _text(expected.lines.get(name)), _text(found.lines.get(name))
        if ours and ours != theirs:
            result.append(Difference(label, ours, theirs))
    for name, label in _WORDS.items():
        ours, theirs = _word(expected.lines.get(name)), _word(found.lines.get(name))
        if ours and ours != (theirs or _USUAL.get((expected.kind, name), "")):
            result.append(Difference(label, ours, theirs))
    for name, label in _INSTANTS.items():
        if name in expected.lines and _when(expected, name) != _when(found, name):
            result.append(Difference(label, _shown(expected.lines[name]), _shown(found.lines.get(name))))
    if ("RRULE" in expected.lines) != ("RRULE" in found.lines):
        ours, theirs = (_word(side.lines.get("RRULE")) for side in (expected, found))
        result.append(Difference("récurrence", ours, theirs))
    if expected.alarms > found.alarms:
        result.append(Difference("rappels", str(expected.alarms), str(found.alarms)))
    result += [Difference("participant", _address(person), "") for person in sorted(expected.people - found.people)]
    return result


# What an item means that does not say it (RFC 5545 3.8.1.3, 3.8.2.7).
_USUAL = {("VEVENT", "CLASS"): "PUBLIC", ("VTODO", "CLASS"): "PUBLIC", ("VEVENT", "TRANSP"): "OPAQUE"}


def _text(line: Property | None) -> str:
    return " ".join(unescape_text(line.value).split()) if line else ""


def _word(line: Property | None) -> str:
    return line.value.strip().upper() if line else ""


def _address(value: str) -> str:
    return value.removeprefix("mailto:")


def _when(component: Component, name: str) -> datetime | date | str | None:
    """The moment of a property; an end may be told as a duration."""
    line = component.lines.get(name)
    if line is not None:
        return _moment(line)
    start, duration = component.lines.get("DTSTART"), component.lines.get("DURATION")
    if name in {"DTEND", "DUE"} and start and duration:
        begin, length = _moment(start), _length(duration.value)
        if not isinstance(begin, str) and length is not None:
            return begin + length
    return None


def _moment(line: Property) -> datetime | date | str:
    """A day, or an instant in UTC; a local time without a zone, or in an unknown one, stays as it is written."""
    value = line.value.strip()
    if re.fullmatch(r"\d{8}", value):
        return datetime.strptime(value, "%Y%m%d").replace(tzinfo=UTC).date()
    try:
        local = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - its zone comes below
        if value.endswith("Z"):
            return local.replace(tzinfo=UTC)
        zone = ZoneInfo(line.params["TZID"][0])
    except (ValueError, KeyError, IndexError, ZoneInfoNotFoundError, OSError):
        return value
    return local.replace(tzinfo=zone).astimezone(UTC)


def _length(value: str) -> timedelta | None:
    found = _DURATION.fullmatch(value.strip())
    if found is None:
        return None
    parts = {name: int(found[name] or 0) for name in ("weeks", "days", "hours", "minutes", "seconds")}
    length = timedelta(**parts)
    return -length if found["sign"] == "-" else length


def _shown(line: Property | None) -> str:
    """A moment as a person reads it, in the zone the text tells it in."""
    if line is None:
        return ""
    moment = _moment(line)
    if isinstance(moment, datetime):
        zone = (line.params.get("TZID") or ["UTC"])[0]
        local = moment if zone == "UTC" else moment.astimezone(ZoneInfo(zone))
        return f"{local:%d/%m/%Y %H:%M} ({zone})"
    return f"{moment:%d/%m/%Y}" if isinstance(moment, date) else moment
