"""Search queries: the part of Zimbra's language that people and clients use.

    in:"Carnet Élèves"  under:contacts  inid:257  is:anywhere  is:unread  has:attachment  #email:marie@exemple.fr
    from:, to:, cc:, tofrom:, from:">m", subject:(deux mots), content:, filename:, type:, tag:"à voir", uid:, conv:
    larger:10k  smaller:1M  date:>-7d  before:1/9/2026  after:2026/9/1  plain words  "a phrase"  mar*
    -word  NOT word  a OR b  (groups)

Words are joined by AND. Upper case and accents do not matter. Sources: Zimbra's Query.jj and the classes beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from zimbra.simulator.formats import query_values
from zimbra.simulator.formats.query_terms import (
    All,
    Any,
    Between,
    Compared,
    ContactField,
    Flagged,
    InFolder,
    InMailbox,
    Marked,
    Not,
    Nothing,
    Numbered,
    OfConversation,
    Subject,
    Tagged,
    Term,
    Uid,
    Words,
)
from zimbra.simulator.formats.query_values import Clock
from zimbra.simulator.mail.wording import plain

__all__ = ["BadQuery", "Places", "Query", "Subject", "compile_query", "plain"]

MAX_DEPTH = 50
# SQLite refuses deeper expressions than a thousand.
MAX_TERMS = 400

_FIELD = re.compile(r"(#?[A-Za-z_][\w.-]*):[ \t]*")
_WORD = re.compile(r'[^\s()"]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PEOPLE = {
    "from": ("from",), "to": ("to",), "cc": ("cc",), "bcc": ("bcc",), "tofrom": ("to", "from"), "tocc": ("to", "cc"),
    "fromcc": ("from", "cc"), "tofromcc": ("to", "from", "cc"), "envfrom": ("from",), "envto": ("to", "cc"),
    "sender": ("from",),
}  # fmt: skip
_TEXTS = {"subject": ("subject",), "filename": ("filename",), "file": ("filename",)}
# What can be compared: from:">m".
_SORTED = {"from": "sender_key", "subject": "subject_key"}
_PLAIN = ("content", "contact", "text", "author", "title", "keywords", "company")
_OTHER_FIELDS = frozenset(
    {
        "in", "under", "inid", "underid", "is", "has", "tag", "size", "larger", "bigger", "smaller", "date", "before",
        "after", "mdate", "day", "week", "month", "year", "attachment", "type", "conv", "item", "uid", "msgid",
        "priority", "domain",
    }
)  # fmt: skip
_TYPES = {
    "any": "any", "image": "image", "text": "text", "audio": "audio", "video": "video", "pdf": "application/pdf",
    "word": "application/msword", "msword": "application/msword", "excel": "application/vnd.ms-excel",
    "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint", "zip": "application/zip",
    "message": "message/rfc822", "application": "application", "html": "text/html",
}  # fmt: skip
_FLAGS = {
    "unread": ("u", True), "read": ("u", False), "flagged": ("f", True), "unflagged": ("f", False),
    "draft": ("d", True), "received": ("s", False), "sent": ("s", True), "replied": ("r", True),
    "unreplied": ("r", False), "forwarded": ("w", True), "unforwarded": ("w", False), "invite": ("v", True),
    "deleted": ("x", True), "muted": ("(", True), "note": ("t", True),
}  # fmt: skip
_ME = re.compile(r"((?:to|from|cc)+)me\Z")


class BadQuery(ValueError):
    """The text is no query."""


@dataclass(frozen=True)
class Places:
    """What names in a query stand for. Folders are (mailbox, id) pairs; unknown ones raise.

    `named`: by path, with `below` those under it as well; `numbered`: by an id or "<account id>:<id>". `remote`: all
    behind links. `tags`: the id of a tag in each mailbox. `me`: one's addresses. `own`: one's own mailbox.
    """

    named: Callable[[str, bool], Iterable[tuple[int, int]]]
    numbered: Callable[[str, bool], Iterable[tuple[int, int]]]
    remote: Callable[[], Iterable[tuple[int, int]]]
    tags: Callable[[str], dict[int, int]]
    me: frozenset[str]
    own: int
    clock: Clock = field(default_factory=Clock)


@dataclass(frozen=True)
class Query:
    """`everywhere`: trash and junk too. `places`: the folders named, if any, but by negation."""

    term: Term
    everywhere: bool
    places: frozenset[tuple[int, int]] | None

    def matches(self, subject: Subject) -> bool:
        return self.term.holds(subject)


class _Parser:
    def __init__(self, text: str, places: Places) -> None:
        self.text, self.at, self.places = text, 0, places
        self.everywhere = False
        self.folders: set[tuple[int, int]] = set()
        self.negated = False
        self.named = False
        self.terms = 0

    def ahead(self) -> str:
        """The next character that is no blank, "" at the end."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else ""

    def keyword(self, *wanted: str) -> bool:
        """Pass over AND, OR or NOT."""
        self.ahead()
        match = _WORD.match(self.text, self.at)
        if match is None or match[0].upper() not in wanted:
            return False
        self.at = match.end()
        return True

    def either(self, depth: int, name: str) -> Term:
        if depth > MAX_DEPTH:
            raise BadQuery("nested too deeply")
        options = [self.both(depth, name)]
        while self.keyword("OR", "||"):
            options.append(self.both(depth, name))
        if len(options) > 1 and All(()) in options:
            raise BadQuery("nothing on one side of OR")
        return options[0] if len(options) == 1 else Any(tuple(options))

    def both(self, depth: int, name: str) -> Term:
        parts: list[Term] = []
        while (ahead := self.ahead()) and ahead != ")":
            before = self.at
            if self.keyword("OR", "||"):
                self.at = before
                break
            if self.keyword("AND", "&&"):
                continue
            parts.append(self.one(depth, name))
            self.terms += 1
            if self.terms > MAX_TERMS:
                raise BadQuery("too many terms")
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self, depth: int, name: str) -> Term:
        ahead = self.ahead()
        if ahead == "(":
            return self.group(depth, name)
        if ahead in ("-", "!") or (before := self.keyword("NOT")):
            if ahead in ("-", "!"):
                self.at += 1
                before = True
            if depth > MAX_DEPTH or self.ahead() in ("", ")"):
                raise BadQuery("nothing to negate")
            outer, self.negated = self.negated, self.negated != before
            negated = Not(self.one(depth + 1, name))
            self.negated = outer
            return negated
        if ahead == "+":
            self.at += 1
            return self.one(depth + 1, name) if self.ahead() not in ("", ")") else All(())
        quoted = _QUOTED.match(self.text, self.at)
        if quoted is not None:
            self.at = quoted.end()
            return self.value(name, _unquoted(quoted[1]))
        match = _FIELD.match(self.text, self.at)
        if match is not None and _known(match[1].lower()):
            self.at = match.end()
            return self.fielded(match[1].lower(), depth)
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise BadQuery(f"unexpected text at {self.at}")
        self.at = word.end()
        return self.value(name, word[0])

    def group(self, depth: int, name: str) -> Term:
        self.at += 1
        if self.ahead() == ")":
            raise BadQuery("nothing inside ()")
        inner = self.either(depth + 1, name)
        if self.ahead() != ")":
            raise BadQuery("missing )")
        self.at += 1
        return inner

    def fielded(self, name: str, depth: int) -> Term:
        if self.at < len(self.text) and self.text[self.at] == "(":
            return self.group(depth, name)
        quoted = _QUOTED.match(self.text, self.at)
        if quoted is not None:
            self.at = quoted.end()
            return self.value(name, _unquoted(quoted[1]))
        word = _WORD.match(self.text, self.at)
        self.at = self.at if word is None else word.end()
        value = "" if word is None else word[0]
        if value and self.at < len(self.text) and value in ("<", ">", "<=", ">=", "="):
            self.ahead()
            more = _QUOTED.match(self.text, self.at) or _WORD.match(self.text, self.at)
            if more is not None:
                self.at = more.end()
                value += more[0].strip('"')
        return self.value(name, value)

    def value(self, name: str, value: str) -> Term:
        """One word or phrase, of the field it was given for."""
        if name in ("in", "under", "inid", "underid"):
            return self.place(name, value)
        if name == "is":
            return self.state(value.lower())
        if name == "has":
            return self.holding(value.lower())
        if name == "tag":
            return Tagged(plain(value), self.places.tags(value))
        if name in ("size", "larger", "bigger", "smaller"):
            return _size(name, value)
        if name in ("date", "before", "after", "mdate", "day", "week", "month", "year"):
            return self.moment(name, value)
        if name in ("attachment", "type"):
            kind = _TYPES.get(value.lower(), value.lower())
            return Not(Marked("attachment:any", "a")) if kind == "none" else Marked(f"attachment:{kind.rstrip('*')}")
        if name == "conv":
            return _numbered(value, lambda number: OfConversation(number))
        if name == "item":
            found = {int(one) for one in value.strip("{}").split(",") if one.strip().isdecimal()}
            return InFolder(None) if value == "all" else (Numbered(frozenset(found)) if found else Nothing())
        if name == "uid":
            return Uid(value)
        if name == "msgid":
            return Marked(f"msgid:{plain(value).strip('<>')}")
        if name == "priority":
            return _priority(value.lower())
        if name == "domain":
            return Words(value if value.startswith("@") else f"@{value}", ("from",))
        if name in _SORTED and value[:1] in ("<", ">") and len(value) > 1:
            comparison, text = query_values.compared(value)
            return Compared(_SORTED[name], comparison, plain(text))
        if name in _PEOPLE:
            return Words(value, _PEOPLE[name])
        if name in _TEXTS:
            return Words(value, _TEXTS[name])
        if name.startswith("#"):
            return ContactField(name[1:], value)
        return Words(value)

    def place(self, name: str, value: str) -> Term:
        if value.lower() in ("anywhere", "any") and name == "in":
            self.everywhere = True
            return InFolder(None)
        if value.lower() in ("local", "remote") and name == "in":
            return self.state(value.lower())
        find = self.places.numbered if name.endswith("id") else self.places.named
        found = frozenset(find(value, name.startswith("under")))
        self.named = True
        if not self.negated:
            self.folders |= found
        return InFolder(found)

    def state(self, value: str) -> Term:
        if value in ("anywhere", "any"):
            self.everywhere = True
            return InFolder(None)
        if value == "local":
            self.everywhere = True
            return InMailbox(self.places.own)
        if value == "remote":
            found = frozenset(self.places.remote())
            self.named = True
            if not self.negated:
                self.folders |= found
            return InFolder(found)
        if value in _FLAGS:
            return Flagged(*_FLAGS[value])
        if value in ("tagged", "untagged"):
            return Tagged("", {}) if value == "tagged" else Not(Tagged("", {}))
        match = _ME.match(value)
        if match is not None:
            fields = tuple(re.findall("to|from|cc", match[1]))
            return Any(tuple(Words(address, fields) for address in sorted(self.places.me)))
        raise BadQuery(f"unknown state: {value[:40]}")

    def holding(self, value: str) -> Term:
        if value in ("attachment", "attachments", "att"):
            return Marked("attachment:any", "a")
        if value == "invite":
            return Marked("has:invite", "v")
        if value == "phone":
            return Words("phone")
        if value == "url":
            return Any((Words("http"), Words("https")))
        return Marked(f"attachment:{_TYPES.get(value, value)}")

    def moment(self, name: str, value: str) -> Term:
        comparison, text = query_values.compared(value)
        found = query_values.span(text, self.places.clock)
        if found is None:
            raise BadQuery(f"not a date: {value[:40]}")
        column = "changed" if name == "mdate" else "date"
        if name == "before":
            comparison = "<"
        elif name == "after":
            comparison = ">"
        start, end = found
        bounds = {"<": (None, start), "<=": (None, end), ">": (end, None), ">=": (start, None)}
        return Between(column, *bounds.get(comparison, (start, end)))


def _known(name: str) -> bool:
    return name.startswith("#") or name in _PEOPLE or name in _TEXTS or name in _PLAIN or name in _OTHER_FIELDS


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _size(name: str, value: str) -> Term:
    comparison, text = query_values.compared(value)
    number = query_values.size(text)
    if number is None:
        raise BadQuery(f"not a size: {value[:40]}")
    if name in ("larger", "bigger"):
        comparison = ">"
    elif name == "smaller":
        comparison = "<"
    bounds = {"<": (None, number), "<=": (None, number + 1), ">": (number + 1, None), ">=": (number, None)}
    return Between("size", *bounds.get(comparison, (number, number + 1)))


def _numbered(value: str, made: Callable[[int], Term]) -> Term:
    text = value.strip('"').rpartition(":")[2]
    if not re.fullmatch(r"-?\d{1,15}", text):
        raise BadQuery(f"not an id: {value[:40]}")
    return made(int(text))


def _priority(value: str) -> Term:
    if value in ("high", "low"):
        return Flagged("!" if value == "high" else "?")
    raise BadQuery(f"unknown priority: {value[:40]}")


def compile_query(text: str, places: Places) -> Query:
    """A query ready to be asked, or BadQuery; what `places` raises goes through."""
    parser = _Parser(text, places)
    term = parser.either(0, "")
    if parser.ahead():
        raise BadQuery("unexpected )")
    named = frozenset(parser.folders) if parser.named else None
    return Query(term, parser.everywhere, named)
