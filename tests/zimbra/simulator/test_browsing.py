from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.zimbra.simulator.people import refused
from tests.zimbra.simulator.wire import Wire


def _domains(agent: Wire, **attrs: str) -> list[tuple[str, str, str]]:
    given = "".join(f' {name}="{value}"' for name, value in attrs.items())
    found = agent.mail(f'<BrowseRequest browseBy="domains"{given}/>')
    return [(one.text, one.get("freq"), one.get("h")) for one in found.findall("bd")]


def test_domains_one_corresponds_with_are_counted_and_placed(agent: Wire, arrive: Callable[..., None]) -> None:
    assert _domains(agent) == []
    arrive("Un", From="Anne <anne@ecole.example>")
    arrive("Deux", From="Zoé <zoe@ecole.example>", Cc="bob@Rectorat.example, anne@ecole.example")
    assert _domains(agent) == [
        ("ac-reunion.fr", "2", "t"), ("ecole.example", "2", "fc"), ("rectorat.example", "1", "c"),
    ]  # fmt: skip
    assert [one[0] for one in _domains(agent, regex=".*\\.example")] == ["ecole.example", "rectorat.example"]
    assert [one[0] for one in _domains(agent, maxResults="1")] == ["ac-reunion.fr"]


def test_kinds_of_attachments_are_counted(agent: Wire) -> None:
    part = "--x\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\nPDF\n"
    head = "Subject: s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
    raw = f"{head}--x\nContent-Type: text/plain\n\nTexte\n{part}{part}--x--\n"
    for _ in range(2):
        agent.mail(f'<AddMsgRequest><m l="2"><content>{raw}</content></m></AddMsgRequest>')
    found = agent.mail('<BrowseRequest browseBy="attachments"/>').findall("ba")
    assert [(one.text, one.get("freq")) for one in found] == [("application/pdf", "2")]
    assert len(agent.mail('<BrowseRequest browseBy="objects"/>')) == 0


@pytest.mark.parametrize("attrs", ['browseBy="couleurs"', "", 'browseBy="domains" regex="(a+)+"'])
def test_browsing_by_what_is_not_known_is_refused(agent: Wire, attrs: str) -> None:
    with refused("service.INVALID_REQUEST"):
        agent.mail(f"<BrowseRequest {attrs}/>")


def test_ranking_is_forgotten_at_once(agent: Wire) -> None:
    agent.mail('<RankingActionRequest><action op="reset"/></RankingActionRequest>')
    agent.mail('<RankingActionRequest><action op="delete" email="a@x.fr"/></RankingActionRequest>')
    for action in ('op="delete"', 'op="monter"', ""):
        with refused("service.INVALID_REQUEST"):
            agent.mail(f"<RankingActionRequest><action {action}/></RankingActionRequest>")
