"""Preferences: GetPrefs, ModifyPrefs."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.info import preference_pairs
from zimbra.simulator.requests.registry import ACCOUNT, handles, response
from zimbra.simulator.store import accounts
from zimbra.simulator.store.accounts import Account, changed_attributes, listed

_PREFIX = "zimbraPref"
_SIGNATURES = ("zimbraPrefMailSignature", "zimbraPrefMailSignatureHTML")


@handles(ACCOUNT, "GetPrefsRequest")
def get_prefs(call: Call) -> Reply:
    """All preferences, or those named."""
    asked = {name for name, _ in call.request.pairs("pref", "name") if name.startswith(_PREFIX)}
    reply = response(call)
    reply.pair_names = ("pref", "name")
    reply.pairs = list(preference_pairs(call.target, asked or None))
    return reply


@handles(ACCOUNT, "ModifyPrefsRequest", writes=True)
def modify_prefs(call: Call) -> Reply:
    account = call.target
    changes = _changes(call)
    attributes.check(changes)
    _check_limits(account, changes)
    accounts.modify(call.db, account, changes)
    return response(call)


def _changes(call: Call) -> dict[str, list[str]]:
    """The values by name, several of one name together. In JSON a preference is a plain member of `_attrs`."""
    found: dict[str, list[str]] = {}
    for name, element in call.request.pairs("pref", "name"):
        bare = name[1:] if name[:1] in ("+", "-") else name
        if not bare.startswith(_PREFIX):
            raise invalid_request(f"pref name must start with {_PREFIX}")
        if not attributes.is_known(bare):
            raise SoapFault("ldap.INVALID_ATTR_NAME", f"invalid attr name: {bare[:80]}")
        found.setdefault(name, []).append(element.text)
    return found


def _check_limits(account: Account, changes: dict[str, list[str]]) -> None:
    """What needs the account to be judged: features, lengths and numbers that its class of service limits."""
    after = changed_attributes(account.attrs, changes)
    names = {key.lstrip("+-") for key in changes}
    trusted = listed(after.get("zimbraPrefMailTrustedSenderList", []))
    most = account.limit("zimbraMailTrustedSenderListMaxNumEntries")
    if "zimbraPrefMailTrustedSenderList" in names and most and len(trusted) > most:
        raise invalid_request(f"trusted sender list exceeds the limit of {most} entries")
    for name in names.intersection(_SIGNATURES):
        longest = account.limit("zimbraMailSignatureMaxLength")
        if longest and any(len(text) > longest for text in listed(after.get(name, []))):
            raise invalid_request(f"{name} is longer than the limited value {longest}")
    if "zimbraPrefMailForwardingAddress" in names:
        _check_forwarding(account, listed(after.get("zimbraPrefMailForwardingAddress", [])))
    start, end = (listed(after.get(f"zimbraPrefOutOfOffice{side}Date", [])) for side in ("From", "Until"))
    if start and end and start[0] > end[0] and any(name.startswith("zimbraPrefOutOfOffice") for name in names):
        raise invalid_request("zimbraPrefOutOfOfficeFromDate must be before zimbraPrefOutOfOfficeUntilDate")


def _check_forwarding(account: Account, values: list[str]) -> None:
    addresses = [one.strip() for value in values for one in value.split(",") if one.strip()]
    if addresses and not account.flag("zimbraFeatureMailForwardingEnabled"):
        raise SoapFault("service.PERM_DENIED", "permission denied: forwarding not enabled")
    longest = account.limit("zimbraMailForwardingAddressMaxLength")
    if longest and any(len(value) > longest for value in values):
        raise invalid_request(f"value is too long for zimbraPrefMailForwardingAddress, limit is {longest}")
    most = account.limit("zimbraMailForwardingAddressMaxNumAddrs")
    if most and len(addresses) > most:
        raise invalid_request(f"too many addresses in zimbraPrefMailForwardingAddress, limit is {most}")
