from __future__ import annotations

from typing import Any

import pytest

from tests.zimbra.simulator.wire import Fault, Wire, calendar, event


def _create(agent: Wire, **attrs: str) -> Any:
    given = " ".join(f'{key}="{value}"' for key, value in attrs.items())
    return agent.mail(f"<CreateFolderRequest><folder {given}/></CreateFolderRequest>").find("folder")


def _action(agent: Wire, op: str, folder: str, **attrs: str) -> Any:
    given = " ".join(f'{key}="{value}"' for key, value in attrs.items())
    return agent.mail(f'<FolderActionRequest><action op="{op}" id="{folder}" {given}/></FolderActionRequest>')


def _folder(agent: Wire, **attrs: str) -> Any:
    given = " ".join(f'{key}="{value}"' for key, value in attrs.items())
    return agent.mail(f"<GetFolderRequest><folder {given}/></GetFolderRequest>").find("folder")


def _refused(code: str) -> Any:
    return pytest.raises(Fault, match=code.replace(".", r"\."))


def test_a_new_mailbox_has_the_systems_folders(agent: Wire) -> None:
    root = agent.mail("<GetFolderRequest/>").find("folder")
    assert (root.get("id"), root.get("name"), root.get("absFolderPath")) == ("1", "USER_ROOT", "/")
    found = {one.get("id"): (one.get("name"), one.get("view")) for one in root.findall("folder")}
    assert found["2"] == ("Inbox", "message")
    assert found["3"] == ("Trash", None)
    assert found["7"] == ("Contacts", "contact")
    assert found["10"] == ("Calendar", "appointment")
    assert found["13"] == ("Emailed Contacts", "contact")
    assert found["15"] == ("Tasks", "task")


def test_folders_are_made_below_a_parent_or_by_path(agent: Wire) -> None:
    made = _create(agent, name="Élèves", l="7", view="contact")
    assert int(made.get("id")) >= 257
    assert made.get("absFolderPath") == "/Contacts/Élèves"
    deep = _create(agent, name="/A/B/C", view="task")
    assert deep.get("absFolderPath") == "/A/B/C"
    assert _folder(agent, path="/a/b").get("name") == "B"
    assert _folder(agent, id="1", l=deep.get("id")).get("name") == "C"


def test_an_existing_folder_is_refused_or_given_back(agent: Wire) -> None:
    first = _create(agent, name="Cours", l="1")
    with _refused("mail.ALREADY_EXISTS"):
        _create(agent, name="cours", l="1")
    assert _create(agent, name="Cours", l="1", fie="1").get("id") == first.get("id")


@pytest.mark.parametrize("name", ["a:b", "a/b", "a&quot;b", "", ".", "..", "x" * 256, "a&#9;b", "   "])
def test_names_zimbra_cannot_take_are_refused(agent: Wire, name: str) -> None:
    with _refused("mail.INVALID_NAME"):
        _create(agent, name=name, l="1")


def test_trailing_spaces_are_dropped_and_255_characters_fit(agent: Wire) -> None:
    assert _create(agent, name="Cours  ", l="1").get("name") == "Cours"
    assert len(_create(agent, name="é" * 255, l="1").get("name")) == 255


def test_a_missing_parent_or_path_is_no_such_folder(agent: Wire) -> None:
    with _refused("mail.NO_SUCH_FOLDER"):
        _create(agent, name="x", l="4242")
    with _refused("mail.NO_SUCH_FOLDER"):
        _folder(agent, path="/Nulle part")
    with _refused("mail.NO_SUCH_FOLDER"):
        _folder(agent, uuid="00000000-0000-0000-0000-000000000000")


def test_rename_and_move(agent: Wire) -> None:
    one, two = _create(agent, name="Un", l="1").get("id"), _create(agent, name="Deux", l="1").get("id")
    _action(agent, "rename", one, name="Uno")
    _action(agent, "move", one, l=two)
    assert _folder(agent, l=one).get("absFolderPath") == "/Deux/Uno"
    with _refused("mail.CANNOT_CONTAIN"):
        _action(agent, "move", two, l=one)
    with _refused("mail.ALREADY_EXISTS"):
        _action(agent, "rename", one, name="Inbox", l="1")


@pytest.mark.parametrize(
    ("op", "attrs"), [("rename", {"name": "x"}), ("move", {"l": "3"}), ("delete", {}), ("trash", {})]
)
def test_system_folders_stay(agent: Wire, op: str, attrs: dict[str, str]) -> None:
    with _refused("mail.IMMUTABLE_OBJECT"):
        _action(agent, op, "7", **attrs)


@pytest.mark.parametrize("op", ["tag", "copy", "rien"])
def test_an_operation_folders_do_not_have_is_invalid(agent: Wire, op: str) -> None:
    with _refused("service.INVALID_REQUEST"):
        _action(agent, op, "7")


def test_delete_takes_the_whole_branch_with_its_items(agent: Wire) -> None:
    parent = _create(agent, name="Un", l="1", view="contact").get("id")
    child = _create(agent, name="Deux", l=parent, view="contact").get("id")
    agent.contact(folder=child, lastName="Hoarau")
    _action(agent, "delete", parent)
    with _refused("mail.NO_SUCH_FOLDER"):
        _folder(agent, l=child)
    assert len(agent.mail("<GetContactsRequest/>")) == 0
    _action(agent, "delete", parent)


def test_trash_makes_the_name_unique(agent: Wire) -> None:
    for _ in range(2):
        _action(agent, "trash", _create(agent, name="Un", l="1").get("id"))
    names = [one.get("name") for one in _folder(agent, l="3").findall("folder")]
    assert sorted(names) == ["Un", "Un (2)"]


def test_empty_takes_items_and_sub_folders_or_items_only(agent: Wire) -> None:
    folder = _create(agent, name="Un", l="1", view="contact").get("id")
    child = _create(agent, name="Deux", l=folder, view="contact").get("id")
    agent.contact(folder=folder, lastName="Hoarau")
    agent.contact(folder=child, lastName="Payet")
    _action(agent, "empty", folder, recursive="0")
    assert (_folder(agent, l=folder).get("n"), _folder(agent, l=child).get("n")) == ("0", "1")
    _action(agent, "empty", folder)
    assert _folder(agent, l=folder).find("folder") is None


def test_flags_colour_and_view_are_set(agent: Wire) -> None:
    folder = _create(agent, name="Agenda", l="1", view="appointment", f="#", color="4").get("id")
    _action(agent, "!check", folder)
    assert _folder(agent, l=folder).get("f") is None
    _action(agent, "check", folder)
    _action(agent, "color", folder, rgb="#aabbcc")
    _action(agent, "update", folder, f="*#", view="task", name="Tâches 2")
    found = _folder(agent, l=folder)
    assert [found.get(key) for key in ("f", "rgb", "view", "name")] == ["*#", "#aabbcc", "task", "Tâches 2"]
    with _refused("service.INVALID_REQUEST"):
        _action(agent, "color", folder, rgb="rouge")


def test_counts_follow_the_items(agent: Wire) -> None:
    agent.import_ics(calendar(event("u1"), event("u2")))
    found = _folder(agent, path="/Calendar")
    assert found.get("n") == "2"
    assert int(found.get("s")) > 0


def test_several_folders_at_once_for_common_operations_only(agent: Wire) -> None:
    ids = ",".join(_create(agent, name=name, l="1").get("id") for name in ("Un", "Deux"))
    assert _action(agent, "trash", ids).find("action").get("id") == ids
    with _refused("service.INVALID_REQUEST"):
        _action(agent, "rename", ids, name="x")


def test_a_view_restricts_the_tree(agent: Wire) -> None:
    root = agent.mail('<GetFolderRequest view="contact"/>').find("folder")
    # The trash may hold anything; what is only on the way keeps no more than its name.
    assert {one.get("name") for one in root.findall("folder")} == {"Contacts", "Emailed Contacts", "Trash"}
    assert (root.get("name"), root.get("view"), root.get("absFolderPath")) == ("USER_ROOT", None, None)
