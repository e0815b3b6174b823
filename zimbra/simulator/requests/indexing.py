"""ReIndex (administrator): here what is searched is always up to date, so that the work is done when it starts."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import invalid_request, no_such_account
from zimbra.simulator.requests.registry import ADMIN, handles, response
from zimbra.simulator.store import accounts

_STATES = {"start": "started", "status": "idle", "cancel": "idle"}


@handles(ADMIN, "ReIndexRequest")
def reindex(call: Call) -> Reply:
    """service.INVALID_REQUEST for another `action`; account.NO_SUCH_ACCOUNT."""
    action = call.request.require("action").lower()
    if action not in _STATES:
        raise invalid_request("Unknown action: " + action[:40])
    mailbox = call.request.need("mbox").require("id")
    if accounts.by_id(call.db, mailbox) is None:
        raise no_such_account(mailbox[:80])
    reply = response(call)
    reply.attrs["status"] = _STATES[action]
    return reply
