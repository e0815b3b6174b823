"""Items between the database and the code: sealed runs of them, and outlines.

A chunk holds as many items as one batch request carries. The outline of a collection holds, for every item, what
lists, searches and months need, so that a page of a book of 10,000 contacts opens one outline or one chunk.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts import sealing
from bascule.conversions import calendars
from bascule.conversions.model import GroupMember, Item, ItemKind
from bascule.models import ReadChunk, ReadCollection

# Days of one item that an outline keeps: two school years of a daily event.
MAX_DAYS = 400

_OPTIONAL = ("components", "facts", "attributes", "photo", "photo_type")


class Row(NamedTuple):
    """One item in an outline.

    days: ordinals (`date.toordinal`) of the days on which it takes place, the first MAX_DAYS of them; goes_on: there
    are more. time: "09:30" of the first one, "" for whole days. words: what a search looks in.
    """

    label: str
    kind: str
    days: list[int]
    goes_on: bool
    time: str
    words: str


def pack(items: list[Item]) -> bytes:
    """Items as one sealed value, for `ReadChunk.items`."""
    return sealing.seal_json([_plain(item) for item in items])


def unpack(sealed: bytes) -> list[Item]:
    """Reverse of `pack`. Raises sealing.CannotOpen."""
    return [_item(plain) for plain in sealing.unseal_json(sealed)]


def all_items(collection: ReadCollection) -> Iterator[tuple[int, Item]]:
    """Every item with its position, one chunk in memory at a time."""
    for chunk in collection.chunks.iterator(chunk_size=1):
        yield from enumerate(unpack(bytes(chunk.items)), chunk.start)


def items_at(collection: ReadCollection, positions: list[int]) -> list[tuple[int, Item]]:
    """The items at `positions`, in that order; opens only the chunks that hold them."""
    found: dict[int, Item] = {}
    for chunk in _chunks_with(collection, positions):
        opened = unpack(bytes(chunk.items))
        found.update((p, opened[p - chunk.start]) for p in positions if chunk.start <= p < chunk.start + chunk.count)
    return [(position, found[position]) for position in positions if position in found]


def _chunks_with(collection: ReadCollection, positions: list[int]) -> Iterator[ReadChunk]:
    spans = collection.chunks.values_list("pk", "start", "count")
    wanted = [pk for pk, start, count in spans if any(start <= position < start + count for position in positions)]
    return ReadChunk.objects.filter(pk__in=wanted).iterator(chunk_size=1)


def rows_of(items: list[Item]) -> list[Row]:
    return [_row(item) for item in items]


def pack_outline(rows: list[Row]) -> bytes:
    return sealing.seal_json(rows)


def outline(collection: ReadCollection) -> list[Row]:
    """One row per item, by position."""
    return [Row(*row) for row in sealing.unseal_json(bytes(collection.outline))] if collection.outline else []


def fold(text: str) -> str:
    """`text` as a search sees it: no accents, no case."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def in_reading_order(items: list[Item]) -> list[Item]:
    """Items as a person looks for them: contacts by name and groups after them, events and tasks by time."""
    return sorted(items, key=lambda item: (item.kind == ItemKind.GROUP, start_of(item), fold(item.label), item.uid))


def start_of(item: Item) -> str:
    """When an event or task begins (or is due), as ISO text; "" for contacts and tasks without a date."""
    return str(item.facts.get("start") or item.facts.get("due") or "")


def _row(item: Item) -> Row:
    if item.kind in {ItemKind.CONTACT, ItemKind.GROUP}:
        spoken = [value for name, value in item.attributes.items() if name.startswith(("email", "company"))]
        spoken += [member.label or member.address for member in item.members]
        days: list[int] = []
        goes_on, time = False, ""
    else:
        spoken = [str(item.facts.get("location") or "")]
        days, goes_on = _days(item)
        time = _local(start_of(item))[11:16]
    return Row(item.label, item.kind, days, goes_on, time, fold(" ".join([item.label, *spoken]))[:300])


def _days(item: Item) -> tuple[list[int], bool]:
    """The days of an event in the portal's time zone: of each occurrence the first, of a single event all."""
    if item.facts.get("recurrence"):
        found = calendars.occurrences(calendars.wrap(item), MAX_DAYS + 1)
        days = sorted({date.fromisoformat(_local(moment)[:10]).toordinal() for moment in found[:MAX_DAYS]})
        return days, len(found) > MAX_DAYS
    start = _local(start_of(item))[:10]
    if not start:
        return [], False
    first = date.fromisoformat(start).toordinal()
    end = _local(str(item.facts.get("end") or ""))[:10]
    last = date.fromisoformat(end).toordinal() if end else first
    return list(range(first, max(first, min(last, first + MAX_DAYS)) + 1)), last > first + MAX_DAYS


def _local(moment: str) -> str:
    """An ISO instant as local ISO text of the portal's time zone; a day, or a time without zone, as it is."""
    if "T" not in moment:
        return moment
    parsed = datetime.fromisoformat(moment)
    return parsed.astimezone(ZoneInfo(settings.TIME_ZONE)).isoformat() if parsed.tzinfo else moment


def _plain(item: Item) -> dict[str, Any]:
    plain: dict[str, Any] = {"kind": item.kind.value, "uid": item.uid, "label": item.label, "text": item.text}
    plain.update((name, value) for name in _OPTIONAL if (value := getattr(item, name)))
    if item.zones:
        plain["zones"] = item.zones
    if item.members:
        plain["members"] = [(member.address, member.label) for member in item.members]
    return plain


def _item(plain: dict[str, Any]) -> Item:
    members = tuple(GroupMember(*member) for member in plain.pop("members", ()))
    zones = tuple(plain.pop("zones", ()))
    kind = ItemKind(plain.pop("kind"))
    return Item(kind=kind, members=members, zones=zones, **plain)
