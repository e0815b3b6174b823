"""VCALENDAR files around the blocks of items: one by one for sending, or whole collections for importing by hand."""

from __future__ import annotations

from collections.abc import Iterable

from bascule.conversions.calendars.vtimezone import vtimezone
from bascule.conversions.model import Collection, Item
from bascule.conversions.text import escape_text, fold

PRODID = "-//Portail de bascule//Conversion de calendriers 1.0//FR"
_END = "END:VCALENDAR\r\n"


def wrap(items: Item | Iterable[Item]) -> str:
    """A whole VCALENDAR with the given items: METHOD:PUBLISH, the definitions of their zones first (Zimbra's streaming
    parser refuses a TZID used before its VTIMEZONE), then their blocks."""
    chosen = [items] if isinstance(items, Item) else list(items)
    zones = sorted({zone for item in chosen for zone in item.zones})
    return "".join((_head(""), *map(vtimezone, zones), *(item.text for item in chosen), _END))


def write(collection: Collection, *, max_bytes: int = 8_000_000, max_items: int = 1000) -> list[bytes]:
    """The files of a calendar or task list for an import by hand, UTF-8.

    A file is kept under `max_bytes` (Zimbra takes 10 MB) and `max_items` components, but an item is never cut: one
    larger than that has a file of its own. Every file defines all the zones that it uses. No item, no file.
    """
    files: list[bytes] = []
    head = _head(collection.name)
    pending: list[bytes] = []
    zones: dict[str, bytes] = {}
    fixed = size = len(head.encode()) + len(_END)
    components = 0
    for item in collection.items:
        block = item.text.encode()
        fresh = {zone: vtimezone(zone).encode() for zone in item.zones if zone not in zones}
        added = len(block) + sum(map(len, fresh.values()))
        if pending and (size + added > max_bytes or components + item.components > max_items):
            files.append(_file(head, zones, pending))
            pending, zones, size, components = [], {}, fixed, 0
            fresh = {zone: vtimezone(zone).encode() for zone in item.zones}
            added = len(block) + sum(map(len, fresh.values()))
        pending.append(block)
        zones.update(fresh)
        size += added
        components += item.components
    if pending:
        files.append(_file(head, zones, pending))
    return files


def _file(head: str, zones: dict[str, bytes], blocks: list[bytes]) -> bytes:
    return b"".join((head.encode(), *(zones[name] for name in sorted(zones)), *blocks, _END.encode()))


def _head(name: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    if name:
        lines.append(f"X-WR-CALNAME:{escape_text(name)}")
    return "".join(map(fold, lines))
