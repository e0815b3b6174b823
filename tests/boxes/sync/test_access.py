"""Who reaches a box in Zimbra, after the portal's own functions decided so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import Agent
from boxes import delegations, work
from boxes.models import Box, BoxIdentity, Delegation, Role
from boxes.sync import engine
from boxes.sync.wanted import LETTERS
from tests.boxes.sync.held import mountpoints, of_box, of_person, open_as
from tests.factories import give_access, make_agent, make_box, make_moved_agent
from tests.simulated import DOMAIN, Simulated
from zimbra.types import Identity
from zimbra.types import Role as Letters

pytestmark = pytest.mark.django_db

Person = Callable[..., Agent]
Advance = Callable[[int], None]

_numbers = iter(range(1, 10_000))


@pytest.fixture
def owner(person: Person) -> Agent:
    return person(family_name="Propriétaire")


@pytest.fixture
def box(owner: Agent, advance: Advance) -> Box:
    """A box that stands in Zimbra, with one owner."""
    made = make_box(address=f"ce.{next(_numbers)}@{DOMAIN}", name="Collège A", transfer_asked_at=timezone.now())
    give_access(made, owner, Role.OWNER)
    work.ask(made)
    advance(made.pk)
    made.refresh_from_db()
    return made


def grant(box: Box, agent: Agent, role: str, owner: Agent) -> Delegation:
    return delegations.grant(box=box, agent=agent, role=Role(role), by=owner)


def row(box: Box, agent: Agent) -> Delegation:
    return Delegation.objects.get(box=box, agent=agent)


# --- giving ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_each_role_has_its_letters_and_may_send_or_not(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance, role: str
) -> None:
    marie = person()
    grant(box, marie, role, owner)
    advance(box.pk)
    held = of_box(door, box.address)
    letters = {"owner": "rwidxa", "member": "rwidx", "reader": "r"}
    assert held.grants == {"/": {owner.address: "rwidxa", marie.address: letters[role]}}
    assert held.senders == {owner.address} | (set() if role == "reader" else {marie.address})
    assert of_person(door, marie.address).mounts == ((box.zimbra_id, "1", "/Collège A"),)
    found = row(box, marie)
    assert found.is_in_place
    assert (found.path, found.applied_role, found.trouble) == ("/Collège A", role, "")
    [link] = mountpoints(door, marie.address)
    assert found.mount_id == link.id
    assert {child.name for child in link.children} >= {"Inbox", "Calendar", "Contacts", "Tasks", "Sent"}


def test_role_goes_from_member_to_reader_to_owner(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie = person()
    there = grant(box, marie, Role.MEMBER, owner)
    advance(box.pk)
    mount = row(box, marie).mount_id
    for role, letters, sends in ((Role.READER, "r", False), (Role.OWNER, "rwidxa", True)):
        there = delegations.change_role(delegation=there, role=role, by=owner)
        advance(box.pk)
        held = of_box(door, box.address)
        assert held.grants["/"][marie.address] == letters
        assert (marie.address in held.senders) == sends
        assert row(box, marie).mount_id == mount


def test_boxes_of_the_same_name_and_a_folder_of_it_all_have_their_place(
    door: Simulated, person: Person, advance: Advance
) -> None:
    marie = person()
    with open_as(door, marie.address) as client:
        client.create_folder("VIE scolaire")
    for number in (1, 2):
        box = make_box(address=f"vs.{next(_numbers)}@{DOMAIN}", name="Vie scolaire", transfer_asked_at=timezone.now())
        give_access(box, marie, Role.OWNER)
        work.ask(box)
        advance(box.pk)
        assert row(box, marie).path == f"/Vie scolaire ({number + 1})"
    assert sorted(of_person(door, marie.address).paths) == ["/Vie scolaire (2)", "/Vie scolaire (3)"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ('Collège/Lycée : "A"\t\r\n', "/Collège-Lycée - 'A'"),
        ("..", "/Sans nom"),
        ("é" * 200, "/" + "é" * 128),
    ],
)
def test_a_name_that_zimbra_does_not_take_is_cleaned(
    door: Simulated, person: Person, advance: Advance, name: str, path: str
) -> None:
    marie = person()
    box = make_box(address=f"nom.{next(_numbers)}@{DOMAIN}", name=name, transfer_asked_at=timezone.now())
    give_access(box, marie, Role.OWNER)
    work.ask(box)
    advance(box.pk)
    assert of_person(door, marie.address).paths == [path]
    assert row(box, marie).path == path


def test_a_mounted_folder_that_is_there_already_is_used(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie = person()
    with open_as(door, box.address) as own, open_as(door, marie.address) as client:
        own.grant("1", marie.address, Letters.VIEWER)
        parent = client.create_folder("Travail").id
        link = client.create_mountpoint(box.address, "1", "La boîte", parent)
    grant(box, marie, Role.MEMBER, owner)
    advance(box.pk)
    assert of_person(door, marie.address).paths == ["/Travail/La boîte"]
    assert (row(box, marie).mount_id, row(box, marie).path) == (link.id, "/Travail/La boîte")
    assert of_box(door, box.address).grants["/"][marie.address] == "rwidx"


def test_who_renamed_the_mounted_folder_keeps_it_so(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie = person()
    there = grant(box, marie, Role.MEMBER, owner)
    advance(box.pk)
    with open_as(door, marie.address) as client:
        client.rename_folder(row(box, marie).mount_id, "Mon collège")
    delegations.change_role(delegation=there, role=Role.READER, by=owner)
    advance(box.pk)
    assert of_person(door, marie.address).paths == ["/Mon collège"]
    assert row(box, marie).path == "/Mon collège"


def test_one_in_the_trash_is_not_what_the_person_sees(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie = person()
    there = grant(box, marie, Role.MEMBER, owner)
    advance(box.pk)
    with open_as(door, marie.address) as client:
        client.trash_folder(row(box, marie).mount_id)
    delegations.change_role(delegation=there, role=Role.OWNER, by=owner)
    advance(box.pk)
    assert of_person(door, marie.address).paths == ["/Collège A"]


# --- showing --------------------------------------------------------------------------------------------------------


def test_hidden_is_out_of_the_tree_and_nothing_else(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie = person()
    there = grant(box, marie, Role.MEMBER, owner)
    advance(box.pk)
    identities = of_person(door, marie.address).identities
    before = of_box(door, box.address)
    delegations.hide(delegation=there, by=marie)
    advance(box.pk)
    assert of_person(door, marie.address).mounts == ()
    assert of_person(door, marie.address).identities == identities
    assert of_box(door, box.address) == before
    assert (row(box, marie).mount_id, row(box, marie).path, row(box, marie).is_in_place) == ("", "", True)
    delegations.show(delegation=there, by=marie)
    advance(box.pk)
    assert of_person(door, marie.address).paths == ["/Collège A"]
    assert row(box, marie).path == "/Collège A"


# --- taking away ----------------------------------------------------------------------------------------------------


def test_nothing_is_left_of_who_is_removed_and_the_others_keep_all(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie, jean = person(), person()
    there = grant(box, marie, Role.OWNER, owner)
    grant(box, jean, Role.MEMBER, owner)
    advance(box.pk)
    with open_as(door, marie.address) as client:
        # What she did in Zimbra herself: a second way in, an identity of the box, one of her own.
        client.create_mountpoint(box.address, "10", "Agenda du collège")
        client.create_identity(Identity("Faite dans Zimbra", from_address=box.address.upper()))
        client.create_identity(Identity("À moi", from_address=marie.address))
        client.create_folder("Collège A (privé)")
    before = of_person(door, jean.address)
    delegations.revoke(delegation=there, by=owner)
    advance(box.pk)
    held = of_box(door, box.address)
    assert held.grants == {"/": {owner.address: "rwidxa", jean.address: "rwidx"}}
    assert held.senders == {owner.address, jean.address}
    mine = of_person(door, marie.address)
    assert mine.mounts == ()
    assert mine.identities == (("À moi", marie.address),)
    assert not Delegation.objects.filter(box=box, agent=marie).exists()
    assert of_person(door, jean.address) == before
    with open_as(door, marie.address) as client:
        assert client.folders().find("/Collège A (privé)")


def test_who_leaves_another_box_of_the_same_name_keeps_the_first(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie = person()
    other = make_box(address=f"ce.{next(_numbers)}@{DOMAIN}", name=box.name, transfer_asked_at=timezone.now())
    give_access(other, owner, Role.OWNER)
    work.ask(other)
    grant(box, marie, Role.MEMBER, owner)
    there = grant(other, marie, Role.MEMBER, owner)
    advance(box.pk)
    advance(other.pk)
    delegations.revoke(delegation=there, by=owner)
    advance(other.pk)
    assert of_person(door, marie.address).mounts == ((box.zimbra_id, "1", "/Collège A"),)


def test_who_is_revoked_before_the_move_never_reaches_zimbra(
    door: Simulated, box: Box, owner: Agent, advance: Advance
) -> None:
    waiting = make_agent(door.create_account())
    there = give_access(box, waiting, Role.MEMBER)
    work.ask(box)
    advance(box.pk)
    assert of_box(door, box.address).grants == {"/": {owner.address: "rwidxa"}}
    delegations.revoke(delegation=there, by=owner)
    advance(box.pk)
    assert not Delegation.objects.filter(pk=there.pk).exists()
    assert of_box(door, box.address).grants == {"/": {owner.address: "rwidxa"}}
    assert of_person(door, waiting.address).mounts == ()
    assert of_person(door, waiting.address).identities == ()


def test_who_is_revoked_before_a_worker_came_never_reaches_zimbra(
    door: Simulated, box: Box, owner: Agent, advance: Advance
) -> None:
    """No mailbox: whatever asked for one would meet trouble."""
    nobody = make_moved_agent(f"personne.{next(_numbers)}@{DOMAIN}")
    there = grant(box, nobody, Role.MEMBER, owner)
    delegations.revoke(delegation=there, by=owner)
    advance(box.pk)
    assert not Delegation.objects.filter(pk=there.pk).exists()


def test_given_taken_and_given_again_in_a_row(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie = person()
    there = grant(box, marie, Role.OWNER, owner)
    delegations.revoke(delegation=there, by=owner)
    grant(box, marie, Role.READER, owner)
    advance(box.pk)
    assert of_box(door, box.address).grants["/"] == {owner.address: "rwidxa", marie.address: "r"}
    assert of_person(door, marie.address).paths == ["/Collège A"]
    delegations.revoke(delegation=row(box, marie), by=owner)
    grant(box, marie, Role.READER, owner)
    advance(box.pk)
    assert row(box, marie).is_in_place
    assert of_person(door, marie.address).paths == ["/Collège A"]


# --- people who cannot be served ------------------------------------------------------------------------------------


def test_trouble_of_one_stops_nobody_else_and_is_tried_when_asked(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    late = make_moved_agent(f"sans-boite.{next(_numbers)}@{DOMAIN}")
    marie = person()
    grant(box, late, Role.MEMBER, owner)
    grant(box, marie, Role.MEMBER, owner)
    advance(box.pk)
    assert row(box, late).trouble == "account.NO_SUCH_ACCOUNT"
    assert not row(box, late).is_in_place
    assert row(box, marie).is_in_place
    assert set(of_box(door, box.address).grants["/"]) == {owner.address, marie.address}
    door.create_account(late.address)
    work.ask(box)
    advance(box.pk)
    assert row(box, late).trouble
    Delegation.objects.filter(agent=late).update(trouble="")
    work.ask(box)
    advance(box.pk)
    assert row(box, late).is_in_place
    assert of_person(door, late.address).paths == ["/Collège A"]


def test_a_closed_mailbox_is_trouble_and_keeps_the_row_of_who_is_removed(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie, jean = person(), person()
    there = grant(box, marie, Role.MEMBER, owner)
    advance(box.pk)
    with door.admin() as admin:
        account = admin.get_account(marie.address)
        admin.modify_account(account.id, {"zimbraAccountStatus": "closed"})
    delegations.revoke(delegation=there, by=owner)
    grant(box, jean, Role.MEMBER, owner)
    advance(box.pk)
    assert row(box, marie).trouble
    assert row(box, jean).is_in_place
    assert set(of_box(door, box.address).grants["/"]) == {owner.address, jean.address}
    with door.admin() as admin:
        admin.modify_account(account.id, {"zimbraAccountStatus": "active"})
    Delegation.objects.filter(agent=marie).update(trouble="")
    work.ask(box)
    advance(box.pk)
    assert not Delegation.objects.filter(agent=marie).exists()
    assert of_person(door, marie.address).mounts == ()


def test_a_mailbox_that_is_no_more_leaves_nothing_at_the_box(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie = person()
    there = grant(box, marie, Role.MEMBER, owner)
    advance(box.pk)
    with door.admin() as admin:
        admin.delete_account(admin.get_account(marie.address).id)
    delegations.revoke(delegation=there, by=owner)
    advance(box.pk)
    assert not Delegation.objects.filter(agent=marie).exists()
    held = of_box(door, box.address)
    assert held.grants == {"/": {owner.address: "rwidxa"}}
    assert held.senders == {owner.address}


def test_somebody_known_to_zimbra_under_another_main_address(
    door: Simulated, box: Box, owner: Agent, advance: Advance
) -> None:
    main = door.create_account()
    alias = f"alias.{next(_numbers)}@{DOMAIN}"
    with door.admin() as admin:
        admin.add_alias(admin.get_account(main).id, alias)
    marie = make_moved_agent(alias)
    there = grant(box, marie, Role.MEMBER, owner)
    advance(box.pk)
    assert of_box(door, box.address).grants["/"][main] == "rwidx"
    there = delegations.change_role(delegation=there, role=Role.READER, by=owner)
    advance(box.pk)
    assert of_box(door, box.address).grants["/"][main] == "r"
    assert of_box(door, box.address).senders == {owner.address}
    delegations.revoke(delegation=there, by=owner)
    advance(box.pk)
    assert of_box(door, box.address).grants == {"/": {owner.address: "rwidxa"}}
    assert of_person(door, main).mounts == ()


def test_what_somebody_changed_in_zimbra_is_left_to_be_reported(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance
) -> None:
    marie, jean = person(), person()
    for agent in (marie, jean):
        grant(box, agent, Role.MEMBER, owner)
    advance(box.pk)
    with open_as(door, box.address) as own:
        own.grant("1", marie.address, Letters.VIEWER)
        own.revoke("1", jean.address)
    stranger = person()
    grant(box, stranger, Role.READER, owner)
    advance(box.pk)
    held = of_box(door, box.address).grants["/"]
    assert held == {owner.address: "rwidxa", marie.address: "r", stranger.address: "r"}


# --- answers that are lost ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", range(14))
def test_an_answer_lost_anywhere_is_survived(
    door: Simulated, box: Box, owner: Agent, person: Person, advance: Advance, after: int
) -> None:
    """One who comes, one who goes, one whose role changes; from the n-th request on no answer arrives for a while."""
    comes, goes, changes = person(), person(), person()
    leaving = grant(box, goes, Role.OWNER, owner)
    changing = grant(box, changes, Role.OWNER, owner)
    advance(box.pk)
    grant(box, comes, Role.MEMBER, owner)
    delegations.revoke(delegation=leaving, by=owner)
    delegations.change_role(delegation=changing, role=Role.READER, by=owner)
    with door.disturbed(mode="lost", after=after):
        engine.advance(box.pk)
    Box.objects.filter(pk=box.pk).update(retry_at=None)
    advance(box.pk)
    held = of_box(door, box.address)
    assert held.grants == {"/": {owner.address: "rwidxa", comes.address: "rwidx", changes.address: "r"}}
    assert held.senders == {owner.address, comes.address}
    assert of_person(door, comes.address).paths == ["/Collège A"]
    assert of_person(door, changes.address).paths == ["/Collège A"]
    assert of_person(door, goes.address).mounts == ()
    assert of_person(door, goes.address).identities == ()
    assert not BoxIdentity.objects.filter(delegation__agent=goes).exists()
    box.refresh_from_db()
    assert (box.work_asked_at, box.waiting_for) == (None, "")
    assert all(one.is_in_place for one in Delegation.objects.filter(box=box))


def test_letters_are_those_of_the_roles() -> None:
    assert dict(LETTERS) == {"owner": "rwidxa", "member": "rwidx", "reader": "r"}
