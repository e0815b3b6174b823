"""Contacts all the way: sent, read back, compared, taken back."""

from __future__ import annotations

import pytest

from accounts.models import Agent, JournalEntry, Notice
from bascule.imports import confirm
from bascule.models import Import
from tests.bascule.imports.collections import carry, contact, group, make_collection, start, states, with_photo
from zimbra.client import ZimbraClient
from zimbra.types import NewContact

pytestmark = pytest.mark.django_db

CONTACTS = "7"


def names(mailbox: ZimbraClient, folder_id: str) -> list[str]:
    return sorted(one.attributes.get("fullName", "") for one in mailbox.contacts(folder_id))


def test_contacts_photos_and_groups_arrive_identical(agent: Agent, mailbox: ZimbraClient) -> None:
    items = [*(contact(number) for number in range(25)), with_photo(90), group("Équipe", "a@x.fr", "b@x.fr")]
    parent = carry(start(make_collection(agent, items)))
    assert (parent.state, parent.identical, parent.differing, parent.missing) == ("done", 27, 0, 0)
    held = list(mailbox.contacts(parent.folder_id))
    assert {one.id for one in held} == set(parent.items.values_list("zimbra_id", flat=True))
    assert [one.members for one in held if one.is_group] == [(("I", "a@x.fr"), ("I", "b@x.fr"))]
    assert sum(one.image is not None for one in held) == 1
    notice = Notice.objects.get(recipient=agent)
    assert (notice.title, notice.mail_state) == ("Import terminé : 27 éléments ajoutés", "waiting")
    assert set(JournalEntry.objects.values_list("action", flat=True)) == {"import.started", "import.done"}


def test_undo_leaves_what_was_there_before(agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.create_contacts(CONTACTS, [NewContact({"fullName": "D’avant"})])
    parent = carry(start(make_collection(agent, [contact(n) for n in range(12)]), folder_id=CONTACTS))
    assert len(names(mailbox, CONTACTS)) == 13
    confirm.undo(parent=parent, by=agent)
    assert carry(parent).state == "undone"
    assert names(mailbox, CONTACTS) == ["D’avant"]
    assert states(parent) == {"removed": 12}


def test_undo_removes_the_folder_it_made_only_when_empty(agent: Agent, mailbox: ZimbraClient) -> None:
    first = carry(start(make_collection(agent, [contact(1)]), name="Ancien carnet"))
    second = carry(start(make_collection(agent, [contact(2)]), name="Second"))
    mailbox.create_contacts(second.folder_id, [NewContact({"fullName": "Ajouté à la main"})])
    for parent in (first, second):
        confirm.undo(parent=parent, by=agent)
        carry(parent)
    paths = [folder.path for folder in mailbox.folders().walk()]
    assert "/Ancien carnet" not in paths
    assert names(mailbox, second.folder_id) == ["Ajouté à la main"]


def test_undo_counts_what_was_gone_already(agent: Agent, mailbox: ZimbraClient) -> None:
    parent = carry(start(make_collection(agent, [contact(1), contact(2)])))
    mailbox.delete_items([parent.items.first().zimbra_id])
    confirm.undo(parent=parent, by=agent)
    carry(parent)
    assert list(parent.items.values_list("state", "reason")) == [("removed", "already_gone"), ("removed", "")]
    assert JournalEntry.objects.get(action="import.undone").details == {"removed": 1, "gone": 1}


def test_what_is_there_already_is_not_added_again(agent: Agent, mailbox: ZimbraClient) -> None:
    carry(start(make_collection(agent, [contact(1), contact(2)]), folder_id=CONTACTS))
    again = carry(start(make_collection(agent, [contact(1), contact(2), contact(3)]), folder_id=CONTACTS))
    assert states(again) == {"present": 2, "created": 1}
    assert (again.state, again.identical) == ("done", 3)
    assert len(names(mailbox, CONTACTS)) == 3
    confirm.undo(parent=again, by=agent)
    carry(again)
    assert names(mailbox, CONTACTS) == ["Prénom1 Payet", "Prénom2 Payet"]


def test_a_card_twice_in_the_file_arrives_once(agent: Agent, mailbox: ZimbraClient) -> None:
    parent = carry(start(make_collection(agent, [contact(1), contact(1)])))
    assert list(parent.items.values_list("state", "reason")) == [("created", ""), ("present", "twice_in_file")]
    assert len(names(mailbox, parent.folder_id)) == 1


def test_a_new_folder_that_exists_is_used_and_stays(agent: Agent, mailbox: ZimbraClient) -> None:
    folder = mailbox.create_folder("Carnet", view="contact")
    parent = carry(start(make_collection(agent, [contact(1)]), name="Carnet"))
    assert (parent.folder_id, parent.folder_created) == (folder.id, False)
    confirm.undo(parent=parent, by=agent)
    carry(parent)
    assert "/Carnet" in [one.path for one in mailbox.folders().walk()]


def test_a_name_taken_by_another_kind_of_folder_gets_a_number(agent: Agent, mailbox: ZimbraClient) -> None:
    mailbox.create_folder("Carnet", view="message")
    assert carry(start(make_collection(agent, [contact(1)]), name="Carnet")).folder_name == "Carnet (2)"


def test_a_difference_is_named_and_a_missing_item_too(
    agent: Agent, mailbox: ZimbraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bascule.imports import results, verify

    verified = verify.verify

    def meddled(run) -> None:
        rows = {row.position: row.zimbra_id for row in run.rows}
        mailbox.delete_items([rows[0]])
        (made,) = mailbox.create_contacts(run.parent.folder_id, [NewContact({"fullName": "Autre", "email": "x@y.fr"})])
        run.rows.filter(position=1).update(zimbra_id=made.ids[0])
        verified(run)

    monkeypatch.setattr(verify, "verify", meddled)
    parent = carry(start(make_collection(agent, [contact(1), contact(2), contact(3)])))
    assert (parent.identical, parent.differing, parent.missing) == (1, 1, 1)
    missing, differing = results.findings(parent)
    assert (missing.missing, missing.label) == (True, "Prénom1 Payet")
    assert {one.name for one in differing.differences} >= {"prénom", "nom", "nom complet", "adresse électronique"}
    assert b"Payet" not in bytes(parent.findings)


def test_before_the_move_nothing_can_be_confirmed(agent: Agent) -> None:
    agent.migrated_at = None
    agent.save()
    with pytest.raises(confirm.NotMigrated):
        start(make_collection(agent, [contact(1)]))


def test_a_collection_has_one_live_import(agent: Agent) -> None:
    collection = make_collection(agent, [contact(1)])
    parent = start(collection)
    with pytest.raises(confirm.AlreadyImported):
        start(collection)
    confirm.undo(parent=parent, by=agent)
    carry(parent)
    assert carry(start(collection)).state == "done"
    assert Import.objects.count() == 2
