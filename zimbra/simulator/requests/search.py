"""SearchRequest over contacts, appointments, tasks and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.query import BadQuery, Places, Query, Subject, compile_query, plain
from zimbra.simulator.requests.calendar import in_span, summary_element
from zimbra.simulator.requests.contacts import contact_element, load
from zimbra.simulator.requests.invites import item_element
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import calendar, contacts, folders, items, tags
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import JUNK, TRASH, Mailbox

MAX_LIMIT = 1000
DEFAULT_LIMIT = 10
_KINDS = {"contact", "appointment", "task", "message"}
_OTHER_TYPES = {"conversation", "document", "note", "wiki", "folder", "tag", "chat"}


def _places(call: Call) -> Places:
    mailbox = call.mailbox

    def named(path: str) -> int:
        try:
            return folders.by_path(mailbox, path).id
        except SoapFault:
            raise invalid_folder(path) from None

    def below(path: str) -> set[int]:
        return set(folders.subtree(folders.everything(mailbox), named(path)))

    return Places(named, below)


def invalid_folder(path: str) -> SoapFault:
    return SoapFault("mail.QUERY_PARSE_ERROR", f"couldn't parse query: no such folder: {path[:200]}")


def subject_of(item: Item, tag_names: dict[str, str]) -> Subject:
    """What a query can see of an item."""

    def named() -> frozenset[str]:
        return frozenset(plain(tag_names[one]) for one in item.tags.split(",") if one in tag_names)

    return Subject(item.folder, item.flags, named, lambda: _fields(item))


def _fields(item: Item) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    if item.type == "contact":
        contact = contacts.load(item)
        for key, value in contact.attrs.items():
            if key != "vCardXProps":
                fields[key] = [value] if isinstance(value, str) else value
        fields["member"] = [value for _, value in contact.members]
    elif item.type in calendar.KINDS:
        fields["uid"] = [item.uid or ""]
        fields["subject"] = [item.label]
        for part in calendar.read(item).parts:
            component = part.parsed()
            for name in ("SUMMARY", "LOCATION", "DESCRIPTION", "ATTENDEE", "ORGANIZER"):
                fields.setdefault(name.lower(), []).extend(prop.text for prop in component.all(name))
    return fields


def _found(mailbox: Mailbox, kinds: tuple[str, ...], query: Query) -> Iterator[Item]:
    names = {str(tag.id): tag.name for tag in tags.everything(mailbox)}
    hidden = {TRASH, JUNK}
    if not query.everywhere and query.places is None:
        tree = folders.everything(mailbox)
        hidden = {*folders.subtree(tree, TRASH), *folders.subtree(tree, JUNK)}
    for item in items.select(mailbox, kinds, query.only):
        # Trash and junk are looked into only when the query says where to look.
        if not query.everywhere and query.places is None and item.folder in hidden:
            continue
        if query.matches(subject_of(item, names)):
            yield item


_SORTS: dict[str, Callable[[Item], tuple[str | int, int]]] = {
    "date": lambda item: (item.starts or item.changed, item.id),
    "name": lambda item: (plain(item.label), item.id),
    "subj": lambda item: (plain(item.label), item.id),
    "size": lambda item: (item.size, item.id),
    "dur": lambda item: ((item.ends or 0) - (item.starts or 0), item.id),
    "taskdue": lambda item: (item.ends or 0, item.id),
}


def _sorted(found: list[Item], sort_by: str) -> list[Item]:
    if sort_by == "none":
        return found
    direction = "Desc" if sort_by.endswith("Desc") else "Asc"
    key = _SORTS.get(sort_by.removesuffix(direction).lower())
    if key is None:
        return found
    return sorted(found, key=key, reverse=direction == "Desc")


@handles(MAIL, "SearchRequest")
def search(call: Call) -> Reply:
    request, mailbox = call.request, call.mailbox
    types = [one.strip() for one in (request.get("types") or "conversation").split(",") if one.strip()]
    for one in types:
        if one not in _KINDS | _OTHER_TYPES:
            raise invalid_request(f"unknown type: {one[:40]}")
    kinds = tuple(one for one in types if one in _KINDS)
    offset, limit = request.number("offset", 0) or 0, request.number("limit", DEFAULT_LIMIT) or DEFAULT_LIMIT
    if offset < 0:
        raise invalid_request("offset must not be negative")
    limit = min(max(limit, 1), MAX_LIMIT)
    try:
        query = compile_query(request.get("query") or "", _places(call))
    except BadQuery as error:
        raise SoapFault("mail.QUERY_PARSE_ERROR", f"couldn't parse query: {error}") from None
    since, until = request.number("calExpandInstStart"), request.number("calExpandInstEnd")
    sort_by = request.get("sortBy") or "dateDesc"
    found = _sorted(list(_found(mailbox, kinds, query)) if kinds else [], sort_by)
    spans = {}
    if since is not None and until is not None:
        spans = {item.id: in_span(mailbox, item, since, until) for item in found if item.type in calendar.KINDS}
        found = [item for item in found if item.id not in spans or spans[item.id] or item.starts is None]
    page = found[offset : offset + limit]
    reply = response(call)
    reply.attrs = {"sortBy": sort_by, "offset": offset, "more": offset + len(page) < len(found)}
    attached = items.with_attachments(mailbox)
    for item in page:
        if item.type == "contact":
            contact = load(mailbox, item) if item.id in attached else contacts.load(item)
            reply.children.append(contact_element(mailbox, item, contact))
        elif item.type in calendar.KINDS:
            reply.children.append(summary_element(mailbox, item, spans.get(item.id)))
    return reply


@handles(MAIL, "GetItemRequest")
def get_item(call: Call) -> Reply:
    """One item, whatever its kind; mail.NO_SUCH_ITEM."""
    mailbox = call.mailbox
    wanted = call.request.need("item")
    if "id" not in wanted.attrs:
        raise invalid_request("must specify 'id'")
    item = items.get(mailbox, call.item_id(wanted.attrs["id"]))
    reply = response(call)
    if item.type in calendar.KINDS:
        reply.children.append(item_element(mailbox, item))
    else:
        reply.children.append(contact_element(mailbox, item, load(mailbox, item)))
    return reply
