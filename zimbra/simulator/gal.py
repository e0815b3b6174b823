"""The address list of a domain: who is in it, found by what, and under which attributes its entries are shown.

Source of the attributes: zimbraGalLdapAttrMap of a fresh Zimbra.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from zimbra.simulator.store import accounts, lists
from zimbra.simulator.store.accounts import Account, listed
from zimbra.simulator.store.defaults import Attributes
from zimbra.simulator.store.lists import MailingList

# Attribute of the directory, attribute of a contact.
_NAMES = (
    ("co", "workCountry"), ("company", "company"), ("description", "notes"), ("facsimileTelephoneNumber", "workFax"),
    ("givenName", "firstName"), ("homePhone", "homePhone"), ("initials", "initials"), ("l", "workCity"),
    ("mobile", "mobilePhone"), ("ou", "department"), ("pager", "pager"), ("physicalDeliveryOfficeName", "office"),
    ("postalCode", "workPostalCode"), ("sn", "lastName"), ("st", "workState"), ("street", "workStreet"),
    ("telephoneNumber", "workPhone"), ("title", "jobTitle"), ("zimbraCalResBuilding", "zimbraCalResBuilding"),
    ("zimbraCalResCapacity", "zimbraCalResCapacity"), ("zimbraCalResContactEmail", "zimbraCalResContactEmail"),
    ("zimbraCalResContactName", "zimbraCalResContactName"), ("zimbraCalResContactPhone", "zimbraCalResContactPhone"),
    ("zimbraCalResFloor", "zimbraCalResFloor"), ("zimbraCalResLocationDisplayName", "zimbraCalResLocationDisplayName"),
    ("zimbraCalResSite", "zimbraCalResSite"), ("zimbraCalResType", "zimbraCalResType"),
    ("zimbraAccountCalendarUserType", "zimbraAccountCalendarUserType"), ("zimbraPhoneticName", "phoneticName"),
    ("zimbraPhoneticFirstName", "phoneticFirstName"), ("zimbraPhoneticLastName", "phoneticLastName"),
    ("zimbraCreateTimestamp", "createTimeStamp"),
)  # fmt: skip
TYPES = ("all", "account", "resource", "group")


@dataclass(frozen=True)
class Entry:
    """One line of the address list. `kind`: "account", "resource" or "group"; `dn`: its place in the directory."""

    id: str
    name: str
    dn: str
    kind: str
    attrs: Attributes

    def first(self, name: str) -> str:
        values = listed(self.attrs.get(name, []))
        return values[0] if values else ""


def _dn(name: str) -> str:
    local, _, domain = name.partition("@")
    return f"uid={local},ou=people," + ",".join(f"dc={part}" for part in domain.split("."))


def _shown(attrs: Attributes, addresses: list[str], full_name: str) -> Attributes:
    shown: Attributes = {theirs: attrs[own] for own, theirs in _NAMES if own in attrs}
    for number, address in enumerate(addresses, 1):
        shown["email" if number == 1 else f"email{number}"] = address
    if full_name:
        shown["fullName"] = full_name
    return shown


def of_account(account: Account) -> Entry:
    resource = "zimbraCalResType" in account.attrs
    full_name = account.first("displayName") or account.first("cn") or account.name.partition("@")[0]
    shown = _shown(account.attrs, [account.name, *account.aliases()], full_name)
    shown.setdefault("lastName", account.name.partition("@")[0])
    classes = ["inetOrgPerson", "organizationalPerson", "zimbraAccount", "amavisAccount"]
    shown |= {"objectClass": [*classes, "zimbraCalendarResource"] if resource else classes, "zimbraId": account.id}
    if resource:
        shown["zimbraAccountCalendarUserType"] = "RESOURCE"
    return Entry(account.id, account.name, _dn(account.name), "resource" if resource else "account", shown)


def of_list(found: MailingList) -> Entry:
    shown = _shown(found.attrs, found.addresses(), found.first("displayName") or found.first("cn"))
    shown |= {"objectClass": ["zimbraDistributionList", "zimbraMailRecipient"], "zimbraId": found.id, "type": "group"}
    shown.setdefault("fullName", found.name.partition("@")[0])
    return Entry(found.id, found.name, _dn(found.name), "group", shown)


def _visible(attrs: Attributes) -> bool:
    return attrs.get("zimbraHideInGal") != "TRUE"


def search(
    db: sqlite3.Connection, domain: str, words: list[str], *, kind: str = "all", starting: bool = False
) -> Iterator[Entry]:
    """Entries in which every word occurs (`starting`: at the start of one), people and resources before lists, each in
    order of name. No word finds all."""
    if kind != "group":
        for account in accounts.containing(db, words, domain, starting=starting):
            resource = "zimbraCalResType" in account.attrs
            if (
                _visible(account.attrs)
                and account.domain == domain
                and (kind == "all" or (kind == "resource") == resource)
            ):
                yield of_account(account)
    if kind in ("all", "group"):
        for found in lists.everything(db, domain):
            if _visible(found.attrs) and _has_words(found, words, starting=starting):
                yield of_list(found)


def _has_words(found: MailingList, words: list[str], *, starting: bool) -> bool:
    texts = [*found.addresses(), found.first("displayName").lower(), found.first("cn").lower()]
    text = "\n" + "\n".join(texts)
    if not starting:
        return all(word.lower() in text for word in words)
    return all("\n" + word.lower() in text or " " + word.lower() in text for word in words)


def page(
    found: Iterator[Entry], offset: int, limit: int, wanted: Callable[[Entry], bool] | None = None
) -> tuple[list[Entry], bool]:
    """Some of the entries found, and whether there are more. `limit` 0: no limit."""
    kept = found if wanted is None else filter(wanted, found)
    rows = list(islice(kept, offset, offset + limit + 1 if limit else None))
    return (rows[:limit], True) if limit and len(rows) > limit else (rows, False)


def by_id(db: sqlite3.Connection, domain: str, entry_id: str) -> Entry | None:
    """The entry with this id, when it is in the address list of the domain."""
    account = accounts.by_id(db, entry_id)
    if account is not None:
        return of_account(account) if _visible(account.attrs) and account.domain == domain else None
    found = lists.by_id(db, entry_id)
    if found is None or not _visible(found.attrs) or found.name.partition("@")[2] != domain:
        return None
    return of_list(found)


def by_dn(db: sqlite3.Connection, domain: str, dn: str) -> Entry | None:
    """The entry at this place in the directory, when it is in the address list of the domain."""
    name = f"{dn.partition(',')[0].removeprefix('uid=')}@{domain}"
    if dn.lower() != _dn(name).lower():
        return None
    account = accounts.by_address(db, name)
    found = account or lists.by_address(db, name)
    return None if found is None else by_id(db, domain, found.id)
