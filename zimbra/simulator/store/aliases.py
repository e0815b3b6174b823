"""The further names of accounts and lists, as entries of the directory of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.store import accounts
from zimbra.simulator.store.accounts import Account, listed
from zimbra.simulator.store.defaults import Attributes


@dataclass(frozen=True)
class Alias:
    """`kind` of what it names: "account" or "dl"; `target` its name, `target_id` its id."""

    id: str
    name: str
    kind: str
    target: str
    target_id: str

    @property
    def attrs(self) -> Attributes:
        return {
            "objectClass": "zimbraAlias",
            "uid": self.name.partition("@")[0],
            "mail": self.name,
            "zimbraMailAlias": self.name,
            "zimbraAliasTargetId": self.target_id,
            "zimbraId": self.id,
        }


def aliases(db: sqlite3.Connection, domain: str = "") -> Iterator[Alias]:
    """In order of name; `domain`: only its own."""
    rows = db.execute(
        "SELECT d.id, d.address, a.name, a.id, l.name, l.id FROM addresses AS d"
        " LEFT JOIN accounts AS a ON a.num = d.account LEFT JOIN lists AS l ON l.num = d.list"
        " WHERE ?1 = '' OR d.address LIKE '%@' || ?1 ORDER BY d.address",
        (domain,),
    )
    for alias_id, address, account, account_id, list_name, list_id in rows:
        if account is not None:
            yield Alias(alias_id, address, "account", account, account_id)
        else:
            yield Alias(alias_id, address, "dl", list_name, list_id)


def add(db: sqlite3.Connection, account: Account, alias: str) -> Account:
    """One more name of the account; see `accounts.check_address` for what is refused."""
    return accounts.modify(db, account, {"+zimbraMailAlias": [accounts.check_address(db, alias)]})


def remove(db: sqlite3.Connection, account: Account, alias: str) -> Account:
    """account.NO_SUCH_ALIAS when it is none of the account's; see `accounts.check_form` for what is no alias at all."""
    alias = accounts.check_form(db, alias)
    if alias not in account.aliases():
        raise SoapFault("account.NO_SUCH_ALIAS", f"no such alias: {alias[:200]}")
    db.execute("DELETE FROM list_members WHERE address = ?", (alias,))
    given = [one for one in listed(account.attrs["zimbraMailAlias"]) if one.lower() == alias]
    return accounts.modify(db, account, {"-zimbraMailAlias": given})
