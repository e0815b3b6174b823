"""What was last seen of a mailbox: fresh, old, failed, asked for anew, thrown away when something has changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent
from bascule import mailbox_look
from bascule.mailbox_look import FRESH, PATIENCE, SeenFolder, Snapshot
from bascule.models import SettingsLook
from tests.bascule.imports.conftest import agent, door, mailbox
from tests.factories import make_agent
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.errors import NotAllowed, Refused
from zimbra.types import Identity, OutOfOffice, Signature
from zimbra.types.filter_actions import FileInto, Stop
from zimbra.types.filter_tests import HeaderTest
from zimbra.types.filters import FilterRule
from zimbra.types.settings import ExternalReply

__all__ = ["agent", "door", "mailbox"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The people a task was asked to look for; no task runs."""
    found: list[int] = []
    monkeypatch.setattr(mailbox_look, "hand_out_on_commit", lambda task, pk: found.append(pk))
    return found


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def row_of(person: Agent, **fields: object) -> SettingsLook:
    return SettingsLook.objects.create(agent=person, **{"asked_at": ago(200), **fields})


def test_first_look_is_asked_for_once(asked: list[int]) -> None:
    person = make_agent()
    row = mailbox_look.look_for(person)
    assert row.looked_at is None
    assert mailbox_look.seen(row) is None
    mailbox_look.look_for(person, anew=True)
    assert asked == [person.pk]


def test_look_that_never_came_is_asked_for_again(asked: list[int]) -> None:
    person = make_agent()
    row_of(person, asked_at=ago(PATIENCE.total_seconds() + 1))
    mailbox_look.look_for(person)
    assert asked == [person.pk]


@pytest.mark.parametrize("error_code", ["", "unavailable"])
@pytest.mark.parametrize(("age", "anew", "again"), [(1, False, False), (1, True, True), (600, False, True)])
def test_fresh_is_kept_and_old_or_unwanted_is_renewed(
    asked: list[int], age: int, anew: bool, again: bool, error_code: str
) -> None:
    person = make_agent()
    row_of(person, looked_at=ago(age), error_code=error_code)
    row = mailbox_look.look_for(person, anew=anew)
    assert bool(asked) == again
    assert (row.looked_at is None) == again
    assert row.error_code == ("" if again else error_code)
    assert FRESH.total_seconds() < 600


def test_forgotten_is_looked_at_again_at_once_and_the_old_picture_stays(asked: list[int]) -> None:
    person = make_agent()
    picture = Snapshot(addresses=("a@exemple.re",))
    sealed = mailbox_look.sealing.seal_json(mailbox_look._dumped(picture))
    row_of(person, looked_at=timezone.now(), snapshot=sealed, error_code="unavailable", error="Zimbra ne répond pas.")
    mailbox_look.forget(person)
    row = mailbox_look.look_for(person)
    assert asked == [person.pk]
    assert (row.looked_at, row.error_code, row.error) == (None, "", "")
    assert mailbox_look.seen(row) == picture


def test_latest_asks_for_nothing(asked: list[int]) -> None:
    person = make_agent()
    assert mailbox_look.latest(person) is None
    row = row_of(person, looked_at=ago(600))
    assert mailbox_look.latest(person) == row
    assert asked == []


def test_everything_is_seen_and_comes_back_as_it_was(agent: Agent, mailbox: ZimbraClient, asked: list[int]) -> None:
    rule = FilterRule((HeaderTest("subject", "é & <x>", "contains"),), (FileInto("Élèves"), Stop()), name="Élèves")
    mailbox.replace_filters([rule])
    mailbox.replace_filters([rule], "outgoing")
    mailbox.create_folder_path("/Élèves/6e A", "message", colour=3)
    absence = OutOfOffice(
        True, "Absente", datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), ExternalReply.OTHER, "Non"
    )
    mailbox.set_out_of_office(absence)
    mailbox.create_signature(Signature("Courte", "Zoé"))
    mailbox.create_identity(Identity("Parents", from_address=agent.address))
    mailbox_look.look_for(agent)
    mailbox_look.look(agent.pk)
    row = SettingsLook.objects.get(agent=agent)
    seen = mailbox_look.seen(row)
    assert row.looked_at
    assert seen
    assert (seen.rules("incoming"), seen.rules("outgoing"), seen.absence) == ((rule,), (rule,), absence)
    found = seen.folder("élèves/6E a")
    assert found
    assert (found.path, found.view, found.colour, found.takes_mail) == ("Élèves/6e A", "message", 3, True)
    assert not seen.folder("Contacts").takes_mail
    assert agent.address in seen.addresses
    assert [one.name for one in seen.signatures] == ["Courte"]
    assert {one.name for one in seen.identities} == {"DEFAULT", "Parents"}
    assert b"Absente" not in bytes(row.snapshot)


def test_zimbra_that_does_not_answer_is_noted_beside_the_old_picture(
    agent: Agent, door: Simulated, asked: list[int]
) -> None:
    mailbox_look.look_for(agent)
    mailbox_look.look(agent.pk)
    mailbox_look.look_for(agent, anew=True)
    with door.disturbed(mode="down"):
        mailbox_look.look(agent.pk)
    row = SettingsLook.objects.get(agent=agent)
    assert (row.error_code, row.error) == ("unavailable", "Zimbra ne répond pas pour le moment.")
    assert row.looked_at
    assert mailbox_look.seen(row)


def test_person_without_a_mailbox_is_told(door: Simulated, asked: list[int]) -> None:
    person = make_agent("personne@academie.example", migrated_at=timezone.now())
    mailbox_look.look_for(person)
    mailbox_look.look(person.pk)
    assert SettingsLook.objects.get().error_code == "no_mailbox"


@pytest.mark.parametrize("error", [Refused("service.FAILURE"), NotAllowed("service.PERM_DENIED")])
def test_directory_that_is_closed_takes_nothing_else_away(
    mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def closed(self: ZimbraClient, address: str) -> None:
        raise error

    monkeypatch.setattr(ZimbraClient, "person", closed)
    seen = mailbox_look.look_through(mailbox)
    assert seen.directory == {}
    assert seen.folder("Inbox")


def test_look_begun_before_a_change_is_thrown_away(
    agent: Agent, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox_look.look_for(agent)
    through = mailbox_look.look_through

    def changed_meanwhile(client: ZimbraClient) -> Snapshot:
        seen = through(client)
        mailbox_look.forget(agent)
        return seen

    monkeypatch.setattr(mailbox_look, "look_through", changed_meanwhile)
    mailbox_look.look(agent.pk)
    row = SettingsLook.objects.get(agent=agent)
    assert row.looked_at is None
    assert mailbox_look.seen(row) is None


def test_nobody_asked_or_person_gone_is_no_error(db: None) -> None:
    mailbox_look.look(make_agent().pk)
    mailbox_look.look(10**9)
    assert not SettingsLook.objects.exists()


def test_picture_that_can_no_longer_be_opened_is_none(db: None) -> None:
    assert mailbox_look.seen(row_of(make_agent(), snapshot=b"not sealed")) is None


def test_root_and_folders_of_other_kinds_take_no_mail() -> None:
    assert not SeenFolder("1", "", "", "11").takes_mail
    assert not SeenFolder("10", "Calendar", "appointment", "1").takes_mail
    assert SeenFolder("2", "Inbox", "message", "1").takes_mail
