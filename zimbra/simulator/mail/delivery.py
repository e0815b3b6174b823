"""Delivery of one message to one address: what LMTP, sending inside and the server's own notices all call.

In Zimbra's order: a copy that was already delivered is dropped; spam goes to Junk; the filters of the recipient say
where all else goes; then mail is forwarded and an absence is told. Sources: Zimbra's ZimbraLmtpBackend, RuleManager
and Notification.
"""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from email.utils import format_datetime

from zimbra.simulator.call import Unit
from zimbra.simulator.fault import SoapFault, no_such_account
from zimbra.simulator.formats.sieve.outcome import Keep, Outcome
from zimbra.simulator.mail import absence, calendar_mail, filing, filtering, letters, sent
from zimbra.simulator.mail.compose import note, prefixed
from zimbra.simulator.mail.letters import FORWARDED, Refused
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.store import accounts, messages
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import INBOX, JUNK, Mailbox

# A message that was handed on more often goes in circles (Postfix' hopcount_limit).
MAX_HOPS = 50

# Kept with a message that came by delivery: a second one with the same Message-ID is a double.
DELIVERED = '{"delivered": true}'


def recipients(db: sqlite3.Connection, address: str) -> tuple[list[Account], list[str]]:
    """Who gets what is sent to an address: accounts, and addresses elsewhere; lists give their members."""
    found: dict[int, Account] = {}
    elsewhere: dict[str, None] = {}
    seen: set[str] = set()
    waiting = [address.strip().lower()]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        account = accounts.by_address(db, name) or accounts.by_address(db, _without_detail(name))
        if account is not None:
            found[account.num] = account
            continue
        members = _members(db, name)
        if members is not None:
            waiting += members
        elif name != address.strip().lower():
            elsewhere[name] = None
    return list(found.values()), list(elsewhere)


def _without_detail(address: str) -> str:
    """ "marie+notes@x.fr" is Marie as well."""
    local, at, domain = address.partition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _members(db: sqlite3.Connection, name: str) -> list[str] | None:
    row = db.execute(
        "SELECT num FROM lists WHERE name = ?1"
        " UNION SELECT list FROM addresses WHERE address = ?1 AND list IS NOT NULL",
        (name,),
    ).fetchone()
    if row is None:
        return None
    return [one[0].lower() for one in db.execute("SELECT address FROM list_members WHERE list = ?", (row[0],))]


def is_list(db: sqlite3.Connection, address: str) -> bool:
    """Whether it is the address of a list, though of an empty one."""
    return _members(db, address.strip().lower()) is not None


def is_inside(db: sqlite3.Connection, address: str) -> bool:
    """Whether the address belongs to a domain of this server."""
    domain = address.rpartition("@")[2].lower()
    return db.execute("SELECT 1 FROM domains WHERE name = ?", (domain,)).fetchone() is not None


def deliver(unit: Unit, recipient: str, raw: bytes, *, sender: str = "") -> list[Item]:
    """Deliver to an address of this server, in a writing unit; the copies stored, none when filters want none.

    `sender`: of the envelope, "" for a notice. Faults: account.NO_SUCH_ACCOUNT for an unknown address,
    mail.QUOTA_EXCEEDED, mail.MESSAGE_TOO_BIG (account only; a list tells its sender by letter); Refused by a filter.
    """
    found, elsewhere = recipients(unit.db, recipient)
    if not found and not elsewhere:
        raise no_such_account(recipient[:200])
    if len(found) == 1 and not elsewhere:
        return _to_account(unit, found[0], recipient, raw, sender)
    stored: list[Item] = []
    for account in found:
        try:
            stored += _to_account(unit, account, account.name, raw, sender)
        except (SoapFault, Refused) as error:
            _bounce(unit, account.name, raw, sender, str(error))
    for address in elsewhere:
        send(unit, sender, address, raw)
    return stored


def send(unit: Unit, sender: str, recipient: str, raw: bytes) -> None:
    """Hand a message on: delivered when the address is of this server, else put into the outbox. Nothing is raised.

    What cannot be delivered goes back to its sender; what goes in circles ends here.
    """
    if Message.parse(raw[:200_000]).raw_headers.lower().count(b"received:") > MAX_HOPS:
        return
    if not is_inside(unit.db, recipient):
        outside(unit.db, sender, recipient, raw)
        return
    try:
        deliver(unit, recipient, raw, sender=sender)
    except (SoapFault, Refused) as error:
        _bounce(unit, recipient, raw, sender, str(error))


def outside(db: sqlite3.Connection, sender: str, recipient: str, raw: bytes) -> None:
    """A line of the outbox, where what would leave this server ends."""
    account = accounts.by_address(db, sender) if sender else None
    db.execute(
        "INSERT INTO outbox (account, recipient, subject, sent, sender, data) VALUES (?, ?, ?, ?, ?, ?)",
        (
            "" if account is None else account.id, recipient, Message.parse(raw).subject, int(time.time()), sender, raw,
        ),
    )  # fmt: skip


def _bounce(unit: Unit, recipient: str, raw: bytes, sender: str, reason: str) -> None:
    """Tell the sender that a message was not delivered; nobody is told about a notice."""
    if not sender:
        return
    message = Message.parse(raw)
    text = (
        "Votre message n'a pas pu être remis.\n\n"
        f"Destinataire : {recipient}\nObjet : {message.subject}\nMotif : {reason}\n"
    )
    domain = unit.service.default_domain
    letter = note(
        sender=f"mailer-daemon@{domain}",
        display="Mail Delivery System",
        recipient=sender,
        subject="Undelivered Mail Returned to Sender",
        text=text,
        fields={"Auto-Submitted": "auto-replied", "X-Failed-Recipients": recipient},
    )
    send(unit, "", sender, letter)


def _to_account(unit: Unit, account: Account, recipient: str, raw: bytes, sender: str) -> list[Item]:
    mailbox = unit.mailbox(account)
    if account.status in ("closed", "pending"):
        raise no_such_account(recipient)
    if account.status == "maintenance":
        raise SoapFault("account.MAINTENANCE_MODE", f"account is in maintenance mode: {account.name}")
    with mailbox.as_server():
        return _into(unit, mailbox, recipient, raw, sender)


def _into(unit: Unit, mailbox: Mailbox, recipient: str, raw: bytes, sender: str) -> list[Item]:
    account = mailbox.account
    message = Message.parse(raw)
    if _already_here(mailbox, message):
        return []
    # Whoever has forwarded a message does not forward it again.
    in_circle = letters.was_handed_on(message, account.name)
    received = f"from {unit.service.default_domain} (LMTP); {format_datetime(datetime.now(UTC))}"
    kept = Message.parse(prefixed(raw, ("Return-Path", f"<{sender}>"), ("Received", received)))
    spam = is_spam(account, message, sender)
    forwarded = [] if in_circle else forwarding_addresses(account)
    stored: list[Item] = []
    if not (forwarded and account.first("zimbraPrefMailLocalDeliveryDisabled") == "TRUE"):
        stored = _file(unit, mailbox, kept, sender, recipient, spam=spam, in_circle=in_circle)
    for address in forwarded:
        send(unit, sender or account.name, address, prefixed(raw, (FORWARDED, account.name)))
    if not spam and sender:
        answered_to = next((address for _, address in message.addresses("reply-to")), "") or sender
        letter = absence.answer(mailbox, message, answered_to, inside=is_inside(unit.db, sender))
        if letter is not None:
            send(unit, "", answered_to, letter)
        _notify(unit, mailbox, message)
    return stored


def _file(
    unit: Unit, mailbox: Mailbox, message: Message, sender: str, recipient: str, *, spam: bool, in_circle: bool
) -> list[Item]:
    default = JUNK if spam else INBOX
    if spam and mailbox.account.first("zimbraSpamApplyUserFilters") != "TRUE":
        outcome = Outcome([Keep()])
    else:
        outcome = filtering.incoming(mailbox, message, sender, recipient)
    if outcome.raw is not None:
        message = Message.parse(outcome.raw)
    stored = filing.file(unit, mailbox, message, outcome, default, flags="u", content=DELIVERED)
    if stored and not spam and message.invite is not None:
        calendar_mail.received(unit, mailbox, message, stored[0].id)

    def hand_on(from_address: str, address: str, data: bytes) -> None:
        if not in_circle:
            send(unit, from_address, address, data)

    def keeping(data: bytes) -> bytes | None:
        if mailbox.account.first("zimbraPrefSaveToSent", "TRUE") == "FALSE":
            return data
        path = mailbox.account.first("zimbraPrefSentMailFolder")
        try:
            return sent.keep(unit, mailbox, Message.parse(data), flags="s", path=path)[1].raw
        except SoapFault:
            # What cannot be kept is not sent either: there is no room, and nobody to tell of it.
            return None

    letters.answer(mailbox, message, outcome, sender, hand_on, keeping)
    return stored


def _already_here(mailbox: Mailbox, message: Message) -> bool:
    """Whether a message with this Message-ID was delivered before (zimbraPrefMessageIdDedupingEnabled).

    One that somebody sent on is another message each time.
    """
    if not message.message_id or mailbox.account.first("zimbraPrefMessageIdDedupingEnabled", "TRUE") == "FALSE":
        return False
    resent = message.header("Resent-Message-ID")
    return any(
        Message.parse(messages.raw(mailbox, item.id)).header("Resent-Message-ID") == resent
        for item in messages.with_message_id(mailbox, message.message_id)
        if item.content == DELIVERED
    )


def is_spam(account: Account, message: Message, sender: str) -> bool:
    """Marked by a spam filter before (X-Spam-Flag: YES), or from an address the recipient blocks.

    What is marked as wanted (X-Whitelist-Flag, the default of zimbraSpamWhitelistHeader) is not, when every field of
    that name says YES. Source: Zimbra's SpamHandler.isSpam.
    """
    wanted = message.header("X-Whitelist-Flag")
    if wanted and all(value.strip() == "YES" for value in wanted):
        return False
    addresses = {sender.lower(), *(address.lower() for _, address in message.addresses("from"))}
    if any(_listed(address, account.values("amavisWhitelistSender")) for address in addresses):
        return False
    if any(value.strip().upper().startswith("YES") for value in message.header("X-Spam-Flag")):
        return True
    return any(_listed(address, account.values("amavisBlacklistSender")) for address in addresses)


def _listed(address: str, wanted: list[str]) -> bool:
    """By the whole address, or by its domain ("exemple.fr", "@exemple.fr")."""
    domain = address.rpartition("@")[2]
    return any(address and one.lower() in (address, domain, f"@{domain}") for one in wanted)


def forwarding_addresses(account: Account) -> list[str]:
    """Where all mail of an account goes as well: set by its owner and by an administrator."""
    listed = ",".join(
        [*account.values("zimbraPrefMailForwardingAddress"), *account.values("zimbraMailForwardingAddress")]
    )
    return [one.strip() for one in listed.split(",") if "@" in one]


def _notify(unit: Unit, mailbox: Mailbox, message: Message) -> None:
    """A short notice elsewhere of what has come (zimbraPrefNewMailNotificationEnabled)."""
    account = mailbox.account
    address = account.first("zimbraPrefNewMailNotificationAddress")
    machine = next(iter(message.header("Auto-Submitted")), "no").partition(";")[0].strip().lower() != "no"
    if account.first("zimbraPrefNewMailNotificationEnabled") != "TRUE" or "@" not in address or machine:
        return
    sender = message.root.first("From")
    letter = note(
        sender=f"postmaster@{account.domain}",
        recipient=address,
        subject=f"Nouveau message reçu par {account.name}",
        text=f"De : {sender}\nObjet : {message.subject}\n",
        fields={"Auto-Submitted": "auto-replied (zimbra; notification)"},
    )
    send(unit, "", address, letter)
