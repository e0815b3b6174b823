from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.each import each
from tests.zimbra.simulator.wire import Fault, Wire, calendar, event


def _search(agent: Wire, query: str, types: str = "contact", **attrs: str) -> Any:
    given = " ".join(f'{key}="{value}"' for key, value in {"limit": "100", "sortBy": "nameAsc", **attrs}.items())
    return agent.mail(f'<SearchRequest types="{types}" {given}><query>{escape(query)}</query></SearchRequest>')


def _names(agent: Wire, query: str, types: str = "contact", **attrs: str) -> list[str]:
    return [one.get("fileAsStr") or one.get("name") for one in _search(agent, query, types, **attrs)]


@pytest.fixture
def filled(agent: Wire) -> Wire:
    made = agent.mail('<CreateFolderRequest><folder name="Carnet Élèves" l="1" view="contact"/></CreateFolderRequest>')
    agent.contact(firstName="Aurélie", lastName="Técher", email="aurelie@x.fr")
    agent.contact(lastName="Hoarau", email="m@x.fr", email2="marie@y.fr", notes="rentrée scolaire")
    agent.contact(folder=made.find("folder").get("id"), lastName="Payet", email="p@x.fr")
    agent.contact(folder="3", lastName="Poubelle", email="p@z.fr")
    agent.mail('<ContactActionRequest><action op="tag" tn="À voir" id="258"/></ContactActionRequest>')
    return agent


@each(
    ("query", "found"),
    [
        ("", ["Hoarau", "Payet", "Técher, Aurélie"]),
        ("is:anywhere", ["Hoarau", "Payet", "Poubelle", "Técher, Aurélie"]),
        ('in:"Carnet Élèves"', ["Payet"]),
        ('in:"/carnet élèves"', ["Payet"]),
        ("in:contacts", ["Hoarau", "Técher, Aurélie"]),
        ("inid:3", ["Poubelle"]),
        ("under:/", ["Hoarau", "Payet", "Poubelle", "Técher, Aurélie"]),
        ("techer", ["Técher, Aurélie"]),
        ("TÉCH*", ["Técher, Aurélie"]),
        ("echer", []),
        ("#email:marie@y.fr", ["Hoarau"]),
        ("#email:aurelie*", ["Técher, Aurélie"]),
        ('"rentrée scolaire"', ["Hoarau"]),
        ("hoarau OR payet", ["Hoarau", "Payet"]),
        ("in:contacts -hoarau", ["Técher, Aurélie"]),
        ("in:contacts NOT hoarau", ["Técher, Aurélie"]),
        ("in:contacts AND (hoarau OR payet)", ["Hoarau"]),
        ("(in:contacts hoarau) OR payet", ["Hoarau", "Payet"]),
        ('tag:"à voir"', ["Técher, Aurélie"]),
    ],
)
def test_queries_find(filled: Wire, query: str, found: list[str]) -> None:
    assert _names(filled, query) == found


@each("query", ["is:bizarre", "(hoarau", "hoarau)", "inid:abc", "-", "- )", "NOT) x", "(" * 100])
def test_a_query_nobody_can_read_is_told(filled: Wire, query: str) -> None:
    with pytest.raises(Fault, match=r"mail\.QUERY_PARSE_ERROR"):
        _search(filled, query)


def test_pages_and_more(agent: Wire) -> None:
    for number in range(5):
        agent.contact(lastName=f"N{number}")
    first = _search(agent, "in:contacts", limit="2")
    assert (first.get("more"), first.get("offset"), len(first)) == ("1", "0", 2)
    last = _search(agent, "in:contacts", limit="2", offset="4")
    assert (last.get("more"), len(last)) == ("0", 1)
    assert _names(agent, "in:contacts", sortBy="nameDesc")[0] == "N4"


def test_appointments_and_tasks_show_uid_folder_and_name(agent: Wire) -> None:
    agent.import_ics(calendar(event("u1", "SUMMARY:Conseil", "LOCATION:Salle 3")))
    agent.import_ics(calendar("BEGIN:VTODO\nUID:t1\nSUMMARY:Copies\nEND:VTODO"), "15")
    found = _search(agent, "is:anywhere", "appointment,task")
    assert [(one.tag, one.get("uid"), one.get("l"), one.get("name")) for one in found] == [
        ("appt", "u1", "10", "Conseil"),
        ("task", "t1", "15", "Copies"),
    ]
    assert _names(agent, "salle", "appointment") == ["Conseil"]
    assert _names(agent, "subject:conseil", "appointment") == ["Conseil"]
    assert _names(agent, "uid:u1", "appointment,task") == ["Conseil"]


def test_a_span_expands_and_leaves_out_what_is_elsewhere(agent: Wire) -> None:
    agent.import_ics(calendar(event("u1", "SUMMARY:Un", "RRULE:FREQ=DAILY;COUNT=10"), event("u2", "SUMMARY:Deux")))
    day = 86_400_000
    since = 1_788_220_800_000 + 2 * day
    found = _search(agent, "", "appointment", calExpandInstStart=str(since), calExpandInstEnd=str(since + 3 * day))
    assert [one.get("uid") for one in found] == ["u1"]
    assert len(found[0].findall("inst")) == 3


@each("text", ["", "  ", "hier", "1_0", "9" * 40])
@each("name", ["calExpandInstStart", "calExpandInstEnd"])
def test_a_span_that_is_no_number_is_a_failure(agent: Wire, name: str, text: str) -> None:
    span = {"calExpandInstStart": " 1 ", "calExpandInstEnd": "999999999999999999", name: text}
    with pytest.raises(Fault, match=r"service\.FAILURE"):
        _search(agent, "in:calendar", "appointment", **span)


def test_an_unknown_type_is_invalid_and_mail_is_empty(agent: Wire) -> None:
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        _search(agent, "", "poisson")
    assert len(_search(agent, "in:inbox", "message")) == 0


def test_get_item_finds_any_kind(agent: Wire) -> None:
    contact = agent.contact(lastName="Hoarau")
    (ids,) = agent.import_ics(calendar(event("u1")))
    assert agent.mail(f'<GetItemRequest><item id="{contact}"/></GetItemRequest>')[0].tag == "cn"
    assert agent.mail(f'<GetItemRequest><item id="{ids.split("-")[0]}"/></GetItemRequest>')[0].get("uid") == "u1"
    with pytest.raises(Fault, match=r"mail\.NO_SUCH_ITEM"):
        agent.mail('<GetItemRequest><item id="9999"/></GetItemRequest>')
