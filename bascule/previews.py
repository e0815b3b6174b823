"""What pages show of a deposit before anything is sent. Reads only; opens no more than a page needs."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.core.paginator import Page, Paginator

from accounts import sealing
from bascule import chunks
from bascule.conversions.model import Item, ItemKind
from bascule.finding_labels import remark_label, repair_label
from bascule.models import Deposit, ReadCollection

# Divides the items of a chunk, so that a page opens one chunk.
ITEMS_PER_PAGE = 40
GLIMPSE = 6
REMARKS_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """An item on a page, with its place in the collection."""

    position: int
    item: Item

    @property
    def facts(self) -> dict[str, Any]:
        return self.item.facts

    @property
    def is_group(self) -> bool:
        return self.item.kind == ItemKind.GROUP

    @property
    def photo_url(self) -> str:
        return f"data:{self.item.photo_type};base64,{self.item.photo}" if self.item.photo else ""


@dataclass(frozen=True, slots=True)
class Group:
    """Remarks of one kind."""

    code: str
    label: str
    count: int
    remarks: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Day:
    """A square of the month. entries: rows of the outline with their positions."""

    date: date
    in_month: bool
    is_today: bool
    entries: list[tuple[int, chunks.Row]]


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    weeks: list[list[Day]]
    count: int
    previous: date | None
    following: date | None


def repairs(deposit: Deposit) -> list[tuple[str, int]]:
    """Names and counts, the most frequent first; codes that share a name are added up."""
    counts: dict[str, int] = {}
    for code, count in deposit.repair_counts.items():
        label = repair_label(code)
        counts[label] = counts.get(label, 0) + count
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def remark_groups(deposit: Deposit, *, each: int) -> list[Group]:
    """Remarks by kind, with the first `each` of every kind."""
    stored = _remarks(deposit)
    return [
        Group(
            code,
            remark_label(
                code,
                of_filters=deposit.kind == Deposit.Kind.FILTERS,
                of_signatures=deposit.kind == Deposit.Kind.SIGNATURE,
            ),
            count,
            list(islice((remark for remark in stored if remark["code"] == code), each)),
        )
        for code, count in sorted(deposit.remark_counts.items(), key=lambda pair: -pair[1])
    ]


def remarks_page(deposit: Deposit, code: str, number: str | None) -> Page[dict[str, str]]:
    """Remarks of one kind (all when `code` is empty), a page of them."""
    wanted = [remark for remark in _remarks(deposit) if not code or remark["code"] == code]
    return Paginator(wanted, REMARKS_PER_PAGE).get_page(number)


def _remarks(deposit: Deposit) -> list[dict[str, str]]:
    try:
        return sealing.unseal_json(bytes(deposit.remarks)) if deposit.remarks else []
    except sealing.CannotOpen:
        return []


def glimpse(collection: ReadCollection) -> list[chunks.Row]:
    """The first few items, as rows of the outline."""
    return outline_of(collection)[:GLIMPSE]


def outline_of(collection: ReadCollection) -> list[chunks.Row]:
    try:
        return chunks.outline(collection)
    except sealing.CannotOpen:
        return []


def positions(rows: list[chunks.Row], *, search: str = "", kind: str = "") -> list[int]:
    """Places of the rows that hold every word of `search` and are of that `kind`."""
    words = chunks.fold(search).split()
    return [
        position
        for position, row in enumerate(rows)
        if (not kind or row.kind == kind) and all(word in row.words for word in words)
    ]


def items_page(collection: ReadCollection, found: list[int], number: str | None) -> tuple[Page[int], list[Shown]]:
    """A page of the items at the places `found`; opens the chunks it needs."""
    page = Paginator(found, ITEMS_PER_PAGE).get_page(number)
    try:
        opened = chunks.items_at(collection, list(page.object_list))
    except sealing.CannotOpen:
        opened = []
    return page, [Shown(position, item) for position, item in opened]


def month(rows: list[chunks.Row], wanted: str, today: date) -> Month | None:
    """The month `wanted` ("2024-03"; else the one nearest to today that holds something). None without any date."""
    days = sorted({day for row in rows for day in row.days})
    if not days:
        return None
    first = _first_of(wanted) or _nearest(days, today)
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    by_day = _by_day(rows, weeks[0][0].toordinal(), weeks[-1][-1].toordinal())
    squares = [
        [Day(day, day.month == first.month, day == today, by_day.get(day.toordinal(), [])) for day in week]
        for week in weeks
    ]
    return Month(
        first=first,
        weeks=squares,
        count=sum(len(day.entries) for week in squares for day in week if day.in_month),
        previous=_month_before(days, first),
        following=_month_after(days, first),
    )


def _by_day(rows: Iterable[chunks.Row], start: int, end: int) -> dict[int, list[tuple[int, chunks.Row]]]:
    found: dict[int, list[tuple[int, chunks.Row]]] = {}
    for position, row in enumerate(rows):
        for day in row.days:
            if start <= day <= end:
                found.setdefault(day, []).append((position, row))
    for entries in found.values():
        entries.sort(key=lambda entry: entry[1].time)
    return found


def _first_of(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def _nearest(days: list[int], today: date) -> date:
    return date.fromordinal(min(days, key=lambda day: abs(day - today.toordinal()))).replace(day=1)


def _month_before(days: list[int], first: date) -> date | None:
    """The nearest earlier month that holds something: a person leafs from one to the next, not through empty ones."""
    earlier = [day for day in days if day < first.toordinal()]
    return date.fromordinal(earlier[-1]).replace(day=1) if earlier else None


def _month_after(days: list[int], first: date) -> date | None:
    end = first.toordinal() + calendar.monthrange(first.year, first.month)[1]
    later = next((day for day in days if day >= end), None)
    return date.fromordinal(later).replace(day=1) if later is not None else None
