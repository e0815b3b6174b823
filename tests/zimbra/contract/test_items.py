"""Items of any kind."""

import pytest

from tests.simulated import Server
from tests.zimbra.contract.samples import event, message
from zimbra.client import ZimbraClient
from zimbra.errors import NotAllowed
from zimbra.types import NewContact


def test_search_reads_all_pages(client: ZimbraClient) -> None:
    client.create_contacts("7", [NewContact({"firstName": f"Marie{n}"}) for n in range(7)])
    found = list(client.search("in:contacts", "contact", sort_by="nameAsc", page=3))
    assert len(found) == 7
    assert {one.kind for one in found} == {"cn"}


def test_changes_tell_which_items_were_gone(client: ZimbraClient) -> None:
    there = [client.add_message("2", message(f"n{number}")).id for number in range(2)]
    client.delete_items(there[:1])
    result = client.flag_items(there)
    assert (result.changed, result.gone) == ((there[1],), (there[0],))
    assert client.message(there[1]).is_flagged


def test_items_of_every_kind_go_to_the_trash(client: ZimbraClient) -> None:
    ids = [
        client.add_message("2", message("n")).id,
        *client.create_contacts("7", [NewContact({"firstName": "Marie"})])[0].ids,
        *client.import_calendar_items("10", [event("u1")])[0].ids,
    ]
    client.trash_items(ids)
    assert {client.item(item_id).get("l") for item_id in ids} == {"3"}


def test_many_items_at_once(client: ZimbraClient) -> None:
    outcomes = client.create_contacts("7", [NewContact({"firstName": str(n)}) for n in range(600)])
    ids = [outcome.ids[0] for outcome in outcomes]
    assert client.delete_items(ids).deleted == tuple(ids)
    assert list(client.contacts("7")) == []


def test_items_move_into_anothers_folder_that_may_be_written_in(server: Server) -> None:
    owner, friend = server.create_account(), server.create_account()
    with server.client(owner) as mine, server.client(friend) as theirs:
        folder = mine.create_folder("Partagé", view="contact")
        mine.grant(folder.id, friend, "rwid")
        [made] = theirs.create_contacts("7", [NewContact({"firstName": "Marie"})])
        theirs.move_items(made.ids, f"{mine.info().account_id}:{folder.id}")
        assert [contact.attributes["firstName"] for contact in mine.contacts(folder.id)] == ["Marie"]
        assert list(theirs.contacts("7")) == []


def test_items_of_a_folder_one_may_only_read_are_not_changed(server: Server) -> None:
    owner, friend = server.create_account(), server.create_account()
    with server.client(owner) as mine, server.client(friend) as theirs:
        folder = mine.create_folder("Service", view="message")
        added = mine.add_message(folder.id, message("n"), flags="u")
        mine.grant(folder.id, friend, "r")
        there = f"{mine.info().account_id}:{added.id}"
        assert theirs.message(there).subject == "n"
        for change in (theirs.mark_read, theirs.flag_items, theirs.trash_items, theirs.delete_items):
            with pytest.raises(NotAllowed):
                change([there])
        kept = mine.message(added.id)
        assert (kept.is_unread, kept.is_flagged, kept.folder_id) == (True, False, folder.id)
