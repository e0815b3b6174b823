"""`inv` of a request to an invite: what is said of an appointment or a task, checked as the server checks it."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from zimbra.simulator.element import Element
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.ical import Component, Property, escape
from zimbra.simulator.formats.invite import Invite, read
from zimbra.simulator.formats.moments import Moment, Zones, later, parse_value
from zimbra.simulator.requests.recurrence import put_recurrence
from zimbra.simulator.requests.zones import day_after, define_all, duration_text, moment_of, one_line, property_of
from zimbra.simulator.store.accounts import Account

STATUSES = {
    "TENT": "TENTATIVE", "CONF": "CONFIRMED", "CANC": "CANCELLED", "NEED": "NEEDS-ACTION", "COMP": "COMPLETED",
    "INPR": "IN-PROCESS", "WAITING": "X-ZIMBRA-WAITING", "DEFERRED": "X-ZIMBRA-DEFERRED",
}  # fmt: skip
CLASSES = {"PUB": "PUBLIC", "PRI": "PRIVATE", "CON": "CONFIDENTIAL"}
PARTICIPATION = {
    "NE": "NEEDS-ACTION", "AC": "ACCEPTED", "DE": "DECLINED", "TE": "TENTATIVE", "DG": "DELEGATED", "CO": "COMPLETED",
    "IN": "IN-PROCESS", "WA": "X-ZIMBRA-WAITING", "DF": "X-ZIMBRA-DEFERRED",
}  # fmt: skip
ROLES = {"REQ": "REQ-PARTICIPANT", "OPT": "OPT-PARTICIPANT", "CHA": "CHAIR", "NON": "NON-PARTICIPANT"}
USER_TYPES = {"IND": "INDIVIDUAL", "GRO": "GROUP", "RES": "RESOURCE", "ROO": "ROOM", "UNK": "UNKNOWN"}
BUSY = {"F": "FREE", "B": "BUSY", "T": "TENTATIVE", "O": "OOF"}
_ACTIONS = ("DISPLAY", "AUDIO", "EMAIL", "PROCEDURE", "NONE")


@dataclass
class Wishes:
    """What is known of an invite before its element is read. `exception`: may replace an instance of a series."""

    account: Account
    kind: str
    zones: Zones
    exception: bool = False
    recurrence: bool = True
    needs_start: bool = True
    text: str = ""
    html: str = ""


def invite_of(given: Element, wishes: Wishes) -> Invite:
    """The invite an `inv` describes; UID and SEQUENCE are left as given. service.INVALID_REQUEST."""
    described = given.find("comp") or given
    task = wishes.kind == "task"
    renamed = define_all(given, wishes.zones)
    component = Component("VTODO" if task else "VEVENT")
    uid = one_line(described.get("uid") or given.get("uid") or "")
    if uid:
        component.put("UID", uid)
    _put_texts(component, described, wishes)
    _put_recurrence_id(component, described, wishes, renamed)
    _put_times(component, described, wishes, renamed)
    _put_state(component, described, task)
    _put_people(component, described)
    recur = described.find("recur")
    if recur is not None:
        if not wishes.recurrence:
            raise invalid_request("no <recur> allowed in an exception")
        _start_for_recurrence(component)
        put_recurrence(component, recur, wishes.zones, renamed)
    component.children = [_alarm(alarm, wishes.zones, renamed) for alarm in described.all("alarm")]
    _put_extras(component, described)
    calendar = Component("VCALENDAR", [Property("METHOD", {}, _method(component))])
    try:
        invite = read(component, calendar, wishes.zones, asked=True)
    except SoapFault as fault:
        raise invalid_request(fault.message) from None
    invite.draft = described.flag("draft")
    invite.unsent = described.flag("neverSent")
    return invite


def _method(component: Component) -> str:
    """An appointment with attendees is an invitation; others are only kept."""
    return "PUBLISH" if component.get("ATTENDEE") is None else "REQUEST"


def stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def new_uid() -> str:
    return str(uuid.uuid4())


def _put_texts(component: Component, given: Element, wishes: Wishes) -> None:
    component.put("SUMMARY", escape(given.attrs.get("name", "")))
    for name, key in (("LOCATION", "loc"), ("URL", "url"), ("PRIORITY", "priority")):
        if given.attrs.get(key):
            component.put(name, escape(given.attrs[key]))
    said, html = given.find("desc"), given.find("descHtml")
    text = said.text if said is not None else given.attrs.get("desc", wishes.text)
    markup = html.text if html is not None else given.attrs.get("descHtml", wishes.html)
    if text:
        component.put("DESCRIPTION", escape(text))
    if markup:
        component.put("X-ALT-DESC", escape(markup), {"FMTTYPE": "text/html"})
    for name, child in (("CATEGORIES", "category"), ("COMMENT", "comment"), ("CONTACT", "contact")):
        component.properties.extend(
            Property(name, {}, escape(one.text.strip())) for one in given.all(child) if one.text.strip()
        )
    geo = given.find("geo")
    if geo is not None:
        component.put("GEO", f"{_float(geo, 'lat')};{_float(geo, 'lon')}")
    sequence = given.number("seq", 0) or 0
    component.put("SEQUENCE", str(min(max(sequence, 0), 999_999_999)))
    dated = given.attrs.get("d", "")
    at = int(dated) / 1000 if dated.isdecimal() and len(dated) < 14 else time.time()
    component.put("DTSTAMP", datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ"))


def _float(given: Element, name: str) -> str:
    value = given.require(name)
    try:
        return f"{float(value):.6f}"
    except ValueError:
        raise invalid_request(f"invalid value for attribute {name}: {value[:40]}") from None


def _put_recurrence_id(component: Component, given: Element, wishes: Wishes, renamed: dict[str, str]) -> None:
    instance = given.find("exceptId")
    if instance is None:
        return
    if not wishes.exception:
        raise invalid_request("may not specify an <exceptId> in this request")
    component.properties.append(property_of("RECURRENCE-ID", moment_of(instance, wishes.zones, renamed)))


def _put_times(component: Component, given: Element, wishes: Wishes, renamed: dict[str, str]) -> None:
    """DTSTART and DTEND or DUE, or DURATION. One date without time makes the whole an all-day item."""
    task = wishes.kind == "task"
    start, end = _moment(given, "s", wishes.zones, renamed), _moment(given, "e", wishes.zones, renamed)
    if start is None and not task and wishes.needs_start:
        raise invalid_request("missing required element: s")
    all_day = given.flag("allDay") or any(one is not None and one.is_date for one in (start, end))
    if all_day:
        start, end = (None if one is None else _day(one) for one in (start, end))
        # An appointment's last day is named in requests, the day after it in iCalendar.
        end = end if end is None or task else day_after(end)
    if start is not None:
        component.properties.append(property_of("DTSTART", start))
    if end is not None:
        component.properties.append(property_of("DUE" if task else "DTEND", end))
    else:
        duration = given.find("dur")
        if duration is not None:
            component.put("DURATION", duration_text(duration))


def _moment(given: Element, name: str, zones: Zones, renamed: dict[str, str]) -> Moment | None:
    child = given.find(name)
    if child is not None:
        return moment_of(child, zones, renamed)
    # More than the real server reads: see `calendar_items.is_loose`.
    value = given.attrs.get(name, "") or (given.attrs.get("due", "") if name == "e" else "")
    if value.isdecimal() and len(value) < 15:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(value))
        return Moment(at.replace(tzinfo=None, microsecond=0), "UTC", False)
    return None


def _day(moment: Moment) -> Moment:
    return Moment(moment.local.replace(hour=0, minute=0, second=0), None, True)


def _start_for_recurrence(component: Component) -> None:
    """A series that says only when it ends starts a second, or a day, before."""
    if component.get("DTSTART") is not None:
        return
    end = component.get("DUE") or component.get("DTEND")
    if end is None:
        raise invalid_request("recurrence used without DTSTART")
    moment = parse_value(end.value)
    before = later(moment, -(timedelta(days=1) if moment.is_date else timedelta(seconds=1)))
    component.properties.append(Property("DTSTART", dict(end.params), before.text()))


def _put_state(component: Component, given: Element, task: bool) -> None:
    status = given.attrs.get("status", "NEED" if task else "CONF")
    component.put("STATUS", _word(STATUSES, status, "status"))
    component.put("CLASS", _word(CLASSES, given.attrs.get("class", "PUB"), "class"))
    if not task:
        busy = given.attrs.get("fb")
        if busy is not None:
            free = busy == "F"
        else:
            free = _word({"O": "OPAQUE", "T": "TRANSPARENT"}, given.attrs.get("transp", "O"), "transp") != "OPAQUE"
            busy = "F" if free else None
        component.put("TRANSP", "TRANSPARENT" if free else "OPAQUE")
        if busy in BUSY:
            component.put("X-MICROSOFT-CDO-INTENDEDSTATUS", BUSY[busy])
        return
    percent = given.number("percentComplete")
    if percent is not None:
        component.put("PERCENT-COMPLETE", str(percent))
    completed = given.attrs.get("completed")
    if completed:
        try:
            moment = parse_value(completed)
        except SoapFault:
            raise invalid_request(f"invalid COMPLETED value: {completed[:40]}") from None
        text = moment.local.strftime("%Y%m%dT%H%M%SZ")
        component.put("COMPLETED", text)
    elif status == "COMP":
        component.put("COMPLETED", stamp())


def _word(words: dict[str, str], value: str, name: str) -> str:
    found = words.get(value)
    if found is None:
        raise invalid_request(f"invalid value '{value[:40]}' specified for attribute:{name}")
    return found


def _put_people(component: Component, given: Element) -> None:
    organizer = given.find("or")
    if organizer is not None:
        component.properties.append(_person("ORGANIZER", organizer))
    component.properties.extend(_person("ATTENDEE", attendee) for attendee in given.all("at"))


def _person(name: str, given: Element) -> Property:
    params: dict[str, str] = {}
    if given.get("d"):
        params["CN"] = one_line(given.require("d")).replace('"', "'")
    for key, parameter, words in (
        ("cutype", "CUTYPE", USER_TYPES),
        ("role", "ROLE", ROLES),
        ("ptst", "PARTSTAT", PARTICIPATION),
    ):
        value = given.get(key)
        if value is not None and name == "ATTENDEE":
            params[parameter] = _word(words, value, key)
    if given.get("rsvp") is not None and name == "ATTENDEE":
        params["RSVP"] = "TRUE" if given.flag("rsvp") else "FALSE"
    for key, parameter in (("sentBy", "SENT-BY"), ("member", "MEMBER"), ("delTo", "DELEGATED-TO"),
                           ("delFrom", "DELEGATED-FROM")):  # fmt: skip
        if given.get(key):
            params[parameter] = f"mailto:{_address(given.require(key))}"
    for key, parameter in (("dir", "DIR"), ("lang", "LANGUAGE")):
        if given.get(key):
            params[parameter] = one_line(given.require(key)).replace('"', "'")
    _put_parameters(params, given)
    return Property(name, params, f"mailto:{_address(given.require('a'))}")


def _address(text: str) -> str:
    return one_line(text).replace('"', "")


def _put_parameters(params: dict[str, str], given: Element) -> None:
    for extra in given.all("xparam"):
        params[_name(extra.require("name"))] = one_line(extra.get("value") or "").replace('"', "'")


def _name(text: str) -> str:
    """The name of a property or parameter, or service.INVALID_REQUEST."""
    name = text.strip().upper()
    if not name or not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise invalid_request(f"invalid name: {text[:40]}")
    return name


def _put_extras(component: Component, given: Element) -> None:
    for extra in given.all("xprop"):
        component.properties.append(_extra(extra))


def _extra(given: Element) -> Property:
    params: dict[str, str] = {}
    _put_parameters(params, given)
    return Property(_name(given.require("name")), params, escape(given.get("value") or ""))


def _alarm(given: Element, zones: Zones, renamed: dict[str, str]) -> Component:
    action = given.require("action").upper()
    if action not in _ACTIONS and not action.startswith("X-YAHOO-"):
        raise invalid_request(f"invalid action value {action[:40]} in alarm")
    alarm = Component("VALARM", [Property("ACTION", {}, action)])
    trigger = given.need("trigger")
    relative, absolute = trigger.find("rel"), trigger.find("abs")
    if relative is not None:
        related = (relative.get("related") or "START").upper()
        if related not in ("START", "END"):
            raise invalid_request(f"invalid related value {related[:40]} in alarm")
        alarm.properties.append(
            Property("TRIGGER", {"RELATED": related} if related == "END" else {}, duration_text(relative))
        )
    elif absolute is not None:
        moment = moment_of(absolute, zones, renamed)
        alarm.properties.append(Property("TRIGGER", {"VALUE": "DATE-TIME"}, moment.text()))
    else:
        raise invalid_request("<trigger> must have either <rel> or <abs> child element in <alarm>")
    repeat = given.find("repeat")
    if repeat is not None:
        count = repeat.number("count", 0) or 0
        alarm.properties.append(Property("REPEAT", {}, str(max(count, 0))))
        alarm.properties.append(Property("DURATION", {}, duration_text(repeat)))
    for name, key in (("DESCRIPTION", "desc"), ("SUMMARY", "summary")):
        if given.get(key):
            alarm.properties.append(Property(name, {}, escape(given.require(key))))
    alarm.properties.extend(_person("ATTENDEE", attendee) for attendee in given.all("at"))
    attached = given.find("attach")
    if attached is not None and attached.get("uri"):
        alarm.properties.append(Property("ATTACH", {}, one_line(attached.require("uri"))))
    alarm.properties.extend(_extra(extra) for extra in given.all("xprop"))
    return alarm
