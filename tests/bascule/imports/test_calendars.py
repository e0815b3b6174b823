"""Appointments and tasks all the way, and one UID per mailbox."""

from __future__ import annotations

import pytest

from accounts.models import Agent
from bascule.imports import confirm, results
from tests.bascule.imports.collections import carry, event, make_collection, start, states, task
from zimbra.client import ZimbraClient

pytestmark = pytest.mark.django_db

CALENDAR, TASKS, TRASH = "10", "15", "3"

WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=30\nEXDATE;TZID=Europe/Paris:20240325T090000"
ALARM = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:Rappel\nEND:VALARM"


def held(mailbox: ZimbraClient, folder_id: str) -> dict[str, str]:
    return {one.uid: one.name for one in mailbox.calendar_items() if one.folder_id == folder_id}


def test_events_arrive_identical(agent: Agent, mailbox: ZimbraClient) -> None:
    items = [*(event(n) for n in range(12)), event(40, extra=WEEKLY), event(41, extra=ALARM)]
    parent = carry(start(make_collection(agent, items, kind="calendar"), name="Agenda"))
    assert (parent.state, parent.identical, parent.differing, parent.missing) == ("done", 14, 0, 0), [
        (one.label, [(d.name, d.expected, d.found) for d in one.differences]) for one in results.findings(parent)
    ]
    assert held(mailbox, parent.folder_id) == {item.uid: item.label for item in items}


def test_tasks_arrive_identical(agent: Agent, mailbox: ZimbraClient) -> None:
    parent = carry(start(make_collection(agent, [task(n) for n in range(3)], kind="tasks"), folder_id=TASKS))
    assert (parent.state, parent.identical, parent.differing) == ("done", 3, 0), results.findings(parent)
    assert len(held(mailbox, TASKS)) == 3


def test_undo_leaves_other_appointments(agent: Agent, mailbox: ZimbraClient) -> None:
    carry(start(make_collection(agent, [event(1)], kind="calendar"), folder_id=CALENDAR))
    parent = carry(start(make_collection(agent, [event(1), event(2)], kind="calendar"), folder_id=CALENDAR))
    assert states(parent) == {"present": 1, "created": 1}
    confirm.undo(parent=parent, by=agent)
    carry(parent)
    assert held(mailbox, CALENDAR) == {event(1).uid: event(1).label}


def test_a_uid_of_another_calendar_is_left_there(agent: Agent, mailbox: ZimbraClient) -> None:
    carry(start(make_collection(agent, [event(1), event(2)], kind="calendar"), folder_id=CALENDAR))
    second = carry(start(make_collection(agent, [event(1)], kind="calendar"), name="Copie"))
    assert (second.state, second.identical) == ("done", 1)
    assert len(held(mailbox, CALENDAR)) == 2
    (uid,) = held(mailbox, second.folder_id)
    assert uid == second.items.get().sent_uid != event(1).uid
    third = carry(start(make_collection(agent, [event(1)], kind="calendar"), folder_id=second.folder_id))
    assert states(third) == {"present": 1}
    assert list(held(mailbox, second.folder_id)) == [uid]


def test_a_uid_in_the_trash_is_left_there(agent: Agent, mailbox: ZimbraClient) -> None:
    text = make_text(event(1))
    mailbox.import_calendar_items(TRASH, [text])
    parent = carry(start(make_collection(agent, [event(1)], kind="calendar"), folder_id=CALENDAR))
    assert parent.identical == 1
    assert list(held(mailbox, TRASH)) == [event(1).uid]
    assert len(held(mailbox, CALENDAR)) == 1


def make_text(item) -> str:
    from bascule.conversions import calendars

    return calendars.wrap(item)


def test_another_version_in_the_destination_is_left_as_it_is(agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.import_calendar_items(CALENDAR, [make_text(event(1, summary="Titre changé depuis"))])
    parent = carry(start(make_collection(agent, [event(1), event(2)], kind="calendar"), folder_id=CALENDAR))
    assert list(parent.items.values_list("state", "reason")) == [("present", "other_version_present"), ("created", "")]
    assert held(mailbox, CALENDAR)[event(1).uid] == "Titre changé depuis"
    found, _ = results.results(parent)
    assert "autre version" in found[0].sentence


def test_nobody_is_invited(agent: Agent, mailbox: ZimbraClient, door) -> None:
    guest = door.create_account()
    people = f"ORGANIZER:mailto:{agent.address}\nATTENDEE;RSVP=TRUE:mailto:{guest}"
    parent = carry(start(make_collection(agent, [event(1, extra=people)], kind="calendar"), folder_id=CALENDAR))
    assert parent.identical == 1
    with door.client(guest) as theirs:
        assert list(theirs.search("is:anywhere", "message,appointment")) == []


def test_a_meddled_event_is_named_with_its_dates(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bascule.imports import verify

    verified = verify.verify

    def meddled(run) -> None:
        changed = event(1, summary="Autre titre", extra="RRULE:FREQ=WEEKLY;COUNT=29")
        mailbox.import_calendar_items(run.parent.folder_id, [make_text(changed)])
        verified(run)

    monkeypatch.setattr(verify, "verify", meddled)
    items = [event(1, extra="RRULE:FREQ=WEEKLY;COUNT=30"), event(2)]
    parent = carry(start(make_collection(agent, items, kind="calendar"), name="Agenda"))
    assert (parent.identical, parent.differing, parent.missing) == (1, 1, 0)
    (finding,) = results.findings(parent)
    assert [one.name for one in finding.differences] == ["titre", "dates de la répétition"]
