"""Calendars put in as text, item by item."""

import pytest

from tests.zimbra.contract.samples import event, task
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound


def test_import_calendar_items_and_list_them(client: ZimbraClient) -> None:
    calendar = client.create_folder("Agenda", view="appointment")
    outcomes = client.import_calendar_items(calendar.id, [event("u1"), event("u2", "Conseil")])
    tasks = client.import_calendar_items("15", [task("u3")])
    assert all(outcome.done for outcome in outcomes + tasks)
    found = {item.uid: item for item in client.calendar_items()}
    assert {uid: (item.id, item.folder_id, item.name, item.kind) for uid, item in found.items()} == {
        "u1": (outcomes[0].ids[0], calendar.id, "Réunion", "appt"),
        "u2": (outcomes[1].ids[0], calendar.id, "Conseil", "appt"),
        "u3": (tasks[0].ids[0], "15", "Bulletins", "task"),
    }
    assert client.calendar_item(outcomes[1].ids[0]) == found["u2"]
    assert b"SUMMARY:Conseil" in client.item_text(outcomes[1].ids[0], "ics")


def test_import_of_a_series_with_an_exception_is_one_item(client: ZimbraClient) -> None:
    exception = (
        "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:series\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID:20260112T090000Z\r\n"
        "DTSTART:20260112T100000Z\r\nDURATION:PT1H\r\nSUMMARY:Plus tard\r\n"
    )
    text = event("series", more="RRULE:FREQ=WEEKLY;COUNT=3\r\n" + exception)
    [outcome] = client.import_calendar_items("10", [text])
    assert len(outcome.ids) == 1
    assert outcome.parts_refused == 0
    assert b"RECURRENCE-ID" in client.item_text(outcome.ids[0], "ics")


def test_import_of_the_same_uid_gives_the_same_item_back(client: ZimbraClient) -> None:
    other = client.create_folder("Autre", view="appointment")
    [first] = client.import_calendar_items("10", [event("same")])
    [second] = client.import_calendar_items(other.id, [event("same")])
    assert first.ids == second.ids
    assert [item.folder_id for item in client.calendar_items()] == [other.id]


def test_import_of_a_bad_event_refuses_it_alone(client: ZimbraClient) -> None:
    bad = event("bad", more="RRULE:FREQ=WEEKLY;UNTIL=demain\r\n")
    outcomes = client.import_calendar_items("10", [event("g1"), bad, "no calendar at all", event("g2")])
    assert [outcome.done for outcome in outcomes] == [True, False, False, True]
    assert all(outcome.refused for outcome in outcomes[1:3])
    assert sorted(item.uid for item in client.calendar_items()) == ["g1", "g2"]


def test_deleted_appointment_is_not_found(client: ZimbraClient) -> None:
    [outcome] = client.import_calendar_items("10", [event("u1")])
    assert client.delete_items(outcome.ids).deleted == outcome.ids
    with pytest.raises(NotFound):
        client.calendar_item(outcome.ids[0])
