from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.zimbra.simulator.people import Person, refused, written
from tests.zimbra.simulator.wire import Wire, bare
from zimbra.simulator.mail.mime import Message

Make = Callable[..., Person]
SHARE = "xml/x-zimbra-share"


def _shares(reader: Person, inner: str = "", *, owner: Person | None = None, **attrs: str) -> list[dict[str, str]]:
    """What the reader is told, by default of one owner."""
    if owner is not None:
        inner += f'<owner by="name">{owner.address}</owner>'
    body = f'<GetShareInfoRequest xmlns="urn:zimbraAccount" {written(attrs)}>{inner}</GetShareInfoRequest>'
    return [dict(one.attrib) for one in reader.wire.soap(body).findall("share")]


def _notify(sender: Person, folder: str, *addresses: str, notes: str = "", **attrs: str) -> Any:
    people = "".join(f'<e a="{address}"/>' for address in addresses)
    inner = f'<item id="{folder}"/>{people}' + (f"<notes>{notes}</notes>" if notes else "")
    return sender.mail(f"<SendShareNotificationRequest {written(attrs)}>{inner}</SendShareNotificationRequest>")


def _letters(reader: Person) -> list[Message]:
    """The messages in the inbox."""
    listed = reader.mail('<SearchRequest types="message"><query>in:inbox</query></SearchRequest>').findall("m")
    asked = [f'<GetMsgRequest><m id="{one.get("id")}" raw="1"/></GetMsgRequest>' for one in listed]
    return [Message.parse(reader.mail(one).findtext("m/content").encode()) for one in asked]


def test_what_is_shared_by_an_owner(person: Make, member: Person) -> None:
    owner = person(displayName="Jean Payet")
    folder = owner.new_folder("Élèves", parent="7", view="contact")
    owner.grant(folder, member.address, "rw")
    (share,) = _shares(member, owner=owner)
    assert share == {
        "ownerId": owner.id, "ownerEmail": owner.address, "ownerName": "Jean Payet", "folderId": folder,
        "folderUuid": owner.folder(l=folder).get("uuid"), "folderPath": "/Contacts/Élèves", "view": "contact",
        "rights": "rw", "granteeType": "usr", "granteeId": member.id, "granteeName": member.address,
        "granteeDisplayName": "",
    }  # fmt: skip
    link = member.mount(owner, folder).get("id")
    assert _shares(member, owner=owner)[0]["mid"] == link
    owner.revoke(folder, member.id)
    assert _shares(member, owner=owner) == []


def test_folders_below_are_shared_with_the_one_above(owner: Person, member: Person) -> None:
    top = owner.new_folder("Haut")
    owner.new_folder("Bas", parent=top)
    owner.new_folder("Fermé", parent=top, f="i")
    owner.grant(top, member.address, "r")
    assert [one["folderPath"] for one in _shares(member, owner=owner)] == ["/Haut", "/Haut/Bas"]


def test_without_an_owner_all_who_share_are_told(owner: Person, member: Person, person: Make) -> None:
    other = person()
    owner.grant("7", member.address, "r")
    other.grant("10", member.address, "r")
    found = _shares(member, f'<grantee type="usr" name="{member.address}"/>')
    assert {(one["ownerEmail"], one["folderPath"]) for one in found} == {
        (owner.address, "/Contacts"),
        (other.address, "/Calendar"),
    }
    assert _shares(other, f'<grantee id="{other.id}"/>') == []


def test_ones_own_shares_are_left_out_on_demand(owner: Person) -> None:
    folder = owner.new_folder("Domaine")
    owner.grant(folder, "ac-reunion.fr", "r", "dom")
    mine = [one["folderId"] for one in _shares(owner) if one["ownerId"] == owner.id]
    assert mine == [folder]
    assert not [one for one in _shares(owner, includeSelf="0") if one["ownerId"] == owner.id]
    owner.revoke(folder, owner.folder(l=folder).find("acl/grant").get("zid"))


def test_who_asks_for_nobodys_shares_is_told_of_none(owner: Person, member: Person) -> None:
    assert _shares(member, '<owner by="name">personne@ac-reunion.fr</owner>') == []
    assert _shares(member, owner=owner) == []
    with refused("service.INVALID_REQUEST"):
        _shares(member, owner=member)


def test_shares_are_chosen_by_type_of_grantee(owner: Person, member: Person) -> None:
    owner.grant("7", member.address, "r")
    owner.grant("10", "", "r", "pub")
    assert [one["granteeType"] for one in _shares(member, '<grantee type="pub"/>', owner=owner)] == ["pub"]
    with refused("service.INVALID_REQUEST"):
        _shares(member, '<grantee type="rien"/>', owner=owner)


def test_a_letter_tells_of_a_share(person: Make, member: Person) -> None:
    owner = person(displayName="Jean Payet")
    folder = owner.new_folder("Élèves & Cie", view="contact")
    owner.grant(folder, member.address, "rwidx")
    assert len(_notify(owner, folder, member.address, notes="Bonjour &lt;b&gt;")) == 0
    (letter,) = _letters(member)
    assert letter.addresses("from") == [("Jean Payet", owner.address)]
    assert letter.addresses("to") == [("", member.address)]
    assert letter.subject == "Partage créé : Élèves & Cie partagé par Jean Payet"
    assert [part.content_type for part in letter.parts][1:] == ["text/plain", "text/html", SHARE]
    share = bare(next(part for part in letter.parts if part.content_type == SHARE).data)
    assert share.get("action") == "new"
    assert dict(share.find("grantor").attrib) == {"id": owner.id, "email": owner.address, "name": "Jean Payet"}
    assert dict(share.find("grantee").attrib) == {"id": member.id, "email": member.address, "name": ""}
    link = {"id": folder, "name": "Élèves & Cie", "view": "contact", "perm": "rwidx"}
    assert dict(share.find("link").attrib) == link
    assert share.findtext("notes") == "Bonjour <b>"


def test_a_letter_needs_a_share_unless_it_tells_of_its_end(owner: Person, member: Person) -> None:
    folder = owner.new_folder("Cours")
    with refused("service.INVALID_REQUEST"):
        _notify(owner, folder, member.address)
    with refused("service.INVALID_REQUEST"):
        _notify(owner, folder, member.address, action="edit")
    assert _letters(member) == []
    _notify(owner, folder, member.address, action="revoke")
    assert [letter.subject.partition(" :")[0] for letter in _letters(member)] == ["Partage révoqué"]
    with refused("service.INVALID_REQUEST"):
        _notify(owner, folder, member.address, action="rien")


def test_nobody_is_written_to_when_one_of_them_has_no_share(owner: Person, member: Person, person: Make) -> None:
    folder = owner.new_folder("Cours")
    owner.grant(folder, member.address, "r")
    with refused("service.INVALID_REQUEST"):
        _notify(owner, folder, member.address, person().address)
    assert _letters(member) == []


def test_the_older_way_of_saying_whom_to_tell(owner: Person, member: Person) -> None:
    owner.grant("7", member.address, "r")
    share = f'<share l="7" gt="usr" d="{member.address}"/><notes>Voilà</notes>'
    owner.mail(f"<SendShareNotificationRequest>{share}</SendShareNotificationRequest>")
    assert len(_letters(member)) == 1
    with refused("service.INVALID_REQUEST"):
        owner.mail(
            '<SendShareNotificationRequest><share path="/Contacts" gt="usr" d="x@ac-reunion.fr"/>'
            "</SendShareNotificationRequest>"
        )


def test_the_members_of_a_list_are_told(owner: Person, member: Person, admin: Wire) -> None:
    name = f"liste.{member.address}"
    made = admin.admin(f"<CreateDistributionListRequest><name>{name}</name></CreateDistributionListRequest>")
    list_id = made.find("dl").get("id")
    admin.admin(
        f"<AddDistributionListMemberRequest><id>{list_id}</id><dlm>{member.address}</dlm>"
        "</AddDistributionListMemberRequest>"
    )
    owner.grant("7", name, "r", "grp")
    _notify(owner, "7", name)
    assert len(_letters(member)) == 1


def test_a_share_through_a_link_is_told_under_the_senders_name_for_it(
    owner: Person, member: Person, person: Make
) -> None:
    third = person()
    folder = owner.new_folder("Cours")
    owner.grant(folder, member.address, "ra")
    link = member.mount(owner, folder, "Chez moi").get("id")
    member.grant(link, third.address, "r")
    _notify(member, link, third.address)
    (letter,) = _letters(third)
    share = bare(letter.parts[-1].data)
    assert share.find("grantor").get("id") == owner.id
    assert (share.find("link").get("id"), share.find("link").get("name")) == (folder, "Chez moi")
    assert letter.addresses("sender") == [("", member.address)]


def test_offers_in_the_inbox_are_listed(owner: Person, member: Person) -> None:
    owner.grant("7", member.address, "r")
    _notify(owner, "7", member.address)
    _notify(owner, "7", member.address, action="edit")
    answer = member.mail("<GetShareNotificationsRequest/>")
    (share,) = answer.findall("share")
    assert share.get("status") == "new"
    assert share.find("grantor").get("email") == owner.address
    assert (share.find("link").get("id"), share.find("link").get("perm")) == ("7", "r")


@pytest.mark.parametrize("inner", ["", '<item/><e a="x@y.fr"/>'])
def test_a_letter_about_no_folder_is_invalid(owner: Person, inner: str) -> None:
    with refused("service.INVALID_REQUEST"):
        owner.mail(f"<SendShareNotificationRequest>{inner}</SendShareNotificationRequest>")


def test_a_letter_about_a_share_is_read_with_what_it_tells_programs(owner: Person, member: Person) -> None:
    folder = owner.new_folder("Cours", view="contact")
    owner.grant(folder, member.address, "r")
    _notify(owner, folder, member.address)
    letter = member.mail('<SearchRequest types="message"><query>in:inbox</query></SearchRequest>').find("m").get("id")
    told = member.mail(f'<GetMsgRequest><m id="{letter}"/></GetMsgRequest>').find("m/shr/content").text
    assert f'<link id="{folder}" name="Cours" view="contact" perm="r"' in told
    other = (
        member.mail('<AddMsgRequest><m l="2"><content>Subject: x\n\ntexte</content></m></AddMsgRequest>')
        .find("m")
        .get("id")
    )
    assert member.mail(f'<GetMsgRequest><m id="{other}"/></GetMsgRequest>').find("m/shr") is None
