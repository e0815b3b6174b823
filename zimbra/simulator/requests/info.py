"""Who am I and what may I do: GetInfo, GetAccountInfo, NoOp."""

from __future__ import annotations

import time

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.requests.registry import ACCOUNT, MAIL, handles, response
from zimbra.simulator.store.accounts import CLASS_OF_SERVICE_ID, DEFAULT_ATTRIBUTES, DEFAULT_PREFERENCES, Account

VERSION = "10.1.0_GA_SIMULATOR"


def attribute_pairs(account: Account, *, with_class: bool) -> list[tuple[str, str, None]]:
    """All attributes but preferences, in order of name."""
    merged = {**(DEFAULT_ATTRIBUTES if with_class else {}), **account.attrs}
    merged.update({"zimbraId": account.id, "mail": account.name, "uid": account.name.partition("@")[0]})
    pairs: list[tuple[str, str, None]] = []
    for name in sorted(merged):
        if not name.startswith("zimbraPref"):
            value = merged[name]
            pairs.extend((name, one, None) for one in ([value] if isinstance(value, str) else value))
    return pairs


def preference_pairs(account: Account) -> list[tuple[str, str, None]]:
    own = {name: value for name, value in account.attrs.items() if name.startswith("zimbraPref")}
    pairs: list[tuple[str, str, None]] = []
    for name, value in sorted({**DEFAULT_PREFERENCES, **own}.items()):
        pairs.extend((name, one, None) for one in ([value] if isinstance(value, str) else value))
    return pairs


@handles(ACCOUNT, "GetInfoRequest")
def get_info(call: Call) -> Reply:
    account = call.target
    text = call.request.get("sections")
    sections = {one.strip() for one in text.split(",")} if text else None

    def wanted(section: str) -> bool:
        return sections is None or section in sections

    reply = response(call)
    reply.content = {
        "version": VERSION,
        "id": account.id,
        "name": account.name,
        "crumb": account.id.replace("-", ""),
        "lifetime": max(0, call.me.expires - int(time.time())) * 1000,
        "rest": f"/home/{account.name}",
    }
    if wanted("mbox"):
        reply.content["used"] = call.mailbox.used()
    reply.add("cos", {"id": CLASS_OF_SERVICE_ID, "name": "default"}, unique=True)
    for section, pair_name, pairs in (
        ("prefs", "pref", preference_pairs(account)),
        ("attrs", "attr", attribute_pairs(account, with_class=True)),
    ):
        if wanted(section):
            element = reply.add(section, unique=True)
            element.pair_names = (pair_name, "name")
            element.pairs = list(pairs)
    if wanted("idents"):
        identities = reply.add("identities", unique=True)
        default = identities.add("identity", {"name": "DEFAULT", "id": account.id})
        default.pair_names = ("a", "name")
        default.pairs = [
            ("zimbraPrefFromAddress", account.name, None),
            ("zimbraPrefFromDisplay", account.first("displayName", account.name), None),
            ("zimbraPrefIdentityId", account.id, None),
            ("zimbraPrefIdentityName", "DEFAULT", None),
        ]
    if wanted("sigs"):
        reply.add("signatures", unique=True)
    if wanted("dsrcs"):
        reply.add("dataSources", unique=True)
    if wanted("children"):
        reply.add("childAccounts", unique=True)
    return reply


@handles(ACCOUNT, "GetAccountInfoRequest")
def get_account_info(call: Call) -> Reply:
    account = call.target
    reply = response(call)
    reply.content["name"] = account.name
    reply.pair_names = ("attr", "name")
    reply.pairs = [("zimbraId", account.id, None), ("zimbraMailHost", "localhost", None)]
    return reply


@handles(MAIL, "NoOpRequest")
def no_op(call: Call) -> Reply:
    return response(call)
