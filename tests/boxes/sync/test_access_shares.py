"""One item of a box shared with somebody, and what that does to those who have the whole of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import Agent
from boxes import delegations, work
from boxes.models import Box, BoxShare, Delegation, Role
from boxes.sync import engine
from tests.boxes.sync.held import of_box, of_person, open_as
from tests.factories import give_access, make_box, make_moved_agent
from tests.simulated import DOMAIN, Simulated
from zimbra.types import Role as Letters

pytestmark = pytest.mark.django_db

Person = Callable[..., Agent]
Advance = Callable[[int], None]
CALENDAR = "10"

_numbers = iter(range(1, 10_000))


@pytest.fixture
def owner(person: Person) -> Agent:
    return person()


@pytest.fixture
def reader(person: Person) -> Agent:
    return person()


@pytest.fixture
def third(person: Person) -> Agent:
    return person()


@pytest.fixture
def box(owner: Agent, reader: Agent, advance: Advance) -> Box:
    """A box that stands in Zimbra, with an owner and somebody who reads."""
    made = make_box(address=f"part.{next(_numbers)}@{DOMAIN}", name="Intendance", transfer_asked_at=timezone.now())
    give_access(made, owner, Role.OWNER)
    give_access(made, reader, Role.READER)
    work.ask(made)
    advance(made.pk)
    made.refresh_from_db()
    return made


def share(box: Box, agent: Agent, access: str = BoxShare.Access.READ, folder_id: str = CALENDAR) -> BoxShare:
    path = {CALENDAR: "/Calendar", "7": "/Contacts"}.get(folder_id, "/Parti")
    made = BoxShare.objects.create(box=box, agent=agent, access=access, folder_id=folder_id, folder_path=path)
    work.ask(box)
    return made


def take_back(row: BoxShare) -> None:
    BoxShare.objects.filter(pk=row.pk).update(removed=True)
    work.ask(row.box)


def test_a_share_opens_one_item_and_closes_it_to_nobody(
    door: Simulated, box: Box, owner: Agent, reader: Agent, third: Agent, advance: Advance
) -> None:
    made = share(box, third, BoxShare.Access.WRITE)
    advance(box.pk)
    members = {owner.address: "rwidxa", reader.address: "r"}
    assert of_box(door, box.address).grants == {"/": members, "/Calendar": members | {third.address: "rwidx"}}
    assert of_box(door, box.address).senders == {owner.address}
    mine = of_person(door, third.address)
    assert mine.mounts == ((box.zimbra_id, CALENDAR, "/Calendar - Intendance"),)
    assert mine.identities == ()
    made.refresh_from_db()
    assert made.is_in_place
    assert made.path == "/Calendar - Intendance"
    with open_as(door, reader.address) as client:
        assert client.effective_rights(f"{box.zimbra_id}:{CALENDAR}") == "r"
    with open_as(door, third.address) as client:
        assert client.effective_rights(f"{box.zimbra_id}:2") == ""


def test_roles_and_removals_are_followed_on_what_was_shared(
    door: Simulated, box: Box, owner: Agent, reader: Agent, third: Agent, person: Person, advance: Advance
) -> None:
    share(box, third)
    advance(box.pk)
    late = person()
    delegations.grant(box=box, agent=late, role=Role.MEMBER, by=owner)
    there = Delegation.objects.get(box=box, agent=reader)
    delegations.change_role(delegation=there, role=Role.OWNER, by=owner)
    advance(box.pk)
    members = {owner.address: "rwidxa", reader.address: "rwidxa", late.address: "rwidx"}
    assert of_box(door, box.address).grants == {"/": members, "/Calendar": members | {third.address: "r"}}
    delegations.revoke(delegation=Delegation.objects.get(box=box, agent=late), by=owner)
    advance(box.pk)
    del members[late.address]
    assert of_box(door, box.address).grants == {"/": members, "/Calendar": members | {third.address: "r"}}


def test_when_the_last_share_goes_those_with_access_keep_theirs(
    door: Simulated, box: Box, owner: Agent, reader: Agent, third: Agent, advance: Advance
) -> None:
    made = share(box, third)
    advance(box.pk)
    take_back(made)
    advance(box.pk)
    members = {owner.address: "rwidxa", reader.address: "r"}
    assert of_box(door, box.address).grants == {"/": members, "/Calendar": members}
    assert of_person(door, third.address).mounts == ()
    assert not BoxShare.objects.exists()
    with open_as(door, reader.address) as client:
        assert client.effective_rights(f"{box.zimbra_id}:{CALENDAR}") == "r"


def test_access_changes_between_reading_and_writing(door: Simulated, box: Box, third: Agent, advance: Advance) -> None:
    made = share(box, third)
    advance(box.pk)
    for access, letters in (("write", "rwidx"), ("read", "r")):
        BoxShare.objects.filter(pk=made.pk).update(access=access)
        work.ask(box)
        advance(box.pk)
        assert of_box(door, box.address).grants["/Calendar"][third.address] == letters
    assert len(of_person(door, third.address).mounts) == 1


def test_somebody_with_both_keeps_what_is_left_when_one_goes(
    door: Simulated, box: Box, owner: Agent, reader: Agent, advance: Advance
) -> None:
    made = share(box, reader, BoxShare.Access.WRITE)
    other = share(box, reader, BoxShare.Access.READ, "7")
    advance(box.pk)
    held = of_box(door, box.address).grants
    assert (held["/"][reader.address], held["/Calendar"][reader.address]) == ("r", "rwidx")
    assert of_person(door, reader.address).paths == [
        "/Intendance",
        "/Calendar - Intendance",
        "/Contacts - Intendance",
    ]
    take_back(other)
    delegations.revoke(delegation=Delegation.objects.get(box=box, agent=reader), by=owner)
    advance(box.pk)
    held = of_box(door, box.address).grants
    assert (held["/"], held["/Contacts"]) == ({owner.address: "rwidxa"}, {owner.address: "rwidxa"})
    assert held["/Calendar"] == {owner.address: "rwidxa", reader.address: "rwidx"}
    assert of_person(door, reader.address).paths == ["/Calendar - Intendance"]
    assert list(BoxShare.objects.all()) == [made]


def test_who_has_the_whole_box_keeps_it_when_a_share_goes(
    door: Simulated, box: Box, reader: Agent, advance: Advance
) -> None:
    made = share(box, reader, BoxShare.Access.WRITE)
    advance(box.pk)
    take_back(made)
    advance(box.pk)
    assert of_box(door, box.address).grants["/Calendar"][reader.address] == "r"
    assert of_person(door, reader.address).paths == ["/Intendance"]


def test_what_an_owner_shared_in_zimbra_is_opened_again_to_those_with_access(
    door: Simulated, box: Box, owner: Agent, reader: Agent, third: Agent, person: Person, advance: Advance
) -> None:
    with open_as(door, owner.address) as client:
        client.grant(f"{box.zimbra_id}:{CALENDAR}", third.address, Letters.VIEWER)
    with open_as(door, reader.address) as client:
        assert client.effective_rights(f"{box.zimbra_id}:{CALENDAR}") == ""
    late = person()
    delegations.grant(box=box, agent=late, role=Role.MEMBER, by=owner)
    advance(box.pk)
    members = {owner.address: "rwidxa", reader.address: "r", late.address: "rwidx"}
    assert of_box(door, box.address).grants == {"/": members, "/Calendar": members | {third.address: "r"}}


def test_a_folder_closed_in_zimbra_and_left_empty_is_opened_again(
    door: Simulated, box: Box, owner: Agent, reader: Agent, advance: Advance
) -> None:
    with open_as(door, box.address) as own:
        own.revoke_all([CALENDAR], own.grant(CALENDAR, reader.address, "r").grantee_id)
    work.ask(box)
    advance(box.pk)
    assert of_box(door, box.address).grants["/Calendar"] == {owner.address: "rwidxa", reader.address: "r"}


def test_a_folder_that_is_gone_is_the_trouble_of_its_share_alone(
    door: Simulated, box: Box, owner: Agent, third: Agent, advance: Advance
) -> None:
    made = share(box, third, folder_id="99999")
    delegations.grant(box=box, agent=third, role=Role.MEMBER, by=owner)
    advance(box.pk)
    made.refresh_from_db()
    assert made.trouble == "mail.NO_SUCH_FOLDER"
    assert Delegation.objects.get(box=box, agent=third).is_in_place
    take_back(made)
    BoxShare.objects.filter(pk=made.pk).update(trouble="")
    advance(box.pk)
    assert not BoxShare.objects.exists()


def test_somebody_without_a_mailbox_leaves_no_trace_at_the_item(
    door: Simulated, box: Box, owner: Agent, reader: Agent, advance: Advance
) -> None:
    made = share(box, make_moved_agent(f"absent.{next(_numbers)}@{DOMAIN}"))
    advance(box.pk)
    made.refresh_from_db()
    assert made.trouble == "account.NO_SUCH_ACCOUNT"
    assert of_box(door, box.address).grants["/Calendar"] == {owner.address: "rwidxa", reader.address: "r"}


@pytest.mark.parametrize("after", range(2, 12, 2))
def test_an_answer_lost_anywhere_leaves_the_share_whole(
    door: Simulated, box: Box, owner: Agent, reader: Agent, third: Agent, person: Person, advance: Advance, after: int
) -> None:
    goes = person()
    gone = share(box, goes, folder_id="7")
    advance(box.pk)
    share(box, third)
    take_back(gone)
    with door.disturbed(mode="lost", after=after):
        engine.advance(box.pk)
    Box.objects.filter(pk=box.pk).update(retry_at=None)
    advance(box.pk)
    members = {owner.address: "rwidxa", reader.address: "r"}
    assert of_box(door, box.address).grants == {
        "/": members,
        "/Calendar": members | {third.address: "r"},
        "/Contacts": members,
    }
    assert of_person(door, third.address).paths == ["/Calendar - Intendance"]
    assert of_person(door, goes.address).mounts == ()
