"""Whom a grant is made to: from what a request says of the grantee to an id, and from the id back to a name."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.store import accounts, classes, domains, lists
from zimbra.simulator.store.access import EVERYBODY_ID, PUBLIC_ID
from zimbra.simulator.store.accounts import Account


@dataclass(frozen=True)
class Grantee:
    """`name` is "" for those who have none: everybody, the public, an id nobody has."""

    gt: str
    zid: str
    name: str = ""
    display: str = ""


def by_id(db: sqlite3.Connection, gt: str, zid: str) -> Grantee:
    """A grantee by id; it need not exist any more."""
    if gt == "usr":
        account = accounts.by_id(db, zid)
        if account is not None:
            return Grantee(gt, zid, account.name, account.first("displayName"))
    elif gt == "grp":
        group = lists.by_id(db, zid)
        if group is not None:
            return Grantee(gt, zid, group.name, group.first("displayName"))
    elif gt == "cos":
        service_class = classes.find(db, "id", zid)
        if service_class is not None:
            return Grantee(gt, zid, service_class.name)
    elif gt == "dom":
        domain = domains.domain(db, "id", zid)
        if domain is not None:
            return Grantee(gt, zid, domain.name)
    return Grantee(gt, zid)


def exists(db: sqlite3.Connection, gt: str, zid: str) -> bool:
    return bool(by_id(db, gt, zid).name)


def by_name(db: sqlite3.Connection, gt: str, name: str, asker: Account) -> Grantee:
    """A grantee by name. A user who turns out to be a list is one; a user nobody knows is a guest, as in Zimbra.

    Faults: account.NO_SUCH_COS, account.NO_SUCH_DOMAIN, account.NO_SUCH_DISTRIBUTION_LIST; service.INVALID_REQUEST for
    what cannot be an address.
    """
    if gt == "cos":
        service_class = classes.get(db, "name", name)
        return Grantee(gt, service_class.id, service_class.name)
    if gt == "dom":
        domain = domains.domain(db, "name", name)
        if domain is None:
            raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {name[:200]}")
        return Grantee(gt, domain.id, domain.name)
    if gt == "all":
        return Grantee(gt, EVERYBODY_ID)
    if gt == "pub":
        return Grantee(gt, PUBLIC_ID)
    if gt == "guest":
        return _guest(db, name)
    if gt == "key":
        return Grantee(gt, name)
    address = _address(name, asker)
    found = _person(db, address, only_list=gt == "grp")
    if found is not None:
        return found
    if gt == "grp":
        raise SoapFault("account.NO_SUCH_DISTRIBUTION_LIST", f"no such distribution list: {name[:200]}")
    return Grantee("guest", name)


def _guest(db: sqlite3.Connection, name: str) -> Grantee:
    """Somebody outside; who is an account here after all is granted to as such."""
    if "@" not in name:
        raise invalid_request("invalid guest id or password")
    return _person(db, _bare(name)) or Grantee("guest", name)


def _person(db: sqlite3.Connection, address: str, *, only_list: bool = False) -> Grantee | None:
    if not only_list:
        account = accounts.by_address(db, address)
        if account is not None:
            return Grantee("usr", account.id, account.name, account.first("displayName"))
    group = lists.by_address(db, address)
    return None if group is None else Grantee("grp", group.id, group.name, group.first("displayName"))


def _address(name: str, asker: Account) -> str:
    bare = _bare(name)
    if bare.count("@") > 1:
        raise invalid_request(f"invalid address: {name[:200]}")
    return bare if "@" in bare else f"{bare}@{asker.domain}"


def _bare(name: str) -> str:
    """The address of "Name <address>"."""
    before, angle, rest = name.partition("<")
    return (rest.partition(">")[0] if angle and before else name).strip()
