"""The client when the service fails it: what is raised, what is known, what is tried again."""

from pathlib import Path

import pytest

from tests.simulated import PASSWORD, Simulated, start_simulator
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost, Unavailable
from zimbra.transport import HttpTransport, Limits
from zimbra.types import NewContact


def test_lost_answer_of_a_batch_is_told_apart_from_a_server_that_is_down(simulated: Simulated) -> None:
    contacts = [NewContact({"firstName": str(n)}) for n in range(6)]
    with simulated.client(simulated.create_account()) as client:
        with simulated.disturbed(mode="503"), pytest.raises(Unavailable):
            client.create_contacts("7", contacts)
        assert list(client.contacts("7")) == []
        with simulated.disturbed(mode="lost"), pytest.raises(AnswerLost):
            client.create_contacts("7", contacts)
        assert len(list(client.contacts("7"))) == 6


def test_batch_cut_in_the_middle_tells_what_is_known(simulated: Simulated) -> None:
    contacts = [NewContact({"firstName": str(n)}) for n in range(6)]
    with simulated.client(simulated.create_account()) as client:
        with simulated.disturbed(mode="lost", after=1):
            outcomes = client.create_contacts("7", contacts, max_children=2)
        states = [(o.done, o.lost, o.passing) for o in outcomes]
        assert states == [(True, False, False)] * 2 + [(False, True, False)] * 2 + [(False, False, True)] * 2
        assert len(list(client.contacts("7"))) == 4


def test_item_refused_on_demand_costs_no_other(simulated: Simulated) -> None:
    with simulated.client(simulated.create_account()) as client:
        with simulated.disturbed(refuse={"k": 2, "code": "mail.QUOTA_EXCEEDED"}):
            outcomes = client.create_contacts("7", [NewContact({"firstName": str(n)}) for n in range(3)])
        assert [outcome.code for outcome in outcomes] == ["", "mail.QUOTA_EXCEEDED", ""]


def test_reading_survives_an_overloaded_moment(simulated: Simulated) -> None:
    address = simulated.create_account()
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        simulated.disturb()

    transport = HttpTransport(Limits(attempts=2), pause=wait)
    with ZimbraClient.sign_in(simulated.url, address, PASSWORD, transport=transport) as client:
        simulated.disturb(mode="503")
        assert client.folders().id == "1"
    transport.close()
    assert len(waited) == 1


def test_mailbox_survives_a_restart_of_the_simulator(tmp_path: Path) -> None:
    with start_simulator(tmp_path / "zimbra") as first:
        address = first.create_account()
        with first.client(address) as client:
            client.create_contacts("7", [NewContact({"firstName": "Marie"})])
    with start_simulator(tmp_path / "zimbra") as second, second.client(address) as client:
        assert [contact.attributes["firstName"] for contact in client.contacts("7")] == ["Marie"]
