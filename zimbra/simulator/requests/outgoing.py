"""CreateAppointment and CreateTask, and the only mail the simulator ever sends.

Whoever stands in `m/e` gets an invitation: a line of the outbox table. That is why a migration must not use these
requests; nothing else in the simulator calls `send`.
"""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.formats.ical import Component, Property, escape
from zimbra.simulator.formats.invite import read
from zimbra.simulator.formats.moments import Zones, parse_value
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import calendar
from zimbra.simulator.store.mailbox import CALENDAR, TASKS

_FREQUENCIES = {
    "SEC": "SECONDLY", "MIN": "MINUTELY", "HOU": "HOURLY", "DAI": "DAILY", "WEE": "WEEKLY", "MON": "MONTHLY",
    "YEA": "YEARLY",
}  # fmt: skip
_STATUSES = {
    "TENT": "TENTATIVE", "CONF": "CONFIRMED", "CANC": "CANCELLED", "NEED": "NEEDS-ACTION", "COMP": "COMPLETED",
    "INPR": "IN-PROCESS",
}  # fmt: skip
_RULE_PARTS = (
    ("until", "d", "UNTIL"),
    ("count", "num", "COUNT"),
    ("interval", "ival", "INTERVAL"),
    ("bymonthday", "modaylist", "BYMONTHDAY"),
    ("bymonth", "molist", "BYMONTH"),
)
_CLASSES = {"PUB": "PUBLIC", "PRI": "PRIVATE", "CON": "CONFIDENTIAL"}


def send(call: Call, message: Element, subject: str) -> None:
    """One line of the outbox for each recipient of `m`."""
    for recipient in message.all("e"):
        call.db.execute(
            "INSERT INTO outbox (account, recipient, subject, sent) VALUES (?, ?, ?, ?)",
            (call.target.id, recipient.require("a"), message.get("su") or subject, int(time.time())),
        )


def _one_line(text: str) -> str:
    """A value that cannot break out of its content line."""
    return " ".join(text.split())


def _component(call: Call, given: Element, task: bool) -> Component:
    component = Component("VTODO" if task else "VEVENT")
    put = component.put
    put("UID", _one_line(given.attrs.get("uid", "")) or str(uuid.uuid4()))
    put("SUMMARY", escape(given.attrs.get("name", "")))
    for name, key in (
        ("LOCATION", "loc"),
        ("URL", "url"),
        ("PRIORITY", "priority"),
        ("PERCENT-COMPLETE", "percentComplete"),
    ):
        if given.attrs.get(key):
            put(name, escape(given.attrs[key]))
    put("CLASS", _CLASSES.get(given.attrs.get("class", "PUB"), "PUBLIC"))
    status = _STATUSES.get(given.attrs.get("status", ""))
    if status:
        put("STATUS", status)
    if not task:
        put("TRANSP", "TRANSPARENT" if given.attrs.get("transp") == "T" else "OPAQUE")
    description = given.get("desc")
    if description:
        put("DESCRIPTION", escape(description))
    all_day = given.flag("allDay")
    for child_name, name in (("s", "DTSTART"), ("e", "DUE" if task else "DTEND")):
        child = given.find(child_name)
        if child is not None:
            _put_moment(component, name, child, all_day, inclusive=child_name == "e" and not task)
    organizer = given.find("or")
    if organizer is not None:
        component.properties.append(Property("ORGANIZER", {}, f"mailto:{_one_line(organizer.require('a'))}"))
    for attendee in given.all("at"):
        component.properties.append(Property("ATTENDEE", {}, f"mailto:{_one_line(attendee.require('a'))}"))
    _put_rule(component, given)
    return component


def _put_moment(component: Component, name: str, given: Element, all_day: bool, *, inclusive: bool) -> None:
    moment = parse_value(given.require("d"))
    if all_day or moment.is_date:
        day = moment.local + (timedelta(days=1) if inclusive else timedelta())
        component.put(name, day.strftime("%Y%m%d"), {"VALUE": "DATE"})
    else:
        tzid = _one_line(given.attrs.get("tz", "")).replace('"', "")
        component.put(name, moment.text(), {"TZID": tzid} if tzid and moment.zone != "UTC" else {})


def _put_rule(component: Component, given: Element) -> None:
    recur = given.find("recur")
    add = recur.find("add") if recur is not None else None
    rule = add.find("rule") if add is not None else None
    if rule is None:
        return
    frequency = _FREQUENCIES.get(rule.require("freq"))
    if frequency is None:
        raise invalid_request(f"unknown frequency: {rule.require('freq')[:20]}")
    parts = [f"FREQ={frequency}"]
    for child_name, attribute, key in _RULE_PARTS:
        child = rule.find(child_name)
        if child is not None:
            parts.append(f"{key}={_one_line(child.require(attribute))}")
    days = rule.find("byday")
    if days is not None:
        names = [_one_line(f"{day.attrs.get('ordwk', '')}{day.require('day')}") for day in days.all("wkday")]
        parts.append(f"BYDAY={','.join(names)}")
    component.put("RRULE", ";".join(parts))


def _create(call: Call, *, task: bool) -> Reply:
    message = call.request.need("m")
    invite_element = message.need("inv")
    given = invite_element.find("comp") or invite_element
    zones = Zones(call.target.first("zimbraPrefTimeZoneId"))
    invite = read(_component(call, given, task), Component("VCALENDAR"), zones)
    folder = message.get("l")
    call.service.disturbances.item_created(invite.name)
    folder_id = (TASKS if task else CALENDAR) if folder is None else call.item_id(folder)
    added = calendar.add(call.mailbox, folder_id, invite)
    send(call, message, invite.name)
    reply = response(call)
    if added is not None:
        invite_id = f"{added.item}-{added.invite}"
        reply.attrs = {"calItemId": str(added.item), "invId": invite_id, "ms": call.mailbox.sequence}
        reply.attrs["rev"] = call.mailbox.sequence
        if not task:
            reply.attrs["apptId"] = str(added.item)
    return reply


@handles(MAIL, "CreateAppointmentRequest", writes=True)
def create_appointment(call: Call) -> Reply:
    return _create(call, task=False)


@handles(MAIL, "CreateTaskRequest", writes=True)
def create_task(call: Call) -> Reply:
    return _create(call, task=True)
