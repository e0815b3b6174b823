"""Single values of a card: parameters, telephone kinds, dates, messaging addresses, pictures.

Pure functions from text to what Zimbra understands; the rules are those of Zimbra's vCard reader.
"""

from __future__ import annotations

import binascii
import re
from collections import Counter
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from bascule.conversions.french_words import MONTHS
from bascule.conversions.text import decode_quoted_printable, parse_parameters


class Parameters(NamedTuple):
    """What the readers need of a property's parameters. types: in capitals; rank: 0 is the most preferred; label: the
    name that a person gave to the property, as Android writes it."""

    types: frozenset[str]
    rank: int
    encoding: str
    charset: str
    media: str
    given: dict[str, list[str]]
    label: str = ""


_UNRANKED = 1000
NO_PARAMETERS = Parameters(frozenset(), _UNRANKED, "", "", "", {})
_CACHED_LENGTH = 120
_ENCODINGS = {"B": "B", "BASE64": "B", "QUOTED-PRINTABLE": "Q", "Q": "Q"}
_LIST = re.compile(r"[,;\s]+")


def parameters(raw: str) -> Parameters:
    """The parameters of a line from their raw text; the few that a file repeats are parsed once."""
    if not raw:
        return NO_PARAMETERS
    return _cached_parameters(raw) if len(raw) <= _CACHED_LENGTH else _parameters(raw)


def _parameters(raw: str) -> Parameters:
    given = parse_parameters(raw)
    types = {name for value in given.get("TYPE", ()) for name in _LIST.split(value.upper()) if name}
    rank = _UNRANKED
    if "PREF" in types:
        types.discard("PREF")
        rank = 0
    elif "PREF" in given:
        number = given["PREF"][0]
        rank = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
    encoding = _ENCODINGS.get(given.get("ENCODING", [""])[0].upper(), "")
    media = given.get("MEDIATYPE", [""])[0]
    label = _given_label(raw) if "X-" in raw else ""
    return Parameters(frozenset(types), rank, encoding, given.get("CHARSET", [""])[0], media, given, label)


_ANDROID_LABEL = re.compile(r";X-CUSTOM\((?:CHARSET=[\w-]+,)?(ENCODING=QUOTED-PRINTABLE,)?([^;:)]+)\)")

_X_TYPE = re.compile(r";(?:TYPE=)?\"?X-([^;:=\",()]+)(?=[;,\"]|$)")


def _given_label(raw: str) -> str:
    """Android writes `X-` and the label, X-CUSTOM(...) when it is not ASCII; the types of programs are in capitals."""
    if found := _ANDROID_LABEL.search(raw):
        return decode_quoted_printable(found[2], "", Counter()) if found[1] else found[2]
    labels = (found[1].strip() for found in _X_TYPE.finditer(raw))
    return next((label for label in labels if label != label.upper()), "")


_cached_parameters = lru_cache(maxsize=2048)(_parameters)

# ---------------------------------------------------------------------------------------------------- telephones


class PhoneKind(NamedTuple):
    """types: the TYPE value to write. attributes: the Zimbra attributes that it fills."""

    types: str
    attributes: tuple[str, ...]


_SYNONYMS = {
    "MOBILE": {"CELL"},
    "IPHONE": {"CELL"},
    "X-IPHONE": {"CELL"},
    "PCS": {"CELL"},
    "BEEP": {"PAGER"},
    "BUSINESS": {"WORK"},
    "OFFICE": {"WORK"},
    "COMPANY": {"WORK"},
    "PRIVATE": {"HOME"},
    "PERSONAL": {"HOME"},
    "HOMEFAX": {"HOME", "FAX"},
    "WORKFAX": {"WORK", "FAX"},
    "OTHERFAX": {"FAX"},
    "FAXHOME": {"HOME", "FAX"},
    "FAXWORK": {"WORK", "FAX"},
}
_ALONE = (("CAR", "carPhone"), ("CELL", "mobilePhone"), ("PAGER", "pager"))
PHONE_LABELS = {
    "mobilePhone": "mobile",
    "carPhone": "voiture",
    "pager": "messager",
    "homePhone": "domicile",
    "workPhone": "travail",
    "otherPhone": "autre",
    "homeFax": "télécopie domicile",
    "workFax": "télécopie travail",
    "otherFax": "télécopie",
}


@lru_cache(maxsize=1024)
def phone_kind(types: frozenset[str]) -> PhoneKind:
    """Which telephone Zimbra makes of these TYPE values; CAR, CELL and PAGER win over HOME and WORK."""
    known: set[str] = set()
    for name in types:
        known |= _SYNONYMS.get(name, {name})
    for name, attribute in _ALONE:
        if name in known:
            return PhoneKind(name, (attribute,))
    fax = "FAX" in known
    places = [place for place in ("HOME", "WORK") if place in known]
    suffix = "Fax" if fax else "Phone"
    if not places:
        return PhoneKind("FAX" if fax else "VOICE", ("other" + suffix,))
    return PhoneKind(",".join([*places, "FAX"] if fax else places), tuple(place.lower() + suffix for place in places))


def place_kind(types: frozenset[str]) -> str:
    """HOME, WORK or nothing: where an address, a link or an e-mail address belongs."""
    if not types:
        return ""
    for name, kind in (("HOME", "HOME"), ("WORK", "WORK")):
        if name in types:
            return kind
    for name in types:
        for kind in _SYNONYMS.get(name, ()):
            if kind in ("HOME", "WORK"):
                return kind
    return ""


# --------------------------------------------------------------------------------------------------------- dates

_DATE = re.compile(r"(\d{4})-?(\d{1,2})-?(\d{1,2})(?:[T ].*)?")
_FRENCH_DATE = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_NO_YEAR = re.compile(r"--(\d{2})-?(\d{2})(?:T.*)?")
# Apple writes 1604 for "no year"; nobody in a working address book was born then.
_NO_YEAR_YEARS = (0, 1604)


class Day(NamedTuple):
    """A date as a card gives it: `iso` when it is whole, else `text` to show to a person; both empty for nothing."""

    iso: str
    text: str


def read_day(value: str) -> Day:
    """A birthday or another date: ISO forms, dd/mm/yyyy, dates without a year, free text."""
    value = value.strip()
    if found := _DATE.fullmatch(value):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif found := _FRENCH_DATE.fullmatch(value):
        day, month, year = int(found[1]), int(found[2]), int(found[3])
        if month > 12 >= day:
            day, month = month, day
    elif found := _NO_YEAR.fullmatch(value):
        year, month, day = 0, int(found[1]), int(found[2])
    else:
        return Day("", value)
    if not month and not day:
        return Day("", "")
    try:
        # 2000 is a leap year: 29 February without a year is a date.
        date(year if year not in _NO_YEAR_YEARS else 2000, month, day)
    except ValueError:
        return Day("", value)
    if year in _NO_YEAR_YEARS:
        return Day("", f"{day} {MONTHS[month - 1]}")
    return Day(f"{year:04d}-{month:02d}-{day:02d}", "")


# ---------------------------------------------------------------------------------------------- instant messages

# The web client reads "service://name" and offers these services; others keep their name in brackets.
_SERVICES = {
    "AIM": "aol",
    "AOL": "aol",
    "MSN": "msn",
    "MSNIM": "msn",
    "YAHOO": "yahoo",
    "YMSGR": "yahoo",
    "JABBER": "xmpp",
    "XMPP": "xmpp",
    "GTALK": "xmpp",
    "GOOGLE-TALK": "xmpp",
    "GOOGLETALK": "xmpp",
}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://)?(.+)")
_STORED = re.compile(r"[a-z]+://.+")


def im_address(service: str, value: str) -> str:
    """An instant messaging address as Zimbra stores it (`aol://name`), from a service name and a value or URI."""
    value = value.strip()
    if _STORED.fullmatch(value) and not service:
        return value
    if found := _SCHEME.fullmatch(value):
        service, value = service or found[1], found[2]
        if value.startswith("goim?screenname="):
            value = value[len("goim?screenname=") :]
    service = service.removeprefix("X-").removeprefix("x-")
    if known := _SERVICES.get(service.upper()):
        return f"{known}://{value}"
    if service.islower() or service.isupper():
        service = service.capitalize()
    return f"other://{value} ({service})" if service else f"other://{value}"


# ------------------------------------------------------------------------------------------------------ pictures

_DATA_URI = re.compile(r"data:[\w/+.-]*(?:;[\w=.-]+)*;base64,", re.IGNORECASE)
# What is left of a data: URI after its punctuation was filtered out.
_DAMAGED_DATA_URI = re.compile(r"\s*dataimage/\w+?base64")
_SIGNATURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"))


def data_uri(value: str) -> str | None:
    """The base64 part of a `data:` URI; None when it is none."""
    if "\\" in value[:40]:  # escaped like text by some writers of vCard 4.0
        value = value.replace("\\", "")
    found = _DATA_URI.match(value)
    return None if found is None else value[found.end() :]


def canonical_base64(value: str) -> tuple[str, bytes]:
    """(canonical base64 on one line, the bytes); two empty values when it cannot be decoded."""
    try:
        decoded = binascii.a2b_base64(value)
    except ValueError:  # not ASCII, or cut
        letters = re.sub(r"[^A-Za-z0-9+/]", "", value)
        decoded = binascii.a2b_base64(letters[: len(letters) // 4 * 4])
    return binascii.b2a_base64(decoded, newline=False).decode("ascii"), decoded


def picture(value: str) -> tuple[str, str]:
    """(base64, media type) of a JPEG, PNG or GIF; two empty texts when it is none of them."""
    encoded, decoded = canonical_base64(
        _DAMAGED_DATA_URI.sub("", value, count=1) if "dataimage" in value[:20] else value
    )
    for signature, media in _SIGNATURES:
        if decoded.startswith(signature):
            return encoded, media
    return "", ""
