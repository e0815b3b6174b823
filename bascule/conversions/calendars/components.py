"""The tree of components of a calendar file, whatever is wrong with its BEGIN and END lines.

Nothing is judged here but the nesting: a component begun inside one that cannot hold it closes it, an END without its
BEGIN is passed over, and what stands outside any VCALENDAR gets one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from bascule.conversions import text
from bascule.conversions.text import Line

ITEM_NAMES = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"})
# What may only stand directly in a VCALENDAR: meeting it deeper means that an END is missing.
_TOP_NAMES = ITEM_NAMES | {"VTIMEZONE", "VCALENDAR", "VAVAILABILITY", "VPOLL"}
_TEXT_NAMES = frozenset({"DESCRIPTION", "SUMMARY", "LOCATION", "COMMENT", "CONTACT", "X-ALT-DESC"})
KNOWN_NAMES = frozenset(
    re.split(
        r"\s+",
        """ACKNOWLEDGED ACTION ATTACH ATTENDEE BEGIN BUSYTYPE CALENDAR-ADDRESS CALSCALE CATEGORIES CLASS COLOR
    COMMENT COMPLETED CONCEPT CONFERENCE CONTACT CREATED DAYLIGHT DCREATED DALARM AALARM MALARM PALARM
    DESCRIPTION DTEND DTSTAMP DTSTART DUE DURATION END ESTIMATED-DURATION EXDATE EXRULE FREEBUSY GEO IMAGE
    LAST-MODIFIED LINK LOCATION METHOD NAME ORGANIZER PARTICIPANT-TYPE PERCENT-COMPLETE PRIORITY PRODID
    PROXIMITY RDATE RECURRENCE-ID REFID REFRESH-INTERVAL RELATED-TO REPEAT REQUEST-STATUS RESOURCES RNUM
    RRULE SEQUENCE SOURCE STATUS STRUCTURED-DATA STYLED-DESCRIPTION SUMMARY TRANSP TRIGGER TZ TZID
    TZID-ALIAS-OF TZNAME TZOFFSETFROM TZOFFSETTO TZUNTIL TZURL UID URL VERSION""",
    )
)
_MOST_DEPTH = 8


class Property(NamedTuple):
    """A property as written: raw parameters from the first ";" on, raw value, line of the file. name is "" for a line
    that is no property (bare addresses in Sun's alarms)."""

    name: str
    raw: str
    value: str
    line: int

    @property
    def params(self) -> dict[str, list[str]]:
        return _parameters(self.raw) if self.raw else {}

    def param(self, name: str) -> str:
        """The first value of a parameter, "" without it."""
        values = self.params.get(name)
        return values[0] if values else ""

    @property
    def text(self) -> str:
        """The property as a line again, near enough to its source to recognise it."""
        return f"{self.name}{self.raw}:{self.value}" if self.name else self.value


@lru_cache(maxsize=512)
def _parameters(raw: str) -> dict[str, list[str]]:
    return text.parse_parameters(raw)


class Component:
    """A component: its properties in order, its children, the line where it begins.

    damaged: lines in which the file had lost letters already. closed: its END was there. invented: its BEGIN was not.
    """

    __slots__ = ("children", "closed", "damaged", "invented", "line", "name", "properties")

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        self.properties: list[Property] = []
        self.children: list[Component] = []
        self.damaged = 0
        self.closed = True
        self.invented = False

    def first(self, name: str) -> Property | None:
        """The first property of that name with a value."""
        for prop in self.properties:
            if prop.name == name and prop.value:
                return prop
        return None

    def all(self, name: str) -> list[Property]:
        return [prop for prop in self.properties if prop.name == name]

    def source(self) -> str:
        """Its text, about as it was in the file, at most 2,000 characters."""
        pieces: list[str] = []
        size = 0
        for line in self._lines():
            pieces.append(line[: 2000 - size])
            size += len(line) + 1
            if size >= 2000:
                break
        return "\n".join(pieces)[:2000]

    def _lines(self) -> Iterator[str]:
        yield f"BEGIN:{self.name}"
        for prop in self.properties:
            yield prop.text
        for child in self.children:
            yield from child._lines()
        yield f"END:{self.name}"


class Tree(NamedTuple):
    """calendars: at least one when the file held any component. stray: lines that belong to nothing, with the component
    they stood in. joined: lines that were found to continue the text before them. unbalanced: BEGIN and END lines
    missing or wrong."""

    calendars: list[Component]
    stray: list[tuple[Component, Line]]
    joined: int
    unbalanced: int


def build(lines: Iterable[Line]) -> Tree:
    """The components of a file. Never raises; deeper nesting than any calendar has is flattened."""
    root = Component("", 0)
    stack = [root]
    current = root
    stray: list[tuple[Component, Line]] = []
    joined = unbalanced = 0
    names: dict[str, str] = {}
    rest: list[str] = []  # lines that continue the text of the last property of `current`
    for line in lines:
        content = line.text
        head, colon, value = content.partition(":")
        name = names.get(head, "") if colon else ""
        raw = ""
        if not name:
            parts = text.split_line(content)
            if parts is not None:
                _, name, raw, value = parts
                if "_" in name and name.startswith("X"):
                    name = name.replace("_", "-")
                if not raw and name == head.upper():
                    names[head] = name
            plain = name not in KNOWN_NAMES and not name.startswith("X-")
            if parts is None or (plain and current is not root):
                if _is_sun_address(content, current):
                    current.properties.append(Property("", "", content.strip(), line.number))
                elif current.properties and current.properties[-1].name in _TEXT_NAMES:
                    rest.append(content)
                    joined += 1
                elif parts is not None and "-" in name:
                    current.properties.append(Property(name, raw, value, line.number))
                elif current is not root:
                    stray.append((current, line))
                if plain:
                    names.pop(head, None)
                continue
        if rest:
            _continue_text(current, rest)
            rest = []
        if name == "BEGIN":
            unbalanced += _open(stack, value.strip().upper(), line.number)
            current = stack[-1]
        elif name == "END":
            unbalanced += _close(stack, value.strip().upper())
            current = stack[-1]
        elif current is not root:
            current.properties.append(Property(name, raw, value, line.number))
            if line.damaged:
                current.damaged += 1
    if rest:
        _continue_text(current, rest)
    for component in stack[1:]:
        component.closed = False
        unbalanced += 1
    return Tree(_calendars(root), stray, joined, unbalanced)


def _open(stack: list[Component], name: str, line: int) -> int:
    """Begin a component; 1 when others had to be closed or invented for it."""
    faults = 0
    if name in _TOP_NAMES:
        while len(stack) > 1 and stack[-1].name != "VCALENDAR":
            stack.pop()
            faults = 1
        if name == "VCALENDAR" and len(stack) > 1:
            stack.pop()
            faults = 1
    elif (name in ("STANDARD", "DAYLIGHT") and stack[-1].name in ("STANDARD", "DAYLIGHT")) or (
        name == "VALARM" and stack[-1].name == "VALARM"
    ):
        stack.pop()
        faults = 1
    if name != "VCALENDAR" and len(stack) == 1:
        calendar = Component("VCALENDAR", line)
        calendar.invented = True
        stack[0].children.append(calendar)
        stack.append(calendar)
        faults = 1
    if len(stack) > _MOST_DEPTH:
        return 1
    component = Component(name, line)
    stack[-1].children.append(component)
    stack.append(component)
    return faults


def _close(stack: list[Component], name: str) -> int:
    """End a component; 1 when it is not the innermost one."""
    if len(stack) > 1 and stack[-1].name == name:
        stack.pop()
        return 0
    if any(component.name == name for component in stack[1:]):
        while stack.pop().name != name:
            pass
    return 1


def _continue_text(current: Component, rest: list[str]) -> None:
    """Give the last property the lines that were found to be the rest of its text."""
    last = current.properties[-1]
    value = "\\n".join((last.value, *map(text.escape_text, rest)))
    current.properties[-1] = last._replace(value=value)


def _is_sun_address(content: str, current: Component) -> bool:
    return current.name == "VALARM" and "@" in content and " " not in content.strip()


def _calendars(root: Component) -> list[Component]:
    """The VCALENDARs, those without anything in them included; not what was put round something else."""
    return [
        calendar
        for calendar in root.children
        if not calendar.invented or any(child.name in _TOP_NAMES for child in calendar.children)
    ]
