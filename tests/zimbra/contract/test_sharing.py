"""Grants, mounted folders and what is shared with whom: a functional box, its owner and its members."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.simulated import Server
from zimbra.client import ZimbraClient
from zimbra.errors import NotAllowed, NotFound, Refused, Taken
from zimbra.types import GrantChange, NewContact, Role


@dataclass
class Pair:
    """A box and somebody it may be shared with."""

    box: ZimbraClient
    box_address: str
    member: ZimbraClient
    member_address: str


@pytest.fixture
def pair(server: Server) -> Iterator[Pair]:
    box, member = server.create_account(), server.create_account()
    with server.client(box) as one, server.client(member) as other:
        yield Pair(one, box, other, member)


@contextmanager
def somebody(server: Server) -> Iterator[tuple[str, ZimbraClient]]:
    address = server.create_account()
    with server.client(address) as client:
        yield address, client


def test_grant_is_listed_with_its_role_and_replaced_by_the_next(pair: Pair) -> None:
    given = pair.box.grant("10", pair.member_address, Role.VIEWER)
    assert given.name == pair.member_address
    pair.box.grant("10", pair.member_address, Role.MANAGER)
    [found] = pair.box.grants("10")
    assert (found.grantee_id, found.name, found.role, found.kind) == (
        given.grantee_id,
        pair.member_address,
        Role.MANAGER,
        "usr",
    )
    again = pair.box.grant("10", given.grantee_id, "rwp")
    assert again.name == pair.member_address
    assert set(pair.box.grants("10")[0].rights) == set("rwp")


def test_grant_to_nobody_is_not_found_and_leaves_no_trace(server: Server, pair: Pair) -> None:
    for nobody in (f"nobody-{secrets.token_hex(6)}@{server.domain}", "00000000-1111-2222-3333-444444444444"):
        with pytest.raises(NotFound):
            pair.box.grant("10", nobody, Role.VIEWER)
    assert pair.box.grants("10") == ()


def test_grant_all_folder_by_folder(pair: Pair) -> None:
    results = pair.box.grant_all(["2", "99999", "15"], pair.member_address, Role.MANAGER)
    assert [result.done for result in results] == [True, False, True]
    assert isinstance(results[1].error, NotFound)
    member_id = results[0].get().grantee_id
    assert [len(pair.box.grants(folder)) for folder in ("2", "15")] == [1, 1]
    assert all(result.done for result in pair.box.revoke_all(["2", "15"], member_id))
    assert [pair.box.grants(folder) for folder in ("2", "15")] == [(), ()]


def test_grant_to_everybody_and_its_end(pair: Pair) -> None:
    everybody = pair.box.grant("10", "", Role.VIEWER, kind="all")
    assert pair.member.effective_rights(f"{pair.box.info().account_id}:10").startswith("r")
    assert pair.box.revoke("10", everybody.grantee_id)
    assert pair.box.grants("10") == ()


def test_administering_is_not_for_everybody(pair: Pair) -> None:
    with pytest.raises(Refused) as caught:
        pair.box.grant("10", "", Role.ADMIN, kind="all")
    assert caught.value.code == "mail.CANNOT_GRANT"


def test_revoke_by_address_ends_access_at_once(pair: Pair) -> None:
    pair.box.grant("7", pair.member_address, Role.MANAGER)
    link = pair.member.create_mountpoint(pair.box_address, "7", "Carnet")
    pair.box.create_contacts("7", [NewContact({"firstName": "Marie"})])
    assert len(list(pair.member.contacts(link.id))) == 1
    assert pair.box.revoke("7", pair.member_address)
    assert not pair.box.revoke("7", pair.member_address)
    with pytest.raises((NotAllowed, NotFound)):
        list(pair.member.contacts(link.id))


def test_a_member_administers_only_with_the_right_to(server: Server, pair: Pair) -> None:
    box_id = pair.box.info().account_id
    with somebody(server) as (third, _):
        pair.box.grant("10", pair.member_address, Role.MANAGER)
        with pytest.raises(NotAllowed):
            pair.member.grant(f"{box_id}:10", third, Role.VIEWER)
        pair.box.grant("10", pair.member_address, Role.ADMIN)
        pair.member.grant(f"{box_id}:10", third, Role.VIEWER)
        assert {grant.name for grant in pair.box.grants("10")} == {pair.member_address, third}


def test_effective_rights_follow_the_grant(pair: Pair) -> None:
    remote = f"{pair.box.info().account_id}:10"
    pair.box.grant("10", pair.member_address, Role.VIEWER)
    assert set(pair.member.effective_rights(remote)) >= {"r"}
    assert "w" not in pair.member.effective_rights(remote)
    assert set(pair.box.effective_rights("10")) >= set("rwidxa")


def test_grants_of_the_folder_above_hold_below(pair: Pair) -> None:
    parent = pair.box.create_folder("Dossiers")
    child = pair.box.create_folder("Intérieur", parent.id)
    pair.box.grant(parent.id, pair.member_address, Role.VIEWER)
    assert "r" in pair.member.effective_rights(f"{pair.box.info().account_id}:{child.id}")


def test_mount_is_idempotent_and_tells_the_owner(pair: Pair) -> None:
    pair.box.grant("10", pair.member_address, Role.MANAGER)
    box_id = pair.box.info().account_id
    link = pair.member.create_mountpoint(pair.box_address, "10", "Agenda: boîte", view="appointment", flags="#")
    assert (link.is_mountpoint, link.name, link.owner_id, link.remote_id) == (True, "Agenda- boîte", box_id, "10")
    assert pair.member.create_mountpoint(pair.box_address, "10", "Autre").id == link.id
    assert pair.member.create_mountpoint(box_id, "10", "Autre").id == link.id
    [found] = pair.member.mountpoints()
    assert (found.id, found.owner_address, found.is_broken, found.is_checked) == (
        link.id,
        pair.box_address,
        False,
        True,
    )
    # The right to create folders below (c) comes with that to insert.
    assert set(found.rights) - {"c"} == set("rwidx")


def test_mount_under_a_taken_name(pair: Pair) -> None:
    pair.box.grant("10", pair.member_address, Role.VIEWER)
    pair.member.create_folder("Agenda")
    with pytest.raises(Taken):
        pair.member.create_mountpoint(pair.box_address, "10", "Agenda")
    assert pair.member.create_mountpoint(pair.box_address, "10", "Agenda", free_name=True).name == "Agenda (2)"


def test_mount_without_a_grant(server: Server, pair: Pair) -> None:
    with pytest.raises((NotAllowed, NotFound)):
        pair.member.create_mountpoint(pair.box_address, "10", "Agenda")
    with pytest.raises((NotAllowed, NotFound)):
        pair.member.create_mountpoint(f"nobody-{secrets.token_hex(6)}@{server.domain}", "10", "Agenda")
    assert pair.member.mountpoints() == []


def test_mount_of_what_was_withdrawn_is_broken(pair: Pair) -> None:
    pair.box.grant("10", pair.member_address, Role.VIEWER)
    link = pair.member.create_mountpoint(pair.box_address, "10", "Agenda")
    pair.box.revoke("10", pair.member_address)
    [found] = pair.member.mountpoints()
    assert (found.id, found.is_broken) == (link.id, True)
    assert pair.member.remove_mountpoint(link.id)
    assert not pair.member.remove_mountpoint(link.id)
    assert pair.member.mountpoints() == []


def test_remove_mountpoint_leaves_the_owners_folder_alone(pair: Pair) -> None:
    folder = pair.box.create_folder("Carnet", view="contact")
    pair.box.grant(folder.id, pair.member_address, Role.MANAGER)
    link = pair.member.create_mountpoint(pair.box_address, folder.id, "Carnet")
    pair.member.rename_folder(link.id, "Carnet de la boîte")
    pair.member.uncheck_folder(link.id)
    assert pair.member.remove_mountpoint(link.id)
    assert pair.box.folder(folder.id).name == "Carnet"
    with pytest.raises(Refused):
        pair.member.remove_mountpoint("7")


def test_shares_are_told_to_both_sides_and_accepted(pair: Pair) -> None:
    calendar = pair.box.create_folder("Salle polyvalente", view="appointment")
    pair.box.grant(calendar.id, pair.member_address, Role.VIEWER)
    [share] = pair.member.shares(pair.box_address)
    assert (share.owner_address, share.folder_id, share.rights, share.mount_id) == (
        pair.box_address,
        calendar.id,
        "r",
        "",
    )
    assert (share.folder_path, share.view) == ("/Salle polyvalente", "appointment")
    link = pair.member.accept_share(share)
    assert (link.name, link.view) == ("Salle polyvalente", "appointment")
    assert [one.mount_id for one in pair.member.shares(pair.box_address)] == [link.id]
    [own] = pair.box.shared_folders()
    assert (own.id, [grant.name for grant in own.grants or ()]) == (calendar.id, [pair.member_address])


def test_shares_of_nobody_and_of_oneself(server: Server, pair: Pair) -> None:
    assert pair.member.shares(f"nobody-{secrets.token_hex(6)}@{server.domain}") == []
    with pytest.raises(Refused):
        pair.member.shares(pair.member_address)


def test_whole_mailbox_is_mounted_with_what_is_below(pair: Pair) -> None:
    pair.box.grant("1", pair.member_address, Role.MANAGER)
    pair.member.create_mountpoint(pair.box_address, "1", "Collège", flags="#")
    [link] = pair.member.mountpoints()
    below = {folder.name: folder.id for folder in link.walk() if folder.id != link.id}
    box_id = pair.box.info().account_id
    assert below["Inbox"] == f"{box_id}:2"
    assert below["Calendar"] == f"{box_id}:10"


def test_share_notification_reaches_the_person(pair: Pair) -> None:
    pair.box.grant("10", pair.member_address, Role.VIEWER)
    pair.box.notify_share("10", [pair.member_address], "Voici le calendrier.")
    # A real server hands its letters to the mail system, which takes a moment.
    for _ in range(300):
        if list(pair.member.search("in:inbox", "message")):
            break
        time.sleep(0.1)
    assert len(list(pair.member.search("in:inbox", "message"))) == 1


def test_a_list_of_distribution_shares_with_its_members(server: Server, pair: Pair) -> None:
    with server.admin() as admin:
        made = admin.create_list(f"equipe-{secrets.token_hex(6)}@{server.domain}", [pair.member_address])
        try:
            pair.box.grant("10", made.address, Role.VIEWER)
            [found] = pair.box.grants("10")
            assert (found.kind, found.name) == ("grp", made.address)
            assert "r" in pair.member.effective_rights(f"{pair.box.info().account_id}:10")
        finally:
            admin.delete_list(made.id)


def test_grant_given_twice_is_one_grant(pair: Pair) -> None:
    first = pair.box.grant("10", pair.member_address, Role.VIEWER)
    assert pair.box.grant("10", pair.member_address, Role.VIEWER) == first
    results = pair.box.grant_all(["10", "7"], pair.member_address, Role.VIEWER)
    assert [result.get().grantee_id for result in results] == [first.grantee_id] * 2
    assert len(pair.box.grants("10")) == 1


def test_grants_are_given_and_withdrawn_together(server: Server, pair: Pair) -> None:
    before = pair.box.grant("10", pair.member_address, Role.VIEWER)
    nobody = f"nobody-{secrets.token_hex(6)}@{server.domain}"
    results = pair.box.change_grants(
        [
            GrantChange("1", pair.member_address, Role.MANAGER),
            GrantChange("1", nobody, Role.VIEWER),
            GrantChange("10", before.grantee_id, None),
        ]
    )
    assert [result.done for result in results] == [True, False, True]
    assert isinstance(results[1].error, NotFound)
    assert [(one.name, one.role) for one in pair.box.grants("1")] == [(pair.member_address, Role.MANAGER)]
    assert pair.box.grants("10") == ()


def test_a_folder_that_was_granted_on_inherits_nothing_even_when_the_grant_is_gone(pair: Pair) -> None:
    pair.box.grant("1", pair.member_address, Role.MANAGER)
    there = pair.box.grant("10", pair.member_address, Role.VIEWER)
    pair.box.change_grants([GrantChange("10", there.grantee_id, None)])
    [calendar] = [one for one in pair.box.folders().walk() if one.id == "10"]
    assert not calendar.inherits
    mounted = pair.member.create_mountpoint(pair.box_address, "1", "Boîte")
    assert pair.member.effective_rights(f"{mounted.owner_id}:2") != ""
    assert pair.member.effective_rights(f"{mounted.owner_id}:10") == ""


def test_orphans_are_only_those_whose_account_is_gone(server: Server, pair: Pair) -> None:
    kept = pair.box.grant("1", pair.member_address, Role.MANAGER)
    gone = server.create_account()
    grant = pair.box.grant("10", gone, Role.VIEWER)
    with server.admin() as admin:
        admin.delete_account(grant.grantee_id)
    pair.box.revoke_orphans("1", grant.grantee_id)
    assert pair.box.grants("10") == ()
    with pytest.raises(Refused):
        pair.box.revoke_orphans("1", kept.grantee_id)
    assert [one.name for one in pair.box.grants("1")] == [pair.member_address]


def test_mountpoints_are_removed_together(pair: Pair) -> None:
    pair.box.grant("1", pair.member_address, Role.MANAGER)
    pair.member.create_mountpoint(pair.box_address, "1", "Tout")
    pair.member.create_mountpoint(pair.box_address, "10", "Agenda")
    tree, identities = pair.member.folders_and_identities()
    assert [one.is_default for one in identities] == [True]
    links = list(tree.mountpoints())
    assert len(links) == 2
    assert all(result.done for result in pair.member.remove_mountpoints(links))
    # A second time they are gone.
    assert all(result.done for result in pair.member.remove_mountpoints(links))
    assert list(pair.member.folders().mountpoints()) == []
