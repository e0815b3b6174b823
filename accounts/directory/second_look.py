"""What shows only when a whole list has been read: two lines that add the same, and people who may be one.

Both are found by the database among the rows of the import, some hundred at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from typing import TypeVar

from django.db.models import Count

from accounts.directory import file_text, originals
from accounts.directory.keeping import keep
from accounts.directory.kinds import SAME, Action, Verdict
from accounts.directory.problems import Problem
from accounts.models import DirectoryImport, DirectoryLine

_NEW = (Action.ADDED, Action.CHANGED, Action.BACK)
_TOGETHER = 500
# More are not looked for: the list has to be mended anyway.
_MAX_FOUND = 10_000
# Counted beside the actions: people gone who may be among those added.
TWINS = "twins"

_T = TypeVar("_T")
Writing = Callable[[], AbstractContextManager[None]]


def look_again(row: DirectoryImport, counts: Counter[str], encoding: str, writing: Writing) -> None:
    """Make errors of lines that add what an earlier line adds, unless they say the same in all; keeps `counts` true.

    writing: a transaction to write in.
    """
    problems: dict[int, tuple[DirectoryLine, Problem]] = {}
    repeated: dict[int, tuple[DirectoryLine, Problem]] = {}
    for first, later in _pairs(row, "key"):
        if first.action == later.action == Action.ADDED and first.after == later.after:
            repeated[later.pk] = later, ("same_twice", {"first": first.number})
        else:
            problems[later.pk] = later, ("twice", {"value": later.key, "first": first.number})
    for first, later in _pairs(row, "second_key"):
        if later.pk not in problems and later.pk not in repeated and first.pk not in repeated:
            said = {"value": later.second_key, "first": first.number}
            problems[later.pk] = later, ("identifier_twice", said)
    if not problems and not repeated:
        return
    wanted = {line.number for line, _ in (*problems.values(), *repeated.values())}
    texts = {record.number: record.text for record in _again(row, encoding) if record.number in wanted}
    for some in _some(list(problems.items())):
        _turn(row, some, Action.ERROR, texts, counts, writing)
    for some in _some(list(repeated.items())):
        _turn(row, some, Action.REMARK, texts, counts, writing)


def _pairs(row: DirectoryImport, name: str) -> Iterator[tuple[DirectoryLine, DirectoryLine]]:
    """The first line of each value of `name` that several lines have, with each of the later ones."""
    new = row.rows.filter(action__in=_NEW)
    several = new.exclude(**{name: ""}).order_by().values(name).annotate(count=Count("pk")).filter(count__gt=1)
    values = list(several.values_list(name, flat=True)[:_MAX_FOUND])
    for some in _some(values):
        lines = new.filter(**{f"{name}__in": some}).order_by(name, "number", "pk")
        for _, group in groupby(lines.iterator(chunk_size=_TOGETHER), key=lambda line: getattr(line, name)):
            first, *others = group
            for later in others:
                yield first, later


def _turn(
    row: DirectoryImport,
    some: Sequence[tuple[int, tuple[DirectoryLine, Problem]]],
    action: str,
    texts: dict[int, str],
    counts: Counter[str],
    writing: Writing,
) -> None:
    made = []
    for _, (line, problem) in some:
        counts[line.action] -= 1
        counts[action] += 1
        if action == Action.REMARK:
            counts[SAME] += 1
        told = Verdict(action, line.number, line.key, problems=[problem])
        made.append((told, texts.get(line.number or 0, "")))
    with writing():
        row.rows.filter(pk__in=[pk for pk, _ in some]).delete()
        keep(row.pk, made)


def _again(row: DirectoryImport, encoding: str) -> Iterator[file_text.Record]:
    return file_text.records(originals.read(row.stored_as), encoding)


def find_twins(row: DirectoryImport, counts: Counter[str], writing: Writing) -> None:
    """Tell of each other a person who leaves and one who is added, of the same name at the same establishment: an
    address that changed, perhaps. Counts them as `TWINS`."""
    last = 0
    leavers = row.rows.filter(action__in=(Action.GONE, Action.STAFF)).exclude(twin="").order_by("pk")
    while some := list(leavers.filter(pk__gt=last)[:_TOGETHER]):
        last = some[-1].pk
        added = row.rows.filter(action=Action.ADDED, twin__in=[line.twin for line in some])
        by_twin = {line.twin: line for line in added}
        told = []
        for line in some:
            twin = by_twin.get(line.twin)
            if twin is not None:
                line.twin_key, twin.twin_key = twin.key, line.key
                told += [line, twin]
                counts[TWINS] += 1
        if told:
            with writing():
                DirectoryLine.objects.bulk_update(told, ["twin_key"], batch_size=200)


def _some(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _TOGETHER):
        yield values[start : start + _TOGETHER]
