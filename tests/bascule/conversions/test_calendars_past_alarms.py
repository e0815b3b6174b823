"""Reminders of what is over do not travel; all others do."""

from __future__ import annotations

from datetime import UTC, datetime

from bascule.conversions import calendars
from bascule.conversions.model import Collection
from tests.each import each

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ALARM = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:Rappel\r\nEND:VALARM\r\n"


def read_event(*lines: str) -> Collection:
    body = "".join(f"{line}\r\n" for line in ("UID:1", "DTSTAMP:20260101T000000Z", "SUMMARY:Essai", *lines))
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\n{body}{ALARM}END:VEVENT\r\nEND:VCALENDAR\r\n"
    [collection] = calendars.read(text.encode()).collections
    assert "BEGIN:VALARM" in collection.items[0].text
    return collection


@each(
    ("lines", "kept"),
    [
        (("DTSTART:20260310T100000Z", "DTEND:20260310T115900Z"), False),
        (("DTSTART:20260310T100000Z", "DTEND:20260310T120000Z"), True),
        (("DTSTART:20260309T100000Z", "DTEND:20260309T110000Z", "RRULE:FREQ=DAILY;COUNT=2"), True),
        (("DTSTART;VALUE=DATE:20260309", "DTEND;VALUE=DATE:20260310"), False),
        (("DTSTART;VALUE=DATE:20260310", "DTEND;VALUE=DATE:20260311"), True),
    ],
)
def test_alarm_stays_unless_the_event_is_over(lines: tuple[str, ...], kept: bool) -> None:
    collection = read_event(*lines)
    assert calendars.drop_past_alarms(collection, NOW) == (0 if kept else 1)
    [item] = collection.items
    assert ("BEGIN:VALARM" in item.text) is kept
    assert item.facts["alarms"] == int(kept)
    assert item.text.endswith("END:VEVENT\r\n")
