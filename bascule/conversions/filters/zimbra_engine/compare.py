"""How Zimbra compares a value of a message with one of a rule.

Sources: RFC 4790 and 5231, and what Zimbra's own comparators do otherwise (com.zimbra.cs.filter.jsieve).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from zimbra.types.filter_tests import AddressTest, HeaderTest, MimeHeaderTest

CASEMAP, OCTET, NUMERIC = "i;ascii-casemap", "i;octet", "i;ascii-numeric"
RELATIONS = frozenset({"gt", "ge", "lt", "le", "eq", "ne"})

# What of one value a pattern is tried on: those of messages that people write are far shorter.
_LONGEST = 200_000
_TO_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_SIGN = re.compile(r"\\[*?]|.", re.DOTALL)


class GivenUp(Exception):
    """Zimbra cannot carry the rules out: it keeps the message. `str()` is a French sentence that says why."""


def holds(test: HeaderTest | MimeHeaderTest | AddressTest, values: Sequence[str], *, domain: bool = False) -> bool:
    """Whether one of the values is as the test wants it, the test's negation aside. GivenUp.

    domain: the values are domains, which are compared in small letters.
    """
    comparator = OCTET if test.case_sensitive else CASEMAP
    wanted = test.value
    if test.comparison:
        if test.comparison == "is":
            return any(_folded(value, comparator) == _folded(wanted, comparator) for value in values)
        wanted = wanted.lower() if domain else wanted
        if test.comparison == "contains":
            key = _folded(wanted, comparator)
            return any(key in _folded(value, comparator) for value in values)
        return any(matches(_folded(value, comparator), _folded(wanted, comparator)) for value in values)
    if isinstance(test, MimeHeaderTest):
        return False
    if test.value_comparison:
        comparator = test.comparator or (NUMERIC if re.fullmatch(r"[+-]?[0-9]+", wanted) else comparator)
        return any(_is_related(test.value_comparison, value, wanted, comparator) for value in values)
    number = _number(wanted)
    return _in_order(test.count_comparison, -1 if number is None else _order(len(values), number))


def matches(text: str, pattern: str) -> bool:
    """Whether a pattern with `*` and `?` covers the whole text; a backslash takes the sign behind it literally.

    What stands between two stars is looked for once, from the left, so that the time stays bounded.
    """
    text = text[:_LONGEST]
    first, *others = _segments(pattern)
    if not others:
        return first.fullmatch(text) is not None
    found = first.match(text)
    if found is None:
        return False
    at = found.end()
    for segment in others[:-1]:
        found = segment.search(text, at)
        if found is None:
            return False
        at = found.end()
    start = len(text) - _length(pattern)
    return start >= at and others[-1].fullmatch(text, start) is not None


def _segments(pattern: str) -> list[re.Pattern[str]]:
    parts = [""]
    for sign in _SIGN.findall(pattern):
        if sign == "*":
            parts.append("")
        else:
            parts[-1] += "." if sign == "?" else re.escape(sign[-1])
    return [re.compile(part, re.DOTALL) for part in parts]


def _length(pattern: str) -> int:
    """How many characters what stands behind the last star covers."""
    signs = _SIGN.findall(pattern)
    return next((at for at, sign in enumerate(reversed(signs)) if sign == "*"), len(signs))


def _folded(text: str, comparator: str) -> str:
    """Only the letters of ASCII have no case: « É » and « é » are two letters."""
    return text.translate(_TO_UPPER) if comparator == CASEMAP else text


def _is_related(relation: str, value: str, wanted: str, comparator: str) -> bool:
    if comparator != NUMERIC:
        if comparator == CASEMAP:
            value, wanted = value.lower(), wanted.lower()
        return _in_order(relation, (value > wanted) - (value < wanted))
    left, right = _number(value), _number(wanted)
    if left is None and right is None:
        return _in_order(relation, 0)
    # What is no number is beyond all of them; Zimbra says so of "gt" and "lt" alone, not of "ge" and "le".
    if left is None:
        return relation in ("ne", "gt")
    if right is None:
        return relation in ("ne", "lt")
    return _in_order(relation, _order(left, right))


def _order(left: int, right: int) -> int:
    return (left > right) - (left < right)


def _in_order(relation: str, order: int) -> bool:
    allowed = {"gt": (1,), "ge": (0, 1), "lt": (-1,), "le": (-1, 0), "eq": (0,), "ne": (-1, 1)}
    return order in allowed.get(relation, ())


def _number(text: str) -> int | None:
    """The digits a text begins with; None for one that begins otherwise. A negative number ends everything."""
    if re.match(r"-[0-9]", text):
        raise GivenUp("Zimbra ne sait pas comparer un nombre négatif.")
    digits = re.match(r"[0-9]{1,1000}", text)
    return int(digits[0]) if digits else None
