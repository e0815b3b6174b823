"""Which grants the folders of a box must have."""

from __future__ import annotations

import pytest

from accounts.models import Agent
from boxes.models import BoxShare, Delegation, Role
from boxes.sync.wanted import closed_folders, in_order, is_closed, wanted_grants
from zimbra.types import Folder, Grant

MARIE, JEAN, PAUL = (Agent(pk=pk, address=f"{name}@ac-reunion.fr") for pk, name in enumerate(("Marie", "jean", "paul")))
ACTIVE, PENDING, REMOVED = Delegation.State.ACTIVE, Delegation.State.PENDING, Delegation.State.REMOVED
ROWS = [
    Delegation(agent=MARIE, role=Role.OWNER, state=ACTIVE),
    Delegation(agent=JEAN, role=Role.READER, state=ACTIVE, hidden=True),
    Delegation(agent=PAUL, role=Role.OWNER, state=PENDING),
]
EVERYBODY = {"marie@ac-reunion.fr": "rwidxa", "jean@ac-reunion.fr": "r"}


def folder(folder_id: str, flags: str = "", grants: tuple[Grant, ...] | None = None, **more: object) -> Folder:
    return Folder(folder_id, f"n{folder_id}", f"/n{folder_id}", "", "1", flags=flags, grants=grants, **more)  # type: ignore[arg-type]


def share(folder_id: str, agent: Agent, access: str = BoxShare.Access.WRITE, **more: object) -> BoxShare:
    return BoxShare(folder_id=folder_id, agent=agent, access=access, **more)


def test_the_root_has_everybody_with_access_and_nobody_else() -> None:
    assert wanted_grants(folder("1"), ROWS) == EVERYBODY
    assert wanted_grants(folder("1"), [Delegation(agent=MARIE, role=Role.OWNER, state=REMOVED)]) == {}


def test_a_folder_that_inherits_needs_nothing() -> None:
    assert wanted_grants(folder("10"), ROWS, [share("7", PAUL)]) == {}


@pytest.mark.parametrize(
    "closed", [folder("10", "i"), folder("10", "#*i"), folder("10", grants=(Grant("usr", "x", "r"),))]
)
def test_a_folder_that_inherits_nothing_needs_everybody(closed: Folder) -> None:
    assert is_closed(closed)
    assert wanted_grants(closed, ROWS) == EVERYBODY


def test_a_shared_folder_needs_everybody_and_those_it_is_shared_with() -> None:
    shares = [share("10", PAUL), share("10", JEAN), share("7", MARIE), share("10", MARIE, "read")]
    assert wanted_grants(folder("10"), ROWS, shares) == EVERYBODY | {
        "paul@ac-reunion.fr": "rwidx",
        "jean@ac-reunion.fr": "rwidx",
    }


def test_a_share_that_was_taken_back_closes_nothing() -> None:
    assert wanted_grants(folder("10"), ROWS, [share("10", PAUL, removed=True)]) == {}
    assert wanted_grants(folder("10", "i"), ROWS, [share("10", PAUL, removed=True)]) == EVERYBODY


def test_closed_folders_are_the_root_and_the_boxs_own() -> None:
    below = folder("300", "i")
    link = folder("301", "i", is_mountpoint=True)
    tree = folder("1", children=(folder("10"), folder("7", children=(below, link))))
    assert [one.id for one in closed_folders(tree)] == ["1", "300"]


def test_letters_stand_in_zimbras_order_without_the_computed_one() -> None:
    assert in_order("xcwrrdi") == "rwidx"
