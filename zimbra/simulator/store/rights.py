"""Rights on a whole account, given by its owner: to act for it, to write in its name, to see or ask for its time.

Source: Zimbra's user rights (UserRight). The nearest grantee decides: the person, then a list it is in, then its
domain, then everybody signed in, then the public; among equals a denial wins.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from zimbra.simulator.fault import failure, invalid_request
from zimbra.simulator.store import accounts, delegation, domains, lists
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.domains import Domain
from zimbra.simulator.store.lists import MailingList

EVERYBODY_ID = "00000000-0000-0000-0000-000000000000"
PUBLIC_ID = "99999999-9999-9999-9999-999999999999"

ACCOUNT_RIGHTS = ("invite", "viewFreeBusy", "loginAs", "sendAs", "sendOnBehalfOf")
OWN_LIST = "ownDistList"
LIST_RIGHTS = ("sendAsDistList", "sendOnBehalfOfDistList", "sendToDistList", "viewDistList", OWN_LIST)
# On a domain: to make lists there, to rename and to delete those one owns.
CREATE_LISTS = "createDistList"
# What anybody may do until a grant says otherwise.
_BY_DEFAULT = frozenset({"invite", "viewFreeBusy", "sendToDistList", "viewDistList"})


@dataclass(frozen=True)
class Ace:
    """`zid`: id of the grantee, its address for a guest; `secret`: a guest's password or an access key."""

    zid: str
    gt: str
    right: str
    denied: bool = False
    secret: str = ""


def of_account(db: sqlite3.Connection, account: Account) -> list[Ace]:
    rows = db.execute(
        "SELECT zid, gt, right, denied, secret FROM account_grants WHERE account = ? ORDER BY right, zid",
        (account.num,),
    )
    return [Ace(zid, gt, right, bool(denied), secret) for zid, gt, right, denied, secret in rows]


def grant(db: sqlite3.Connection, account: Account, ace: Ace) -> None:
    """Give or deny a right; what the same grantee had of it is replaced."""
    db.execute(
        "INSERT OR REPLACE INTO account_grants VALUES (?, ?, ?, ?, ?, ?)",
        (account.num, ace.zid, ace.gt, ace.right, ace.denied, ace.secret),
    )


def revoke(db: sqlite3.Connection, account: Account, ace: Ace) -> bool:
    """Take a grant back; False when there was none."""
    found = db.execute(
        "DELETE FROM account_grants WHERE account = ? AND zid = ? AND right = ? AND denied = ?",
        (account.num, ace.zid, ace.right, ace.denied),
    )
    return found.rowcount > 0


def _grantees(db: sqlite3.Connection, who: Account | None) -> list[frozenset[str]]:
    """The ids that stand for a person, nearest first."""
    if who is None or who.id == PUBLIC_ID:
        return [frozenset({PUBLIC_ID})]
    home = domains.domain(db, "name", who.domain)
    return [
        frozenset({who.id, *who.addresses()}),
        frozenset(accounts.list_ids(db, who)),
        frozenset({home.id} if home else ()),
        frozenset({EVERYBODY_ID}),
        frozenset({PUBLIC_ID}),
    ]


def allows(aces: list[Ace], grantees: list[frozenset[str]], right: str) -> bool:
    about = [ace for ace in aces if ace.right == right]
    for level in grantees:
        found = [ace for ace in about if ace.zid in level]
        if found:
            return not any(ace.denied for ace in found)
    # A grant to some shuts out the others.
    return right in _BY_DEFAULT and not any(not ace.denied for ace in about)


def of_list(found: MailingList) -> list[Ace]:
    """The grants of a list: its values of zimbraACE, "<grantee id> <type> [-]<right>" each."""
    parts = [text.split() for text in accounts.listed(found.attrs.get("zimbraACE", []))]
    return [Ace(one[0], one[1], one[2].lstrip("-"), one[2].startswith("-")) for one in parts if len(one) == 3]


def grant_on_list(db: sqlite3.Connection, found: MailingList, ace: Ace) -> None:
    """As `grant`, for a list."""
    kept = [one for one in of_list(found) if (one.zid, one.right) != (ace.zid, ace.right)]
    _write_list(db, found, [*kept, ace])


def revoke_on_list(db: sqlite3.Connection, found: MailingList, ace: Ace) -> bool:
    """As `revoke`, for a list."""
    held = of_list(found)
    kept = [one for one in held if (one.zid, one.right, one.denied) != (ace.zid, ace.right, ace.denied)]
    _write_list(db, found, kept)
    return len(kept) < len(held)


def _write_list(db: sqlite3.Connection, found: MailingList, aces: list[Ace]) -> None:
    lines = [f"{ace.zid} {ace.gt} {'-' if ace.denied else ''}{ace.right}" for ace in aces]
    lists.modify(db, found, {"zimbraACE": lines})


def may(db: sqlite3.Connection, who: Account | None, owner: Account, right: str) -> bool:
    """Whether `who` (None: not signed in) has a right on the account of `owner`, who has all of them."""
    if who is not None and who.num == owner.num:
        return True
    return allows(of_account(db, owner), _grantees(db, who), right)


def may_with_list(db: sqlite3.Connection, who: Account | None, found: MailingList, right: str) -> bool:
    """As `may`, for a list."""
    return allows(of_list(found), _grantees(db, who), right)


def may_create_lists(db: sqlite3.Connection, who: Account, domain: Domain) -> bool:
    """Whether `who` was given `CREATE_LISTS` on a domain, or on everything."""
    given = [*delegation.on_target(db, delegation.key_of(domain)), *delegation.on_target(db, delegation.GLOBAL)]
    return allows([Ace(one.zid, one.gt, one.right, one.denied) for one in given], _grantees(db, who), CREATE_LISTS)


def may_send_as(db: sqlite3.Connection, sender: Account, address: str) -> str:
    """How `sender` may write from `address`: "sendAs", "sendOnBehalfOf" or "" for not at all.

    One's own name, aliases and zimbraAllowFromAddress are "sendAs", as is everything with zimbraAllowAnyFromAddress.
    """
    address = address.strip().lower()
    own = {one.lower() for one in sender.values("zimbraAllowFromAddress")}
    if address in sender.addresses() or address in own or sender.flag("zimbraAllowAnyFromAddress"):
        return "sendAs"
    owner = accounts.by_address(db, address)
    if owner is not None:
        aces, plain, behalf = of_account(db, owner), "sendAs", "sendOnBehalfOf"
    else:
        found = lists.by_address(db, address)
        if found is None:
            return ""
        aces, plain, behalf = of_list(found), "sendAsDistList", "sendOnBehalfOfDistList"
    grantees = _grantees(db, sender)
    if allows(aces, grantees, plain):
        return "sendAs"
    return "sendOnBehalfOf" if allows(aces, grantees, behalf) else ""


@dataclass(frozen=True)
class Target:
    """Somebody's account (`kind` "account") or a list ("dl") on which a right was given."""

    kind: str
    id: str
    name: str
    display: str
    addresses: list[str]


def targets(db: sqlite3.Connection, who: Account, right: str) -> list[Target]:
    """On whose accounts and lists `who` has a right by a grant to the person or to one of its lists, by name."""
    grantees = _grantees(db, who)
    if right in LIST_RIGHTS:
        return [
            Target("dl", one.id, one.name, one.first("displayName", one.name), one.addresses())
            for one in lists.everything(db)
            if "zimbraACE" in one.attrs and allows(_own(of_list(one)), grantees[:2], right)
        ]
    ids = sorted(grantees[0] | grantees[1])
    marks = ",".join("?" * len(ids))
    query = f"SELECT DISTINCT account FROM account_grants WHERE right = ? AND zid IN ({marks})"  # noqa: S608
    rows = db.execute(query, [right, *ids]).fetchall()
    owners = [owner for row in rows if (owner := accounts.by_num(db, row[0])) is not None and owner.num != who.num]
    return [
        Target("account", one.id, one.name, one.first("displayName", one.name), [one.name, *one.aliases()])
        for one in sorted(owners, key=lambda owner: owner.name)
        if allows(of_account(db, one), grantees, right)
    ]


def _own(aces: list[Ace]) -> list[Ace]:
    return [ace for ace in aces if not ace.denied]


def check_name(right: str) -> None:
    """service.FAILURE for a right that users cannot give one another."""
    if right not in ACCOUNT_RIGHTS and right not in LIST_RIGHTS:
        raise failure(f"invalid right {right[:80]}")


def check_kind(right: str, *, on_list: bool) -> None:
    """service.INVALID_REQUEST for a right that such a target does not have."""
    if (right in LIST_RIGHTS) != on_list:
        raise invalid_request(f"right {right} is not grantable on target type {'dl' if on_list else 'account'}")
