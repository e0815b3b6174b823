"""How values and keys are compared: comparators and match types (RFC 5228 2.7, RFC 5231, the draft on `:regex`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bascule.conversions.filters.old_engine.regex import BadExpression, compiled

_NUMBER = re.compile(r"[0-9]+")
# A number longer than this is as good as infinite, and Python would take its time over it.
_MAX_DIGITS = 100
# Each is looked for at every place of a text.
_MAX_MARKS = 100
_INFINITE = float("inf")
_RELATIONS: dict[str, Callable[[int], bool]] = {
    "gt": lambda order: order > 0,
    "ge": lambda order: order >= 0,
    "lt": lambda order: order < 0,
    "le": lambda order: order <= 0,
    "eq": lambda order: order == 0,
    "ne": lambda order: order != 0,
}


class CannotTry(Exception):
    """A rule says something that only the old server could do; `str()` is a French phrase that says what."""


@dataclass(frozen=True, slots=True)
class Matching:
    """kind: is, contains, matches, regex, value, count. relation: of the last two. comparator: its registered name."""

    kind: str = "is"
    comparator: str = "i;ascii-casemap"
    relation: str = ""

    def folded(self, text: str) -> str:
        """The text in the form in which the comparator compares it; as many characters as before."""
        if self.comparator == "i;octet":
            return text
        if self.comparator == "i;unicode-casemap":
            lower = text.lower()
            return lower if len(lower) == len(text) else text
        # `bytes.lower` knows ASCII only, which is what the comparator asks for, and takes no time.
        return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def any_match(matching: Matching, values: Sequence[str], keys: Sequence[str]) -> tuple[str, ...] | None:
    """What the wildcards of the first match stand for, the whole value first; None when nothing matches.

    CannotTry: an unknown comparator or relation, an expression that is none.
    """
    if matching.comparator not in ("i;octet", "i;ascii-casemap", "i;ascii-numeric", "i;unicode-casemap"):
        raise CannotTry(f"la façon de comparer « {matching.comparator} »")
    if matching.kind == "count":
        values = [str(len(values))]
    if matching.kind in ("is", "contains") and matching.comparator != "i;ascii-numeric":
        folded = [matching.folded(key) for key in keys]
        texts = map(matching.folded, values)
        if matching.kind == "is":
            return () if not set(folded).isdisjoint(texts) else None
        return () if any(key in text for text in texts for key in folded) else None
    for value in values:
        for key in keys:
            if (found := _match(matching, value, key)) is not None:
                return found
    return None


def _match(matching: Matching, value: str, key: str) -> tuple[str, ...] | None:
    if matching.kind in ("value", "count"):
        relation = _RELATIONS.get(matching.relation)
        if relation is None:
            raise CannotTry(f"la comparaison « {matching.relation} »")
        return () if relation(_order(matching, value, key)) else None
    if matching.comparator == "i;ascii-numeric":
        if matching.kind != "is":
            raise CannotTry("une recherche dans un nombre")
        return () if _order(matching, value, key) == 0 else None
    if matching.kind == "matches":
        return _wildcards(matching, value, key)
    try:
        expression = compiled(key, fold=matching.comparator != "i;octet")
    except BadExpression as fault:
        raise CannotTry(f"l’expression « {key[:60]} » ({fault})") from fault
    return () if expression.found_in(value) else None


def _order(matching: Matching, value: str, key: str) -> int:
    """Below, at or above zero: value against key."""
    if matching.comparator == "i;ascii-numeric":
        left, right = _number(value), _number(key)
        return (left > right) - (left < right)
    one, other = matching.folded(value), matching.folded(key)
    return (one > other) - (one < other)


def _number(text: str) -> float | int:
    """RFC 4790 9.1: the digits that a text begins with; one without any is above all numbers."""
    found = _NUMBER.match(text)
    return int(found[0]) if found and len(found[0]) <= _MAX_DIGITS else _INFINITE


def _wildcards(matching: Matching, value: str, key: str) -> tuple[str, ...] | None:
    """`*` and `?` of a pattern, each as short as can be, from the left (RFC 5229 3.2)."""
    pieces = _pieces(matching.folded(key))
    text = matching.folded(value)
    captured = [value]
    found = pieces[0].fullmatch(text) if len(pieces) == 1 else pieces[0].match(text)
    if found is None:
        return None
    captured.extend(value[slice(*found.span(number))] for number in range(1, pieces[0].groups + 1))
    at = found.end()
    for number, piece in enumerate(pieces[1:], 2):
        if number == len(pieces):
            start = len(text) - _length(piece)
            found = piece.match(text, start) if start >= at else None
        else:
            found = piece.search(text, at)
        if found is None:
            return None
        captured.append(value[at : found.start()])
        captured.extend(value[slice(*found.span(group))] for group in range(1, piece.groups + 1))
        at = found.end()
    return tuple(captured)


@lru_cache(maxsize=256)
def _pieces(pattern: str) -> tuple[re.Pattern[str], ...]:
    """What stands between the stars. Without a star in them, none of these can take long."""
    if pattern.count("?") > _MAX_MARKS:
        raise CannotTry("un modèle de plus de cent points d’interrogation")
    pieces = [""]
    escaped = False
    for character in pattern:
        if escaped:
            pieces[-1] += re.escape(character)
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "*":
            pieces.append("")
        else:
            pieces[-1] += "(.)" if character == "?" else re.escape(character)
    return tuple(re.compile(piece, re.DOTALL) for piece in pieces)


def _length(piece: re.Pattern[str]) -> int:
    """How many characters a piece takes: each its own, with `(.)` for any, a backslash before some."""
    return len(re.sub(r"\(\.\)|\\.", "x", piece.pattern, flags=re.DOTALL))
