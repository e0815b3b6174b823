"""Conditions of any shape as clauses."""

from __future__ import annotations

import random
from itertools import product

import pytest

from bascule.conversions.filters.converting.logic import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Clause,
    Expression,
    Leaf,
    Not,
    TooComplex,
    clauses,
    contradict,
    with_leaves,
)
from tests.each import each

A, B, C, D = (Leaf(name) for name in "abcd")


def shaped(expression: Expression) -> tuple[Clause, ...]:
    return clauses(expression, most_clauses=100, most_literals=2_000)


def holds(expression: Expression, values: dict[str, bool]) -> bool:
    match expression:
        case Leaf(test):
            return values[test]
        case Not(part):
            return not holds(part, values)
        case AllOf(parts):
            return all(holds(part, values) for part in parts)
        case AnyOf(parts):
            return any(holds(part, values) for part in parts)


def made_up(chance: random.Random, depth: int) -> Expression:
    if depth == 0 or chance.random() < 0.25:
        constants: list[Expression] = [ALWAYS, NEVER]
        return chance.choice([A, B, C, D, A, B, C, D, *constants])
    if chance.random() < 0.25:
        return Not(made_up(chance, depth - 1))
    parts = tuple(made_up(chance, depth - 1) for _ in range(chance.randint(0, 3)))
    return AllOf(parts) if chance.random() < 0.5 else AnyOf(parts)


@each("seed", range(60))
def test_clauses_hold_exactly_when_the_expression_does(seed: int) -> None:
    expression = made_up(random.Random(seed), 4)
    found = shaped(expression)
    for values in product((False, True), repeat=4):
        known = dict(zip("abcd", values, strict=True))
        by_clauses = all(any(known[test] == wanted for test, wanted in clause) for clause in found)
        assert by_clauses == holds(expression, known)


def test_clauses_of_constants() -> None:
    assert shaped(ALWAYS) == ()
    assert shaped(NEVER) == ((),)
    assert shaped(Not(NEVER)) == ()
    assert shaped(AnyOf((A, ALWAYS))) == ()
    assert shaped(AllOf((A, NEVER))) == ((),)


def test_flat_conditions_stay_on_one_level_and_in_order() -> None:
    assert shaped(AllOf((B, Not(A)))) == ((("b", True),), (("a", False),))
    assert shaped(AnyOf((B, Not(A)))) == ((("b", True), ("a", False)),)
    assert shaped(Not(AnyOf((A, B)))) == ((("a", False),), (("b", False),))


def test_what_a_test_alone_decides_is_left_out() -> None:
    assert shaped(AllOf((A, AnyOf((A, B))))) == ((("a", True),),)
    assert shaped(AllOf((Not(A), AnyOf((A, B))))) == ((("a", False),), (("b", True),))
    assert shaped(AllOf((A, Not(A)))) == ((),)
    assert shaped(AnyOf((A, Not(A)))) == ()


def test_too_many_choices_are_refused() -> None:
    both = [AllOf((Leaf(f"x{at}"), Leaf(f"y{at}"))) for at in range(40)]
    with pytest.raises(TooComplex):
        shaped(AnyOf(tuple(both)))
    with pytest.raises(TooComplex):
        clauses(AllOf((AnyOf((A, B)), AnyOf((C, D)))), most_clauses=1, most_literals=100)
    with pytest.raises(TooComplex):
        clauses(AllOf(tuple(Leaf(at) for at in range(50))), most_clauses=1, most_literals=49)


def test_contradiction_is_seen_only_where_it_is_certain() -> None:
    assert contradict(shaped(A), shaped(Not(A)))
    assert contradict(shaped(AnyOf((A, B))), shaped(AllOf((Not(A), Not(B)))))
    assert not contradict(shaped(AnyOf((A, B))), shaped(Not(A)))
    assert not contradict((), shaped(A))


def test_leaves_are_replaced_wherever_they_stand() -> None:
    found = with_leaves(AllOf((A, Not(AnyOf((B,))))), lambda name: Leaf(name.upper()))
    assert found == AllOf((Leaf("A"), Not(AnyOf((Leaf("B"),)))))
