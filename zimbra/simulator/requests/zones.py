"""Time zones in requests and answers: `<tz id stdoff dayoff><standard/><daylight/></tz>`."""

from __future__ import annotations

import re
from datetime import timedelta

from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.moments import Moment, Zones, definition, parse_value
from zimbra.simulator.formats.zone_names import FIXED, well_known

_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_BYDAY = re.compile(r"BYDAY=([+-]?\d+)([A-Z]{2})")
_BYMONTH = re.compile(r"BYMONTH=(\d+)")
_BYMONTHDAY = re.compile(r"BYMONTHDAY=(\d+)")


def one_line(text: str) -> str:
    """A value that cannot break out of its content line."""
    return " ".join(text.split())


def define_all(parent: Element | None, zones: Zones) -> dict[str, str]:
    """Take in every `tz` below an element; gives the names that stand for a zone the server knows by another."""
    renamed: dict[str, str] = {}
    for given in () if parent is None else parent.all("tz"):
        name = one_line(given.require("id"))
        if well_known(name) is not None:
            continue
        component = _definition(given, name)
        if len(component.children) == 1:
            known = FIXED.get(_number(given, "stdoff"))
            if known is not None:
                renamed[name] = known
                continue
        zones.define(component)
    return renamed


def _number(given: Element, name: str, default: int | None = None) -> int:
    value = given.number(name, default)
    if value is None or not -10_000 < value < 10_000:
        raise invalid_request(f"invalid value for attribute {name}")
    return value


def _definition(given: Element, name: str) -> Component:
    """The VTIMEZONE of a `tz`; service.INVALID_REQUEST."""
    standard = _number(given, "stdoff")
    summer = _number(given, "dayoff", standard)
    component = Component("VTIMEZONE", [Property("TZID", {}, name)])
    if summer == standard:
        component.children.append(_observance("STANDARD", None, standard, standard, given.get("stdname")))
        return component
    to_standard, to_summer = given.find("standard"), given.find("daylight")
    if to_standard is None or to_summer is None:
        raise invalid_request("DST time zone missing standard and/or daylight onset")
    component.children = [
        _observance("STANDARD", to_standard, summer, standard, given.get("stdname")),
        _observance("DAYLIGHT", to_summer, standard, summer, given.get("dayname")),
    ]
    return component


def _observance(name: str, onset: Element | None, old: int, new: int, label: str | None) -> Component:
    component = Component(name)
    start, rule = "19710101T000000", ""
    if onset is not None:
        month, week = _number(onset, "mon"), _number(onset, "week", 0)
        hour, minute, second = (_number(onset, part) for part in ("hour", "min", "sec"))
        day = _number(onset, "mday", 1)
        weekday = _number(onset, "wkday", 1)
        if not 1 <= weekday <= 7 or week not in range(-1, 6):
            raise invalid_request("invalid onset of a time zone")
        by = f"BYDAY={week}{_DAYS[weekday - 1]}" if week else f"BYMONTHDAY={day}"
        rule = f"FREQ=YEARLY;BYMONTH={month};{by}"
        start = f"1971{month:02}{1 if week else day:02}T{hour:02}{minute:02}{second:02}"
        try:
            parse_value(start)
        except SoapFault:
            raise invalid_request("invalid onset of a time zone") from None
    component.properties = [
        Property("DTSTART", {}, start),
        Property("TZOFFSETFROM", {}, _offset(old)),
        Property("TZOFFSETTO", {}, _offset(new)),
    ]
    if rule:
        component.properties.append(Property("RRULE", {}, rule))
    if label:
        component.properties.append(Property("TZNAME", {}, one_line(label)))
    return component


def _offset(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def moment_of(given: Element, zones: Zones, renamed: dict[str, str], attribute: str = "d") -> Moment:
    """The moment an element names (`d`, `tz`); service.INVALID_REQUEST for nonsense and for a zone nobody knows.

    A time without zone is in the account's own.
    """
    text, name = given.require(attribute), one_line(given.get("tz") or "").strip('"')
    try:
        moment = parse_value(text.strip())
    except SoapFault:
        raise invalid_request(f"could not parse time {text[:40]} in element {given.name}") from None
    if name and not zones.knows(name) and name not in renamed:
        raise invalid_request(f'invalid time zone "{name[:80]}"')
    if moment.is_date or moment.zone == "UTC":
        return moment
    name = renamed.get(name, name)
    return Moment(moment.local, well_known(name) or name or zones.local, False)


def property_of(name: str, moment: Moment) -> Property:
    """A date or time as a property of a component."""
    if moment.is_date:
        return Property(name, {"VALUE": "DATE"}, moment.text())
    if moment.zone in (None, "UTC"):
        return Property(name, {}, moment.text())
    return Property(name, {"TZID": str(moment.zone)}, moment.text())


def add_zones(element: Reply, component: Component, zones: Zones, year: int) -> None:
    """Describe the zones a component uses."""
    seen: set[str] = set()
    for prop in component.properties:
        tzid = prop.params.get("TZID")
        name = None if tzid is None else well_known(tzid) or tzid
        if tzid is None or name is None or name in seen or name == "UTC":
            continue
        seen.add(name)
        found = definition(name, year) if well_known(name) else zones.definitions.get(tzid)
        if found is not None:
            element.children.append(_zone(name, found))


def _zone(name: str, found: Component) -> Reply:
    standard = next((one for one in found.children if one.name == "STANDARD"), None)
    summer = next((one for one in found.children if one.name == "DAYLIGHT"), None)
    base = standard or summer
    element = Reply("tz", {"id": name})
    if base is None:
        return element
    element.attrs["stdoff"] = _minutes(base.text("TZOFFSETTO"))
    if base.text("TZNAME"):
        element.attrs["stdname"] = base.text("TZNAME")
    if standard is not None and summer is not None:
        element.attrs["dayoff"] = _minutes(summer.text("TZOFFSETTO"))
        if summer.text("TZNAME"):
            element.attrs["dayname"] = summer.text("TZNAME")
        element.children = [_onset("standard", standard), _onset("daylight", summer)]
    return element


def _minutes(text: str) -> int:
    found = re.fullmatch(r"([+-]?)(\d{2})(\d{2})(?:\d{2})?", text)
    if found is None:
        return 0
    minutes = int(found[2]) * 60 + int(found[3])
    return -minutes if found[1] == "-" else minutes


def _onset(name: str, observance: Component) -> Reply:
    element = Reply(name)
    rule = observance.text("RRULE")
    try:
        start = parse_value(observance.text("DTSTART")).local
    except SoapFault:
        return element
    day, month, month_day = _BYDAY.search(rule), _BYMONTH.search(rule), _BYMONTHDAY.search(rule)
    if day is not None and day[2] in _DAYS:
        element.attrs = {"week": int(day[1]), "wkday": _DAYS.index(day[2]) + 1}
    else:
        element.attrs["mday"] = int(month_day[1]) if month_day else start.day
    element.attrs.update(
        {"mon": int(month[1]) if month else start.month, "hour": start.hour, "min": start.minute, "sec": start.second}
    )
    return element


def duration_text(given: Element, default_sign: str = "") -> str:
    """`<dur neg w d h m s>` as iCalendar writes it; service.INVALID_REQUEST."""
    numbers = {unit: _number(given, unit, 0) for unit in "wdhms"}
    if any(number < 0 for number in numbers.values()):
        raise invalid_request("negative part of a duration")
    sign = "-" if given.flag("neg") else default_sign
    if numbers["w"]:
        return f"{sign}P{numbers['w']}W"
    days = f"{numbers['d']}D" if numbers["d"] else ""
    hours = "".join(f"{numbers[unit]}{unit.upper()}" for unit in "hms" if numbers[unit])
    return f"{sign}P{days}{'T' + hours if hours else ''}" if days or hours else f"{sign}PT0S"


def length_of(text: str) -> dict[str, int]:
    """Weeks, days, hours, minutes and seconds of an iCalendar duration, by their letters."""
    return {unit.lower(): int(number) for number, unit in re.findall(r"(\d+)([WDHMS])", text.upper()) if int(number)}


def day_after(moment: Moment) -> Moment:
    return Moment(moment.local + timedelta(days=1), moment.zone, moment.is_date)
