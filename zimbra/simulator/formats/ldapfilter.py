"""LDAP filters, as far as a directory search needs them: & | ! = with * wherever it may stand, >= and <=."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Attributes by name in lower case.
Entry = Mapping[str, str | list[str]]
Matcher = Callable[[Entry], bool]

MAX_DEPTH = 50
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{2})")
_ITEM = re.compile(r"\s*([A-Za-z][A-Za-z0-9.;-]*)\s*(>=|<=|~=|=)([^()]*)\)")
_OTHER_NAMES = {"gn": "givenname", "commonname": "cn", "surname": "sn"}


class BadFilter(ValueError):
    """The text is no filter."""


@dataclass(frozen=True)
class Hint:
    """What an entry must have for a filter to match: one of `words` somewhere in `names`, or one of `ids` as its id."""

    words: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Node:
    matches: Matcher
    hint: Hint | None = None
    everything: bool = False


@dataclass(frozen=True)
class Filter:
    """`hint`: see there; None when the filter says nothing of the kind. `everything`: it matches whatever there is."""

    matches: Matcher
    hint: Hint | None
    everything: bool


def compile_filter(text: str, names: frozenset[str] = frozenset(), present: frozenset[str] = frozenset()) -> Filter:
    """A filter (names and values compared without case). An empty text matches everything.

    `names`: attributes whose values can be looked up by what they contain, for the hint; `present`: those every entry
    has. Both in lower case.
    """
    text = text.strip()
    if not text:
        return Filter(lambda entry: True, None, True)
    if not text.startswith("("):
        text = f"({text})"
    node, end = _Reader(text, names, present).node(0, 0)
    if text[end:].strip():
        raise BadFilter("text after the end")
    return Filter(node.matches, node.hint, node.everything)


class _Reader:
    def __init__(self, text: str, names: frozenset[str], present: frozenset[str]) -> None:
        self.text = text
        self.names = names
        self.present = present

    def node(self, at: int, depth: int) -> tuple[_Node, int]:
        if depth > MAX_DEPTH:
            raise BadFilter("nested too deeply")
        if self.text[at : at + 1] != "(":
            raise BadFilter(f"( expected at {at}")
        sign = self.text[at + 1 : at + 2]
        if sign not in ("&", "|", "!"):
            return self._item(at + 1)
        parts: list[_Node] = []
        at = self._blank(at + 2)
        while self.text[at : at + 1] == "(":
            part, at = self.node(at, depth + 1)
            parts.append(part)
            at = self._blank(at)
        if self.text[at : at + 1] != ")" or (sign == "!" and len(parts) != 1):
            raise BadFilter(f") expected at {at}")
        return _combined(sign, parts), at + 1

    def _blank(self, at: int) -> int:
        while self.text[at : at + 1].isspace():
            at += 1
        return at

    def _item(self, at: int) -> tuple[_Node, int]:
        found = _ITEM.match(self.text, at)
        if found is None:
            raise BadFilter(f"comparison expected at {at}")
        name, operator, pattern = found[1].lower(), found[2], found[3].strip()
        name = _OTHER_NAMES.get(name, name)
        if operator in (">=", "<="):
            return _Node(_bound(name, operator, _plain(pattern).lower())), found.end()
        parts = [_plain(part).lower() for part in re.split(r"\*+", pattern)]
        if parts == ["", ""]:
            return _Node(lambda entry: bool(entry.get(name)), everything=name in self.present), found.end()
        hint = None
        longest = max(parts, key=len)
        if name == "zimbraid" and len(parts) == 1:
            hint = Hint(ids=frozenset(parts))
        elif name in self.names and longest:
            hint = Hint(words=frozenset((longest,)))
        return _Node(_equal(name, parts), hint), found.end()


def _combined(sign: str, parts: list[_Node]) -> _Node:
    if sign == "!":
        return _Node(lambda entry: not parts[0].matches(entry))
    hints = [part.hint for part in parts if part.hint is not None]
    if sign == "&":
        return _Node(
            lambda entry: all(part.matches(entry) for part in parts),
            min(hints, key=lambda hint: len(hint.words) + len(hint.ids), default=None),
            all(part.everything for part in parts),
        )
    joined = None
    if parts and len(hints) == len(parts):
        joined = Hint(frozenset().union(*(h.words for h in hints)), frozenset().union(*(h.ids for h in hints)))
    return _Node(
        lambda entry: any(part.matches(entry) for part in parts), joined, any(part.everything for part in parts)
    )


def _values(entry: Entry, name: str) -> list[str]:
    value = entry.get(name, [])
    return [value.lower()] if isinstance(value, str) else [one.lower() for one in value]


def _bound(name: str, operator: str, bound: str) -> Matcher:
    if operator == ">=":
        return lambda entry: any(value >= bound for value in _values(entry, name))
    return lambda entry: any(value <= bound for value in _values(entry, name))


def _equal(name: str, parts: list[str]) -> Matcher:
    if len(parts) == 1:
        return lambda entry: parts[0] in _values(entry, name)
    expression = re.compile(".*".join(re.escape(part) for part in parts), re.DOTALL)
    return lambda entry: any(expression.fullmatch(value) for value in _values(entry, name))


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text)
