"""Senders and recipients out of address fields, whatever stands there. Pure, linear in the length of the field."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from quarantine import domains
from quarantine.safe_view import characters, fields

MAX_PEOPLE = 200
NAME_CHARACTERS = 120
ADDRESS_CHARACTERS = 320

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>]*>|\\.|[^"<>(),;:\\]+|.', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ADDRESS_WITHIN = re.compile(r"[\w.+=&'*/-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


@dataclass(frozen=True, slots=True)
class Person:
    """name, address: to be shown, everything that deceives written out; either may be "".

    key: the address for comparisons (lower case, ASCII domain), "" when it is none.
    ascii_domain: to be shown beside an address whose domain has letters that may be mistaken for others, else "".
    claims: another address that stands in the name, "" for none: the sign of a forger, as many programs show the name
    alone.
    """

    name: str
    address: str
    key: str
    ascii_domain: str
    claims: str

    @property
    def domain(self) -> str:
        return self.key.rpartition("@")[2]


def read(value: str, seen: set[str] | None = None) -> tuple[Person, ...]:
    """The people of an address field (unfolded, encoded words as they stand), at most MAX_PEOPLE.

    Encoded words are decoded after the field was taken apart: an `@` inside one is part of a name.
    """
    people: list[Person] = []
    phrase: list[str] = []
    comment: list[str] = []
    depth = 0

    def finish(address: str = "") -> None:
        words = "".join(phrase).strip()
        aside = "".join(comment).strip()
        phrase.clear()
        comment.clear()
        if not address and "@" in words:
            address, words = "".join(words.split()), aside
        if address or words:
            people.append(person(words or aside, address, seen))

    for match in _TOKEN.finditer(value):
        piece = match[0]
        if piece == "(":
            depth += 1
        elif piece == ")" and depth:
            depth -= 1
        elif depth:
            comment.append(piece)
        elif piece in {",", ";"}:
            finish()
        elif piece == ":":
            # The name of a group, unless it is a stray sign in an address.
            if "@" not in "".join(phrase):
                phrase.clear()
        elif piece.startswith("<") and piece.endswith(">") and len(piece) > 1:
            finish(_without_route(piece[1:-1]))
        else:
            phrase.append(_unquoted(piece))
        if len(people) >= MAX_PEOPLE:
            return tuple(people)
    finish()
    return tuple(people)


def person(name: str, address: str, seen: set[str] | None = None) -> Person:
    """name: encoded words as they stand; address: as written."""
    key = address_key(address)
    shown_name = fields.decoded(name)
    domain = key.rpartition("@")[2]
    return Person(
        name=characters.line(shown_name, NAME_CHARACTERS, seen),
        address=characters.line(address, ADDRESS_CHARACTERS, seen),
        key=key,
        ascii_domain=domain if "xn--" in domain else "",
        claims=_claimed(shown_name, key),
    )


def address_key(address: str) -> str:
    """The address in lower case with its domain in ASCII form; "" for what is none. The extension after + is kept,
    what deceives the eye is left out: lists show it as it is."""
    local, _, domain = address.strip().strip("<>").rpartition("@")
    local = characters.bare(local)
    domain = domains.ascii_form(domain)
    if not local or not domain or len(local) > 256 or any(sign.isspace() or sign < " " for sign in local):
        return ""
    return f"{local.lower()}@{domain}"


def _claimed(name: str, key: str) -> str:
    plain = unicodedata.normalize("NFKC", characters.bare(name[: NAME_CHARACTERS * 4]))
    for match in _ADDRESS_WITHIN.finditer(plain):
        if address_key(match[0]) != key:
            return characters.line(match[0], ADDRESS_CHARACTERS)
    return ""


def _unquoted(piece: str) -> str:
    if len(piece) > 1 and piece.startswith('"') and piece.endswith('"'):
        piece = piece[1:-1]
    return _ESCAPED.sub(r"\1", piece)


def _without_route(address: str) -> str:
    address = address.strip()
    return address.rpartition(":")[2].strip() if address.startswith("@") else address
