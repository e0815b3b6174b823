"""Tables of cases gone through in one test, where pytest would make a test of each: thousands of tests that take no
time cost half a minute of setting up, reporting and handing out.

    @each(("text", "number"), [("1", 1), ("2", 2)])
    def test_number_is_read(text, number): ...

For functions that leave nothing behind: what a case needs made anew, such as rows in the database, is pytest's to give.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

_SHOWN = 300
_ALL = "PORTAL_TEST_ROUNDS" in os.environ


def examples(number: int) -> int:
    """How many generated examples a property is tried with: all under `make bench`, a third of them every day."""
    return number if _ALL else max(25, number // 3)


def each(
    names: str | Sequence[str], cases: Iterable[Any], *, ids: Sequence[str] | Callable[[Any], object] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As `pytest.mark.parametrize`, in one test: all cases are tried, and those that fail are told with their values.

    ids: a name for each case, or what makes one of a value.
    """
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    alone = isinstance(names, str) and len(wanted) == 1
    table = [_values(case, alone) for case in cases]
    assert table, "no case"
    assert all(len(values) == len(wanted) for values in table), "a case with more or fewer values than names"

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def tried(**given: Any) -> None:
            failures = []
            for number, values in enumerate(table):
                try:
                    test(**given, **dict(zip(wanted, values, strict=True)))
                except (Exception, pytest.fail.Exception) as failure:
                    failure.add_note(f"case {number}: {_label(values, number)}")
                    failures.append(failure)
            if len(failures) == 1:
                raise failures[0]
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(table)} cases", failures)

        def _label(values: tuple[Any, ...], number: int) -> str:
            if ids is None:
                return ", ".join(_told(wanted, values))
            return " - ".join(str(ids(value)) for value in values) if callable(ids) else ids[number]

        signature = inspect.signature(test)
        left = [one for name, one in signature.parameters.items() if name not in wanted]
        assert len(left) == len(signature.parameters) - len(wanted), f"{test.__name__} lacks one of {wanted}"
        tried.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return tried

    return decorate


def _values(case: Any, alone: bool) -> tuple[Any, ...]:
    if isinstance(case, ParameterSet):
        assert not case.marks, "a case of its own, with its marks, is pytest's"
        return tuple(case.values)
    return (case,) if alone else tuple(case)


def _told(names: Sequence[str], values: tuple[Any, ...]) -> Iterator[str]:
    for name, value in zip(names, values, strict=True):
        text = repr(value)
        yield f"{name}={text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}"
