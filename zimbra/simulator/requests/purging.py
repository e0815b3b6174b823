"""PurgeMessages (administrator): what has been kept for as long as it was to be goes.

Source: Zimbra's Mailbox.purgeMessages, Account and RetentionPolicy. Nothing goes by itself here, only when asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import no_such_account
from zimbra.simulator.requests.passwords import seconds
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import accounts, folders, items, tags, usage
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.mailbox import INBOX, JUNK, SENT, TRASH, Mailbox


@handles(ADMIN, "PurgeMessagesRequest", writes=True)
def purge_messages(call: Call) -> Reply:
    """One mailbox, named by the id of its account, or all that were ever opened. account.NO_SUCH_ACCOUNT."""
    named = call.request.find("mbox")
    if named is None:
        ids = [account_id for _, account_id, _ in usage.opened_mailboxes(call.db)]
    else:
        ids = [named.require("id").strip()]
    reply = response(call)
    for account_id in ids:
        account = accounts.by_id(call.db, account_id)
        if account is None:
            raise no_such_account(account_id[:80])
        mailbox = call.unit.mailbox(account)
        purge(mailbox)
        reply.add("mbox", {"mbxid": account.num, "s": mailbox.used()})
    return reply


def purge(mailbox: Mailbox) -> None:
    """Delete what lies in the trash, the junk, the inbox and among what was sent for longer than preferences say,
    messages older than the server keeps any, and those older than their folder or a tag of theirs allows."""
    account, tree = mailbox.account, folders.everything(mailbox)
    _everywhere(mailbox, _span(account, "zimbraMailMessageLifetime"))
    for top, served, preferred in (
        (TRASH, "zimbraMailTrashLifetime", "zimbraPrefTrashLifetime"),
        (JUNK, "zimbraMailSpamLifetime", "zimbraPrefJunkLifetime"),
    ):
        spans = [span for span in (_span(account, served), _span(account, preferred)) if span]
        if spans:
            _since_put_there(mailbox, folders.subtree(tree, top), min(spans))
    _by_arrival(mailbox, SENT, _span(account, "zimbraPrefSentLifetime"))
    _by_arrival(mailbox, INBOX, _span(account, "zimbraPrefInboxReadLifetime"), unread=False)
    _by_arrival(mailbox, INBOX, _span(account, "zimbraPrefInboxUnreadLifetime"), unread=True)
    for folder in tree.values():
        policies = folder.data.get("retention")
        _by_arrival(mailbox, folder.id, _shortest(policies if isinstance(policies, dict) else {}))
    for tag in tags.everything(mailbox):
        _tagged(mailbox, tag.id, _shortest(json.loads(tag.retention)))


def _span(account: Account, name: str) -> int:
    """A length of time in milliseconds; 0 for ever."""
    return 1000 * seconds(account.first(name, "0"), 0)


def _shortest(policies: Mapping[str, object]) -> int:
    """The shortest time after which the policies of a folder or a tag let go; 0 for never."""
    purging = policies.get("purge")
    listed = purging if isinstance(purging, list) else []
    spans = [1000 * seconds(str(rule.get("lifetime", "")), 0) for rule in listed if isinstance(rule, dict)]
    return min((span for span in spans if span), default=0)


def _since_put_there(mailbox: Mailbox, ids: list[int], span: int) -> None:
    """The trash and the junk keep a thing from the day it came to them, whatever its own date."""
    marks = ",".join("?" * len(ids))
    rows = mailbox.db.execute(
        f"SELECT id FROM items WHERE mbox = ? AND folder IN ({marks}) AND changed < ?",  # noqa: S608
        (mailbox.num, *ids, mailbox.now - span),
    )
    _delete(mailbox, [row[0] for row in rows])


def _by_arrival(mailbox: Mailbox, folder: int, span: int, *, unread: bool | None = None) -> None:
    if span:
        rows = mailbox.db.execute(
            "SELECT id, instr(flags, 'u') > 0 FROM items JOIN messages ON messages.mbox = items.mbox AND item = id"
            " WHERE items.mbox = ? AND folder = ? AND date < ?",
            (mailbox.num, folder, mailbox.now - span),
        )
        _delete(mailbox, [item for item, new in rows if unread is None or bool(new) == unread])


def _tagged(mailbox: Mailbox, tag: int, span: int) -> None:
    if span:
        rows = mailbox.db.execute(
            "SELECT id, tags FROM items JOIN messages ON messages.mbox = items.mbox AND item = id"
            " WHERE items.mbox = ? AND tags <> '' AND date < ?",
            (mailbox.num, mailbox.now - span),
        )
        _delete(mailbox, [item for item, marked in rows if str(tag) in marked.split(",")])


def _everywhere(mailbox: Mailbox, span: int) -> None:
    if span:
        rows = mailbox.db.execute(
            "SELECT item FROM messages WHERE mbox = ? AND date < ?", (mailbox.num, mailbox.now - span)
        )
        _delete(mailbox, [row[0] for row in rows])


def _delete(mailbox: Mailbox, ids: list[int]) -> None:
    for item in ids:
        items.delete(mailbox, item)
