from __future__ import annotations

from typing import Any

import pytest

from tests.each import each
from tests.zimbra.simulator.people import Person, refused
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


@each("name", ["a:b", "a/b", "a&quot;b", "", ".", "..", "x" * 256, "a&#9;b", "   "])
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


def test_a_view_that_is_none_filters_nothing(owner: Person) -> None:
    everything = owner.mail("<GetFolderRequest/>").find("folder")
    assert len(owner.mail('<GetFolderRequest view="rien"/>').find("folder")) == len(everything)
    assert owner.create(name="Sans", l="1", view="rien").get("view") is None


def test_how_deep_the_tree_goes(owner: Person) -> None:
    owner.new_folder("Dessous", parent="7")
    assert len(owner.mail('<GetFolderRequest depth="0"/>').find("folder")) == 0
    flat = owner.mail('<GetFolderRequest depth="1"/>').find("folder")
    assert flat.find("folder[@name='Contacts']/folder") is None
    deeper = owner.mail('<GetFolderRequest depth="2"/>').find("folder")
    assert deeper.find("folder[@name='Contacts']/folder").get("name") == "Dessous"


def test_flags_are_kept_in_zimbras_order_and_others_passed_over(owner: Person) -> None:
    assert owner.create(name="Un", l="1", f="i#*b").get("f") == "*b#i"
    assert owner.create(name="Deux", l="1", f="checked").get("f") is None
    folder = owner.new_folder("Trois")
    owner.act("syncon", folder)
    owner.act("fb", folder, excludeFreeBusy="1")
    assert owner.folder(l=folder).get("f") == "by"
    owner.act("!syncon", folder)
    owner.act("fb", folder, excludeFreeBusy="0")
    assert owner.folder(l=folder).get("f") is None


def test_the_colour_nobody_chose_is_not_told(owner: Person) -> None:
    folder = owner.new_folder("Un", color="3")
    assert owner.folder(l=folder).get("color") == "3"
    owner.act("update", folder, color="0")
    assert owner.folder(l=folder).get("color") is None
    owner.act("update", folder, rgb="#00ff00")
    assert (owner.folder(l=folder).get("color"), owner.folder(l=folder).get("rgb")) == (None, "#00ff00")
    with refused("service.INVALID_REQUEST"):
        owner.act("color", folder)
    with refused("service.INVALID_REQUEST"):
        owner.act("color", folder, color="128")


def test_settings_for_devices_are_kept(owner: Person) -> None:
    before = owner.folder(l="6")
    assert (before.get("webOfflineSyncDays"), before.get("activesyncdisabled")) == ("0", "0")
    owner.act("webofflinesyncdays", "6", numDays="20")
    owner.act("disableactivesync", "6")
    found = owner.folder(l="6")
    assert (found.get("webOfflineSyncDays"), found.get("activesyncdisabled")) == ("20", "1")
    owner.act("!disableactivesync", "6")
    assert owner.folder(l="6").get("activesyncdisabled") == "0"
    with refused("service.INVALID_REQUEST"):
        owner.act("webofflinesyncdays", "6")


def test_a_retention_policy_is_kept_and_taken_away(owner: Person, member: Person) -> None:
    policy = '<retentionPolicy><keep><policy type="user" lifetime="30d"/></keep><purge/></retentionPolicy>'
    owner.act("retentionpolicy", "2", policy)
    assert dict(owner.folder(l="2").find("retentionPolicy/keep/policy").attrib) == {"type": "user", "lifetime": "30d"}
    assert len(owner.folder(l="2").find("retentionPolicy/purge")) == 0
    # Who may delete in the folder is told.
    owner.grant("2", member.address, "r")
    assert member.mount(owner, "2", "Un").find("retentionPolicy") is None
    owner.grant("2", member.address, "rd")
    assert member.mount(owner, "2", "Deux").find("retentionPolicy/keep/policy").get("lifetime") == "30d"
    owner.act("retentionpolicy", "2", "<retentionPolicy/>")
    assert owner.folder(l="2").find("retentionPolicy") is None


def test_an_address_is_kept_and_taken_away(owner: Person) -> None:
    folder = owner.new_folder("Flux", url="https://exemple.fr/flux")
    assert owner.folder(l=folder).get("url") == "https://exemple.fr/flux"
    owner.act("sync", folder)
    owner.act("url", folder, url="", excludeFreeBusy="1")
    assert (owner.folder(l=folder).get("url"), owner.folder(l=folder).get("f")) == (None, "b")


@pytest.mark.parametrize(
    ("parent", "code"),
    [("", "service.INVALID_REQUEST"), ("texte", "service.INVALID_REQUEST"), ("0", "mail.NO_SUCH_FOLDER")],
)
def test_a_parent_that_is_none_is_refused(owner: Person, parent: str, code: str) -> None:
    with refused(code):
        owner.create(name="x", l=parent)


def test_moves_to_nowhere_are_refused(owner: Person) -> None:
    folder = owner.new_folder("Un")
    for op in ("move", "update"):
        with refused("mail.NO_SUCH_FOLDER"):
            owner.act(op, folder, l="-1")
        with refused("mail.CANNOT_CONTAIN"):
            owner.act(op, folder, l=folder)


def test_leading_spaces_make_another_name(owner: Person) -> None:
    one, two = owner.new_folder("Un"), owner.new_folder("Deux")
    owner.act("rename", one, name="   Deux")
    assert owner.folder(l=one).get("name") == "   Deux"
    with refused("mail.ALREADY_EXISTS"):
        owner.act("update", one, name="Deux   ")
    assert owner.folder(l=two).get("name") == "Deux"


def test_an_update_that_changes_nothing_of_a_system_folder_is_fine(owner: Person) -> None:
    assert owner.act("update", "10", name="Calendar", l="1", color="5").get("op") == "update"
    assert owner.folder(l="10").get("color") == "5"
    with refused("mail.IMMUTABLE_OBJECT"):
        owner.act("update", "10", name="Agenda")


def test_one_part_of_an_update_refused_leaves_all_as_it_was(owner: Person) -> None:
    folder = owner.new_folder("Un", color="2")
    owner.new_folder("Deux")
    body = (
        '<BatchRequest xmlns="urn:zimbra"><FolderActionRequest xmlns="urn:zimbraMail">'
        f'<action op="update" id="{folder}" color="5" name="Deux"/></FolderActionRequest></BatchRequest>'
    )
    assert owner.wire.soap(body)[0].tag == "Fault"
    assert owner.folder(l=folder).get("color") == "2"


# --- saved searches ---------------------------------------------------------------------------------------------------


def _search(person: Person, **attrs: str) -> Any:
    given = " ".join(f'{key}="{value}"' for key, value in attrs.items())
    return person.mail(f"<CreateSearchFolderRequest><search {given}/></CreateSearchFolderRequest>").find("search")


def test_a_search_is_kept_among_the_folders(owner: Person) -> None:
    made = _search(owner, name="Non lus", query="is:unread", types="message", sortBy="dateDesc", l="2")
    assert [made.get(key) for key in ("name", "query", "types", "sortBy", "l")] == [
        "Non lus", "is:unread", "message", "dateDesc", "2",
    ]  # fmt: skip
    (listed,) = owner.mail("<GetSearchFolderRequest/>").findall("search")
    assert dict(listed.attrib) == dict(made.attrib)
    assert owner.folder(l="2").find("search").get("id") == made.get("id")
    change = f'<search id="{made.get("id")}" query="in:trash" types="contact"/>'
    changed = owner.mail(f"<ModifySearchFolderRequest>{change}</ModifySearchFolderRequest>").find("search")
    assert (changed.get("query"), changed.get("types"), changed.get("sortBy")) == ("in:trash", "contact", None)
    owner.act("rename", made.get("id"), name="Corbeille lue")
    owner.act("delete", made.get("id"))
    assert len(owner.mail("<GetSearchFolderRequest/>")) == 0


@each(
    ("attrs", "code"),
    [
        ({"name": "Inbox"}, "mail.ALREADY_EXISTS"),
        ({"name": "':;~!@"}, "mail.INVALID_NAME"),
        ({"name": ""}, "mail.INVALID_NAME"),
        ({"name": "    "}, "mail.INVALID_NAME"),
        ({"query": "  "}, "service.INVALID_REQUEST"),
        ({"l": "4242"}, "mail.NO_SUCH_FOLDER"),
    ],
)
def test_a_search_is_refused_as_a_folder_is(owner: Person, attrs: dict[str, str], code: str) -> None:
    with refused(code):
        _search(owner, **{"name": "x", "query": "in:inbox", "l": "1", **attrs})


def test_nothing_is_put_into_a_search(owner: Person) -> None:
    search = _search(owner, name="Recherche", query="in:inbox", l="1").get("id")
    with refused("mail.CANNOT_CONTAIN"):
        owner.create(name="x", l=search)
    with refused("mail.CANNOT_CONTAIN"):
        owner.act("move", owner.new_folder("Un"), l=search)
    with refused("mail.CANNOT_CONTAIN"):
        owner.wire.contact(folder=search, lastName="Hoarau")
    with refused("mail.NO_SUCH_SEARCHFOLDER"):
        owner.mail('<ModifySearchFolderRequest><search id="7" query="x"/></ModifySearchFolderRequest>')


def test_an_item_that_is_a_folder_is_told_as_folders_are(owner: Person) -> None:
    folder = owner.new_folder("Pièces", view="document")
    body = "<GetItemRequest><item {0}/></GetItemRequest>"
    for named in (f'id="{folder}"', 'path="/Pièces"'):
        told = owner.mail(body.format(named)).find("folder")
        assert dict(told.attrib) == dict(owner.folder(l=folder).attrib)


def test_folders_lie_in_one_another_only_so_deep_that_they_can_be_listed(owner: Person) -> None:
    deep = owner.mail(f'<CreateFolderRequest><folder name="{"/a" * 190}"/></CreateFolderRequest>').find("folder")
    assert deep.get("absFolderPath") == "/a" * 190
    with refused("mail.CANNOT_CONTAIN"):
        owner.mail(f'<CreateFolderRequest><folder name="{"/b" * 5000}"/></CreateFolderRequest>')
    branch = owner.mail(f'<CreateFolderRequest><folder name="{"/c" * 20}"/></CreateFolderRequest>').find("folder")
    with refused("mail.CANNOT_CONTAIN"):
        owner.act("move", owner.folder(path="/c").get("id"), l=deep.get("id"))
    owner.act("move", branch.get("id"), l=deep.get("id"))
    assert len(list(owner.mail("<GetFolderRequest/>").iter("folder"))) > 200


def test_an_existing_folder_is_fetched_only_by_who_may_look_into_it(owner: Person, member: Person) -> None:
    top = owner.new_folder("Haut")
    low = owner.new_folder("Bas", parent=top)
    owner.grant(top, member.address, "ri")
    owner.grant(low, member.address, "i")
    with refused("service.PERM_DENIED"):
        member.create(name="Bas", l=f"{owner.id}:{top}", fie="1")
    owner.grant(low, member.address, "r")
    assert member.create(name="Bas", l=f"{owner.id}:{top}", fie="1").get("id") == f"{owner.id}:{low}"


def test_an_action_on_any_item_is_followed_by_the_rules_that_name_the_folder(owner: Person) -> None:
    folder, other = owner.new_folder("Copies"), owner.new_folder("Classés")
    rule = (
        '<ModifyFilterRulesRequest><filterRules><filterRule name="r" active="1"><filterTests condition="anyof">'
        '<headerTest header="subject" stringComparison="contains" value="x"/></filterTests><filterActions>'
        '<actionFileInto folderPath="/Copies"/></filterActions></filterRule></filterRules></ModifyFilterRulesRequest>'
    )
    owner.mail(rule)
    owner.mail(f'<ItemActionRequest><action op="move" id="{folder}" l="{other}"/></ItemActionRequest>')
    found = owner.mail("<GetFilterRulesRequest/>").find(".//actionFileInto")
    assert found.get("folderPath") == "/Classés/Copies"
