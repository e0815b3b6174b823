from __future__ import annotations

from typing import Any

import pytest

from tests.each import each
from tests.zimbra.simulator.mails import act, add, find, get, letter
from tests.zimbra.simulator.wire import Fault, Wire


def conversation(wire: Wire, number: str, **attrs: str) -> Any:
    listed = "".join(f' {name}="{value}"' for name, value in attrs.items())
    return wire.mail(f'<GetConvRequest><c id="{number}"{listed}/></GetConvRequest>').find("c")


def thread(wire: Wire) -> str:
    """Two messages of one conversation; its number."""
    add(wire, letter("Menu", "un", Message_ID="<1@x>"), f="u", d="1000")
    made = add(wire, letter("Autre titre", "deux", Message_ID="<2@x>", In_Reply_To="<1@x>"), d="2000")
    return str(made.get("cid"))


def test_message_alone_is_a_conversation_with_its_own_number(agent: Wire) -> None:
    made = add(agent)
    found = conversation(agent, made.get("cid"))
    assert (found.get("id"), found.get("n")) == ("-" + made.get("id"), "1")


def test_answer_joins_what_it_answers(agent: Wire) -> None:
    number = thread(agent)
    found = conversation(agent, number)
    assert (found.get("id"), found.get("n"), found.get("u"), found.get("f")) == (number, "2", "1", "u")
    assert [m.findtext("fr") for m in found.findall("m")] == ["un", "deux"]
    assert int(number) > 0


def test_number_of_a_lone_message_still_works_when_it_has_company(agent: Wire) -> None:
    alone = add(agent, letter("Menu", Message_ID="<1@x>")).get("cid")
    number = add(agent, letter("Re: Menu", References="<0@x> <1@x>")).get("cid")
    assert conversation(agent, alone).get("id") == number


@pytest.mark.parametrize(
    ("subject", "joins"),
    [("Re: Menu", True), ("RE: re: menu", True), ("Fwd: Menu", True), ("Menu", False), ("Re: Autre", False)],
)
def test_answer_that_names_no_message_joins_by_its_subject(agent: Wire, subject: str, joins: bool) -> None:
    add(agent, letter("Menu"))
    assert (int(add(agent, letter(subject)).get("cid")) > 0) is joins


def test_conversation_is_opened_as_far_as_wanted(agent: Wire) -> None:
    number = thread(agent)
    for fetch, opened in (("all", [True, True]), ("1", [True, False]), ("u", [True, False]), ("0", [False, False])):
        found = conversation(agent, number, fetch=fetch)
        assert [m.find("mp") is not None for m in found.findall("m")] == opened, fetch


def test_search_within_a_conversation_marks_what_matches(agent: Wire) -> None:
    number = thread(agent)
    request = f'<SearchConvRequest cid="{number}" fetch="hits"><query>deux</query></SearchConvRequest>'
    answer = agent.mail(request)
    assert [(m.get("cm"), m.findtext("fr"), m.get("cid")) for m in answer.findall("m")] == [
        ("1", "deux", number),
        (None, "un", number),
    ]
    assert answer[0].find("mp") is not None
    nested = agent.mail(request.replace("<SearchConvRequest", '<SearchConvRequest nest="1"')).find("c")
    assert (nested.get("id"), len(nested.findall("m"))) == (number, 2)


def test_search_within_a_conversation_has_pages(agent: Wire) -> None:
    number = thread(agent)
    request = f'<SearchConvRequest cid="{number}" limit="1"><query>is:anywhere</query></SearchConvRequest>'
    assert agent.mail(request).get("more") == "1"


@each(
    ("number", "query", "code"),
    [
        (" {}", "x", "service.INVALID_REQUEST"),
        ("{} ", "x", "service.INVALID_REQUEST"),
        ("", "x", "service.INVALID_REQUEST"),
        ("texte", "x", "service.INVALID_REQUEST"),
        ("{}", " ", "mail.QUERY_PARSE_ERROR"),
        ("99999", "x", "mail.NO_SUCH_CONV"),
    ],
)
def test_search_within_a_conversation_refuses_what_makes_no_sense(
    agent: Wire, number: str, query: str, code: str
) -> None:
    cid = number.format(thread(agent))
    with pytest.raises(Fault) as refused:
        agent.mail(f'<SearchConvRequest cid="{cid}"><query>{query}</query></SearchConvRequest>')
    assert refused.value.code == code


def test_action_on_a_conversation_reaches_all_its_messages(agent: Wire) -> None:
    number = thread(agent)
    done = act(agent, "flag", number, request="ConvActionRequest")
    assert (done.get("id"), done.get("op")) == (number, "flag")
    assert len(find(agent, "is:flagged")) == 2
    act(agent, "trash", number, request="ConvActionRequest")
    assert len(find(agent, "in:trash")) == 2


def test_action_on_a_conversation_spares_what_the_constraint_names(agent: Wire) -> None:
    number = thread(agent)
    sent = add(agent, letter("Re: Menu", Message_ID="<3@x>", In_Reply_To="<2@x>"), folder="5")
    assert sent.get("cid") == number
    act(agent, "trash", number, request="ConvActionRequest", tcon="-s")
    assert get(agent, sent.get("id")).get("l") == "5"
    assert len(find(agent, "in:trash")) == 2


def test_deleted_conversation_is_gone(agent: Wire) -> None:
    number = thread(agent)
    act(agent, "delete", number, request="ConvActionRequest")
    with pytest.raises(Fault) as refused:
        conversation(agent, number)
    assert refused.value.code == "mail.NO_SUCH_CONV"
    assert act(agent, "delete", number, request="ConvActionRequest", nei="1").get("nei") == number


@each("constraint", ["x", "-1", "1.5", "t j", "-"])
def test_constraint_that_makes_no_sense_is_refused(agent: Wire, constraint: str) -> None:
    number = thread(agent)
    with pytest.raises(Fault) as refused:
        act(agent, "read", number, request="ConvActionRequest", tcon=constraint)
    assert refused.value.code == "service.INVALID_REQUEST"


@pytest.mark.parametrize(
    ("way", "answers", "other_title", "by_title"),
    [
        ("references", True, True, True),
        ("strict", True, True, False),
        ("subjrefs", True, False, True),
        ("subject", True, False, True),
        ("none", False, False, False),
    ],
)
def test_conversations_are_made_the_way_the_account_wants(
    agent: Wire, admin: Wire, address: str, way: str, answers: bool, other_title: bool, by_title: bool
) -> None:
    admin.modify_account(address, zimbraMailThreadingAlgorithm=way)
    cases = (
        (answers, letter("Re: Un", In_Reply_To="<Un@x>"), "Un"),
        (other_title, letter("Tout autre chose", In_Reply_To="<Deux@x>"), "Deux"),
        (by_title, letter("Re: Trois"), "Trois"),
    )
    for joins, raw, title in cases:
        add(agent, letter(title, Message_ID=f"<{title}@x>"))
        assert (int(add(agent, raw).get("cid")) > 0) is joins, title
