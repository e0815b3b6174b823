"""Conversations: their elements, GetConv, SearchConv, ConvAction.

A message alone is the conversation "-257" of message 257; two or more have a number of their own.
"""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests.invite_messages import add_invite
from zimbra.simulator.requests.itemactions import MAX_IDS, Done, affected, answer, apply, operation_of
from zimbra.simulator.requests.message_elements import (
    person,
    summary,
    tag_names,
    whole,
)
from zimbra.simulator.requests.messages import mark_read, view_of
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.requests.searching import Search, Sort, fetch_of, located
from zimbra.simulator.store import messages
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox
from zimbra.simulator.store.messages import Details

MAX_SENDERS = 8


def no_such_conversation(text: str) -> SoapFault:
    return SoapFault("mail.NO_SUCH_CONV", f"no such conversation: {text[:80]}", itemId=text[:80])


def members(call: Call, text: str) -> tuple[Mailbox, int, list[Item]]:
    """The mailbox, the number and the messages of a conversation, oldest first; mail.NO_SUCH_CONV."""
    mailbox, number = located(call, text)
    number = messages.conversation_number(mailbox, number)
    found = messages.of_conversation(mailbox, number)
    if not found:
        raise no_such_conversation(text)
    return mailbox, number, found


def element(mailbox: Mailbox, number: int, found: list[Item], known: dict[int, Details]) -> Reply:
    """A `c` with what all its messages have together."""
    alive = [item for item in found if "x" not in item.flags]
    flags = messages.clean_flags("".join(item.flags for item in alive))
    names = tag_names(mailbox) if any(item.tags for item in found) else {}
    marked = list(dict.fromkeys(int(one) for item in alive for one in item.tags.split(",") if one.isdecimal()))
    reply = Reply("c", {"id": mailbox.ref(number), "n": len(alive), "u": sum("u" in item.flags for item in alive)})
    if len(found) != len(alive):
        reply.attrs["total"] = len(found)
    if flags:
        reply.attrs["f"] = flags
    if marked:
        if not mailbox.limited:
            reply.attrs["t"] = ",".join(map(str, marked))
        reply.attrs["tn"] = ",".join(names[one] for one in marked if one in names)
    reply.attrs["d"] = max(known[item.id].date for item in found)
    reply.content["su"] = found[0].label
    return reply


def senders(found: list[Item], known: dict[int, Details], reply: Reply) -> None:
    """Who has written, each once, the latest last; "elided" when there are more than a list shows."""
    people: dict[str, tuple[str, str]] = {}
    for item in found:
        listed = known[item.id].summary["e"]
        for display, address in listed.get("f") or listed.get("s") or []:
            people.pop(address.lower(), None)
            people[address.lower()] = (display, address)
    shown = list(people.values())
    if len(shown) > MAX_SENDERS:
        reply.attrs["elided"] = True
        shown = shown[-MAX_SENDERS:]
    reply.children += [person("f", display, address) for display, address in shown]


def short_element(mailbox: Mailbox, number: int, hits: list[int], *, recipients: bool = False) -> Reply:
    """A `c` of search results, with the numbers of the messages that match."""
    found = messages.of_conversation(mailbox, number)
    known = messages.details(mailbox, (item.id for item in found))
    reply = element(mailbox, number, found, known)
    by_id = {item.id: item for item in found}
    shown = next((by_id[one] for one in hits if one in by_id), found[-1])
    if known[shown.id].summary["fr"]:
        reply.content["fr"] = known[shown.id].summary["fr"]
    if recipients and ("s" in shown.flags or "d" in shown.flags):
        reply.children += [person("t", *one) for one in known[shown.id].summary["e"].get("t", [])]
    else:
        senders(found, known, reply)
    for one in hits:
        if one in by_id:
            item = by_id[one]
            hit = reply.add("m", {"id": mailbox.ref(one), "l": mailbox.ref(item.folder), "s": item.size})
            hit.attrs["d"] = known[one].date
            if item.flags:
                hit.attrs["f"] = messages.clean_flags(item.flags)
    return reply


@handles(MAIL, "GetConvRequest")
def get_conversation(call: Call) -> Reply:
    """A conversation with its messages, in whole as far as `fetch` says. mail.NO_SUCH_CONV."""
    given = call.request.need("c")
    mailbox, number, found = members(call, given.require("id"))
    known = messages.details(mailbox, (item.id for item in found))
    fetch = given.get("fetch") or "none"
    view = view_of(given)
    opened = _opened(mailbox, found, fetch)
    if given.flag("read"):
        for item in found:
            mark_read(mailbox, item)
    reply = response(call)
    conversation = element(mailbox, number, found, known)
    reply.children.append(conversation)
    names = tag_names(mailbox)
    for item in found:
        full = item.id in opened
        shown = (
            whole(mailbox, item, view) if full else summary(mailbox, item, known[item.id], recipients=2, names=names)
        )
        add_invite(mailbox, item, shown)
        conversation.children.append(shown)
    return reply


def _opened(mailbox: Mailbox, found: list[Item], fetch: str) -> set[int]:
    """Which messages `fetch` wants in whole; those of a conversation stand oldest first."""
    if fetch == "all":
        return {item.id for item in found}
    if fetch in ("1", "first"):
        return {found[0].id}
    if fetch in ("u", "unread"):
        return {item.id for item in found if "u" in item.flags}
    if fetch in ("u1", "unread-first"):
        unread = [item for item in found if "u" in item.flags]
        return {(unread or found)[0].id}
    if fetch in ("none", "0"):
        return set()
    wanted = {one.strip() for one in fetch.split(",")}
    return {item.id for item in found if mailbox.ref(item.id) in wanted or str(item.id) in wanted}


@handles(MAIL, "SearchConvRequest")
def search_conversation(call: Call) -> Reply:
    """All messages of a conversation; those a query finds are marked (`cm`)."""
    request = call.request
    mailbox, number, found = members(call, request.require("cid"))
    text = request.get("query")
    if text is None:
        text = call.target.first("zimbraPrefMailInitialSearch", "in:inbox")
    if not text.strip():
        raise SoapFault("mail.QUERY_PARSE_ERROR", "couldn't parse query: nothing to search for")
    search = Search.prepare(call, text)
    if mailbox.num not in search.boxes:
        search.boxes[mailbox.num] = mailbox
    matching = search.matching(mailbox, number)
    sort = Sort(request.get("sortBy") or "dateDesc")
    offset, limit = request.number("offset", 0) or 0, request.number("limit", 30) or 30
    if offset < 0:
        raise invalid_request("offset must not be negative")
    known = messages.details(mailbox, (item.id for item in found))
    listed = sorted(found, key=lambda item: (known[item.id].date, item.id), reverse=sort.down)
    page = listed[offset : offset + max(limit, 1)]
    reply = response(call)
    reply.attrs = {"sortBy": sort.name, "offset": offset, "more": offset + len(page) < len(listed)}
    container = reply
    if request.flag("nest"):
        container = element(mailbox, number, found, known)
        reply.children.append(container)
    opened = _expanded(mailbox, page, matching, fetch_of(call))
    view, names = view_of(request), tag_names(mailbox)
    for item in page:
        if item.id in opened:
            if request.flag("read"):
                mark_read(mailbox, item)
            shown = whole(mailbox, item, view)
        else:
            shown = summary(mailbox, item, known[item.id], recipients=2, names=names)
        add_invite(mailbox, item, shown)
        shown.attrs["sf"] = known[item.id].date
        if item.id in matching:
            shown.attrs["cm"] = True
        container.children.append(shown)
    return reply


def _expanded(mailbox: Mailbox, page: list[Item], matching: set[int], fetch: str) -> set[int]:
    hits = [item for item in page if item.id in matching]
    if fetch in ("1", "first", "hits", "hits!"):
        chosen = hits if fetch.startswith("hits") else hits[:1]
        return {item.id for item in (chosen or (page[:1] if fetch == "hits!" else []))}
    if fetch in ("!", "first-msg"):
        return {item.id for item in page[:1]}
    return _opened(mailbox, page, fetch) if page else set()


@handles(MAIL, "ConvActionRequest", writes=True)
def conversation_action(call: Call) -> Reply:
    """As MsgAction, on all the messages of conversations that `tcon` does not spare."""
    action = call.request.need("action")
    operation = operation_of(action)
    given = [one for one in action.require("id").split(",") if one]
    if not given or len(given) > MAX_IDS:
        raise invalid_request("missing required attribute: id" if not given else "too many ids")
    done = Done()
    for text in given:
        try:
            mailbox, _, found = members(call, text)
        except SoapFault as fault:
            if fault.code != "mail.NO_SUCH_CONV" or operation != "delete":
                raise
            done.missing.append(text)
            continue
        for item in found:
            if affected(mailbox, item, action):
                apply(call, mailbox, item, operation, action, done)
        done.ids.append(text)
    return answer(call, action, operation, done)
