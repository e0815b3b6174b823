"""When an event or a task takes place: DTSTART, DTEND, DURATION, DUE, RECURRENCE-ID and dates to leave out.

Sun's calendar server writes UTC beside the zone that was meant (X-NSCP-DTSTART-TZID); all-day events lack their end,
and their exceptions are instants. Rules of RFC 5545 3.6.1 to 3.8.5, and of what Zimbra does with the rest.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bascule.conversions.calendars import zones
from bascule.conversions.calendars.components import Component, Property
from bascule.conversions.calendars.context import Context
from bascule.conversions.calendars.times import (
    DAY,
    SHORTEST_VISIBLE,
    UTC,
    Moment,
    parse_duration,
    parse_time,
    shift,
)

_EVENING, _MORNING = 18, 6


def moment(prop: Property, component: Component, context: Context, hint: str = "") -> Moment | None:
    """The date or time of a property, in a zone of tzdata. hint: the zone that Sun's server names beside a UTC time,
    also that of floating times. None when it cannot be read."""
    found = parse_time(prop.value)
    if found is None:
        return None
    params = prop.params
    if not isinstance(found.value, datetime):
        if "VALUE" not in params:
            context.repair("date_without_value")
        return found
    if "VALUE" in params and prop.param("VALUE").upper() == "DATE":
        context.repair("date_with_time")
        # Some programs write VALUE=DATE before any value: an hour that is nobody's midnight is meant.
        day = next(
            (clock.date() for clock in _clocks(found, context.zone) if clock.time() == datetime.min.time()), None
        )
        if day is not None:
            return Moment(day, "")
    return located(found, prop.param("TZID"), component, context, hint)


def _clocks(found: Moment, zone: str) -> tuple[datetime, ...]:
    """The clock time as written and, of an instant, that of `zone`."""
    return (found.clock, zones.to_local(found.clock, zone)) if found.zone == UTC else (found.clock,)


def located(found: Moment, tzid: str, component: Component, context: Context, hint: str) -> Moment:
    """A time as read (UTC or local), put in its zone."""
    local = found.clock
    if found.zone == UTC:
        if tzid and tzid.upper() not in ("UTC", "GMT", "Z"):
            context.repair("zone_beside_utc")
        if hint and hint != UTC:
            there = zones.to_local(local, hint)
            if not there.fold:
                context.repair("utc_to_zone")
                return Moment(there, hint)
        return found
    if tzid:
        resolved = context.resolve(tzid, component)
        if resolved.exact:
            return Moment(local, resolved.zone)
        return Moment(zones.to_local(resolved.instant(local), resolved.zone).replace(fold=0), resolved.zone)
    context.repair("floating_time")
    return Moment(local, hint or context.zone)


def conform(found: Moment, start: Moment, zone: str) -> Moment:
    """A moment in the type and zone of the DTSTART it refers to, as EXDATE and RECURRENCE-ID must be.

    zone: where the days of the event are counted: in Réunion midnight is 20:00Z of the day before.
    """
    if start.all_day:
        if found.all_day:
            return found
        return Moment(zones.to_local(found.clock, zone).date() if found.zone == UTC else found.day, "")
    if found.all_day:
        return Moment(datetime.combine(found.day, start.clock.time()), start.zone)
    if found.zone == start.zone or not found.zone:
        return Moment(found.clock, start.zone)
    return Moment(zones.to_local(zones.to_utc(found.clock, found.zone), start.zone).replace(fold=0), start.zone)


def moments(prop: Property, component: Component, context: Context, start: Moment, zone: str) -> list[Moment]:
    """The dates of an EXDATE, in the type and zone of DTSTART. Unreadable ones are told."""
    tzid = prop.param("TZID")
    dates = []
    for value in prop.value.replace(";", ",").split(","):
        found = parse_time(value)
        if found is None:
            if value.strip():
                message = "Une date annulée de cette répétition est illisible : vérifiez cette occurrence."
                context.remark_line("exception_date_unreadable", component, message, prop.text)
            continue
        if not found.all_day and found.zone != UTC:
            found = located(found, tzid or start.zone, component, context, start.zone)
        conformed = conform(found, start, zone)
        if conformed != found:
            context.repair("exception_type")
        dates.append(conformed)
    return dates


def event_end(
    start: Moment, end: Moment | None, length: timedelta | None, component: Component, context: Context
) -> tuple[Moment | None, timedelta | None]:
    """DTEND and DURATION (one of them None) of an event that a person can see, whatever the file says."""
    if end is not None and length is not None:
        context.repair("end_and_duration")
        length = None
    if start.all_day:
        return _all_day_end(start, end, length, component, context), None
    if end is not None and end.all_day:
        context.repair("mixed_types")
        end = Moment(datetime.combine(end.day, datetime.min.time()), start.zone)
    if end is None:
        if length is not None and length > timedelta(0):
            return None, length
        end = Moment(shift(start.clock, length), start.zone) if length is not None else start
    return _after(start, end, component, context), None


def _all_day_end(
    start: Moment, end: Moment | None, length: timedelta | None, component: Component, context: Context
) -> Moment:
    if end is None:
        days = max(-(-length // DAY), 1) if length is not None else 1
        context.repair("all_day_without_end")
        return Moment(shift(start.day, days * DAY), "")
    day = end.day
    if not end.all_day:
        context.repair("mixed_types")
        if end.clock.time() != datetime.min.time():
            day = shift(day, DAY)
    if day > start.day:
        return Moment(day, "")
    if day < start.day:
        message = "La fin précède le début : l’événement a été placé sur son seul premier jour. Vérifiez-le."
        context.remark("end_before_start", component, message)
    else:
        context.repair("all_day_without_end")
    return Moment(shift(start.day, DAY), "")


def _after(start: Moment, end: Moment, component: Component, context: Context) -> Moment:
    """An end that lies after the start."""
    begins, ends = zones.to_utc(start.clock, start.zone), zones.to_utc(end.clock, end.zone)
    if ends > begins or (start.zone == end.zone and end.clock > start.clock):
        return end
    if ends == begins:
        message = "L’événement n’a pas de durée : trente minutes lui ont été données pour qu’il reste visible."
        context.remark("zero_length", component, message)
        return start.at(shift(start.clock, SHORTEST_VISIBLE))  # type: ignore[arg-type]
    same_day = start.day == end.day
    if same_day and start.clock.hour >= _EVENING and end.clock.hour <= _MORNING:
        message = "La fin précède le début : elle a été comprise comme celle du lendemain. Vérifiez l’horaire."
        context.remark("end_before_start", component, message)
        return end.at(shift(end.clock, DAY))  # type: ignore[arg-type]
    message = "La fin précède le début : l’événement dure désormais trente minutes. Vérifiez l’horaire."
    context.remark("end_before_start", component, message)
    return start.at(shift(start.clock, SHORTEST_VISIBLE))  # type: ignore[arg-type]


def duration(prop: Property | None) -> timedelta | None:
    """The DURATION of a property."""
    return parse_duration(prop.value) if prop is not None else None


def due_end(
    start: Moment | None, due: Moment | None, length: timedelta | None, context: Context
) -> tuple[Moment | None, Moment | None, timedelta | None]:
    """DTSTART, DUE and DURATION of a task, consistent with each other."""
    if (due is not None and length is not None) or (length is not None and (start is None or length <= timedelta(0))):
        context.repair("end_and_duration")
        length = None
    if start is None or due is None:
        if start is not None and start.all_day and length is not None and length % DAY:
            context.repair("end_and_duration")
            length = -(-length // DAY) * DAY
        return start, due, length
    if start.all_day != due.all_day:
        context.repair("mixed_types")
        if due.all_day:
            start = Moment(start.day, "")
        else:
            start = Moment(datetime.combine(start.day, datetime.min.time()), due.zone)
    if _instant(due) < _instant(start):
        context.repair("due_before_start")
        start = due
    return start, due, None


def _instant(found: Moment) -> datetime:
    return zones.to_utc(found.clock, found.zone or UTC)


def day_of(found: Moment, zone: str) -> date:
    """The day of a moment where days are counted in `zone`."""
    return zones.to_local(found.clock, zone).date() if found.zone == UTC else found.day
