from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest

from tests.each import each
from tests.zimbra.simulator.wire import Fault, Wire, create_contact
from zimbra.simulator.disturbances import BadDisturbance, Disturbances
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.server import SimulatorServer


@pytest.fixture
def agent(own_simulator: SimulatorServer) -> Iterator[Wire]:
    """Signed in on a simulator of its own: trouble is for everybody."""
    client = Wire(own_simulator.port).sign_in_admin()
    client.create_account("x@ac-reunion.fr")
    yield client.sign_in("x@ac-reunion.fr")
    client.connection.close()


def test_down_drops_connections_without_an_answer(agent: Wire) -> None:
    agent.faults({"mode": "down"})
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        agent.mail("<NoOpRequest/>")
    assert agent.faults(None)["mode"] == ""
    agent.mail("<NoOpRequest/>")


def test_lost_does_the_work_and_loses_the_answer(agent: Wire) -> None:
    agent.faults({"mode": "lost"})
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        agent.contact(lastName="Hoarau")
    agent.faults(None)
    assert len(agent.mail("<GetContactsRequest/>")) == 1


def test_503_after_some_requests(agent: Wire) -> None:
    agent.faults({"mode": "503", "seconds": 600, "after": 1})
    agent.mail("<NoOpRequest/>")
    assert agent.send("POST", "/service/soap", agent.envelope("<NoOpRequest/>"))[0] == 503
    assert agent.send("GET", "/home/~/Calendar?fmt=ics")[0] == 503


def test_a_mode_is_over_after_its_seconds(agent: Wire) -> None:
    agent.faults({"mode": "503", "seconds": 0})
    agent.mail("<NoOpRequest/>")


def test_slow_waits_first(monkeypatch: pytest.MonkeyPatch) -> None:
    disturbances = Disturbances()
    waited: list[float] = []
    monkeypatch.setattr(disturbances, "pause", waited.append)
    assert disturbances.request_arrived() == ""
    disturbances.set({"mode": "slow", "delay": 0.3})
    assert disturbances.request_arrived() == ""
    assert waited == [0.3]


def test_a_slow_request_does_not_hold_up_the_end() -> None:
    disturbances = Disturbances()
    disturbances.set({"mode": "slow", "delay": 600})
    disturbances.stop()
    assert disturbances.request_arrived() == ""


def test_the_kth_item_is_refused_with_the_code_asked_for(agent: Wire) -> None:
    agent.faults({"refuse": {"k": 2, "code": "mail.QUOTA_EXCEEDED"}})
    agent.contact(lastName="A")
    with pytest.raises(Fault, match=r"mail\.QUOTA_EXCEEDED"):
        agent.contact(lastName="B")
    agent.contact(lastName="C")
    assert len(agent.mail("<GetContactsRequest/>")) == 2


def test_items_that_contain_a_text_are_refused_in_a_batch_too(agent: Wire) -> None:
    agent.faults({"refuse": {"containing": "Dupont"}})
    inner = "".join(
        create_contact(lastName=name).replace("Request", 'Request xmlns="urn:zimbraMail"', 1)
        for name in ("Hoarau", "Dupont", "Payet")
    )
    answer = agent.soap(f'<BatchRequest xmlns="urn:zimbra">{inner}</BatchRequest>')
    assert [one.tag for one in answer] == ["CreateContactResponse", "Fault", "CreateContactResponse"]
    cards = "BEGIN:VCARD\nFN:Jean Dupont\nEND:VCARD\n"
    cookie = {"Cookie": f"ZM_AUTH_TOKEN={agent.token}"}
    assert agent.send("POST", "/home/~/Contacts?fmt=vcf", cards, cookie)[0] == 500


@each("wanted", [[], "x", {"mode": "fire"}, {"what": 1}, {"refuse": {}}, {"mode": "slow", "delay": "x"}])
def test_nonsense_is_refused(wanted: object) -> None:
    with pytest.raises(BadDisturbance):
        Disturbances().set(wanted)


def test_nonsense_over_http_is_400(agent: Wire) -> None:
    assert agent.send("POST", "/simulator/faults", "{")[0] == 400
    assert agent.send("PUT", "/simulator/faults", "{}")[0] == 405


def test_what_is_on_is_shown(agent: Wire) -> None:
    shown = agent.faults({"mode": "slow", "delay": 0, "refuse": {"k": 5}})
    assert (shown["mode"], shown["delay"], shown["refuse"]["k"], shown["items"]) == ("slow", 0, 5, 0)
    agent.contact(lastName="A")
    assert agent.send("GET", "/simulator/faults")[2].count(b'"items": 1') == 1


def test_counting_starts_when_the_refusal_is_set() -> None:
    disturbances = Disturbances()
    disturbances.item_created("avant")
    disturbances.set({"refuse": {"k": 1}})
    with pytest.raises(SoapFault):
        disturbances.item_created("après")
    disturbances.item_created("ensuite")
