"""Identities: the names and addresses a person writes under.

The one named DEFAULT is the account itself: it cannot be deleted or renamed, and counts for the limit.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault, failure, invalid_request
from zimbra.simulator.store import accounts
from zimbra.simulator.store.accounts import Account, changed_attributes
from zimbra.simulator.store.defaults import Attributes

DEFAULT = "DEFAULT"
NAME, ID = "zimbraPrefIdentityName", "zimbraPrefIdentityId"
# What an identity may say; for DEFAULT these are preferences of the account.
ATTRIBUTES = frozenset(
    (
        "zimbraPrefBccAddress", "zimbraPrefDefaultSignatureId", "zimbraPrefForwardIncludeOriginalText",
        "zimbraPrefForwardReplyFormat", "zimbraPrefForwardReplyPrefixChar", "zimbraPrefForwardReplySignatureId",
        "zimbraPrefFromAddress", "zimbraPrefFromAddressType", "zimbraPrefFromDisplay", "zimbraPrefMailSignature",
        "zimbraPrefMailSignatureEnabled", "zimbraPrefMailSignatureStyle", "zimbraPrefReplyIncludeOriginalText",
        "zimbraPrefReplyToAddress", "zimbraPrefReplyToDisplay", "zimbraPrefReplyToEnabled", "zimbraPrefSaveToSent",
        "zimbraPrefSentMailFolder", "zimbraPrefUseDefaultIdentitySettings", "zimbraPrefWhenInFolderIds",
        "zimbraPrefWhenInFoldersEnabled", "zimbraPrefWhenSentToAddresses", "zimbraPrefWhenSentToEnabled",
        "zimbraPrefMessageViewHtmlPreferred",
    )
)  # fmt: skip
_SIGNATURES = ("zimbraPrefDefaultSignatureId", "zimbraPrefForwardReplySignatureId")


@dataclass(frozen=True)
class Identity:
    id: str
    name: str
    attrs: Attributes


def default(account: Account) -> Identity:
    """The account as an identity; its id is the account's."""
    attrs: Attributes = {}
    for name in ATTRIBUTES:
        values = account.values(name)
        if values:
            attrs[name] = values[0] if len(values) == 1 else values
    attrs.setdefault("zimbraPrefFromAddress", account.name)
    attrs.setdefault("zimbraPrefFromAddressType", "sendAs")
    attrs.setdefault("zimbraPrefFromDisplay", account.first("displayName") or account.first("cn") or account.name)
    return Identity(account.id, DEFAULT, {**attrs, NAME: DEFAULT, ID: account.id})


def _identity(row: tuple[str, str, str]) -> Identity:
    return Identity(row[0], row[1], {**json.loads(row[2]), NAME: row[1], ID: row[0]})


def everything(db: sqlite3.Connection, account: Account) -> list[Identity]:
    """DEFAULT first, then the others in order of name."""
    rows = db.execute("SELECT id, name, attrs FROM identities WHERE account = ? ORDER BY name_key", (account.num,))
    return [default(account), *(_identity(row) for row in rows)]


def find(db: sqlite3.Connection, account: Account, identity_id: str | None, name: str | None) -> Identity:
    """By id, else by name (compared without case); account.NO_SUCH_IDENTITY."""
    for one in everything(db, account):
        if one.id == identity_id if identity_id is not None else one.name.lower() == (name or "").lower():
            return one
    wanted = identity_id if identity_id is not None else name
    raise SoapFault("account.NO_SUCH_IDENTITY", f"no such identity: {(wanted or '')[:200]}")


def create(db: sqlite3.Connection, account: Account, name: str, changes: Mapping[str, list[str]]) -> Identity:
    """A new identity.

    account.IDENTITY_EXISTS, account.TOO_MANY_IDENTITIES; ldap.LDAP_ERROR for an empty name or one that the attributes
    contradict.
    """
    kept = {key: values for key, values in changes.items() if key.lstrip("+-") in ATTRIBUTES}
    own_name = [value for value in changes.get(NAME, []) if value]
    if not name or (own_name and own_name[0].strip() != name.strip()):
        raise SoapFault("ldap.LDAP_ERROR", f"LDAP error: invalid name of an entry: {name[:200]}")
    if name.upper() == DEFAULT:
        raise _exists(name)
    limit = account.limit("zimbraIdentityMaxNumEntries")
    if limit and len(everything(db, account)) >= limit:
        raise SoapFault("account.TOO_MANY_IDENTITIES", "the maximum number of identities has been reached")
    attrs = changed_attributes({}, kept)
    created = Identity(str(uuid.uuid4()), name, attrs)
    try:
        db.execute(
            "INSERT INTO identities VALUES (?, ?, ?, ?, ?)",
            (account.num, created.id, name, name.lower(), json.dumps(attrs)),
        )
    except sqlite3.IntegrityError:
        raise _exists(name) from None
    return _identity((created.id, name, json.dumps(attrs)))


def _exists(name: str) -> SoapFault:
    return SoapFault("account.IDENTITY_EXISTS", f"identity already exists: {name[:200]}")


def modify(db: sqlite3.Connection, account: Account, found: Identity, changes: Mapping[str, list[str]]) -> None:
    """Attributes changed as those of an account are; with zimbraPrefIdentityName, renamed."""
    kept = {key: values for key, values in changes.items() if key.lstrip("+-") in ATTRIBUTES}
    new_name = changes[NAME][-1] if changes.get(NAME) else found.name
    if found.id == account.id:
        if new_name.upper() != DEFAULT:
            raise invalid_request("cannot rename default identity")
        accounts.modify(db, account, kept)
        return
    if not new_name.strip():
        raise failure("an identity must have a name")
    if new_name.upper() == DEFAULT:
        raise _exists(new_name)
    stored = {name: value for name, value in found.attrs.items() if name in ATTRIBUTES}
    attrs = changed_attributes(stored, kept)
    try:
        db.execute(
            "UPDATE identities SET name = ?, name_key = ?, attrs = ? WHERE account = ? AND id = ?",
            (new_name, new_name.lower(), json.dumps(attrs), account.num, found.id),
        )
    except sqlite3.IntegrityError:
        raise _exists(new_name) from None


def delete(db: sqlite3.Connection, account: Account, found: Identity) -> None:
    """service.INVALID_REQUEST for DEFAULT."""
    if found.id == account.id:
        raise invalid_request("cannot delete default identity")
    db.execute("DELETE FROM identities WHERE account = ? AND id = ?", (account.num, found.id))


def forget_signature(db: sqlite3.Connection, account: Account, signature_id: str) -> None:
    """No identity names this signature any more."""
    for one in everything(db, account):
        naming = [name for name in _SIGNATURES if one.attrs.get(name) == signature_id]
        if naming:
            modify(db, account, one, {name: [] for name in naming})
