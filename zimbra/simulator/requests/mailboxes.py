"""The administrator's requests about mailboxes: how full they are, and doing away with one."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import no_such_account
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import accounts, usage
from zimbra.simulator.store.accounts import Account


def _account(call: Call) -> Account:
    """Whose mailbox the `mbox` element means, by the id of the account."""
    account_id = (call.request.need("mbox").attrs.get("id") or "").strip()
    account = accounts.by_id(call.db, account_id)
    if account is None:
        raise no_such_account(account_id[:200])
    return account


@handles(ADMIN, "GetMailboxRequest", access="manager")
def get_mailbox(call: Call) -> Reply:
    account = _account(call)
    call.need("getMailboxInfo", account)
    reply = response(call)
    reply.add("mbox", {"mbxid": account.num, "s": call.unit.mailbox(account).used()}, unique=True)
    return reply


@handles(ADMIN, "GetQuotaUsageRequest")
def get_quota_usage(call: Call) -> Reply:
    """What each account holds (`used`) and may hold (`limit`, 0: no limit), in bytes."""
    request = call.request
    domain = (request.get("domain") or "").strip()
    offset, limit = max(request.number("offset") or 0, 0), request.number("limit") or 0
    used = usage.used_bytes(call.db)
    found = [
        (account.name, account.id, used.get(account.num, 0), account.limit("zimbraMailQuota"))
        for account in accounts.everyone(call.db, domain)
    ]
    sort_by, ascending = request.get("sortBy") or "totalUsed", request.flag("sortAscending")
    if sort_by == "percentUsed":
        found.sort(key=lambda one: one[2] / one[3] if one[3] else 0.0, reverse=not ascending)
    elif sort_by == "quotaLimit":
        found.sort(key=lambda one: one[3], reverse=not ascending)
    else:
        found.sort(key=lambda one: one[2], reverse=not ascending)
    page = found[offset : offset + limit] if limit > 0 else found[offset:]
    reply = response(call)
    reply.attrs = {"more": offset + len(page) < len(found), "searchTotal": len(found)}
    for name, account_id, bytes_used, quota in page:
        reply.add("account", {"name": name, "id": account_id, "used": bytes_used, "limit": quota})
    return reply


@handles(ADMIN, "GetAllMailboxesRequest")
def get_all_mailboxes(call: Call) -> Reply:
    """The mailboxes that were ever opened, with what they hold."""
    request = call.request
    offset, limit = max(request.number("offset") or 0, 0), request.number("limit") or 0
    found = usage.opened_mailboxes(call.db)
    page = found[offset : offset + limit] if limit > 0 else found[offset:]
    reply = response(call)
    reply.attrs = {"more": offset + len(page) < len(found), "searchTotal": len(found)}
    for num, account_id, size in page:
        reply.add("mbox", {"id": num, "accountId": account_id, "sizeCheckpoint": size})
    return reply


@handles(ADMIN, "RecalculateMailboxCountsRequest")
def recalculate_counts(call: Call) -> Reply:
    """Sizes are counted whenever they are asked for."""
    account = _account(call)
    reply = response(call)
    reply.add("mbox", {"mbxid": account.num, "s": call.unit.mailbox(account).used()}, unique=True)
    return reply


@handles(ADMIN, "DeleteMailboxRequest", writes=True)
def delete_mailbox(call: Call) -> Reply:
    """All that the mailbox holds is gone; it is there again, empty, when next opened."""
    account = _account(call)
    accounts.delete_mailbox(call.db, account)
    reply = response(call)
    reply.add("mbox", {"mbxid": account.num}, unique=True)
    return reply
