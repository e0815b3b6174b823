"""LDAP filters, as far as a directory search needs them: & | ! = with * wherever it may stand, >= and <=."""

from __future__ import annotations

import re
from collections.abc import Callable

Entry = dict[str, str | list[str]]
Matcher = Callable[[Entry], bool]

MAX_DEPTH = 50
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{2})")
_ITEM = re.compile(r"\s*([A-Za-z][A-Za-z0-9.;-]*)\s*(>=|<=|~=|=)([^()]*)\)")


class BadFilter(ValueError):
    """The text is no filter."""


def compile_filter(text: str) -> Matcher:
    """A predicate over attributes (names and values compared without case). An empty text matches everything."""
    text = text.strip()
    if not text:
        return lambda entry: True
    if not text.startswith("("):
        text = f"({text})"
    matcher, end = _node(text, 0, 0)
    if text[end:].strip():
        raise BadFilter("text after the end")
    return matcher


def _node(text: str, at: int, depth: int) -> tuple[Matcher, int]:
    if depth > MAX_DEPTH:
        raise BadFilter("nested too deeply")
    if text[at : at + 1] != "(":
        raise BadFilter(f"( expected at {at}")
    sign = text[at + 1 : at + 2]
    if sign not in ("&", "|", "!"):
        return _item(text, at + 1)
    parts: list[Matcher] = []
    at += 2
    while text[at : at + 1] == "(":
        part, at = _node(text, at, depth + 1)
        parts.append(part)
    if text[at : at + 1] != ")" or (sign == "!" and len(parts) != 1):
        raise BadFilter(f") expected at {at}")
    if sign == "!":
        return (lambda entry: not parts[0](entry)), at + 1
    if sign == "&":
        return (lambda entry: all(part(entry) for part in parts)), at + 1
    return (lambda entry: any(part(entry) for part in parts)), at + 1


def _item(text: str, at: int) -> tuple[Matcher, int]:
    found = _ITEM.match(text, at)
    if found is None:
        raise BadFilter(f"comparison expected at {at}")
    name, operator, pattern = found[1].lower(), found[2], found[3].strip()

    def values(entry: Entry) -> list[str]:
        for key, value in entry.items():
            if key.lower() == name:
                return [value.lower()] if isinstance(value, str) else [one.lower() for one in value]
        return []

    if operator in (">=", "<="):
        bound = _plain(pattern).lower()
        if operator == ">=":
            return (lambda entry: any(value >= bound for value in values(entry))), found.end()
        return (lambda entry: any(value <= bound for value in values(entry))), found.end()
    expression = re.compile(".*".join(re.escape(_plain(part).lower()) for part in re.split(r"\*+", pattern)), re.DOTALL)
    return (lambda entry: any(expression.fullmatch(value) for value in values(entry))), found.end()


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text)
