from __future__ import annotations

import pytest

from tests.zimbra.simulator.mails import act, add, find, letter, send
from tests.zimbra.simulator.wire import Fault, Wire, calendar, event


def used(agent: Wire) -> int:
    return int(agent.soap('<GetInfoRequest xmlns="urn:zimbraAccount" sections="mbox"/>').findtext("used"))


def test_use_of_a_mailbox_grows_and_shrinks_with_its_messages(agent: Wire) -> None:
    before = used(agent)
    item = add(agent).get("id")
    assert used(agent) == before + len(letter())
    act(agent, "delete", item)
    assert used(agent) == before


def test_full_mailbox_takes_nothing_more(agent: Wire, admin: Wire, address: str) -> None:
    item = add(agent).get("id")
    contact = agent.contact(lastName="Hoarau")
    admin.modify_account(address, zimbraMailQuota=str(used(agent) + 10))
    ways = {
        "add": lambda: add(agent),
        "copy": lambda: act(agent, "copy", item, l="5"),
        "contact": lambda: agent.contact(lastName="Payet", notes="x" * 100),
        "copied contact": lambda: act(agent, "copy", contact, l="13", request="ItemActionRequest"),
        "sent": lambda: send(agent, "dehors@ailleurs.example"),
    }
    for name, way in ways.items():
        with pytest.raises(Fault) as refused:
            way()
        assert refused.value.code == "mail.QUOTA_EXCEEDED", name
    # An import goes on to the next appointment, whatever the fault.
    assert agent.import_ics(calendar(event("u1", "SUMMARY:" + "x" * 100))) == []
    assert len(find(agent, "is:anywhere")) == 1
    admin.modify_account(address, zimbraMailQuota="0")
    add(agent)


def test_message_larger_than_allowed_is_refused(agent: Wire, admin: Wire, address: str) -> None:
    admin.modify_account(address, zimbraMtaMaxMessageSize="100")
    with pytest.raises(Fault) as refused:
        add(agent, letter(text="x" * 200))
    assert refused.value.code == "mail.MESSAGE_TOO_BIG"
