from __future__ import annotations

import pytest

from tests.zimbra.simulator.wire import PASSWORD, Fault, Wire, bare

GET_INFO = '<GetInfoRequest xmlns="urn:zimbraAccount"/>'


def _auth(address: str, attrs: str = "") -> str:
    return (
        f'<AuthRequest xmlns="urn:zimbraAccount" {attrs}><account by="name">{address}</account>'
        f"<password>{PASSWORD}</password></AuthRequest>"
    )


def _code(wire: Wire, body: str) -> str:
    with pytest.raises(Fault) as fault:
        wire.soap(body)
    return fault.value.code


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


def test_the_token_comes_as_a_cookie_too(wire: Wire, address: str) -> None:
    body = wire.envelope(_auth(address, attrs='persistAuthTokenCookie="1"'))
    _, headers, data = wire.send("POST", "/service/soap", body)
    token = bare(data).findtext("Body/AuthResponse/authToken")
    assert headers["set-cookie"].startswith(f"ZM_AUTH_TOKEN={token};")
    assert "Max-Age=172800" in headers["set-cookie"]
    _, headers, _ = wire.send("POST", "/service/soap", wire.envelope(_auth(address)))
    assert "Max-Age" not in headers["set-cookie"]


def _with_cookie(wire: Wire, token: str, context: str = "", **headers: str) -> tuple[int, bytes]:
    wire.token = ""
    sent = {"Cookie": f"ZM_AUTH_TOKEN={token}", **headers}
    status, _, data = wire.send("POST", "/service/soap", wire.envelope(GET_INFO, context), sent)
    return status, data


def test_a_secured_token_out_of_a_cookie_needs_its_proof(wire: Wire, address: str) -> None:
    answer = wire.soap(_auth(address, attrs='csrfTokenSecured="1"'))
    token, proof = answer.findtext("authToken"), answer.findtext("csrfToken")
    for wrong in ({}, {"X-Zimbra-Csrf-Token": "0_faux"}):
        status, data = _with_cookie(wire, token, **wrong)
        assert status == 500
        assert b"service.AUTH_REQUIRED" in data
    assert _with_cookie(wire, token, **{"X-Zimbra-Csrf-Token": proof})[0] == 200
    assert _with_cookie(wire, token, f"<csrfToken>{proof}</csrfToken>")[0] == 200
    wire.token = token
    assert wire.soap(GET_INFO).findtext("name") == address


def test_a_plain_token_out_of_a_cookie_needs_none(agent: Wire) -> None:
    assert _with_cookie(agent, agent.token)[0] == 200


def test_a_session_is_told_when_asked_for_and_can_be_ended_from_another(wire: Wire, address: str) -> None:
    first = wire.soap(_auth(address), context="<session/>")
    other = wire.soap(_auth(address), context="<session/>")
    session = first.find("session")
    assert session.get("id") == session.text != other.find("session").text
    assert wire.soap(_auth(address)).find("session") is None
    wire.token = other.findtext("authToken")
    wire.soap(f'<EndSessionRequest xmlns="urn:zimbraAccount" sessionId="{session.text}"/>')
    wire.soap(GET_INFO)
    wire.token = first.findtext("authToken")
    assert _code(wire, GET_INFO) == "service.AUTH_EXPIRED"


def test_all_sessions_end_or_all_but_this_one(wire: Wire, address: str) -> None:
    kept, gone = (wire.soap(_auth(address)).findtext("authToken") for _ in range(2))
    wire.token = kept
    wire.soap('<EndSessionRequest xmlns="urn:zimbraAccount" all="1" excludeCurrent="1"/>')
    wire.soap(GET_INFO)
    assert _code(wire, f'<AuthRequest xmlns="urn:zimbraAccount"><authToken>{gone}</authToken></AuthRequest>') == (
        "service.AUTH_EXPIRED"
    )
    wire.soap('<EndSessionRequest xmlns="urn:zimbraAccount" all="1"/>')
    assert _code(wire, GET_INFO) == "service.AUTH_EXPIRED"


def test_an_upload_with_a_secured_cookie_needs_the_proof_too(wire: Wire, address: str) -> None:
    answer = wire.soap(_auth(address, 'csrfTokenSecured="1"'))
    cookie = {"Cookie": f"ZM_AUTH_TOKEN={answer.findtext('authToken')}", "Content-Type": "text/x-vcard"}
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Marie\r\nEND:VCARD\r\n"
    path = "/home/~/Contacts?fmt=vcf"
    assert wire.send("POST", path, card, cookie)[0] in (401, 403)
    assert wire.send("POST", path, card, {**cookie, "X-Zimbra-Csrf-Token": answer.findtext("csrfToken")})[0] == 200
    assert wire.send("GET", path, None, cookie)[0] == 200
