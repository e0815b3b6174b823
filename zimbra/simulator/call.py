"""What a request handler is given: the parsed request, who asks, and the running transaction."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from zimbra.simulator.disturbances import Disturbances
from zimbra.simulator.element import Element
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account, perm_denied
from zimbra.simulator.store import accounts, delegation, items, rights
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.database import Database
from zimbra.simulator.store.delegation import Powers
from zimbra.simulator.store.mailbox import Mailbox
from zimbra.simulator.tokens import Caller

MAIL_NS = "urn:zimbraMail"


@dataclass(frozen=True)
class Service:
    """The simulated server itself, shared by all threads."""

    database: Database
    default_domain: str
    disturbances: Disturbances


class NeedsWriting(Exception):
    """A handler of a reading transaction has something to write after all; it is run again in a writing one."""


class Unit:
    """The work of one HTTP request: its transaction and the mailboxes it touched.

    `headers`: further lines of the HTTP answer. `session_wanted`: the client asked for a session.
    """

    def __init__(
        self, service: Service, db: sqlite3.Connection, *, writable: bool, caller: Caller | None = None
    ) -> None:
        """`caller`: on whose behalf; None for what the server does by itself, to which nothing is forbidden, and until
        somebody signs in."""
        self.service = service
        self.db = db
        self.writable = writable
        self.caller = caller
        self._mailboxes: dict[int, Mailbox] = {}
        self._powers: Powers | None = None
        self._in_child = False
        self._guarded = False
        self._opened: list[int] = []
        self.headers: list[tuple[str, str]] = []
        self.session_wanted = False

    def mailbox(self, account: Account) -> Mailbox:
        """The account's mailbox as far as the caller's rights in it go."""
        found = self._mailboxes.get(account.num)
        if found is None:
            caller = self.caller
            found = self._mailboxes[account.num] = Mailbox(
                self.db,
                account,
                writable=self.writable,
                reader=None if caller is None else caller.account,
                unlimited=caller is None or self.may_act_for(account),
            )
            if self._guarded:
                self._opened.append(account.num)
        return found

    def may_act_for(self, account: Account) -> bool:
        """Whether the caller may do all that the account itself may."""
        caller = self.caller
        if caller is None:
            return False
        if caller.admin or rights.may(self.db, caller.account, account, "loginAs"):
            return True
        return caller.manages and not account.is_admin and self.powers.may("adminLoginAs", account)

    @property
    def powers(self) -> Powers:
        """The rights of administration of the caller, who must be known."""
        if self._powers is None:
            if self.caller is None:
                raise perm_denied()
            self._powers = Powers(self.db, self.caller.account)
        return self._powers

    def has_opened(self, account: Account) -> bool:
        """Whether a request got at the account's mailbox."""
        return account.num in self._mailboxes

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
        """Whose account the request is about: the caller's, or the one the context's `account` names.

        Anybody may name another's account for what is in its mailbox, where grants decide; see `owned` for the rest.
        """
        me = self.me
        if self.requested is None:
            return me.account
        account = accounts.by_reference(
            self.db, self.requested.attrs.get("by", "name"), self.requested.text, self.service.default_domain
        )
        if account is not None and account.num == me.account.num:
            return me.account
        if account is None:
            # Who may not act for others is not told which accounts there are.
            raise no_such_account(self.requested.text) if me.admin else perm_denied()
        if self.request.ns != MAIL_NS and not self.unit.may_act_for(account):
            raise perm_denied()
        if account.status == "maintenance" or (account.status != "active" and not me.admin):
            raise SoapFault("account.ACCOUNT_INACTIVE", f"account is not active: {account.name}")
        return account

    def need(self, right: str, target: delegation.Target) -> None:
        """service.PERM_DENIED unless the caller administers everything or has the right of administration on `target`.

        Who administers a part has no power over those who administer everything.
        """
        if not self.allowed(right, target):
            raise perm_denied(f"need the right {right}")

    def allowed(self, right: str, target: delegation.Target) -> bool:
        """Whether `need` would let pass."""
        if self.me.admin:
            return True
        above = isinstance(target, Account) and target.is_admin
        return not above and self.unit.powers.may(right, target)

    @property
    def mailbox(self) -> Mailbox:
        if self._mailbox is None:
            self._mailbox = self.unit.mailbox(self.target)
        return self._mailbox

    @property
    def owned(self) -> Mailbox:
        """The mailbox, for what only its owner or an administrator may do: service.PERM_DENIED."""
        if self.mailbox.limited:
            raise perm_denied()
        return self.mailbox

    def locate(self, text: str) -> tuple[Mailbox, int]:
        """The mailbox and the number an item id means: "257", "257-258", or "<account id>:257" for another's."""
        owner, colon, number = text.rpartition(":")
        # An appointment is also named by "<item>-<invite>"; the item is what counts.
        number = number.partition("-")[0] if not number.startswith("-") else number
        if not number.removeprefix("-").isdecimal() or len(number) > 15:
            raise invalid_request(f"malformed item ID: {text[:80]}")
        if not colon or owner == self.mailbox.account.id:
            return self.mailbox, int(number)
        account = accounts.by_id(self.db, owner)
        if account is None:
            raise no_such_account(owner[:80])
        return self.unit.mailbox(account), int(number)

    def folder(self, text: str) -> tuple[Mailbox, int]:
        """As `locate`, for a folder; a link leads to the folder it stands for, in its owner's mailbox."""
        mailbox, number = self.locate(text)
        row = mailbox.db.execute(
            "SELECT extra FROM folders WHERE mbox = ? AND id = ? AND kind = 'link'", (mailbox.num, number)
        ).fetchone()
        if row is None:
            return mailbox, number
        link = json.loads(row[0])
        owner = accounts.by_id(self.db, link["zid"])
        if owner is None:
            raise no_such_account(link["zid"])
        return self.unit.mailbox(owner), int(link["rid"])

    def item_id(self, text: str) -> int:
        """An id in the request's own mailbox; another's is refused as not found."""
        mailbox, number = self.locate(text)
        if mailbox is not self.mailbox or number < 0:
            raise items.not_found("", text[:80])
        return number

    def item_ids(self, text: str) -> list[int]:
        return [self.item_id(one) for one in text.split(",") if one.strip()]
