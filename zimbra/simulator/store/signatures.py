"""Signatures: text to put under a message, as plain text, as HTML or both."""

from __future__ import annotations

import json
import sqlite3
import uuid
from dataclasses import dataclass

from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.store import accounts, identities
from zimbra.simulator.store.accounts import Account

PLAIN, HTML = "text/plain", "text/html"
_CONTACT = "contact"


@dataclass(frozen=True)
class Signature:
    """`contents`: text by content type. `contact_id`: a contact joined to it as a vCard, or ""."""

    id: str
    name: str
    contents: dict[str, str]
    contact_id: str = ""


def _signature(row: tuple[str, str, str]) -> Signature:
    stored: dict[str, str] = json.loads(row[2])
    contact_id = stored.pop(_CONTACT, "")
    return Signature(row[0], row[1], stored, contact_id)


def everything(db: sqlite3.Connection, account: Account) -> list[Signature]:
    rows = db.execute("SELECT id, name, contents FROM signatures WHERE account = ? ORDER BY name_key", (account.num,))
    return [_signature(row) for row in rows]


def find(db: sqlite3.Connection, account: Account, signature_id: str | None, name: str | None) -> Signature:
    """By id, else by name (compared without case); account.NO_SUCH_SIGNATURE."""
    for one in everything(db, account):
        if one.id == signature_id if signature_id is not None else one.name.lower() == (name or "").lower():
            return one
    wanted = signature_id if signature_id is not None else name
    raise SoapFault("account.NO_SUCH_SIGNATURE", f"no such signature: {(wanted or '')[:200]}")


def check(account: Account, contents: dict[str, str]) -> None:
    """service.INVALID_REQUEST for a text beyond zimbraMailSignatureMaxLength (0: no limit)."""
    limit = account.limit("zimbraMailSignatureMaxLength")
    if limit and any(len(text) > limit for text in contents.values()):
        raise invalid_request(f"signature is longer than the limited value {limit}")


def create(
    db: sqlite3.Connection,
    account: Account,
    name: str,
    contents: dict[str, str],
    contact_id: str = "",
    signature_id: str = "",
) -> Signature:
    """A new signature; account.SIGNATURE_EXISTS (name or id), account.TOO_MANY_SIGNATURES.

    The first one of an account becomes its default.
    """
    check(account, contents)
    name = name.strip()
    held = everything(db, account)
    if any(one.id == signature_id or one.name.lower() == name.lower() for one in held):
        raise _exists(name)
    limit = account.limit("zimbraSignatureMaxNumEntries")
    if limit and len(held) >= limit:
        raise SoapFault("account.TOO_MANY_SIGNATURES", "the maximum number of signatures has been reached")
    created = Signature(signature_id or str(uuid.uuid4()), name, contents, contact_id)
    db.execute(
        "INSERT INTO signatures VALUES (?, ?, ?, ?, ?)", (account.num, created.id, name, name.lower(), _stored(created))
    )
    if not held:
        accounts.modify(db, account, {"zimbraPrefDefaultSignatureId": [created.id]})
    return created


def _exists(name: str) -> SoapFault:
    return SoapFault("account.SIGNATURE_EXISTS", f"signature already exists: {name[:200]}")


def _stored(found: Signature) -> str:
    more = {_CONTACT: found.contact_id} if found.contact_id else {}
    return json.dumps({**found.contents, **more})


def replace(db: sqlite3.Connection, account: Account, changed: Signature) -> None:
    """The signature with that id becomes `changed`."""
    check(account, changed.contents)
    try:
        db.execute(
            "UPDATE signatures SET name = ?, name_key = ?, contents = ? WHERE account = ? AND id = ?",
            (changed.name, changed.name.lower(), _stored(changed), account.num, changed.id),
        )
    except sqlite3.IntegrityError:
        raise _exists(changed.name) from None


def delete(db: sqlite3.Connection, account: Account, found: Signature) -> None:
    """The signature, and its mention in the identities."""
    db.execute("DELETE FROM signatures WHERE account = ? AND id = ?", (account.num, found.id))
    identities.forget_signature(db, account, found.id)
