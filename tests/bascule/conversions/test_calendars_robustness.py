"""Whatever a file holds: no crash, nothing missing in silence, output that strict readers take and that reads back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bascule.conversions.calendars import occurrences, read, wrap, write
from bascule.conversions.model import Unreadable
from tests.bascule.conversions.calendar_files import PLAIN, calendar, codes, event, items, only
from tests.bascule.conversions.test_calendars_samples import STABLE, assert_strict_readers_take
from tests.each import each, examples

SAMPLES = sorted((Path(__file__).parents[2] / "samples" / "ics").glob("*.ics"))
VALUES = [
    b"20240916T053000Z",
    b"20240916",
    b"20240916T240000Z",
    b"20240331T023000",
    b"20240230T999999",
    b"99991231T235959Z",
    b"00010101T000000Z",
    b"-PT15M",
    b"PT0S",
    b"P",
    b"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    b"FREQ=DAILY;COUNT=1000000000",
    b"FREQ=WEEKLY;UNTIL=20200101",
    b"W1 MO #3",
    b"20240917T053000Z,20240918,x",
    b"mailto:",
    b"none",
    b"\xe9t\xe9",
    b"\xef\xbf\xbd",
    b"\xc3\x83\xc2\xa9",
    b'"',
    b";;,\\",
    b"\x00\x1b",
    b"CANCELLED",
    b"-1",
    b"a" * 200,
]
ZONES = [b"Europe/Paris", b"Romance Standard Time", b"foo", b"UTC", b"+0430"]


def assert_sound(data: bytes) -> None:
    try:
        reading = read(data)
    except Unreadable:
        return
    assert reading.items_in - reading.items_out <= len(reading.remarks)
    for collection in reading.collections:
        (content,) = write(collection)
        assert_strict_readers_take(content)
        again = read(content)
        assert not again.repairs
        assert {remark.code for remark in again.remarks} <= STABLE
        assert [(item.uid, item.text) for item in items(again)] == [(item.uid, item.text) for item in collection.items]
        for item in collection.items:
            assert occurrences(wrap(item), 5) == item.facts["occurrences"]


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert_sound(data)


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"BEGIN:VCALENDAR", b"BEGIN:VEVENT", b"END:VEVENT", b"BEGIN:VALARM", b"END:VALARM",
    b"BEGIN:VTODO", b"END:VTODO", b"END:VCALENDAR", b"UID:1", b"DTSTART:20240916T053000Z", b"RRULE:FREQ=DAILY;COUNT=3",
    b"RDATE:20240920T053000Z", b"RECURRENCE-ID:20240917T053000Z", b"SUMMARY:x", b"TRIGGER:-PT5M", b"", b" suite"]),
    max_size=30))  # fmt: skip
def test_components_in_any_disorder_are_read(lines: list[bytes]) -> None:
    assert_sound(b"\n".join(lines))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sample with some lines changed, moved, cut or mixed with those of another."""
    first, second = (draw(st.sampled_from(SAMPLES)).read_bytes() for _ in range(2))
    lines, others = (data.replace(b"\r\n", b"\n").split(b"\n") for data in (first, second))
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(lines) - 1))
        name, colon, value = lines[place].partition(b":")
        change = draw(st.integers(0, 6))
        if change == 0:
            lines.insert(place, draw(st.sampled_from(others)))
        elif change == 1 and colon:
            lines[place] = name + b":" + draw(st.sampled_from(VALUES))
        elif change == 2 and colon:
            lines[place] = name + b";TZID=" + draw(st.sampled_from(ZONES)) + b":" + value
        elif change == 3:
            lines[place] = lines[place][: draw(st.integers(0, len(lines[place])))]
        elif change == 4 and len(lines) > 1:
            del lines[place]
        elif change == 5:
            other = draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], lines[place]
        else:
            lines.insert(place, lines[draw(st.integers(0, len(lines) - 1))])
    return b"\n".join(lines)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_damaged_samples_are_sound_in_the_end(data: bytes) -> None:
    assert_sound(data)


@each("data", [b"", b"\0\0\0", b" \r\n\r\n", b"bonjour", b"<html/>", b"BEGIN:VCARD\nEND:VCARD\n", b"%PDF-1.4"])
def test_what_is_no_calendar_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"\.$"):
        read(data)


def test_a_bad_line_costs_at_most_its_own_event() -> None:
    bad = event("DTSTART:demain", "RRULE:FREQ=X", "ATTENDEE:::", "n'importe quoi", "EXDATE:x", uid="bad")
    data = calendar(*event("DTSTART:20240916T053000Z", "DURATION:PT1H"), *bad, *event("DTSTART:20240917", uid="c"))
    assert [item.uid for item in items(read(data))] == ["a1", "c", "bad"]


def test_a_file_cut_in_the_middle_keeps_what_is_there() -> None:
    data = calendar(*event("DTSTART:20240916T053000Z", "DTEND:20240916T063000Z"), *event(uid="b"))
    reading = read(data[: data.rindex(b"SUMMARY") + 11])
    assert [item.label for item in items(reading)] == ["Conseil", "Con"]
    assert "truncated" in codes(reading)


def test_components_outside_any_calendar_are_read() -> None:
    assert only("\n".join(event("DTSTART:20240916T053000Z", "DURATION:PT1H")).encode()).uid == "a1"


def test_an_event_without_end_line_ends_where_the_next_begins() -> None:
    data = calendar(*event("DTSTART:20240916T053000Z", uid="a")[:-1], *event("DTSTART:20240917T053000Z", uid="b"))
    assert [item.uid for item in items(read(data))] == ["a", "b"]


def test_properties_after_the_components_do_no_harm() -> None:
    data = calendar(*event("DTSTART:20240916T053000Z", "DURATION:PT1H"), "X-NSCP-WCAP-ERRNO:0")
    assert only(data).uid == "a1"


def test_text_that_looks_like_components_stays_text() -> None:
    data = calendar(*event("DTSTART:20240916T053000Z", "DURATION:PT1H", "DESCRIPTION:BEGIN:VEVENT\\nEND:VEVENT"))
    assert "DESCRIPTION:BEGIN:VEVENT\\nEND:VEVENT" in only(data).text


def test_thousands_of_people_and_millions_of_letters_arrive() -> None:
    people = [f"ATTENDEE;CN=P{number}:mailto:p{number}@exemple.fr" for number in range(10_000)]
    data = calendar(*event("DTSTART:20240916T053000Z", "DURATION:PT1H", "DESCRIPTION:" + "é\\n," * 500_000, *people))
    item = only(data)
    assert item.facts["attendees"] == 10_000
    assert len(item.text) > 2_000_000


@each(
    "lines",
    [
        ["BEGIN:A"] * 20_000 + ["END:B"] * 20_000,
        ["BEGIN:VEVENT"] * 20_000,
        ["n'importe quoi"] * 50_000,
        event("DTSTART:20240916", *["suite"] * 50_000),
        event("DTSTART:20240916", "ATTENDEE" + ';X="a"' * 20_000 + ":mailto:a@exemple.fr"),
        event("DTSTART:20240916", "RRULE:FREQ=DAILY") * 3_000,
        [
            line
            for _ in range(1_500)
            for line in event("DTSTART:20240916", "RECURRENCE-ID;RANGE=THISANDFUTURE:20240917")
        ],
    ],
    ids=["nesting", "unclosed", "noise", "long-text", "parameters", "doubles", "changes"],
)
def test_hostile_files_come_to_an_end(lines: list[str]) -> None:
    reading = read(calendar(*lines))
    assert reading.items_in - reading.items_out <= len(reading.remarks)
    assert len([remark for remark in reading.remarks if remark.code == "line_dropped"]) <= 201


def test_an_event_with_many_dates_and_a_long_text_does_not_explode() -> None:
    days = [
        f"{year}{month:02d}{day:02d}" for year in range(2000, 2030) for month in range(1, 13) for day in range(1, 23)
    ]
    dates = ",".join(f"{day}T{day[-2:]}0000Z" for day in days)
    data = calendar(
        *event("DTSTART:20240916T053000Z", "DURATION:PT1H", "DESCRIPTION:" + "x" * 100_000, f"RDATE:{dates}")
    )
    reading = read(data)
    assert sum(len(item.text) for item in items(reading)) < 25_000_000
    assert "autres dates n’ont pas été reprises" in reading.remarks[0].message


def test_a_calendar_without_items_says_so() -> None:
    reading = read(calendar(head=PLAIN))
    assert codes(reading) == ["no_item"]
    assert reading.collections == []
