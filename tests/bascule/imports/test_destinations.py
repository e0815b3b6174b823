"""What a person can choose from, as a task saw it."""

from __future__ import annotations

import pytest

from accounts.models import Agent
from bascule.imports import destinations
from bascule.models import DestinationLook, ReadCollection
from tests.bascule.imports.collections import carry, contact, event, make_collection, start
from tests.simulated import Simulated
from zimbra.client import ZimbraClient

pytestmark = pytest.mark.django_db


def look(collection: ReadCollection) -> DestinationLook:
    row = destinations.look_for(collection)
    destinations.look(collection.pk)
    row.refresh_from_db()
    return row


def test_folders_of_the_right_kind_with_what_they_hold(agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.create_folder("Amis", view="contact")
    mailbox.create_folder("Jetés", parent_id="3", view="contact")
    mailbox.create_folder("Autre chose", view="appointment")
    carry(start(make_collection(agent, [contact(1), contact(2)]), folder_id="7"))
    seen = destinations.seen(look(make_collection(agent, [contact(2), contact(3)])))
    assert [(one.name, one.count, one.known) for one in seen.choices] == [
        ("Contacts", 2, 1),
        ("Amis", 0, 0),
        ("Personnes contactées par mail", 0, 0),
    ]
    assert seen.room == mailbox.info().contact_max - 2


def test_calendars_tell_which_appointments_they_hold(agent: Agent, mailbox: ZimbraClient) -> None:
    carry(start(make_collection(agent, [event(1), event(2)], kind="calendar"), folder_id="10"))
    seen = destinations.seen(look(make_collection(agent, [event(2), event(3)], kind="calendar")))
    assert [(one.name, one.known) for one in seen.choices] == [("Calendrier", 1)]
    assert seen.room is None


def test_names_of_folders_are_sealed(agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.create_folder("Amis secrets", view="contact")
    row = look(make_collection(agent, [contact(1)]))
    assert b"secrets" not in bytes(row.folders)


def test_a_service_that_is_down_is_told(agent: Agent, door: Simulated) -> None:
    with door.disturbed(mode="down"):
        row = look(make_collection(agent, [contact(1)]))
    assert (row.error_code, destinations.seen(row).choices) == ("unavailable", ())
    assert row.looked_at is not None


def test_a_collection_deleted_meanwhile_is_no_error(agent: Agent) -> None:
    destinations.look(0)
