"""What a request handler is given: the parsed request, who asks, and the running transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from zimbra.simulator.disturbances import Disturbances
from zimbra.simulator.element import Element
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account, perm_denied
from zimbra.simulator.store import accounts, items
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.database import Database
from zimbra.simulator.store.mailbox import Mailbox
from zimbra.simulator.tokens import Caller


@dataclass(frozen=True)
class Service:
    """The simulated server itself, shared by all threads."""

    database: Database
    default_domain: str
    disturbances: Disturbances


class Unit:
    """The work of one HTTP request: its transaction and the mailboxes it touched."""

    def __init__(self, service: Service, db: sqlite3.Connection, *, writable: bool) -> None:
        self.service = service
        self.db = db
        self.writable = writable
        self._mailboxes: dict[int, Mailbox] = {}
        self._in_child = False
        self._guarded = False
        self._opened: list[int] = []

    def mailbox(self, account: Account) -> Mailbox:
        found = self._mailboxes.get(account.num)
        if found is None:
            found = self._mailboxes[account.num] = Mailbox(self.db, account, writable=self.writable)
            if self._guarded:
                self._opened.append(account.num)
        return found

    def begin_child(self) -> None:
        """A child of a batch starts: from now on `guard` makes what it writes revocable."""
        self._in_child = True

    def guard(self) -> None:
        """Take the child's savepoint, once. To be called before the first of several writes."""
        if self._in_child and self.writable and not self._guarded:
            self.db.execute("SAVEPOINT child")
            self._guarded = True

    def end_child(self, *, undo: bool) -> None:
        """A child of a batch has ended; `undo` what it wrote under its guard."""
        if self._guarded:
            if undo:
                self.db.execute("ROLLBACK TO child")
                # A mailbox made by what was undone is no more, nor are its folders: it is made again when needed.
                for num in self._opened:
                    del self._mailboxes[num]
            self.db.execute("RELEASE child")
        if undo:
            for mailbox in self._mailboxes.values():
                mailbox.forget_counts()
        self._opened.clear()
        self._in_child = self._guarded = False

    def flush(self) -> None:
        for mailbox in self._mailboxes.values():
            mailbox.flush()


@dataclass
class Call:
    """One request to one handler."""

    request: Element
    unit: Unit
    caller: Caller | None
    requested: Element | None
    token: str
    _mailbox: Mailbox | None = None

    @property
    def db(self) -> sqlite3.Connection:
        return self.unit.db

    @property
    def service(self) -> Service:
        return self.unit.service

    @property
    def me(self) -> Caller:
        """Who asks; service.AUTH_REQUIRED for nobody."""
        if self.caller is None:
            raise SoapFault("service.AUTH_REQUIRED", "no valid authtoken present")
        return self.caller

    @property
    def target(self) -> Account:
        """Whose account the request is about: the caller's, or the one the context's `account` names."""
        me = self.me
        if self.requested is None:
            return me.account
        account = accounts.by_reference(
            self.db, self.requested.attrs.get("by", "name"), self.requested.text, self.service.default_domain
        )
        if account is not None and account.num == me.account.num:
            return me.account
        if not me.admin:
            raise perm_denied()
        if account is None:
            raise no_such_account(self.requested.text)
        return account

    @property
    def mailbox(self) -> Mailbox:
        if self._mailbox is None:
            self._mailbox = self.unit.mailbox(self.target)
        return self._mailbox

    def item_id(self, text: str) -> int:
        """A local item id out of "257" or "<account uuid>:257"; another account's is refused."""
        owner, colon, number = text.strip().rpartition(":")
        # An appointment is also named by "<item>-<invite>"; the item is what counts.
        number = number.partition("-")[0] if not number.startswith("-") else number
        if not number.isdecimal() or len(number) > 15:
            raise invalid_request(f"malformed item ID: {text[:80]}")
        if colon and owner != self.target.id:
            raise items.not_found("", text[:80])
        return int(number)

    def item_ids(self, text: str) -> list[int]:
        return [self.item_id(one) for one in text.split(",") if one.strip()]
