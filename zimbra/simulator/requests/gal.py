"""The address list: SearchGal, AutoCompleteGal, SyncGal, and AutoComplete over it and the person's own contacts."""

from __future__ import annotations

from collections.abc import Callable

from zimbra.simulator import gal
from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, perm_denied
from zimbra.simulator.gal import Entry
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.registry import ACCOUNT, ADMIN, MAIL, handles, response
from zimbra.simulator.store import changes, contacts, domains, items, lists, rights
from zimbra.simulator.store.accounts import Account, listed
from zimbra.simulator.store.mailbox import TRASH

_DEFAULT_LIMIT = 100
_MOST = 10_000


def _kind(call: Call) -> str:
    kind = call.request.get("type") or "all"
    if kind not in gal.TYPES:
        raise invalid_request(f"invalid GAL search type: {kind[:80]}")
    return kind


def _words(text: str) -> list[str]:
    """What a name is looked for by: its words, without the stars that clients put around it; "." stands for all."""
    bare = text.strip().strip("*").strip()
    return [] if bare == "." else bare.lower().split()


def _numbers(call: Call, default_limit: int) -> tuple[int, int]:
    offset, limit = call.request.number("offset") or 0, call.request.number("limit")
    if offset < 0 or (limit is not None and limit < 0):
        raise invalid_request("offset and limit cannot be negative")
    return offset, min(limit or default_limit, _MOST)


def _entry_element(call: Call, entry: Entry) -> Reply:
    request = call.request
    element = Reply("cn", {"id": entry.dn, "ref": entry.dn})
    if entry.kind == "group":
        if request.flag("needExp"):
            element.attrs["exp"] = True
        if request.flag("needIsOwner"):
            owned = rights.targets(call.db, call.target, "ownDistList")
            element.attrs["isOwner"] = any(target.id == entry.id for target in owned)
        if (request.get("needIsMember") or "none") != "none":
            mine = lists.memberships(call.db, call.target)
            only_direct = request.get("needIsMember") == "directOnly"
            element.attrs["isMember"] = any(one.id == entry.id and not (via and only_direct) for one, via in mine)
    element.pairs = list(attributes.pairs_of(entry.attrs))
    return element


def _searcher(call: Call) -> Account:
    account = call.target
    if not account.flag("zimbraFeatureGalEnabled"):
        raise SoapFault("service.PERM_DENIED", "permission denied: cannot search GAL")
    return account


def _condition(element: Element) -> Callable[[Entry], bool]:
    """A searchFilter: conditions all of which must hold, or one with `or`, or none with `not`."""
    parts = [_single(child) if child.name == "cond" else _condition(child) for child in element.children]
    either, negated = element.flag("or"), element.flag("not")

    def holds(entry: Entry) -> bool:
        found = [part(entry) for part in parts]
        return (any(found) if either else all(found)) != negated

    return holds


def _single(element: Element) -> Callable[[Entry], bool]:
    name, operator, value = element.require("attr"), element.require("op"), element.require("value").lower()
    negated = element.flag("not")
    tests: dict[str, Callable[[str], bool]] = {
        "eq": lambda text: text == value,
        "has": lambda text: value in text,
        "startswith": lambda text: text.startswith(value),
        "endswith": lambda text: text.endswith(value),
        "ge": lambda text: _number(text) >= _number(value),
        "le": lambda text: _number(text) <= _number(value),
        "gt": lambda text: _number(text) > _number(value),
        "lt": lambda text: _number(text) < _number(value),
    }
    if operator not in tests:
        raise invalid_request(f"invalid op: {operator[:80]}")
    test = tests[operator]

    def holds(entry: Entry) -> bool:
        values = listed(entry.attrs.get(name, []))
        return any(test(one.lower()) for one in values) != negated

    return holds


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@handles(ACCOUNT, "SearchGalRequest")
def search_gal(call: Call) -> Reply:
    """By `name`, by `ref` (the place of one entry) or by `query`; none of them is service.INVALID_REQUEST."""
    request, account = call.request, _searcher(call)
    kind, (offset, limit) = _kind(call), _numbers(call, _DEFAULT_LIMIT)
    texts = [text for name in ("name", "query") if (text := request.get(name)) is not None]
    ref = request.get("ref")
    if (ref is not None) + len(texts) != 1:
        raise invalid_request("exactly one of name, query and ref is needed")
    wanted_filter = request.find("searchFilter")
    wanted = None if wanted_filter is None else _condition(wanted_filter)
    words = _words(texts[0]) if texts else []
    reply = response(call)
    if ref is not None:
        found = gal.search(call.db, account.domain, [ref.partition("uid=")[2].partition(",")[0]], kind=kind)
        entries, more = [entry for entry in found if entry.dn == ref][:1], False
    else:
        if len(words) > 1:
            reply.attrs["tokenizeKey"] = "and"
        entries, more = gal.page(gal.search(call.db, account.domain, words, kind=kind), offset, limit, wanted)
    reply.attrs |= {"more": more, "offset": offset, "sortBy": request.get("sortBy") or "nameAsc"}
    reply.children = [_entry_element(call, entry) for entry in entries]
    return reply


def _auto_complete(call: Call, domain: str, default_limit: int) -> Reply:
    request = call.request
    kind, (_, limit) = _kind(call), _numbers(call, default_limit)
    words = _words(request.require("name"))
    reply = response(call)
    if len(words) > 1:
        reply.attrs["tokenizeKey"] = "and"
    entries, more = gal.page(gal.search(call.db, domain, words, kind=kind, starting=True), 0, limit)
    reply.attrs |= {"more": more, "pagingSupported": False}
    reply.children = [_entry_element(call, entry) for entry in entries]
    return reply


@handles(ACCOUNT, "AutoCompleteGalRequest")
def auto_complete_gal(call: Call) -> Reply:
    account = _searcher(call)
    return _auto_complete(call, account.domain, account.limit("zimbraContactAutoCompleteMaxResults") or _MOST)


@handles(ADMIN, "AutoCompleteGalRequest", access="manager")
def admin_auto_complete_gal(call: Call) -> Reply:
    return _auto_complete(call, _domain(call), _DEFAULT_LIMIT)


@handles(ADMIN, "SearchGalRequest", access="manager")
def admin_search_gal(call: Call) -> Reply:
    request, domain = call.request, _domain(call)
    kind, (offset, limit) = _kind(call), _numbers(call, _DEFAULT_LIMIT)
    entries, more = gal.page(gal.search(call.db, domain, _words(request.get("name") or ""), kind=kind), offset, limit)
    reply = response(call)
    reply.attrs |= {"more": more, "offset": offset, "sortBy": request.get("sortBy") or "nameAsc"}
    reply.children = [_entry_element(call, entry) for entry in entries]
    return reply


def _domain(call: Call) -> str:
    name = call.request.require("domain").strip().lower()
    domain = domains.domain(call.db, "name", name)
    if domain is None:
        raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {name[:200]}")
    call.need("accessGAL", domain)
    return name


@handles(ACCOUNT, "SyncGalRequest")
def sync_gal(call: Call) -> Reply:
    """All entries, or with the token of an earlier answer those changed since and the ids of those gone."""
    request, account = call.request, _searcher(call)
    token = (request.get("token") or "").strip()
    only_ids = request.flag("idOnly")
    reply = response(call)
    reply.attrs |= {"token": str(changes.latest(call.db)), "more": False}
    if token.isdecimal() and len(token) < 19:
        for entry_id, gone in changes.since(call.db, int(token)):
            entry = None if gone else gal.by_id(call.db, account.domain, entry_id)
            if entry is None:
                reply.add("deleted", {"id": entry_id})
            else:
                reply.children.append(_synced(call, entry, only_ids=only_ids))
    else:
        found = gal.search(call.db, account.domain, [])
        reply.children = [_synced(call, entry, only_ids=only_ids) for entry in found]
    return reply


def _synced(call: Call, entry: Entry, *, only_ids: bool) -> Reply:
    return Reply("cn", {"id": entry.dn}) if only_ids else _entry_element(call, entry)


# --- own contacts and the address list together --------------------------------------------------------------------


@handles(MAIL, "AutoCompleteRequest")
def auto_complete(call: Call) -> Reply:
    """Addresses for the first letters of a name: the person's contacts first, then the address list."""
    request, account = call.request, call.target
    text = request.require("name").strip()
    if not text:
        raise invalid_request("name parameter is empty")
    words = _words(text)
    limit = account.limit("zimbraContactAutoCompleteMaxResults") or _DEFAULT_LIMIT
    found = _contact_matches(call, words)
    if request.flag("includeGal", account.flag("zimbraPrefGalAutoCompleteEnabled")) and account.flag(
        "zimbraFeatureGalEnabled"
    ):
        entries, _ = gal.page(gal.search(call.db, account.domain, words, starting=True), 0, limit)
        known = {one.attrs.get("email") for one in found}
        found += [one for one in map(_gal_match, entries) if one.attrs["email"] not in known]
    if request.flag("needExp"):
        for one in found:
            if one.attrs["isGroup"]:
                one.attrs["exp"] = True
    reply = response(call)
    reply.attrs["canBeCached"] = len(found) <= limit
    reply.children = found[:limit]
    return reply


@handles(MAIL, "RankingActionRequest")
def ranking_action(call: Call) -> Reply:
    """Forget whom one writes to most, all (`reset`) or one (`delete`): here it is not counted.

    service.INVALID_REQUEST; service.PERM_DENIED for another's mailbox.
    """
    if not call.unit.may_act_for(call.target):
        raise perm_denied()
    action = call.request.need("action")
    operation = action.require("op")
    if operation not in ("reset", "delete"):
        raise invalid_request(f"invalid op: {operation[:80]}")
    if operation == "delete":
        action.require("email")
    return response(call)


def _quoted(name: str, address: str) -> str:
    return f'"{name}" <{address}>' if name else address


def _gal_match(entry: Entry) -> Reply:
    group = entry.kind == "group"
    name = entry.first("fullName")
    return Reply(
        "match",
        {
            "email": _quoted(name, entry.name), "type": "gal", "ranking": 0, "isGroup": group,
            "display": name or None, "full": name or None, "first": entry.first("firstName") or None,
            "last": entry.first("lastName") or None, "company": entry.first("company") or None,
        },
    )  # fmt: skip


def _contact_matches(call: Call, words: list[str]) -> list[Reply]:
    """The contacts, trash left out, in which every word starts one of the name, the company or an address."""
    found: list[tuple[str, Reply]] = []
    for item in items.select(call.mailbox, ("contact",)):
        # What does not hold the letters at all is not read any further.
        content = item.content.lower()
        if item.folder == TRASH or not all(word in content for word in words if word.isascii()):
            continue
        contact = contacts.load(item)
        first, last = contact.first("firstName"), contact.first("lastName")
        full = contact.first("fullName") or f"{first} {last}".strip()
        texts = [full, first, last, contact.first("nickname"), contact.first("company"), *contact.emails()]
        parts = " ".join(texts).lower().split()
        if not all(any(part.startswith(word) for part in parts) for word in words):
            continue
        attrs: dict[str, str | int | bool | None] = {
            "id": call.mailbox.ref(item.id),
            "l": call.mailbox.ref(item.folder),
            "ranking": 0,
        }
        if contact.is_group:
            name = contact.first("nickname") or item.label
            shown = {**attrs, "type": "contact", "isGroup": True, "display": name, "exp": False}
            found.append((name.lower(), Reply("match", shown)))
            continue
        for address in contact.emails():
            shown = {
                **attrs, "email": _quoted(full, address), "type": "contact", "isGroup": False,
                "full": full or None, "first": first or None, "last": last or None,
            }  # fmt: skip
            found.append(((full or address).lower(), Reply("match", shown)))
    found.sort(key=lambda pair: pair[0])
    return [one for _, one in found]
