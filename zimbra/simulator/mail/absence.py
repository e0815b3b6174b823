"""The answer of who is away: once to each sender within some days, and never to what a machine wrote."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from zimbra.simulator.mail.compose import note
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.mailbox import Mailbox

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_MACHINES = re.compile(r"(?:mailer-daemon|postmaster|owner-.*|.*-request|no-?reply|listserv|majordomo)@", re.IGNORECASE)


def duration(text: str, default: int) -> int:
    """A length of time such as "7d", in milliseconds."""
    match = re.match(r"(\d{1,9})(ms|s|m|h|d)?\Z", text.strip())
    return default if match is None else int(match[1]) * _UNITS[match[2] or "s"]


def moment(text: str) -> datetime | None:
    """A generalized time such as "20260901060000Z"; None when it is none."""
    try:
        return datetime.strptime(text.strip().split(".")[0].rstrip("Z")[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def is_away(account: Account) -> bool:
    """Whether the absence is on, and now within its dates."""
    if account.first("zimbraPrefOutOfOfficeReplyEnabled") != "TRUE":
        return False
    now = datetime.now(UTC)
    since = moment(account.first("zimbraPrefOutOfOfficeFromDate"))
    until = moment(account.first("zimbraPrefOutOfOfficeUntilDate"))
    return not (since is not None and now < since) and not (until is not None and now > until)


def answer(mailbox: Mailbox, message: Message, sender: str, *, inside: bool) -> bytes | None:
    """The letter to send to `sender`, or None. `inside`: the sender has an account here.

    Whoever is told is remembered, so that the same sender is told once in zimbraPrefOutOfOfficeCacheDuration.
    """
    account = mailbox.account
    sender = sender.lower()
    if not sender or sender in account.addresses() or not is_away(account) or not _deserves(message, account, sender):
        return None
    text = account.first("zimbraPrefOutOfOfficeReply")
    if not inside:
        if account.first("zimbraPrefOutOfOfficeSuppressExternalReply") == "TRUE":
            return None
        if account.first("zimbraPrefOutOfOfficeExternalReplyEnabled") == "TRUE":
            text = account.first("zimbraPrefOutOfOfficeExternalReply") or text
    rest = duration(account.first("zimbraPrefOutOfOfficeCacheDuration", "7d"), 7 * _UNITS["d"])
    told = mailbox.db.execute(
        "SELECT at FROM absence_replies WHERE mbox = ? AND sender = ?", (mailbox.num, sender)
    ).fetchone()
    if told is not None and told[0] > mailbox.now - rest:
        return None
    mailbox.db.execute("INSERT OR REPLACE INTO absence_replies VALUES (?, ?, ?)", (mailbox.num, sender, mailbox.now))
    fields = {"Auto-Submitted": "auto-replied (zimbra; vacation)", "Precedence": "bulk"}
    if message.message_id:
        fields["In-Reply-To"] = message.message_id
    return note(
        sender=account.first("zimbraPrefFromAddress") or account.name,
        display=account.first("zimbraPrefFromDisplay") or account.first("displayName"),
        recipient=sender,
        subject=f"Re: {message.subject}",
        text=text,
        fields=fields,
    )


def _deserves(message: Message, account: Account, sender: str) -> bool:
    """A person wrote, and to this very person."""
    written_by = next(iter(message.header("Auto-Submitted")), "no").partition(";")[0].strip().lower()
    precedence = next(iter(message.header("Precedence")), "").strip().lower()
    if written_by != "no" or precedence in ("bulk", "junk", "list") or _MACHINES.match(sender):
        return False
    mine = account.addresses() | {one.lower() for one in account.values("zimbraPrefOutOfOfficeDirectAddress")}
    named = {address.lower() for name in ("to", "cc") for _, address in message.addresses(name)}
    return bool(mine & named)
