from __future__ import annotations

import pytest

from tests.each import each
from tests.zimbra.simulator.account_requests import account, create_list, grant, signed_in
from tests.zimbra.simulator.wire import Fault, Wire
from zimbra.simulator.server import SimulatorServer
from zimbra.simulator.store import accounts, lists, rights
from zimbra.simulator.store.access import EVERYBODY_ID, PUBLIC_ID


@pytest.fixture
def other(admin: Wire, address: str) -> str:
    """The address of a second person."""
    name = f"autre-{address}"
    admin.create_account(name)
    return name


def _aces(wire: Wire, inside: str = "") -> list[dict[str, str]]:
    return [dict(ace.attrib) for ace in account(wire, f"<GetRightsRequest>{inside}</GetRightsRequest>")]


def _check(wire: Wire, target: str, right: str) -> str:
    body = (
        f'<CheckRightsRequest><target type="account" by="name" key="{target}"><right>{right}</right></target>'
        "</CheckRightsRequest>"
    )
    return account(wire, body).find("target").get("allow")


def _may_send(server: SimulatorServer, sender: str, address: str) -> str:
    with server.database.transaction(write=False) as db:
        who = accounts.by_address(db, sender)
        assert who is not None
        return rights.may_send_as(db, who, address)


def test_a_right_is_granted_listed_and_revoked(agent: Wire, other: str) -> None:
    (ace,) = grant(agent, "sendAs", gt="usr", d=other)
    assert (ace.get("gt"), ace.get("right"), ace.get("d")) == ("usr", "sendAs", other)
    grant(agent, "invite", gt="all", deny="1")
    assert _aces(agent, '<ace right="sendAs"/>') == [dict(ace.attrib)]
    assert {one["right"]: one.get("deny") for one in _aces(agent)} == {"sendAs": None, "invite": "1"}
    revoke = f'<RevokeRightsRequest><ace gt="usr" right="sendAs" zid="{ace.get("zid")}"/></RevokeRightsRequest>'
    assert [one.get("d") for one in account(agent, revoke)] == [other]
    assert list(account(agent, revoke)) == []
    assert [one["right"] for one in _aces(agent)] == ["invite"]


@pytest.mark.parametrize(("gt", "zid"), [("all", EVERYBODY_ID), ("pub", PUBLIC_ID)])
def test_everybody_and_the_public_have_fixed_ids(agent: Wire, gt: str, zid: str) -> None:
    assert grant(agent, "viewFreeBusy", gt=gt)[0].get("zid") == zid


def test_a_list_named_as_a_person_is_a_list(admin: Wire, agent: Wire, address: str) -> None:
    create_list(admin, f"liste-{address}", address)
    assert grant(agent, "sendAs", gt="usr", d=f"liste-{address}")[0].get("gt") == "grp"


@each(
    ("right", "attrs", "code"),
    [
        ("sendAs", {"gt": "usr", "d": "personne@ac-reunion.fr"}, "account.NO_SUCH_ACCOUNT"),
        ("sendAs", {"gt": "usr", "zid": "rien"}, "account.NO_SUCH_ACCOUNT"),
        ("sendAs", {"gt": "grp", "d": "rien@ac-reunion.fr"}, "account.NO_SUCH_DISTRIBUTION_LIST"),
        ("sendAs", {"gt": "dom", "d": "rien.example"}, "account.NO_SUCH_DOMAIN"),
        ("flyAway", {"gt": "all"}, "service.FAILURE"),
        ("sendAsDistList", {"gt": "all"}, "service.INVALID_REQUEST"),
        ("sendAs", {"gt": "neighbour", "d": "x"}, "service.INVALID_REQUEST"),
        ("sendAs", {"gt": "usr"}, "service.INVALID_REQUEST"),
        ("invite", {"gt": "gst", "d": "sans-arobase"}, "service.INVALID_REQUEST"),
    ],
)
def test_what_cannot_be_granted(agent: Wire, right: str, attrs: dict[str, str], code: str) -> None:
    with pytest.raises(Fault) as fault:
        grant(agent, right, **attrs)
    assert fault.value.code == code
    assert _aces(agent) == []


def test_the_nearest_grantee_decides_and_a_denial_wins(admin: Wire, agent: Wire, address: str, other: str) -> None:
    asking = signed_in(agent, other)
    assert _check(asking, address, "sendAs") == "0"
    assert _check(asking, address, "invite") == "1"
    create_list(admin, f"liste-{address}", other)
    grant(agent, "sendAs", gt="all")
    assert _check(asking, address, "sendAs") == "1"
    grant(agent, "sendAs", gt="grp", d=f"liste-{address}", deny="1")
    assert _check(asking, address, "sendAs") == "0"
    grant(agent, "sendAs", gt="usr", d=other)
    assert _check(asking, address, "sendAs") == "1"
    grant(agent, "sendAs", gt="usr", d=other, deny="1")
    assert _check(asking, address, "sendAs") == "0"


def test_a_grant_to_some_shuts_out_the_others(agent: Wire, address: str, other: str, admin: Wire) -> None:
    admin.create_account(f"tiers-{address}")
    grant(agent, "invite", gt="usr", d=f"tiers-{address}")
    assert _check(signed_in(agent, other), address, "invite") == "0"
    assert _check(signed_in(agent, f"tiers-{address}"), address, "invite") == "1"


def test_whose_rights_one_has_is_discovered(agent: Wire, address: str, other: str) -> None:
    asking = signed_in(agent, other)
    discover = "<DiscoverRightsRequest><right>sendAs</right><right>sendOnBehalfOf</right></DiscoverRightsRequest>"
    assert list(account(asking, discover)) == []
    grant(agent, "sendAs", gt="usr", d=other)
    (targets,) = account(asking, discover)
    assert targets.get("right") == "sendAs"
    assert [email.get("addr") for email in targets.findall("target/email")] == [address]
    info = account(asking, '<GetInfoRequest sections="mbox" rights="sendAs,loginAs"/>')
    assert [one.get("right") for one in info.find("rights")] == ["sendAs"]
    with pytest.raises(Fault, match=r"service\.FAILURE"):
        account(asking, '<GetInfoRequest rights="flyAway"/>')


def test_how_one_may_write_in_anothers_name(
    simulator: SimulatorServer, admin: Wire, agent: Wire, address: str, other: str
) -> None:
    admin.modify_account(address, zimbraMailAlias=f"alias-{address}", zimbraAllowFromAddress="vieux@ailleurs.fr")
    for own in (address, f"ALIAS-{address}", "vieux@ailleurs.fr"):
        assert _may_send(simulator, address, own) == "sendAs"
    assert _may_send(simulator, other, address) == ""
    assert _may_send(simulator, other, "inconnu@ailleurs.fr") == ""
    grant(agent, "sendOnBehalfOf", gt="usr", d=other)
    assert _may_send(simulator, other, f"alias-{address}") == "sendOnBehalfOf"
    grant(agent, "sendAs", gt="usr", d=other)
    assert _may_send(simulator, other, address) == "sendAs"


def test_a_list_may_be_written_from_by_those_who_were_given_it(
    simulator: SimulatorServer, admin: Wire, address: str, other: str
) -> None:
    name = f"liste-{address}"
    create_list(admin, name)
    assert _may_send(simulator, other, name) == ""
    request = (
        f'<GrantRightRequest><target type="dl" by="name">{name}</target>'
        f'<grantee type="usr" by="name">{other}</grantee><right>sendAsDistList</right></GrantRightRequest>'
    )
    admin.admin(request)
    assert _may_send(simulator, other, name) == "sendAs"
    (targets,) = account(
        signed_in(admin, other), "<DiscoverRightsRequest><right>sendAsDistList</right></DiscoverRightsRequest>"
    )
    assert targets.find("target/email").get("addr") == name
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        admin.admin(request.replace("sendAsDistList", "sendAs"))
    admin.admin(request.replace("GrantRight", "RevokeRight"))
    assert _may_send(simulator, other, name) == ""
    with pytest.raises(Fault, match=r"account\.NO_SUCH_GRANT"):
        admin.admin(request.replace("GrantRight", "RevokeRight"))


def test_who_has_login_as_acts_on_the_others_account(agent: Wire, address: str, other: str) -> None:
    agent.contact(lastName="Hoarau")
    asking, context = signed_in(agent, other), f'<account by="name">{address}</account>'
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        account(asking, "<GetPrefsRequest/>", context=context)
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        asking.mail("<GetPermissionRequest/>", context=context)
    grant(agent, "loginAs", gt="usr", d=other)
    assert account(asking, "<GetInfoRequest/>", context=context).findtext("name") == address
    assert len(asking.mail("<GetContactsRequest/>", context=context)) == 1


def test_the_older_requests_do_the_same(agent: Wire, address: str, other: str) -> None:
    agent.mail(f'<GrantPermissionRequest><ace right="invite" gt="usr" d="{other}"/></GrantPermissionRequest>')
    (ace,) = agent.mail("<GetPermissionRequest/>")
    assert (ace.get("right"), ace.get("d")) == ("invite", other)
    body = f'<CheckPermissionRequest><target type="account" by="name">{address}</target><right>invite</right>'
    assert signed_in(agent, other).mail(f"{body}</CheckPermissionRequest>").get("allow") == "1"
    revoke = f'<RevokePermissionRequest><ace right="invite" gt="usr" d="{other}"/></RevokePermissionRequest>'
    assert len(agent.mail(revoke)) == 1


def test_rights_end_with_the_person_they_were_given_to(
    simulator: SimulatorServer, admin: Wire, agent: Wire, other: str
) -> None:
    zid = grant(agent, "sendAs", gt="usr", d=other)[0].get("zid")
    admin.admin(f"<DeleteAccountRequest><id>{zid}</id></DeleteAccountRequest>")
    assert _aces(agent) == []
    with simulator.database.transaction(write=False) as db:
        assert lists.by_address(db, other) is None
