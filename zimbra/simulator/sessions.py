"""What the header of an answer says besides: the session, how far the mailbox has come, what a new session starts with.

Source: Zimbra's SoapEngine and SoapSession. A token has one session here, whose id is the token's serial; nothing is
kept of it, so that there are no notifications: a client that wants to know asks again.
"""

from __future__ import annotations

from zimbra.simulator.call import Unit
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.requests.foldertree import Tree, Way
from zimbra.simulator.requests.info import VERSION
from zimbra.simulator.requests.tags import tag_element
from zimbra.simulator.store import accounts, tags
from zimbra.simulator.store.mailbox import USER_ROOT, Mailbox
from zimbra.simulator.tokens import Caller


def header(
    unit: Unit, caller: Caller, session: Element | None, requested: Element | None, *, admin: bool
) -> list[Reply]:
    """The elements of the context of an answer.

    `session`: as the request has it, None for no session; `requested`: the account the request names, if any; `admin`:
    whether the request came to the administration service.
    """
    found: list[Reply] = []
    if session is not None:
        one = Reply("session", {"id": caller.serial}, text=caller.serial, unique=True)
        if admin:
            one.attrs["type"] = "admin"
        found.append(one)
    if admin:
        return found
    if session is not None and session.get("id", session.text.strip()) != caller.serial:
        found.append(_refresh(unit, unit.mailbox(caller.account)))
    change = _change(unit, caller, requested)
    return found if change is None else [*found, change]


def _change(unit: Unit, caller: Caller, requested: Element | None) -> Reply | None:
    """The number of the last change; of another's mailbox only when the request got at it."""
    account = caller.account
    if requested is not None:
        by = requested.attrs.get("by", "name")
        account = accounts.by_reference(unit.db, by, requested.text, unit.service.default_domain) or account
    foreign = account.num != caller.account.num
    row = unit.db.execute("SELECT sequence FROM mailboxes WHERE mbox = ?", (account.num,)).fetchone()
    if row is None or (foreign and not unit.has_opened(account)):
        return None
    return Reply("change", {"token": row[0], "acct": account.id if foreign else None}, unique=True)


def _refresh(unit: Unit, mailbox: Mailbox) -> Reply:
    """The size, the tags and the folders of a mailbox: what a client draws its first page from."""
    reply = Reply("refresh", unique=True)
    reply.content["version"] = VERSION
    reply.add("mbx", {"s": mailbox.used()})
    known = tags.listed(mailbox)
    if known:
        reply.add("tags", unique=True).children = [tag_element(mailbox, tag) for tag in known]
    top = Tree(unit, mailbox, Way(names=False, traverse=True)).top(USER_ROOT)
    if top is not None:
        reply.children.append(top)
    return reply
