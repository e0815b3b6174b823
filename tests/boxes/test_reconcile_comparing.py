"""What the portal says beside what Zimbra holds, as plain values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from boxes.models import BoxFinding
from boxes.reconcile.comparing import (
    Cut,
    SeenBox,
    SeenFolder,
    SeenMount,
    SeenPerson,
    WantedBox,
    WantedIdentity,
    WantedMount,
    WantedPerson,
    compare_box,
    compare_person,
)
from tests.each import each
from zimbra.types import AccountRight, Grant, Identity, SendRight

Kind = BoxFinding.Kind
BOX = "ce@academie.example"
ANNE, BRUNO, PAUL = "anne@academie.example", "bruno@academie.example", "paul@academie.example"
SETTINGS = {"zimbraMailQuota": "42949672960"}


def grant(address: str, rights: str, kind: str = "usr") -> Grant:
    return Grant(kind, f"id-of-{address}", rights, address)


def send(address: str, right: str = "sendAs", **fields: Any) -> AccountRight:
    return AccountRight(right, "usr", f"id-of-{address}", address, **fields)


WANTED = WantedBox(
    address=BOX,
    zimbra_id="box-id",
    settings=SETTINGS,
    grants={ANNE: "rwidxa", BRUNO: "r"},
    senders=frozenset({ANNE}),
)
ROOT = SeenFolder("1", "", is_closed=True, grants=(grant(ANNE, "rwidxa"), grant(BRUNO, "r")))
SEEN = SeenBox("box-id", SETTINGS, (ROOT, SeenFolder("2", "/Inbox")), (send(ANNE),))


def found(wanted: WantedBox, seen: SeenBox) -> list[tuple[str, str, str, str, str]]:
    return [(one.kind, one.grantee, one.folder_id, one.expected, one.found) for one in compare_box(wanted, seen)[0]]


def root(*grants: Grant) -> SeenBox:
    return replace(SEEN, folders=(replace(ROOT, grants=grants),))


def test_compare_what_is_in_line() -> None:
    assert compare_box(WANTED, SEEN) == ([], [])


@each(
    ("seen", "expected"),
    [
        pytest.param(root(grant(ANNE, "rwidxa")), [("grant_missing", BRUNO, "1", "r", "")], id="grant gone"),
        pytest.param(
            root(grant(ANNE, "rwidx"), grant(BRUNO, "r")),
            [("grant_differs", ANNE, "1", "rwidxa", "rwidx")],
            id="owner may no longer administer",
        ),
        pytest.param(root(grant(ANNE, "rwidxac"), grant(BRUNO, "r")), [], id="a letter that follows from others"),
        pytest.param(root(grant(ANNE.upper(), "rwidxa"), grant(BRUNO, "r")), [], id="capitals"),
        pytest.param(
            root(*ROOT.grants, grant(PAUL, "rwidx")), [("grant_unknown", PAUL, "1", "", "rwidx")], id="somebody else"
        ),
        pytest.param(
            root(*ROOT.grants, Grant("usr", "0f-gone", "r", "")),
            [("grant_unknown", "0f-gone", "1", "", "r")],
            id="somebody who is no more is named by the id",
        ),
        pytest.param(
            root(*ROOT.grants, grant(ANNE, "r", "guest")),
            [("grant_unknown", ANNE, "1", "", "guest r")],
            id="the same address, but as somebody outside",
        ),
        pytest.param(
            root(*ROOT.grants, Grant("pub", "", "r", "")),
            [("grant_unknown", "99999999-9999-9999-9999-999999999999", "1", "", "pub r")],
            id="the whole world",
        ),
        pytest.param(replace(SEEN, rights=()), [("send_missing", ANNE, "", "sendAs", "")], id="right to send gone"),
        pytest.param(
            replace(SEEN, rights=(send(ANNE, denied=True),)),
            [("send_missing", ANNE, "", "sendAs", "")],
            id="right to send denied",
        ),
        pytest.param(
            replace(SEEN, rights=(send(ANNE), send(BRUNO))),
            [("send_unknown", BRUNO, "", "", "sendAs")],
            id="a reader may send",
        ),
        pytest.param(
            replace(SEEN, rights=(send(ANNE), send(ANNE, "loginAs"))),
            [("send_unknown", ANNE, "loginAs", "", "loginAs")],
            id="a member may be the box",
        ),
        pytest.param(
            replace(SEEN, rights=(send(ANNE), send(PAUL, "viewFreeBusy"))), [], id="free and busy times are no matter"
        ),
        pytest.param(SeenBox(""), [("account_missing", "", "", BOX, "")], id="no account"),
        pytest.param(
            replace(SEEN, account_id="other"),
            [("account_differs", "", "account", "box-id", "other")],
            id="another account in its place",
        ),
        pytest.param(
            replace(SEEN, settings={"zimbraMailQuota": "1"}),
            [("account_differs", "", "zimbraMailQuota", "42949672960", "1")],
            id="quota",
        ),
    ],
)
def test_compare_the_box(seen: SeenBox, expected: list[tuple[str, ...]]) -> None:
    assert found(WANTED, seen) == expected


def test_compare_a_box_that_is_to_be_made() -> None:
    assert compare_box(replace(WANTED, zimbra_id=""), SeenBox("")) == ([], [])


def test_compare_says_nothing_of_those_on_their_way() -> None:
    wanted = replace(WANTED, in_transit=frozenset({PAUL}))
    seen = replace(root(*ROOT.grants, grant(PAUL, "r")), rights=(send(ANNE), send(PAUL)))
    assert found(wanted, seen) == []


ITEM = SeenFolder("270", "/Direction", "message", is_closed=True)
SHARED = replace(WANTED, folder_grants={"270": ("/Direction", {PAUL: "r"})})
MEMBERS = (grant(ANNE, "rwidxa"), grant(BRUNO, "r"))


@each(
    ("wanted", "folder", "expected", "cut"),
    [
        pytest.param(SHARED, replace(ITEM, grants=(*MEMBERS, grant(PAUL, "r"))), [], [], id="as wanted"),
        pytest.param(
            WANTED,
            replace(ITEM, grants=(grant(PAUL, "r"),)),
            [("share_unknown", PAUL, "270", "message", "r")],
            [ANNE, BRUNO],
            id="shared in Zimbra: members are cut off",
        ),
        pytest.param(WANTED, ITEM, [], [ANNE, BRUNO], id="closed without any grant"),
        pytest.param(SHARED, replace(ITEM, grants=MEMBERS), [("share_missing", PAUL, "270", "r", "")], [], id="gone"),
        pytest.param(
            SHARED,
            replace(ITEM, grants=(*MEMBERS, grant(PAUL, "rwidx"))),
            [("share_differs", PAUL, "270", "r", "rwidx")],
            [],
            id="other rights",
        ),
        pytest.param(
            SHARED,
            replace(ITEM, is_closed=False),
            [("share_missing", PAUL, "270", "r", "")],
            [],
            id="no grants at all, and it inherits",
        ),
        pytest.param(
            SHARED,
            replace(ITEM, id="271"),
            [("share_missing", PAUL, "270", "r", "")],
            [ANNE, BRUNO],
            id="the folder is gone",
        ),
        pytest.param(
            WANTED,
            replace(ITEM, grants=(grant(ANNE, "r"), grant(BRUNO, "r"))),
            [("grant_differs", ANNE, "270", "rwidxa", "r")],
            [],
            id="a member with less",
        ),
        pytest.param(
            replace(WANTED, folder_grants={"270": ("/Direction", {BRUNO: "rwidx"})}),
            replace(ITEM, grants=(grant(ANNE, "rwidxa"), grant(BRUNO, "rwidx"))),
            [],
            [],
            id="a reader with whom it is shared for writing",
        ),
    ],
)
def test_compare_an_item(
    wanted: WantedBox, folder: SeenFolder, expected: list[tuple[str, ...]], cut: list[str]
) -> None:
    seen = replace(SEEN, folders=(ROOT, folder))
    assert found(wanted, seen) == expected
    assert compare_box(wanted, seen)[1] == [Cut(folder.id, "/Direction", address) for address in cut]


MOUNT = WantedMount(1, "1", "301", "/Collège")
IDENTITY = WantedIdentity(7, "identity-id", "Collège", from_name="Le collège", folder_ids=("2", "5"))
IN_ZIMBRA = Identity(
    "Collège",
    from_name="Le collège",
    from_address=BOX,
    folder_ids=("box-id:5", "box-id:2", "257"),
    reply_to=False,
    by_folder=True,
    by_recipient=False,
    id="identity-id",
)
PERSON = WantedPerson(ANNE, MOUNT, identities=(IDENTITY,))
THERE = SeenPerson((SeenMount("301", "/Collège", "1"),), (IN_ZIMBRA,))


def test_compare_a_person_who_is_in_line() -> None:
    assert compare_person(PERSON, THERE, BOX, "box-id") == ([], [], [])


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ((), [("mount_missing", "")]),
        ((SeenMount("301", "/Trash/Collège", "1", is_trashed=True),), [("mount_missing", "trash")]),
        ((SeenMount("301", "/Collège", "270"),), [("mount_missing", "")]),
    ],
    ids=["gone", "in the Trash", "another folder of the box"],
)
def test_compare_a_mount_that_is_missing(mounts: tuple[SeenMount, ...], expected: list[tuple[str, str]]) -> None:
    differences, moved, _ = compare_person(PERSON, replace(THERE, mounts=mounts), BOX, "box-id")
    assert [(one.kind, one.found) for one in differences] == expected
    assert differences[0].grantee == ANNE
    assert moved == []


@pytest.mark.parametrize(
    "mount",
    [SeenMount("301", "/Boîtes/Collège", "1"), SeenMount("301", "/Mon collège", "1"), SeenMount("9", "/Collège", "1")],
    ids=["moved", "renamed", "mounted anew"],
)
def test_compare_a_mount_that_its_owner_changed_is_followed(mount: SeenMount) -> None:
    differences, moved, _ = compare_person(PERSON, replace(THERE, mounts=(mount,)), BOX, "box-id")
    assert differences == []
    assert [one.mount for one in moved] == [mount]


def test_compare_a_hidden_box() -> None:
    hidden = replace(PERSON, mount=replace(MOUNT, mount_id="", path="", hidden=True))
    assert compare_person(hidden, replace(THERE, mounts=()), BOX, "box-id") == ([], [], [])
    # The person mounted it again in Zimbra.
    assert len(compare_person(hidden, THERE, BOX, "box-id")[1]) == 1


@each(
    ("identities", "kinds", "edited"),
    [
        ((), ["identity_missing"], 0),
        ((replace(IN_ZIMBRA, from_address="anne@academie.example"),), ["identity_differs"], 0),
        ((replace(IN_ZIMBRA, from_right=SendRight.SEND_ON_BEHALF),), ["identity_differs"], 0),
        ((replace(IN_ZIMBRA, from_name="Secrétariat"),), [], 1),
        ((replace(IN_ZIMBRA, name="Autre nom"),), [], 1),
        ((replace(IN_ZIMBRA, folder_ids=("box-id:2",)),), [], 1),
        ((replace(IN_ZIMBRA, folder_ids=(*IN_ZIMBRA.folder_ids, "900")),), [], 0),
        ((IN_ZIMBRA, Identity("Privée", id="own")), [], 0),
    ],
    ids=["gone", "other address", "on behalf", "sender", "name", "folders", "own folders", "own identities"],
)
def test_compare_identities(identities: tuple[Identity, ...], kinds: list[str], edited: int) -> None:
    differences, _, changed = compare_person(PERSON, replace(THERE, identities=identities), BOX, "box-id")
    assert [one.kind for one in differences] == kinds
    assert len(changed) == edited


def test_compare_identity_that_was_edited_is_taken_as_it_is() -> None:
    now = replace(IN_ZIMBRA, from_name="Secrétariat", reply_to=True, reply_to_address=BOX, folder_ids=("box-id:2",))
    [edited] = compare_person(PERSON, replace(THERE, identities=(now,)), BOX, "box-id")[2]
    wanted = replace(IDENTITY, from_name="Secrétariat", reply_to=True, reply_to_address=BOX, folder_ids=("2",))
    assert edited.now == wanted


def test_compare_a_shared_item_that_is_not_mounted() -> None:
    shared = WantedPerson(PAUL, shares=(WantedMount(3, "270", "400", "/Direction", "/Direction"),))
    [difference] = compare_person(shared, SeenPerson(), BOX, "box-id")[0]
    assert (difference.kind, difference.grantee, difference.folder_id) == (Kind.MOUNT_MISSING, PAUL, "270")
