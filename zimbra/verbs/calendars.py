"""Appointments and tasks: putting them in without inviting anybody, and listing them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zimbra import soap
from zimbra.endpoint import MAX_CHILDREN
from zimbra.errors import NOT_STORED, Garbled
from zimbra.types import CalItemSummary, Outcome
from zimbra.verbs.base import not_done
from zimbra.verbs.items import ItemVerbs

KINDS = ("appt", "task")


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
