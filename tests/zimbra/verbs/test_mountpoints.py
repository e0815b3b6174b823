import pytest

from tests.zimbra.verbs.scripts import refused, scripted
from zimbra.errors import NotAllowed, Refused, Taken
from zimbra.types import Share

TREE = """<folder id="1" name="USER_ROOT" absFolderPath="/" l="11">
<folder id="10" name="Calendar" absFolderPath="/Calendar" l="1"/>
<link id="301" name="Agenda" absFolderPath="/Agenda" l="1" zid="ow1" owner="ce@b.fr" rid="10" perm="rwidx" f="#">
  <folder id="ow1:300" name="Sous" absFolderPath="/Agenda/Sous" l="ow1:10"/></link>
<link id="302" name="Perdu" absFolderPath="/Perdu" l="1" zid="ow2" rid="7" broken="1"/></folder>"""
LINK = '<link id="303" name="{}" l="1" zid="ow1" owner="ce@b.fr" rid="2" perm="r"/>'
SHARE = Share("ow1", "ce@b.fr", "Collège", "2", "/Inbox", "message", "r", "usr", "me", "a@b.fr")


def test_mountpoints_tell_what_they_point_at_and_whether_it_is_there() -> None:
    client, server = scripted({"GetFolder": TREE})
    found = client.mountpoints()
    assert server.asked("GetFolder") == ['[tr="1" needGranteeName="0"]']
    assert [(one.id, one.owner_id, one.owner_address, one.remote_id, one.is_broken) for one in found] == [
        ("301", "ow1", "ce@b.fr", "10", False),
        ("302", "ow2", "", "7", True),
    ]
    assert found[0].is_checked
    assert found[0].rights == "rwidx"


@pytest.mark.parametrize("owner", ["ow1", "CE@b.fr"])
def test_create_mountpoint_gives_back_what_is_mounted(owner: str) -> None:
    link = '<link id="301" name="Agenda" l="1" zid="ow1" owner="ce@b.fr" rid="10" perm="rwidx"/>'
    client, server = scripted({"GetFolder": [TREE, link]})
    there = client.create_mountpoint(owner, "10", "Autre nom")
    assert (there.id, there.rights) == ("301", "rwidx")
    assert server.asked("GetFolder")[1].endswith('<folder l="301"/>')
    assert server.asked("CreateMountpoint") == []


def test_create_mountpoint_is_not_content_with_a_broken_one() -> None:
    link = '<link id="302" name="Perdu" l="1" zid="ow2" rid="7" broken="1"/>'
    client, server = scripted({"GetFolder": [TREE, link], "CreateMountpoint": LINK.format("Perdu (2)")})
    client.create_mountpoint("ow2", "7", "Perdu")
    assert server.asked("CreateMountpoint") == ['<link name="Perdu" l="1" zid="ow2" rid="7"/>']


def test_create_mountpoint_sends_owner_view_and_colour() -> None:
    client, server = scripted({"GetFolder": TREE, "CreateMountpoint": LINK.format("Bo-te")})
    made = client.create_mountpoint("ce@b.fr", "2", "Bo:te", "10", view="message", colour="#AABBCC", flags="#")
    assert server.asked("CreateMountpoint") == [
        '<link name="Bo-te" l="10" owner="ce@b.fr" rid="2" view="message" f="#" rgb="#aabbcc"/>'
    ]
    assert (made.id, made.is_mountpoint) == ("303", True)
    assert not server.sent[-1].repeatable


def test_create_mountpoint_under_a_taken_name_is_refused_or_numbered() -> None:
    taken = refused("mail.ALREADY_EXISTS")
    client, server = scripted({"GetFolder": TREE, "CreateMountpoint": [taken, taken, taken, LINK.format("x (3)")]})
    with pytest.raises(Taken):
        client.create_mountpoint("ow1", "2", "x")
    client.create_mountpoint("ow1", "2", "x", free_name=True)
    names = [text.split('"')[1] for text in server.asked("CreateMountpoint")]
    assert names == ["x", "x", "x (2)", "x (3)"]


def test_a_numbered_name_stays_within_zimbras_length() -> None:
    client, server = scripted(
        {"GetFolder": TREE, "CreateMountpoint": [refused("mail.ALREADY_EXISTS"), LINK.format("x")]}
    )
    client.create_mountpoint("ow1", "2", "é" * 140, free_name=True)
    first, second = (text.split('"')[1] for text in server.asked("CreateMountpoint"))
    assert (len(first), len(second)) == (128, 128)
    assert second.endswith("é (2)")


def test_create_mountpoint_gives_up_after_many_names() -> None:
    client, server = scripted({"GetFolder": TREE, "CreateMountpoint": refused("mail.ALREADY_EXISTS")})
    with pytest.raises(Taken):
        client.create_mountpoint("ow1", "2", "x", free_name=True)
    assert len(server.asked("CreateMountpoint")) == 50


def test_create_mountpoint_without_a_grant_is_not_allowed() -> None:
    client, _ = scripted({"GetFolder": TREE, "CreateMountpoint": refused("service.PERM_DENIED")})
    with pytest.raises(NotAllowed):
        client.create_mountpoint("ow1", "2", "x", free_name=True)


def test_accept_share_takes_the_folders_own_name_and_view() -> None:
    client, server = scripted({"GetFolder": TREE, "CreateMountpoint": LINK.format("Inbox")})
    client.accept_share(SHARE)
    client.accept_share(SHARE, "Boîte du collège", "10")
    assert server.asked("CreateMountpoint") == [
        '<link name="Inbox" l="1" zid="ow1" rid="2" view="message"/>',
        '<link name="Boîte du collège" l="10" zid="ow1" rid="2" view="message"/>',
    ]


def test_accept_share_of_a_whole_mailbox_is_named_after_its_owner() -> None:
    client, server = scripted({"GetFolder": TREE, "CreateMountpoint": LINK.format("Collège")})
    client.accept_share(Share("ow1", "ce@b.fr", "Collège", "1", "/", "", "r", "usr", "me", "a@b.fr"))
    assert server.asked("CreateMountpoint") == ['<link name="Collège" l="1" zid="ow1" rid="1"/>']


def test_remove_mountpoint_takes_links_only() -> None:
    client, server = scripted({"GetFolder": TREE, "FolderAction": '<action op="delete" id="302"/>'})
    assert client.remove_mountpoint("302")
    assert not client.remove_mountpoint("999")
    with pytest.raises(Refused) as caught:
        client.remove_mountpoint("10")
    assert caught.value.code == "request.INVALID"
    assert server.asked("FolderAction") == ['<action op="delete" id="302"/>']


def test_remove_mountpoint_that_goes_meanwhile_is_gone() -> None:
    client, _ = scripted({"GetFolder": TREE, "FolderAction": refused("mail.NO_SUCH_FOLDER")})
    assert not client.remove_mountpoint("301")


def test_shares_of_an_owner_or_of_anybody() -> None:
    share = (
        '<share ownerId="ow1" ownerEmail="ce@b.fr" ownerName="Collège" folderId="2" folderUuid="u" folderPath="/Inbox"'
        ' view="message" rights="r" granteeType="usr" granteeId="me" granteeName="a@b.fr" mid="310"/>'
    )
    client, server = scripted({"GetShareInfo": share})
    [found] = client.shares("ce@b.fr")
    assert (found.owner_id, found.folder_id, found.rights, found.mount_id) == ("ow1", "2", "r", "310")
    assert found.suggested_name == "Inbox"
    client.shares("ow1")
    client.shares()
    assert server.asked("GetShareInfo") == [
        '[includeSelf="0"]<owner by="name">ce@b.fr</owner>',
        '[includeSelf="0"]<owner by="id">ow1</owner>',
        '[includeSelf="0"]',
    ]


def test_notify_share_writes_to_everybody_at_once() -> None:
    client, server = scripted({"SendShareNotification": ""})
    client.notify_share("10", ["b@b.fr", "c@b.fr"], "Voici & voilà", action="edit")
    assert server.asked("SendShareNotification") == [
        '[action="edit"]<item id="10"/><e a="b@b.fr" t="t"/><e a="c@b.fr" t="t"/><notes>Voici &amp; voilà</notes>'
    ]
    assert not server.sent[-1].repeatable


def test_shared_folders_are_ones_own_with_grants() -> None:
    tree = TREE.replace('l="1"/>', 'l="1"><acl><grant zid="z" gt="usr" perm="r" d="b@b.fr"/></acl></folder>', 1)
    client, server = scripted({"GetFolder": tree})
    assert [(one.id, [grant.name for grant in one.grants or ()]) for one in client.shared_folders()] == [
        ("10", ["b@b.fr"])
    ]
    assert server.asked("GetFolder") == ['[needGranteeName="1"]']


def test_a_share_of_no_kind_has_no_view() -> None:
    client, _ = scripted({"GetShareInfo": '<share ownerId="ow1" folderId="2" folderPath="/x" view="unknown"/>'})
    assert client.shares()[0].view == ""


def test_create_mountpoint_in_a_tree_just_read_asks_for_no_other_and_passes_taken_names_over() -> None:
    client, server = scripted({"GetFolder": TREE, "CreateMountpoint": LINK.format("AGENDA (2)")})
    tree = client.folders()
    client.create_mountpoint("ow1", "2", "AGENDA", free_name=True, tree=tree)
    assert len(server.asked("GetFolder")) == 1
    [asked] = server.asked("CreateMountpoint")
    assert 'name="AGENDA (2)"' in asked


def test_remove_mountpoints_in_one_request_and_one_that_is_gone_is_no_error() -> None:
    client, server = scripted({"GetFolder": TREE, "FolderAction": ["<action/>", refused("mail.NO_SUCH_FOLDER")]})
    links = list(client.folders().mountpoints())
    assert [result.done for result in client.remove_mountpoints(links)] == [True, True]
    assert server.asked("FolderAction") == ['<action op="delete" id="301"/>', '<action op="delete" id="302"/>']
    assert len(server.requests) == 2


def test_remove_mountpoints_touches_nothing_when_one_is_a_folder() -> None:
    client, server = scripted({"GetFolder": TREE})
    with pytest.raises(Refused):
        client.remove_mountpoints(list(client.folders().children))
    assert server.asked("FolderAction") == []


def test_create_mountpoint_makes_anew_what_went_since_the_tree_was_read() -> None:
    answers = {"GetFolder": [TREE, refused("mail.NO_SUCH_FOLDER")], "CreateMountpoint": LINK.format("Agenda")}
    client, server = scripted(answers)
    made = client.create_mountpoint("ow1", "10", "Agenda", tree=client.folders())
    assert made.id == "303"
    assert len(server.asked("CreateMountpoint")) == 1
