from __future__ import annotations

import re

import pytest

from tests.zimbra.simulator.wire import Fault, Wire, calendar, event
from zimbra.simulator.server import SimulatorServer
from zimbra.simulator.store.uploads import LIFETIME


def _upload(agent: Wire, body: bytes, query: str = "fmt=raw", **headers: str) -> str:
    given = {
        "Cookie": f"ZM_AUTH_TOKEN={agent.token}",
        **{key.replace("_", "-"): value for key, value in headers.items()},
    }
    status, _, data = agent.send("POST", f"/service/upload?{query}", body, given)
    assert status == 200
    return data.decode().strip()


def _plain(agent: Wire, body: bytes, name: str = "a.ics") -> str:
    line = _upload(agent, body, Content_Type="text/calendar", Content_Disposition=f'attachment; filename="{name}"')
    found = re.fullmatch(r"200,'null','([^',]+)'", line)
    assert found
    return found[1]


def _import(agent: Wire, aid: str) -> int:
    answer = agent.mail(f'<ImportAppointmentsRequest ct="ics"><content aid="{aid}"/></ImportAppointmentsRequest>')
    return int(answer.find("appt").get("n"))


def test_an_upload_is_used_once(agent: Wire) -> None:
    aid = _plain(agent, calendar(event("u")).encode())
    assert _import(agent, aid) == 1
    with pytest.raises(Fault, match=r"mail\.NO_SUCH_UPLOAD"):
        _import(agent, aid)


def test_a_form_brings_several_files_and_its_own_number(agent: Wire) -> None:
    part = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = b"".join(
        [
            part.format("requestId", "").encode() + b"n1\r\n",
            part.format("f", '; filename="a.png"').encode() + b"\x89PNG\r\n\r\n--x\r\n",
            part.format("g", '; filename="b.png"').encode() + b"b\r\n",
            b"--b--\r\n",
        ]
    )
    line = _upload(agent, body, Content_Type='multipart/form-data; boundary="b"')
    found = re.fullmatch(r"200,'n1','([^',]+),([^',]+)'", line)
    assert found
    created = agent.mail(
        f'<CreateContactRequest><cn><a n="lastName">x</a><a n="image" aid="{found[1]}"/></cn></CreateContactRequest>'
    )
    image = created.find("cn/a[@n='image']")
    assert (image.get("s"), image.get("filename")) == (str(len(b"\x89PNG\r\n\r\n--x")), "a.png")


def test_an_upload_belongs_to_its_account(admin: Wire, agent: Wire, wire: Wire) -> None:
    admin.create_account("autre-depot@ac-reunion.fr")
    aid = _plain(wire.sign_in("autre-depot@ac-reunion.fr"), calendar(event("u")).encode())
    with pytest.raises(Fault, match=r"mail\.NO_SUCH_UPLOAD"):
        _import(agent, aid)


def test_an_upload_expires(simulator: SimulatorServer, agent: Wire) -> None:
    aid = _plain(agent, calendar(event("u")).encode())
    with simulator.database.transaction(write=True) as db:
        db.execute("UPDATE uploads SET expires = expires - ? WHERE aid = ?", (LIFETIME, aid))
    with pytest.raises(Fault, match=r"mail\.NO_SUCH_UPLOAD"):
        _import(agent, aid)


def test_an_upload_that_served_a_refused_request_can_serve_again(agent: Wire) -> None:
    aid = _plain(agent, calendar(event("u")).encode())
    with pytest.raises(Fault, match=r"mail\.NO_SUCH_FOLDER"):
        agent.mail(
            f'<CreateContactRequest><cn l="9"><a n="image" aid="{aid}"/></cn></CreateContactRequest>'.replace(
                '"9"', '"99"'
            )
        )
    assert _import(agent, aid) == 1


def test_refusals_stand_in_the_line(admin: Wire, agent: Wire, address: str) -> None:
    assert _upload(agent, b"x") == "204,'null'"
    admin.modify_account(address, zimbraFileUploadMaxSize="10", zimbraMtaMaxMessageSize="100")
    named = {"Content_Type": "text/plain; name=a"}
    assert _upload(agent, b"x" * 50, **named).startswith("200")
    assert _upload(agent, b"x" * 50, "fmt=raw&lbfums=1", **named) == "413,'null'"
    assert "window.parent._uploadManager.loaded(200," in _upload(agent, b"x", "", **named)
    agent.token = "faux"
    assert _upload(agent, b"x", **named) == "401,'null'"
