"""Rules of recurrence: `recur` of a request to properties, and properties to `recur` of an answer."""

from __future__ import annotations

import re

from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.invite import mend_rule
from zimbra.simulator.formats.moments import Zones, parse_value
from zimbra.simulator.formats.zone_names import well_known
from zimbra.simulator.requests.zones import duration_text, moment_of, one_line, property_of

FREQUENCIES = {
    "SEC": "SECONDLY", "MIN": "MINUTELY", "HOU": "HOURLY", "DAI": "DAILY", "WEE": "WEEKLY", "MON": "MONTHLY",
    "YEA": "YEARLY",
}  # fmt: skip
# Part of a rule -> element and attribute that show it.
_LISTS = {
    "BYSECOND": ("bysecond", "seclist"), "BYMINUTE": ("byminute", "minlist"), "BYHOUR": ("byhour", "hrlist"),
    "BYMONTHDAY": ("bymonthday", "modaylist"), "BYYEARDAY": ("byyearday", "yrdaylist"),
    "BYWEEKNO": ("byweekno", "wklist"), "BYMONTH": ("bymonth", "molist"), "BYSETPOS": ("bysetpos", "poslist"),
}  # fmt: skip
_LIST_OF = {element: (key, attribute) for key, (element, attribute) in _LISTS.items()}


def put_recurrence(component: Component, recur: Element, zones: Zones, renamed: dict[str, str]) -> None:
    """Add what a `recur` says to a component; service.INVALID_REQUEST."""
    for side in recur.children:
        if side.name not in ("add", "exclude"):
            continue
        for given in side.children:
            if given.name == "rule":
                name = "RRULE" if side.name == "add" else "EXRULE"
                component.properties.append(Property(name, {}, _rule(given)))
            elif given.name == "dates":
                name = "RDATE" if side.name == "add" else "EXDATE"
                component.properties.extend(_dates(name, given, zones, renamed))
            else:
                raise invalid_request(f"expected dates or rule inside of {side.name}, got {given.name[:40]}")


def _rule(given: Element) -> str:
    frequency = FREQUENCIES.get(given.require("freq"))
    if frequency is None:
        raise invalid_request(f"unknown frequency: {given.require('freq')[:20]}")
    parts = [f"FREQ={frequency}"]
    for child in given.children:
        if child.name == "until":
            until = one_line(child.require("d"))
            # With a time it is in universal time.
            parts.append(f"UNTIL={until}{'Z' if 'T' in until and 'Z' not in until else ''}")
        elif child.name == "count":
            if (child.number("num", -1) or -1) <= 0:
                raise invalid_request("expected positive num attribute in rule count")
            parts.append(f"COUNT={child.number('num')}")
        elif child.name == "interval":
            parts.append(f"INTERVAL={one_line(child.require('ival'))}")
        elif child.name == "byday":
            days = [one_line(f"{day.attrs.get('ordwk', '')}{day.require('day')}") for day in child.all("wkday")]
            parts.append(f"BYDAY={','.join(days)}")
        elif child.name == "wkst":
            parts.append(f"WKST={one_line(child.require('day'))}")
        elif child.name in _LIST_OF:
            key, attribute = _LIST_OF[child.name]
            parts.append(f"{key}={one_line(child.require(attribute))}")
    try:
        return mend_rule(";".join(parts))
    except SoapFault as fault:
        raise invalid_request(f"rule of a recurrence: {fault.message}") from None


def _dates(name: str, given: Element, zones: Zones, renamed: dict[str, str]) -> list[Property]:
    """One property for all values of one kind; kinds cannot be mixed."""
    found: list[Property] = []
    for value in given.all("dtval"):
        start = value.need("s")
        if given.get("tz") and not start.get("tz"):
            start = Element("s", attrs={**start.attrs, "tz": given.require("tz")})
        prop = property_of(name, moment_of(start, zones, renamed))
        end, duration = value.find("e"), value.find("dur")
        if end is not None or duration is not None:
            text = (
                duration_text(duration) if duration is not None else moment_of(value.need("e"), zones, renamed).text()
            )
            prop = Property(name, {**prop.params, "VALUE": "PERIOD"}, f"{prop.value}/{text}")
        if found and found[0].params.get("VALUE") != prop.params.get("VALUE"):
            raise invalid_request("cannot mix different value types in a single dates element")
        if found and found[0].params == prop.params:
            found[0].value += f",{prop.value}"
        else:
            found.append(prop)
    return found


def recurrence_element(component: Component) -> Reply:
    """The `recur` of an answer."""
    element = Reply("recur")
    for side, rule_name, dates_name in (("add", "RRULE", "RDATE"), ("exclude", "EXRULE", "EXDATE")):
        rules, dates = list(component.all(rule_name)), list(component.all(dates_name))
        if not rules and not dates:
            continue
        shown = element.add(side)
        shown.children.extend(_rule_element(rule.value) for rule in rules)
        shown.children.extend(_dates_element(prop) for prop in dates)
    return element


def _rule_element(text: str) -> Reply:
    parts = dict(part.split("=", 1) for part in text.split(";"))
    rule = Reply("rule", {"freq": parts["FREQ"][:3]})
    if "UNTIL" in parts:
        rule.add("until", {"d": parts["UNTIL"]})
    if "COUNT" in parts:
        rule.add("count", {"num": int(parts["COUNT"])})
    rule.add("interval", {"ival": int(parts.get("INTERVAL", "1"))})
    for key, (name, attribute) in _LISTS.items():
        if key in parts:
            rule.add(name, {attribute: parts[key]})
    if "BYDAY" in parts:
        days = rule.add("byday")
        for one in parts["BYDAY"].split(","):
            found = re.fullmatch(r"([+-]?\d*)([A-Z]{2})", one.strip())
            if found is not None:
                days.add("wkday", {"day": found[2], "ordwk": int(found[1]) if found[1] else None})
    if "WKST" in parts:
        rule.add("wkst", {"day": parts["WKST"]})
    return rule


def _dates_element(prop: Property) -> Reply:
    tzid = prop.params.get("TZID")
    group = Reply("dates", {"tz": None if tzid is None else well_known(tzid) or tzid})
    for value in prop.value.split(","):
        start, _, rest = value.strip().partition("/")
        shown = group.add("dtval")
        try:
            shown.add("s", {"d": parse_value(start).text()})
            if rest and not rest.startswith("P"):
                shown.add("e", {"d": parse_value(rest).text()})
        except SoapFault:
            continue
    return group
