"""Contacts to vCard 3.0, the way the real server exports them."""

from __future__ import annotations

import base64
import re

from zimbra.simulator.store.contacts import Contact

_PHONES = (
    ("homePhone", "home,voice"), ("homeFax", "home,fax"), ("mobilePhone", "cell,voice"), ("carPhone", "car,voice"),
    ("pager", "pager"), ("workPhone", "work,voice"), ("workFax", "work,fax"), ("otherPhone", "voice"),
    ("otherFax", "fax"),
)  # fmt: skip
_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")
_OWN_PROPERTIES = (
    ("imAddress1", "X-ZIMBRA-IMADDRESS1"),
    ("imAddress2", "X-ZIMBRA-IMADDRESS2"),
    ("imAddress3", "X-ZIMBRA-IMADDRESS3"),
    ("anniversary", "X-ZIMBRA-ANNIVERSARY"),
    ("maidenName", "X-ZIMBRA-MAIDENNAME"),
)
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})\Z")


def card(contact: Contact, uid: str, revision: str, categories: list[str]) -> str:
    """One card. `revision` is an iCalendar UTC time; unknown properties of the original are not given back."""
    get = contact.first
    numbered = _numbered(contact)
    emails = contact.emails()
    full = get("fullName") or contact.label() or (emails[0] if emails else "") or get("company")
    name = ";".join(_escape(get(key)) for key in ("lastName", "firstName", "middleName", "namePrefix", "nameSuffix"))
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"FN:{_escape(full)}",
        f"N:{name if name != ';;;;' else _escape(full) + ';;;;'}",
    ]
    if get("nickname"):
        lines.append(f"NICKNAME:{_escape(get('nickname'))}")
    if get("image"):
        lines.append(f"PHOTO;VALUE=URI:{_escape(get('image'))}")
    birthday = _DATE.match(get("birthday"))
    if birthday:
        lines.append(f"BDAY;VALUE=date:{'-'.join(birthday.groups())}")
    for kind, types in (("home", "home,postal,parcel"), ("work", "work,postal,parcel"), ("other", "postal,parcel")):
        for number in _address_numbers(numbered, kind):
            parts = [get(f"{kind}{part}{number}") for part in _ADDRESS]
            lines.append(f"ADR;TYPE={types}:;;{';'.join(_escape(part) for part in parts)}")
    for key, types in _PHONES:
        lines.extend(f"TEL;TYPE={types}:{_escape(get(key + n))}" for n in numbered.get(key, ()))
    lines.extend(f"EMAIL;TYPE=internet:{_escape(email)}" for email in emails)
    for kind, types in (("home", ";TYPE=home"), ("work", ";TYPE=work"), ("other", "")):
        lines.extend(f"URL{types}:{' '.join(get(f'{kind}URL{n}').split())}" for n in numbered.get(f"{kind}URL", ()))
    if get("company") or get("department"):
        organisation = _escape(get("company")) + (f";{_escape(get('department'))}" if get("department") else "")
        lines.append(f"ORG:{organisation}")
    for key, prop in (("jobTitle", "TITLE"), ("notes", "NOTE")):
        if get(key):
            lines.append(f"{prop}:{_escape(get(key))}")
    for attachment in contact.attachments:
        if attachment.field == "image":
            kind = attachment.content_type.partition("/")[2].upper() or "JPEG"
            lines.append(f"PHOTO;ENCODING=B;TYPE={kind}:{base64.b64encode(attachment.data).decode()}")
    lines.extend(f"{prop}:{_escape(get(key))}" for key, prop in _OWN_PROPERTIES if get(key))
    if categories:
        lines.append("CATEGORIES:" + ",".join(_escape(one) for one in categories))
    lines += [f"REV:{revision}", f"UID:{uid}", "END:VCARD"]
    return "".join(fold(line) for line in lines)


def _numbered(contact: Contact) -> dict[str, list[str]]:
    """Attribute name without its number -> the numbers it is used with, "" first."""
    found: dict[str, list[str]] = {}
    for name in contact.attrs:
        base = name.rstrip("0123456789")
        found.setdefault(base, []).append(name[len(base) :])
    for numbers in found.values():
        numbers.sort(key=lambda number: int(number or "1"))
    return found


def _address_numbers(numbered: dict[str, list[str]], kind: str) -> list[str]:
    found = {number for part in _ADDRESS for number in numbered.get(f"{kind}{part}", ())}
    return sorted(found, key=lambda number: int(number or "1"))


def _escape(text: str) -> str:
    text = text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def fold(line: str) -> str:
    """One content line with its CRLF, folded at 75 bytes and never inside a character."""
    if len(line) <= 75 and line.isascii():
        return line + "\r\n"
    pieces: list[str] = []
    rest, room = line.encode("utf-8"), 75
    while len(rest) > room:
        cut = room
        while rest[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(rest[:cut].decode("utf-8"))
        rest, room = rest[cut:], 74
    pieces.append(rest.decode("utf-8"))
    return "\r\n ".join(pieces) + "\r\n"
