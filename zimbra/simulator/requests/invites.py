"""How an answer shows an appointment or a task: `inv`, `comp` and all they hold."""

from __future__ import annotations

import re
from datetime import timedelta

from zimbra.simulator.element import Reply, Value
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.moments import Zones, parse_moment
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.calendar import Entry, Part
from zimbra.simulator.store.items import Item

ITEM_NAMES = {"appointment": "appt", "task": "task"}
_STATUSES = {
    "TENTATIVE": "TENT", "CONFIRMED": "CONF", "CANCELLED": "CANC", "NEEDS-ACTION": "NEED", "COMPLETED": "COMP",
    "IN-PROCESS": "INPR",
}  # fmt: skip
_CLASSES = {"PUBLIC": "PUB", "PRIVATE": "PRI", "CONFIDENTIAL": "CON"}
_PARTICIPATION = {
    "NEEDS-ACTION": "NE", "ACCEPTED": "AC", "DECLINED": "DE", "TENTATIVE": "TE", "DELEGATED": "DG", "COMPLETED": "CO",
    "IN-PROCESS": "IN",
}  # fmt: skip
_ROLES = {"REQ-PARTICIPANT": "REQ", "OPT-PARTICIPANT": "OPT", "CHAIR": "CHA", "NON-PARTICIPANT": "NON"}
_BUSY = {"FREE": "F", "BUSY": "B", "TENTATIVE": "T", "OOF": "O"}
_STANDARD = frozenset(
    [
        "UID",
        "SUMMARY",
        "LOCATION",
        "DESCRIPTION",
        "DTSTART",
        "DTEND",
        "DUE",
        "DURATION",
        "RRULE",
        "EXDATE",
        "RECURRENCE-ID",
        "SEQUENCE",
        "DTSTAMP",
        "CREATED",
        "LAST-MODIFIED",
        "CLASS",
        "TRANSP",
        "STATUS",
        "PRIORITY",
        "PERCENT-COMPLETE",
        "COMPLETED",
        "CATEGORIES",
        "ORGANIZER",
        "ATTENDEE",
        "URL",
        "GEO",
        "X-ALT-DESC",
        "X-MICROSOFT-CDO-INTENDEDSTATUS",
    ]
)
# Part of a rule -> element and attribute that show it.
_RULE_PARTS = {
    "BYSECOND": ("bysecond", "seclist"), "BYMINUTE": ("byminute", "minlist"), "BYHOUR": ("byhour", "hrlist"),
    "BYMONTHDAY": ("bymonthday", "modaylist"), "BYYEARDAY": ("byyearday", "yrdaylist"),
    "BYWEEKNO": ("byweekno", "wklist"), "BYMONTH": ("bymonth", "molist"), "BYSETPOS": ("bysetpos", "poslist"),
}  # fmt: skip


def item_element(item: Item, entry: Entry, account: Account, tag_names: str = "") -> Reply:
    """The whole item, as GetAppointment gives it."""
    element = Reply(
        ITEM_NAMES[item.type],
        {
            "id": str(item.id), "uid": item.uid, "d": item.changed, "rev": item.sequence, "ms": item.sequence,
            "md": item.changed // 1000, "s": item.size, "l": str(item.folder), "f": item.flags or None,
            "t": item.tags or None, "tn": tag_names or None, "nextAlarm": None,
        },
    )  # fmt: skip
    zones = entry.zone_table(account.first("zimbraPrefTimeZoneId"))
    for part in entry.parts:
        element.children.append(invite_element(item, part, zones, account))
    return element


def invite_element(item: Item, part: Part, zones: Zones, account: Account) -> Reply:
    component = part.parsed()
    attrs: dict[str, Value | None] = {"type": ITEM_NAMES[item.type], "seq": part.sequence, "id": part.id, "compNum": 0}
    recurrence = component.get("RECURRENCE-ID")
    if recurrence is not None:
        attrs["recurId"] = recurrence.value
    element = Reply("inv", attrs)
    element.children.append(_component(item, part, component, zones, account))
    return element


def _is_all_day(component: Component) -> bool:
    prop = component.get("DTSTART") or component.get("DUE")
    return prop is not None and prop.params.get("VALUE") == "DATE"


def _component(item: Item, part: Part, component: Component, zones: Zones, account: Account) -> Reply:
    text = component.text
    organizer = component.get("ORGANIZER")
    organizing = organizer is None or _address(organizer).lower() in account.addresses()
    busy = _BUSY.get(text("X-MICROSOFT-CDO-INTENDEDSTATUS").upper()) or (
        "F" if text("TRANSP") == "TRANSPARENT" else "B"
    )
    task = item.type == "task"
    element = Reply(
        "comp",
        {
            "name": text("SUMMARY"), "loc": text("LOCATION") or None, "uid": item.uid, "x_uid": item.uid,
            "method": part.method, "compNum": 0, "seq": part.sequence, "rsvp": False, "d": item.changed,
            "class": _CLASSES.get(text("CLASS").upper(), "PUB"),
            "status": _STATUSES.get(text("STATUS").upper(), "NEED" if task else "CONF"),
            "isOrg": organizing, "ciFolder": str(item.folder), "calItemId": str(item.id),
            "apptId": None if task else str(item.id), "url": text("URL") or None,
            "priority": text("PRIORITY") or None, "allDay": True if _is_all_day(component) else None,
            "noBlob": True,
        },
    )  # fmt: skip
    if task:
        element.attrs["percentComplete"] = text("PERCENT-COMPLETE") or "0"
        if text("COMPLETED"):
            element.attrs["completed"] = text("COMPLETED")
    else:
        element.attrs.update({"fb": busy, "fba": busy, "transp": "T" if text("TRANSP") == "TRANSPARENT" else "O"})
    for category in component.all("CATEGORIES"):
        for one in re.split(r"(?<!\\),", category.value):
            if one.strip():
                element.add("category", text=Property("", {}, one.strip()).text)
    if component.get("GEO") is not None:
        latitude, _, longitude = text("GEO").partition(";")
        element.add("geo", {"lat": latitude, "lon": longitude}, unique=True)
    if text("DESCRIPTION"):
        element.add("fr", text=text("DESCRIPTION")[:100])
        element.add("desc", text=text("DESCRIPTION"))
    html = component.get("X-ALT-DESC")
    if html is not None:
        element.add("descHtml", text=html.text)
    _people(element, component, organizer)
    recurrence = component.get("RECURRENCE-ID")
    if recurrence is not None:
        element.children.append(_moment("exceptId", recurrence, zones, instant=False))
    for name, prop_name in (("s", "DTSTART"), ("e", "DUE" if task else "DTEND")):
        prop = component.get(prop_name)
        if prop is not None:
            element.children.append(_moment(name, prop, zones, inclusive=name == "e" and not task))
    if component.get("DURATION") is not None:
        element.children.append(_duration("dur", text("DURATION")))
    if component.get("RRULE") is not None:
        element.children.append(_recurrence(component, zones))
    for alarm in component.children:
        element.children.append(_alarm(alarm, zones))
    for prop in component.properties:
        if prop.name.startswith("X-") and prop.name not in _STANDARD:
            extra = element.add("xprop", {"name": prop.name, "value": prop.value})
            for key, value in prop.params.items():
                extra.add("xparam", {"name": key, "value": value})
    return element


def _address(prop: Property) -> str:
    return re.sub(r"\Amailto:", "", prop.value, flags=re.IGNORECASE)


def _people(element: Reply, component: Component, organizer: Property | None) -> None:
    for attendee in component.all("ATTENDEE"):
        params = attendee.params
        element.add(
            "at",
            {
                "a": _address(attendee), "url": _address(attendee), "d": params.get("CN"),
                "cutype": params.get("CUTYPE", "INDIVIDUAL")[:3].upper(),
                "role": _ROLES.get(params.get("ROLE", "").upper(), "REQ"),
                "ptst": _PARTICIPATION.get(params.get("PARTSTAT", "").upper(), "NE"),
                "rsvp": params.get("RSVP", "").upper() == "TRUE",
            },
        )  # fmt: skip
    if organizer is not None:
        address = _address(organizer)
        element.add("or", {"a": address, "url": address, "d": organizer.params.get("CN")}, unique=True)


def _moment(name: str, prop: Property, zones: Zones, *, instant: bool = True, inclusive: bool = False) -> Reply:
    """`d` as local time with `tz`. An all-day end is shown inclusive: the last day, not the day after."""
    moment = parse_moment(prop, zones)
    element = Reply(name, unique=True)
    if moment.is_date:
        day = moment.local
        if inclusive:
            day -= timedelta(days=1)
        element.attrs["d"] = day.strftime("%Y%m%d")
        return element
    element.attrs["d"] = moment.text()
    if moment.zone not in (None, "UTC"):
        element.attrs["tz"] = str(moment.zone)
    if instant:
        element.attrs["u"] = zones.milliseconds(moment)
    return element


def _duration(name: str, text: str) -> Reply:
    element = Reply(name, unique=True)
    if text.startswith("-"):
        element.attrs["neg"] = True
    for number, unit in re.findall(r"(\d+)([WDHMS])", text.upper()):
        element.attrs[unit.lower()] = int(number)
    return element


def _recurrence(component: Component, zones: Zones) -> Reply:
    element = Reply("recur", unique=True)
    rule = element.add("add", unique=True).add("rule")
    parts = dict(part.split("=", 1) for part in component.text("RRULE").split(";"))
    rule.attrs["freq"] = parts["FREQ"][:3]
    if "UNTIL" in parts:
        rule.add("until", {"d": parts["UNTIL"]}, unique=True)
    if "COUNT" in parts:
        rule.add("count", {"num": int(parts["COUNT"])}, unique=True)
    rule.add("interval", {"ival": int(parts.get("INTERVAL", "1"))}, unique=True)
    for key, (name, attribute) in _RULE_PARTS.items():
        if key in parts:
            rule.add(name, {attribute: parts[key]}, unique=True)
    if "BYDAY" in parts:
        days = rule.add("byday", unique=True)
        for one in parts["BYDAY"].split(","):
            days.add("wkday", {"day": one.strip()[-2:], "ordwk": int(one.strip()[:-2]) if one.strip()[:-2] else None})
    if "WKST" in parts:
        rule.add("wkst", {"day": parts["WKST"]}, unique=True)
    dates = [prop for prop in component.properties if prop.name == "EXDATE"]
    if dates:
        exclude = element.add("exclude", unique=True)
        for prop in dates:
            group = exclude.add("dates", {"tz": prop.params.get("TZID")})
            for value in prop.value.split(","):
                instance = Property(prop.name, {k: v for k, v in prop.params.items() if k != "TZID"}, value.strip())
                group.add("dtval").children.append(_moment("s", instance, zones, instant=False))
    return element


def _alarm(alarm: Component, zones: Zones) -> Reply:
    element = Reply("alarm", {"action": alarm.text("ACTION").upper()})
    prop = alarm.get("TRIGGER")
    trigger = element.add("trigger", unique=True)
    if prop is not None and prop.params.get("VALUE", "").upper() == "DATE-TIME":
        trigger.children.append(_moment("abs", prop, zones, instant=False))
    elif prop is not None:
        relative = _duration("rel", prop.value)
        relative.attrs.setdefault("neg", False)
        relative.attrs["related"] = prop.params.get("RELATED", "START").upper()
        trigger.children.append(relative)
    for name, key in (("desc", "DESCRIPTION"), ("summary", "SUMMARY")):
        if alarm.text(key):
            element.add(name, text=alarm.text(key))
    for attendee in alarm.all("ATTENDEE"):
        element.add("at", {"a": _address(attendee), "d": attendee.params.get("CN")})
    return element
