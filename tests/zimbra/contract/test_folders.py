"""Folders, as the portal uses them."""

import pytest

from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused, Taken
from zimbra.types import Folder
from zimbra.types.folders import CHECKED, SUBSCRIBED


def at(client: ZimbraClient, path: str) -> Folder:
    found = client.folders().find(path)
    assert found is not None, path
    return found


def test_create_path_makes_the_folders_above_and_is_idempotent(client: ZimbraClient) -> None:
    made = client.create_folder_path("Listes/Conseil: école/Envoyé", "message", existing_ok=True)
    assert at(client, "/Listes/Conseil- école/Envoyé").id == made.id
    assert client.create_folder_path("Listes/Conseil: école/Envoyé", "message", existing_ok=True).id == made.id
    with pytest.raises(Taken):
        client.create_folder_path("/Listes/Conseil: école/Envoyé", "message")


def test_create_paths_together(client: ZimbraClient) -> None:
    results = client.create_folder_paths(["Listes/A/Envoyé", "Listes/A/Archives", "Listes/A/Envoyé"])
    ids = [result.get().id for result in results]
    assert ids[0] == ids[2] != ids[1]
    assert at(client, "/Listes/A/Archives").id == ids[1]


def test_create_with_colour_view_and_flags(client: ZimbraClient) -> None:
    made = client.create_folder("Agenda", view="appointment", colour=5, flags=CHECKED)
    found = client.folder(made.id)
    assert (found.view, found.colour, found.is_checked, found.is_subscribed) == ("appointment", 5, True, False)
    assert client.create_folder("Bleu", colour="#0000FF").rgb == "#0000ff"


def test_one_folder_by_id_and_by_path(client: ZimbraClient) -> None:
    assert client.folder("7").path == "/Contacts"
    assert client.folder_at("/Calendar").id == "10"
    for asking in (lambda: client.folder("99999"), lambda: client.folder_at("/Nulle part")):
        with pytest.raises(NotFound):
            asking()


def test_rename_and_move(client: ZimbraClient) -> None:
    folder = client.create_folder("Avant")
    parent = client.create_folder("Parent")
    client.rename_folder(folder.id, "Après : 6/B")
    client.move_folder(folder.id, parent.id)
    assert at(client, "/Parent/Après - 6-B").id == folder.id
    client.rename_folder(folder.id, "Après : 6/B")
    with pytest.raises(Refused) as caught:
        client.move_folder(parent.id, folder.id)
    assert caught.value.code == "mail.CANNOT_CONTAIN"
    with pytest.raises(NotFound):
        client.move_folder(folder.id, "99999")


def test_rename_to_a_taken_name_or_of_zimbras_own(client: ZimbraClient) -> None:
    folder = client.create_folder("Un")
    client.create_folder("Deux")
    with pytest.raises(Taken):
        client.rename_folder(folder.id, "Deux")
    with pytest.raises(Refused) as caught:
        client.rename_folder("2", "Courrier")
    assert caught.value.code == "mail.IMMUTABLE_OBJECT"


def test_trash_makes_names_unique(client: ZimbraClient) -> None:
    ids = []
    for _ in range(2):
        ids.append(client.create_folder("Vieux").id)
        client.trash_folder(ids[-1])
    trash = at(client, "/Trash")
    assert sorted(child.id for child in trash.children) == sorted(ids)
    assert len({child.name for child in trash.children}) == 2


def test_colour_by_number_and_by_value(client: ZimbraClient) -> None:
    folder = client.create_folder("Agenda", view="appointment")
    client.colour_folder(folder.id, 127)
    assert client.folder(folder.id).colour == 127
    client.colour_folder(folder.id, "#12ab34")
    assert client.folder(folder.id).rgb == "#12ab34"


def test_subscribe_and_check_leave_each_other_alone(client: ZimbraClient) -> None:
    folder = client.create_folder("Agenda", view="appointment")
    client.check_folder(folder.id)
    client.subscribe(folder.id)
    client.exclude_from_free_busy(folder.id)
    client.subscribe(folder.id)
    assert set(client.folder(folder.id).flags) >= {CHECKED, SUBSCRIBED, "b"}
    client.unsubscribe(folder.id)
    found = client.folder(folder.id)
    assert (found.is_checked, found.is_subscribed, "b" in found.flags) == (True, False, True)
    client.uncheck_folder(folder.id)
    client.exclude_from_free_busy(folder.id, excluded=False)
    found = client.folder(folder.id)
    assert (found.is_checked, "b" in found.flags) == (False, False)


def test_mark_folder_read(client: ZimbraClient) -> None:
    client.add_message("2", b"From: a@b.fr\r\nSubject: un\r\n\r\nbonjour\r\n", flags="u")
    assert client.folder("2").unread == 1
    client.mark_folder_read("2")
    assert client.folder("2").unread == 0


def test_only_folders_of_a_view_with_those_above(client: ZimbraClient) -> None:
    made = client.create_folder_path("Classeur/Agenda", "appointment")
    tree = client.folders(view="appointment")
    assert tree.find_id(made.id) is not None
    assert tree.find_id("10") is not None
    assert tree.find_id("7") is None
