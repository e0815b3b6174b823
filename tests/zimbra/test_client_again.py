"""Verbs tried again after a lost answer, and by several at once: one thing is made, not two."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.simulated import Server, Simulated
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost
from zimbra.types import Identity, Role, SendRight, Signature

Making = Callable[[ZimbraClient], str]


def made(client: ZimbraClient) -> dict[str, list[str]]:
    """Ids of all there is, by kind."""
    return {
        "identity": [one.id for one in client.identities()],
        "signature": [one.id for one in client.signatures()],
        "tag": [one.id for one in client.tags()],
        "folder": [one.id for one in client.folders().walk()],
    }


MAKING: dict[str, Making] = {
    "identity": lambda client: client.create_identity(Identity("Boîte", from_name="x"), existing_ok=True).id,
    "signature": lambda client: client.create_signature(Signature("Pro", text="x"), existing_ok=True),
    "tag": lambda client: client.create_tag("Urgent", existing_ok=True).id,
    "folder": lambda client: client.create_folder_path("Listes/Conseil", existing_ok=True).id,
}


# A folder that may be there already is asked for again by the transport itself.
@pytest.mark.parametrize("kind", [kind for kind in MAKING if kind != "folder"])
def test_making_again_after_a_lost_answer_makes_one(simulated: Simulated, kind: str) -> None:
    with simulated.client(simulated.create_account()) as client:
        before = set(made(client)[kind])
        with simulated.disturbed(mode="lost"), pytest.raises(AnswerLost):
            MAKING[kind](client)
        assert set(made(client)[kind]) - before == {MAKING[kind](client)}


@pytest.mark.parametrize("kind", MAKING)
def test_many_who_make_the_same_at_once_get_the_same(client: ZimbraClient, kind: str) -> None:
    before = set(made(client)[kind])
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: MAKING[kind](client), range(16)))
    assert len(ids) == 1
    # Of a path, the folder above too.
    assert len(set(made(client)[kind]) - before) == (2 if kind == "folder" else 1)


def test_mounting_again_after_a_lost_answer_gives_the_same_link(simulated: Simulated) -> None:
    box, member = simulated.create_account(), simulated.create_account()
    with simulated.client(box) as owner, simulated.client(member) as client:
        owner.grant("10", member, Role.VIEWER)
        client.noop()
        # The tree is read first; what is lost is the answer to the mounting itself.
        with simulated.disturbed(mode="lost", after=1), pytest.raises(AnswerLost):
            client.create_mountpoint(box, "10", "Agenda")
        link = client.create_mountpoint(box, "10", "Agenda")
        assert [one.id for one in client.mountpoints()] == [link.id]


def test_grants_and_rights_to_many_at_once_are_all_there(server: Server, client: ZimbraClient) -> None:
    members = [server.create_account() for _ in range(6)]

    def share(member: str) -> None:
        client.grant("10", member, Role.MANAGER)
        client.grant_right(SendRight.SEND_AS, member)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(share, members))
    assert {grant.name for grant in client.grants("10")} == set(members)
    assert {right.name for right in client.account_rights(SendRight.SEND_AS)} == set(members)
