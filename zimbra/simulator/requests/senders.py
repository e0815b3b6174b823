"""The lists of senders whose mail is always, or never, taken for junk: Get/ModifyWhiteBlackList."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.requests.registry import ACCOUNT, handles, response
from zimbra.simulator.store import accounts
from zimbra.simulator.store.accounts import Account, listed

# Element, attribute that holds the addresses, attribute that limits their number.
_LISTS = (
    ("whiteList", "amavisWhitelistSender", "zimbraMailWhitelistMaxNumEntries"),
    ("blackList", "amavisBlacklistSender", "zimbraMailBlacklistMaxNumEntries"),
)


@handles(ACCOUNT, "GetWhiteBlackListRequest")
def get_lists(call: Call) -> Reply:
    account = call.target
    reply = response(call)
    for name, attribute, _ in _LISTS:
        element = reply.add(name)
        for address in listed(account.attrs.get(attribute, [])):
            element.add("addr", text=address)
    return reply


@handles(ACCOUNT, "ModifyWhiteBlackListRequest", writes=True)
def modify_lists(call: Call) -> Reply:
    """With `op` addresses are added and removed; without, they are the whole list from now on."""
    account = call.target
    changes: dict[str, list[str]] = {}
    for name, attribute, limit in _LISTS:
        element = call.request.find(name)
        if element is not None:
            changes[attribute] = _changed(account, element, attribute, limit)
    if changes:
        accounts.modify(call.db, account, changes)
    return response(call)


def _changed(account: Account, element: Element, attribute: str, limit: str) -> list[str]:
    given = [(one.attrs.get("op", ""), one.text.strip()) for one in element.all("addr")]
    operations = {op for op, _ in given}
    if not operations <= {"", "+", "-"}:
        raise invalid_request("op must be + or -")
    if "" in operations and len(operations) > 1:
        raise invalid_request("cannot mix addresses with and without op")
    held: dict[str, None] = (
        {} if "" in operations or not given else dict.fromkeys(listed(account.attrs.get(attribute, [])))
    )
    for op, address in given:
        if not address:
            continue
        if op == "-":
            held.pop(address, None)
        else:
            held[address] = None
    most = account.limit(limit)
    if most and len(held) > most:
        raise invalid_request(f"the number of addresses for {element.name} exceeds the limit of {most}")
    return list(held)
