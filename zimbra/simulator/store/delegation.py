"""Rights of administration: what somebody who is no administrator of everything may do, and on what.

Source: Zimbra's table of rights (zimbra-rights.xml) and its delegated administrators, as far as the requests that are
answered here go. A right on a domain holds for what is in it, one given "global" for everything; what is said nearest
to the target decides, and there a denial wins.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.store import accounts, domains
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.classes import ServiceClass
from zimbra.simulator.store.domains import Domain
from zimbra.simulator.store.lists import MailingList

GLOBAL = "global"
# What may be administered, by kind of target: the rights and what each allows.
_ON_ACCOUNT = {
    "addAccountAlias": "add an alias to the account",
    "adminLoginAs": "act as the user of the account",
    "deleteAccount": "delete the account",
    "getAccount": "see all attributes of the account",
    "getAccountInfo": "see the account's name, id and server",
    "getAccountMembership": "see which lists the account is in",
    "getMailboxInfo": "see the size of the mailbox",
    "listAccount": "find the account",
    "modifyAccount": "change the attributes of the account",
    "removeAccountAlias": "remove an alias of the account",
    "renameAccount": "rename the account",
    "setAccountPassword": "set the password of the account",
}
_ON_LIST = {
    "addDistributionListAlias": "add an alias to the list",
    "addDistributionListMember": "add members to the list",
    "deleteDistributionList": "delete the list",
    "getDistributionList": "see the list and its members",
    "getDistributionListMembership": "see which lists the list is in",
    "listDistributionList": "find the list",
    "modifyDistributionList": "change the attributes of the list",
    "removeDistributionListAlias": "remove an alias of the list",
    "removeDistributionListMember": "remove members of the list",
    "renameDistributionList": "rename the list",
}
_ON_DOMAIN = {
    "accessGAL": "search the address list of the domain",
    "countAccount": "count the accounts of the domain",
    "createAccount": "create accounts in the domain",
    "createAlias": "create aliases in the domain",
    "createDistributionList": "create lists in the domain",
    "deleteDomain": "delete the domain",
    "getDomain": "see all attributes of the domain",
    "listDomain": "find the domain",
    "modifyDomain": "change the attributes of the domain",
}
_ON_CLASS = {
    "assignCos": "give the class of service to accounts",
    "getCos": "see all attributes of the class of service",
    "listCos": "find the class of service",
    "modifyCos": "change the attributes of the class of service",
}
# Kind of target, and what the right allows.
PRESETS = {
    name: (kind, text)
    for kind, rights in (("account", _ON_ACCOUNT), ("dl", _ON_LIST), ("domain", _ON_DOMAIN), ("cos", _ON_CLASS))
    for name, text in rights.items()
}
_OF_DOMAIN = frozenset((*_ON_ACCOUNT, *_ON_LIST, *_ON_DOMAIN)) - {"deleteDomain"}
# Rights made of others.
COMBOS = {"domainAdminRights": _OF_DOMAIN, "domainAdminConsoleRights": _OF_DOMAIN}
_ATTRIBUTE_RIGHT = re.compile(r"(?:get|set)\.(?:account|calresource|cos|config|dl|domain|server)\.[A-Za-z0-9*]+\Z")

Target = Account | MailingList | Domain | ServiceClass


@dataclass(frozen=True)
class Power:
    """A right given on `target` (see `key_of`) to the grantee `zid` of type `gt`."""

    target: str
    zid: str
    gt: str
    right: str
    denied: bool = False
    delegable: bool = False


def no_such_right(name: str) -> SoapFault:
    return SoapFault("account.NO_SUCH_RIGHT", f"no such right: {name[:80]}")


def is_right(name: str) -> bool:
    """Whether there is a right of administration of that name; one on a single attribute opens nothing here."""
    return name in PRESETS or name in COMBOS or _ATTRIBUTE_RIGHT.match(name) is not None


def kind_of(target: Target) -> str:
    """ "account", "dl", "domain" or "cos"."""
    if isinstance(target, Account):
        return "account"
    if isinstance(target, MailingList):
        return "dl"
    return "domain" if isinstance(target, Domain) else "cos"


def key_of(target: Target) -> str:
    return f"{kind_of(target)}:{target.id}"


def grant(db: sqlite3.Connection, power: Power) -> None:
    """Give or deny; what the same grantee had of the same right there is replaced."""
    db.execute(
        "INSERT OR REPLACE INTO admin_grants VALUES (?, ?, ?, ?, ?, ?)",
        (power.target, power.zid, power.gt, power.right, power.denied, power.delegable),
    )


def revoke(db: sqlite3.Connection, power: Power) -> bool:
    """Take back; False when it was not given."""
    found = db.execute(
        "DELETE FROM admin_grants WHERE target = ? AND zid = ? AND right = ? AND denied = ?",
        (power.target, power.zid, power.right, power.denied),
    )
    return found.rowcount > 0


def _powers(db: sqlite3.Connection, condition: str, values: Iterable[str]) -> list[Power]:
    columns = "target, zid, gt, right, denied, delegable"
    query = f"SELECT {columns} FROM admin_grants WHERE {condition} ORDER BY target, right, zid"  # noqa: S608
    return [
        Power(target, zid, gt, right, bool(denied), bool(delegable))
        for target, zid, gt, right, denied, delegable in db.execute(query, tuple(values))
    ]


def on_target(db: sqlite3.Connection, key: str) -> list[Power]:
    """What was given on a target."""
    return _powers(db, "target = ?", (key,))


def held_by(db: sqlite3.Connection, who: Account) -> list[Power]:
    """What was given to somebody, or to a list somebody is in."""
    ids = [who.id, *accounts.list_ids(db, who)]
    return _powers(db, f"zid IN ({','.join('?' * len(ids))})", ids)


class Powers:
    """What one administrator of a part may do; read once, asked often."""

    def __init__(self, db: sqlite3.Connection, who: Account) -> None:
        self.db = db
        self.held = held_by(db, who)
        self._domain_keys: dict[str, str] = {}

    def may(self, right: str, target: Target) -> bool:
        """Whether the right holds for the target."""
        for key in self._keys(target):
            about = [one for one in self.held if one.target == key and _covers(one.right, right)]
            if about:
                return not any(one.denied for one in about)
        return False

    def rights_on(self, target: Target) -> list[str]:
        """The rights that hold for a target and are of its kind."""
        kind = kind_of(target)
        return sorted(name for name, (of, _) in PRESETS.items() if of == kind and self.may(name, target))

    def _keys(self, target: Target) -> list[str]:
        """From the target itself to everything it is part of."""
        keys = [key_of(target)]
        if isinstance(target, Account | MailingList):
            if isinstance(target, Account) and any(one.target.startswith("dl:") for one in self.held):
                keys += [f"dl:{one}" for one in accounts.list_ids(self.db, target)]
            keys.append(self._domain_key(target.name.rpartition("@")[2]))
        return [*keys, GLOBAL]

    def _domain_key(self, name: str) -> str:
        found = self._domain_keys.get(name)
        if found is None:
            domain = domains.domain(self.db, "name", name)
            found = self._domain_keys[name] = key_of(domain) if domain else ""
        return found


def _covers(given: str, right: str) -> bool:
    return given == right or right in COMBOS.get(given, ())


def forget(db: sqlite3.Connection, *, grantee: str = "", target: str = "") -> None:
    """Nothing is left of what was given to, or on, what is no more."""
    db.execute("DELETE FROM admin_grants WHERE zid = ? OR target = ?", (grantee, target))
