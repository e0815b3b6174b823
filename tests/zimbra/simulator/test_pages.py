from __future__ import annotations

import re

from tests.each import each
from tests.zimbra.simulator.mail_clients import deliver, letter
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.wire import Wire, calendar, event
from zimbra.simulator.http import Request
from zimbra.simulator.server import SimulatorServer


def _page(wire: Wire, path: str) -> tuple[int, str]:
    status, headers, body = wire.send("GET", path)
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["content-security-policy"]
    return status, body.decode()


def test_the_first_pages_list_the_accounts(wire: Wire, address: str) -> None:
    path, found = "/", False
    while path and not found:
        status, text = _page(wire, path)
        assert status == 200
        assert 'lang="fr"' in text
        assert 'name="viewport"' in text
        found = f'href="/mailbox/{address}"' in text
        following = re.search(r'rel="next" href="([^"]+)"', text)
        path = following[1] if following else ""
    assert found


def test_a_mailbox_shows_its_folders_and_counts(agent: Wire, address: str) -> None:
    assert "n’a encore jamais servi" in _page(agent, f"/mailbox/{address}")[1]
    agent.contact(lastName="Hoarau")
    agent.import_ics(calendar(event("u1"), event("u2")))
    text = _page(agent, f"/mailbox/{address}")[1]
    assert "0 message, 1 contact, 2 événements, 0 tâche." in text
    assert "0 message parti vers d’autres serveurs" in text


def test_what_a_folder_holds_is_shown_and_harmless(agent: Wire, address: str) -> None:
    agent.contact(lastName="<script>alert(1)</script>", email="m@x.fr", notes="a\nb")
    agent.import_ics(calendar(event("u", "SUMMARY:<b>Conseil</b>", "LOCATION:Salle 3", "RRULE:FREQ=WEEKLY;COUNT=3")))
    agent.import_ics(
        calendar("BEGIN:VTODO\nUID:t\nSUMMARY:Copies\nDUE;VALUE=DATE:20260905\nPERCENT-COMPLETE:40\nEND:VTODO"), "15"
    )
    contacts = _page(agent, f"/mailbox/{address}?dossier=7")[1]
    assert "<script>" not in contacts
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in contacts
    assert "m@x.fr" in contacts
    events = _page(agent, f"/mailbox/{address}?dossier=10")[1]
    assert "&lt;b&gt;Conseil&lt;/b&gt;" in events
    assert "01/09/2026 à 08:00" in events
    assert "toutes les semaines" in events
    tasks = _page(agent, f"/mailbox/{address}?dossier=15")[1]
    assert "05/09/2026" in tasks
    assert "40 %" in tasks


def test_messages_are_shown_with_their_state(simulator: SimulatorServer, agent: Wire, address: str) -> None:
    deliver(simulator, address, letter("<i>Rentrée</i>", From="=?utf-8?q?L=C3=A9a?= <lea@x.fr>"))
    assert "1 message, " in _page(agent, f"/mailbox/{address}")[1]
    assert "(1 non lu)" in _page(agent, f"/mailbox/{address}")[1]
    text = _page(agent, f"/mailbox/{address}?dossier=2")[1]
    assert "&lt;i&gt;Rentrée&lt;/i&gt;" in text
    assert "Léa" in text
    assert "non lu" in text


def test_what_is_shared_is_shown_on_both_sides(agent: Wire, owner: Person, member: Person) -> None:
    folder = owner.new_folder("Partagé & Co", view="message")
    owner.grant(folder, member.address, "rw")
    owner.grant(folder, "", "r", gt="pub")
    member.mount(owner, folder, "<lien>", view="message")
    text = _page(agent, f"/mailbox/{owner.address}")[1]
    assert f"{member.address} (rw)" in text
    assert "tout le monde (r)" in text
    text = _page(agent, f"/mailbox/{member.address}")[1]
    assert "&lt;lien&gt;" in text
    assert f"lien vers le dossier {folder} de {owner.address}" in text


def test_settings_are_shown_and_harmless(agent: Wire, address: str) -> None:
    agent.mail(
        '<ModifyFilterRulesRequest><filterRules><filterRule name="&lt;b&gt;Tri" active="1"><filterTests>'
        '<headerTest header="subject" stringComparison="contains" value="x"/></filterTests><filterActions>'
        "<actionStop/></filterActions></filterRule></filterRules></ModifyFilterRulesRequest>"
    )
    agent.soap(
        '<CreateIdentityRequest xmlns="urn:zimbraAccount"><identity name="Direction">'
        '<a name="zimbraPrefFromAddress">ce.1@ac-reunion.fr</a></identity></CreateIdentityRequest>'
    )
    agent.soap(
        '<CreateSignatureRequest xmlns="urn:zimbraAccount"><signature name="Courte"><content type="text/plain">x'
        "</content></signature></CreateSignatureRequest>"
    )
    agent.soap(
        '<ModifyPrefsRequest xmlns="urn:zimbraAccount">'
        '<pref name="zimbraPrefMailForwardingAddress">autre@x.fr</pref>'
        '<pref name="zimbraPrefOutOfOfficeReplyEnabled">TRUE</pref>'
        '<pref name="zimbraPrefOutOfOfficeReply">Absent &lt;script&gt;</pref></ModifyPrefsRequest>'
    )
    text = _page(agent, f"/mailbox/{address}")[1]
    for shown in ("&lt;b&gt;Tri", "Direction (ce.1@ac-reunion.fr)", "Courte", "autre@x.fr", "Absent &lt;script&gt;"):
        assert shown in text


def test_long_lists_come_in_pages(agent: Wire, address: str) -> None:
    inner = "".join(
        f'<CreateContactRequest xmlns="urn:zimbraMail"><cn><a n="lastName">N{number:03}</a></cn></CreateContactRequest>'
        for number in range(120)
    )
    agent.soap(f'<BatchRequest xmlns="urn:zimbra">{inner}</BatchRequest>')
    first, second = (_page(agent, f"/mailbox/{address}?dossier=7{more}")[1] for more in ("", "&debut=100"))
    assert "N099" in first
    assert "N100" not in first
    assert "Page suivante" in first
    assert "N119" in second
    assert "Page précédente" in second


@each("more", ["?dossier=abc", "?dossier=99999", "?dossier=" + "9" * 5000, "?debut=-1", "?debut=x"])
def test_odd_addresses_still_show_the_mailbox(agent: Wire, address: str, more: str) -> None:
    agent.contact(lastName="Hoarau")
    assert _page(agent, f"/mailbox/{address}{more}")[0] == 200


def test_an_unknown_account_is_404_and_pages_cannot_be_posted_to(wire: Wire) -> None:
    assert _page(wire, "/mailbox/%3Cscript%3E")[0] == 404
    assert wire.send("POST", "/", "x")[0] == 405
    assert wire.send("GET", "/rien")[0] == 404


@each(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_who_is_on_this_machine(address: str, near: bool) -> None:
    assert Request({"REQUEST_METHOD": "GET", "REMOTE_ADDR": address}).from_this_machine is near
