from __future__ import annotations

import pytest

from tests.zimbra.simulator.account_requests import account
from tests.zimbra.simulator.wire import Fault, Wire


def _lists(wire: Wire) -> dict[str, list[str]]:
    answer = account(wire, "<GetWhiteBlackListRequest/>")
    return {one.tag: [address.text for address in one] for one in answer}


def _modify(wire: Wire, inside: str) -> None:
    account(wire, f"<ModifyWhiteBlackListRequest>{inside}</ModifyWhiteBlackListRequest>")


def test_senders_are_added_removed_and_replaced(agent: Wire) -> None:
    assert _lists(agent) == {"whiteList": [], "blackList": []}
    _modify(agent, '<whiteList><addr op="+">a@x.fr</addr><addr op="+">y.fr</addr></whiteList>')
    _modify(agent, '<whiteList><addr op="-">a@x.fr</addr></whiteList><blackList><addr op="+">z.fr</addr></blackList>')
    assert _lists(agent) == {"whiteList": ["y.fr"], "blackList": ["z.fr"]}
    _modify(agent, "<whiteList><addr>b@x.fr</addr><addr>c@x.fr</addr></whiteList>")
    assert _lists(agent) == {"whiteList": ["b@x.fr", "c@x.fr"], "blackList": ["z.fr"]}
    _modify(agent, "<whiteList/>")
    assert _lists(agent) == {"whiteList": [], "blackList": ["z.fr"]}


@pytest.mark.parametrize("name", ["whiteList", "blackList"])
def test_a_list_holds_a_hundred(agent: Wire, name: str) -> None:
    _modify(agent, f"<{name}>{''.join(f'<addr>n{n}@x.fr</addr>' for n in range(100))}</{name}>")
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        _modify(agent, f'<{name}><addr op="+">encore@x.fr</addr></{name}>')
    _modify(agent, f'<{name}><addr op="+">n7@x.fr</addr></{name}>')
    assert len(_lists(agent)[name]) == 100


@pytest.mark.parametrize("second", ["<addr>b@x.fr</addr>", '<addr op="*">b@x.fr</addr>'])
def test_changes_and_a_whole_list_do_not_mix(agent: Wire, second: str) -> None:
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        _modify(agent, f'<whiteList><addr op="+">a@x.fr</addr>{second}</whiteList>')
    assert _lists(agent)["whiteList"] == []


def test_the_lists_in_json(agent: Wire) -> None:
    agent.json(
        "ModifyWhiteBlackListRequest",
        "urn:zimbraAccount",
        {"whiteList": {"addr": [{"op": "+", "_content": "a@x.fr"}]}},
    )
    found = agent.json("GetWhiteBlackListRequest", "urn:zimbraAccount", {})
    assert found["whiteList"] == [{"addr": [{"_content": "a@x.fr"}]}]
    assert found["blackList"] == [{}]
