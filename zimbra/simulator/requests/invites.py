"""How an answer shows an appointment or a task: `inv`, `comp` and all they hold.

Source: Zimbra's ToXML (setCalendarItemFields, encodeInvite, encodeInviteComponent). Who may not see what is private
in another's calendar is shown when it is, and nothing else.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from zimbra.simulator.element import Reply, Value
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.ical import Component, Property
from zimbra.simulator.formats.moments import Zones, parse_moment, parse_value
from zimbra.simulator.formats.occurrences import instant_of
from zimbra.simulator.formats.zone_names import well_known
from zimbra.simulator.mail.calendar_mail import PARTICIPATION, address_of, organizes
from zimbra.simulator.requests.message_elements import tag_attributes
from zimbra.simulator.requests.recurrence import recurrence_element
from zimbra.simulator.requests.zones import add_zones, length_of
from zimbra.simulator.store import calendar
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.calendar import Answer, Entry, Part, may_see
from zimbra.simulator.store.instances import next_alarm, zones_of
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

ITEM_NAMES = {"appointment": "appt", "task": "task"}
STATUSES = {
    "TENTATIVE": "TENT", "CONFIRMED": "CONF", "CANCELLED": "CANC", "NEEDS-ACTION": "NEED", "COMPLETED": "COMP",
    "IN-PROCESS": "INPR", "X-ZIMBRA-WAITING": "WAITING", "X-ZIMBRA-DEFERRED": "DEFERRED",
}  # fmt: skip
CLASSES = {"PUBLIC": "PUB", "PRIVATE": "PRI", "CONFIDENTIAL": "CON"}
_ROLES = {"REQ-PARTICIPANT": "REQ", "OPT-PARTICIPANT": "OPT", "CHAIR": "CHA", "NON-PARTICIPANT": "NON"}
_BUSY = {"FREE": "F", "BUSY": "B", "TENTATIVE": "T", "OOF": "O"}
_OWN_EXTRAS = frozenset({"X-ALT-DESC", "X-MICROSOFT-CDO-INTENDEDSTATUS"})
_MARKUP = re.compile(r"<[^>]*>")
FRAGMENT = 150


def status_of(component: Component, kind: str) -> str:
    return STATUSES.get(component.text("STATUS").upper(), "NEED" if kind == "task" else "CONF")


def busy_of(component: Component) -> str:
    """What the organizer wants the time to be: F, B, T or O."""
    said = _BUSY.get(component.text("X-MICROSOFT-CDO-INTENDEDSTATUS").upper())
    if said is not None:
        return said
    if component.text("TRANSP").upper() == "TRANSPARENT":
        return "F"
    return {"TENT": "T", "CANC": "F"}.get(status_of(component, "appointment"), "B")


def participation(part: Part, account: Account) -> str:
    """What the keeper of an item has answered: organizers take part, others as the attendees' list has it."""
    component = part.shown
    if organizes(component, account):
        return "AC"
    if part.ptst:
        return part.ptst
    me = account.addresses()
    for attendee in component.all("ATTENDEE"):
        if address_of(attendee).lower() in me:
            return PARTICIPATION.get(attendee.params.get("PARTSTAT", "").upper(), "NE")
    return "AC" if part.method == "PUBLISH" else "NE"


def actual_busy(component: Component, ptst: str) -> str:
    """What the time is for the keeper, after his answer."""
    busy = busy_of(component)
    if busy == "F" or ptst == "AC":
        return busy
    return "T" if ptst in ("NE", "TE") else "F"


def others_attend(component: Component) -> bool:
    organizer = component.get("ORGANIZER")
    own = "" if organizer is None else address_of(organizer).lower()
    return any(address_of(one).lower() != own for one in component.all("ATTENDEE"))


def fragment_of(component: Component) -> str:
    """The beginning of the description, in one line."""
    text = component.text("DESCRIPTION") or _MARKUP.sub(" ", component.text("X-ALT-DESC"))
    words = " ".join(text[:4000].split())
    return words if len(words) <= FRAGMENT else words[:FRAGMENT].rpartition(" ")[0] + " ..."


def item_element(mailbox: Mailbox, item: Item, entry: Entry | None = None) -> Reply:
    """The whole item, as GetAppointment gives it."""
    entry = entry or calendar.read(item)
    element = Reply(ITEM_NAMES[item.type], dict(tag_attributes(mailbox, item)))
    element.attrs.update(
        {
            "uid": item.uid or "", "id": mailbox.ref(item.id), "l": mailbox.ref(item.folder), "rev": item.sequence,
            "s": item.size, "d": item.changed, "md": item.changed // 1000, "ms": item.sequence,
        }
    )  # fmt: skip
    zones = zones_of(mailbox, entry)
    for part in entry.parts:
        element.children.append(invite_element(mailbox, item, part, zones))
    if all(may_see(mailbox, item.folder, part.shown) for part in entry.parts):
        add_answers(element, entry.answers)
    ring = next_alarm(mailbox, entry, mailbox.now)
    if ring is not None:
        element.attrs["nextAlarm"] = ring.at
    if entry.parts[0].key:
        element.attrs["orphan"] = True
    return element


def add_answers(element: Reply, answers: list[Answer]) -> None:
    """The answers received from attendees."""
    if not answers:
        return
    shown = element.add("replies")
    for one in answers:
        attrs: dict[str, Value | None] = {"seq": one.sequence, "d": one.stamp, "at": one.attendee, "ptst": one.ptst}
        if one.key:
            attrs.update({"rangeType": 1, "recurId": instant_of(one.key), "ridZ": instant_of(one.key)})
        shown.add("reply", attrs)


def invite_element(mailbox: Mailbox, item: Item, part: Part, zones: Zones) -> Reply:
    component = part.shown
    attrs: dict[str, Value | None] = {"type": ITEM_NAMES[item.type], "seq": part.sequence, "id": part.id, "compNum": 0}
    recurrence = component.get("RECURRENCE-ID")
    if recurrence is not None:
        attrs["recurId"] = recurrence.value
    element = Reply("inv", attrs)
    add_zones(element, component, zones, year_of(part))
    element.children.append(component_element(mailbox, part, item.type, zones, item))
    return element


def year_of(part: Part) -> int:
    at = part.starts if part.starts is not None else part.ends
    return (
        datetime.now(UTC).year if at is None else (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).year
    )


def is_all_day(component: Component) -> bool:
    prop = component.get("DTSTART") or component.get("DUE")
    return prop is not None and prop.params.get("VALUE") == "DATE"


def _stamp(component: Component, otherwise: int) -> int:
    try:
        return round(parse_value(component.text("DTSTAMP")).local.replace(tzinfo=UTC).timestamp() * 1000)
    except SoapFault:
        return otherwise


def component_element(mailbox: Mailbox, part: Part, kind: str, zones: Zones, item: Item | None) -> Reply:
    """One invite as `comp`; `item`: the item of the mailbox it is kept in, if any."""
    component, account = part.shown, mailbox.account
    text, task = component.text, kind == "task"
    element = Reply("comp", {"method": part.method, "compNum": 0})
    asked = [one.params["RSVP"].upper() == "TRUE" for one in component.all("ATTENDEE") if "RSVP" in one.params]
    element.attrs["rsvp"] = any(asked)
    if item is None or may_see(mailbox, item.folder, component):
        _add_contents(element, component, part, task, zones, account)
    if organizes(component, account):
        element.attrs["isOrg"] = True
    organizer = component.get("ORGANIZER")
    if organizer is not None:
        element.children.append(person("or", organizer))
    uid = text("UID")
    element.attrs.update({"x_uid": uid, "uid": uid, "seq": part.sequence, "d": _stamp(component, mailbox.now)})
    if item is not None:
        element.attrs["calItemId"] = mailbox.ref(item.id)
        if not task:
            element.attrs["apptId"] = mailbox.ref(item.id)
        element.attrs["ciFolder"] = mailbox.ref(item.folder)
    if part.recurs:
        element.children.append(recurrence_element(component))
    element.attrs["status"] = "CANC" if part.cancelled else status_of(component, kind)
    element.attrs["class"] = CLASSES.get(text("CLASS").upper(), "PUB")
    recurrence = component.get("RECURRENCE-ID")
    if recurrence is not None:
        element.attrs["ex"] = True
        element.attrs["ridZ"] = instant_of(part.key)
        element.children.append(_moment("exceptId", recurrence, zones, instant=False))
    for name, prop_name in (("s", "DTSTART"), ("e", "DUE" if task else "DTEND")):
        prop = component.get(prop_name)
        if prop is not None:
            element.children.append(_moment(name, prop, zones, inclusive=name == "e" and not task))
    if component.get("DURATION") is not None:
        element.children.append(_duration("dur", text("DURATION")))
    for name, on in (("allDay", is_all_day(component)), ("draft", part.draft), ("neverSent", part.unsent)):
        if on:
            element.attrs[name] = True
    return element


def _add_contents(element: Reply, component: Component, part: Part, task: bool, zones: Zones, account: Account) -> None:
    text = component.text
    if text("PRIORITY"):
        element.attrs["priority"] = text("PRIORITY")
    element.attrs["name"] = text("SUMMARY")
    element.attrs["loc"] = text("LOCATION")
    if text("URL"):
        element.attrs["url"] = text("URL")
    for category in categories(component):
        element.add("category", text=category)
    for name, prop_name in (("comment", "COMMENT"), ("contact", "CONTACT")):
        for prop in component.all(prop_name):
            element.add(name, text=prop.text)
    add_place(element, component)
    if task:
        if text("PERCENT-COMPLETE"):
            element.attrs["percentComplete"] = text("PERCENT-COMPLETE")
        if text("COMPLETED"):
            element.attrs["completed"] = text("COMPLETED")
    element.children.extend(person("at", attendee) for attendee in component.all("ATTENDEE"))
    element.children.extend(alarm_element(alarm, zones) for alarm in component.children)
    for prop in component.properties:
        if prop.name.startswith("X-") and prop.name not in _OWN_EXTRAS:
            element.children.append(_extra(prop))
    beginning = fragment_of(component)
    if beginning:
        element.content["fr"] = beginning
    if not part.files:
        element.attrs["noBlob"] = True
    if text("DESCRIPTION"):
        element.add("desc", text=text("DESCRIPTION"))
    if text("X-ALT-DESC"):
        element.add("descHtml", text=text("X-ALT-DESC"))
    if not task:
        element.attrs["fba"] = actual_busy(component, participation(part, account))
        element.attrs["fb"] = busy_of(component)
        element.attrs["transp"] = "T" if text("TRANSP").upper() == "TRANSPARENT" else "O"


def categories(component: Component) -> list[str]:
    found: list[str] = []
    for prop in component.all("CATEGORIES"):
        found.extend(Property("", {}, one.strip()).text for one in re.split(r"(?<!\\),", prop.value) if one.strip())
    return found


def add_place(element: Reply, component: Component) -> None:
    if component.get("GEO") is not None:
        latitude, _, longitude = component.text("GEO").partition(";")
        element.add("geo", {"lat": latitude, "lon": longitude})


def person(name: str, prop: Property) -> Reply:
    """An `or` or `at`."""
    params = prop.params
    address = address_of(prop)
    element = Reply(name, {"a": address, "url": address, "d": params.get("CN")}, unique=name == "or")
    for key, parameter in (("sentBy", "SENT-BY"), ("dir", "DIR"), ("lang", "LANGUAGE")):
        if params.get(parameter):
            element.attrs[key] = re.sub(r"\Amailto:", "", params[parameter], flags=re.IGNORECASE)
    if name == "at":
        if params.get("CUTYPE"):
            element.attrs["cutype"] = params["CUTYPE"][:3].upper()
        element.attrs["role"] = _ROLES.get(params.get("ROLE", "").upper(), "REQ")
        element.attrs["ptst"] = PARTICIPATION.get(params.get("PARTSTAT", "").upper(), "NE")
        element.attrs["rsvp"] = params.get("RSVP", "").upper() == "TRUE"
        for key, parameter in (("member", "MEMBER"), ("delTo", "DELEGATED-TO"), ("delFrom", "DELEGATED-FROM")):
            if params.get(parameter):
                element.attrs[key] = re.sub(r"\Amailto:", "", params[parameter], flags=re.IGNORECASE)
    for key, value in params.items():
        if key.startswith("X-"):
            element.add("xparam", {"name": key, "value": value})
    return element


def _extra(prop: Property) -> Reply:
    extra = Reply("xprop", {"name": prop.name, "value": prop.text})
    for key, value in prop.params.items():
        extra.add("xparam", {"name": key, "value": value})
    return extra


def _moment(name: str, prop: Property, zones: Zones, *, instant: bool = True, inclusive: bool = False) -> Reply:
    """`d` as local time with `tz`. An all-day end is shown inclusive: the last day, not the day after."""
    moment = parse_moment(prop, zones)
    element = Reply(name)
    if moment.is_date:
        day = moment.local
        if inclusive:
            day -= timedelta(days=1)
        element.attrs["d"] = day.strftime("%Y%m%d")
        return element
    element.attrs["d"] = moment.text()
    if moment.zone != "UTC":
        zone = moment.zone or zones.local
        element.attrs["tz"] = well_known(zone) or zone
    if instant:
        element.attrs["u"] = zones.milliseconds(moment)
    return element


def _duration(name: str, text: str) -> Reply:
    element = Reply(name)
    if text.startswith("-"):
        element.attrs["neg"] = True
    element.attrs.update(length_of(text) or {"s": 0})
    return element


def alarm_element(alarm: Component, zones: Zones) -> Reply:
    element = Reply("alarm", {"action": alarm.text("ACTION").upper()})
    prop = alarm.get("TRIGGER")
    trigger = element.add("trigger")
    if prop is not None and prop.params.get("VALUE", "").upper() == "DATE-TIME":
        trigger.children.append(_moment("abs", prop, zones, instant=False))
    elif prop is not None:
        relative = _duration("rel", prop.value)
        relative.attrs.setdefault("neg", False)
        relative.attrs["related"] = prop.params.get("RELATED", "START").upper()
        trigger.children.append(relative)
    if alarm.text("REPEAT"):
        repeat = _duration("repeat", alarm.text("DURATION"))
        repeat.attrs["count"] = alarm.text("REPEAT")
        element.children.append(repeat)
    for name, key in (("desc", "DESCRIPTION"), ("summary", "SUMMARY")):
        if alarm.text(key):
            element.content[name] = alarm.text(key)
    attached = alarm.get("ATTACH")
    if attached is not None:
        element.add("attach", {"uri": attached.value})
    for attendee in alarm.all("ATTENDEE"):
        element.add("at", {"a": address_of(attendee), "url": address_of(attendee), "d": attendee.params.get("CN")})
    element.children.extend(_extra(one) for one in alarm.properties if one.name.startswith("X-"))
    return element
