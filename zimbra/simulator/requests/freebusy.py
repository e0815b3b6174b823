"""GetFreeBusy, GetWorkingHours, GetMiniCal, and free/busy times as iCalendar."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from zimbra.simulator.call import Call, Unit
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.ical import Component, Property, folded
from zimbra.simulator.formats.moments import Zones
from zimbra.simulator.requests.invites import actual_busy, participation
from zimbra.simulator.requests.places import target
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.zones import define_all, one_line
from zimbra.simulator.store import accounts, busy, calendar, folders, rights
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.busy import Interval
from zimbra.simulator.store.calendar import Part
from zimbra.simulator.store.instances import DAY, in_span
from zimbra.simulator.store.mailbox import Mailbox, MailboxMissing

# How elements call what attributes call F, B, T, O.
ELEMENTS = {"F": "f", "B": "b", "T": "t", "O": "u"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = "%Y%m%dT%H%M%SZ"
# calendar_freebusy_max_days of the real server.
MAX_DAYS = 366
# Milliseconds that can be written as a date.
_LAST = 250_000_000_000_000


def status_of(mailbox: Mailbox, part: Part, component: Component) -> str:
    """What a part makes of the time of a mailbox's owner."""
    return actual_busy(component, participation(part, mailbox.account))


def span_of(request: Element) -> tuple[int, int]:
    """`s` and `e` in milliseconds; service.INVALID_REQUEST."""
    since, until = request.number("s"), request.number("e")
    if since is None or until is None:
        raise invalid_request("missing required attribute: s and e")
    check_span(since, until)
    return since, until


def check_span(since: int, until: int) -> None:
    """service.INVALID_REQUEST for a span that ends before it begins, or is too long."""
    if until < since:
        raise invalid_request("End time must be after Start time")
    if not -_LAST // 5 < since <= until < _LAST:
        raise invalid_request("time out of range")
    if (until - since) // DAY > MAX_DAYS:
        raise invalid_request(f"requested range is too large (maximum {MAX_DAYS} days)")


def people(call: Call, request: Element) -> list[tuple[str, Account | None, str | None]]:
    """Whom a request names: as it names them, the account if there is one, and a folder of it if only that counts."""
    found: list[tuple[str, Account | None, str | None]] = []
    for attribute in ("uid", "id", "name"):
        names = [text.strip() for text in (request.get(attribute) or "").split(",") if text.strip()]
        found.extend((name, _account(call, name), None) for name in names)
    for given in request.all("usr"):
        text = given.get("id") or given.get("name") or ""
        found.append((text, _account(call, text), given.get("l")))
    return found


def _account(call: Call, text: str) -> Account | None:
    if "@" in text:
        return accounts.by_address(call.db, text)
    return accounts.by_id(call.db, text) or accounts.by_name(call.db, text, call.service.default_domain)


def times(unit: Unit, account: Account, since: int, until: int, folder: str | None, but: str) -> list[Interval] | None:
    """The intervals of somebody's time; None where the caller (None: not signed in) may not know them.

    Who has no right on the account may still know the time of the calendars shared with him.
    """
    caller = unit.caller
    who = None if caller is None else caller.account
    everything = (caller is not None and caller.admin) or rights.may(unit.db, who, account, "viewFreeBusy")
    if not everything and who is None:
        return None
    try:
        mailbox = unit.mailbox(account)
    except MailboxMissing:
        # Who never opened the mailbox has nothing in it; a question of others does not open it.
        return busy.merged([], since, until) if everything else None
    shared = None if everything else _shared(mailbox)
    if shared is not None and not shared:
        return None
    number = int(folder) if folder is not None and folder.isdecimal() and len(folder) < 15 else None
    return busy.intervals(mailbox, since, until, status_of, folder=number, but=but, within=shared)


def _shared(mailbox: Mailbox) -> set[int]:
    """The folders whose time the reader may know."""
    with mailbox.as_server():
        found = list(folders.everything(mailbox))
    return {number for number in found if set("rf") & set(mailbox.rights(number))}


@handles(MAIL, "GetFreeBusyRequest")
def get_free_busy(call: Call) -> Reply:
    since, until = span_of(call.request)
    but = call.request.get("excludeUid") or ""
    reply = response(call)
    for text, account, folder in people(call, call.request):
        user = reply.add("usr", {"id": text})
        found = None if account is None else times(call.unit, account, since, until, folder, but)
        if found is None:
            user.add("n", {"s": since, "e": until})
        for one in found or ():
            user.add(ELEMENTS[one.status], {"s": one.since, "e": one.until})
    return reply


@handles(MAIL, "GetWorkingHoursRequest")
def get_working_hours(call: Call) -> Reply:
    """Free when people work, unavailable when they do not (zimbraPrefCalendarWorkingHours)."""
    since, until = span_of(call.request)
    reply = response(call)
    for text, account, _ in people(call, call.request):
        user = reply.add("usr", {"id": text})
        hours = None if account is None else _hours(account)
        if account is None or hours is None:
            user.add("n", {"s": since, "e": until})
            continue
        for one in busy.merged(_not_working(account, hours, since, until), since, until):
            user.add(ELEMENTS[one.status], {"s": one.since, "e": one.until})
    return reply


def _hours(account: Account) -> dict[int, tuple[int, int]] | None:
    """Minutes of the day at which work begins and ends, by weekday (1 Sunday); None when the setting makes no sense."""
    found: dict[int, tuple[int, int]] = {}
    text = account.first("zimbraPrefCalendarWorkingHours") or ",".join(
        f"{day}:{'N' if day in (1, 7) else 'Y'}:0800:1700" for day in range(1, 8)
    )
    for part in text.split(","):
        fields = part.split(":")
        if len(fields) != 4 or not all(one.isdecimal() for one in (fields[0], *fields[2:])):
            return None
        begin, end = (int(one[:2]) * 60 + int(one[2:4] or 0) for one in fields[2:])
        if fields[1] == "Y" and begin < end <= 1440:
            found[int(fields[0])] = (begin, end)
    return found


def _not_working(account: Account, hours: dict[int, tuple[int, int]], since: int, until: int) -> list[Interval]:
    zone = Zones(account.first("zimbraPrefTimeZoneId")).info(None)
    working: list[tuple[int, int]] = []
    day = (_EPOCH + timedelta(milliseconds=since)).astimezone(zone).date() - timedelta(days=1)
    last = (_EPOCH + timedelta(milliseconds=until)).astimezone(zone).date()
    while day <= last:
        if day.isoweekday() % 7 + 1 in hours:
            begin, end = (
                datetime.combine(day, time(), zone) + timedelta(minutes=minute)
                for minute in hours[day.isoweekday() % 7 + 1]
            )
            working.append(((begin - _EPOCH) // timedelta(milliseconds=1), (end - _EPOCH) // timedelta(milliseconds=1)))
        day += timedelta(days=1)
    found: list[Interval] = []
    at = since
    for begin_at, end_at in working:
        if begin_at > at:
            found.append(Interval(at, min(begin_at, until), "O"))
        at = max(at, end_at)
    return [*found, Interval(at, until, "O")] if at < until else [one for one in found if one.since < one.until]


@handles(MAIL, "GetMiniCalRequest")
def get_mini_calendar(call: Call) -> Reply:
    """The days of some calendars on which something takes place, in the caller's zone."""
    request = call.request
    since, until = span_of(request)
    zones = Zones(call.me.account.first("zimbraPrefTimeZoneId"))
    zone: str | None = None
    given = request.find("tz")
    if given is not None:
        renamed = {} if given.get("stdoff") is None else define_all(request, zones)
        zone = one_line(given.require("id"))
        zone = renamed.get(zone, zone)
        if not zones.knows(zone):
            raise invalid_request(f'invalid time zone "{zone[:80]}"')
    days: set[str] = set()
    errors: list[tuple[str, SoapFault]] = []
    for folder in request.all("folder"):
        text = folder.require("id")
        try:
            days |= _days(*target(call, text), since, until, zones, zone)
        except SoapFault as fault:
            errors.append((text, fault))
    reply = response(call)
    for day in sorted(days):
        reply.add("date", text=day)
    for text, refusal in errors:
        reply.add("error", {"id": text, "code": refusal.code}, text=refusal.message)
    return reply


def _days(mailbox: Mailbox, folder: int, since: int, until: int, zones: Zones, zone: str | None) -> set[str]:
    mailbox.check(folder, "r")
    row = mailbox.db.execute("SELECT 1 FROM folders WHERE mbox = ? AND id = ?", (mailbox.num, folder)).fetchone()
    if row is None:
        raise SoapFault("mail.NO_SUCH_FOLDER", f"no such folder: {folder}", itemId=folder)
    info = zones.info(zone)
    first, last = ((_EPOCH + timedelta(milliseconds=at)).astimezone(info).date() for at in (since, until - 1))
    found: set[str] = set()
    for item in calendar.between(mailbox, "appointment", folder, since, until):
        for occurrence, part in in_span(mailbox, item, since, until):
            if occurrence.local.is_date:
                begin = occurrence.local.local.date()
                end = begin + timedelta(days=max(1, round(occurrence.length / DAY)) - 1)
            else:
                ends = occurrence.starts + max(occurrence.length - 1, 0)
                begin, end = (
                    (_EPOCH + timedelta(milliseconds=at)).astimezone(info).date() for at in (occurrence.starts, ends)
                )
            day = max(begin, first)
            while day <= min(end, last) and not part.cancelled:
                found.add(day.strftime("%Y%m%d"))
                day += timedelta(days=1)
    return found


def as_calendar(
    unit: Unit, account: Account | None, name: str, since: int, until: int, *, but: str = "", url: str = ""
) -> str:
    """A VFREEBUSY of somebody's time, as REST gives it; `name`: how the account was asked for, `but`: a UID left out.

    Without busy times for who may not know them, and of an account that is not there. service.INVALID_REQUEST.
    """
    check_span(since, until)
    address = name if account is None else account.name
    body = Component(
        "VFREEBUSY",
        [
            Property("ORGANIZER", {}, f"mailto:{one_line(address)}"),
            Property("DTSTAMP", {}, datetime.now(UTC).strftime(_MOMENT)),
            Property("DTSTART", {}, _text(since)),
            Property("DTEND", {}, _text(until)),
        ],
    )
    if url:
        body.properties.append(Property("URL", {}, one_line(url)))
    names = {"B": "BUSY", "T": "BUSY-TENTATIVE", "O": "BUSY-UNAVAILABLE"}
    for one in (None if account is None else times(unit, account, since, until, None, but)) or ():
        if one.status in names:
            period = f"{_text(one.since)}/{_text(one.until)}"
            body.properties.append(Property("FREEBUSY", {"FBTYPE": names[one.status]}, period))
    head = [
        Property("PRODID", {}, "Zimbra-Calendar-Provider"),
        Property("VERSION", {}, "2.0"),
        Property("METHOD", {}, "PUBLISH"),
    ]
    return folded(Component("VCALENDAR", head, [body]))


def _text(at: int) -> str:
    return (_EPOCH + timedelta(milliseconds=at)).strftime(_MOMENT)
