from __future__ import annotations

import pytest

from tests.each import each
from tests.zimbra.simulator.mails import add, get, letter
from tests.zimbra.simulator.wire import Fault, Wire

MIXED = """From: Marie Martin <marie@exemple.fr>
To: agent@ac-reunion.fr
Cc: "Dupont, Jean" <jean@exemple.fr>
Subject: =?utf-8?Q?R=C3=A9union?=
Message-ID: <m1@exemple.fr>
Date: Tue, 01 Sep 2026 08:00:00 +0200
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: multipart/alternative; boundary=y

--y
Content-Type: text/plain; charset=utf-8

Le texte
--y
Content-Type: text/html; charset=utf-8

<p onclick="x()">Le <b>texte</b><img src="http://exemple.fr/i.png"></p>
--y--
--x
Content-Type: application/pdf; name=plan.pdf
Content-Disposition: attachment; filename=plan.pdf
Content-Transfer-Encoding: base64

AAEC
--x
Content-Type: message/rfc822

Subject: dedans

corps
--x--
"""


def people(message: object) -> list[tuple[str, str, str]]:
    return [(e.get("t"), e.get("a"), e.get("d")) for e in message.findall("e")]  # type: ignore[attr-defined]


def test_added_message_has_the_flags_date_and_folder_given(agent: Wire) -> None:
    made = add(agent, f="uf", d="1756700000000", folder="5")
    assert (made.get("l"), made.get("f"), made.get("d")) == ("5", "fu", "1756700000000")
    assert made.findtext("su") == "Bonjour"
    assert int(made.get("s")) == len(letter())
    assert made.get("cid") == "-" + made.get("id")


def test_added_message_without_flags_is_read(agent: Wire) -> None:
    assert add(agent).get("f") is None


def test_added_message_goes_into_a_folder_by_path(agent: Wire) -> None:
    agent.mail('<CreateFolderRequest><folder name="Archives" l="2"/></CreateFolderRequest>')
    made = add(agent, folder="/Inbox/archives")
    folder = agent.mail('<GetFolderRequest><folder path="/Inbox/Archives"/></GetFolderRequest>').find("folder")
    assert made.get("l") == folder.get("id")
    assert folder.get("n") == "1"


@pytest.mark.parametrize(
    ("folder", "code"),
    [("9999", "mail.NO_SUCH_ITEM"), ("/Nulle part", "mail.NO_SUCH_FOLDER"), ("/*+", "mail.NO_SUCH_FOLDER")],
)
def test_added_message_in_an_unknown_folder_is_refused(agent: Wire, folder: str, code: str) -> None:
    with pytest.raises(Fault) as refused:
        add(agent, folder=folder)
    assert refused.value.code == code


@each("value", ["texte", "2", "-1", "", " "])
@each("name", ["read", "html"])
def test_attribute_that_is_no_boolean_is_refused(agent: Wire, name: str, value: str) -> None:
    item = add(agent).get("id")
    with pytest.raises(Fault) as refused:
        get(agent, item, **{name: value})
    assert refused.value.code == "service.INVALID_REQUEST"


@each("form", [" {}", "{} ", "", " ", "texte", "^//", "{},"])
def test_id_that_is_none_is_refused(agent: Wire, form: str) -> None:
    with pytest.raises(Fault) as refused:
        get(agent, form.format(add(agent).get("id")))
    assert refused.value.code == "service.INVALID_REQUEST"


def test_unread_messages_are_counted_by_folder(agent: Wire) -> None:
    add(agent, f="u")
    add(agent)
    inbox = agent.mail('<GetFolderRequest><folder l="2"/></GetFolderRequest>').find("folder")
    assert (inbox.get("n"), inbox.get("u")) == ("2", "1")
    assert int(inbox.get("s")) == 2 * len(letter())


def test_message_is_given_with_its_tree_of_parts(agent: Wire) -> None:
    made = get(agent, add(agent, MIXED).get("id"))
    root = made.find("mp")
    assert (root.get("part"), root.get("ct")) == ("TEXT", "multipart/mixed")
    listed = [(p.get("part"), p.get("ct"), p.get("filename"), p.get("cd"), p.get("body")) for p in root.iter("mp")]
    assert listed == [
        ("TEXT", "multipart/mixed", None, None, None),
        ("1", "multipart/alternative", None, None, None),
        ("1.1", "text/plain", None, None, "1"),
        ("1.2", "text/html", None, None, None),
        ("2", "application/pdf", "plan.pdf", "attachment", None),
        ("3", "message/rfc822", "dedans", None, None),
        ("3.1", "text/plain", None, None, None),
    ]
    assert root.find(".//content").text.strip() == "Le texte"
    assert made.get("f") == "a"
    assert made.findtext("su") == "Réunion"
    assert made.findtext("mid") == "<m1@exemple.fr>"
    assert made.get("sd") == "1788242400000"
    assert people(made) == [
        ("f", "marie@exemple.fr", "Marie"),
        ("t", "agent@ac-reunion.fr", "agent"),
        ("c", "jean@exemple.fr", "Jean"),
    ]


def test_html_is_given_when_wanted_without_what_acts(agent: Wire) -> None:
    made = get(agent, add(agent, MIXED).get("id"), html="1")
    shown = made.find(".//mp[@body='1']")
    assert shown.get("ct") == "text/html"
    assert "onclick" not in shown.findtext("content")
    assert "dfsrc=" in shown.findtext("content")
    assert " src=" in get(agent, made.get("id"), html="1", neuter="0").find(".//mp[@body='1']").findtext("content")


def test_long_text_is_cut_at_the_length_wanted(agent: Wire) -> None:
    made = get(agent, add(agent, letter(text="abcdefgh")).get("id"), max="3")
    shown = made.find("mp")
    assert (shown.get("part"), shown.get("truncated"), shown.findtext("content")) == ("1", "1", "abc")


def test_message_inside_a_message_is_given_by_its_part(agent: Wire) -> None:
    made = get(agent, add(agent, MIXED).get("id"), part="3")
    assert made.findtext("su") == "dedans"
    assert (made.get("part"), made.find("mp").get("part")) == ("3", "3.1")
    with pytest.raises(Fault) as refused:
        get(agent, made.get("id"), part="9")
    assert refused.value.code == "mail.NO_SUCH_PART"


def test_raw_message_is_what_was_added(agent: Wire) -> None:
    assert get(agent, add(agent, MIXED).get("id"), raw="1").findtext("content") == MIXED


def test_headers_are_given_by_name(agent: Wire) -> None:
    raw = letter(X_Ecole="974", X_Autre="non")
    item = add(agent, raw).get("id")
    answer = agent.mail(f'<GetMsgRequest><m id="{item}"><header n="X-Ecole"/></m></GetMsgRequest>').find("m")
    assert [(h.get("n"), h.text) for h in answer.findall("header")] == [("X-Ecole", "974")]


def test_opening_marks_as_read_only_when_asked(agent: Wire) -> None:
    item = add(agent, f="u").get("id")
    assert get(agent, item).get("f") == "u"
    assert get(agent, item, read="1").get("f") is None
    assert get(agent, item).get("f") is None


def test_unknown_message_is_refused(agent: Wire) -> None:
    with pytest.raises(Fault) as refused:
        get(agent, "99999")
    assert refused.value.code == "mail.NO_SUCH_MSG"


def test_contact_is_no_message(agent: Wire) -> None:
    with pytest.raises(Fault) as refused:
        get(agent, agent.contact(firstName="Marie"))
    assert refused.value.code == "mail.NO_SUCH_MSG"


def test_summaries_come_in_the_order_asked_for(agent: Wire) -> None:
    first, second = add(agent, letter("un")).get("id"), add(agent, letter("deux")).get("id")
    answer = agent.mail(f'<GetMsgMetadataRequest><m ids="{second},{first}"/></GetMsgMetadataRequest>')
    assert [m.findtext("su") for m in answer.findall("m")] == ["deux", "un"]


def test_rubbish_is_a_message_all_the_same(agent: Wire) -> None:
    made = add(agent, "Content-Type: multipart/mixed\n\nx")
    assert get(agent, made.get("id")).find("mp").findtext("content") == "x"


def test_tags_of_a_message_are_given_by_name_and_number(agent: Wire) -> None:
    made = add(agent, tn="Urgent")
    assert made.get("tn") == "Urgent"
    assert made.get("t").isdecimal()


def test_message_in_json_has_lists_of_people_and_parts(agent: Wire) -> None:
    item = add(agent).get("id")
    answer = agent.json("GetMsgRequest", "urn:zimbraMail", {"m": {"id": item, "header": [{"n": "To"}]}})
    message = answer["m"][0]
    assert message["e"][0] == {"a": "marie@exemple.fr", "d": "Marie", "p": "Marie Martin", "t": "f"}
    assert message["su"] == "Bonjour"
    assert message["mp"][0]["body"] is True
    assert message["_attrs"] == {"To": "agent@ac-reunion.fr"}
