"""ORGANIZER and ATTENDEE: logins of the old calendar server become addresses.

Sun's server writes its calendar id (`jdoe`, `jdoe:name`) where others write `mailto:`; the address stands in
X-S1CS-EMAIL, which may say `none`. Beside a SENT-BY it is the calendar id that is right, not the mailto value.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from bascule.conversions.calendars.components import Component, Property
from bascule.conversions.calendars.context import Context
from bascule.conversions.calendars.parameters import clean_parameters
from bascule.conversions.text import parse_parameters

_ADDRESS = re.compile(r"[^\s@<>\"',;:]+@[^\s@<>\"',;:]+")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_URI = re.compile(r"(?!mailto:)[A-Za-z][A-Za-z0-9+.-]+:\S+", re.IGNORECASE)
_ROLES = {"ATTENDEE": "REQ-PARTICIPANT", "ORGANIZER": "CHAIR", "OWNER": "CHAIR", "DELEGATE": "REQ-PARTICIPANT"}
_OLD_STATES = {
    "NEEDS ACTION": "NEEDS-ACTION",
    "SENT": "NEEDS-ACTION",
    "CONFIRMED": "ACCEPTED",
    "ACCEPTED": "ACCEPTED",
    "DECLINED": "DECLINED",
    "TENTATIVE": "TENTATIVE",
    "DELEGATED": "DELEGATED",
    "COMPLETED": "COMPLETED",
}


class Person(NamedTuple):
    """line: the whole property, unfolded. address: without `mailto:`."""

    line: str
    address: str


class _Written(NamedTuple):
    params: str
    email: str
    calid: str
    clean: bool
    sent_by: bool
    name: str


def person(prop: Property, component: Component, context: Context) -> Person | None:
    """The repaired property; None, with a remark, when nobody can be reached by it."""
    written = _parameters(prop.raw)
    value = prop.value.strip()
    calid = written.calid
    address = _plain_address(value)
    if written.sent_by and calid:
        address = written.email or _address_of(calid, context) or address
    elif address is None:
        if _URI.fullmatch(value) and not _is_calid(value):
            # http:, urn:, invalid:nomail and the like: other programs' ids of people; the address may stand in EMAIL.
            if not written.email:
                if not value.lower().startswith("invalid:"):
                    return Person(f"{prop.name}{written.params}:{value}", value)
                _unreachable(prop, component, context)
                return None
            address = written.email
        else:
            address = written.email or _address_of(value or calid, context) or _address_of(calid, context)
    if not address:
        _unreachable(prop, component, context)
        return None
    line = f"{prop.name}{written.params}:mailto:{address}"
    if not written.clean or value[7:] != address:
        context.repair("person_login" if _plain_address(value) is None else "person_parameters")
    return Person(line, address)


def _unreachable(prop: Property, component: Component, context: Context) -> None:
    """Tell that somebody is left out."""
    who = _parameters(prop.raw).name or prop.value.strip() or "sans nom"
    role = "L’organisateur" if prop.name == "ORGANIZER" else "Le participant"
    message = f"{role} « {who[:80]} » n’a pas d’adresse : il n’a pas été repris."
    context.remark_line("person_without_address", component, message, prop.text)


def _plain_address(value: str) -> str | None:
    """The address of `mailto:jean@exemple.fr`, also without its mailto or in any case; None for a login."""
    bare = value[7:] if value[:7].lower() == "mailto:" else value
    bare = bare.strip().strip("<>")
    if bare[:7].lower() == "mailto:":
        bare = bare[7:]
    bare = bare.partition("?")[0].replace("%40", "@")
    if _ADDRESS.fullmatch(bare):
        return bare
    found = _ADDRESS.search(bare)
    return found[0] if found else None


def _is_calid(value: str) -> bool:
    """`jdoe:jdoe` or `jdoe:calendar`, not a URI."""
    login, _, rest = value.partition(":")
    return not rest.startswith("//") and login.lower() not in ("urn", "cid", "invalid", "http", "https", "tel", "sip")


def _address_of(calid: str, context: Context) -> str:
    """The address of a login, through the map of logins, else at the domain; "" when it is none."""
    if calid[:7].lower() == "mailto:":
        calid = calid[7:]
    login = calid.partition(":")[0].strip()
    if not login or login.lower() in ("none", "null", "nobody", "unknown", "n/a"):
        return ""
    known = context.logins.get(login.lower()) or context.logins.get(login)
    if known:
        return known
    return f"{login}@{context.domain}" if context.domain and context.sun and _LOGIN.fullmatch(login) else ""


@lru_cache(maxsize=4096)
def _parameters(raw: str) -> _Written:
    """Parameters as they will be written, and what those of the old server say."""
    if not raw:
        return _Written("", "", "", True, False, "")
    params = parse_parameters(raw)
    email = _first(params, "X-S1CS-EMAIL") or _first(params, "EMAIL")
    email = _plain_address(email) or "" if email.lower() != "none" else ""
    calid = _first(params, "X-S1CS-CALID")
    sent_by = _first(params, "SENT-BY")
    pieces = [clean_parameters(raw, _KEPT)]
    for name in ("ROLE", "PARTSTAT", "CUTYPE", "RSVP", "STATUS"):
        value = _first(params, name).strip().upper()
        if name == "ROLE":
            value = _ROLES.get(value, value)
        elif name in ("STATUS", "PARTSTAT"):
            value = _OLD_STATES.get(value.replace("_", " "), value)
            name = "PARTSTAT"
        elif name == "RSVP" and value:
            value = "TRUE" if value in ("TRUE", "YES", "1") else "FALSE"
        if value and re.fullmatch(r"[A-Z0-9-]+", value) and not any(f";{name}=" in piece for piece in pieces):
            pieces.append(f";{name}={value}")
    for name in ("SENT-BY", "DELEGATED-FROM", "DELEGATED-TO", "MEMBER"):
        addresses = [found for value in params.get(name, ()) if (found := _plain_address(value))]
        if addresses:
            quoted = ",".join(f'"mailto:{address}"' for address in addresses)
            pieces.append(f";{name}={quoted}")
    written = "".join(pieces)
    clean = sorted(written.split(";")) == sorted(raw.split(";"))
    return _Written(written, email, calid, clean, bool(sent_by), _first(params, "CN"))


_KEPT = frozenset({"CN", "LANGUAGE", "DIR", "X-NUM-GUESTS", "SCHEDULE-AGENT", "SCHEDULE-STATUS"})


def _first(params: dict[str, list[str]], name: str) -> str:
    values = params.get(name)
    return values[0] if values else ""
