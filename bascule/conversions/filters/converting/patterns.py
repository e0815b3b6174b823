"""Patterns of the old server: `:matches` and regular expressions, told by what Zimbra compares with.

A pattern is a list of signs: `MANY` (any text), `ONE` (any character), or a character itself. Only what is certain to
mean the same comes out; for any other expression there is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

MANY: Final = "*"
ONE: Final = "?"
# A sign is one of the two above, or a character with "=" before it, so that the star itself can be told from a sign.
Signs: TypeAlias = tuple[str, ...]
Comparison: TypeAlias = tuple[str, str]

# How many comparisons an expression may stand for, and how many signs these may hold together.
MOST_CHOICES = 32
MOST_SIGNS = 500
MOST_DEPTH = 10

_PUNCTUATION = re.compile(r"[^A-Za-z0-9\s]")
_CLASS_OF_ONE = re.compile(r"\[([^\]\[\\^])\]")


def signs_of_glob(pattern: str) -> Signs:
    """The signs of a `:matches` key: RFC 5228, section 2.7.1; a backslash takes what follows it literally.

    Stars that touch are one; nothing else is put in order, since servers differ on signs that stand side by side.
    """
    found: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            found.append("=" + next(characters, "\\"))
        elif character in "*?":
            if character == ONE or found[-1:] != [MANY]:
                found.append(character)
        else:
            found.append("=" + character)
    return tuple(found)


def comparison_of(signs: Signs) -> Comparison | None:
    """How Zimbra says it: is, contains or matches, and the value. ("contains", "") is for any text at all.

    None for a backslash right before a star or question mark, which Zimbra would take for the mark itself.
    """
    wild = [at for at, sign in enumerate(signs) if len(sign) == 1]
    if not wild:
        return "is", _literal(signs)
    if signs == (MANY,):
        return "contains", ""
    if wild == [0, len(signs) - 1] and signs[0] == signs[-1] == MANY:
        return "contains", _literal(signs[1:-1])
    if any(signs[at - 1] == "=\\" for at in wild if at):
        return None
    return "matches", "".join(["\\" + sign[1] if sign in ("=*", "=?") else sign[-1] for sign in signs])


def as_matches(regex: str) -> list[Comparison] | None:
    """Comparisons one of which holds exactly where the expression is found; None when that is not certain.

    Understood: anchors, characters, escaped signs, `.`, `.*`, `.+`, `[.]`, `?` after a character or a group,
    alternatives and groups, within bounds. Nothing else, because programs read it in different ways.
    """
    if len(regex) > MOST_SIGNS:
        return None
    try:
        choices = _Reader(regex).read()
    except _Unclear:
        return None
    found = []
    for choice in choices:
        comparison = comparison_of(_tidy(choice))
        if comparison is None:
            return None
        found.append(comparison)
    unique = list(dict.fromkeys(found))
    return [("contains", "")] if ("contains", "") in unique else unique


class _Unclear(Exception):
    """What the expression means is not certain."""


class _Reader:
    """Top: alternatives, each with its own anchors. Inside: alternatives of pieces, as lists of signs."""

    def __init__(self, regex: str) -> None:
        self._regex = regex
        self._at = 0

    def read(self) -> list[Signs]:
        if not self._regex:
            raise _Unclear
        choices: list[Signs] = []
        while True:
            start, before = self._take("^"), self._at
            inside = self._sequence(0)
            empty = self._at == before
            end = self._take("$")
            if empty and not (start and end):
                raise _Unclear
            opening: Signs = () if start else (MANY,)
            closing: Signs = () if end else (MANY,)
            choices = _check([*choices, *[(*opening, *signs, *closing) for signs in inside]])
            if self._at == len(self._regex):
                return choices
            if not self._take("|"):
                raise _Unclear

    def _peek(self) -> str:
        return self._regex[self._at : self._at + 1]

    def _take(self, sign: str) -> bool:
        if self._peek() == sign:
            self._at += 1
            return True
        return False

    def _sequence(self, depth: int) -> list[Signs]:
        found: list[Signs] = [()]
        while self._peek() not in ("", "|", ")", "$"):
            piece = self._piece(depth)
            if len(piece) == 1 and len(found) == 1:
                found = [(*found[0], *piece[0])]
            else:
                if len(found) * len(piece) > MOST_CHOICES:
                    raise _Unclear
                found = _check([(*one, *other) for one in found for other in piece])
        return found

    def _piece(self, depth: int) -> list[Signs]:
        sign = self._peek()
        self._at += 1
        if sign == "(":
            choices = self._group(depth + 1)
        elif sign == ".":
            return [self._dots()]
        elif sign == "[":
            choices = [(self._class(),)]
        elif sign == "\\":
            choices = [("=" + self._escaped(),)]
        elif sign in "*+?{}^]" or sign in ("\n", "\r"):
            raise _Unclear
        else:
            choices = [("=" + sign,)]
        if self._take("?"):
            choices = [*choices, ()]
        if self._peek() in ("*", "+", "?", "{"):
            raise _Unclear
        return choices

    def _dots(self) -> Signs:
        signs: Signs = (ONE,)
        if self._take("*"):
            signs = (MANY,)
        elif self._take("+"):
            signs = (ONE, MANY)
        if self._peek() in ("*", "+", "?", "{"):
            raise _Unclear
        return signs

    def _group(self, depth: int) -> list[Signs]:
        if depth > MOST_DEPTH or self._peek() == "?":
            raise _Unclear
        choices: list[Signs] = []
        while True:
            before = self._at
            choices = _check([*choices, *self._sequence(depth)])
            if self._at == before:
                raise _Unclear
            if self._take(")"):
                return choices
            if not self._take("|"):
                raise _Unclear

    def _class(self) -> str:
        found = _CLASS_OF_ONE.match(self._regex, self._at - 1)
        if found is None:
            raise _Unclear
        self._at = found.end()
        return "=" + found[1]

    def _escaped(self) -> str:
        sign = self._peek()
        # `\<`, `\>` and `` \` `` are edges of words or texts to the C library, "\'" likewise.
        if not sign or sign in "<>`'" or not _PUNCTUATION.fullmatch(sign) or not sign.isascii():
            raise _Unclear
        self._at += 1
        return sign


def _check(choices: list[Signs]) -> list[Signs]:
    if len(choices) > MOST_CHOICES or sum(map(len, choices)) > MOST_SIGNS:
        raise _Unclear
    return choices


def _tidy(signs: Signs) -> Signs:
    """Stars that touch are one; a question mark among them goes before it."""
    return tuple(_tidied(signs))


def _tidied(signs: Signs) -> Iterator[str]:
    star = False
    for sign in signs:
        if sign == MANY:
            star = True
            continue
        if star and sign != ONE:
            yield MANY
            star = False
        yield sign
    if star:
        yield MANY


def _literal(signs: Signs) -> str:
    return "".join([sign[1] for sign in signs])
