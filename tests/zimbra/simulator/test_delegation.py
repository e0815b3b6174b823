"""Administrators of a part: what they may do follows from the rights given to them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.zimbra.simulator.wire import PASSWORD, Fault, Wire
from zimbra.simulator.server import SimulatorServer


def _grant(right: str, domain: str, to: str, *, verb: str = "Grant", more: str = "") -> str:
    return (
        f'<{verb}RightRequest><target type="domain" by="name">{domain}</target>'
        f'<grantee type="usr" by="name">{to}</grantee><right{more}>{right}</right></{verb}RightRequest>'
    )


def _code(wire: Wire, body: str) -> str:
    with pytest.raises(Fault) as caught:
        wire.admin(body)
    return caught.value.code


@pytest.fixture
def school(admin: Wire, address: str) -> str:
    """A domain with one teacher in it."""
    name = address.replace("@", "-").replace("agent", "ecole").removesuffix(".fr") + ".example"
    admin.admin(f"<CreateDomainRequest><name>{name}</name></CreateDomainRequest>")
    admin.create_account(f"prof@{name}")
    return name


@pytest.fixture
def manager(simulator: SimulatorServer, admin: Wire, school: str) -> Iterator[Wire]:
    """Signed in for the administration, without any right yet."""
    admin.create_account(f"chef@{school}", zimbraIsDelegatedAdminAccount="TRUE")
    client = Wire(simulator.port)
    answer = client.admin(f"<AuthRequest><name>chef@{school}</name><password>{PASSWORD}</password></AuthRequest>")
    assert answer.findtext("a[@n='zimbraIsDelegatedAdminAccount']") == "TRUE"
    client.token = answer.findtext("authToken")
    yield client
    client.connection.close()


def test_without_a_right_nothing_may_be_done(manager: Wire, school: str) -> None:
    for body in (
        f"<GetAccountRequest><account>prof@{school}</account></GetAccountRequest>",
        f"<GetAccountRequest><account>personne@{school}</account></GetAccountRequest>",
        f"<CreateAccountRequest><name>neuf@{school}</name><password>secret12</password></CreateAccountRequest>",
        f"<DelegateAuthRequest><account>prof@{school}</account></DelegateAuthRequest>",
        f'<GetDomainRequest><domain by="name">{school}</domain></GetDomainRequest>',
        f"<CreateDomainRequest><name>autre-{school}</name></CreateDomainRequest>",
        "<GetAllServersRequest/>",
        "<UnheardOfRequest/>",
    ):
        assert _code(manager, body) == "service.PERM_DENIED"
    assert (
        len(manager.admin('<SearchDirectoryRequest types="accounts,domains,coses"><query/></SearchDirectoryRequest>'))
        == 0
    )


def test_a_right_on_a_domain_holds_for_its_accounts_and_for_no_others(
    manager: Wire, admin: Wire, school: str, address: str
) -> None:
    admin.admin(_grant("getAccount", school, f"chef@{school}"))
    found = manager.admin(f"<GetAccountRequest><account>prof@{school}</account></GetAccountRequest>")
    assert found[0].get("name") == f"prof@{school}"
    assert (
        _code(manager, f"<GetAccountRequest><account>{address}</account></GetAccountRequest>") == "service.PERM_DENIED"
    )
    identifier = found[0].get("id")
    assert (
        _code(manager, f"<DeleteAccountRequest><id>{identifier}</id></DeleteAccountRequest>") == "service.PERM_DENIED"
    )
    admin.admin(_grant("getAccount", school, f"chef@{school}", verb="Revoke"))
    assert (
        _code(manager, f"<GetAccountRequest><account>prof@{school}</account></GetAccountRequest>")
        == "service.PERM_DENIED"
    )


def test_who_may_log_in_as_others_gets_their_token_and_acts_on_their_mailbox(
    simulator: SimulatorServer, manager: Wire, admin: Wire, school: str
) -> None:
    context = f"<account by='name'>prof@{school}</account>"
    info = '<GetInfoRequest xmlns="urn:zimbraAccount" sections="mbox"/>'
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        manager.soap(info, context=context)
    admin.admin(_grant("adminLoginAs", school, f"chef@{school}"))
    answer = manager.admin(f"<DelegateAuthRequest><account>prof@{school}</account></DelegateAuthRequest>")
    teacher = Wire(simulator.port)
    teacher.token = answer.findtext("authToken")
    assert teacher.soap(info).findtext("name") == f"prof@{school}"
    assert manager.soap(info, context=context).findtext("name") == f"prof@{school}"
    assert (
        manager.mail('<GetFolderRequest><folder l="2"/></GetFolderRequest>', context=context)[0].get("name") == "Inbox"
    )
    teacher.connection.close()


def test_an_administrator_of_everything_is_out_of_reach(manager: Wire, admin: Wire, school: str) -> None:
    admin.admin(_grant("domainAdminRights", school, f"chef@{school}"))
    identifier = admin.create_account(f"recteur@{school}", zimbraIsAdminAccount="TRUE")
    assert _code(manager, f"<DelegateAuthRequest><account by='id'>{identifier}</account></DelegateAuthRequest>") == (
        "service.PERM_DENIED"
    )
    password = f"<SetPasswordRequest><id>{identifier}</id><newPassword>secret12</newPassword></SetPasswordRequest>"
    assert _code(manager, password) == "service.PERM_DENIED"


def test_an_administrator_of_a_domain_keeps_its_accounts_and_lists(manager: Wire, admin: Wire, school: str) -> None:
    admin.admin(_grant("domainAdminRights", school, f"chef@{school}"))
    made = manager.admin(
        f"<CreateAccountRequest><name>neuf@{school}</name><password>secret12</password></CreateAccountRequest>"
    )
    identifier = made[0].get("id")
    manager.admin(f'<ModifyAccountRequest><id>{identifier}</id><a n="displayName">Neuf</a></ModifyAccountRequest>')
    manager.admin(
        f"<RenameAccountRequest><id>{identifier}</id><newName>neuve@{school}</newName></RenameAccountRequest>"
    )
    manager.admin(f"<AddAccountAliasRequest><id>{identifier}</id><alias>n@{school}</alias></AddAccountAliasRequest>")
    made = manager.admin(f"<CreateDistributionListRequest><name>tous@{school}</name></CreateDistributionListRequest>")
    number = made[0].get("id")
    manager.admin(
        f"<AddDistributionListMemberRequest><id>{number}</id><dlm>n@{school}</dlm></AddDistributionListMemberRequest>"
    )
    types = "accounts,aliases,distributionlists,domains"
    found = manager.admin(f'<SearchDirectoryRequest types="{types}"><query/></SearchDirectoryRequest>')
    names = {one.get("name") for one in found}
    assert names == {school, *(f"{name}@{school}" for name in ("chef", "prof", "neuve", "n", "tous"))}
    elsewhere = "<newName>neuve@ac-reunion.fr</newName>"
    assert _code(manager, f"<RenameAccountRequest><id>{identifier}</id>{elsewhere}</RenameAccountRequest>") == (
        "service.PERM_DENIED"
    )


@pytest.mark.parametrize(
    "attribute",
    [
        '<a n="zimbraIsAdminAccount">TRUE</a>',
        '<a n="+zimbraIsDelegatedAdminAccount">TRUE</a>',
        '<a n="zimbraCOSId">e00428a1-0c00-11d9-836a-000d93afea2a</a>',
    ],
)
def test_an_administrator_of_a_domain_makes_no_administrators(
    manager: Wire, admin: Wire, school: str, attribute: str
) -> None:
    admin.admin(_grant("domainAdminRights", school, f"chef@{school}"))
    name = f"<name>promu@{school}</name><password>secret12</password>"
    assert _code(manager, f"<CreateAccountRequest>{name}{attribute}</CreateAccountRequest>") == "service.PERM_DENIED"


def test_a_denial_nearer_to_the_account_wins(manager: Wire, admin: Wire, school: str) -> None:
    admin.admin(_grant("getAccount", school, f"chef@{school}"))
    near = _grant("getAccount", school, f"chef@{school}", more=' deny="1"').replace(
        f'type="domain" by="name">{school}<', f'type="account" by="name">prof@{school}<'
    )
    admin.admin(near)
    assert (
        _code(manager, f"<GetAccountRequest><account>prof@{school}</account></GetAccountRequest>")
        == "service.PERM_DENIED"
    )
    manager.admin(f"<GetAccountRequest><account>chef@{school}</account></GetAccountRequest>")


def test_the_rights_of_an_administrator_are_shown_and_checked(manager: Wire, admin: Wire, school: str) -> None:
    admin.admin(_grant("getDomain", school, f"chef@{school}", more=' canDelegate="1"'))
    about = f'<target type="domain" by="name">{school}</target>'
    shown = admin.admin(f"<GetGrantsRequest>{about}</GetGrantsRequest>")
    assert [(one.find("right").text, one.find("right").get("canDelegate")) for one in shown] == [("getDomain", "1")]
    who = f'<grantee type="usr" by="name">chef@{school}</grantee>'
    for right, allowed in (("getDomain", "1"), ("modifyDomain", "0")):
        body = f"<CheckRightRequest>{about}{who}<right>{right}</right></CheckRightRequest>"
        assert admin.admin(body).get("allow") == allowed
    effective = manager.admin(f"<GetEffectiveRightsRequest>{about}</GetEffectiveRightsRequest>").find("target")
    assert [one.get("n") for one in effective.iter("right")] == ["getDomain"]
    assert effective.find("getAttrs").get("all") == "1"
    assert effective.find("setAttrs").get("all") is None
    everywhere = manager.admin(f"<GetAllEffectiveRightsRequest>{who}</GetAllEffectiveRightsRequest>")
    assert [one.get("name") for one in everywhere.iter("entry")] == [school]
    assert manager.admin("<GetRightRequest><right>getDomain</right></GetRightRequest>")[0].get("targetType") == "domain"
    kinds = {one.get("targetType") for one in manager.admin('<GetAllRightsRequest targetType="dl"/>')}
    assert kinds == {"dl"}


def test_rights_that_cannot_be_granted(admin: Wire, school: str, address: str) -> None:
    admin.create_account(f"chef@{school}", zimbraIsDelegatedAdminAccount="TRUE")
    assert _code(admin, _grant("faireTout", school, f"chef@{school}")) == "account.NO_SUCH_RIGHT"
    assert _code(admin, _grant("getAccount", school, address)) == "service.INVALID_REQUEST"
    assert _code(admin, _grant("getAccount", "rien.example", f"chef@{school}")) == "account.NO_SUCH_DOMAIN"
    assert _code(admin, _grant("getAccount", school, f"chef@{school}", verb="Revoke")) == "account.NO_SUCH_GRANT"


def test_who_is_no_administrator_any_more_can_do_nothing_more(manager: Wire, admin: Wire, school: str) -> None:
    admin.admin(_grant("domainAdminRights", school, f"chef@{school}"))
    admin.modify_account(f"chef@{school}", zimbraIsDelegatedAdminAccount="FALSE")
    assert (
        _code(manager, f"<GetAccountRequest><account>prof@{school}</account></GetAccountRequest>")
        == "service.PERM_DENIED"
    )


def test_a_class_of_service_given_to_an_administrator(manager: Wire, admin: Wire, school: str) -> None:
    made = admin.admin(f"<CreateCosRequest><name>classe-{school}</name></CreateCosRequest>")[0].get("id")
    admin.admin(_grant("createAccount", school, f"chef@{school}"))
    account = (
        f"<CreateAccountRequest><name>eleve@{school}</name><password>secret12</password>"
        f'<a n="zimbraCOSId">{made}</a></CreateAccountRequest>'
    )
    assert _code(manager, account) == "service.PERM_DENIED"
    for right in ("assignCos", "listCos", "modifyCos"):
        on_class = _grant(right, school, f"chef@{school}").replace('type="domain" by="name"', 'type="cos" by="name"')
        admin.admin(on_class.replace(f">{school}</target>", f">classe-{school}</target>"))
    assert manager.admin(account)[0].findtext("a[@n='zimbraCOSId']") == made
    manager.admin(f'<ModifyCosRequest><id>{made}</id><a n="zimbraMailQuota">1000000</a></ModifyCosRequest>')
    assert [one.get("name") for one in manager.admin("<GetAllCosRequest/>")] == [f"classe-{school}"]
