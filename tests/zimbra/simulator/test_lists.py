from __future__ import annotations

from typing import Any

import pytest

from tests.each import each
from tests.zimbra.simulator.account_requests import account, create_list
from tests.zimbra.simulator.wire import Fault, Wire


def _members(admin: Wire, list_id: str, **attrs: str) -> list[str]:
    given = " ".join(f'{key}="{value}"' for key, value in attrs.items())
    body = f'<GetDistributionListRequest {given}><dl by="id">{list_id}</dl></GetDistributionListRequest>'
    return [one.text for one in admin.admin(body).findall("dl/dlm")]


def _change(admin: Wire, verb: str, list_id: str, *members: str) -> Any:
    listed = "".join(f"<dlm>{member}</dlm>" for member in members)
    request = f"{verb}DistributionListMemberRequest"
    return admin.admin(f"<{request}><id>{list_id}</id>{listed}</{request}>")


def _in_lists(admin: Wire, address: str) -> dict[str, str | None]:
    body = f'<GetAccountMembershipRequest><account by="name">{address}</account></GetAccountMembershipRequest>'
    return {one.get("name").partition("-")[0]: one.get("via") for one in admin.admin(body)}


def test_a_list_is_created_changed_renamed_and_deleted(admin: Wire, address: str) -> None:
    list_id = create_list(admin, f"Profs-{address}", description="Les professeurs")
    body = (
        f"<ModifyDistributionListRequest><id>{list_id}</id><a n='displayName'>Profs</a></ModifyDistributionListRequest>"
    )
    assert admin.admin(body).findtext("dl/a[@n='displayName']") == "Profs"
    rename = f"<RenameDistributionListRequest><id>{list_id}</id><newName>maitres-{address}</newName>"
    assert admin.admin(f"{rename}</RenameDistributionListRequest>").find("dl").get("name") == f"maitres-{address}"
    found = admin.admin(
        f'<GetDistributionListRequest><dl by="name">Maitres-{address}</dl></GetDistributionListRequest>'
    ).find("dl")
    assert (found.get("id"), found.findtext("a[@n='description']")) == (list_id, "Les professeurs")
    names = {one.get("name") for one in admin.admin("<GetAllDistributionListsRequest/>")}
    assert f"maitres-{address}" in names
    admin.admin(f"<DeleteDistributionListRequest><id>{list_id}</id></DeleteDistributionListRequest>")
    with pytest.raises(Fault, match=r"account\.NO_SUCH_DISTRIBUTION_LIST"):
        _members(admin, list_id)


def test_members_come_and_go(admin: Wire, address: str) -> None:
    list_id = create_list(admin, f"liste-{address}", "B@x.fr", "a@x.fr")
    _change(admin, "Add", list_id, "a@x.fr", "c@x.fr")
    assert _members(admin, list_id) == ["a@x.fr", "b@x.fr", "c@x.fr"]
    assert _members(admin, list_id, limit="1", offset="1") == ["b@x.fr"]
    _change(admin, "Remove", list_id, "A@x.fr")
    assert _members(admin, list_id) == ["b@x.fr", "c@x.fr"]
    with pytest.raises(Fault, match=r"account\.NO_SUCH_MEMBER"):
        _change(admin, "Remove", list_id, "b@x.fr", "a@x.fr")
    assert _members(admin, list_id) == ["b@x.fr", "c@x.fr"]


@pytest.mark.parametrize("member", ["", "sans-arobase", "a b@x.fr", "@x.fr"])
def test_what_is_no_address_is_no_member(admin: Wire, address: str, member: str) -> None:
    list_id = create_list(admin, f"liste-{address}")
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        _change(admin, "Add", list_id, member)


@each(
    ("body", "code"),
    [
        ("<CreateDistributionListRequest/>", "service.FAILURE"),
        ("<CreateDistributionListRequest><name>x</name></CreateDistributionListRequest>", "service.INVALID_REQUEST"),
        (
            "<CreateDistributionListRequest><name>x@rien.example</name></CreateDistributionListRequest>",
            "account.NO_SUCH_DOMAIN",
        ),
        (
            "<CreateDistributionListRequest><name>y@ac-reunion.fr</name><a n='x y'>1</a>"
            "</CreateDistributionListRequest>",
            "ldap.INVALID_ATTR_NAME",
        ),
        (
            "<CreateDistributionListRequest><name>y@ac-reunion.fr</name><a n=''>1</a></CreateDistributionListRequest>",
            "account.INVALID_ATTR_NAME",
        ),
        ("<DeleteDistributionListRequest><id/></DeleteDistributionListRequest>", "account.NO_SUCH_DISTRIBUTION_LIST"),
        (
            "<AddDistributionListMemberRequest><dlm>a@x.fr</dlm></AddDistributionListMemberRequest>",
            "service.INVALID_REQUEST",
        ),
        (
            "<GetDistributionListRequest><dl by='colour'>x</dl></GetDistributionListRequest>",
            "service.INVALID_REQUEST",
        ),
    ],
)  # fmt: skip
def test_requests_that_are_refused(admin: Wire, body: str, code: str) -> None:
    with pytest.raises(Fault) as fault:
        admin.admin(body)
    assert fault.value.code == code


def test_a_name_is_borne_once_by_people_lists_and_aliases(admin: Wire, address: str) -> None:
    list_id = create_list(admin, f"liste-{address}")
    for taken in (address, f"LISTE-{address}"):
        with pytest.raises(Fault, match=r"account\.DISTRIBUTION_LIST_EXISTS"):
            create_list(admin, taken)
    with pytest.raises(Fault, match=r"account\.ACCOUNT_EXISTS"):
        admin.create_account(f"liste-{address}")
    alias = f"<id>{list_id}</id><alias>autre-{address}</alias>"
    admin.admin(f"<AddDistributionListAliasRequest>{alias}</AddDistributionListAliasRequest>")
    with pytest.raises(Fault, match=r"account\.ACCOUNT_EXISTS"):
        admin.create_account(f"autre-{address}")
    admin.admin(f"<RemoveDistributionListAliasRequest>{alias}</RemoveDistributionListAliasRequest>")
    with pytest.raises(Fault, match=r"account\.NO_SUCH_ALIAS"):
        admin.admin(f"<RemoveDistributionListAliasRequest>{alias}</RemoveDistributionListAliasRequest>")
    admin.create_account(f"autre-{address}")


def test_lists_of_lists(admin: Wire, address: str) -> None:
    inner = create_list(admin, f"classe-{address}", address)
    outer = create_list(admin, f"lycee-{address}", f"classe-{address}")
    assert _in_lists(admin, address) == {"classe": None, "lycee": f"classe-{address}"}
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        _change(admin, "Add", inner, f"lycee-{address}")
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        _change(admin, "Add", outer, f"lycee-{address}")
    body = f'<GetDistributionListMembershipRequest><dl by="id">{inner}</dl></GetDistributionListMembershipRequest>'
    assert [one.get("id") for one in admin.admin(body)] == [outer]


def test_places_in_lists_follow_the_person(admin: Wire, address: str) -> None:
    account_id = admin.create_account(f"p-{address}")
    list_id = create_list(admin, f"liste-{address}", f"p-{address}")
    alias = f"<id>{account_id}</id><alias>alias-{address}</alias>"
    admin.admin(f"<AddAccountAliasRequest>{alias}</AddAccountAliasRequest>")
    _change(admin, "Add", list_id, f"alias-{address}")
    rename = f"<RenameAccountRequest><id>{account_id}</id><newName>n-{address}</newName></RenameAccountRequest>"
    admin.admin(rename)
    assert _members(admin, list_id) == [f"alias-{address}", f"n-{address}"]
    admin.admin(f"<RemoveAccountAliasRequest>{alias}</RemoveAccountAliasRequest>")
    assert _members(admin, list_id) == [f"n-{address}"]
    admin.admin(f"<DeleteAccountRequest><id>{account_id}</id></DeleteAccountRequest>")
    assert _members(admin, list_id) == []


def test_what_a_member_sees(admin: Wire, agent: Wire, address: str) -> None:
    name = f"classe-{address}"
    create_list(admin, name, address, "b@x.fr", displayName="La classe")
    body = f"<GetDistributionListMembersRequest limit='1'><dl>{name}</dl></GetDistributionListMembersRequest>"
    answer = account(agent, body)
    assert (answer.get("total"), answer.get("more"), len(answer.findall("dlm"))) == ("2", "1", 1)
    (mine,) = account(agent, "<GetAccountDistributionListsRequest ownerOf='1'/>")
    assert (mine.get("name"), mine.get("isMember"), mine.get("isOwner")) == (name, "1", "0")
    found = account(agent, f'<GetDistributionListRequest><dl by="name">{name}</dl></GetDistributionListRequest>')
    assert found.find("dl").get("isMember") == "1"
    with pytest.raises(Fault, match=r"account\.NO_SUCH_DISTRIBUTION_LIST"):
        account(agent, body.replace(name, "rien@ac-reunion.fr"))
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        account(agent, body.replace("limit='1'", "offset='9'"))
