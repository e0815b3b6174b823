"""SearchRequest over messages, conversations, contacts, appointments and tasks; GetItem."""

from __future__ import annotations

import re

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, failure, invalid_request
from zimbra.simulator.requests.calendar import FAR_FUTURE, in_span, summary_element
from zimbra.simulator.requests.contacts import contact_element, load
from zimbra.simulator.requests.conversations import short_element
from zimbra.simulator.requests.foldertree import folder_element
from zimbra.simulator.requests.invite_messages import add_invite
from zimbra.simulator.requests.invites import item_element
from zimbra.simulator.requests.message_elements import of_item, summary, tag_names, whole
from zimbra.simulator.requests.messages import mark_read, view_of
from zimbra.simulator.requests.places import at_path
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.searching import Cursor, Hit, Search, Sort, fetch_of, in_order
from zimbra.simulator.store import calendar, contacts, items, messages
from zimbra.simulator.store.mailbox import Mailbox

_MILLISECONDS = re.compile(r"\s*[+-]?[0-9]{1,18}\s*\Z")
MAX_LIMIT = 1000
DEFAULT_LIMIT = 10
_OTHERS = ("contact", "appointment", "task")
_KINDS = frozenset({"message", "conversation", *_OTHERS})
_OTHER_TYPES = frozenset({"document", "note", "wiki", "folder", "tag", "chat", "unknown", "briefcase"})


@handles(MAIL, "SearchRequest")
def search(call: Call) -> Reply:
    """A page of what a query finds. service.INVALID_REQUEST, mail.QUERY_PARSE_ERROR, mail.NO_SUCH_FOLDER."""
    request = call.request
    kinds = _kinds(request.get("types") or request.get("groupBy") or "conversation")
    offset, limit = request.number("offset", 0) or 0, request.number("limit", DEFAULT_LIMIT) or DEFAULT_LIMIT
    if offset < 0:
        raise invalid_request("offset must not be negative")
    limit = min(max(limit, 1), MAX_LIMIT)
    text = request.get("query")
    if text is None:
        text = call.target.first("zimbraPrefMailInitialSearch", "in:inbox")
    prepared = Search.prepare(call, text)
    sort = Sort(request.get("sortBy") or "dateDesc")
    cursor = None if sort.in_groups else _cursor(call)
    if cursor is not None:
        offset = 0
    hits = _hits(call, prepared, kinds, sort, limit + 1, offset, cursor)
    reply = response(call)
    reply.attrs = {"sortBy": sort.name, "offset": offset, "more": len(hits) > limit}
    if (request.get("resultMode") or "").upper() == "IDS":
        for hit in hits[:limit]:
            reply.add("hit", {"id": hit.mailbox.ref(hit.number), "sf": str(hit.key)})
        return reply
    _Writer(call, sort).write(reply, hits[:limit])
    return reply


def _kinds(types: str) -> frozenset[str]:
    found = [one.strip() for one in types.lower().split(",") if one.strip()]
    for one in found:
        if one not in _KINDS | _OTHER_TYPES and one != "none":
            raise invalid_request(f"unknown type: {one[:40]}")
    return frozenset(found) & _KINDS


def _cursor(call: Call) -> Cursor | None:
    given = call.request.find("cursor")
    if given is None:
        return None
    number = given.require("id").rpartition(":")[2]
    if not number.removeprefix("-").isdecimal() or len(number) > 15:
        raise invalid_request(f"malformed item ID: {number[:40]}")
    value = given.get("sortVal")
    if value is None:
        return None
    key = int(value) if value.removeprefix("-").isdecimal() and len(value) < 19 else value
    return Cursor(int(number), key, given.flag("includeOffset"))


def _hits(
    call: Call, prepared: Search, kinds: frozenset[str], sort: Sort, count: int, skip: int, cursor: Cursor | None
) -> list[Hit]:
    others = tuple(one for one in _OTHERS if one in kinds)
    mail = "conversation" if "conversation" in kinds else "message" if "message" in kinds else ""
    if not others:
        if not mail:
            return []
        find = prepared.conversations if mail == "conversation" else prepared.messages
        return find(sort, count, skip, cursor)
    span = _span(call)
    found = _within_span(prepared.others(others, sort, cursor, span), span)
    if mail:
        find = prepared.conversations if mail == "conversation" else prepared.messages
        found = in_order([*found, *find(sort, count + skip, 0, cursor)], sort)
    return found[skip : skip + count]


def _span(call: Call) -> tuple[int, int] | None:
    """From when to when appointments count; service.FAILURE, as Zimbra has it here, for what is no number."""
    found: list[int] = []
    for name in ("calExpandInstStart", "calExpandInstEnd"):
        text = call.request.get(name)
        if text is None:
            return None
        if not _MILLISECONDS.match(text):
            raise failure(f"not a number of milliseconds: {name}")
        found.append(min(max(int(text), -FAR_FUTURE), FAR_FUTURE))
    return found[0], found[1]


def _within_span(found: list[Hit], span: tuple[int, int] | None) -> list[Hit]:
    """Without the appointments and tasks that do not take place within the span asked for."""
    if span is None:
        return found
    return [
        hit
        for hit in found
        if hit.item is None
        or hit.item.type not in calendar.KINDS
        or hit.item.starts is None
        or in_span(hit.mailbox, hit.item, *span)
    ]


class _Writer:
    """Writes hits as elements."""

    def __init__(self, call: Call, sort: Sort) -> None:
        self.call, self.sort = call, sort
        self.view = view_of(call.request)
        self.fetch = fetch_of(call)
        recipients = call.request.get("recip") or "0"
        self.recipients = {"true": 1, "false": 0}.get(recipients, int(recipients) if recipients in "012" else 0)
        self.names: dict[int, dict[int, str]] = {}
        self.attached: dict[int, set[int]] = {}

    def write(self, reply: Reply, hits: list[Hit]) -> None:
        known = self._details(hits)
        for position, hit in enumerate(hits):
            if hit.item is None:
                element = self.conversation(hit, position)
            elif hit.item.type == "message":
                element = self.message(hit, position, known[hit.mailbox.num][hit.number])
            else:
                reply.children.append(self.other(hit))
                continue
            element.attrs["sf"] = str(hit.key)
            reply.children.append(element)

    def _details(self, hits: list[Hit]) -> dict[int, dict[int, messages.Details]]:
        boxes: dict[int, Mailbox] = {hit.mailbox.num: hit.mailbox for hit in hits}
        return {
            num: messages.details(
                box, [h.number for h in hits if h.mailbox is box and h.item is not None and h.item.type == "message"]
            )
            for num, box in boxes.items()
        }

    def _tags(self, mailbox: Mailbox) -> dict[int, str]:
        if mailbox.num not in self.names:
            self.names[mailbox.num] = tag_names(mailbox)
        return self.names[mailbox.num]

    def _opens(self, hit: Hit, position: int) -> bool:
        if self.fetch in ("1", "first"):
            return position == 0
        if self.fetch in ("all", "hits", "hits!"):
            return True
        if self.fetch in ("u", "unread"):
            return hit.item is not None and "u" in hit.item.flags
        return hit.mailbox.ref(hit.number) in self.fetch.split(",")

    def message(self, hit: Hit, position: int, known: messages.Details) -> Reply:
        item = hit.item
        if item is None:
            raise ValueError("a hit without an item is no message")
        if not self._opens(hit, position):
            element = summary(hit.mailbox, item, known, recipients=self.recipients, names=self._tags(hit.mailbox))
        else:
            if self.call.request.flag("read"):
                mark_read(hit.mailbox, item)
            element = whole(hit.mailbox, item, self.view)
        add_invite(hit.mailbox, item, element)
        return element

    def conversation(self, hit: Hit, position: int) -> Reply:
        element = short_element(hit.mailbox, hit.number, hit.messages, recipients=self.recipients > 0)
        if self._opens(hit, position) and hit.messages:
            item = items.get(hit.mailbox, hit.messages[0], "message")
            opened = whole(hit.mailbox, item, self.view)
            ids = [one.attrs.get("id") if one.name == "m" else None for one in element.children]
            element.children[ids.index(hit.mailbox.ref(item.id))] = opened
        return element

    def other(self, hit: Hit) -> Reply:
        mailbox, item = hit.mailbox, hit.item
        if item is None:
            raise ValueError("a hit without an item is a conversation")
        if item.type == "contact":
            if mailbox.num not in self.attached:
                self.attached[mailbox.num] = items.with_attachments(mailbox)
            contact = load(mailbox, item) if item.id in self.attached[mailbox.num] else contacts.load(item)
            return contact_element(mailbox, item, contact)
        span = _span(self.call)
        return summary_element(mailbox, item, None if span is None else in_span(mailbox, item, *span))


@handles(MAIL, "GetItemRequest")
def get_item(call: Call) -> Reply:
    """One item, whatever its kind, by id or path; mail.NO_SUCH_ITEM."""
    wanted = call.request.need("item")
    reply = response(call)
    if "id" not in wanted.attrs:
        path = wanted.attrs.get("path") or wanted.attrs.get("name")
        if path is None:
            raise invalid_request("must specify 'id'")
        try:
            mailbox, folder = at_path(call.unit, call.mailbox, path)
        except SoapFault:
            raise items.not_found("", path[:80]) from None
        mailbox.check(folder.id, "r")
        reply.children.append(folder_element(call, mailbox, folder.id))
        return reply
    mailbox, number = call.locate(wanted.attrs["id"])
    item = items.find(mailbox, number)
    if item is None:
        if number <= 0 or not _is_folder(mailbox, number):
            raise items.not_found("", wanted.attrs["id"][:80])
        mailbox.check(number, "r")
        reply.children.append(folder_element(call, mailbox, number))
    elif item.type == "message":
        reply.children.append(of_item(mailbox, item.id))
    elif item.type in calendar.KINDS:
        reply.children.append(item_element(mailbox, item))
    else:
        reply.children.append(contact_element(mailbox, item, load(mailbox, item)))
    return reply


def _is_folder(mailbox: Mailbox, number: int) -> bool:
    row = mailbox.db.execute("SELECT 1 FROM folders WHERE mbox = ? AND id = ?", (mailbox.num, number)).fetchone()
    return row is not None
