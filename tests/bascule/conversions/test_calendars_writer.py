"""Files for Zimbra: one item, some items, whole calendars in parts; and what is read back from a server."""

from __future__ import annotations

import icalendar

from bascule.conversions.calendars import occurrences, read, wrap, write
from bascule.conversions.model import Collection, CollectionKind
from tests.bascule.conversions.calendar_files import calendar, event, items, only
from tests.each import each


def series(count: int) -> Collection:
    lines = [
        line
        for number in range(count)
        for line in (
            *event(
                f"DTSTART;TZID=Europe/Paris:202409{number % 28 + 1:02d}T093000",
                "DURATION:PT1H",
                "RRULE:FREQ=WEEKLY;COUNT=3",
                uid=f"u{number}",
            ),
            *event(
                f"RECURRENCE-ID;TZID=Europe/Paris:202409{number % 28 + 1:02d}T093000",
                f"DTSTART;TZID=Europe/London:202409{number % 28 + 1:02d}T103000",
                "DURATION:PT1H",
                uid=f"u{number}",
            ),
        )
    ]
    (collection,) = read(calendar(*lines)).collections
    return collection


def uids(content: bytes) -> list[str]:
    return [str(component["UID"]) for component in icalendar.Calendar.from_ical(content).walk("VEVENT")]


def test_definitions_come_before_their_use() -> None:
    text = wrap(series(1).items[0])
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert "METHOD:PUBLISH\r\n" in text
    assert text.rindex("END:VTIMEZONE") < text.index("BEGIN:VEVENT")
    assert [str(zone["TZID"]) for zone in icalendar.Calendar.from_ical(text).walk("VTIMEZONE")] == [
        "Europe/London",
        "Europe/Paris",
    ]


def test_some_items_share_one_definition() -> None:
    text = wrap(series(3).items)
    assert text.count("BEGIN:VTIMEZONE") == 2
    assert text.count("BEGIN:VEVENT") == 6


@each(("limit", "files"), [(1000, 1), (4, 3), (3, 5), (1, 5)])
def test_files_are_split_by_components_never_inside_an_item(limit: int, files: int) -> None:
    parts = write(series(5), max_items=limit)
    assert len(parts) == files
    assert [uid for part in parts for uid in uids(part)] == [f"u{number}" for number in range(5) for _ in range(2)]
    assert all(b"BEGIN:VTIMEZONE" in part for part in parts)


def test_files_are_split_by_size() -> None:
    whole = write(series(40))
    parts = write(series(40), max_bytes=8000)
    assert len(whole) == 1
    assert len(parts) > 1
    assert all(len(part) <= 8000 for part in parts)
    assert sum(len(uids(part)) for part in parts) == 80


def test_an_item_larger_than_a_file_has_its_own() -> None:
    parts = write(series(2), max_bytes=10)
    assert [len(uids(part)) for part in parts] == [2, 2]


def test_an_empty_collection_makes_no_file() -> None:
    assert write(Collection(CollectionKind.CALENDAR, "Vide")) == []


def test_the_name_of_the_calendar_is_in_the_file() -> None:
    collection = series(1)
    collection.name = "Cours, soir"
    (content,) = write(collection)
    assert b"X-WR-CALNAME:Cours\\, soir\r\n" in content


def test_occurrences_of_what_a_server_gives_back() -> None:
    sent = only(
        calendar(
            *event("DTSTART;TZID=Europe/Paris:20241021T093000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3"),
            *event(
                "RECURRENCE-ID;TZID=Europe/Paris:20241028T093000",
                "DTSTART;TZID=Europe/Paris:20241029T093000",
                "DURATION:PT1H",
            ),
        )
    )
    # As Zimbra exports it: a definition of its own, quoted TZID, RECURRENCE-ID in UTC, DTEND instead of DURATION.
    given_back = """BEGIN:VCALENDAR
PRODID:Zimbra-Calendar-Provider
VERSION:2.0
METHOD:PUBLISH
BEGIN:VTIMEZONE
TZID:Europe/Brussels
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETTO:+0100
TZOFFSETFROM:+0200
RRULE:FREQ=YEARLY;WKST=MO;INTERVAL=1;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:a1
RRULE:FREQ=WEEKLY;COUNT=3;INTERVAL=1
SUMMARY:Conseil
DTSTART;TZID="Europe/Brussels":20241021T093000
DTEND;TZID="Europe/Brussels":20241021T103000
STATUS:CONFIRMED
END:VEVENT
BEGIN:VEVENT
UID:a1
RECURRENCE-ID:20241028T083000Z
DTSTART;TZID="Europe/Brussels":20241029T093000
DTEND;TZID="Europe/Brussels":20241029T103000
END:VEVENT
END:VCALENDAR"""
    expected = ["2024-10-21T07:30:00Z", "2024-10-29T08:30:00Z", "2024-11-04T08:30:00Z"]
    assert occurrences(sent.text, 10) == expected
    assert occurrences(given_back, 10) == expected
    assert occurrences(given_back, 2) == expected[:2]


def test_occurrences_of_days_are_days() -> None:
    item = only(calendar(*event("DTSTART;VALUE=DATE:20240916", "RRULE:FREQ=DAILY;COUNT=2")))
    assert occurrences(item.text, 5) == ["2024-09-16", "2024-09-17"]


@each("text", ["", "BEGIN:VEVENT", "n’importe quoi", "BEGIN:VEVENT\nDTSTART:demain\nEND:VEVENT"])
def test_occurrences_of_nothing_are_none(text: str) -> None:
    assert occurrences(text, 5) == []


def test_items_of_several_calendars_can_be_wrapped_together() -> None:
    found = items(read(calendar(*event("DTSTART:20240916T053000Z", "DURATION:PT1H"))))
    assert icalendar.Calendar.from_ical(wrap(found)).walk("VEVENT")
