"""Who am I and what may I do: GetInfo, GetAccountInfo, NoOp and a few small ones."""

from __future__ import annotations

import time

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account, perm_denied
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.attributes import HOST
from zimbra.simulator.requests.registry import ACCOUNT, MAIL, handles, response
from zimbra.simulator.store import accounts, classes, domains, identities, rights, signatures
from zimbra.simulator.store.accounts import Account

VERSION = "10.1.0_GA_SIMULATOR"
_SECTIONS = ("mbox", "prefs", "attrs", "zimlets", "props", "idents", "sigs", "dsrcs", "children")
# Known to the administrator alone.
_HIDDEN = ("zimbraPasswordLockout", "zimbraCreateTimestamp", "zimbraNotes", "zimbraACE", "zimbraLastLogonTimestamp")


def preference_pairs(account: Account, names: set[str] | None = None) -> list[attributes.Pair]:
    """The preferences in order of name; `names`: only these."""
    known = attributes.known_attributes(account)
    kept = {name: value for name, value in known.items() if name.startswith("zimbraPref")}
    return attributes.pairs_of(kept, names)


def _attribute_pairs(account: Account) -> list[attributes.Pair]:
    known = attributes.known_attributes(account)
    kept = {k: v for k, v in known.items() if not k.startswith("zimbraPref") and not k.startswith(_HIDDEN)}
    kept["zimbraLocale"] = account.first("zimbraPrefLocale", "en_US")
    return attributes.pairs_of(kept)


def _sections(call: Call) -> set[str]:
    text = call.request.get("sections")
    if not text:
        return set(_SECTIONS)
    found = {one.strip().lower() for one in text.split(",")} - {""}
    unknown = found - set(_SECTIONS)
    if unknown:
        raise invalid_request(f"unknown GetInfo section: {sorted(unknown)[0][:80]}")
    return found


@handles(ACCOUNT, "GetInfoRequest")
def get_info(call: Call) -> Reply:
    account, wanted = call.target, _sections(call)
    asked = [one.strip() for one in (call.request.get("rights") or "").split(",") if one.strip()]
    for right in asked:
        rights.check_name(right)
    reply = response(call)
    reply.attrs = {
        "docSizeLimit": account.limit("zimbraFileUploadMaxSize"),
        "isSpellCheckAvailable": False,
        "attSizeLimit": account.limit("zimbraMtaMaxMessageSize"),
    }
    reply.content = {
        "version": VERSION,
        "id": account.id,
        "name": account.name,
        "crumb": account.id.replace("-", ""),
        "lifetime": max(0, call.me.expires - int(time.time())) * 1000,
    }
    if call.me.delegated_by:
        reply.content["adminDelegated"] = True
    if "mbox" in wanted:
        now = int(time.time() * 1000)
        reply.content |= {
            "rest": f"/home/{account.name}",
            "used": call.mailbox.used(),
            "isTrackingIMAP": False,
            "prevSession": now,
            "accessed": now,
            "recent": 0,
        }
    service_class = classes.find(call.db, "id", account.class_id)
    if service_class is not None:
        reply.add("cos", {"id": service_class.id, "name": service_class.name}, unique=True)
    _add_sections(call, account, wanted, reply)
    if asked:
        reply.add("rights", unique=True).children = targets_elements(call, account, asked)
    _add_urls(call, account, reply)
    return reply


def _add_sections(call: Call, account: Account, wanted: set[str], reply: Reply) -> None:
    for section, pair_name in (("prefs", "pref"), ("attrs", "attr")):
        if section in wanted:
            element = reply.add(section, unique=True)
            element.pair_names = (pair_name, "name")
            element.pairs = list(preference_pairs(account) if section == "prefs" else _attribute_pairs(account))
    if "zimlets" in wanted:
        reply.add("zimlets", unique=True)
    if "props" in wanted:
        reply.add("props", unique=True)
    if "idents" in wanted:
        element = reply.add("identities", unique=True)
        element.children = [identity_element(one) for one in identities.everything(call.db, account)]
    if "sigs" in wanted:
        element = reply.add("signatures", unique=True)
        element.children = [signature_element(one) for one in signatures.everything(call.db, account)]
    if "dsrcs" in wanted:
        reply.add("dataSources", unique=True)
    if "children" in wanted:
        element = reply.add("childAccounts", unique=True)
        visible = set(account.values("zimbraPrefChildVisibleAccount"))
        for child_id in dict.fromkeys([*visible, *account.values("zimbraChildAccount")]):
            child = accounts.by_id(call.db, child_id)
            if child is not None:
                shown, active = child_id in visible, child.status == "active"
                element.add("childAccount", {"id": child.id, "name": child.name, "visible": shown, "active": active})


def _add_urls(call: Call, account: Account, reply: Reply) -> None:
    domain = domains.domain(call.db, "name", account.domain)
    host = str(domain.attrs.get("zimbraPublicServiceHostname", HOST)) if domain else HOST
    reply.content["soapURL"] = f"http://{host}/service/soap/"
    reply.content["publicURL"] = f"http://{host}"


def identity_element(found: identities.Identity) -> Reply:
    """An identity as every answer shows it."""
    element = Reply("identity", {"name": found.name, "id": found.id})
    element.pair_names = ("a", "name")
    element.pairs = list(attributes.pairs_of(found.attrs))
    return element


def signature_element(found: signatures.Signature) -> Reply:
    """A signature as every answer shows it."""
    element = Reply("signature", {"name": found.name, "id": found.id})
    if found.contact_id:
        element.add("cid", text=found.contact_id)
    for content_type, text in found.contents.items():
        element.add("content", {"type": content_type}, text=text)
    return element


def targets_elements(call: Call, account: Account, asked: list[str]) -> list[Reply]:
    """On whose accounts and lists `account` has each right; a right it has on nobody is left out."""
    elements = []
    for right in asked:
        found = rights.targets(call.db, account, right)
        if not found:
            continue
        element = Reply("targets", {"right": right})
        for target in found:
            one = element.add("target", {"type": target.kind, "id": target.id, "d": target.display})
            if right.startswith(("sendAs", "sendOnBehalfOf")):
                # The addresses one may write from stand for the name.
                for address in target.addresses:
                    one.add("email", {"addr": address})
            else:
                one.attrs["name"] = target.name
        elements.append(element)
    return elements


@handles(ACCOUNT, "GetAccountInfoRequest")
def get_account_info(call: Call) -> Reply:
    """What anybody signed in may know of an account. Who may not administer is not told which accounts there are."""
    element = call.request.need("account")
    by = element.attrs.get("by", "name")
    if by not in ("name", "id", "foreignPrincipal"):
        raise invalid_request(f"unknown value for by: {by[:80]}")
    account = accounts.by_reference(call.db, by, element.text, call.service.default_domain)
    if account is None:
        raise no_such_account(element.text.strip()[:200]) if call.me.admin else perm_denied()
    reply = response(call)
    reply.content["name"] = account.name
    reply.pair_names = ("attr", "name")
    known = {"zimbraId": account.id, "zimbraMailHost": HOST, "zimbraCOSId": account.class_id}
    if account.first("displayName"):
        known["displayName"] = account.first("displayName")
    reply.pairs = list(attributes.pairs_of(dict(known)))
    _add_urls(call, account, reply)
    return reply


@handles(ACCOUNT, "GetVersionInfoRequest")
def get_version_info(call: Call) -> Reply:
    reply = response(call)
    reply.add("info", {"version": VERSION, "release": "1", "buildDate": "20260101-000000", "host": HOST}, unique=True)
    return reply


@handles(ACCOUNT, "GetAvailableLocalesRequest")
def get_available_locales(call: Call) -> Reply:
    reply = response(call)
    for code, name in (("en", "English"), ("en_GB", "English (United Kingdom)"), ("fr", "français")):
        reply.add("locale", {"id": code, "name": name, "localName": name})
    return reply


@handles(ACCOUNT, "GetAllLocalesRequest")
def get_all_locales(call: Call) -> Reply:
    return get_available_locales(call)


@handles(ACCOUNT, "GetAvailableSkinsRequest")
def get_available_skins(call: Call) -> Reply:
    reply = response(call)
    for name in call.target.values("zimbraAvailableSkin"):
        reply.add("skin", {"name": name})
    return reply


@handles(ACCOUNT, "GetAvailableCsvFormatsRequest")
def get_available_csv_formats(call: Call) -> Reply:
    reply = response(call)
    for name in ("outlook-2003-csv", "thunderbird-csv", "yahoo-csv", "zimbra-csv"):
        reply.add("csv", {"name": name})
    return reply


@handles(MAIL, "NoOpRequest")
def no_op(call: Call) -> Reply:
    return response(call)


@handles(ACCOUNT, "ClientInfoRequest", access="anyone")
def client_info(call: Call) -> Reply:
    """What a client may show before anybody signs in."""
    element = call.request.need("domain")
    domain = domains.domain(call.db, element.attrs.get("by", "name"), element.text)
    if domain is None:
        raise SoapFault("account.NO_SUCH_DOMAIN", f"no such domain: {element.text[:200]}")
    reply = response(call)
    reply.pairs = [("zimbraDomainName", domain.name, None)]
    return reply
