"""Each command, on the simulated Zimbra or a real one."""

from pathlib import Path

import pytest

from tests.simulated import Server
from tests.zimbra.contract.samples import message, soon
from tests.zimbra.tool.conftest import Tool
from zimbra.client import ZimbraClient
from zimbra.types import NewContact
from zimbra.types.filter_actions import FileInto, Flag, Keep
from zimbra.types.filter_tests import HeaderTest, TrueTest
from zimbra.types.filters import FilterRule


def test_info_tells_whose_account_it_is(tool: Tool, address: str) -> None:
    assert address in tool.done("info")
    assert tool.json("info")["address"] == address


def test_directory_finds_people(tool: Tool, server: Server, address: str) -> None:
    found = tool.json("directory", address.partition("@")[0])
    assert [one["address"] for one in found] == [address]
    assert "Personne à ce nom." in tool.done("directory", "zzzzqqqq")


def test_folders_are_created_renamed_moved_coloured(tool: Tool, client: ZimbraClient) -> None:
    assert "/Listes/Conseil" in tool.done("folders", "create", "/Listes/Conseil", "--colour", "5")
    tool.done("folders", "rename", "/Listes/Conseil", "Bureau")
    tool.done("folders", "colour", "/Listes/Bureau", "#00ff00")
    tool.done("folders", "move", "/Listes/Bureau", "/Inbox")
    moved = client.folder_at("/Inbox/Bureau")
    assert moved.rgb == "#00ff00"
    tool.done("folders", "unsubscribe", moved.id)
    assert not client.folder(moved.id).is_subscribed
    tool.done("folders", "subscribe", "/Inbox/Bureau")
    assert client.folder(moved.id).is_subscribed
    rows = {row["path"]: row for row in tool.json("folders", "list")}
    assert (rows["/Inbox/Bureau"]["id"], rows["/Inbox/Bureau"]["subscribed"]) == (moved.id, True)


def test_folders_are_deleted_only_for_good_reason(tool: Tool, client: ZimbraClient) -> None:
    folder = client.create_folder("Vieux", view="contact")
    client.create_contacts(folder.id, [NewContact({"firstName": "Marie"})])
    assert "1 élément" in tool.done("folders", "delete", "/Vieux", "--dry-run")
    assert client.folder(folder.id).count == 1
    tool.done("folders", "empty", "--dry-run", "/Vieux")
    assert client.folder(folder.id).count == 1
    tool.done("folders", "empty", "/Vieux")
    assert client.folder(folder.id).count == 0
    tool.done("folders", "delete", "--trash", "/Vieux")
    assert client.folder(folder.id).path == "/Trash/Vieux"
    tool.done("folders", "delete", "/Trash/Vieux")
    tool("folders", "delete", "/Trash/Vieux")
    assert (tool.code, tool.out) == (1, "")
    assert "mail.NO_SUCH_FOLDER" in tool.err


def test_folders_of_zimbra_are_refused_in_a_rehearsal_too(tool: Tool) -> None:
    for words in (("delete", "/Inbox", "-n"), ("delete", "2", "--trash", "-n"), ("rename", "/Inbox", "x")):
        tool("folders", *words)
        assert (tool.code, tool.out, "mail.IMMUTABLE_OBJECT" in tool.err) == (1, "", True)


def test_a_folder_named_by_its_number_is_counted_with_what_is_below(tool: Tool, client: ZimbraClient) -> None:
    folder = client.create_folder_path("/Vieux/Très vieux/Le plus vieux")
    parent = client.folders().find("/Vieux")
    assert parent is not None
    assert "2 sous-dossiers" in tool.done("folders", "delete", parent.id, "-n")
    assert client.folder(folder.id)


def test_a_slash_in_a_new_name_is_no_folder_above(tool: Tool) -> None:
    tool.done("folders", "create", "/Conseil")
    assert "/6-A - B" in tool.done("folders", "rename", "/Conseil", "6:A / B")


def test_hundreds_of_folders_are_listed(tool: Tool, client: ZimbraClient) -> None:
    made = client.create_folder_paths([f"/Beaucoup/Dossier {n:03}" for n in range(500)])
    assert all(one.done for one in made)
    paths = [row["path"] for row in tool.json("folders", "list")]
    assert len([path for path in paths if path.startswith("/Beaucoup/")]) == 500


def test_filters_go_out_and_come_in_again(tool: Tool, client: ZimbraClient, tmp_path: Path) -> None:
    rules = (
        FilterRule((HeaderTest("subject", "[dsi]"),), (FileInto("Listes"),), name="Été"),
        FilterRule((TrueTest(),), (Keep(),), name="b", active=False),
    )
    client.replace_filters(rules)
    file = tmp_path / "filtres.json"
    assert "2 filtres" in tool.done("filters", "export", file)
    assert tool.json("filters", "list") == tool.json("filters", "export")
    client.replace_filters([FilterRule((TrueTest(),), (Flag("read"),), name="c")])
    tool.done("filters", "import", "--dry-run", file)
    assert [rule.name for rule in client.filters()] == ["c"]
    tool.done("filters", "import", "--merge", file)
    assert [rule.name for rule in client.filters()] == ["c", "Été", "b"]
    tool.done("filters", "import", file)
    assert client.filters() == rules
    tool.done("filters", "import", "--outgoing", file)
    assert client.filters("outgoing") == rules


def test_filters_are_shown_switched_and_deleted(tool: Tool, client: ZimbraClient) -> None:
    assert "Aucun filtre." in tool.done("filters", "list")
    client.replace_filters([FilterRule((HeaderTest("subject", "[dsi]"),), (FileInto("Listes"),), name="listes")])
    shown = tool.done("filters", "list")
    assert "l'objet contient « [dsi] »" in shown
    assert "ranger dans Listes" in shown
    tool.done("filters", "deactivate", "listes")
    assert not client.filters()[0].active
    assert "(inactif)" in tool.done("filters", "list")
    tool.done("filters", "activate", "listes")
    assert client.filters()[0].active
    tool.done("filters", "delete", "-n", "listes")
    assert client.filters()
    tool.done("filters", "delete", "listes")
    assert client.filters() == ()
    tool("filters", "activate", "listes")
    assert (tool.code, "Aucun filtre ne porte ce nom." in tool.err) == (1, True)


def test_filters_are_applied(tool: Tool, client: ZimbraClient) -> None:
    added = client.add_message("2", message("[dsi] panne"))
    assert soon(lambda: list(client.messages("in:inbox")))
    client.replace_filters([FilterRule((HeaderTest("subject", "[dsi]"),), (Flag("flagged"),), name="drapeau")])
    assert "1 message" in tool.done("filters", "apply", "drapeau", "-n")
    assert not client.message(added.id).is_flagged
    assert tool.json("filters", "apply", "drapeau")["affected"] == [added.id]
    assert client.message(added.id).is_flagged


def test_grants_are_given_listed_and_withdrawn(tool: Tool, server: Server, client: ZimbraClient) -> None:
    friend = server.create_account()
    assert "Aucun partage." in tool.done("grants", "list")
    tool.done("grants", "grant", "/Calendar", friend, "manager")
    [row] = tool.json("grants", "list")
    assert (row["folder"], row["name"], row["rights"]) == ("/Calendar", friend, "rwidx")
    assert "gestionnaire" in tool.done("grants", "list", "/Calendar")
    tool.done("grants", "revoke", "/Calendar", friend, "--dry-run")
    assert client.grants("10")
    tool.done("grants", "revoke", "/Calendar", friend)
    assert client.grants("10") == ()
    tool.done("grants", "grant", "/Calendar", friend, "viewer")
    assert "(r)" in tool.done("grants", "grant", "/Calendar", friend, "viewer")
    tool.done("grants", "revoke", "/Calendar", friend)
    tool("grants", "revoke", "/Calendar", friend)
    assert tool.code == 1
    tool("grants", "grant", "/Calendar", f"personne@{server.domain}", "viewer")
    assert tool.code == 1


def test_mounts_and_rights(tool: Tool, server: Server, client: ZimbraClient, address: str) -> None:
    owner = server.create_account()
    with server.client(owner) as theirs:
        theirs.grant("10", address, "r")
    assert [one["path"] for one in tool.json("mounts", "offered", owner)] == ["/Calendar"]
    tool.done("mounts", "create", owner, "/Calendar", "--name", "Agenda du service")
    [mounted] = tool.json("mounts", "list")
    assert (mounted["path"], mounted["owner"]) == ("/Agenda du service", owner)
    tool.done("mounts", "remove", "-n", "/Agenda du service")
    assert client.mountpoints()
    tool("mounts", "remove", "/Inbox", "-n")
    assert (tool.code, "mounts.NOT_MOUNTED" in tool.err) == (1, True)
    tool.done("mounts", "remove", "/Agenda du service")
    assert client.mountpoints() == []
    tool.done("rights", "grant", "sendAs", owner)
    assert [(one["right"], one["name"]) for one in tool.json("rights", "list")] == [("sendAs", owner)]
    tool.done("rights", "revoke", "sendAs", owner)
    assert "Aucun droit donné." in tool.done("rights", "list")


def test_identities_signatures_and_tags(tool: Tool, client: ZimbraClient, tmp_path: Path) -> None:
    tool.done("identities", "create", "Service", "--from-address", "service@academie.example")
    assert "Service" in tool.done("identities", "list")
    tool.done("identities", "delete", "--dry-run", "service")
    tool.done("identities", "delete", "service")
    tool("identities", "delete", "default", "-n")
    assert tool.code == 1
    assert [one["name"] for one in tool.json("identities", "list")] == ["DEFAULT"]

    file = tmp_path / "signature.html"
    file.write_text("<p>Marie <b>Hoarau</b></p>", encoding="utf-8")
    tool.done("signatures", "create", "Bureau", file, "--use")
    assert "<b>Hoarau</b>" in tool.done("signatures", "show", "Bureau")
    assert client.default_identity().signature_id == client.signatures()[0].id
    tool.done("signatures", "delete", "Bureau")
    assert client.signatures() == []

    tool.done("tags", "create", "À faire", "--colour", "3")
    tool.done("tags", "rename", "À faire", "Urgent")
    tool.done("tags", "colour", "Urgent", "5")
    [tag] = client.tags()
    assert (tag.name, tag.colour) == ("Urgent", 5)
    tool.done("tags", "delete", "Urgent", "-n")
    assert client.tags()
    tool.done("tags", "delete", "Urgent")
    assert client.tags() == []


def test_prefs_are_listed_set_and_unset(tool: Tool, client: ZimbraClient) -> None:
    tool.done("prefs", "set", "zimbraPrefOutOfOfficeReply", "Je suis absente.")
    assert "Je suis absente." in tool.done("prefs", "list", "zimbraPrefOutOfOfficeReply")
    tool.done("prefs", "unset", "zimbraPrefOutOfOfficeReply", "-n")
    assert client.preferences("zimbraPrefOutOfOfficeReply")
    tool.done("prefs", "unset", "zimbraPrefOutOfOfficeReply")
    assert not any(client.preferences("zimbraPrefOutOfOfficeReply").values())
    tool("prefs", "set", "zimbraMailQuota", "1")
    assert tool.code == 1


@pytest.mark.parametrize("name", ["contacts.vcf", "contacts.csv"])
def test_folders_go_out_as_files_and_come_in_again(tool: Tool, client: ZimbraClient, tmp_path: Path, name: str) -> None:
    client.create_contacts("7", [NewContact({"firstName": "Zoé", "email": "zoe@b.fr"})])
    folder = client.create_folder("Copie", view="contact")
    file = tmp_path / name
    tool.done("export", "/Contacts", file)
    assert "Zoé".encode() in file.read_bytes()
    assert list(tmp_path.iterdir()) == [file]
    tool("export", "/Contacts", file)
    assert (tool.code, "--force" in tool.err) == (2, True)
    tool.done("import", "/Copie", file, "--dry-run")
    assert client.folder(folder.id).count == 0
    assert "0 éléments avant, 1 après" in tool.done("import", "/Copie", file)


def test_an_export_that_fails_leaves_no_file(tool: Tool, tmp_path: Path) -> None:
    tool("export", "/Nulle part", tmp_path / "a.ics")
    assert tool.code == 1
    assert list(tmp_path.iterdir()) == []


def test_messages_are_counted(tool: Tool, client: ZimbraClient) -> None:
    client.add_message("2", message("n"), flags="u")
    rows = {row["path"]: row for row in tool.json("messages", "count")}
    assert (rows["/Inbox"]["total"], rows["/Inbox"]["unread"]) == (1, 1)
    assert tool.done("messages", "count").splitlines()[-1].startswith("Total")
