"""Contacts and groups."""

import pytest

from tests.simulated import Server
from tests.zimbra.contract.samples import PIXEL, soon
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.types import NewContact


def test_create_contacts_and_read_them_back(client: ZimbraClient) -> None:
    marie = {"firstName": "Marie", "lastName": "D'Ambre & <fils>", "notes": "une\ndeux\ttrois", "email": "marie@b.fr"}
    sent = [
        NewContact(marie),
        NewContact({"fullName": "Équipe", "nickname": "Équipe"}, members=("a@b.fr", "c@d.fr")),
        NewContact({"firstName": "Jean"}, image=PIXEL, image_type="image/png"),
    ]
    outcomes = client.create_contacts("7", sent)
    assert [len(outcome.ids) for outcome in outcomes] == [1, 1, 1]
    stored = {contact.id: contact for contact in client.contacts("7")}
    first, group, pictured = (stored[outcome.ids[0]] for outcome in outcomes)
    assert {name: first.attributes.get(name) for name in marie} == marie
    assert group.is_group
    assert group.members == (("I", "a@b.fr"), ("I", "c@d.fr"))
    assert pictured.image is not None
    assert client.item_part(pictured.id, pictured.image.part) == PIXEL


def test_create_contacts_over_the_limit_are_refused_one_by_one(server: Server) -> None:
    address = server.create_account(zimbraContactMaxNumEntries="3")
    with server.client(address) as client:
        outcomes = client.create_contacts("7", [NewContact({"firstName": str(n)}) for n in range(5)], max_children=2)
        assert [outcome.done for outcome in outcomes] == [True, True, True, False, False]
        assert {outcome.code for outcome in outcomes[3:]} == {"mail.TOO_MANY_CONTACTS"}
        assert len(list(client.contacts("7"))) == 3


def test_create_contacts_without_anything_is_refused_alone(client: ZimbraClient) -> None:
    outcomes = client.create_contacts("7", [NewContact({}), NewContact({"firstName": "Marie"})])
    assert [(outcome.done, outcome.code) for outcome in outcomes] == [(False, "service.INVALID_REQUEST"), (True, "")]


def test_many_pictures_arrive_with_their_own_contacts(client: ZimbraClient) -> None:
    sent = [NewContact({"firstName": str(n)}, image=PIXEL + bytes([n]), image_type="image/png") for n in range(60)]
    outcomes = client.create_contacts("7", sent)
    stored = {contact.id: contact for contact in client.contacts("7")}
    for number in (0, 49, 50, 59):
        contact = stored[outcomes[number].ids[0]]
        assert contact.attributes["firstName"] == str(number)
        assert contact.image is not None
        assert client.item_part(contact.id, contact.image.part) == PIXEL + bytes([number])


def test_delete_contacts_tells_deleted_from_gone(client: ZimbraClient) -> None:
    ids = [o.ids[0] for o in client.create_contacts("7", [NewContact({"firstName": str(n)}) for n in range(3)])]
    assert client.delete_contacts([ids[1]]).deleted == (ids[1],)
    result = client.delete_contacts(ids)
    assert (result.deleted, result.gone) == ((ids[0], ids[2]), (ids[1],))
    assert list(client.contacts("7")) == []


def test_modify_contact_changes_what_is_named(client: ZimbraClient) -> None:
    [made] = client.create_contacts("7", [NewContact({"firstName": "Marie", "email": "m@b.fr", "notes": "à revoir"})])
    changed = client.modify_contact(made.ids[0], {"email": "marie@b.fr", "notes": ""})
    assert (changed.attributes["email"], changed.attributes["firstName"]) == ("marie@b.fr", "Marie")
    assert "notes" not in client.contact(made.ids[0]).attributes
    client.modify_contact(made.ids[0], {"lastName": "Hoarau"}, replace=True)
    whole = client.contact(made.ids[0]).attributes
    assert whole["lastName"] == "Hoarau"
    assert "firstName" not in whole


def test_modify_contact_gives_it_another_picture(client: ZimbraClient) -> None:
    [made] = client.create_contacts("7", [NewContact({"firstName": "Marie"})])
    changed = client.modify_contact(made.ids[0], {}, image=PIXEL, image_type="image/png")
    assert changed.image is not None
    assert client.item_part(made.ids[0], changed.image.part) == PIXEL
    assert changed.attributes["firstName"] == "Marie"


def test_members_of_a_group_come_and_go(client: ZimbraClient) -> None:
    group, marie = (
        outcome.ids[0]
        for outcome in client.create_contacts(
            "7", [NewContact({"nickname": "Équipe"}, members=("a@b.fr",)), NewContact({"firstName": "Marie"})]
        )
    )
    changed = client.change_members(group, add=[("C", marie), ("I", "z@b.fr")], remove=[("I", "a@b.fr")])
    assert sorted(changed.members) == [("C", marie), ("I", "z@b.fr")]
    assert client.set_members(group, [("I", "seul@b.fr")]).members == (("I", "seul@b.fr"),)
    assert client.contact(group).is_group


def test_a_group_names_nobody_twice(client: ZimbraClient) -> None:
    [made] = client.create_contacts("7", [NewContact({"nickname": "Équipe"}, members=("a@b.fr", "c@b.fr", "a@b.fr"))])
    assert client.contact(made.ids[0]).members == (("I", "a@b.fr"), ("I", "c@b.fr"))
    with pytest.raises(Refused):
        client.change_members(made.ids[0], add=[("I", "a@b.fr")])


def test_contact_is_moved_and_deleted(client: ZimbraClient) -> None:
    folder = client.create_folder("Écoles", "7", "contact")
    [made] = client.create_contacts("7", [NewContact({"firstName": "Marie"})])
    client.move_items(made.ids, folder.id)
    assert client.contact(made.ids[0]).folder_id == folder.id
    client.delete_items(made.ids)
    with pytest.raises(NotFound):
        client.contact(made.ids[0])


def test_search_contacts_page_by_page(client: ZimbraClient) -> None:
    client.create_contacts("7", [NewContact({"firstName": f"Marie{n}", "email": f"m{n}@b.fr"}) for n in range(5)])
    client.create_contacts("7", [NewContact({"firstName": "Zoé"})])
    assert soon(lambda: len(list(client.search_contacts("in:contacts", page=2))) == 6)
    assert [one.attributes["firstName"] for one in client.search_contacts("Marie3")] == ["Marie3"]
