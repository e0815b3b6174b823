from __future__ import annotations

import hashlib
import hmac
import time
from xml.sax.saxutils import escape

import pytest

from tests.zimbra.simulator.conftest import PREAUTH_KEY
from tests.zimbra.simulator.wire import ADMIN, PASSWORD, Fault, Wire
from zimbra.simulator import tokens
from zimbra.simulator.server import SimulatorServer
from zimbra.simulator.store import accounts

GET_INFO = '<GetInfoRequest xmlns="urn:zimbraAccount"/>'


def test_sign_in_gives_a_token_and_its_lifetime_in_milliseconds(wire: Wire, address: str) -> None:
    answer = wire.soap(
        f'<AuthRequest xmlns="urn:zimbraAccount"><account by="name">{address}</account>'
        f"<password>{PASSWORD}</password></AuthRequest>"
    )
    assert answer.findtext("lifetime") == str(2 * 86_400_000)
    wire.token = answer.findtext("authToken")
    assert wire.soap(GET_INFO).findtext("name") == address


def test_sign_in_in_json_has_the_shape_clients_expect(wire: Wire, address: str) -> None:
    answer = wire.json(
        "AuthRequest", "urn:zimbraAccount", {"account": {"by": "name", "_content": address}, "password": PASSWORD}
    )
    assert answer["_jsns"] == "urn:zimbraAccount"
    assert answer["lifetime"] == 172_800_000
    wire.token = answer["authToken"][0]["_content"]
    assert wire.json("GetInfoRequest", "urn:zimbraAccount", {})["name"] == address


@pytest.mark.parametrize("who", ["known", "unknown"])
def test_a_wrong_password_and_an_unknown_account_look_alike(wire: Wire, address: str, who: str) -> None:
    name = address if who == "known" else "personne@ac-reunion.fr"
    with pytest.raises(Fault) as fault:
        wire.sign_in(name, "faux")
    assert (fault.value.code, fault.value.side) == ("account.AUTH_FAILED", "soap:Sender")


def test_a_name_without_domain_is_completed(wire: Wire, address: str) -> None:
    assert wire.sign_in(address.partition("@")[0]).token


@pytest.mark.parametrize(
    ("token", "code"),
    [("", "service.AUTH_REQUIRED"), ("0_abcd_7b7d", "service.AUTH_REQUIRED"), ("é_é", "service.AUTH_REQUIRED")],
)
def test_a_request_needs_a_real_token(wire: Wire, token: str, code: str) -> None:
    wire.token = token
    with pytest.raises(Fault) as fault:
        wire.soap(GET_INFO)
    assert fault.value.code == code


def test_an_expired_token_is_told_apart_from_none(simulator: SimulatorServer, wire: Wire, address: str) -> None:
    with simulator.database.transaction(write=False) as db:
        account = accounts.by_name(db, address)
    assert account is not None
    wire.token = tokens.issue(simulator.database.token_key, account, -1)
    with pytest.raises(Fault) as fault:
        wire.soap(GET_INFO)
    assert fault.value.code == "service.AUTH_EXPIRED"


def test_a_token_out_of_time_spoils_even_a_request_that_needs_none(
    simulator: SimulatorServer, wire: Wire, address: str
) -> None:
    with simulator.database.transaction(write=False) as db:
        account = accounts.by_address(db, address)
        assert account is not None
    old = tokens.issue(simulator.database.token_key, account, -1)
    who = f"<account>{address}</account><password>{PASSWORD}</password>"
    sign_in = f'<AuthRequest xmlns="urn:zimbraAccount">{who}</AuthRequest>'
    for body in (sign_in, '<UnheardOfRequest xmlns="urn:zimbraMail"/>'):
        with pytest.raises(Fault, match=r"service\.AUTH_EXPIRED"):
            wire.soap(body, context=f"<authToken>{old}</authToken>")
    assert wire.soap(sign_in, context=f'<authToken voidOnExpired="1">{old}</authToken>').findtext("authToken")
    headers = {"Content-Type": "application/soap+xml", "Cookie": f"ZM_AUTH_TOKEN={old}"}
    assert wire.send("POST", "/service/soap", wire.envelope(sign_in), headers)[0] == 200


def test_the_lifetime_of_tokens_is_the_accounts_own(admin: Wire, wire: Wire, address: str) -> None:
    admin.modify_account(address, zimbraAuthTokenLifetime="12h")
    answer = wire.soap(
        f'<AuthRequest xmlns="urn:zimbraAccount"><account by="name">{address}</account>'
        f"<password>{PASSWORD}</password></AuthRequest>"
    )
    assert answer.findtext("lifetime") == str(12 * 3_600_000)


def _preauth(address: str, timestamp: int, key: str = PREAUTH_KEY) -> str:
    digest = hmac.new(key.encode(), f"{address}|name|0|{timestamp}".encode(), hashlib.sha1).hexdigest()
    return (
        f'<AuthRequest xmlns="urn:zimbraAccount"><account by="name">{address}</account>'
        f'<preauth timestamp="{timestamp}" expires="0">{digest}</preauth></AuthRequest>'
    )


def test_preauth_signs_in_with_the_domains_key(wire: Wire, address: str) -> None:
    wire.token = wire.soap(_preauth(address, int(time.time() * 1000))).findtext("authToken")
    assert wire.soap(GET_INFO).findtext("name") == address


@pytest.mark.parametrize(("shift", "key"), [(-6 * 60_000, PREAUTH_KEY), (6 * 60_000, PREAUTH_KEY), (0, "00" * 16)])
def test_preauth_with_an_old_time_or_another_key_is_refused(wire: Wire, address: str, shift: int, key: str) -> None:
    with pytest.raises(Fault) as fault:
        wire.soap(_preauth(address, int(time.time() * 1000) + shift, key))
    assert fault.value.code == "account.AUTH_FAILED"


def test_delegated_auth_acts_as_the_agent_on_the_user_endpoint(admin: Wire, wire: Wire, address: str) -> None:
    answer = admin.admin(
        f'<DelegateAuthRequest duration="60"><account by="name">{address}</account></DelegateAuthRequest>'
    )
    assert answer.findtext("lifetime") == "60000"
    wire.token = answer.findtext("authToken")
    assert wire.soap(GET_INFO).findtext("name") == address


def test_delegated_auth_needs_an_administrator(agent: Wire, address: str) -> None:
    with pytest.raises(Fault) as fault:
        agent.admin(f'<DelegateAuthRequest><account by="name">{address}</account></DelegateAuthRequest>')
    assert fault.value.code == "service.PERM_DENIED"


def test_an_agent_cannot_sign_in_as_administrator(wire: Wire, address: str) -> None:
    with pytest.raises(Fault) as fault:
        wire.admin(f"<AuthRequest><name>{address}</name><password>{PASSWORD}</password></AuthRequest>")
    assert fault.value.code == "service.PERM_DENIED"


def test_admin_requests_are_unknown_on_the_user_endpoint(admin: Wire) -> None:
    with pytest.raises(Fault) as fault:
        admin.soap('<GetAllDomainsRequest xmlns="urn:zimbraAdmin"/>')
    assert fault.value.code == "service.UNKNOWN_DOCUMENT"


def test_the_account_of_the_context_is_for_its_owner_and_the_administrator(
    admin: Wire, agent: Wire, address: str
) -> None:
    agent.contact(lastName="Hoarau")
    context = f'<account by="name">{address}</account>'
    assert len(admin.mail("<GetContactsRequest/>", context=context)) == 1
    assert len(agent.mail("<GetContactsRequest/>", context=context)) == 1
    with pytest.raises(Fault) as fault:
        agent.mail("<GetContactsRequest/>", context=f'<account by="name">{ADMIN[0]}</account>')
    assert fault.value.code == "service.PERM_DENIED"


def test_a_locked_account_is_refused_and_its_tokens_end(admin: Wire, agent: Wire, address: str) -> None:
    admin.modify_account(address, zimbraAccountStatus="locked")
    with pytest.raises(Fault, match=r"service\.AUTH_EXPIRED"):
        agent.soap(GET_INFO)
    with pytest.raises(Fault, match=r"account\.AUTH_FAILED"):
        agent.sign_in(address)


def test_get_info_tells_the_limits(agent: Wire) -> None:
    info = agent.json("GetInfoRequest", "urn:zimbraAccount", {"sections": "mbox,attrs"})
    attrs = info["attrs"]["_attrs"]
    assert attrs["zimbraContactMaxNumEntries"] == "10000"
    assert attrs["zimbraFileUploadMaxSize"] == "10485760"
    assert info["used"] == 0
    assert "prefs" not in info
    assert info["attSizeLimit"] == 10_240_000


def _auth(name: str, inside: str = f"<password>{PASSWORD}</password>", by: str = "name", attrs: str = "") -> str:
    return (
        f'<AuthRequest xmlns="urn:zimbraAccount" {attrs}><account by="{by}">{escape(name)}</account>{inside}'
        "</AuthRequest>"
    )


def _code(wire: Wire, body: str) -> str:
    with pytest.raises(Fault) as fault:
        wire.soap(body)
    return fault.value.code


def test_the_ways_to_name_an_account(admin: Wire, wire: Wire, address: str) -> None:
    admin.modify_account(address, zimbraForeignPrincipal="annuaire:4807")
    admin.modify_account(address, **{"+zimbraMailAlias": f"autre-{address}"})
    info = admin.admin(f'<GetAccountRequest><account by="name">{address}</account></GetAccountRequest>')
    account_id = info.find("account").get("id")
    for by, name in (("id", account_id), ("foreignPrincipal", "annuaire:4807"), ("name", f"Autre-{address}")):
        wire.token = wire.soap(_auth(name, by=by)).findtext("authToken")
        assert wire.soap(GET_INFO).findtext("id") == account_id
    admin.modify_account(address, **{"+zimbraForeignPrincipal": "annuaire:4808"})
    assert wire.soap(_auth("annuaire:4808", by="foreignPrincipal")).findtext("authToken")
    assert _code(wire, _auth("annuaire:4809", by="foreignPrincipal")) == "account.AUTH_FAILED"


def test_a_name_is_completed_by_the_virtual_host(admin: Wire, wire: Wire) -> None:
    admin.admin(
        "<CreateDomainRequest><name>hote.example</name><a n='zimbraVirtualHostname'>courriel.hote.example</a>"
        "</CreateDomainRequest>"
    )
    admin.create_account("jean@hote.example")
    inside = f"<password>{PASSWORD}</password><virtualHost>Courriel.hote.example</virtualHost>"
    assert wire.soap(_auth("jean", inside)).findtext("authToken")
    assert _code(wire, _auth("jean")) == "account.AUTH_FAILED"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('<AuthRequest xmlns="urn:zimbraAccount"/>', "service.INVALID_REQUEST"),
        (_auth("x", by="shoe size"), "service.INVALID_REQUEST"),
        (_auth("user1@"), "service.INVALID_REQUEST"),
        (_auth("user1@@ac-reunion.fr"), "service.INVALID_REQUEST"),
        (_auth("use r1@ailleurs.fr"), "account.AUTH_FAILED"),
        (_auth("a(b@zim|bra.com"), "account.AUTH_FAILED"),
        (_auth("personne", ""), "account.AUTH_FAILED"),
        (_auth("admin", ""), "service.INVALID_REQUEST"),
        (_auth("admin", "<preauth timestamp='hier'>00</preauth>"), "service.INVALID_REQUEST"),
        (_auth("admin", "<authToken>0_1_2</authToken>"), "service.AUTH_REQUIRED"),
    ],
)
def test_sign_ins_that_are_refused(wire: Wire, body: str, code: str) -> None:
    assert _code(wire, body) == code


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("locked", "account.AUTH_FAILED"),
        ("closed", "account.AUTH_FAILED"),
        ("pending", "account.AUTH_FAILED"),
        ("lockout", "account.AUTH_FAILED"),
        ("maintenance", "account.MAINTENANCE_MODE"),
    ],
)
def test_an_account_that_is_not_active_is_refused(
    admin: Wire, wire: Wire, address: str, status: str, code: str
) -> None:
    admin.modify_account(address, zimbraAccountStatus=status)
    assert _code(wire, _auth(address)) == code
    assert _code(wire, _preauth(address, int(time.time() * 1000))) == code
    admin.modify_account(address, zimbraAccountStatus="active")
    assert wire.soap(_auth(address)).findtext("authToken")


def test_the_domain_can_shut_everybody_out(admin: Wire, wire: Wire) -> None:
    created = admin.admin("<CreateDomainRequest><name>suspendu.example</name></CreateDomainRequest>").find("domain")
    admin.create_account("jean@suspendu.example")
    for status, code in (("suspended", "account.AUTH_FAILED"), ("maintenance", "account.MAINTENANCE_MODE")):
        admin.admin(
            f"<ModifyDomainRequest><id>{created.get('id')}</id><a n='zimbraDomainStatus'>{status}</a>"
            "</ModifyDomainRequest>"
        )
        assert _code(wire, _auth("jean@suspendu.example")) == code


@pytest.mark.parametrize("way", ["password", "preauth"])
def test_too_many_failures_lock_the_account(admin: Wire, wire: Wire, address: str, way: str) -> None:
    admin.modify_account(address, zimbraPasswordLockoutEnabled="TRUE", zimbraPasswordLockoutMaxFailures="3")
    wrong = _auth(address, "<password>faux</password>")
    if way == "preauth":
        wrong = _preauth(address, int(time.time() * 1000), "00" * 16)
    for _ in range(3):
        assert wire.soap(_auth(address)).findtext("authToken")
        assert _code(wire, wrong) == "account.AUTH_FAILED"
    assert _code(wire, wrong) == "account.AUTH_FAILED"
    request = (
        f'<GetAccountRequest attrs="zimbraAccountStatus"><account by="name">{address}</account></GetAccountRequest>'
    )
    assert admin.admin(request).findtext("account/a") == "active"
    assert _code(wire, wrong) == "account.AUTH_FAILED"
    assert admin.admin(request).findtext("account/a") == "lockout"
    assert _code(wire, _auth(address)) == "account.AUTH_FAILED"
    admin.modify_account(address, zimbraPasswordLockoutLockedTime="20200101000000Z")
    assert wire.soap(_auth(address)).findtext("authToken")
    assert admin.admin(request).findtext("account/a") == "active"


def test_the_time_of_the_sign_in_is_kept(admin: Wire, agent: Wire, address: str) -> None:
    request = f'<GetAccountRequest><account by="name">{address}</account></GetAccountRequest>'
    assert admin.admin(request).findtext("account/a[@n='zimbraLastLogonTimestamp']").endswith("Z")


def test_a_password_is_changed_by_who_knows_it(admin: Wire, agent: Wire, address: str) -> None:
    def change(old: str, new: str) -> str:
        return (
            f'<ChangePasswordRequest xmlns="urn:zimbraAccount"><account by="name">{address}</account>'
            f"<oldPassword>{old}</oldPassword><password>{new}</password></ChangePasswordRequest>"
        )

    assert _code(agent, change("faux", "nouveau-mot")) == "account.AUTH_FAILED"
    assert _code(agent, change(PASSWORD, "court")) == "account.INVALID_PASSWORD"
    admin.modify_account(address, zimbraPasswordLocked="TRUE")
    assert _code(agent, change(PASSWORD, "nouveau-mot")) == "account.PASSWORD_LOCKED"
    admin.modify_account(address, zimbraPasswordLocked="FALSE", zimbraPasswordMustChange="TRUE")
    assert _code(agent, _auth(address)) == "account.CHANGE_PASSWORD"
    answer = agent.soap(change(PASSWORD, "nouveau-mot"))
    assert _code(agent, GET_INFO) == "service.AUTH_EXPIRED"
    agent.token = answer.findtext("authToken")
    assert agent.soap(GET_INFO).findtext("name") == address
    assert agent.sign_in(address, "nouveau-mot").token


@pytest.mark.parametrize(
    ("rule", "password"),
    [
        ("zimbraPasswordMinLength", "abc4567"),
        ("zimbraPasswordMinUpperCaseChars", "sansmajuscule88888888"),
        ("zimbraPasswordMinNumericChars", "SANS-CHIFFRES-AUCUN"),
        ("zimbraPasswordMinPunctuationChars", "SANSPONCTUATION8888888888"),
    ],
)
def test_a_password_follows_the_rules_of_the_account(admin: Wire, address: str, rule: str, password: str) -> None:
    request = f'<GetAccountRequest attrs="zimbraId"><account by="name">{address}</account></GetAccountRequest>'
    account_id = admin.admin(request).findtext("account/a")
    check = (
        f"<CheckPasswordStrengthRequest><id>{account_id}</id><password>{password}</password>"
        "</CheckPasswordStrengthRequest>"
    )
    admin.admin(check)
    admin.modify_account(address, **{rule: "8"})
    with pytest.raises(Fault, match=r"account\.INVALID_PASSWORD"):
        admin.admin(check)


def test_what_a_sign_in_asks_for_comes_with_the_token(admin: Wire, wire: Wire, address: str) -> None:
    admin.modify_account(address, displayName="Marie Hoarau")
    inside = (
        f"<password>{PASSWORD}</password><prefs><pref name='zimbraPrefLocale'/><pref name='displayName'/></prefs>"
        "<attrs><attr name='displayName'/></attrs><requestedSkin>bare</requestedSkin>"
    )
    answer = wire.soap(_auth(address, inside))
    assert [(one.get("name"), one.text) for one in answer.find("prefs")] == [("zimbraPrefLocale", "fr")]
    assert [(one.get("name"), one.text) for one in answer.find("attrs")] == [("displayName", "Marie Hoarau")]
    assert answer.findtext("skin") == "bare"
    assert len(wire.soap(_auth(address, f"<password>{PASSWORD}</password><prefs/>")).find("prefs")) > 50


def test_a_token_is_exchanged_and_belongs_to_who_is_named(agent: Wire, address: str) -> None:
    token = f"<authToken verifyAccount='1'>{agent.token}</authToken>"
    answer = agent.soap(_auth(address, token))
    assert answer.findtext("authToken") == agent.token
    assert 172_700_000 < int(answer.findtext("lifetime")) <= 172_800_000
    assert _code(agent, _auth(ADMIN[0], token)) == "service.AUTH_REQUIRED"
    assert _code(agent, f'<AuthRequest xmlns="urn:zimbraAccount">{token}</AuthRequest>') == "service.INVALID_REQUEST"


def test_get_info_has_its_sections_and_says_who_delegated(admin: Wire, wire: Wire, address: str) -> None:
    answer = admin.admin(f'<DelegateAuthRequest><account by="name">{address}</account></DelegateAuthRequest>')
    wire.token = answer.findtext("authToken")
    info = wire.soap(GET_INFO)
    names = {one.tag for one in info}
    assert {"cos", "prefs", "attrs", "props", "zimlets", "identities", "signatures", "dataSources"} <= names
    assert (info.findtext("adminDelegated"), info.find("cos").get("name")) == ("1", "default")
    only = wire.soap('<GetInfoRequest xmlns="urn:zimbraAccount" sections="idents, sigs"/>')
    assert only.find("prefs") is None
    assert only.find("identities") is not None
    assert _code(wire, '<GetInfoRequest xmlns="urn:zimbraAccount" sections="prefs,soup"/>') == "service.INVALID_REQUEST"


def test_what_anybody_may_know_of_an_account(agent: Wire, address: str) -> None:
    def ask(by: str, name: str) -> str:
        return (
            f'<GetAccountInfoRequest xmlns="urn:zimbraAccount"><account by="{by}">{name}</account>'
            "</GetAccountInfoRequest>"
        )

    found = agent.soap(ask("name", address))
    known = {one.get("name"): one.text for one in found.findall("attr")}
    assert (found.findtext("name"), known["zimbraMailHost"]) == (address, "localhost")
    assert agent.soap(ask("id", known["zimbraId"])).findtext("name") == address
    for by, name in (("name", ""), ("id", "{"), ("name", "personne@ac-reunion.fr")):
        assert _code(agent, ask(by, name)) == "service.PERM_DENIED"
