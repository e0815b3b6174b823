"""What an appointment or a task says, to XML and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from zimbra import soap
from zimbra.types.calendars import (
    Alarm,
    Attendee,
    CalendarEntry,
    Kind,
    Moment,
    Recurrence,
    Stored,
    StoredEntry,
)
from zimbra.types.elements import Other
from zimbra.types.mail import Correspondent
from zimbra.verbs.base import is_true
from zimbra.verbs.elements import other_xml, read_other
from zimbra.verbs.moments import (
    Unreadable,
    duration_attributes,
    moment_xml,
    parse_moment,
    read_duration,
    read_moment,
    read_recurrence,
    recurrence_xml,
    utc_text_of,
)

# Children of a component that fields stand for, or that the server makes anew.
_KNOWN = frozenset(
    {
        "s",
        "e",
        "dur",
        "or",
        "at",
        "category",
        "desc",
        "descHtml",
        "recur",
        "alarm",
        "exceptId",
        "fr",
        "replies",
        "reply",
    }
)
_NO_TIME = timedelta(0)


def message_xml(
    entry: CalendarEntry,
    folder_id: str | None,
    organizer: Correspondent | None,
    *,
    notify: bool,
    replaces: Moment | None = None,
) -> str:
    """The element `m` of a request that creates or modifies. With `notify` it names recipients, and so sends mail.

    replaces: the start of the occurrence of a series that this stands for.
    """
    told = entry.attendees if notify else ()
    recipients = "".join(f"<e{soap.attributes({'a': one.address, 'p': one.name or None, 't': 't'})}/>" for one in told)
    zones = "".join(map(other_xml, entry.zones))
    return (
        f"<m{soap.attributes({'l': folder_id})}>{recipients}<su>{soap.text(entry.name)}</su>"
        f"<inv>{zones}{component_xml(entry, organizer, replaces)}</inv>{_notes_xml(entry)}</m>"
    )


def component_xml(entry: CalendarEntry, organizer: Correspondent | None, replaces: Moment | None = None) -> str:
    """The element `comp`."""
    tag = soap.attributes(
        {
            "name": entry.name,
            "loc": entry.location or None,
            "uid": entry.uid or None,
            "allDay": entry.all_day or None,
            "status": entry.status or ("NEED" if entry.kind == "task" else "CONF"),
            "fb": entry.busy or None,
            "transp": entry.transparency or None,
            "class": entry.privacy or None,
            "priority": entry.priority or None,
            "percentComplete": entry.percent or None,
            "completed": None if entry.completed is None else utc_text_of(entry.completed),
            "url": entry.url or None,
        }
    )
    moments = (("exceptId", replaces), ("s", entry.start), ("e", entry.end))
    inner = "".join(moment_xml(name, moment) for name, moment in moments if moment is not None)
    if organizer is not None:
        inner += f"<or{soap.attributes({'a': organizer.address, 'd': organizer.name or None})}/>"
    inner += "".join(map(_attendee_xml, entry.attendees))
    inner += "".join(f"<category>{soap.text(one)}</category>" for one in entry.categories)
    if isinstance(entry.recurrence, Other):
        inner += other_xml(entry.recurrence)
    elif entry.recurrence is not None:
        inner += recurrence_xml(entry.recurrence)
    inner += "".join(other_xml(one) if isinstance(one, Other) else _alarm_xml(one) for one in entry.alarms)
    return f"<comp{tag}>{inner}{''.join(map(other_xml, entry.more))}</comp>"


def _attendee_xml(attendee: Attendee) -> str:
    tag = soap.attributes(
        {
            "a": attendee.address,
            "d": attendee.name or None,
            "role": attendee.role,
            "ptst": attendee.status,
            "rsvp": attendee.rsvp,
            "cutype": attendee.kind or None,
        }
    )
    return f"<at{tag}/>"


def _alarm_xml(alarm: Alarm) -> str:
    if alarm.at is not None:
        trigger = f'<abs d="{utc_text_of(alarm.at)}"/>'
    else:
        # The wire counts from the start or end onwards: before it is negative.
        trigger = f"<rel{soap.attributes({**duration_attributes(-alarm.before), 'related': alarm.related})}/>"
    inner = f"<trigger>{trigger}</trigger>"
    inner += f"<desc>{soap.text(alarm.description)}</desc>" if alarm.description else ""
    inner += f"<summary>{soap.text(alarm.summary)}</summary>" if alarm.summary else ""
    inner += "".join(f"<at{soap.attributes({'a': address})}/>" for address in alarm.to)
    return f"<alarm{soap.attributes({'action': alarm.action})}>{inner}</alarm>"


def _notes_xml(entry: CalendarEntry) -> str:
    plain = f'<mp ct="text/plain"><content>{soap.text(entry.description)}</content></mp>'
    if not entry.description_html:
        return plain
    html = f'<mp ct="text/html"><content>{soap.text(entry.description_html)}</content></mp>'
    return f'<mp ct="multipart/alternative">{plain}{html}</mp>'


def read_stored_entry(element: soap.Element) -> StoredEntry:
    """An element `appt` or `task` with its invitations."""
    kind: Kind = "task" if soap.local_name(element) == "task" else "appt"
    item_id = element.get("id") or ""
    entry, stored_invite = CalendarEntry(kind=kind, name=element.get("name") or ""), ""
    exceptions: list[tuple[Moment, CalendarEntry]] = []
    for invite in soap.children(element, "inv"):
        component = soap.child(invite, "comp")
        if component is None:
            continue
        read = _entry(invite, component, kind, element.get("uid") or "")
        replaced = _replaced(component)
        if replaced is None:
            entry, stored_invite = read, stored_invite or invite.get("id") or ""
        else:
            exceptions.append((replaced, read))
    return StoredEntry(
        stored=Stored(
            item_id,
            full_invite_id(item_id, stored_invite),
            soap.number(element.get("ms")),
            soap.number(element.get("rev")),
        ),
        folder_id=element.get("l") or "",
        entry=entry,
        exceptions=tuple(exceptions),
        flags=element.get("f") or "",
        tags=tuple(one for one in (element.get("tn") or "").split(",") if one),
    )


def full_invite_id(item_id: str, invite_id: str) -> str:
    """`<item>-<invite>`, from either that or the invitation's number alone. Another mailbox's id holds hyphens too."""
    if not invite_id or "-" in invite_id.rpartition(":")[2]:
        return invite_id
    return f"{item_id}-{invite_id}"


def _replaced(component: soap.Element) -> Moment | None:
    """The start an exception stands in for; None for the series or a single one."""
    found = soap.child(component, "exceptId")
    try:
        if found is not None:
            return read_moment(found)
        text = component.get("ridZ")
        return parse_moment(text) if text else None
    except Unreadable:
        return None


def _entry(invite: soap.Element, component: soap.Element, kind: Kind, uid: str) -> CalendarEntry:
    start, end = _moments(component)
    organizer = soap.child(component, "or")
    plain, html = soap.child_text(component, "desc"), soap.child_text(component, "descHtml")
    if not plain and not html:
        plain, html = _text(invite, "text/plain"), _text(invite, "text/html")
    return CalendarEntry(
        name=component.get("name") or "",
        start=start,
        end=end,
        kind=kind,
        location=component.get("loc") or "",
        description=plain,
        description_html=html,
        status=component.get("status") or "",
        busy=component.get("fb") or "",
        transparency=component.get("transp") or "",
        privacy=component.get("class") or "",
        priority=soap.number(component.get("priority")),
        percent=soap.number(component.get("percentComplete")),
        completed=_completed(component.get("completed")),
        uid=component.get("uid") or uid,
        url=component.get("url") or "",
        organizer=None if organizer is None else Correspondent(organizer.get("a") or "", organizer.get("d") or ""),
        attendees=tuple(map(_attendee, soap.children(component, "at"))),
        categories=tuple(one.text or "" for one in soap.children(component, "category")),
        recurrence=_recurrence(component),
        alarms=tuple(map(_alarm, soap.children(component, "alarm"))),
        zones=tuple(read_other(one) for one in soap.children(invite, "tz")),
        more=tuple(read_other(one) for one in component if soap.local_name(one) not in _KNOWN),
    )


def _moments(component: soap.Element) -> tuple[Moment | None, Moment | None]:
    start, end = _moment(component, "s"), _moment(component, "e")
    length = soap.child(component, "dur")
    if end is None and start is not None and length is not None:
        try:
            end = _after(start, read_duration(length))
        except (Unreadable, OverflowError):
            end = None
    return start, end


def _after(start: Moment, length: timedelta) -> Moment:
    if isinstance(start, datetime):
        # By the clock of UTC: an hour is an hour, whatever the zone does meanwhile.
        return start + length if start.utcoffset() is None else _in_utc(start, length)
    # The last of whole days is counted in.
    return start + max(length - timedelta(days=1), _NO_TIME)


def _in_utc(start: datetime, length: timedelta) -> datetime:
    shifted = start.timestamp() + length.total_seconds()
    return datetime.fromtimestamp(shifted, start.tzinfo)


def _moment(component: soap.Element, name: str) -> date | datetime | None:
    found = soap.child(component, name)
    try:
        return None if found is None else read_moment(found)
    except Unreadable:
        return None


def _completed(text: str | None) -> datetime | None:
    try:
        moment = parse_moment(text) if text else None
    except Unreadable:
        return None
    return moment if isinstance(moment, datetime) else None


def _attendee(element: soap.Element) -> Attendee:
    return Attendee(
        element.get("a") or "",
        element.get("d") or "",
        role=element.get("role") or "REQ",
        status=element.get("ptst") or "NE",
        rsvp=is_true(element.get("rsvp")),
        kind=element.get("cutype") or "",
    )


def _recurrence(component: soap.Element) -> Recurrence | Other | None:
    found = soap.child(component, "recur")
    if found is None:
        return None
    try:
        return read_recurrence(found)
    except Unreadable:
        return read_other(found)


def _alarm(element: soap.Element) -> Alarm | Other:
    try:
        return _typed_alarm(element)
    except Unreadable:
        return read_other(element)


def _typed_alarm(element: soap.Element) -> Alarm:
    trigger = soap.child(element, "trigger")
    relative = None if trigger is None else soap.child(trigger, "rel")
    absolute = None if trigger is None else soap.child(trigger, "abs")
    before, at = _NO_TIME, None
    if relative is not None:
        before = -read_duration(relative)
    elif absolute is not None:
        at = read_moment(absolute)
    if {soap.local_name(one) for one in element} - {"trigger", "desc", "summary", "at"}:
        raise Unreadable
    if (relative is None and not isinstance(at, datetime)) or (at is not None and not isinstance(at, datetime)):
        raise Unreadable
    return Alarm(
        before=before,
        related="START" if relative is None else relative.get("related") or "START",
        at=at,
        action=element.get("action") or "DISPLAY",
        description=soap.child_text(element, "desc"),
        summary=soap.child_text(element, "summary"),
        to=tuple(one.get("a") or "" for one in soap.children(element, "at")),
    )


def _text(invite: soap.Element, content_type: str) -> str:
    """The first text of this type among the parts the server shows."""
    for part in _parts(invite):
        if (part.get("ct") or "") == content_type:
            return soap.child_text(part, "content")
    return ""


def _parts(element: soap.Element) -> Iterator[soap.Element]:
    for part in soap.children(element, "mp"):
        yield part
        yield from _parts(part)
