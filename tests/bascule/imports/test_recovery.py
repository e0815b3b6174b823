"""Zimbra down, answers lost, workers killed or doubled: every item arrives once, and undo takes back just that."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import claims
from accounts.models import Agent, JournalEntry, Notice
from bascule.imports import confirm, engine, results, send
from bascule.imports.calendar_items import CalendarCarrier
from bascule.imports.contact_items import ContactCarrier
from bascule.imports.states import WrongState
from bascule.models import Import
from tests.bascule.imports.collections import carry, contact, event, make_collection, start, states
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.errors import LOST, AnswerLost
from zimbra.types import NewContact

pytestmark = pytest.mark.django_db

CONTACTS = "7"


class Killed(BaseException):
    """Stands in for the end of the process."""


def names(mailbox: ZimbraClient, folder_id: str) -> Counter[str]:
    return Counter(one.attributes.get("fullName", "") for one in mailbox.contacts(folder_id))


def expected(numbers: range) -> Counter[str]:
    return Counter(f"Prénom{number} Payet" for number in numbers)


def contacts_import(agent: Agent, count: int = 25) -> Import:
    return start(make_collection(agent, [contact(number) for number in range(count)]), folder_id=CONTACTS)


def due(parent: Import) -> None:
    """Let the pause be over."""
    Import.objects.filter(pk=parent.pk).update(retry_at=timezone.now())


def assert_exact(parent: Import, mailbox: ZimbraClient, count: int = 25) -> None:
    parent.refresh_from_db()
    assert (parent.state, parent.identical, parent.missing, parent.differing) == ("done", count, 0, 0)
    assert names(mailbox, CONTACTS) == expected(range(count))
    assert set(parent.items.values_list("zimbra_id", flat=True)) == {one.id for one in mailbox.contacts(CONTACTS)}


def assert_undone(parent: Import, mailbox: ZimbraClient, agent: Agent) -> None:
    confirm.undo(parent=parent, by=agent)
    assert carry(parent).state == "undone"
    assert names(mailbox, CONTACTS) == Counter()


def test_down_from_the_start_waits_longer_each_time_and_then_arrives(
    agent: Agent, mailbox: ZimbraClient, door: Simulated, settings
) -> None:
    settings.IMPORT_RETRY_SECONDS, settings.IMPORT_RETRY_MAX_SECONDS = 10, 25
    parent = contacts_import(agent)
    pauses = []
    with door.disturbed(mode="down"):
        for _ in range(4):
            pauses.append(engine.advance(parent.pk))
            assert engine.advance(parent.pk) is None
            assert parent.pk not in engine.waiting()
            due(parent)
    assert pauses == [10, 20, 25, 25]
    parent.refresh_from_db()
    assert (parent.state, parent.holder) == ("queued", "")
    assert "ne répond pas" in results.waiting_sentence(parent)
    assert parent.pk in engine.waiting()
    carry(parent)
    assert_exact(parent, mailbox)
    assert (parent.attempts, parent.retry_at, parent.waiting_for) == (0, None, "")


def test_503_in_the_middle_waits_and_goes_on(agent: Agent, mailbox: ZimbraClient, door: Simulated) -> None:
    parent = contacts_import(agent)
    # Sign-in twice, folders twice, contacts, first batch: then trouble.
    door.disturb(mode="503", after=6)
    assert engine.advance(parent.pk) is not None
    parent.refresh_from_db()
    assert parent.state == "sending"
    assert 0 < states(parent)["created"] < 25
    assert "in_flight" not in states(parent)
    door.disturb()
    confirm.try_again(parent=parent, by=agent)
    carry(parent)
    assert_exact(parent, mailbox)
    assert_undone(parent, mailbox, agent)


@pytest.mark.parametrize("after", range(3, 12))
def test_answers_lost_after_the_work_was_done_double_nothing(
    agent: Agent, mailbox: ZimbraClient, door: Simulated, after: int
) -> None:
    parent = start(make_collection(agent, [contact(number) for number in range(25)]), name="Carnet")
    door.disturb(mode="lost", after=after)
    carry(parent)
    door.disturb()
    due(parent)
    carry(parent)
    assert (parent.state, parent.identical) == ("done", 25)
    assert names(mailbox, parent.folder_id) == expected(range(25))
    assert parent.folder_created
    confirm.undo(parent=parent, by=agent)
    carry(parent)
    assert "/Carnet" not in [one.path for one in mailbox.folders().walk()]


def test_a_refused_item_is_a_line_not_the_end(agent: Agent, mailbox: ZimbraClient, door: Simulated) -> None:
    parent = contacts_import(agent)
    with door.disturbed(refuse={"k": 14}):
        carry(parent)
    assert (parent.state, parent.identical) == ("done", 24)
    assert states(parent) == {"created": 24, "refused": 1}
    ((result,), count) = results.results(parent, state="refused")
    assert (result.number, count) == (14, 1)
    assert result.sentence == "Zimbra a rencontré une erreur interne"
    assert b"refused on demand" not in bytes(parent.items.get(state="refused").detail)
    assert "refused on demand" in result.detail


def test_a_full_mailbox_stops_the_import_which_goes_on_later(
    agent: Agent, mailbox: ZimbraClient, door: Simulated
) -> None:
    parent = contacts_import(agent)
    with door.disturbed(refuse={"containing": "Prénom1", "code": "mail.QUOTA_EXCEEDED"}):
        carry(parent)
    assert (parent.state, parent.error_code) == ("failed", "mail.QUOTA_EXCEEDED")
    assert "pleine" in parent.error
    assert "refused" not in states(parent)
    assert Notice.objects.filter(recipient=agent, kind="import.stopped", mail_state="waiting").exists()
    confirm.try_again(parent=parent, by=agent)
    carry(parent)
    assert_exact(parent, mailbox)


def test_a_folder_deleted_meanwhile_stops_the_import_and_undo_still_works(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = start(make_collection(agent, [contact(number) for number in range(25)]), name="Carnet")
    sent = ContactCarrier.send

    def send_and_delete(self, parcels):
        outcomes = sent(self, parcels)
        mailbox.delete_folder(self._folder_id)
        return outcomes

    monkeypatch.setattr(ContactCarrier, "send", send_and_delete)
    carry(parent)
    assert (parent.state, parent.error_code) == ("failed", "folder_gone")
    confirm.undo(parent=parent, by=agent)
    carry(parent)
    assert parent.state == "undone"
    assert JournalEntry.objects.get(action="import.undone").details == {"removed": 0, "gone": 10}


def test_a_wrong_administration_password_stops_with_a_way_on(agent: Agent, settings) -> None:
    settings.ZIMBRA_ADMIN_PASSWORD = "wrong"
    parent = carry(contacts_import(agent))
    assert (parent.state, parent.error_code) == ("failed", "not_allowed")
    assert "Réessayer" in parent.error


def test_no_mailbox_yet_stops_with_a_way_on(agent: Agent) -> None:
    agent.address = "personne@academie.example"
    agent.save()
    assert carry(contacts_import(agent)).error_code == "no_mailbox"


@pytest.mark.parametrize("kind", ["contacts", "calendar"])
@pytest.mark.parametrize("moment", ["before", "half", "after"])
@pytest.mark.parametrize("batch", [1, 2])
def test_a_worker_killed_round_a_batch_leaves_no_trace(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch, kind: str, moment: str, batch: int
) -> None:
    make, carrier = (contact, ContactCarrier) if kind == "contacts" else (event, CalendarCarrier)
    items = [make(number) for number in range(25)]
    parent = start(make_collection(agent, items, kind=kind), name="Nouveau")
    sent, calls = carrier.send, Counter[str]()

    def send_and_die(self, parcels):
        calls["send"] += 1
        if calls["send"] != batch:
            return sent(self, parcels)
        if moment != "before":
            sent(self, parcels[: len(parcels) // (2 if moment == "half" else 1)])
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(carrier, "send", send_and_die)
        patched.setattr(claims, "postpone", lambda *args: None)
        patched.setattr(claims.Claim, "release", lambda claim: None)
        with pytest.raises(Killed):
            engine.advance(parent.pk)
    assert states(parent)["in_flight"] == 10 if batch == 1 else True
    # The holder is this process, alive: its lease ends instead.
    Import.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    carry(parent)
    assert (parent.state, parent.identical, parent.missing) == ("done", 25, 0)
    held = mailbox.contacts(parent.folder_id) if kind == "contacts" else mailbox.calendar_items()
    assert sorted(one.id for one in held) == sorted(parent.items.values_list("zimbra_id", flat=True))
    confirm.undo(parent=parent, by=agent)
    carry(parent)
    assert "/Nouveau" not in [one.path for one in mailbox.folders().walk()]


def test_a_batch_that_arrives_after_it_was_sent_again_is_swept(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox.create_contacts(CONTACTS, [NewContact({"fullName": "D’avant"})])
    parent = contacts_import(agent)
    sent, calls = ContactCarrier.send, []

    def late(self, parcels):
        calls.append(parcels)
        if len(calls) == 1:
            raise AnswerLost(LOST)
        outcomes = sent(self, parcels)
        if len(calls) == 2:
            sent(self, calls[0])
        return outcomes

    monkeypatch.setattr(ContactCarrier, "send", late)
    carry(parent)
    due(parent)
    carry(parent)
    assert (parent.state, parent.identical) == ("done", 25)
    assert names(mailbox, CONTACTS) == expected(range(25)) + Counter(["D’avant"])


def test_a_batch_that_arrives_after_the_end_is_swept_for_a_while(agent: Agent, mailbox: ZimbraClient) -> None:
    parent = carry(contacts_import(agent, 3))
    assert parent.pk not in engine.waiting()
    Import.objects.update(sweep_until=timezone.now() + timedelta(minutes=5))
    parent.items.filter(position=1).update(tries=2)
    copy = {"firstName": "Prénom1", "lastName": "Payet", "fullName": "Prénom1 Payet", "email": "payet1@example.net"}
    copy["notes"] = "Première ligne\nseconde ligne n° 1"
    mailbox.create_contacts(CONTACTS, [NewContact(copy), NewContact(copy | {"notes": "à moi"})])
    assert parent.pk in engine.waiting()
    carry(parent)
    assert sum(names(mailbox, CONTACTS).values()) == 4
    assert parent.pk not in engine.waiting()
    Import.objects.update(sweep_until=timezone.now(), retry_at=None)
    assert carry(parent).sweep_until is None
    assert parent.state == "done"


def test_two_workers_send_once(agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = contacts_import(agent)
    sent = ContactCarrier.send

    def second_comes(self, parcels):
        assert engine.advance(parent.pk) is None
        return sent(self, parcels)

    monkeypatch.setattr(ContactCarrier, "send", second_comes)
    carry(parent)
    assert_exact(parent, mailbox)


def test_a_worker_taken_for_dead_writes_nothing_when_it_comes_back(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = contacts_import(agent)
    sent, calls = ContactCarrier.send, []

    def slow(self, parcels):
        outcomes = sent(self, parcels)
        calls.append(parcels)
        if len(calls) == 1:
            # While this worker waits for its answer, its lease ends and another does all the work.
            Import.objects.update(held_until=timezone.now() - timedelta(seconds=1))
            engine.advance(parent.pk)
            assert Import.objects.get(pk=parent.pk).state == "done"
            parent.items.update(reason="untouched")
        return outcomes

    monkeypatch.setattr(ContactCarrier, "send", slow)
    assert engine.advance(parent.pk) is None
    assert_exact(parent, mailbox)
    assert set(parent.items.values_list("reason", flat=True)) == {"untouched"}


def test_imports_of_one_person_go_one_after_the_other(agent: Agent, mailbox: ZimbraClient) -> None:
    first, second = contacts_import(agent), contacts_import(agent)
    assert engine.advance(second.pk) is None
    second.refresh_from_db()
    assert second.state == "queued"
    assert "Un autre import" in results.waiting_sentence(second)
    assert engine.next_of(first.pk) == second.pk
    carry(first)
    assert states(carry(second)) == {"present": 25}
    assert_exact(first, mailbox)


def test_asked_to_undo_in_the_middle_it_stops_after_the_batch_and_takes_back(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = contacts_import(agent)
    sent = ContactCarrier.send

    def person_decides(self, parcels):
        outcomes = sent(self, parcels)
        confirm.undo(parent=parent, by=agent)
        return outcomes

    monkeypatch.setattr(ContactCarrier, "send", person_decides)
    assert carry(parent).state == "undone"
    assert states(parent) == {"removed": 10, "pending": 15}
    assert names(mailbox, CONTACTS) == Counter()


def test_undo_of_an_unanswered_batch_takes_back_what_it_brought(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = contacts_import(agent)
    sent = ContactCarrier.send

    def lose(self, parcels):
        sent(self, parcels)
        raise AnswerLost(LOST)

    monkeypatch.setattr(ContactCarrier, "send", lose)
    carry(parent)
    assert names(mailbox, CONTACTS).total() == 10
    assert_undone(parent, mailbox, agent)


def test_undo_interrupted_goes_on(agent: Agent, mailbox: ZimbraClient, door: Simulated, monkeypatch) -> None:
    monkeypatch.setattr("bascule.imports.undo.DELETED_TOGETHER", 5)
    parent = carry(contacts_import(agent))
    confirm.undo(parent=parent, by=agent)
    with door.disturbed(mode="down", after=4):
        carry(parent)
    assert parent.state == "undoing"
    assert 0 < states(parent)["removed"] < 25
    due(parent)
    assert carry(parent).state == "undone"
    assert names(mailbox, CONTACTS) == Counter()


def test_an_unforeseen_error_waits_instead_of_turning_in_a_loop(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = contacts_import(agent)
    with monkeypatch.context() as patched:
        patched.setattr(send, "settle", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            engine.advance(parent.pk)
    parent.refresh_from_db()
    assert (parent.holder, parent.waiting_for) == ("", "internal")
    assert parent.pk not in engine.waiting()
    due(parent)
    carry(parent)
    assert_exact(parent, mailbox)


def test_without_its_deposit_a_stopped_import_can_only_be_taken_back(
    agent: Agent, mailbox: ZimbraClient, door: Simulated
) -> None:
    parent = contacts_import(agent)
    with door.disturbed(refuse={"k": 14, "code": "mail.TOO_MANY_CONTACTS"}):
        carry(parent)
    assert parent.collection is not None
    parent.collection.deposit.delete()
    confirm.try_again(parent=parent, by=agent)
    assert carry(parent).error_code == "collection_gone"
    assert_undone(parent, mailbox, agent)


def test_moves_that_the_table_does_not_know_are_refused(agent: Agent) -> None:
    parent = carry(contacts_import(agent, 1))
    with pytest.raises(WrongState):
        confirm.try_again(parent=parent, by=agent)
    confirm.undo(parent=parent, by=agent)
    with pytest.raises(WrongState):
        confirm.undo(parent=parent, by=agent)
