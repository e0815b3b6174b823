"""Conditions of any shape, brought to the one shape that rules of Zimbra have: all of (any of (test, test…), …).

Leaves are whatever can be hashed; here they are first the tests of a script, then those of Zimbra.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Leaf:
    """One test."""

    test: Any


@dataclass(frozen=True, slots=True)
class AllOf:
    """With no parts it always holds."""

    parts: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """With no parts it never holds."""

    parts: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    part: Expression


Expression: TypeAlias = Leaf | AllOf | AnyOf | Not
# A test, and whether it has to hold.
Literal: TypeAlias = tuple[Any, bool]
Clause: TypeAlias = tuple[Literal, ...]

ALWAYS = AllOf()
NEVER = AnyOf()


class TooComplex(Exception):
    """The shape that Zimbra wants would be larger than what was allowed."""


def with_leaves(expression: Expression, replaced: Callable[[Any], Expression]) -> Expression:
    """The expression with each leaf replaced by what the function makes of it."""
    match expression:
        case Leaf(test):
            return replaced(test)
        case Not(part):
            return Not(with_leaves(part, replaced))
        case AllOf(parts):
            return AllOf(tuple([with_leaves(part, replaced) for part in parts]))
        case AnyOf(parts):
            return AnyOf(tuple([with_leaves(part, replaced) for part in parts]))


def clauses(expression: Expression, *, most_clauses: int, most_literals: int) -> tuple[Clause, ...]:
    """Clauses that all have to hold, each by one of its literals. () always holds; one empty clause never does.

    TooComplex: more clauses of several literals, or more literals together, than allowed. Clauses and literals keep
    the order in which the expression names them, because Zimbra looks at them in that order.
    """
    found = _Maker(most_literals).clauses(expression, holds=True)
    simple = _simplified(found)
    if sum(len(clause) > 1 for clause in simple) > most_clauses:
        raise TooComplex
    return simple


def contradict(first: tuple[Clause, ...], second: tuple[Clause, ...]) -> bool:
    """Whether it is certain that the two can't hold together: seen from the tests that stand alone only."""
    found = _simplified([*first, *second])
    return any(not clause for clause in found)


class _Maker:
    def __init__(self, most_literals: int) -> None:
        self._most = most_literals

    def clauses(self, expression: Expression, *, holds: bool) -> list[Clause]:
        match expression:
            case Leaf(test):
                return [((test, holds),)]
            case Not(part):
                return self.clauses(part, holds=not holds)
            case AllOf(parts) if holds:
                return self._all(parts, holds=True)
            case AllOf(parts):
                return self._any(parts, holds=False)
            case AnyOf(parts) if holds:
                return self._any(parts, holds=True)
            case AnyOf(parts):
                return self._all(parts, holds=False)

    def _all(self, parts: tuple[Expression, ...], *, holds: bool) -> list[Clause]:
        found: list[Clause] = []
        literals = 0
        for part in parts:
            added = self.clauses(part, holds=holds)
            literals += _size(added)
            if literals > self._most:
                raise TooComplex
            found += added
        return found

    def _any(self, parts: tuple[Expression, ...], *, holds: bool) -> list[Clause]:
        several: list[list[Clause]] = []
        run: list[Literal] = []
        for part in parts:
            found = self.clauses(part, holds=holds)
            if not found:
                return []
            if len(found) == 1:
                run.extend(found[0])
                continue
            if run:
                several.append([tuple(run)])
                run = []
            several.append(found)
        if run or not several:
            several.append([tuple(run)])
        product = several[0]
        for found in several[1:]:
            if len(product) * _size(found) + len(found) * _size(product) > self._most:
                raise TooComplex
            product = [(*one, *other) for one in product for other in found]
        if _size(product) > self._most:
            raise TooComplex
        return product


def _size(found: list[Clause]) -> int:
    return sum(max(1, len(clause)) for clause in found)


def _simplified(found: list[Clause]) -> tuple[Clause, ...]:
    """Without what says nothing new: literals and clauses said twice, or decided by a test that stands alone."""
    current = [clause for clause in (tuple(dict.fromkeys(one)) for one in found) if not _always(clause)]
    while True:
        alone = {clause[0] for clause in current if len(clause) == 1}
        if any((test, not holds) in alone for test, holds in alone):
            return ((),)
        shorter = [_decided(clause, alone) for clause in current]
        kept = tuple(dict.fromkeys([clause for clause in shorter if clause is not None]))
        if () in kept:
            return ((),)
        if list(kept) == current:
            return kept
        current = list(kept)


def _always(clause: Clause) -> bool:
    present = set(clause)
    return any((test, not holds) in present for test, holds in clause)


def _decided(clause: Clause, alone: set[Literal]) -> Clause | None:
    if len(clause) < 2:
        return clause
    if any(literal in alone for literal in clause):
        return None
    return tuple([literal for literal in clause if (literal[0], not literal[1]) not in alone])
