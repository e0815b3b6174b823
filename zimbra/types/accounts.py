"""The signed-in account, and accounts as the administration sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Info:
    """The signed-in account and its limits (GetInfo). 0 means no limit where Zimbra says so.

    used, quota, upload_max, message_max in bytes; contact_max in contacts, groups included, over the whole mailbox.
    attributes: every account attribute the server shows, the first value of each.
    """

    address: str
    account_id: str
    version: str
    used: int
    quota: int
    contact_max: int
    upload_max: int
    message_max: int
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the administration sees it; attributes hold the first value of each."""

    id: str
    address: str
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """An entry of a directory search. kind: account, alias, dl, calresource, domain or cos."""

    kind: str
    id: str
    name: str
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)
