"""Which format a file has, by its content; and cards that are not written as vCard text.

jCard (RFC 7095), xCard (RFC 6351) and LDIF (RFC 2849) are turned into the raw properties that vCard text would have,
so that everything after is the same.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from bascule.conversions.contacts.ldif import read_ldif
from bascule.conversions.contacts.splitting import RawCard, RawProperty
from bascule.conversions.model import Unreadable
from bascule.conversions.text import Line, clean, escape_text

Convert = Callable[[bytes, Counter[str]], Iterator[RawCard]]

_VCARD = re.compile(rb"B\0*E\0*G\0*I\0*N[ \0]*:[ \0]*V\0*C\0*A\0*R\0*D", re.IGNORECASE)
_CALENDAR = re.compile(rb"BEGIN[ \0]*:[ \0]*VCALENDAR", re.IGNORECASE)
_PROPERTIES = re.compile(rb"^(?:VERSION|N|FN|EMAIL|TEL|ORG|NICKNAME)[;:]", re.IGNORECASE | re.MULTILINE)
_LDIF = re.compile(rb"^dn::?[ \t]*\S", re.IGNORECASE | re.MULTILINE)
_TABLE = re.compile(rb"[^\n;,\t]*[;,\t][^\n]*(?:name|nom|mail|prenom|pr\xc3\xa9nom|courriel)", re.IGNORECASE)
_NOT_A_NAME = re.compile(r"[^A-Z0-9_-]")
_BLANKS = b" \t\r\n\0"
_EXPORT_AGAIN = "Exportez de nouveau le carnet d'adresses au format vCard (.vcf), puis recommencez."


def find_format(data: bytes) -> Convert | None:
    """How to get the cards of a file: a function, or None for vCard text. Raises `Unreadable` for anything else."""
    data_start = data.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANKS)[:4]
    if not data_start:
        raise Unreadable("empty", f"Ce fichier est vide. {_EXPORT_AGAIN}")
    if _VCARD.search(data):
        return None
    if _CALENDAR.search(data):
        raise Unreadable(
            "calendar", "Ce fichier contient un agenda, pas un carnet d'adresses. Déposez-le comme agenda."
        )
    if data_start[:1] == b"[" and b"vcard" in data:
        return _read_jcard
    if data_start[:1] == b"<" and b"vcard" in data:
        return _read_xcard
    if _LDIF.search(data):
        return read_ldif
    if _PROPERTIES.search(data):
        return None
    if data_start == b"PK\x03\x04":
        raise Unreadable(
            "archive", "Ce fichier est une archive ou un document. Déposez le fichier .vcf qu'il contient."
        )
    if _TABLE.match(data):
        raise Unreadable("table", f"Ce fichier est un tableau (CSV), pas un carnet d'adresses. {_EXPORT_AGAIN}")
    raise Unreadable("not_contacts", f"Aucune fiche de contact n'a été trouvée dans ce fichier. {_EXPORT_AGAIN}")


def _add(raw: RawCard, repairs: Counter[str], prop: RawProperty) -> None:
    """Add a property whose text did not come through `logical_lines`."""
    value = clean(prop.value, repairs)
    if "\ufffd" in value:
        repairs["lost_characters"] += 1
        value = value.replace("\ufffd", "?")
        raw.damaged.append(Line(prop.number, f"{prop.name}:{value}", True))
    parameters = clean(prop.parameters, repairs).replace("\ufffd", "?")
    name = _NOT_A_NAME.sub("", prop.name)
    raw.properties.append(prop._replace(name=name, value=value, parameters=parameters))


# --------------------------------------------------------------------------------------------------------- jCard


def _read_jcard(data: bytes, repairs: Counter[str]) -> Iterator[RawCard]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable("jcard", f"Ce fichier (jCard) est abîmé. {_EXPORT_AGAIN}") from error
    cards = [content] if isinstance(content, list) and content[:1] == ["vcard"] else content
    for number, card in enumerate(cards if isinstance(cards, list) else [], 1):
        if not (isinstance(card, list) and len(card) > 1 and card[0] == "vcard" and isinstance(card[1], list)):
            continue
        raw = RawCard(number)
        for entry in card[1]:
            if isinstance(entry, list) and len(entry) > 3 and isinstance(entry[0], str):
                given = entry[1] if isinstance(entry[1], dict) else {}
                parameters = {str(name): values for name, values in given.items() if name != "group"}
                value = ",".join(_json_value(part, str(entry[2]), entry[0].lower()) for part in entry[3:])
                _add(raw, repairs, _property(number, entry[0], parameters, value, str(given.get("group", ""))))
        yield raw


def _json_value(value: Any, kind: str, name: str) -> str:
    if isinstance(value, list):
        parts = (
            ",".join(escape_text(str(piece)) for piece in part) if isinstance(part, list) else escape_text(str(part))
            for part in value
        )
        return ";".join(parts)
    text = "" if value is None else str(value)
    return text if kind == "uri" and name != "tel" else escape_text(text)


# --------------------------------------------------------------------------------------------------------- xCard


def _read_xcard(data: bytes, repairs: Counter[str]) -> Iterator[RawCard]:
    # Only here: the XML library is large, and such files are rare.
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, remove_comments=True)
    root = etree.fromstring(data.lstrip(_BLANKS), parser)
    found = False
    for element in root.iter("{*}vcard") if root is not None else ():
        found = True
        raw = RawCard(_line(element))
        for child in element:
            group = ""
            children = [child]
            if _local_name(child) == "group":
                group, children = child.get("name", ""), list(child)
            for prop in children:
                if _local_name(prop):
                    _add(raw, repairs, _xml_property(prop, group))
        yield raw
    if not found:
        raise Unreadable("xcard", f"Ce fichier (xCard) est abîmé. {_EXPORT_AGAIN}")


_COMPONENTS = {
    "adr": ("pobox", "ext", "street", "locality", "region", "code", "country"),
    "n": ("surname", "given", "additional", "prefix", "suffix"),
}


def _line(element: Any) -> int:
    return int(element.sourceline or 1)


def _local_name(element: Any) -> str:
    """An element's name without its namespace; empty for processing instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _xml_property(element: Any, group: str) -> RawProperty:
    name = _local_name(element)
    parameters: dict[str, Any] = {}
    values = []
    structured = name.lower() in ("n", "adr", "org")
    for child in element:
        tag = _local_name(child)
        if tag == "parameters":
            for parameter in child:
                words = [text.strip() for text in parameter.itertext() if text.strip()]
                parameters[_local_name(parameter)] = words
        elif tag:
            text = "".join(child.itertext())
            values.append(text if tag == "uri" else escape_text(text))
    if order := _COMPONENTS.get(name.lower()):
        by_tag: dict[str, list[str]] = {}
        for child in element:
            if child.text:
                by_tag.setdefault(_local_name(child), []).append(escape_text(child.text))
        values = [",".join(by_tag.get(tag, ())) for tag in order]
    return _property(_line(element), name, parameters, (";" if structured else ",").join(values), group)


def _property(number: int, name: str, parameters: dict[str, Any], value: str, group: str) -> RawProperty:
    raw = []
    for key, given in parameters.items():
        words = given if isinstance(given, list) else [given]
        quoted = ",".join(
            '"' + str(word).replace("^", "^^").replace('"', "^'").replace("\n", "^n") + '"' for word in words
        )
        raw.append(f";{key}={quoted}")
    return RawProperty(number, group, name.upper(), "".join(raw), value)
