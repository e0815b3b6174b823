from __future__ import annotations

import hashlib
import hmac
import time

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


def test_the_lifetime_of_tokens_is_the_accounts_own(admin: Wire, wire: Wire, address: str) -> None:
    admin.modify_account(address, zimbraAuthTokenLifetime="12h")
    answer = wire.soap(
        f'<AuthRequest xmlns="urn:zimbraAccount"><account by="name">{address}</account>'
        f"<password>{PASSWORD}</password></AuthRequest>"
    )
    assert answer.findtext("lifetime") == str(12 * 3_600_000)


def test_a_session_ended_with_logoff_is_over_and_without_it_goes_on(agent: Wire) -> None:
    agent.soap('<EndSessionRequest xmlns="urn:zimbraAccount"/>')
    agent.soap(GET_INFO)
    agent.soap('<EndSessionRequest xmlns="urn:zimbraAccount" logoff="1"/>')
    with pytest.raises(Fault) as fault:
        agent.soap(GET_INFO)
    assert fault.value.code == "service.AUTH_EXPIRED"


def test_the_token_is_also_taken_from_the_cookie(agent: Wire) -> None:
    token, agent.token = agent.token, ""
    envelope = agent.envelope(GET_INFO)
    status, _, _ = agent.send(
        "POST", "/service/soap/GetInfoRequest", envelope, {"Cookie": f"a=b; ZM_AUTH_TOKEN={token}"}
    )
    assert status == 200


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
