"""The signed-in account, and accounts, lists and domains as the administration sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an account may have of what a person sets. The defaults are Zimbra's (attrs.xml).

    identities: the account's own included. signature_length: characters of one signature, markup included.
    trusted_senders, white_list, black_list: entries. app_passwords: how many; the service may offer none at all.
    """

    identities: int = 20
    signatures: int = 20
    signature_length: int = 10_240
    trusted_senders: int = 500
    white_list: int = 100
    black_list: int = 100
    app_passwords: int = 25
    out_of_office_length: int = 8192


@dataclass(frozen=True, slots=True)
class Info:
    """The signed-in account and its limits (GetInfo). 0 means no limit where Zimbra says so.

    used, quota, upload_max, message_max in bytes; contact_max in contacts, groups included, over the whole mailbox.
    attributes: every account attribute the server shows, the first value of each. addresses: the account's own, its
    aliases, then what the administration allows it to write as.
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
    addresses: tuple[str, ...] = field(repr=False, default=())
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the administration sees it; attributes hold the first value of each, values all of them."""

    id: str
    address: str
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)
    values: Mapping[str, tuple[str, ...]] = field(repr=False, compare=False, default_factory=dict)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its other addresses, where the attribute was asked for."""
        return self.values.get("zimbraMailAlias", ())


@dataclass(frozen=True, slots=True)
class DistributionList:
    """A list of distribution. members: addresses, as far as they were read."""

    id: str
    address: str
    members: tuple[str, ...] = field(repr=False, default=())
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Domain:
    """A mail domain; attributes hold the first value of each."""

    id: str
    name: str
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """An entry of a directory search. kind: account, alias, dl, calresource, domain or cos."""

    kind: str
    id: str
    name: str
    attributes: Mapping[str, str] = field(repr=False, default_factory=dict)
