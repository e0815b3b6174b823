"""Alarms dismissed and put off."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.requests.calendar_items import located
from zimbra.simulator.requests.invites import ITEM_NAMES
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.summaries import alarm_data
from zimbra.simulator.store import calendar
from zimbra.simulator.store.calendar import may_see


def _moment(given: Element, name: str) -> int:
    value = given.number(name)
    if value is None:
        raise invalid_request(f"missing required attribute: {name}")
    return value


def _each(call: Call, name: str) -> Reply:
    reply = response(call)
    for given in call.request.children:
        if given.name not in ITEM_NAMES.values():
            continue
        moment = _moment(given, name)
        mailbox, item, _ = located(call, given.require("id"))
        entry = calendar.read(item)
        if name == "dismissedAt":
            entry.dismissed, entry.snoozed = moment, None
        else:
            entry.snoozed = moment
        calendar.save(mailbox, item, entry)
        shown = reply.add(ITEM_NAMES[item.type], {"calItemId": mailbox.ref(item.id)})
        seen = all(may_see(mailbox, item.folder, part.shown) for part in entry.parts)
        alarm = alarm_data(mailbox, entry, seen=seen)
        if alarm is not None:
            shown.children.append(alarm)
    return reply


@handles(MAIL, "DismissCalendarItemAlarmRequest", writes=True)
def dismiss_alarm(call: Call) -> Reply:
    """No alarm until `dismissedAt` rings any more."""
    return _each(call, "dismissedAt")


@handles(MAIL, "SnoozeCalendarItemAlarmRequest", writes=True)
def snooze_alarm(call: Call) -> Reply:
    """The alarm that rings rings again at `until`."""
    return _each(call, "until")
