"""What a person has just done in a quarantine and may take back: kept in the session, so that a form names nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.requests import AgentRequest
from quarantine import held
from quarantine.models import Hold, SenderEntry
from quarantine.recipients import Mailbox
from quarantine.senders import Added

_KEY = "quarantine_undo"


@dataclass(frozen=True)
class Offered:
    """What can still be taken back: deletions, and new entries of the lists."""

    deleted: list[Hold]
    entries: list[SenderEntry]


def remember(request: AgentRequest, mailbox: str, *, deleted: Iterable[Hold] = (), added: Iterable[Added] = ()) -> None:
    """The last thing done replaces what was done before."""
    request.session[_KEY] = {
        "mailbox": mailbox,
        "deleted": [one.pk for one in deleted],
        "entries": [one.entry.pk for one in added if tells(one)],
    }


def tells(added: Added) -> bool:
    """Whether the offer to take it back tells of the entry, so that no other sentence need do so. One that came from
    the other list is not offered: to remove it would not bring the former one back."""
    return added.is_new and not added.was_moved


def offered(request: AgentRequest, mailbox: Mailbox) -> Offered | None:
    """What was done last in this quarantine, as far as it stands; None for nothing. No query unless there is."""
    kept = request.session.get(_KEY)
    if not kept or kept["mailbox"] != mailbox.address or not mailbox.acts:
        return None
    deleted: list[Hold] = []
    entries: list[SenderEntry] = []
    if kept["deleted"]:
        rows = Hold.objects.filter(pk__in=kept["deleted"], recipient=mailbox.address, state=Hold.State.DELETED)
        deleted = list(rows.filter(state_at__gte=held.undo_since()))
    if kept["entries"]:
        entries = list(SenderEntry.objects.filter(pk__in=kept["entries"], mailbox=mailbox.address))
    return Offered(deleted, entries) if deleted or entries else None


def forget(request: AgentRequest) -> None:
    request.session.pop(_KEY, None)
