"""Search queries: the part of Zimbra's language that people and clients use.

    in:"Carnet Élèves"  under:contacts  inid:257  is:anywhere  is:unread  #email:marie@exemple.fr  tag:"à voir"
    from:, subject:, contact:"..."  uid:...  plain words  -word  a OR b  (groups)

Words are joined by AND. A word is found anywhere in the item's text, from the start of a word, without case or accents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

_TOKEN = re.compile(
    r'\s*(?:(\()|(\))|(-|!)|(#?[A-Za-z_][\w.-]*):(?:"((?:[^"\\]|\\.)*)"|\(([^()]*)\)|([^\s()"]*))|"((?:[^"\\]|\\.)*)"|([^\s()"]+))'
)
MAX_DEPTH = 50


class BadQuery(ValueError):
    """The text is no query."""


class Subject:
    """What a query is asked about: an item reduced to what queries can see.

    `read` gives its fields (name -> values); it is called only when a query looks inside.
    """

    def __init__(
        self, folder: int, flags: str, tags: Callable[[], frozenset[str]], read: Callable[[], dict[str, list[str]]]
    ) -> None:
        self.folder = folder
        self.flags = flags
        self._tags = tags
        self._read = read

    @cached_property
    def tags(self) -> frozenset[str]:
        return self._tags()

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        return self._read()

    @cached_property
    def words(self) -> str:
        return plain("\n".join(value for key, values in self.fields.items() if key != "uid" for value in values))


@dataclass(frozen=True)
class Places:
    """How folders are named in a query: returns ids, raises for an unknown name."""

    named: Callable[[str], int]
    below: Callable[[str], set[int]]


Predicate = Callable[[Subject], bool]


@dataclass(frozen=True)
class Query:
    """`everywhere`: trash and junk too. `places`: the folders named, if any. `only`: the one folder where all is."""

    matches: Predicate
    everywhere: bool
    places: frozenset[int] | None
    only: int | None


def plain(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


class _Parser:
    def __init__(self, text: str, places: Places) -> None:
        self.text, self.at, self.places = text, 0, places
        self.everywhere = False
        self.folders: set[int] = set()
        self.simple = True

    def peek(self) -> re.Match[str] | None:
        return None if not self.text[self.at :].strip() else self._match()

    def _match(self) -> re.Match[str]:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            raise BadQuery(f"unexpected text at {self.at}")
        return found

    def either(self, depth: int) -> Predicate:
        if depth > MAX_DEPTH:
            raise BadQuery("nested too deeply")
        options = [self.both(depth)]
        while (token := self.peek()) is not None and (token[9] or "").upper() == "OR":
            self.at = token.end()
            self.simple = False
            options.append(self.both(depth))
        return options[0] if len(options) == 1 else lambda subject: any(option(subject) for option in options)

    def both(self, depth: int) -> Predicate:
        parts: list[Predicate] = []
        while (token := self.peek()) is not None and not token[2] and (token[9] or "").upper() != "OR":
            if (token[9] or "").upper() == "AND":
                self.at = token.end()
                continue
            parts.append(self.one(depth))
        return lambda subject: all(part(subject) for part in parts)

    def one(self, depth: int) -> Predicate:
        token = self._match()
        self.at = token.end()
        if token[2]:
            raise BadQuery("unexpected )")
        if token[1]:
            inner = self.either(depth + 1)
            closing = self.peek()
            if closing is None or not closing[2]:
                raise BadQuery("missing )")
            self.at = closing.end()
            return inner
        if token[3] or (token[9] or "").upper() == "NOT":
            if depth > MAX_DEPTH or self.peek() is None:
                raise BadQuery("nothing to negate")
            self.simple = False
            negated = self.one(depth + 1)
            return lambda subject: not negated(subject)
        if token[4]:
            value = next((part for part in (token[5], token[6], token[7]) if part is not None), "")
            return self.field(token[4].lower(), re.sub(r"\\(.)", r"\1", value))
        return _word(token[8] if token[8] is not None else token[9])

    def field(self, name: str, value: str) -> Predicate:
        if name in ("in", "inid"):
            if name == "in" and value.lower() in ("anywhere", "any"):
                self.everywhere = True
                return lambda subject: True
            if name == "inid" and not value.rpartition(":")[2].isdecimal():
                raise BadQuery(f"not a folder id: {value[:40]}")
            folder = self.places.named(value) if name == "in" else int(value.rpartition(":")[2])
            self.folders.add(folder)
            return lambda subject: subject.folder == folder
        if name in ("under", "underid"):
            below = self.places.below(value)
            self.folders |= below
            return lambda subject: subject.folder in below
        if name == "is":
            return self.state(value.lower())
        if name == "tag":
            wanted = plain(value)
            return lambda subject: wanted in subject.tags
        if name == "uid":
            return lambda subject: value in subject.fields.get("uid", [])
        if name in ("contact", "content", "text"):
            return _word(value)
        return _field(name.lstrip("#"), value)

    def state(self, value: str) -> Predicate:
        if value in ("anywhere", "any"):
            self.everywhere = True
            return lambda subject: True
        letters = {"unread": "u", "flagged": "f"}
        if value in letters:
            return lambda subject: letters[value] in subject.flags
        if value in ("read", "unflagged"):
            letter = "u" if value == "read" else "f"
            return lambda subject: letter not in subject.flags
        raise BadQuery(f"unknown state: {value[:40]}")


def _word(text: str) -> Predicate:
    wanted = plain(text).rstrip("*").strip()
    if not wanted:
        return lambda subject: True
    pattern = re.compile(r"(?<!\w)" + re.escape(wanted)) if wanted[0].isalnum() else re.compile(re.escape(wanted))
    return lambda subject: pattern.search(subject.words) is not None


def _field(name: str, value: str) -> Predicate:
    wanted = plain(value)
    prefix = wanted.endswith("*")
    wanted = wanted.rstrip("*")

    def holds(subject: Subject) -> bool:
        for key, values in subject.fields.items():
            # "email" also looks into email2, email3 ...
            if key.rstrip("0123456789").lower() == name:
                for one in values:
                    text = plain(one)
                    if text == wanted or (prefix and text.startswith(wanted)) or (name == "subject" and wanted in text):
                        return True
        return False

    return holds


def compile_query(text: str, places: Places) -> Query:
    """A query ready to be asked, or BadQuery."""
    parser = _Parser(text, places)
    matches = parser.either(0)
    if parser.peek() is not None:
        raise BadQuery("unexpected )")
    only = next(iter(parser.folders)) if parser.simple and len(parser.folders) == 1 else None
    return Query(matches, parser.everywhere, frozenset(parser.folders) or None, only)
