"""Components of a calendar to invites, by the real server's rules for what it repairs, ignores and refuses.

One invite is one VEVENT or VTODO: a series, or one exception of it. What the server keeps is the component, mended.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from zimbra.simulator.fault import SoapFault, failure, invalid_request, parse_error
from zimbra.simulator.formats.ical import Component, Property, escape, parse, stream
from zimbra.simulator.formats.moments import Moment, Zones, later, parse_duration, parse_moment, parse_value

log = logging.getLogger("zimbra.simulator")

# calendar_ics_import_full_parse_max_size: a longer REST import is read component by component.
FULL_PARSE_MAX = 131_072
KINDS = {"VEVENT": "appointment", "VTODO": "task"}
_FREQUENCIES = ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_NUMBERS = {"COUNT", "INTERVAL"}
_NUMBER_LISTS = {"BYSECOND", "BYMINUTE", "BYHOUR", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS"}
_BYDAY = re.compile(r"[+-]?\d{0,2}(?:MO|TU|WE|TH|FR|SA|SU)\Z")
_ACTIONS = {"DISPLAY", "AUDIO", "EMAIL", "PROCEDURE", "NONE"}


@dataclass
class Invite:
    """One component, mended. `uid` is "" when the file gave none; times are milliseconds since 1970."""

    kind: str
    method: str
    uid: str
    recurrence_id: str
    sequence: int
    name: str
    starts: int | None
    ends: int | None
    recurs: bool
    component: Component
    zones: dict[str, Component] = field(default_factory=dict)
    # What a file does not say: the number of the message it came in, the keeper's answer when it is not among the
    # attendees', and what was not yet sent.
    number: int | None = None
    ptst: str = ""
    draft: bool = False
    unsent: bool = False
    files: bool = False


def read_all(text: str, local_zone: str) -> tuple[list[Invite], int]:
    """Every invite of a text parsed whole, and the number of components that were skipped for their faults.

    A text that is no iCalendar is service.PARSE_ERROR. Definitions of zones may come after their use.
    """
    found: list[Invite] = []
    skipped = 0
    for calendar in parse(text):
        for component in calendar.children:
            if component.name in KINDS:
                try:
                    found.append(read(component, calendar, zones_of(calendar, local_zone)))
                except SoapFault as fault:
                    skipped += 1
                    log.warning("skipping error during ics parse: UID:%s: %s", component.text("UID"), fault)
    return found, skipped


def zones_of(calendar: Component, local_zone: str) -> Zones:
    zones = Zones(local_zone)
    for component in calendar.children:
        if component.name == "VTIMEZONE":
            zones.define(component)
    return zones


def read_each(text: str, local_zone: str, *, ignore_errors: bool, streaming: bool) -> Iterator[Invite]:
    """The invites of a REST import, in the order of the file.

    The first bad component raises, unless errors are ignored. Parsed whole, a syntax error comes before anything;
    streamed, it comes where it stands, and a zone must be defined before its use.
    """
    if not streaming:
        for calendar in parse(text):
            zones = zones_of(calendar, local_zone)
            yield from _each(calendar.children, calendar, zones, ignore_errors, False)
        return
    zones = Zones(local_zone)
    for calendar, ended in stream(text):
        if ended is None:
            zones = Zones(local_zone)
        elif ended.name == "VTIMEZONE":
            zones.define(ended)
        else:
            yield from _each([ended], calendar, zones, ignore_errors, True)
            calendar.children.clear()


def _each(
    components: list[Component], calendar: Component, zones: Zones, ignore_errors: bool, streaming: bool
) -> Iterator[Invite]:
    for component in components:
        if component.name in KINDS:
            try:
                invite = read(component, calendar, zones, streaming=streaming)
            except SoapFault as fault:
                if not ignore_errors:
                    raise
                log.warning("skipping error during ics parse: UID:%s: %s", component.text("UID"), fault)
                continue
            yield invite


def read(
    component: Component, calendar: Component, zones: Zones, *, streaming: bool = False, asked: bool = False
) -> Invite:
    """Mend one VEVENT or VTODO, or raise the fault the server gives for it.

    `asked`: it was made of a request, which may say more than a file: dates added, rules of exclusion.
    """
    if not asked:
        if component.get("EXRULE") is not None:
            raise failure("EXRULE is not supported")
        # Read only when a debugging switch of the server is on.
        component.drop("RDATE")
    component.properties = [one for one in component.properties if one.name != "ATTACH" or _inline(one)]
    summary = component.get("SUMMARY")
    if summary is not None:
        summary.value = escape(re.sub(r"\s*[\r\n]+\s*", " ", summary.text))
    component.children = [alarm for alarm in component.children if _alarm(alarm)]
    start, end = _times(component, zones, streaming)
    rules = [*component.all("RRULE"), *component.all("EXRULE")]
    recurs = component.get("RRULE") is not None or component.get("RDATE") is not None
    if recurs and start is None:
        raise invalid_request("recurrence used without DTSTART")
    for rule in rules:
        rule.value = mend_rule(rule.value)
    recurrence_id = component.get("RECURRENCE-ID")
    if recurrence_id is not None:
        parse_moment(recurrence_id, zones, streaming=streaming)
        recurrence_id.params.pop("RANGE", None)
    for exdate in component.all("EXDATE"):
        for value in exdate.value.split(","):
            parse_value(value.strip())
    completed = component.get("COMPLETED")
    if completed is not None and parse_value(completed.value).is_date:
        raise parse_error(f"COMPLETED is no date-time: {completed.value[:40]}")
    method = calendar.text("METHOD").upper() or "PUBLISH"
    starts = zones.milliseconds(start) if start else None
    return Invite(
        kind=KINDS[component.name],
        method=method,
        uid=component.text("UID").strip(),
        recurrence_id="" if recurrence_id is None else instance_key(recurrence_id, zones),
        sequence=_integer(component.text("SEQUENCE")),
        name=component.text("SUMMARY"),
        starts=starts,
        ends=zones.milliseconds(end) if end else starts,
        recurs=recurs,
        component=component,
        zones={one: zones.definitions[one] for one in _zones_used(component) if one in zones.definitions},
    )


def instance_key(prop: Property, zones: Zones) -> str:
    """What tells one instance of a series from the others: its day, or its instant."""
    moment = parse_moment(prop, zones)
    return moment.text() if moment.is_date else str(zones.milliseconds(moment))


def _inline(prop: Property) -> bool:
    return prop.params.get("ENCODING", "").upper() == "BASE64" or prop.params.get("VALUE", "").upper() == "BINARY"


def _integer(text: str) -> int:
    return int(text) if text.strip().isdecimal() and len(text) < 10 else 0


def _zones_used(component: Component) -> set[str]:
    return {one.params["TZID"] for one in component.properties if "TZID" in one.params}


def _write(component: Component, name: str, moment: Moment) -> None:
    if moment.is_date:
        component.put(name, moment.text(), {"VALUE": "DATE"})
    elif moment.zone in (None, "UTC"):
        component.put(name, moment.text())
    else:
        component.put(name, moment.text(), {"TZID": str(moment.zone)})


def _times(component: Component, zones: Zones, streaming: bool) -> tuple[Moment | None, Moment | None]:
    """Start and end as the server understands them; the component is made to say so."""
    end_name = "DTEND" if component.name == "VEVENT" else "DUE"
    start_prop, end_prop, duration = component.get("DTSTART"), component.get(end_name), component.get("DURATION")
    start = None if start_prop is None else parse_moment(start_prop, zones, streaming=streaming)
    end = None if end_prop is None else parse_moment(end_prop, zones, streaming=streaming)
    length = None if duration is None else parse_duration(duration.value)
    if start is None and end is not None and component.get("RRULE") is not None:
        start = later(end, -_least(end))
    if start is not None and end is not None:
        if start.is_date != end.is_date:  # one DATE makes the whole an all-day item
            start, end = _as_date(start), _as_date(end)
        # A task may be due on the day it starts; an event must end after it.
        wrong = zones.milliseconds(end) - zones.milliseconds(start)
        if wrong < 0 or (wrong == 0 and component.name == "VEVENT"):
            end = later(start, _least(start))
    if start is not None:
        _write(component, "DTSTART", start)
    if end is not None:
        _write(component, end_name, end)
        if duration is not None:
            component.drop("DURATION")
    elif start is not None and length is not None:
        end = later(start, length)
    elif start is not None and start.is_date and component.name == "VEVENT":
        end = later(start, timedelta(days=1))
    return start, end


def _least(moment: Moment) -> timedelta:
    """What the server makes of an end that is not after its start."""
    return timedelta(days=1) if moment.is_date else timedelta(seconds=1)


def _as_date(moment: Moment) -> Moment:
    return Moment(moment.local.replace(hour=0, minute=0, second=0), None, True)


def mend_rule(text: str) -> str:
    """The parts of an RRULE the server understands. A bad UNTIL or BYDAY, or no FREQ, is service.FAILURE."""
    kept: list[str] = []
    frequency = False
    for part in text.split(";"):
        key, _, value = part.partition("=")
        key, value = key.strip().upper(), value.strip()
        if key == "FREQ":
            if value.upper() not in _FREQUENCIES:
                continue
            frequency, value = True, value.upper()
        elif key == "UNTIL":
            try:
                parse_value(value)
            except SoapFault:
                raise failure(f"cannot parse recurrence rule: UNTIL={value[:40]}") from None
        elif key == "BYDAY":
            value = value.upper()
            if not all(_BYDAY.match(one.strip()) for one in value.split(",")):
                raise failure(f"cannot parse recurrence rule: BYDAY={value[:40]}")
        elif key in _NUMBERS:
            if not value.isdecimal() or not 0 < int(value) < 100_000:
                continue
        elif key in _NUMBER_LISTS:
            if not all(re.fullmatch(r"[+-]?\d{1,3}", one.strip()) for one in value.split(",")):
                continue
        elif key == "WKST":
            value = value.upper()
            if value not in ("MO", "TU", "WE", "TH", "FR", "SA", "SU"):
                continue
        else:
            log.info("unknown part of a recurrence rule: %s", part[:40])
            continue
        kept.append(f"{key}={value}")
    if not frequency:
        raise failure(f"recurrence rule without FREQ: {text[:60]}")
    return ";".join(kept)


def _alarm(alarm: Component) -> bool:
    """Whether an alarm is kept. An unknown sub-component breaks the item, as does an alarm nobody can read."""
    if alarm.name != "VALARM":
        raise failure(f"unexpected component {alarm.name[:40]}")
    action = alarm.text("ACTION").upper()
    if action not in _ACTIONS and not action.startswith("X-YAHOO-CALENDAR-ACTION-"):
        raise invalid_request(f"invalid alarm action: {action[:40]}")
    trigger = alarm.get("TRIGGER")
    if trigger is None:
        raise invalid_request("alarm without TRIGGER")
    if trigger.params.get("RELATED", "START").upper() not in ("START", "END"):
        raise invalid_request("invalid RELATED of an alarm's trigger")
    try:
        if trigger.params.get("VALUE", "").upper() == "DATE-TIME":
            parse_value(trigger.value)
        else:
            parse_duration(trigger.value)
    except SoapFault:
        raise invalid_request(f"invalid alarm trigger: {trigger.value[:40]}") from None
    repeat = alarm.get("REPEAT")
    if repeat is not None and not repeat.value.isdecimal():
        raise invalid_request(f"invalid alarm repeat: {repeat.value[:40]}")
    return action not in ("PROCEDURE", "NONE")
