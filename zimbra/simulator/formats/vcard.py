"""vCard to contact attributes, the way the real server reads them, its quirks included.

Sources: the mapping tables and pitfalls gathered from the server's own reader. What a person notices: e-mail types
and preferences are ignored, organisations have two levels, a photo without TYPE breaks the file, unknown properties
are kept out of sight, and one line without a colon refuses everything.
"""

from __future__ import annotations

import base64
import binascii
import json
import quopri
import re
from dataclasses import dataclass, field

from zimbra.simulator.fault import failure, parse_error

MAX_SUFFIX = 20
_ABBREVIATIONS = {"HOME", "WORK", "FAX", "CELL", "PAGER", "CAR"}
_KNOWN = frozenset(
    [
        "BEGIN",
        "FN",
        "N",
        "NICKNAME",
        "PHOTO",
        "KEY",
        "BDAY",
        "ADR",
        "TEL",
        "EMAIL",
        "URL",
        "ORG",
        "TITLE",
        "NOTE",
        "AGENT",
        "END",
        "UID",
        "X-ZIMBRA-IMADDRESS1",
        "X-ZIMBRA-IMADDRESS2",
        "X-ZIMBRA-IMADDRESS3",
        "X-ZIMBRA-ANNIVERSARY",
        "X-ZIMBRA-MAIDENNAME",
    ]
)
_NAME = ("lastName", "firstName", "middleName", "namePrefix", "nameSuffix")
_ORG = ("company", "department")
_PLAIN = {
    "FN": ("fullName", "altFullName"),
    "NICKNAME": ("nickname", "altNickName"),
    "BDAY": ("birthday", "birthday"),
    "TITLE": ("jobTitle", "altJobTitle"),
    "NOTE": ("notes", "notes"),
    "EMAIL": ("email", "email"),
    "X-ZIMBRA-ANNIVERSARY": ("anniversary", "anniversary"),
}


@dataclass(frozen=True)
class Photo:
    content_type: str
    filename: str
    data: bytes


@dataclass
class Card:
    """One card that had at least one known or opaque property."""

    fields: dict[str, str] = field(default_factory=dict)
    photo: Photo | None = None
    uid: str | None = None


@dataclass
class _Line:
    name: str
    group: str
    value: str
    types: set[str]
    params: list[str]
    type_value: str | None
    encoding: str
    charset: str


def parse_cards(text: str) -> list[Card]:
    """The cards of a file. A line without ':' is service.PARSE_ERROR, an encoded photo without TYPE service.FAILURE:
    in both cases nothing of the file is taken."""
    cards: list[Card] = []
    card = Card()
    opaque: list[tuple[str, str, list[str]]] = []
    depth = 0
    for line in _lines(text):
        name = line.name
        if name in ("VERSION", "REV", "PRODID"):
            continue
        if name not in _KNOWN:
            opaque.append((f"{line.group}.{name}" if line.group else name, _unescape(_decoded(line)), line.params))
        elif name == "BEGIN":
            depth += 1
            if depth == 1:
                card, opaque = Card(), []
        elif name == "END":
            if depth == 1:
                if opaque:
                    card.fields["vCardXProps"] = json.dumps(opaque, ensure_ascii=False)
                if card.fields:
                    cards.append(card)
            depth = max(0, depth - 1)
        elif depth == 0:
            continue
        elif name == "AGENT":
            if re.fullmatch(r"BEGIN\s*:\s*VCARD", line.value.strip().upper()):
                depth += 1
        else:
            _assign(card, line)
    return cards


def _lines(text: str) -> list[_Line]:
    found: list[_Line] = []
    raw = re.split(r"\r\n|\r|\n", text)
    position = 0
    while position < len(raw):
        joined = raw[position]
        position += 1
        while True:
            while position < len(raw) and raw[position][:1] in (" ", "\t"):
                joined += raw[position][1:]
                position += 1
            if not joined.strip():
                break
            line = _line(joined)
            # A quoted-printable value ending in "=" goes on on the next line.
            if line.encoding == "Q" and joined.endswith("=") and position < len(raw):
                joined += "\n" + raw[position]
                position += 1
                continue
            found.append(line)
            break
    return found


def _line(text: str) -> _Line:
    head, colon, value = text.partition(":")
    if not colon:
        raise parse_error(f"missing ':' in line {text[:70]}")
    parts = head.split(";")
    group, _, name = parts[0].rpartition(".")
    name = name.strip().upper()
    if not name:
        raise parse_error(f"missing property name in line {text[:70]}")
    line = _Line(name, group, value, set(), [], None, "", "utf-8")
    for part in parts[1:]:
        key, equals, given = part.partition("=")
        if not equals:
            _bare_parameter(line, part.upper())
            continue
        key = key.upper()
        for one in given.split(","):
            if key == "ENCODING" and one.upper() in ("B", "BASE64"):
                line.encoding = "B"
            elif key == "ENCODING" and one.upper() == "QUOTED-PRINTABLE":
                line.encoding = "Q"
            elif key == "CHARSET":
                line.charset = one
            elif one:
                if key == "TYPE":
                    line.types.add(one.upper())
                    line.type_value = line.type_value or one
                line.params.append(f"{key}={one}")
    return line


def _bare_parameter(line: _Line, word: str) -> None:
    """The abbreviations of vCard 2.1 the server knows; others are dropped."""
    if word == "BASE64":
        line.encoding = "B"
    elif word == "QUOTED-PRINTABLE":
        line.encoding = "Q"
    elif word in _ABBREVIATIONS:
        line.types.add(word)
        line.params.append(f"TYPE={word}")
        line.type_value = line.type_value or word


def _decoded(line: _Line) -> str:
    try:
        if line.encoding == "B":
            return base64.b64decode(line.value, validate=True).decode(line.charset, "replace")
        if line.encoding == "Q":
            return quopri.decodestring(line.value.encode("utf-8")).decode(line.charset, "replace")
    except (binascii.Error, LookupError, ValueError):
        return line.value
    return line.value


def _assign(card: Card, line: _Line) -> None:
    fields, name = card.fields, line.name
    if line.encoding == "B" and "VALUE=URI" not in [param.upper() for param in line.params]:
        if name == "PHOTO":
            card.photo = _photo(line)
            return
        if name == "KEY":
            fields["userCertificate"] = line.value
            return
    value = _decoded(line)
    if name in _PLAIN:
        key, again = _PLAIN[name]
        _add(fields, key, _unescape(value), again)
    elif name == "N":
        _structured(fields, value, _NAME)
    elif name == "ORG":
        _structured(fields, value, _ORG)
    elif name == "ADR":
        for kind in _kinds(line):
            street = f"{kind}Street"
            _structured(
                fields,
                value,
                (street, street, street, f"{kind}City", f"{kind}State", f"{kind}PostalCode", f"{kind}Country"),
            )
    elif name == "TEL":
        _telephone(fields, line, _unescape(value))
    elif name == "URL":
        for kind in _kinds(line):
            _add(fields, f"{kind}URL", value)
    elif name == "PHOTO":
        fields["image"] = _unescape(value)
    elif name == "UID":
        card.uid = value
    elif name == "X-ZIMBRA-MAIDENNAME":
        fields["maidenName"] = _unescape(value)
    elif name.startswith("X-ZIMBRA-IMADDRESS"):
        _add_numbered(fields, "imAddress", _unescape(value), 1)


def _photo(line: _Line) -> Photo:
    if line.type_value is None:
        raise failure("photo without a TYPE")
    try:
        data = base64.b64decode(line.value, validate=True)
    except (binascii.Error, ValueError):
        data = line.value.encode("utf-8")
    return Photo(f"image/{line.type_value.lower()}", f"image.{line.type_value.upper()}", data)


def _kinds(line: _Line) -> list[str]:
    return [kind.lower() for kind in ("HOME", "WORK") if kind in line.types] or ["other"]


def _telephone(fields: dict[str, str], line: _Line, value: str) -> None:
    for word, key in (("CAR", "carPhone"), ("CELL", "mobilePhone"), ("PAGER", "pager")):
        if word in line.types:
            _add(fields, key, value)
            return
    fax = "FAX" in line.types
    for kind in _kinds(line):
        if fax:
            _add(fields, f"{kind}Fax", value)
        if not fax or "VOICE" in line.types:
            _add(fields, f"{kind}Phone", value)


def _add(fields: dict[str, str], key: str, value: str, again: str = "") -> None:
    """Set an attribute, or its next numbered form; beyond the nineteenth the value is lost, as on the real server."""
    if key not in fields:
        fields[key] = value
    else:
        _add_numbered(fields, again or key, value, 2)


def _add_numbered(fields: dict[str, str], prefix: str, value: str, start: int) -> None:
    for suffix in range(start, MAX_SUFFIX):
        if f"{prefix}{suffix}" not in fields:
            fields[f"{prefix}{suffix}"] = value
            return


def _structured(fields: dict[str, str], value: str, keys: tuple[str, ...]) -> None:
    suffix, number = "", 1
    while any(key + suffix in fields for key in keys) and number < MAX_SUFFIX:
        number += 1
        suffix = str(number)
    for key, part in zip(keys, re.split(r"(?<!\\);", value.replace("\\\\", "\0")), strict=False):
        text = _unescape(part.replace("\0", "\\\\"))
        if part:
            name = key + suffix
            fields[name] = f"{fields[name]}, {text}" if name in fields else text


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    return re.sub(
        r"\\(.)", lambda m: {"n": "\n", "N": "\n", "t": "\t", "T": "\t"}.get(m[1], m[1]), value, flags=re.DOTALL
    )
