"""Comparing a value of a message with a key of a script, as the comparators of Zimbra do.

Patterns of :matches are Zimbra's: "*" and "?", which a backslash takes literally; before anything else a backslash
stands for itself. With several stars each but the last takes as little as possible.
"""

from __future__ import annotations

import re

from zimbra.simulator.formats.sieve.rules import CASEMAP, NUMERIC, OCTET

COMPARATORS = (CASEMAP, OCTET, NUMERIC)

_UPPER = {ord(letter): letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}


class SieveError(Exception):
    """A script that can be read but not carried out: Zimbra gives it up and keeps the message."""


def folded(text: str, comparator: str) -> str:
    """The text as i;ascii-casemap sees it, of the same length: accented letters keep their case."""
    return text.translate(_UPPER) if comparator == CASEMAP else text


def is_equal(comparator: str, value: str, key: str) -> bool:
    if comparator == NUMERIC:
        return _number(value) == _number(key)
    return folded(value, comparator) == folded(key, comparator)


def contains(comparator: str, value: str, key: str) -> bool:
    if comparator == NUMERIC:
        raise SieveError(f"{NUMERIC} has no substrings")
    return folded(key, comparator) in folded(value, comparator)


def matches(comparator: str, value: str, key: str) -> list[str] | None:
    """What the pattern's signs stand for in the value, that of the whole first; None when it does not match."""
    if comparator == NUMERIC:
        raise SieveError(f"{NUMERIC} has no patterns")
    return glob(folded(value, comparator), folded(key, comparator), value)


def relation(comparator: str, operator: str, value: str, key: str) -> bool:
    """`value operator key` for "gt", "ge", "lt", "le", "eq", "ne"."""
    if comparator == NUMERIC:
        left, right = _number(value), _number(key)
        # Two infinities are equal; one is more than any number, which Zimbra does not say of "ge" and "le".
        if (left is None) != (right is None):
            return operator == "ne" or operator == ("gt" if left is None else "lt")
        order = 0 if left is None or right is None else (left > right) - (left < right)
    else:
        first, second = (value.lower(), key.lower()) if comparator == CASEMAP else (value, key)
        order = (first > second) - (first < second)
    return holds(operator, order)


def count(operator: str, number: int, key: str) -> bool:
    """Whether a number of values is as the key says."""
    wanted = _number(key)
    return holds(operator, -1 if wanted is None else (number > wanted) - (number < wanted))


def holds(operator: str, order: int) -> bool:
    """`order` is below, at or above zero as the first is to the second."""
    return {
        "gt": order > 0, "ge": order >= 0, "lt": order < 0, "le": order <= 0, "eq": order == 0, "ne": order != 0,
    }[operator]  # fmt: skip


def _number(text: str) -> int | None:
    """What stands before the first other character, None for infinity; negative ones are refused."""
    if re.match(r"-[0-9]", text):
        raise SieveError(f"{NUMERIC} does not compare negative numbers: {text[:40]}")
    digits = re.match(r"[0-9]{1,1000}", text)
    return int(digits[0]) if digits else None


def glob(text: str, pattern: str, original: str) -> list[str] | None:
    """The whole and each part of `original` that a sign of the pattern stands for, where `text` matches.

    No way is tried twice, so the time is bounded by the length of the text times that of the pattern.
    """
    segments = _segments(pattern)
    first = segments[0].match(text)
    if first is None:
        return None
    found = [original]
    found += [original[slice(*first.span(at))] for at in range(1, first.re.groups + 1)]
    if len(segments) == 1:
        return found if first.end() == len(text) else None
    at = first.end()
    for segment in segments[1:-1]:
        match = segment.search(text, at)
        if match is None:
            return None
        found.append(original[at : match.start()])
        found += [original[slice(*match.span(group))] for group in range(1, match.re.groups + 1)]
        at = match.end()
    last = segments[-1]
    start = len(text) - _length(pattern)
    end = last.match(text, start) if start >= at else None
    if end is None or end.end() != len(text):
        return None
    found.append(original[at:start])
    return found + [original[slice(*end.span(group))] for group in range(1, end.re.groups + 1)]


def _segments(pattern: str) -> list[re.Pattern[str]]:
    """What stands between the stars, each as an expression of fixed length."""
    parts = [""]
    for sign in _signs(pattern):
        if sign == "*":
            parts.append("")
        else:
            parts[-1] += "(.)" if sign == "?" else re.escape(sign[-1])
    return [re.compile(part, re.DOTALL) for part in parts]


def _length(pattern: str) -> int:
    """Of what stands behind the last star."""
    length = 0
    for sign in _signs(pattern):
        length = 0 if sign == "*" else length + 1
    return length


def _signs(pattern: str) -> list[str]:
    """ "*", "?", or a character, which is written with a backslash before it when it is one of these two."""
    return [match[0] for match in re.finditer(r"\\[*?]|.", pattern, re.DOTALL)]
