"""Extended regular expressions of POSIX (`:regex`), in time that a hostile one cannot stretch.

The expression becomes a finite automaton that is walked once over the text (Thompson, 1968): no backtracking, so no
catastrophe, and no captured groups either. Characters rather than octets; letters compare without case in ASCII only,
as `i;ascii-casemap` says. Of GNU's additions: \\< \\> \\b \\B \\w \\W \\s \\S.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

# A repeated group is written out: an expression that needs more states than this is refused.
_MAX_STATES = 1000
_MAX_REPEATS = 255
_MAX_DEPTH = 50
_MAX_TEXT = 4_000
_CLASSES = {
    "alpha": str.isalpha,
    "digit": str.isdigit,
    "alnum": str.isalnum,
    "upper": str.isupper,
    "lower": str.islower,
    "space": str.isspace,
    "punct": lambda c: c.isprintable() and not c.isalnum() and c != " ",
    "blank": lambda c: c in " \t",
    "cntrl": lambda c: ord(c) < 32 or ord(c) == 127,
    "xdigit": lambda c: c in "0123456789abcdefABCDEF",
    "print": str.isprintable,
    "graph": lambda c: c.isprintable() and c != " ",
}
_REPEATS = re.compile(r"\{([0-9]{0,4})(,?)([0-9]{0,4})\}")


class BadExpression(Exception):
    """The expression is none, or too big; `str()` says it in French."""


Accepts = Callable[[str], bool]
Stands = Callable[[str, int], bool]


@dataclass(slots=True)
class _State:
    """Goes on by a character, or without one: where `stands` allows it."""

    accepts: Accepts | None = None
    after: int = -1
    free: list[tuple[int, Stands | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression."""

    _states: tuple[_State, ...] = field(repr=False)
    _first: int
    _last: int

    def found_in(self, text: str) -> bool:
        """Whether some part of the text matches; only its first 4,000 characters are looked at."""
        text = text[:_MAX_TEXT]
        current: set[int] = set()
        for position in range(len(text) + 1):
            reached = self._closed({*current, self._first}, text, position)
            if self._last in reached:
                return True
            if position == len(text):
                break
            character = text[position]
            current = {
                state.after
                for number in reached
                if (state := self._states[number]).accepts is not None and state.accepts(character)
            }
        return False

    def _closed(self, states: set[int], text: str, position: int) -> set[int]:
        waiting = list(states)
        while waiting:
            for after, stands in self._states[waiting.pop()].free:
                if after not in states and (stands is None or stands(text, position)):
                    states.add(after)
                    waiting.append(after)
        return states


@lru_cache(maxsize=256)
def compiled(pattern: str, *, fold: bool) -> Expression:
    """fold: letters of ASCII compare without case. BadExpression when it cannot be read or is too big."""
    return _Compiler(pattern, fold).expression()


class _Compiler:
    """Recursive descent over the expression; each part gives the numbers of its first and last state."""

    def __init__(self, pattern: str, fold: bool) -> None:
        self._pattern = pattern
        self._at = 0
        self._fold = fold
        self._states: list[_State] = []

    def expression(self) -> Expression:
        first, last = self._alternatives(0)
        if self._at < len(self._pattern):
            raise BadExpression("une parenthèse de l’expression ferme sans avoir été ouverte")
        return Expression(tuple(self._states), first, last)

    def _new(self) -> int:
        if len(self._states) >= _MAX_STATES:
            raise BadExpression("l’expression est trop grande")
        self._states.append(_State())
        return len(self._states) - 1

    def _next(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _link(self, before: int, after: int, stands: Stands | None = None) -> None:
        self._states[before].free.append((after, stands))

    def _alternatives(self, depth: int) -> tuple[int, int]:
        if depth > _MAX_DEPTH:
            raise BadExpression("l’expression est imbriquée trop profondément")
        first, last = self._new(), self._new()
        while True:
            start, end = self._sequence(depth)
            self._link(first, start)
            self._link(end, last)
            if self._next() != "|":
                return first, last
            self._at += 1

    def _sequence(self, depth: int) -> tuple[int, int]:
        first = last = self._new()
        while self._next() not in ("", "|", ")"):
            start = self._at
            part = self._atom(depth)
            stop = self._at
            part = self._repeated(part, depth, start, stop)
            self._link(last, part[0])
            last = part[1]
        return first, last

    def _repeated(self, part: tuple[int, int], depth: int, start: int, stop: int) -> tuple[int, int]:
        """The atom between `start` and `stop`, as often as the marks behind it say."""
        while (mark := self._next()) in ("*", "+", "?", "{") and mark:
            least, most = {"*": (0, -1), "+": (1, -1), "?": (0, 1)}.get(mark, (0, 0))
            end = self._at + 1
            if mark == "{":
                found = _REPEATS.match(self._pattern, self._at)
                if found is None or not (found[1] or found[3]):
                    raise BadExpression("une répétition « { } » de l’expression est mal écrite")
                least = int(found[1] or 0)
                most = least if not found[2] else int(found[3]) if found[3] else -1
                if max(least, most) > _MAX_REPEATS or 0 <= most < least:
                    raise BadExpression("une répétition « { } » de l’expression est trop grande")
                end = found.end()
            again = [part]
            for _ in range(max(least, most, 1) - 1):
                self._at = start
                copy = self._atom(depth)
                while self._at < stop:
                    copy = self._repeated(copy, depth, start, self._at)
                again.append(copy)
            part = self._chained(again, least, unlimited=most < 0, none=most == 0)
            stop = self._at = end
        return part

    def _chained(self, parts: list[tuple[int, int]], least: int, *, unlimited: bool, none: bool) -> tuple[int, int]:
        first, last = self._new(), self._new()
        before = first
        if least == 0:
            self._link(first, last)
        if none:
            return first, last
        for number, (start, end) in enumerate(parts, 1):
            self._link(before, start)
            if number >= least:
                self._link(end, last)
            before = end
        if unlimited:
            self._link(parts[-1][1], parts[-1][0])
        return first, last

    def _atom(self, depth: int) -> tuple[int, int]:
        character = self._next()
        self._at += 1
        if character == "(":
            part = self._alternatives(depth + 1)
            if self._next() != ")":
                raise BadExpression("une parenthèse de l’expression n’est pas fermée")
            self._at += 1
            return part
        if character == "[":
            return self._taking(self._bracket())
        if character == ".":
            return self._taking(lambda _: True)
        if character == "^":
            return self._standing(lambda _text, position: position == 0)
        if character == "$":
            return self._standing(lambda text, position: position == len(text))
        if character in ("*", "+", "?"):
            raise BadExpression(f"« {character} » ne suit rien dans l’expression")
        if character == "\\":
            return self._escaped()
        return self._taking(self._literal(character))

    def _escaped(self) -> tuple[int, int]:
        character = self._next()
        self._at += 1
        if not character:
            raise BadExpression("l’expression finit par une barre oblique inverse")
        if character in "123456789":
            raise BadExpression("l’expression renvoie à un groupe, ce qui n’existe pas ici")
        if character in "wWsS":
            inside: Accepts = _is_word if character in "wW" else str.isspace
            return self._taking(inside if character.islower() else lambda c: not inside(c))
        if character in _BOUNDARIES:
            return self._standing(_BOUNDARIES[character])
        return self._taking(self._literal(character))

    def _taking(self, accepts: Accepts) -> tuple[int, int]:
        first, last = self._new(), self._new()
        self._states[first].accepts, self._states[first].after = accepts, last
        return first, last

    def _standing(self, stands: Stands) -> tuple[int, int]:
        first, last = self._new(), self._new()
        self._link(first, last, stands)
        return first, last

    def _literal(self, character: str) -> Accepts:
        both = _cases(character) if self._fold else {character}
        return both.__contains__

    def _bracket(self) -> Accepts:
        """What stands in brackets; "]" is a character when it comes first."""
        negated = self._next() == "^"
        self._at += negated
        characters: set[str] = set()
        ranges: list[tuple[str, str]] = []
        classes: list[Accepts] = []
        first = True
        while first or self._next() != "]":
            first = False
            character = self._next()
            if not character:
                raise BadExpression("un crochet de l’expression n’est pas fermé")
            if self._pattern.startswith("[:", self._at):
                stop = self._pattern.find(":]", self._at)
                name = self._pattern[self._at + 2 : stop].lower() if stop > 0 else ""
                if name not in _CLASSES:
                    raise BadExpression("une classe de l’expression n’est pas connue")
                classes.append(_CLASSES[name])
                self._at = stop + 2
                continue
            upper = self._pattern[self._at + 2 : self._at + 3]
            if self._pattern[self._at + 1 : self._at + 2] == "-" and upper not in ("", "]"):
                ranges.append((character, upper))
                self._at += 3
            else:
                characters.add(character)
                self._at += 1
        self._at += 1

        def inside(character: str) -> bool:
            cases = _cases(character) if self._fold else {character}
            return negated != any(
                one in characters or any(a <= one <= z for a, z in ranges) or any(holds(one) for holds in classes)
                for one in cases
            )

        return inside


def _cases(character: str) -> set[str]:
    return {character.lower(), character.upper()} if character.isascii() else {character}


def _is_word(character: str) -> bool:
    return character == "_" or character.isalnum()


def _word_at(text: str, position: int) -> bool:
    return 0 <= position < len(text) and _is_word(text[position])


_BOUNDARIES: dict[str, Stands] = {
    "<": lambda text, at: not _word_at(text, at - 1) and _word_at(text, at),
    ">": lambda text, at: _word_at(text, at - 1) and not _word_at(text, at),
    "b": lambda text, at: _word_at(text, at - 1) != _word_at(text, at),
    "B": lambda text, at: _word_at(text, at - 1) == _word_at(text, at),
}
