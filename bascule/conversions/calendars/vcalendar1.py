"""vCalendar 1.0 (1996) written as its successor: phones and old Outlook still export it.

Only the grammar is translated here; what the properties say is repaired like that of any other file.
"""

from __future__ import annotations

import re

from bascule.conversions.calendars.components import Component, Property
from bascule.conversions.calendars.recurrence import WEEKDAYS
from bascule.conversions.calendars.times import parse_time
from bascule.conversions.text import escape_text, split_escaped

_RULE = re.compile(
    r"\s*(?P<kind>D|W|MP|MD|YM|YD)(?P<interval>\d{1,5})(?P<rest>(?:[\s;,].*)?)$", re.IGNORECASE | re.DOTALL
)
_ALARMS = frozenset({"DALARM", "AALARM", "MALARM", "PALARM"})
_RENAMED = {"DCREATED": "CREATED"}
# The old format's default when a rule has neither a number nor an end.
_DEFAULT_COUNT = 2


def is_old_rule(value: str) -> bool:
    """Whether an RRULE is written in the old grammar (`W1 MO TU #10`)."""
    return "=" not in value and _RULE.match(value) is not None


def translate(component: Component) -> None:
    """Rewrite the properties of an event or a task in place."""
    properties = []
    for prop in component.properties:
        if prop.name in _ALARMS:
            alarm = _alarm(prop)
            if alarm is not None:
                component.children.append(alarm)
        elif prop.name in ("CATEGORIES", "RESOURCES", "EXDATE", "RDATE"):
            properties.append(prop._replace(value=",".join(part.strip() for part in split_escaped(prop.value, ";"))))
        elif prop.name == "TRANSP" and prop.value.strip().isdigit():
            properties.append(prop._replace(value="OPAQUE" if prop.value.strip() == "0" else "TRANSPARENT"))
        elif prop.name in _RENAMED:
            properties.append(prop._replace(name=_RENAMED[prop.name]))
        elif prop.name != "RNUM":
            properties.append(prop)
    component.properties = properties


def translate_rule(value: str) -> str:
    """The RRULE value of RFC 5545 for a rule in the old grammar; "" when it cannot be understood.

    `D`, `W`, `MP`, `MD`, `YM`, `YD` and an interval, then days, then `#count` or an end; `#0` goes on for ever.
    """
    found = _RULE.match(value.replace(";", " "))
    if found is None:
        return ""
    kind, interval = found["kind"].upper(), int(found["interval"]) or 1
    frequencies = {"D": "DAILY", "W": "WEEKLY", "MP": "MONTHLY", "MD": "MONTHLY", "YM": "YEARLY", "YD": "YEARLY"}
    end = f";COUNT={_DEFAULT_COUNT}"
    days: list[str] = []
    numbers: list[int] = []
    positions: list[str] = []
    after_weekday = False
    for word in found["rest"].upper().split():
        word = word.rstrip("$")
        if re.fullmatch(r"#\d{1,9}", word):
            end = f";COUNT={int(word[1:])}" if int(word[1:]) else ""
        elif re.match(r"\d{8}", word) and (until := parse_time(word)) is not None:
            end = f";UNTIL={word}" if until is not None else end
        elif word in WEEKDAYS:
            days.extend(f"{position}{word}" for position in positions or [""])
            after_weekday = True
        elif re.fullmatch(r"\d{1,2}[+-]", word) and kind == "MP":
            if after_weekday:
                positions, after_weekday = [], False
            positions.append(f"-{word[:-1]}" if word[-1] == "-" else word[:-1])
        elif word == "LD":
            numbers.append(-1)
        elif re.fullmatch(r"\d{1,3}[+-]?", word):
            numbers.append(-int(word[:-1]) if word[-1] == "-" else int(word.rstrip("+")))
    parts = f"FREQ={frequencies[kind]}{end}"
    if interval != 1:
        parts += f";INTERVAL={interval}"
    names = {"MD": "BYMONTHDAY", "YM": "BYMONTH", "YD": "BYYEARDAY"}
    if kind in names and numbers:
        parts += f";{names[kind]}={','.join(map(str, numbers))}"
    if kind in ("W", "MP") and days:
        parts += f";BYDAY={','.join(days)}"
    return parts


def _alarm(prop: Property) -> Component | None:
    """A VALARM for `DALARM:time;snooze;repeat;text`; None without a time."""
    pieces = [piece.strip() for piece in split_escaped(prop.value, ";")]
    if parse_time(pieces[0]) is None:
        return None
    alarm = Component("VALARM", prop.line)
    alarm.properties.append(Property("ACTION", "", "DISPLAY", prop.line))
    alarm.properties.append(Property("TRIGGER", ";VALUE=DATE-TIME", pieces[0], prop.line))
    text = pieces[3] if len(pieces) > 3 and prop.name == "DALARM" else ""
    alarm.properties.append(Property("DESCRIPTION", "", text or escape_text("Rappel"), prop.line))
    return alarm
