"""Distribution lists in the hands of people: making, owning, joining and leaving them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.each import each
from tests.zimbra.simulator import mails
from tests.zimbra.simulator.account_requests import account, create_list
from tests.zimbra.simulator.wire import Fault, Wire


def _create(wire: Wire, name: str, attrs: str = "") -> str:
    answer = account(wire, f"<CreateDistributionListRequest><name>{name}</name>{attrs}</CreateDistributionListRequest>")
    found: str = answer.find("dl").get("id")
    return found


def _act(wire: Wire, list_id: str, op: str, inside: str = "") -> Any:
    body = f'<dl by="id">{list_id}</dl><action op="{op}">{inside}</action>'
    return account(wire, f"<DistributionListActionRequest>{body}</DistributionListActionRequest>")


def _seen(wire: Wire, list_id: str, **attrs: str) -> Any:
    given = " ".join(f'{key}="{value}"' for key, value in attrs.items())
    body = f'<GetDistributionListRequest {given}><dl by="id">{list_id}</dl></GetDistributionListRequest>'
    return account(wire, body).find("dl")


def _members(wire: Wire, name: str) -> list[str]:
    body = f"<GetDistributionListMembersRequest><dl>{name}</dl></GetDistributionListMembersRequest>"
    return [one.text for one in account(wire, body).findall("dlm")]


def _right_to_make_lists(admin: Wire, address: str, verb: str = "Grant", domain: str = "ac-reunion.fr") -> None:
    admin.admin(
        f'<{verb}RightRequest><target type="domain" by="name">{domain}</target>'
        f'<grantee type="usr" by="name">{address}</grantee><right>createDistList</right></{verb}RightRequest>'
    )


@pytest.fixture
def owned(admin: Wire, agent: Wire, address: str) -> str:
    """The id of a list that the agent owns."""
    list_id = create_list(admin, f"club-{address}")
    owner = f'<owner type="usr" by="name">{address}</owner>'
    _act(admin, list_id, "addOwners", owner)
    return list_id


def test_who_makes_a_list_owns_it(admin: Wire, agent: Wire, address: str) -> None:
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        _create(agent, f"club-{address}")
    _right_to_make_lists(admin, address)
    list_id = _create(agent, f"club-{address}", "<a n='description'>Échecs</a>")
    found = _seen(agent, list_id, needOwners="1")
    assert (found.get("isOwner"), found.findtext("a[@n='description']")) == ("1", "Échecs")
    assert [(one.get("type"), one.get("name")) for one in found.find("owners")] == [("usr", address)]
    _act(agent, list_id, "rename", f"<newName>cercle-{address}</newName>")
    _right_to_make_lists(admin, address, "Revoke")
    for op, inside in (("delete", ""), ("rename", f"<newName>x-{address}</newName>")):
        with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
            _act(agent, list_id, op, inside)
    _right_to_make_lists(admin, address)
    _act(agent, list_id, "delete")
    with pytest.raises(Fault, match=r"account\.NO_SUCH_DISTRIBUTION_LIST"):
        _seen(agent, list_id)


def test_right_to_make_lists_is_that_of_a_domain(admin: Wire, agent: Wire, address: str) -> None:
    admin.admin(f"<CreateDomainRequest><name>d-{address.partition('@')[0]}.example</name></CreateDomainRequest>")
    domain = f"d-{address.partition('@')[0]}.example"
    _right_to_make_lists(admin, address, domain=domain)
    _create(agent, f"club@{domain}")
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        _create(agent, f"club-{address}")
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        admin.admin(
            f'<GrantRightRequest><target type="account" by="name">{address}</target><grantee type="all"/>'
            "<right>createDistList</right></GrantRightRequest>"
        )


def test_owner_says_who_is_in_a_list(agent: Wire, other: Wire, owned: str, address: str) -> None:
    _act(agent, owned, "addMembers", f"<dlm>{address}</dlm><dlm>autre.{address}</dlm>")
    _act(agent, owned, "removeMembers", f"<dlm>{address}</dlm>")
    mails.send(agent, f"club-{address}", "Réunion")
    assert mails.subjects(other, "in:inbox") == ["Réunion"]
    with pytest.raises(Fault, match=r"account\.NO_SUCH_MEMBER"):
        _act(agent, owned, "removeMembers", f"<dlm>{address}</dlm>")


@each(
    ("op", "inside"),
    [
        ("addMembers", "<dlm>a@b.fr</dlm>"), ("modify", "<a n='description'>x</a>"), ("delete", ""),
        ("addOwners", "<owner type='all'/>"), ("grantRights", "<right right='viewDistList'/>"),
        ("acceptSubsReq", "<subsReq op='subscribe'>a@b.fr</subsReq>"),
    ],
)  # fmt: skip
def test_who_does_not_own_a_list_changes_nothing(other: Wire, owned: str, op: str, inside: str) -> None:
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        _act(other, owned, op, inside)


def test_owner_describes_a_list_and_makes_no_administrators(agent: Wire, other: Wire, owned: str) -> None:
    _act(agent, owned, "modify", "<a n='displayName'>Le club</a><a n='zimbraNotes'>Salle 3</a>")
    shown = {one.get("n") for one in _seen(agent, owned).findall("a")}
    assert {"displayName", "zimbraNotes"} <= shown
    assert "zimbraNotes" not in {one.get("n") for one in _seen(other, owned).findall("a")}
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        _act(agent, owned, "modify", "<a n='zimbraIsAdminGroup'>TRUE</a>")


def test_owners_are_named_removed_and_replaced(agent: Wire, other: Wire, owned: str, address: str) -> None:
    def owners() -> list[str]:
        return [one.get("name") for one in _seen(other, owned, needOwners="1").find("owners")]

    theirs = f'<owner type="email" by="name">autre.{address}</owner>'
    _act(agent, owned, "addOwners", theirs)
    assert sorted(owners()) == [address, f"autre.{address}"]
    _act(other, owned, "setOwners", theirs)
    assert owners() == [f"autre.{address}"]
    with pytest.raises(Fault, match=r"account\.NO_SUCH_GRANT"):
        _act(other, owned, "removeOwners", f'<owner type="usr" by="name">{address}</owner>')
    _act(other, owned, "removeOwners", theirs)
    assert owners() == []


def test_owner_grants_rights_on_a_list(agent: Wire, other: Wire, owned: str, address: str) -> None:
    def right(*names: str) -> str:
        listed = "".join(f'<grantee type="usr" by="name">{name}</grantee>' for name in names)
        return f'<right right="sendAsDistList">{listed}</right>'

    def shown(wire: Wire) -> list[str]:
        found = _seen(wire, owned, needRights="sendAsDistList,viewDistList").findall("rights/right")
        return [one.get("name") for one in found[0]] if found else []

    _act(agent, owned, "grantRights", right(address, f"autre.{address}"))
    assert sorted(shown(agent)) == [address, f"autre.{address}"]
    assert shown(other) == []
    _act(agent, owned, "setRights", right(f"autre.{address}"))
    assert shown(agent) == [f"autre.{address}"]
    _act(agent, owned, "revokeRights", right(f"autre.{address}"))
    assert shown(agent) == []


@each(
    ("op", "inside", "code"),
    [
        ("peindre", "", "INVALID_REQUEST"), ("addMembers", "", "INVALID_REQUEST"),
        ("addOwners", "<owner type='gst' by='name'>a@b.fr</owner>", "INVALID_REQUEST"),
        ("addOwners", "<owner type='pub'/>", "INVALID_REQUEST"),
        ("addOwners", "<owner type='usr' by='name'>personne@ac-reunion.fr</owner>", "NO_SUCH_ACCOUNT"),
        ("addOwners", "<owner type='usr' by='id'>rien</owner>", "NO_SUCH_ACCOUNT"),
        ("addOwners", "<owner type='usr' by='colour'>rien</owner>", "INVALID_REQUEST"),
        ("grantRights", "<right right='loginAs'><grantee type='all'/></right>", "INVALID_REQUEST"),
        ("acceptSubsReq", "<subsReq op='dance'>a@b.fr</subsReq>", "INVALID_REQUEST"),
        ("rename", "", "INVALID_REQUEST"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_with_a_list_is_told(admin: Wire, owned: str, op: str, inside: str, code: str) -> None:
    with pytest.raises(Fault, match=code):
        _act(admin, owned, op, inside)


def _subscribe(wire: Wire, name: str, op: str) -> str:
    request = "SubscribeDistributionListRequest"
    status: str = account(wire, f'<{request} op="{op}"><dl by="name">{name}</dl></{request}>').get("status")
    return status


def test_list_may_be_joined_and_left_where_its_policy_says_so(
    agent: Wire, other: Wire, owned: str, address: str
) -> None:
    name, me = f"club-{address}", f"autre.{address}"
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        _subscribe(other, name, "subscribe")
    policy = "<a n='zimbraDistributionList{}ubscriptionPolicy'>{}</a>"
    _act(agent, owned, "modify", policy.format("S", "ACCEPT"))
    assert (_subscribe(other, name, "subscribe"), _subscribe(other, name, "subscribe")) == ("subscribed",) * 2
    assert _members(other, name) == [me]
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        _subscribe(other, name, "unsubscribe")
    _act(agent, owned, "modify", policy.format("Uns", "ACCEPT") + policy.format("S", "APPROVAL"))
    assert _subscribe(other, name, "unsubscribe") == "unsubscribed"
    assert _members(other, name) == []
    assert _subscribe(other, name, "subscribe") == "awaiting_approval"
    _act(agent, owned, "rejectSubsReq", f"<subsReq op='subscribe'>{me}</subsReq>")
    assert _members(other, name) == []
    _act(agent, owned, "acceptSubsReq", f"<subsReq op='subscribe'>{me}</subsReq>")
    assert _members(other, name) == [me]
