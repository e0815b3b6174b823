"""Small calendar files for tests, and the items read from them."""

from __future__ import annotations

from bascule.conversions.calendars import read
from bascule.conversions.model import Item, Reading

SUN = ("PRODID:-//SunJavaSystem/Calendar Hosting Server//EN", "VERSION:6.0")
PLAIN = ("VERSION:2.0", "PRODID:-//Exemple//FR")


def calendar(*lines: str, head: tuple[str, ...] = PLAIN) -> bytes:
    return "\r\n".join(("BEGIN:VCALENDAR", *head, *lines, "END:VCALENDAR", "")).encode()


def event(*lines: str, uid: str = "a1") -> list[str]:
    """A VEVENT without a date of its own."""
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20240901T000000Z", "SUMMARY:Conseil", *lines, "END:VEVENT"]


def task(*lines: str, uid: str = "t1") -> list[str]:
    return ["BEGIN:VTODO", f"UID:{uid}", "DTSTAMP:20240901T000000Z", "SUMMARY:Rapport", *lines, "END:VTODO"]


def items(reading: Reading) -> list[Item]:
    return [item for collection in reading.collections for item in collection.items]


def only(data: bytes, **options: str) -> Item:
    (item,) = items(read(data, **options))  # type: ignore[arg-type]
    return item


def lines_of(item: Item, name: str) -> list[str]:
    """The unfolded lines of one property."""
    unfolded = item.text.replace("\r\n ", "").split("\r\n")
    return [line for line in unfolded if line.partition(":")[0].partition(";")[0] == name]


def codes(reading: Reading) -> list[str]:
    return [remark.code for remark in reading.remarks]
