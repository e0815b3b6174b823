"""Shares of one item, from the owner's page to what both sides find in a simulated Zimbra."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import Agent
from boxes import delegations, looks, share_listing, shares
from boxes.looks import SeenFolder
from boxes.models import Box, BoxShare, Delegation, Role
from tests.factories import give_access, make_moved_agent, make_shared_box
from tests.simulated import Simulated
from zimbra.client import ZimbraClient
from zimbra.errors import NotAllowed
from zimbra.types import Folder, NewContact

People = Callable[..., Agent]
Advance = Callable[[int], None]
READ, WRITE = BoxShare.Access.READ, BoxShare.Access.WRITE
INBOX, CONTACTS, CALENDAR = "2", "7", "10"


@pytest.fixture
def owner(person: People) -> Agent:
    return person(family_name="Payet")


@pytest.fixture
def guest(person: People) -> Agent:
    return person(family_name="Técher")


@pytest.fixture
def box(owner: Agent, door: Simulated, advance: Advance) -> Box:
    """A box that stands in Zimbra, with one owner."""
    box = make_shared_box((owner, Role.OWNER), address=f"ce.{owner.address}", name="Collège", transferred_at=None)
    box.work_asked_at = box.transfer_asked_at
    box.save()
    advance(box.pk)
    return box


def folder(box: Box, folder_id: str) -> SeenFolder:
    looks.look_for(box, anew=True)
    looks.look(box.pk)
    picture = looks.seen(looks.latest(box))
    assert picture is not None
    found = picture.folder(folder_id)
    assert found is not None
    return found


def share(box: Box, guest: Agent, owner: Agent, *, folder_id: str = CONTACTS, access=READ) -> BoxShare:
    return shares.share(box=box, folder=folder(box, folder_id), agent=guest, access=access, by=owner)


def own(door: Simulated, box: Box) -> ZimbraClient:
    with door.admin() as admin:
        return ZimbraClient.on_behalf(door.url, admin, box.address)


def grants(door: Simulated, box: Box, folder_id: str) -> dict[str, str]:
    """Letters by address."""
    found = next(one for one in own(door, box).folders(names=True).walk() if one.id == folder_id)
    return {grant.name: grant.rights for grant in found.grants or ()}


def mounted(door: Simulated, agent: Agent) -> list[Folder]:
    with door.client(agent.address) as client:
        return [one for one in client.folders(remote=True).children if one.is_mountpoint]


def may_add(door: Simulated, agent: Agent, folder_id: str) -> bool:
    with door.client(agent.address) as client:
        (outcome,) = client.create_contacts(folder_id, [NewContact({"lastName": "Essai"})])
    return bool(outcome.ids)


def may_look(door: Simulated, agent: Agent, box: Box, folder_id: str) -> bool:
    """Whether the person can mount the folder, which needs the right to read."""
    with door.client(agent.address) as client:
        try:
            link = client.create_mountpoint(box.address, folder_id, f"Essai {folder_id}")
            client.remove_mountpoint(link.id)
        except NotAllowed:
            return False
    return True


def test_the_guest_reads_that_item_and_nothing_else(
    door: Simulated, box: Box, owner: Agent, guest: Agent, advance: Advance
) -> None:
    row = share(box, guest, owner)
    advance(box.pk)
    row.refresh_from_db()
    assert row.is_in_place
    (link,) = mounted(door, guest)
    assert (link.owner_address, link.remote_id, link.view, link.rights) == (box.address, CONTACTS, "contact", "r")
    assert (row.mount_id, row.path) == (link.id, link.path)
    assert not may_add(door, guest, link.id)
    assert may_look(door, owner, box, INBOX)
    assert not may_look(door, guest, box, INBOX)
    assert share_listing.shown(box, None)[0].state == share_listing.IN_PLACE


def test_who_has_the_whole_box_keeps_the_item_that_was_shared(
    door: Simulated, box: Box, owner: Agent, guest: Agent, person: People, advance: Advance
) -> None:
    """A folder with grants of its own inherits none of the root's."""
    member, reader = give_access(box, person()), give_access(box, person(), Role.READER)
    share(box, guest, owner)
    advance(box.pk)
    assert grants(door, box, CONTACTS) == {
        owner.address: "rwidxa",
        member.agent.address: "rwidx",
        reader.agent.address: "r",
        guest.address: "r",
    }
    later = delegations.grant(box=box, agent=person(), role=Role.MEMBER, by=owner)
    delegations.change_role(delegation=member, role=Role.READER, by=owner)
    delegations.revoke(delegation=reader, by=owner)
    advance(box.pk)
    assert grants(door, box, CONTACTS) == {
        owner.address: "rwidxa",
        member.agent.address: "r",
        later.agent.address: "rwidx",
        guest.address: "r",
    }


def test_access_changes_both_ways(door: Simulated, box: Box, owner: Agent, guest: Agent, advance: Advance) -> None:
    row = share(box, guest, owner, access=WRITE)
    advance(box.pk)
    (link,) = mounted(door, guest)
    assert may_add(door, guest, link.id)
    shares.change_access(share=row, access=READ, by=owner)
    advance(box.pk)
    assert not may_add(door, guest, link.id)
    assert [one.id for one in mounted(door, guest)] == [link.id]


def test_what_was_revoked_is_gone_on_both_sides(
    door: Simulated, box: Box, owner: Agent, guest: Agent, advance: Advance
) -> None:
    row = share(box, guest, owner)
    kept = share(box, guest, owner, folder_id=CALENDAR)
    advance(box.pk)
    assert len(mounted(door, guest)) == 2
    shares.revoke(share=row, by=owner)
    advance(box.pk)
    assert [one.remote_id for one in mounted(door, guest)] == [CALENDAR]
    assert guest.address not in grants(door, box, CONTACTS)
    assert list(BoxShare.objects.all()) == [kept]
    assert not may_look(door, guest, box, CONTACTS)


def test_a_share_given_back_while_it_was_being_taken_away_holds(
    door: Simulated, box: Box, owner: Agent, guest: Agent, advance: Advance
) -> None:
    row = share(box, guest, owner)
    advance(box.pk)
    shares.revoke(share=row, by=owner)
    again = share(box, guest, owner, access=WRITE)
    advance(box.pk)
    again.refresh_from_db()
    assert (again.pk, again.is_in_place) == (row.pk, True)
    (link,) = mounted(door, guest)
    assert may_add(door, guest, link.id)


def test_a_reader_of_the_box_writes_in_the_one_item(
    door: Simulated, box: Box, owner: Agent, person: People, advance: Advance
) -> None:
    reader = give_access(box, person(), Role.READER)
    row = share(box, reader.agent, owner, access=WRITE)
    advance(box.pk)
    assert grants(door, box, CONTACTS)[reader.agent.address] == "rwidx"
    assert grants(door, box, "1")[reader.agent.address] == "r"
    shares.revoke(share=row, by=owner)
    advance(box.pk)
    assert grants(door, box, CONTACTS)[reader.agent.address] == "r"


def test_the_share_outlives_a_delegation_that_came_later(
    door: Simulated, box: Box, owner: Agent, guest: Agent, advance: Advance
) -> None:
    row = share(box, guest, owner)
    advance(box.pk)
    access = delegations.grant(box=box, agent=guest, role=Role.MEMBER, by=owner)
    advance(box.pk)
    assert grants(door, box, CONTACTS)[guest.address] == "rwidx"
    delegations.revoke(delegation=access, by=owner)
    advance(box.pk)
    assert grants(door, box, CONTACTS)[guest.address] == "r"
    assert guest.address not in grants(door, box, "1")
    assert [one.remote_id for one in mounted(door, guest)] == [CONTACTS]
    row.refresh_from_db()
    assert row.is_in_place
    assert not Delegation.objects.filter(agent=guest).exists()


def test_an_item_that_is_gone_is_told_and_can_be_let_go(
    door: Simulated, box: Box, owner: Agent, guest: Agent, advance: Advance
) -> None:
    made = own(door, box).create_folder("Bourses", view="message")
    row = share(box, guest, owner, folder_id=made.id)
    own(door, box).delete_folder(made.id)
    advance(box.pk)
    (shown,) = share_listing.shown(box, None)
    assert (shown.state, shown.row.trouble) == (share_listing.TROUBLE, "mail.NO_SUCH_FOLDER")
    assert "n’existe plus" in shown.note
    shares.revoke(share=row, by=owner)
    advance(box.pk)
    assert not BoxShare.objects.exists()


def test_a_person_without_a_mailbox_is_told_and_stops_nobody(
    door: Simulated, box: Box, owner: Agent, guest: Agent, advance: Advance
) -> None:
    nowhere = make_moved_agent(f"absente.{owner.address}")
    share(box, nowhere, owner)
    share(box, guest, owner)
    advance(box.pk)
    states = {one.row.agent: one for one in share_listing.shown(box, None)}
    assert states[guest].state == share_listing.IN_PLACE
    assert states[nowhere].state == share_listing.TROUBLE
    assert "pas de messagerie" in states[nowhere].note
