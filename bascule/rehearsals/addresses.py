"""What Zimbra knows by an address: an account, another name of one, a list, nothing. Questions only, no writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zimbra.admin import AdminClient
from zimbra.admin.accounts import ldap_text

ATTRIBUTES = ("zimbraAccountStatus", "zimbraMailQuota", "zimbraMailHost", "sn", "displayName")
_TYPES = "accounts,resources,distributionlists"


@dataclass(frozen=True)
class Known:
    """name: the main address of what has the asked one. kind: account, dl or calresource."""

    kind: str
    name: str
    attributes: dict[str, str] = field(default_factory=dict)


def look(admin: AdminClient, addresses: Sequence[str]) -> dict[str, Known]:
    """What has each of `addresses` (in small letters); nothing for those that nobody has. One request for all of them,
    and one more for each that is not a main address. Raises ZimbraError."""
    wanted = set(addresses)
    if not wanted:
        return {}
    found = {known.name.casefold(): known for known in _ask(admin, sorted(wanted))}
    known = {address: found[address] for address in wanted if address in found}
    # Entries of other names can only have been found by another address of theirs.
    if set(found) - wanted:
        for address in sorted(wanted - set(known)):
            other = next(iter(_ask(admin, [address])), None)
            if other is not None:
                known[address] = other
    return known


def _ask(admin: AdminClient, addresses: Sequence[str]) -> list[Known]:
    query = "".join(f"(mail={ldap_text(address)})(zimbraMailAlias={ldap_text(address)})" for address in addresses)
    entries = admin.search_directory(f"(|{query})", types=_TYPES, attributes=ATTRIBUTES)
    return [Known(one.kind, one.name, dict(one.attributes)) for one in entries]
