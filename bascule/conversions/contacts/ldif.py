"""LDIF address books (Thunderbird, directories, the address book of Sun's Messenger Express) as raw cards.

Classes and attributes: RFC 2798 (inetOrgPerson), RFC 4519 (groupOfNames), Mozilla's address book schema, Sun's
pabPerson, pabGroup and piEntry.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bascule.conversions.contacts.splitting import RawCard, RawProperty
from bascule.conversions.text import clean, escape_text, logical_lines

_LINE = re.compile(r"([A-Za-z][A-Za-z0-9.-]*)(?:;[A-Za-z0-9;-]*)?(::?)\s*(.*)", re.DOTALL)
_GROUPS = frozenset({"groupofnames", "groupofuniquenames", "pabgroup", "pigroup", "mailgroup", "inetmailgroup"})
_CONTAINERS = frozenset({"pab", "pitypebook", "organizationalunit", "organization", "domain", "dcobject", "country"})
_SINGLE = {
    "cn": "FN",
    "displayname": "FN",
    "mozillanickname": "NICKNAME",
    "xmozillanickname": "NICKNAME",
    "title": "TITLE",
    "description": "NOTE",
    "notes": "NOTE",
    "info": "NOTE",
    "multilinedescription": "NOTE",
    "mail": "EMAIL",
    "mozillasecondemail": "EMAIL",
    "mailalternateaddress": "EMAIL",
    "piemail1": "EMAIL",
    "piemail2": "EMAIL",
    "piemail3": "EMAIL",
    "telephonenumber": "TEL;TYPE=WORK",
    "homephone": "TEL;TYPE=HOME",
    "mobile": "TEL;TYPE=CELL",
    "cellphone": "TEL;TYPE=CELL",
    "pager": "TEL;TYPE=PAGER",
    "pagerphone": "TEL;TYPE=PAGER",
    "facsimiletelephonenumber": "TEL;TYPE=WORK,FAX",
    "fax": "TEL;TYPE=FAX",
    "piphone1": "TEL;TYPE=WORK",
    "piphone2": "TEL;TYPE=HOME",
    "piphone3": "TEL;TYPE=CELL",
    "labeleduri": "URL",
    "mozillaworkurl": "URL;TYPE=WORK",
    "workurl": "URL;TYPE=WORK",
    "mozillahomeurl": "URL;TYPE=HOME",
    "homeurl": "URL;TYPE=HOME",
    "url": "URL",
    "birthday": "BDAY",
    "dateofbirth": "BDAY",
    "anniversary": "ANNIVERSARY",
    "nsaimid": "X-AIM",
    "mozillaaimscreenname": "X-AIM",
    "jpegphoto": "PHOTO;ENCODING=b;TYPE=JPEG",
    "postaladdress": "LABEL;TYPE=WORK",
    "homepostaladdress": "LABEL;TYPE=HOME",
    "roomnumber": "X-BUREAU",
    "employeenumber": "X-MATRICULE",
    "mozillacustom1": "X-CHAMP-1",
    "mozillacustom2": "X-CHAMP-2",
    "mozillacustom3": "X-CHAMP-3",
    "mozillacustom4": "X-CHAMP-4",
    "member": "MEMBER",
    "uniquemember": "MEMBER",
    "rfc822mailmember": "MEMBER",
    "mgrprfc822mailmember": "MEMBER",
}
_WORK = (("postofficebox",), ("mozillaworkstreet2",), ("street", "streetaddress"), ("l", "locality"), ("st", "region"),
         ("postalcode",), ("c", "co", "countryname"))  # fmt: skip
_HOME = (("mozillahomepostofficebox",), ("mozillahomestreet2",), ("mozillahomestreet",), ("mozillahomelocalityname",),
         ("mozillahomestate",), ("mozillahomepostalcode",), ("mozillahomecountryname",))  # fmt: skip
_COMMON_NAME = re.compile(r"(?:^|,)\s*cn=([^,]+)", re.IGNORECASE)
_DN_MAIL = re.compile(r"(?:^|,)\s*mail=([^,]+)", re.IGNORECASE)


@dataclass(slots=True)
class _Record:
    line: int
    dn: str
    values: dict[str, list[str]] = field(default_factory=dict)

    def first(self, names: tuple[str, ...]) -> str:
        return next((self.values[name][0] for name in names if name in self.values), "")

    def classes(self) -> set[str]:
        return {value.lower() for value in self.values.get("objectclass", ())}


def read_ldif(data: bytes, repairs: Counter[str]) -> Iterator[RawCard]:
    """The people and groups of an LDIF file; containers (books, organisational units) are no cards."""
    records = [record for record in _records(data, repairs) if not record.classes() & _CONTAINERS]
    members_by_group: dict[str, list[_Record]] = {}
    for record in records:
        for group in record.values.get("memberofpabgroup", ()):
            members_by_group.setdefault(group.lower(), []).append(record)
    for record in records:
        repairs["ldif"] += 1
        yield _card(record, members_by_group)


def _records(data: bytes, repairs: Counter[str]) -> Iterator[_Record]:
    record: _Record | None = None
    for line in logical_lines(data, repairs=repairs):
        found = _LINE.match(line.text)
        if found is None:
            continue
        name, value = found[1].lower(), found[3]
        if found[2] == "::":
            value = value if name == "jpegphoto" else _base64_text(value, repairs)
        if name == "dn":
            if record is not None:
                yield record
            record = _Record(line.number, value)
        elif record is not None and value.strip():
            record.values.setdefault(name, []).append(value.strip())
    if record is not None:
        yield record


def _base64_text(value: str, repairs: Counter[str]) -> str:
    try:
        raw = base64.b64decode(value)
    except (binascii.Error, ValueError):
        return value
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return clean(text.replace("\r\n", "\n"), repairs).replace("\ufffd", "?")


def _card(record: _Record, members_by_group: dict[str, list[_Record]]) -> RawCard:
    raw = RawCard(record.line)

    def add(name: str, value: str) -> None:
        head, semicolon, parameters = name.partition(";")
        raw.properties.append(RawProperty(record.line, "", head, semicolon + parameters, value))

    add("UID", _identifier(record.dn))
    values = record.values
    last, first = record.first(("sn", "surname")), record.first(("givenname", "gn"))
    add("N", f"{escape_text(last)};{escape_text(first)};;;")
    company, unit = record.first(("o", "company", "organizationname")), record.first(("ou", "department"))
    if company or unit:
        add("ORG", f"{escape_text(company)};{escape_text(unit)}")
    for place, attributes in (("WORK", _WORK), ("HOME", _HOME)):
        parts = [escape_text(record.first(names)) for names in attributes]
        if any(parts):
            add(f"ADR;TYPE={place}", ";".join(parts))
    for name, found in values.items():
        target = _SINGLE.get(name)
        if target is None:
            continue
        for value in found:
            if target == "MEMBER":
                add(*_member(value))
            elif target.startswith("PHOTO"):
                add(target, value)
            else:
                add(target, escape_text(value.replace("$", "\n") if target.startswith("LABEL") else value))
    groups = record.classes() & _GROUPS
    if groups:
        add("KIND", "group")
        for key in (record.dn, *values.get("un", ()), *values.get("cn", ())):
            for member in members_by_group.pop(key.lower(), ()):
                add("MEMBER", _identifier(member.dn))
    return raw


def _identifier(dn: str) -> str:
    """A UID for a distinguished name: the same for every spelling of it."""
    normal = re.sub(r"\s*([,=])\s*", r"\1", dn.strip().lower())
    return hashlib.blake2b(normal.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _member(value: str) -> tuple[str, str]:
    """(property, value) of a member given by address or by distinguished name."""
    if "=" not in value:
        return "MEMBER", escape_text(value)
    name, mail = _COMMON_NAME.search(value), _DN_MAIL.search(value)
    label = (name[1] if name else mail[1] if mail else value).strip().replace('"', "'")
    if mail:
        return f'MEMBER;CN="{label}"', "mailto:" + mail[1].strip()
    return f'MEMBER;CN="{label}"', _identifier(value)
