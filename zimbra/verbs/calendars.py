"""Appointments and tasks: putting them in without inviting anybody, listing, reading and changing them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from zimbra import soap
from zimbra.endpoint import MAX_CHILDREN
from zimbra.errors import NOT_STORED, Garbled, Refused
from zimbra.types import CalItemSummary, Outcome
from zimbra.types.calendars import CalendarEntry, Kind, Moment, Occurrence, Stored, StoredEntry
from zimbra.types.mail import Correspondent
from zimbra.verbs.base import is_true, not_done
from zimbra.verbs.calendar_entries import full_invite_id, message_xml, read_stored_entry
from zimbra.verbs.items import PAGE, ItemVerbs
from zimbra.verbs.moments import Unreadable, from_milliseconds, moment_xml, to_milliseconds

KINDS = ("appt", "task")

# Our own code: the change would make the server write to people it was not told to write to.
WOULD_TELL = "calendars.WOULD_TELL"

# The server refuses a span of more than 200 days in one request for summaries.
SPAN = timedelta(days=180)

_REQUEST_OF: dict[Kind, str] = {"appt": "Appointment", "task": "Task"}
_SUMMARIES_OF: dict[Kind, str] = {"appt": "GetApptSummariesRequest", "task": "GetTaskSummariesRequest"}
_TYPE_OF: dict[Kind, str] = {"appt": "appointment", "task": "task"}
_DEFAULT_FOLDER: dict[Kind, str] = {"appt": "10", "task": "15"}


class CalendarVerbs(ItemVerbs):
    def import_calendar_items(
        self, folder_id: str, calendars: Sequence[str], *, max_children: int = MAX_CHILDREN
    ) -> list[Outcome]:
        """Store each VCALENDAR text (one UID as a rule) in a calendar or task list; one `Outcome` each, in order.

        Nobody is invited: unlike CreateAppointment, this request sends no mail. A UID lives once per mailbox: one
        that is there already is updated and moved to this folder, and its id comes back. The server leaves out what
        it cannot store without a word: all left out is NOT_STORED, some of it `parts_refused`.
        What is raised, and what becomes an outcome, when a whole HTTP request fails: `Endpoint.batch`.
        """
        # The server turns line feeds back into CRLF, because XML parsers drop carriage returns.
        requests = (
            soap.request(
                "ImportAppointmentsRequest",
                soap.MAIL,
                f"<content>{soap.text(text.replace(chr(13) + chr(10), chr(10)))}</content>",
                l=folder_id,
                ct="text/calendar",
            )
            for text in calendars
        )
        replies = self.endpoint.batch(requests, max_children=max_children)
        return [not_done(reply.error) if reply.error else _stored(reply.element) for reply in replies]

    def calendar_items(self, types: str = "appointment,task", query: str = "is:anywhere") -> Iterator[CalItemSummary]:
        """Every appointment and task of the mailbox, the Trash included, or those `query` finds. Read as it arrives.

        The server lists an appointment by its first occurrence and passes over one that never takes place.
        """
        return (_summary(element) for element in self.search_elements(query, types) if _is_kind(element))

    def calendar_item(self, item_id: str) -> CalItemSummary:
        """One appointment or task. NotFound: it is gone."""
        element = self.item(item_id)
        if not _is_kind(element):
            raise Garbled("neither appointment nor task")
        return _summary(element)

    def create_calendar_entry(self, entry: CalendarEntry, folder_id: str = "", *, notify: bool = False) -> Stored:
        """Create an appointment or a task, in the calendar or task list of that name without `folder_id`.

        Nobody is written to, attendees or not, unless `notify` asks for the invitations to be sent. Without an
        organizer, an entry with attendees is organized by whoever is signed in. NotFound: no such folder.
        """
        inner = message_xml(entry, folder_id or _DEFAULT_FOLDER[entry.kind], self._organizer(entry), notify=notify)
        request = soap.request(f"Create{_REQUEST_OF[entry.kind]}Request", soap.MAIL, inner)
        return _stored_entry(self.endpoint.call(request))

    def calendar_entry(self, item_id: str, kind: Kind = "appt") -> StoredEntry:
        """All that an appointment or a task says, with its exceptions. NotFound: it is gone."""
        request = soap.request(
            f"Get{_REQUEST_OF[kind]}Request", soap.MAIL, id=item_id, includeContent=True, includeInvites=True
        )
        for element in self.endpoint.call(request, repeatable=True):
            if _is_kind(element):
                return read_stored_entry(element)
        raise Garbled("neither appointment nor task")

    def modify_calendar_entry(
        self, before: StoredEntry, entry: CalendarEntry, *, notify: bool = False, folder_id: str = ""
    ) -> Stored:
        """Put `entry` in the place of what `before` (as `calendar_entry` gave it) says; its exceptions stay.

        Refused mail.INVITE_OUT_OF_DATE: it changed since it was read. Refused WOULD_TELL, before anything is sent:
        attendees are taken away, whom the server itself would tell, and `notify` does not ask for it. folder_id: move
        it there at the same time. An item in the Trash cannot be modified (Refused service.INVALID_REQUEST).
        """
        staying = {attendee.address.lower() for attendee in entry.attendees}
        if not notify and any(one.address.lower() not in staying for one in before.entry.attendees):
            raise Refused(WOULD_TELL)
        request = soap.request(
            f"Modify{_REQUEST_OF[before.entry.kind]}Request",
            soap.MAIL,
            message_xml(entry, folder_id or None, self._organizer(entry), notify=notify),
            id=before.stored.invite_id,
            comp=0,
            ms=before.stored.modified or None,
            rev=before.stored.revision or None,
        )
        return _stored_entry(self.endpoint.call(request))

    def cancel_calendar_entry(self, before: StoredEntry, *, notify: bool = False, words: str = "") -> None:
        """Cancel an appointment or task as its organizer would: it goes to the Trash.

        notify: write to the attendees, in these words. To take it away without more, see `delete_items`.
        """
        self._cancel(before, "", notify=notify, words=words)

    def _cancel(self, before: StoredEntry, instance: str, *, notify: bool, words: str) -> None:
        entry = before.entry
        told = "".join(f"<e{soap.attributes({'a': one.address, 't': 't'})}/>" for one in entry.attendees if notify)
        notes = f'<mp ct="text/plain"><content>{soap.text(words)}</content></mp>'
        request = soap.request(
            f"Cancel{_REQUEST_OF[entry.kind]}Request",
            soap.MAIL,
            f"{instance}<m>{told}<su>{soap.text(entry.name)}</su>{notes}</m>",
            id=before.stored.invite_id,
            comp=0,
        )
        self.endpoint.call(request)

    def modify_occurrence(
        self, series: StoredEntry, start: Moment, entry: CalendarEntry, *, notify: bool = False
    ) -> Stored:
        """Make the occurrence of a series that begins at `start` differ, as `entry` says (without a recurrence).

        One that differs already is modified by its own invitation. Refused: no series.
        """
        inner = message_xml(entry, None, self._organizer(entry), notify=notify, replaces=start)
        request = soap.request(
            f"Create{_REQUEST_OF[series.entry.kind]}ExceptionRequest",
            soap.MAIL,
            inner,
            id=series.stored.invite_id,
            comp=0,
        )
        return _stored_entry(self.endpoint.call(request))

    def cancel_occurrence(self, series: StoredEntry, start: Moment, *, notify: bool = False) -> None:
        """Take the occurrence that begins at `start` out of a series. notify: write to the attendees."""
        self._cancel(series, moment_xml("inst", start), notify=notify, words="")

    def occurrences(
        self, start: datetime, end: datetime, *, folder_id: str = "", kind: Kind = "appt"
    ) -> Iterator[Occurrence]:
        """What takes place between two moments (aware), each once; all folders but the Trash without `folder_id`.

        Long spans are asked for in pieces, as they are read. Tasks come whenever they are due.
        """
        seen: set[tuple[str, datetime | None]] = set()
        while start < end:
            until = min(end, start + SPAN)
            request = soap.request(
                _SUMMARIES_OF[kind], soap.MAIL, s=to_milliseconds(start), e=to_milliseconds(until), l=folder_id or None
            )
            for element in self.endpoint.call(request, repeatable=True):
                for occurrence in _occurrences(element):
                    if (occurrence.id, occurrence.start) not in seen:
                        seen.add((occurrence.id, occurrence.start))
                        yield occurrence
            start = until

    def search_occurrences(
        self, query: str, start: datetime, end: datetime, *, kind: Kind = "appt", page: int = PAGE
    ) -> Iterator[Occurrence]:
        """What takes place between two moments (aware) among what a search finds, page by page as it is read."""
        span = {"calExpandInstStart": to_milliseconds(start), "calExpandInstEnd": to_milliseconds(end)}
        for element in self.search_elements(query, _TYPE_OF[kind], sort_by="none", page=page, more=span):
            yield from _occurrences(element)

    def _organizer(self, entry: CalendarEntry) -> Correspondent | None:
        if entry.organizer is not None or not entry.attendees:
            return entry.organizer
        answer = self.endpoint.call(soap.request("GetInfoRequest", soap.ACCOUNT, sections="mbox"), repeatable=True)
        return Correspondent(soap.child_text(answer, "name"))


def _stored_entry(answer: soap.Element) -> Stored:
    item_id = answer.get("calItemId") or answer.get("apptId") or ""
    if not item_id:
        raise Garbled("no id")
    return Stored(
        item_id,
        full_invite_id(item_id, answer.get("invId") or ""),
        soap.number(answer.get("ms")),
        soap.number(answer.get("rev")),
    )


def _occurrences(element: soap.Element) -> Iterator[Occurrence]:
    """What the summary of an appointment or task says of each of its occurrences."""
    if not _is_kind(element):
        return
    kind: Kind = "task" if soap.local_name(element) == "task" else "appt"
    item_id = element.get("id") or ""
    for one in soap.children(element, "inst"):

        def value(name: str, one: soap.Element = one) -> str:
            return one.get(name) or element.get(name) or ""

        try:
            start = from_milliseconds(str(one.get("s"))) if one.get("s") else None
            duration = timedelta(milliseconds=int(value("dur") or 0))
        except (Unreadable, ValueError, OverflowError) as error:
            raise Garbled("not a moment") from error
        yield Occurrence(
            id=item_id,
            uid=value("uid"),
            invite_id=full_invite_id(item_id, value("invId")),
            folder_id=element.get("l") or "",
            kind=kind,
            name=value("name"),
            start=start,
            duration=duration,
            all_day=is_true(value("allDay")),
            location=value("loc"),
            is_recurring=is_true(element.get("recur")),
            is_exception=is_true(one.get("ex")),
        )


def _is_kind(element: soap.Element) -> bool:
    return soap.local_name(element) in KINDS


def _stored(element: soap.Element | None) -> Outcome:
    stored = None if element is None else soap.child(element, "appt")
    if stored is None:
        return not_done(Garbled("no appt"))
    # "<item>-<invite>" for each component; the item's id itself may hold hyphens (another mailbox's id).
    pairs = [pair for pair in (stored.get("ids") or "").split(",") if pair]
    if not pairs:
        return Outcome(code=NOT_STORED)
    ids = tuple(dict.fromkeys(pair.rpartition("-")[0] for pair in pairs))
    return Outcome(ids=ids, parts_refused=max(0, soap.number(stored.get("n")) - len(pairs)))


def _summary(element: soap.Element) -> CalItemSummary:
    uid, name = element.get("uid") or "", element.get("name") or ""
    for one in element.iter():
        if soap.local_name(one) == "comp":
            uid, name = uid or one.get("uid") or "", name or one.get("name") or ""
            break
    return CalItemSummary(element.get("id") or "", uid, element.get("l") or "", name, soap.local_name(element))
