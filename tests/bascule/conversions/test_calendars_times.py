"""Dates, durations, zones: what a time of a source file means."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bascule.conversions.calendars import read
from bascule.conversions.calendars.times import Moment, format_duration, parse_duration, parse_time
from bascule.conversions.calendars.zones import Zones, load, olson_names, to_local, to_utc
from tests.bascule.conversions.calendar_files import SUN, calendar, codes, event, items, lines_of, only
from tests.each import each


@each(
    ("text", "moment"),
    [
        ("20240916", Moment(date(2024, 9, 16))),
        ("20240916T053000", Moment(datetime(2024, 9, 16, 5, 30))),
        ("20240916T053000Z", Moment(datetime(2024, 9, 16, 5, 30), "UTC")),
        ("2024-09-16", Moment(date(2024, 9, 16))),
        ("2024-09-16T05:30:00Z", Moment(datetime(2024, 9, 16, 5, 30), "UTC")),
        ("2024-09-16 05:30", Moment(datetime(2024, 9, 16, 5, 30))),
        ("20240916T0530", Moment(datetime(2024, 9, 16, 5, 30))),
        ("20240916t053000z", Moment(datetime(2024, 9, 16, 5, 30), "UTC")),
        ("20240916T093000+0400", Moment(datetime(2024, 9, 16, 5, 30), "UTC")),
        ("20240916T240000", Moment(datetime(2024, 9, 17))),
        ("20161231T235960Z", Moment(datetime(2016, 12, 31, 23, 59, 59), "UTC")),
        ("20240916T053000.123Z", Moment(datetime(2024, 9, 16, 5, 30), "UTC")),
        ("20240230", None),
        ("20240916T250000", None),
        ("00010101T000000Z", None),
        ("99991231", None),
        ("0", None),
        ("", None),
        ("demain", None),
        ("2024W011", None),
        ("20240916T05+0400", Moment(datetime(2024, 9, 16, 1), "UTC")),
    ],
)
def test_times_are_read_in_any_spelling(text: str, moment: Moment | None) -> None:
    assert parse_time(text) == moment


@each(
    ("text", "length", "written"),
    [
        ("PT15M", timedelta(minutes=15), "PT15M"),
        ("-PT15M", timedelta(minutes=-15), "-PT15M"),
        ("P1DT2H", timedelta(hours=26), "P1DT2H"),
        ("P2W", timedelta(weeks=2), "P2W"),
        ("P7D", timedelta(weeks=1), "P1W"),
        ("-P0DT0H30M0S", timedelta(minutes=-30), "-PT30M"),
        ("PT-15M", timedelta(minutes=-15), "-PT15M"),
        ("pt1h", timedelta(hours=1), "PT1H"),
        ("PT0S", timedelta(0), "PT0S"),
        ("PT3600", timedelta(hours=1), "PT1H"),
    ],
)
def test_durations_are_read_and_written_shortest(text: str, length: timedelta, written: str) -> None:
    assert parse_duration(text) == length
    assert format_duration(length) == written


@each("text", ["", "P", "PT", "demain", "P99999999999999D", "15:00"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert parse_duration(text) is None


@each(
    ("tzid", "zone"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("europe/paris", "Europe/Paris"),
        ("Europe_Paris", "Europe/Paris"),
        ("/mozilla.org/20050126_1/Europe/Paris", "Europe/Paris"),
        ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("custom_America/New_York", "America/New_York"),
        ("Romance Standard Time", "Europe/Paris"),
        ("tzone://Microsoft/W. Europe Standard Time", "Europe/Berlin"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("Mauritius Standard Time", "Indian/Mauritius"),
        ("(GMT+01.00) Paris", "Europe/Paris"),
        ("(UTC+01:00) Bruxelles, Copenhague, Madrid, Paris", "Europe/Paris"),
        ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("GMT +0400", "Indian/Reunion"),
        ("GMT-0500", "Etc/GMT+5"),
        ("Etc/UTC", "UTC"),
        ("GMT", "UTC"),
        ("PST", "America/Los_Angeles"),
    ],
)
def test_zone_names_of_other_programs_are_known(tzid: str, zone: str) -> None:
    resolved = Zones("Indian/Reunion").resolve(tzid)
    assert (resolved.zone, resolved.exact) == (zone, True)


def test_every_windows_name_stands_for_a_zone_of_tzdata() -> None:
    from bascule.conversions.calendars.zone_names import ABBREVIATIONS, CITIES, WINDOWS

    assert set(WINDOWS.values()) | set(ABBREVIATIONS.values()) | set(CITIES.values()) <= set(olson_names().values())


def test_a_definition_is_recognised_by_its_offsets() -> None:
    definition = [
        "BEGIN:VTIMEZONE",
        "TZID:Mon fuseau",
        "BEGIN:STANDARD",
        "DTSTART:20071104T020000",
        "TZOFFSETFROM:-0400",
        "TZOFFSETTO:-0500",
        "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:20070311T020000",
        "TZOFFSETFROM:-0500",
        "TZOFFSETTO:-0400",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
        "END:DAYLIGHT",
        "END:VTIMEZONE",
    ]
    reading = read(calendar(*definition, *event("DTSTART;TZID=Mon fuseau:20240701T090000", "DURATION:PT1H")))
    (item,) = items(reading)
    assert item.facts["occurrences"] == ["2024-07-01T13:00:00Z"]
    assert item.zones == ("America/New_York",)
    assert reading.repairs["zone_definition"] == 1
    assert not reading.remarks


def test_a_definition_like_no_zone_keeps_its_instants() -> None:
    definition = [
        "BEGIN:VTIMEZONE",
        "TZID:Fantaisie",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0337",
        "TZOFFSETTO:+0337",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    reading = read(calendar(*definition, *event("DTSTART;TZID=Fantaisie:20240701T090000", "DURATION:PT1H")))
    assert items(reading)[0].facts["occurrences"] == ["2024-07-01T05:23:00Z"]
    assert codes(reading) == ["zone_approximate"]


def test_the_name_of_a_zone_wins_over_its_old_definition() -> None:
    # Morocco left winter time in 2018; old definitions say otherwise.
    definition = [
        "BEGIN:VTIMEZONE",
        "TZID:Africa/Casablanca",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0000",
        "TZOFFSETTO:+0000",
        "END:STANDARD",
        "END:VTIMEZONE",
    ]
    item = only(calendar(*definition, *event("DTSTART;TZID=Africa/Casablanca:20240701T090000", "DURATION:PT1H")))
    assert item.facts["occurrences"] == ["2024-07-01T08:00:00Z"]


def test_suns_weekly_meeting_keeps_its_local_hour_across_summer_time() -> None:
    item = only(
        calendar(
            *event(
                "DTSTART:20241007T070000Z",
                "DTEND:20241007T080000Z",
                "RRULE:FREQ=WEEKLY;COUNT=5",
                "EXDATE:20241014T070000Z",
                "X-NSCP-DTSTART-TZID:Europe/Paris",
            ),
            head=SUN,
        )
    )
    assert lines_of(item, "DTSTART") == ["DTSTART;TZID=Europe/Paris:20241007T090000"]
    assert lines_of(item, "DTEND") == ["DTEND;TZID=Europe/Paris:20241007T100000"]
    assert lines_of(item, "EXDATE") == ["EXDATE;TZID=Europe/Paris:20241014T090000"]
    assert item.facts["occurrences"] == [
        "2024-10-07T07:00:00Z",
        "2024-10-21T07:00:00Z",
        "2024-10-28T08:00:00Z",
        "2024-11-04T08:00:00Z",
    ]


def test_suns_series_without_a_zone_has_that_of_its_calendar() -> None:
    data = calendar(
        *event("DTSTART:20241007T070000Z", "DTEND:20241007T080000Z", "RRULE:FREQ=WEEKLY;COUNT=5"),
        head=(*SUN, "X-NSCP-CALPROPS-TZID:Europe/Paris"),
    )
    assert lines_of(only(data), "DTSTART") == ["DTSTART;TZID=Europe/Paris:20241007T090000"]


def test_an_exception_of_an_all_day_series_keeps_its_day_in_reunion() -> None:
    # Midnight in Réunion is 20:00Z of the day before.
    data = calendar(
        *event(
            "DTSTART;VALUE=DATE:20240902",
            "RRULE:FREQ=WEEKLY;COUNT=4",
            "EXDATE:20240908T200000Z",
            "X-NSCP-DTSTART-TZID:Indian/Reunion",
        ),
        *event("RECURRENCE-ID:20240915T200000Z", "DTSTART;VALUE=DATE:20240917"),
        head=SUN,
    )
    item = only(data)
    assert lines_of(item, "EXDATE") == ["EXDATE;VALUE=DATE:20240909"]
    assert lines_of(item, "RECURRENCE-ID") == ["RECURRENCE-ID;VALUE=DATE:20240916"]
    assert item.facts["occurrences"] == ["2024-09-02", "2024-09-17", "2024-09-23"]


@each(
    ("head", "instant"),
    [
        ((), "2024-07-01T05:00:00Z"),
        (("X-WR-TIMEZONE:Europe/Paris",), "2024-07-01T07:00:00Z"),
        (("X-NSCP-CALPROPS-TZID:Europe/Paris",), "2024-07-01T07:00:00Z"),
        (("TZ:-05:00",), "2024-07-01T14:00:00Z"),
    ],
)
def test_floating_times_are_those_of_the_calendar_or_of_home(head: tuple[str, ...], instant: str) -> None:
    item = only(calendar(*event("DTSTART:20240701T090000", "DURATION:PT1H"), head=("VERSION:2.0", *head)))
    assert item.facts["occurrences"] == [instant]


def test_home_zone_is_a_matter_of_the_caller() -> None:
    data = calendar(*event("DTSTART:20240701T090000", "DURATION:PT1H"))
    assert only(data, home_zone="Europe/Paris").facts["occurrences"] == ["2024-07-01T07:00:00Z"]


def test_an_unknown_zone_is_told_once_per_calendar() -> None:
    data = calendar(
        *event("DTSTART;TZID=Lune:20240701T090000", "DTEND;TZID=Lune:20240701T100000"),
        *event("DTSTART;TZID=Lune:20240702T090000", "DTEND;TZID=Lune:20240702T100000", uid="b"),
    )
    reading = read(data)
    assert codes(reading) == ["zone_unknown"]
    assert items(reading)[0].facts["occurrences"] == ["2024-07-01T05:00:00Z"]


def test_a_time_in_the_gap_of_summer_time_is_kept() -> None:
    item = only(calendar(*event("DTSTART;TZID=Europe/Paris:20240331T023000", "DURATION:PT1H")))
    assert lines_of(item, "DTSTART") == ["DTSTART;TZID=Europe/Paris:20240331T023000"]
    assert item.facts["occurrences"] == ["2024-03-31T01:30:00Z"]


def test_a_time_that_the_clock_shows_twice_stays_in_utc() -> None:
    # 01:30Z is the second 02:30 of that night; its local time would mean the first.
    data = calendar(*event("DTSTART:20241027T013000Z", "DURATION:PT1H", "X-NSCP-DTSTART-TZID:Europe/Paris"), head=SUN)
    assert lines_of(only(data), "DTSTART") == ["DTSTART:20241027T013000Z"]


@each(
    ("lines", "start", "end"),
    [
        (["DTSTART;VALUE=DATE:20240916"], "DTSTART;VALUE=DATE:20240916", "DTEND;VALUE=DATE:20240917"),
        (
            ["DTSTART;VALUE=DATE:20240916", "DTEND;VALUE=DATE:20240916"],
            "DTSTART;VALUE=DATE:20240916",
            "DTEND;VALUE=DATE:20240917",
        ),
        (
            ["DTSTART;VALUE=DATE:20240916", "DURATION:P3D"],
            "DTSTART;VALUE=DATE:20240916",
            "DTEND;VALUE=DATE:20240919",
        ),
        (
            ["DTSTART;VALUE=DATE:20240916", "DTEND:20240917T120000Z"],
            "DTSTART;VALUE=DATE:20240916",
            "DTEND;VALUE=DATE:20240918",
        ),
        (
            ["DTSTART:20240916T053000Z", "DTEND;VALUE=DATE:20240917"],
            "DTSTART:20240916T053000Z",
            "DTEND:20240917T000000Z",
        ),
        (
            ["DTSTART;VALUE=DATE:20240916T000000", "DTEND;VALUE=DATE:20240917T000000"],
            "DTSTART;VALUE=DATE:20240916",
            "DTEND;VALUE=DATE:20240917",
        ),
        # Midnight in Réunion, where the calendar is.
        (["DTSTART;VALUE=DATE:20240916T200000Z"], "DTSTART;VALUE=DATE:20240917", "DTEND;VALUE=DATE:20240918"),
        (
            ["DTSTART;VALUE=DATE:20240916T120000Z", "DTEND;VALUE=DATE:20240916T133000Z"],
            "DTSTART:20240916T120000Z",
            "DTEND:20240916T133000Z",
        ),
        # A time without a zone has that of the other end.
        (
            ["DTSTART:20240916T120000", "DTEND;TZID=Europe/Paris:20240916T140000"],
            "DTSTART;TZID=Europe/Paris:20240916T120000",
            "DTEND;TZID=Europe/Paris:20240916T140000",
        ),
        (
            ["DTSTART:20240916T120000Z", "DTEND:20240916T140000"],
            "DTSTART:20240916T120000Z",
            "DTEND:20240916T140000Z",
        ),
        (["DTSTART:20240916T053000Z"], "DTSTART:20240916T053000Z", "DTEND:20240916T060000Z"),
        (
            ["DTSTART:20240916T053000Z", "DTEND:20240916T053000Z"],
            "DTSTART:20240916T053000Z",
            "DTEND:20240916T060000Z",
        ),
        (
            ["DTSTART:20240916T220000Z", "DTEND:20240916T010000Z"],
            "DTSTART:20240916T220000Z",
            "DTEND:20240917T010000Z",
        ),
        (
            ["DTSTART:20240916T093000Z", "DTEND:20240916T083000Z"],
            "DTSTART:20240916T093000Z",
            "DTEND:20240916T100000Z",
        ),
        (
            ["DTSTART:20240916T093000Z", "DTEND:20240916T103000Z", "DURATION:PT5M"],
            "DTSTART:20240916T093000Z",
            "DTEND:20240916T103000Z",
        ),
        (["DTEND:20240916T093000Z"], "DTSTART:20240916T083000Z", "DTEND:20240916T093000Z"),
    ],
)
def test_start_and_end_make_sense(lines: list[str], start: str, end: str) -> None:
    item = only(calendar(*event(*lines)))
    assert lines_of(item, "DTSTART") == [start]
    assert lines_of(item, "DTEND") == [end]
    assert not lines_of(item, "DURATION")


def test_midnight_is_the_same_instant_everywhere() -> None:
    assert to_utc(datetime(2024, 9, 16), "Indian/Reunion") == datetime(2024, 9, 15, 20)
    assert to_local(datetime(2024, 9, 15, 20), "Indian/Reunion") == datetime(2024, 9, 16)
    assert load("Europe/Paris").utcoffset(datetime(2024, 7, 1, tzinfo=UTC)) == timedelta(hours=2)
