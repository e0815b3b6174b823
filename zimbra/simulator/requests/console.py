"""What an administration console asks besides people: sessions, searches it remembers, an id to make something with."""

from __future__ import annotations

import uuid

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import invalid_request, no_such_account
from zimbra.simulator.requests.registry import ADMIN, MAIL, handles, response
from zimbra.simulator.store import accounts

_KINDS = frozenset({"soap", "imap", "admin", "wiki", "synclistener", "waitset"})
_ORDERS = frozenset({"nameAsc", "nameDesc", "createdAsc", "createdDesc", "accessedAsc", "accessedDesc"})
_MIGRATIONS = frozenset({"wiki", "contactGroup"})
_SEARCHES = "zimbraAdminSavedSearches"
_BETWEEN = " : "


@handles(ADMIN, "GetSessionsRequest")
def get_sessions(call: Call) -> Reply:
    """None: a session is nothing but its token here, see `zimbra.simulator.sessions`. service.INVALID_REQUEST."""
    kind, order = call.request.require("type"), call.request.get("sortBy") or "nameAsc"
    if kind not in _KINDS:
        raise invalid_request(f"invalid session type: {kind[:80]}")
    if order not in _ORDERS:
        raise invalid_request(f"invalid sortBy: {order[:80]}")
    reply = response(call)
    reply.attrs = {"more": False, "total": 0}
    return reply


@handles(ADMIN, "DumpSessionsRequest")
def dump_sessions(call: Call) -> Reply:
    reply = response(call)
    reply.attrs["activeSessions"] = 0
    return reply


@handles(MAIL, "GenerateUUIDRequest")
def generate_uuid(call: Call) -> Reply:
    """For anybody who has signed in."""
    reply = response(call)
    reply.text = str(uuid.uuid4())
    return reply


@handles(ADMIN, "GetAdminConsoleUICompRequest", access="manager")
def get_console_parts(call: Call) -> Reply:
    """Which parts of the console the caller sees: all of them who administers everything."""
    own = call.me.account.values("zimbraAdminConsoleUIComponents")
    reply = response(call)
    for name in own or (["cartBlancheUI"] if call.me.admin else []):
        reply.add("a", {"inherited": False}, text=name)
    return reply


@handles(ADMIN, "MigrateAccountRequest")
def migrate_account(call: Call) -> Reply:
    """Nothing here is in the form of an older server. service.INVALID_REQUEST, account.NO_SUCH_ACCOUNT."""
    given = call.request.need("migrate")
    account_id, action = given.require("id").strip(), given.require("action")
    if action not in _MIGRATIONS:
        raise invalid_request(f"invalid action: {action[:80]}")
    if accounts.by_id(call.db, account_id) is None:
        raise no_such_account(account_id[:80])
    return response(call)


# --- searches that are remembered ----------------------------------------------------------------------------------


def _kept(call: Call) -> dict[str, str]:
    found = [value.partition(_BETWEEN) for value in call.me.account.values(_SEARCHES)]
    return {name: query for name, _, query in found}


@handles(ADMIN, "GetAdminSavedSearchesRequest", access="manager")
def get_saved_searches(call: Call) -> Reply:
    """The caller's searches, or those of the names asked for."""
    asked = [one.require("name") for one in call.request.all("search")]
    reply = response(call)
    for name, query in _kept(call).items():
        if not asked or name in asked:
            reply.add("search", {"name": name}, text=query)
    return reply


@handles(ADMIN, "ModifyAdminSavedSearchesRequest", writes=True, access="manager")
def modify_saved_searches(call: Call) -> Reply:
    """Searches put or changed; one without a query is forgotten. service.INVALID_REQUEST without a name."""
    kept = _kept(call)
    for one in call.request.all("search"):
        name = one.require("name").strip()
        if not name or _BETWEEN in name:
            raise invalid_request("invalid name of a search")
        kept.pop(name, None)
        if one.text.strip():
            kept[name] = one.text.strip()
    accounts.modify(call.db, call.me.account, {_SEARCHES: [name + _BETWEEN + query for name, query in kept.items()]})
    reply = response(call)
    for name, query in kept.items():
        reply.add("search", {"name": name}, text=query)
    return reply
