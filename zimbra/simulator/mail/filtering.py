"""The filters of a mailbox, asked about a message: the owner's rules between those of the administrator.

The scripts are attributes of the account; what it does not say its class of service does, and after that its domain.
Source: Zimbra's RuleManager.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from zimbra.simulator.formats.sieve import run
from zimbra.simulator.formats.sieve.outcome import (
    Ereject,
    Keep,
    Notify,
    NotifyByMail,
    Outcome,
    Redirect,
    Reject,
    Reply,
)
from zimbra.simulator.formats.zone_names import well_known
from zimbra.simulator.mail import letters
from zimbra.simulator.mail.mime import Message, is_reply
from zimbra.simulator.store import contacts, messages
from zimbra.simulator.store.accounts import Account, listed
from zimbra.simulator.store.defaults import Attributes
from zimbra.simulator.store.domains import domain
from zimbra.simulator.store.items import COLUMNS, Item
from zimbra.simulator.store.mailbox import JUNK, SENT, TRASH, Mailbox

INCOMING = "zimbraMailSieveScript"
OUTGOING = "zimbraMailOutgoingSieveScript"
# The administrator's scripts run before and after the owner's.
AROUND = {
    INCOMING: ("zimbraAdminSieveScriptBefore", "zimbraAdminSieveScriptAfter"),
    OUTGOING: ("zimbraAdminOutgoingSieveScriptBefore", "zimbraAdminOutgoingSieveScriptAfter"),
}
# What an account has of its domain, when neither it nor its class says it (domainInherited in Zimbra's attrs.xml).
OF_DOMAIN = (
    *AROUND[INCOMING],
    *AROUND[OUTGOING],
    "zimbraSieveEditHeaderEnabled",
    "zimbraSieveImmutableHeaders",
    "zimbraSieveNotifyActionRFCCompliant",
    "zimbraSieveRejectMailEnabled",
    "zimbraSieveRequireControlEnabled",
)

# TRUE unless somebody says otherwise; all others are FALSE (Zimbra's attrs.xml).
_ON = frozenset({"zimbraSieveRequireControlEnabled", "zimbraSieveRejectMailEnabled"})


def incoming(mailbox: Mailbox, message: Message, sender: str, recipient: str) -> Outcome:
    """What the incoming filters want done with a message that arrives; without any, that it is kept."""
    scripts = _scripts(mailbox, INCOMING)
    if not scripts:
        return Outcome([Keep()])
    around = MailboxAround(mailbox)
    main = recipient.lower() if recipient.lower() in around.addresses else mailbox.account.name
    outcome = run.run(scripts, message, around, sender=sender, recipient=main)
    return letters.possible(mailbox, message, outcome, sender)


def outgoing(mailbox: Mailbox, message: Message) -> Outcome:
    """What the outgoing filters want done with the copy that is kept of a message being sent.

    They write no letters: what asks for one keeps the message.
    """
    scripts = _scripts(mailbox, OUTGOING)
    if not scripts:
        return Outcome([Keep()])
    outcome = run.run(scripts, message, MailboxAround(mailbox), sender=mailbox.account.name)
    return letters.kept_for(outcome, (Redirect, Reply, Notify, NotifyByMail, Reject, Ereject))


def _scripts(mailbox: Mailbox, attribute: str) -> list[tuple[str, bool]]:
    before, after = AROUND[attribute]
    named = ((before, True), (attribute, False), (after, True))
    found = [(inherited(mailbox, name), admin) for name, admin in named]
    return [(script, admin) for script, admin in found if script]


def inherited(mailbox: Mailbox, name: str) -> str:
    """An attribute of the mailbox's account, from the account, its class or its domain; "" for none."""
    own = mailbox.account.first(name)
    values = [] if own or name not in OF_DOMAIN else listed(of_domain(mailbox.db, mailbox.account).get(name, []))
    return own or (values[0] if values else "")


def of_domain(db: sqlite3.Connection, account: Account) -> Attributes:
    """What the domain of an account says of filters."""
    found = domain(db, "name", account.domain)
    return {} if found is None else {name: found.attrs[name] for name in OF_DOMAIN if name in found.attrs}


def zone_of(account: Account) -> ZoneInfo:
    """The time zone of an account's preferences."""
    return ZoneInfo(well_known(account.first("zimbraPrefTimeZoneId")) or "Europe/Paris")


class MailboxAround:
    """The mailbox of a running script; see `context.Surroundings`."""

    def __init__(self, mailbox: Mailbox, flags: str | None = None) -> None:
        self._mailbox = mailbox
        self.flags = flags
        self.name = mailbox.account.name
        self.addresses = mailbox.account.addresses()
        self.now = datetime.now(zone_of(mailbox.account))

    def option(self, name: str) -> bool:
        value = inherited(self._mailbox, name)
        return value == "TRUE" if value else name in _ON

    def setting(self, name: str) -> str:
        return inherited(self._mailbox, name)

    def known(self, addresses: Iterable[str]) -> bool:
        for address in addresses:
            rows = self._mailbox.db.execute(
                f"SELECT {COLUMNS} FROM items WHERE mbox = ? AND type = 'contact' AND folder NOT IN (?, ?)"  # noqa: S608
                " AND instr(lower(content), ?)",
                (self._mailbox.num, TRASH, JUNK, address),
            )
            if any(address in (one.lower() for one in contacts.load(Item(*row)).emails()) for row in rows):
                return True
        return False

    def often_used(self, addresses: Iterable[str]) -> bool:
        query = (
            "SELECT 1 FROM items JOIN messages ON messages.mbox = items.mbox AND item = id"
            " WHERE items.mbox = ? AND folder = ? AND instr(lower(summary), ?) LIMIT 1"
        )
        return any(
            self._mailbox.db.execute(query, (self._mailbox.num, SENT, f'"{address}"')).fetchone() is not None
            for address in addresses
        )

    def conversation(self, message: Message) -> tuple[bool, bool]:
        for reference in reversed(message.references[-50:]):
            for found in messages.with_message_id(self._mailbox, reference):
                number = messages.detail(self._mailbox, found.id).conversation
                there = messages.of_conversation(self._mailbox, number)
                mine = [item for item in there if "s" in item.flags]
                started = bool(mine) and mine[0].id == there[0].id and not is_reply(there[0].label)
                return started, bool(mine)
        return False, False
