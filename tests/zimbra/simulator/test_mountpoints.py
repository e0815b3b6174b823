from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.each import each
from tests.zimbra.simulator.people import Person, refused, written
from tests.zimbra.simulator.wire import PASSWORD, Wire, bare, create_contact

Make = Callable[..., Person]


@pytest.fixture
def shared(owner: Person, member: Person) -> str:
    """A folder for contacts that the member may manage."""
    folder = owner.new_folder("Élèves", view="contact", color="4")
    owner.grant(folder, member.address, "rwidx")
    return folder


def test_a_link_tells_where_it_leads(owner: Person, member: Person, shared: str) -> None:
    owner.wire.contact(folder=shared, lastName="Hoarau")
    link = member.mount(owner, shared, color="3", f="#", reminder="1")
    target = owner.folder(l=shared)
    expected = {
        "name": "Partage", "zid": owner.id, "rid": shared, "owner": owner.address, "oname": "Élèves",
        "perm": "rwidxc", "view": "contact", "color": "3", "f": "#", "n": "1",
    }  # fmt: skip
    assert {key: link.get(key) for key in expected} == expected
    assert (link.get("ruuid"), link.get("reminder")) == (target.get("uuid"), "1")
    assert link.find("acl") is None
    listed = member.mail("<GetFolderRequest/>").find("folder/link")
    assert (listed.get("id"), listed.get("absFolderPath")) == (link.get("id"), "/Partage")
    # What is behind a link is looked up only when it is asked for.
    assert "perm" not in listed.attrib


def test_the_owner_can_be_named_and_the_folder_given_by_path(owner: Person, member: Person, shared: str) -> None:
    named = written({"l": "1", "name": "Par nom", "owner": owner.address, "path": "/Élèves"})
    link = member.mail(f"<CreateMountpointRequest><link {named}/></CreateMountpointRequest>").find("link")
    assert (link.get("zid"), link.get("rid")) == (owner.id, shared)


def test_a_view_of_its_own_or_none_that_is_known(owner: Person, member: Person, shared: str) -> None:
    assert member.mount(owner, shared, "Un", view="appointment").get("view") == "appointment"
    for number, view in enumerate(["", "   ", ":/;", "thisisinvalid", "-1", "12.34"]):
        assert member.mount(owner, shared, f"Deux {number}", view=view).get("view") is None


def test_one_folder_can_be_linked_twice_under_two_names(owner: Person, member: Person, shared: str) -> None:
    first = member.mount(owner, shared, "Un").get("id")
    second = member.mount(owner, shared, "Deux").get("id")
    assert first != second
    with refused("mail.ALREADY_EXISTS"):
        member.mount(owner, shared, "Un")
    assert member.mount(owner, shared, "Un", fie="1").get("id") == first
    member.new_folder("Dossier")
    with refused("mail.ALREADY_EXISTS"):
        member.mount(owner, shared, "Dossier", fie="1")


@each("rid", ["", " ", ":/;", "texte", "-1", "0", "12.34", "5,6"])
def test_a_remote_id_that_is_none_is_invalid(owner: Person, member: Person, rid: str) -> None:
    with refused("service.INVALID_REQUEST"):
        member.mount(owner, rid)


@each("zid", ["", "  ", "texte", "-5", "0", "1234567890"])
def test_an_unknown_owner_id_is_no_account(member: Person, zid: str) -> None:
    with refused("account.NO_SUCH_ACCOUNT"):
        member.mount(Person(member.wire, "", zid), "7")


@each(
    ("place", "code"),
    [
        ("", "service.INVALID_REQUEST"),
        ("texte", "service.INVALID_REQUEST"),
        ("12.34", "service.INVALID_REQUEST"),
        ("-1", "mail.NO_SUCH_FOLDER"),
        ("0", "mail.NO_SUCH_ITEM"),
        ("1234567890", "mail.NO_SUCH_ITEM"),
    ],
)
def test_a_place_that_is_none_is_refused(owner: Person, member: Person, shared: str, place: str, code: str) -> None:
    with refused(code):
        member.mount(owner, shared, l=place)


@pytest.mark.parametrize("missing", ["l", "name", "rid", "zid"])
def test_what_a_link_needs(owner: Person, member: Person, shared: str, missing: str) -> None:
    given = {"l": "1", "name": "x", "rid": shared, "zid": owner.id}
    del given[missing]
    with refused("service.INVALID_REQUEST"):
        member.mail(f"<CreateMountpointRequest><link {written(given)}/></CreateMountpointRequest>")


def test_only_the_first_link_of_a_request_is_made(owner: Person, member: Person, shared: str) -> None:
    links = "".join(
        f"<link {written({'l': '1', 'name': name, 'rid': shared, 'zid': owner.id})}/>" for name in ("Un", "Deux")
    )
    answer = member.mail(f"<CreateMountpointRequest>{links}</CreateMountpointRequest>")
    assert [one.get("name") for one in answer] == ["Un"]


def test_nothing_is_mounted_without_a_right(owner: Person, member: Person) -> None:
    for rid in ("1", "7"):
        with refused("service.PERM_DENIED"):
            member.mount(owner, rid)
    with refused("mail.NO_SUCH_FOLDER"):
        member.mount(owner, "4242")
    given = written({"l": "1", "name": "x", "rid": "7", "owner": "personne@ac-reunion.fr"})
    with refused("service.PERM_DENIED"):
        member.mail(f"<CreateMountpointRequest><link {given}/></CreateMountpointRequest>")
    given = written({"l": "1", "name": "x", "rid": "7", "owner": member.address})
    with refused("service.INVALID_REQUEST"):
        member.mail(f"<CreateMountpointRequest><link {given}/></CreateMountpointRequest>")


def test_a_link_or_a_search_is_not_mounted(owner: Person, member: Person, person: Make, shared: str) -> None:
    link = member.mount(owner, shared).get("id")
    third = person()
    member.grant("1", third.address, "r")
    with refused("service.INVALID_REQUEST"):
        third.mount(member, link)


def test_a_link_asked_for_shows_what_is_behind_it(owner: Person, member: Person, shared: str) -> None:
    below = owner.new_folder("Troisième", parent=shared)
    owner.new_folder("Secret", parent=shared, f="i")
    link = member.mount(owner, shared).get("id")
    found = member.folder(l=link)
    assert (found.tag, found.get("perm"), found.get("oname")) == ("link", "rwidxc", "Élèves")
    (inner,) = found.findall("folder")
    # What is directly in the linked folder is directly below the link.
    assert (inner.get("id"), inner.get("l"), inner.get("perm")) == (f"{owner.id}:{below}", link, "rwidxc")
    tree = member.mail('<GetFolderRequest tr="1"/>').find("folder/link")
    assert [one.get("name") for one in tree.findall("folder")] == ["Troisième"]
    flat = member.mail('<GetFolderRequest tr="1" depth="1"/>').find("folder/link")
    assert (flat.get("perm"), flat.find("folder")) == ("rwidxc", None)


def test_a_path_goes_through_a_link(owner: Person, member: Person, shared: str) -> None:
    below = owner.new_folder("Troisième", parent=shared)
    low = owner.new_folder("A", parent=below)
    link = member.mount(owner, shared).get("id")
    assert member.folder(path="Partage").get("perm") == "rwidxc"
    found = member.folder(path="Partage/troisième")
    assert (found.get("id"), found.get("l"), found.get("perm")) == (f"{owner.id}:{below}", link, "rwidxc")
    assert member.folder(path="/Partage/Troisième/A").get("id") == f"{owner.id}:{low}"
    with refused("mail.NO_SUCH_FOLDER"):
        member.folder(path="/Partage/Absent")


def test_grants_show_through_a_link_to_who_may_administer(owner: Person, member: Person) -> None:
    folder = owner.new_folder("Bureau")
    owner.grant(folder, member.address, "ra")
    link = member.mount(owner, folder).get("id")
    assert [one.get("d") for one in member.folder(l=link).findall("acl/grant")] == [member.address]


def test_what_is_granted_on_a_link_is_granted_on_its_folder(owner: Person, member: Person, person: Make) -> None:
    third = person()
    folder = owner.new_folder("Bureau")
    owner.grant(folder, member.address, "ra")
    link = member.mount(owner, folder).get("id")
    assert member.grant(link, third.address, "r").get("id") == f"{owner.id}:{folder}"
    assert {one["d"] for one in owner.grants(folder)} == {member.address, third.address}
    member.revoke(link, third.id)
    assert [one["d"] for one in owner.grants(folder)] == [member.address]
    assert member.rights(link) == "ra"


def test_deleting_a_link_leaves_the_folder(owner: Person, member: Person, shared: str) -> None:
    owner.wire.contact(folder=shared, lastName="Hoarau")
    link = member.mount(owner, shared).get("id")
    member.act("empty", link)
    member.act("delete", link)
    assert member.mail("<GetFolderRequest/>").find("folder/link") is None
    assert owner.folder(l=shared).get("n") == "1"


def test_a_link_is_renamed_moved_and_coloured_by_itself(owner: Person, member: Person, shared: str) -> None:
    link = member.mount(owner, shared).get("id")
    member.act("rename", link, name="Mon nom")
    member.act("move", link, l="7")
    member.act("color", link, color="5")
    member.act("!check", link)
    found = member.folder(path="/Contacts/Mon nom")
    assert (found.get("id"), found.get("color")) == (link, "5")
    target = owner.folder(l=shared)
    assert (target.get("name"), target.get("color")) == ("Élèves", "4")


@pytest.mark.parametrize("end", ["revoke", "delete", "account", "closed", "maintenance"])
def test_a_link_breaks_when_its_folder_is_out_of_reach(
    owner: Person, member: Person, admin: Wire, shared: str, end: str
) -> None:
    link = member.mount(owner, shared, l="2").get("id")
    assert member.folder(l=link).get("broken") is None
    if end == "revoke":
        owner.revoke(shared, member.id)
    elif end == "delete":
        owner.act("delete", shared)
    elif end in ("closed", "maintenance"):
        admin.modify_account(owner.address, zimbraAccountStatus=end)
    else:
        admin.admin(f"<DeleteAccountRequest><id>{owner.id}</id></DeleteAccountRequest>")
    tree = member.mail('<GetFolderRequest tr="1"/>')
    found = tree.find(f"folder/folder[@name='Inbox']/link[@id='{link}']")
    assert (found.get("broken"), found.get("perm")) == ("1", None)
    assert member.folder(l=link).get("broken") == "1"
    # The rest of the tree is there, and the link can be thrown away.
    member.act("delete", link)
    assert member.mail("<GetFolderRequest/>").find("folder/folder/link") is None


def test_contacts_are_made_and_found_behind_a_link(owner: Person, member: Person, shared: str) -> None:
    link = member.mount(owner, shared).get("id")
    made = member.mail(create_contact(folder=link, lastName="Payet")).find("cn")
    number = made.get("id").removeprefix(f"{owner.id}:")
    assert number.isdecimal()
    assert made.get("l") == link
    (found,) = owner.contacts(number)
    assert found.get("l") == shared
    (listed,) = member.mail(f'<GetContactsRequest l="{link}"/>').findall("cn")
    assert (listed.get("id"), listed.get("l")) == (made.get("id"), f"{owner.id}:{shared}")
    assert member.folder(l=link).get("n") == "1"


def test_a_reader_adds_nothing_behind_a_link(owner: Person, member: Person, shared: str) -> None:
    owner.grant(shared, member.address, "r")
    link = member.mount(owner, shared).get("id")
    assert member.mail(f'<GetContactsRequest l="{link}"/>').findall("cn") == []
    for forbidden in (
        lambda: member.mail(create_contact(folder=link, lastName="Payet")),
        lambda: member.create(name="Dessous", l=link),
        lambda: member.contact_act("move", member.wire.contact(lastName="Hoarau"), l=link),
    ):
        with refused("service.PERM_DENIED"):
            forbidden()


def test_a_folder_made_behind_a_link_is_the_owners(owner: Person, member: Person, shared: str) -> None:
    link = member.mount(owner, shared).get("id")
    made = member.create(name="Dessous", l=link)
    assert made.get("l") == link
    assert made.get("id").startswith(f"{owner.id}:")
    assert owner.folder(path="/Élèves/Dessous").get("l") == shared


def test_a_contact_moves_and_is_copied_to_another_mailbox(owner: Person, member: Person, shared: str) -> None:
    link = member.mount(owner, shared).get("id")
    contact = member.wire.contact(lastName="Hoarau", firstName="Marie")
    assert member.contact_act("copy", contact, l=link).get("op") == "copy"
    assert len(member.contacts()) == 1
    assert member.contact_act("move", contact, l=link).get("id") == contact
    assert member.contacts() == []
    there = owner.contacts()
    assert [one.findtext("a[@n='firstName']") for one in there] == ["Marie", "Marie"]
    assert {one.get("l") for one in there} == {shared}
    # And back again, which takes the right to delete.
    back = f"{owner.id}:{there[0].get('id')}"
    owner.grant(shared, member.address, "r")
    with refused("service.PERM_DENIED"):
        member.contact_act("move", back, l="7")
    assert len(owner.contacts()) == 2
    owner.grant(shared, member.address, "rwid")
    member.contact_act("move", back, l="7")
    assert (len(owner.contacts()), len(member.contacts())) == (1, 1)


def test_a_folder_does_not_leave_its_mailbox(owner: Person, member: Person, shared: str) -> None:
    link = member.mount(owner, shared).get("id")
    mine = member.new_folder("À moi")
    with refused("service.INVALID_REQUEST"):
        member.act("move", mine, l=f"{owner.id}:{shared}")
    with refused("mail.CANNOT_CONTAIN"):
        member.act("move", mine, l=link)


def test_reminders_of_a_link_are_switched(owner: Person, member: Person, shared: str) -> None:
    link = member.mount(owner, shared).get("id")
    body = '<EnableSharedReminderRequest><link id="{0}" reminder="1"/></EnableSharedReminderRequest>'
    assert len(member.mail(body.format(link))) == 0
    assert member.folder(l=link).get("reminder") == "1"
    with refused("mail.NO_SUCH_MOUNTPOINT"):
        member.mail(body.format("7"))


def test_a_search_behind_a_broken_link_finds_nothing(owner: Person, member: Person, shared: str, admin: Wire) -> None:
    owner.wire.contact(folder=shared, lastName="Hoarau")
    link = member.mount(owner, shared).get("id")

    def found(query: str) -> int:
        body = f'<SearchRequest types="contact"><query>{query}</query></SearchRequest>'
        return len(member.mail(body).findall("cn"))

    queries = ('in:"Partage"', 'under:"Partage/Absent"', f"inid:{link}", f'inid:"{owner.id}:{shared}"', "is:remote")
    assert [found(query) for query in queries] == [1, 0, 1, 1, 1]
    admin.admin(f"<DeleteAccountRequest><id>{owner.id}</id></DeleteAccountRequest>")
    assert [found(query) for query in queries] == [0, 0, 0, 0, 0]
    with refused("mail.NO_SUCH_FOLDER"):
        found('in:"Absent"')


def test_a_new_session_starts_with_what_is_behind_links_and_which_are_broken(
    owner: Person, member: Person, shared: str
) -> None:
    folder = owner.new_folder("Perdu")
    owner.grant(folder, member.address, "r")
    owner.new_folder("6e A", parent=shared, view="contact")
    member.mount(owner, shared, name="Ouvert")
    member.mount(owner, folder, name="Cassé")
    owner.revoke(folder, member.id)
    body = (
        f'<AuthRequest xmlns="urn:zimbraAccount"><account by="name">{member.address}</account>'
        f"<password>{PASSWORD}</password></AuthRequest>"
    )
    member.wire.token = ""
    _, _, data = member.wire.send("POST", "/service/soap", member.wire.envelope(body, "<session/>"))
    context = bare(data).find("Header/context")
    links = {link.get("name"): link for link in context.iterfind("refresh/folder/link")}
    assert (links["Ouvert"].get("perm"), links["Cassé"].get("broken")) == ("rwidxc", "1")
    assert links["Ouvert"].find("folder").get("name") == "6e A"
    assert context.find("session").text == bare(data).findtext("Body/AuthResponse/session")
