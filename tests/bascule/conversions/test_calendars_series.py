"""The components of one UID, put together: nothing is lost and nothing is there twice."""

from __future__ import annotations

from bascule.conversions.calendars import occurrences, read, wrap
from bascule.conversions.model import CollectionKind, ItemKind
from tests.bascule.conversions.calendar_files import SUN, calendar, codes, event, items, lines_of, only, task
from tests.each import each

HOUR = "DURATION:PT1H"
WEEKLY = ("DTSTART:20240916T053000Z", HOUR, "RRULE:FREQ=WEEKLY;COUNT=4")


def shown(data: bytes) -> list[str]:
    """All the occurrences of all items, sorted."""
    return sorted(moment for item in items(read(data)) for moment in occurrences(wrap(item), 1000))


def test_master_and_exceptions_are_one_item_in_order() -> None:
    item = only(
        calendar(
            *event("RECURRENCE-ID:20240930T053000Z", "DTSTART:20241001T053000Z", HOUR),
            *event("RECURRENCE-ID:20240923T053000Z", "DTSTART:20240924T053000Z", HOUR),
            *event(*WEEKLY),
        )
    )
    assert item.components == 3
    assert lines_of(item, "DTSTART") == [
        "DTSTART:20240916T053000Z",
        "DTSTART:20240924T053000Z",
        "DTSTART:20241001T053000Z",
    ]
    assert item.facts["exceptions"] == 2
    assert item.facts["occurrences"] == [
        "2024-09-16T05:30:00Z",
        "2024-09-24T05:30:00Z",
        "2024-10-01T05:30:00Z",
        "2024-10-07T05:30:00Z",
    ]


def test_a_cancelled_occurrence_is_not_shown() -> None:
    data = calendar(
        *event(*WEEKLY),
        *event("RECURRENCE-ID:20240923T053000Z", "DTSTART:20240923T053000Z", HOUR, "STATUS:CANCELLED"),
    )
    assert "2024-09-23T05:30:00Z" not in only(data).facts["occurrences"]


def test_an_expanded_series_becomes_the_series_again() -> None:
    days = ("20240916", "20240923", "20240930", "20241007")
    lines = [
        line
        for day in days
        for line in event(f"RECURRENCE-ID:{day}T053000Z", f"DTSTART:{day}T053000Z", HOUR, "LOCATION:Salle 1")
    ]
    reading = read(calendar(*lines))
    (item,) = items(reading)
    assert lines_of(item, "RRULE") == ["RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=MO"]
    assert not lines_of(item, "RECURRENCE-ID")
    assert (reading.items_in, reading.items_out) == (4, 1)
    assert codes(reading) == ["series_rebuilt"] * 3


def test_an_expanded_series_with_one_difference_keeps_each_occurrence() -> None:
    days = ("20240916", "20240923", "20240930")
    lines = [
        line
        for number, day in enumerate(days)
        for line in event(f"RECURRENCE-ID:{day}T053000Z", f"DTSTART:{day}T053000Z", HOUR, f"LOCATION:Salle {number}")
    ]
    reading = read(calendar(*lines))
    assert [item.uid for item in items(reading)] == [f"a1-{day}T053000" for day in days]
    assert [item.facts["location"] for item in items(reading)] == ["Salle 0", "Salle 1", "Salle 2"]


def test_an_irregular_expanded_series_keeps_each_occurrence() -> None:
    days = ("20240916", "20240919", "20241101", "20241103")
    lines = [line for day in days for line in event(f"RECURRENCE-ID:{day}T053000Z", f"DTSTART:{day}T053000Z", HOUR)]
    assert len(items(read(calendar(*lines)))) == 4


def test_an_exception_without_parent_is_an_event_of_its_own() -> None:
    item = only(calendar(*event("RECURRENCE-ID:20240923T053000Z", "DTSTART:20240924T053000Z", HOUR)))
    assert item.uid == "a1-20240923T053000"
    assert not lines_of(item, "RECURRENCE-ID")


def test_exceptions_of_an_event_that_does_not_recur_stay_beside_it() -> None:
    data = calendar(
        *event("DTSTART:20240916T053000Z", HOUR),
        *event("RECURRENCE-ID:20240923T053000Z", "DTSTART:20240924T053000Z", HOUR),
    )
    assert shown(data) == ["2024-09-16T05:30:00Z", "2024-09-24T05:30:00Z"]


def test_regular_dates_become_a_rule_with_its_holes() -> None:
    # Oracle Calendar 9 and 10 write a series as the list of its dates.
    data = calendar(
        *event("DTSTART:20240916T053000Z", HOUR, "RDATE:20240923T053000Z,20241007T053000Z", "RDATE:20241014T053000Z")
    )
    item = only(data)
    assert lines_of(item, "RRULE") == ["RRULE:FREQ=WEEKLY;COUNT=5;BYDAY=MO"]
    assert lines_of(item, "EXDATE") == ["EXDATE:20240930T053000Z"]
    assert len(shown(data)) == 4


def test_irregular_dates_become_one_event_each() -> None:
    data = calendar(*event("DTSTART:20240916T053000Z", HOUR, "RDATE:20240917T053000Z,20241102T093000Z"))
    reading = read(data)
    assert shown(data) == ["2024-09-16T05:30:00Z", "2024-09-17T05:30:00Z", "2024-11-02T09:30:00Z"]
    assert codes(reading) == ["rdate_expanded"]
    assert len({item.uid for item in items(reading)}) == 3
    assert not [item for item in items(reading) if "RDATE" in item.text]


def test_dates_beside_a_rule_are_added_to_it() -> None:
    data = calendar(*event(*WEEKLY, "RDATE:20240918T053000Z,20240923T053000Z"))
    assert shown(data) == [
        "2024-09-16T05:30:00Z",
        "2024-09-18T05:30:00Z",
        "2024-09-23T05:30:00Z",
        "2024-09-30T05:30:00Z",
        "2024-10-07T05:30:00Z",
    ]


def test_periods_keep_their_own_length() -> None:
    data = calendar(*event("DTSTART:20240916T053000Z", HOUR, "RDATE;VALUE=PERIOD:20240918T053000Z/PT3H"))
    assert [item.facts["end"] for item in items(read(data))] == [
        "2024-09-16T06:30:00+00:00",
        "2024-09-18T08:30:00+00:00",
    ]


def test_an_exception_of_a_listed_date_replaces_it() -> None:
    data = calendar(
        *event("DTSTART:20240916T053000Z", HOUR, "RDATE:20240917T053000Z,20241102T093000Z"),
        *event("RECURRENCE-ID:20241102T093000Z", "DTSTART:20241103T093000Z", HOUR),
    )
    assert shown(data) == ["2024-09-16T05:30:00Z", "2024-09-17T05:30:00Z", "2024-11-03T09:30:00Z"]


def test_an_exclusion_rule_becomes_its_dates() -> None:
    data = calendar(
        *event("DTSTART:20240916T053000Z", HOUR, "RRULE:FREQ=DAILY;COUNT=7", "EXRULE:FREQ=WEEKLY;BYDAY=WE,SU")
    )
    item = only(data)
    assert lines_of(item, "EXDATE") == ["EXDATE:20240918T053000Z,20240922T053000Z"]
    assert not lines_of(item, "EXRULE")


def test_this_and_future_splits_the_series() -> None:
    data = calendar(
        *event("DTSTART:20240916T053000Z", HOUR, "RRULE:FREQ=WEEKLY;COUNT=6;BYDAY=MO", "EXDATE:20241014T053000Z"),
        *event("RECURRENCE-ID;RANGE=THISANDFUTURE:20240930T053000Z", "DTSTART:20241001T060000Z", HOUR, "LOCATION:B"),
        *event("RECURRENCE-ID:20241007T053000Z", "DTSTART:20241010T060000Z", HOUR),
    )
    reading = read(data)
    assert codes(reading) == ["series_split"]
    assert shown(data) == [
        "2024-09-16T05:30:00Z",
        "2024-09-23T05:30:00Z",
        "2024-10-01T06:00:00Z",
        "2024-10-10T06:00:00Z",
        "2024-10-22T06:00:00Z",
    ]
    assert [item.components for item in items(reading)] == [1, 2]


def test_a_second_rule_becomes_a_second_series_without_doubles() -> None:
    data = calendar(*event("DTSTART:20240916T053000Z", HOUR, "RRULE:FREQ=WEEKLY;COUNT=2", "RRULE:FREQ=DAILY;COUNT=9"))
    assert shown(data) == [f"2024-09-{day}T05:30:00Z" for day in range(16, 25)]
    assert codes(read(data)) == ["several_rules"]


def test_different_events_with_one_uid_both_arrive() -> None:
    data = calendar(*event("DTSTART:20240916T053000Z", HOUR), *event("DTSTART:20240917T053000Z", HOUR))
    reading = read(data)
    first, second = items(reading)
    assert first.uid == "a1"
    assert second.uid.startswith("a1-")
    assert codes(reading) == ["uid_reused"]


def test_an_event_that_is_there_twice_arrives_once_in_its_newest_revision() -> None:
    data = calendar(
        *event("DTSTART:20240916T053000Z", HOUR, "SEQUENCE:1"),
        *event("DTSTART:20240916T053000Z", HOUR, "SEQUENCE:3", "LAST-MODIFIED:20240909T000000Z"),
    )
    reading = read(data)
    (item,) = items(reading)
    assert lines_of(item, "SEQUENCE") == ["SEQUENCE:3"]
    assert codes(reading) == ["duplicate_dropped"]


def test_one_uid_in_two_calendars_and_the_tasks_is_three_uids() -> None:
    first = calendar(*event("DTSTART:20240916T053000Z", HOUR), *task(uid="a1"), head=("VERSION:2.0", "NAME:Un"))
    second = calendar(*event("DTSTART:20240916T053000Z", HOUR), head=("VERSION:2.0", "NAME:Deux"))
    reading = read(first + second)
    assert [collection.name for collection in reading.collections] == ["Un", "Un (tâches)", "Deux"]
    assert len({item.uid for item in items(reading)}) == 3
    assert codes(reading) == ["uid_shared", "uid_shared"]


def test_calendars_of_the_same_name_are_one() -> None:
    one = calendar(*event("DTSTART:20240916T053000Z", HOUR))
    two = calendar(*event("DTSTART:20240917T053000Z", HOUR, uid="b"))
    (collection,) = read(one + two, name="Export").collections
    assert (collection.name, len(collection.items)) == ("Export", 2)


@each(
    ("head", "name"),
    [
        (("X-NSCP-CALPROPS-NAME:Marie  Payet", "X-WR-CALNAME:Autre"), "Marie Payet"),
        (("X-S1CS-CALPROPS-COMMON-NAME:Marie",), "Marie"),
        (("X-WR-CALNAME:Cours\\, soir",), "Cours, soir"),
        (("X-NSCP-CALPROPS-RELATIVE-CALID:mpayet:travail",), "travail"),
        (("X-NSCP_CALPROPS-NAME:Marie",), "Marie"),
        (('X-NSCP-CALPROPS-OWNERS:""',), "export"),
    ],
)
def test_the_calendar_is_called_as_on_the_old_server(head: tuple[str, ...], name: str) -> None:
    reading = read(calendar(*event("DTSTART:20240916T053000Z", HOUR), head=("VERSION:2.0", *head)), name="export")
    assert [collection.name for collection in reading.collections] == [name]


def test_a_missing_uid_is_made_the_same_each_time_and_never_twice() -> None:
    lines = [line for line in event("DTSTART:20240916T053000Z", HOUR) if not line.startswith("UID")]
    data = calendar(*lines, *lines)
    uids = [item.uid for item in items(read(data))]
    assert len(set(uids)) == 2
    assert uids == [item.uid for item in items(read(data))]


def test_events_notes_and_tasks_go_where_they_belong() -> None:
    data = calendar(
        *event("DTSTART:20240916T053000Z", HOUR),
        *task(),
        "BEGIN:VJOURNAL",
        "UID:j",
        "DTSTAMP:20240901T000000Z",
        "DTSTART:20240915T200000Z",
        "SUMMARY:Compte rendu",
        "END:VJOURNAL",
        *event(uid="sans-date"),
    )
    reading = read(data)
    assert (reading.items_in, reading.items_out) == (4, 4)
    kinds = {collection.kind: [item.uid for item in collection.items] for collection in reading.collections}
    assert kinds == {CollectionKind.CALENDAR: ["a1", "j"], CollectionKind.TASKS: ["t1", "sans-date"]}
    note = items(reading)[1]
    assert note.kind is ItemKind.EVENT
    assert lines_of(note, "DTSTART") == ["DTSTART;VALUE=DATE:20240916"]
    assert lines_of(note, "TRANSP") == ["TRANSP:TRANSPARENT"]


def test_suns_unbounded_series_is_kept_and_told() -> None:
    lines = event("DTSTART:20240916T053000Z", HOUR, "RRULE:FREQ=WEEKLY")
    assert codes(read(calendar(*lines, head=SUN))) == ["unbounded_rule"]
    assert codes(read(calendar(*lines))) == []
    assert lines_of(only(calendar(*lines, head=SUN)), "RRULE") == ["RRULE:FREQ=WEEKLY"]


@each(
    ("rule", "told"),
    [
        ("FREQ=DAILY", True),
        ("FREQ=DAILY;COUNT=700", False),
        ("FREQ=DAILY;COUNT=800", True),
        ("FREQ=WEEKLY", False),
        ("FREQ=WEEKLY;COUNT=530", True),
        ("FREQ=WEEKLY;BYDAY=MO,TU;COUNT=530", False),
        ("FREQ=WEEKLY;UNTIL=20440101T000000Z", True),
        ("FREQ=HOURLY", True),
        ("FREQ=YEARLY", False),
    ],
)
def test_series_longer_than_zimbra_shows_are_told(rule: str, told: bool) -> None:
    reading = read(calendar(*event("DTSTART:20240916T053000Z", HOUR, f"RRULE:{rule}")))
    assert codes(reading) == ["display_limit"] * told
