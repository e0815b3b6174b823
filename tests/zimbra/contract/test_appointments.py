"""Appointments."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.simulated import Server
from tests.zimbra.contract.samples import soon
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.types.calendars import Alarm, Attendee, CalendarEntry, Occurrence, Recurrence
from zimbra.verbs.calendars import WOULD_TELL

PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 3, 23, 9, 0, tzinfo=PARIS)
MEETING = CalendarEntry("Réunion <service>", START, START + timedelta(hours=1), location="Salle 1", description="Ordre")


def weeks(count: int) -> tuple[datetime, datetime]:
    return START - timedelta(days=1), START + timedelta(weeks=count)


def found(occurrences: Iterator[Occurrence]) -> list[datetime | None]:
    return sorted((one.start for one in occurrences), key=str)


def test_created_appointment_is_read_back(client: ZimbraClient) -> None:
    entry = replace(
        MEETING,
        busy="T",
        privacy="PRI",
        priority=5,
        categories=("Service",),
        alarms=(Alarm(timedelta(minutes=10), description="Bientôt"),),
    )
    made = client.create_calendar_entry(entry)
    read = client.calendar_entry(made.id)
    assert (read.folder_id, read.stored.invite_id) == ("10", made.invite_id)
    kept = read.entry
    assert (kept.name, kept.start, kept.end, kept.location) == (entry.name, entry.start, entry.end, entry.location)
    assert (kept.busy, kept.privacy, kept.priority, kept.categories, kept.status) == (
        "T",
        "PRI",
        5,
        ("Service",),
        "CONF",
    )
    assert kept.description.strip() == "Ordre"
    assert kept.uid
    [alarm] = kept.alarms
    assert isinstance(alarm, Alarm)
    assert (alarm.before, alarm.action) == (timedelta(minutes=10), "DISPLAY")


def test_moments_keep_their_zone(client: ZimbraClient) -> None:
    for start in (
        START,
        datetime(2026, 3, 23, 9, tzinfo=UTC),
        datetime(2026, 3, 23, 9, tzinfo=ZoneInfo("Indian/Reunion")),
    ):
        made = client.create_calendar_entry(CalendarEntry("Heure", start, start + timedelta(hours=1)))
        kept = client.calendar_entry(made.id).entry.start
        assert kept == start
        assert isinstance(kept, datetime)
        assert kept.utcoffset() == start.utcoffset()


def test_whole_days_count_the_last_one_in(client: ZimbraClient) -> None:
    made = client.create_calendar_entry(CalendarEntry("Congés", date(2026, 7, 1), date(2026, 7, 3)))
    kept = client.calendar_entry(made.id).entry
    assert (kept.start, kept.end, kept.all_day) == (date(2026, 7, 1), date(2026, 7, 3), True)
    text = client.item_text(made.id, "ics")
    assert b"DTSTART;VALUE=DATE:20260701" in text
    assert b"DTEND;VALUE=DATE:20260704" in text


def test_created_in_a_calendar_of_ones_own(client: ZimbraClient) -> None:
    folder = client.create_folder("Agenda", view="appointment")
    made = client.create_calendar_entry(MEETING, folder.id)
    assert client.calendar_entry(made.id).folder_id == folder.id
    with pytest.raises(NotFound):
        client.create_calendar_entry(MEETING, "99999")


def test_a_series_takes_place_as_its_rule_says(client: ZimbraClient) -> None:
    rule = Recurrence("weekly", count=4, by_day=("MO",), excluded=(START + timedelta(weeks=2),))
    made = client.create_calendar_entry(replace(MEETING, recurrence=rule))
    assert client.calendar_entry(made.id).entry.recurrence == rule
    # The clock goes forward on 29 March: the hour stays nine o'clock.
    expected = [START.astimezone(UTC), *((START + timedelta(weeks=n)).astimezone(UTC) for n in (1, 3))]
    assert expected[1] - expected[0] == timedelta(days=7, hours=-1)
    assert found(client.occurrences(*weeks(8))) == expected
    [first, *_] = client.occurrences(*weeks(8))
    assert (first.is_recurring, first.duration, first.name) == (True, timedelta(hours=1), MEETING.name)


@pytest.mark.parametrize(
    "rule",
    [
        Recurrence("daily", interval=2, count=3),
        Recurrence("weekly", by_day=("MO", "WE"), until=datetime(2026, 5, 1, tzinfo=UTC)),
        Recurrence("monthly", by_month_day=(1, -1), count=4),
        Recurrence("monthly", by_day=("MO", "TU", "WE", "TH", "FR"), by_set_pos=(-1,), count=3),
        Recurrence("yearly", by_month=(3,), by_month_day=(23,)),
    ],
    ids=["every other day", "until", "ends of months", "last working day", "every year"],
)
def test_recurrence_rules_come_back(client: ZimbraClient, rule: Recurrence) -> None:
    made = client.create_calendar_entry(replace(MEETING, recurrence=rule))
    kept = client.calendar_entry(made.id).entry.recurrence
    assert isinstance(kept, Recurrence)
    assert replace(kept, week_start=rule.week_start) == rule


def test_modified_appointment_has_its_new_words(client: ZimbraClient) -> None:
    made = client.create_calendar_entry(MEETING)
    before = client.calendar_entry(made.id)
    later = replace(before.entry, name="Plus tard", start=START + timedelta(hours=2), end=START + timedelta(hours=3))
    client.modify_calendar_entry(before, later)
    after = client.calendar_entry(made.id)
    assert (after.entry.name, after.entry.start, after.entry.uid) == ("Plus tard", later.start, before.entry.uid)
    assert found(client.occurrences(*weeks(1))) == [later.start and (START + timedelta(hours=2)).astimezone(UTC)]


def test_modifying_what_changed_meanwhile_is_refused(client: ZimbraClient) -> None:
    made = client.create_calendar_entry(MEETING)
    before = client.calendar_entry(made.id)
    client.modify_calendar_entry(before, replace(before.entry, name="Le premier"))
    with pytest.raises(Refused) as caught:
        client.modify_calendar_entry(before, replace(before.entry, name="Le second"))
    assert caught.value.code == "mail.INVITE_OUT_OF_DATE"
    assert client.calendar_entry(made.id).entry.name == "Le premier"


def test_attendees_are_kept_and_nobody_is_written_to(server: Server) -> None:
    address, guest = server.create_account(), server.create_account()
    with server.client(address) as client, server.client(guest) as invited:
        quiet = client.create_calendar_entry(replace(MEETING, attendees=(Attendee(guest, "Invitée", role="OPT"),)))
        read = client.calendar_entry(quiet.id)
        assert [(one.address, one.name, one.role) for one in read.entry.attendees] == [(guest, "Invitée", "OPT")]
        assert read.entry.organizer is not None
        assert read.entry.organizer.address == address
        told = client.create_calendar_entry(
            replace(MEETING, name="Annoncée", attendees=(Attendee(guest),)), notify=True
        )
        arrived = soon(lambda: list(invited.messages("in:inbox")))
        assert [one.subject for one in arrived] == ["Annoncée"]
        known = client.calendar_entry(told.id)
        with pytest.raises(Refused) as caught:
            client.modify_calendar_entry(known, replace(known.entry, attendees=()))
        assert caught.value.code == WOULD_TELL


def test_cancelled_appointment_goes_to_the_trash(client: ZimbraClient) -> None:
    made = client.create_calendar_entry(MEETING)
    client.cancel_calendar_entry(client.calendar_entry(made.id))
    assert list(client.occurrences(*weeks(1), folder_id="10")) == []


def test_deleted_appointment_is_gone(client: ZimbraClient) -> None:
    made = client.create_calendar_entry(MEETING)
    assert client.delete_items([made.id]).deleted == (made.id,)
    with pytest.raises(NotFound):
        client.calendar_entry(made.id)


def test_moved_appointment_is_in_the_other_calendar(client: ZimbraClient) -> None:
    folder = client.create_folder("Agenda", view="appointment")
    made = client.create_calendar_entry(MEETING)
    assert client.move_items([made.id], folder.id).changed == (made.id,)
    assert found(client.occurrences(*weeks(1), folder_id=folder.id)) == [START.astimezone(UTC)]
    assert list(client.occurrences(*weeks(1), folder_id="10")) == []


def test_a_long_span_is_read_whole_and_each_occurrence_once(client: ZimbraClient) -> None:
    client.create_calendar_entry(replace(MEETING, recurrence=Recurrence("weekly", count=60)))
    starts = found(client.occurrences(*weeks(70)))
    assert len(starts) == len(set(starts)) == 60


def test_search_expands_occurrences_page_by_page(client: ZimbraClient) -> None:
    for number in range(3):
        client.create_calendar_entry(
            replace(MEETING, name=f"Conseil {number}", recurrence=Recurrence("daily", count=2))
        )
    client.create_calendar_entry(replace(MEETING, name="Autre"))
    assert soon(lambda: len(list(client.search("in:calendar", "appointment"))) == 4)
    hits = list(client.search_occurrences("in:calendar subject:Conseil", *weeks(1), page=2))
    assert sorted({one.name for one in hits}) == ["Conseil 0", "Conseil 1", "Conseil 2"]
    assert len(hits) == 6


def test_one_occurrence_differs_and_another_does_not_take_place(client: ZimbraClient) -> None:
    made = client.create_calendar_entry(replace(MEETING, recurrence=Recurrence("daily", count=3)))
    series = client.calendar_entry(made.id)
    second, third = START + timedelta(days=1), START + timedelta(days=2)
    moved = replace(MEETING, name="Déplacée", start=second + timedelta(hours=3), end=second + timedelta(hours=4))
    client.modify_occurrence(series, second, moved)
    client.cancel_occurrence(client.calendar_entry(made.id), third)
    there = sorted(client.occurrences(*weeks(1)), key=lambda one: str(one.start))
    assert [(one.name, one.start, one.is_exception) for one in there] == [
        (MEETING.name, START.astimezone(UTC), False),
        ("Déplacée", (second + timedelta(hours=3)).astimezone(UTC), True),
    ]
    read = client.calendar_entry(made.id)
    assert [(replaced, entry.name) for replaced, entry in read.exceptions if entry.status != "CANC"] == [
        (second, "Déplacée")
    ]
