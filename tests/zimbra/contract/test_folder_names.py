"""Folders under the names people give them."""

import pytest

from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.types import NewContact


def test_folders_hold_zimbras_own(client: ZimbraClient) -> None:
    folders = {folder.id: (folder.path, folder.view) for folder in client.folders().walk()}
    assert folders["7"] == ("/Contacts", "contact")
    assert folders["10"] == ("/Calendar", "appointment")
    assert folders["15"] == ("/Tasks", "task")


def test_create_folder_under_a_name_zimbra_would_refuse(client: ZimbraClient) -> None:
    made = client.create_folder('Pro : "écoles"/lycées', "7", "contact")
    found = next(folder for folder in client.folders().walk() if folder.id == made.id)
    assert (found.name, found.view, found.parent_id) == ("Pro - 'écoles'-lycées", "contact", "7")


def test_create_folder_twice_is_refused_or_gives_the_same(client: ZimbraClient) -> None:
    first = client.create_folder("Carnet", view="contact")
    with pytest.raises(Refused) as caught:
        client.create_folder("Carnet", view="contact")
    assert caught.value.code == "mail.ALREADY_EXISTS"
    assert client.create_folder("Carnet", view="contact", existing_ok=True).id == first.id


def test_create_folder_below_nothing_is_not_found(client: ZimbraClient) -> None:
    with pytest.raises(NotFound):
        client.create_folder("Carnet", "99999")


def test_delete_and_empty_folder(client: ZimbraClient) -> None:
    folder = client.create_folder("Carnet", view="contact")
    client.create_contacts(folder.id, [NewContact({"firstName": "Marie"})])
    client.empty_folder(folder.id)
    assert list(client.contacts(folder.id)) == []
    client.delete_folder(folder.id)
    assert folder.id not in {one.id for one in client.folders().walk()}
    with pytest.raises(Refused):
        client.delete_folder("7")
