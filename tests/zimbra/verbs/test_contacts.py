import pytest

from tests.zimbra.scripted_transport import ScriptedTransport, answer_batch, fault
from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound
from zimbra.types import Contact, Image, NewContact

MARIE = NewContact({"firstName": "Marie", "email": "marie@b.fr"})


def client(transport: ScriptedTransport) -> ZimbraClient:
    return ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=transport)


def created(child: soap.Element) -> str:
    number = child.get("requestId")
    return f'<CreateContactResponse requestId="{number}"><cn id="c{number}"/></CreateContactResponse>'


def test_contacts_reads_fields_members_and_picture() -> None:
    answer = """<GetContactsResponse xmlns="urn:zimbraMail">
      <cn id="257" l="7" rev="1"><a n="firstName">Marie</a><a n="notes">une
deux</a><a n="image" part="1" ct="image/png" s="42" filename="p.png"/></cn>
      <cn id="258" l="7"><a n="type">group</a><a n="nickname">Équipe</a><a n="x">1</a><a n="x">2</a>
        <m type="I" value="a@b.fr"/><m type="C" value="257"/></cn></GetContactsResponse>"""
    transport = ScriptedTransport(lambda _: answer)
    marie, team = client(transport).contacts("7")
    assert marie == Contact(
        "257", "7", {"firstName": "Marie", "notes": "une\ndeux"}, (), Image("1", "image/png", 42, "p.png")
    )
    assert not marie.is_group
    assert team.is_group
    assert team.attributes == {"type": "group", "nickname": "Équipe", "x": "1\n2"}
    assert team.members == (("I", "a@b.fr"), ("C", "257"))
    assert transport.requests[0].get("l") == "7"


def test_contacts_asks_for_some_fields_only() -> None:
    transport = ScriptedTransport(lambda _: "<GetContactsResponse/>")
    assert list(client(transport).contacts("7", ["email", "firstName"])) == []
    assert [one.get("n") for one in transport.requests[0]] == ["email", "firstName"]


def test_create_contacts_sends_fields_as_they_are() -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, created))
    fields = {"firstName": "M<a>rie & co", "notes": "une\r\ndeux", "email": 'é"@b.fr'}
    [outcome] = client(transport).create_contacts("300", [NewContact(fields)])
    cn = transport.requests[0][0][0]
    assert cn.get("l") == "300"
    assert {one.get("n"): one.text for one in cn} == fields
    assert outcome.ids == ("c0",)
    assert outcome.done


def test_create_contacts_makes_a_group_of_a_contact_with_members() -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, created))
    members = ("a@b.fr", "c&d@b.fr", "a@b.fr", "")
    client(transport).create_contacts("7", [NewContact({"nickname": "Équipe"}, members=members)])
    cn = transport.requests[0][0][0]
    assert [(one.get("n"), one.text) for one in soap.children(cn, "a")] == [("nickname", "Équipe"), ("type", "group")]
    assert [(one.get("type"), one.get("value")) for one in soap.children(cn, "m")] == [
        ("I", "a@b.fr"),
        ("I", "c&d@b.fr"),
    ]


def test_members_added_to_a_group_are_not_added_twice() -> None:
    """The server refuses to add who is in the group already."""
    transport = ScriptedTransport(lambda _: '<ModifyContactResponse><cn id="9"/></ModifyContactResponse>')
    used = client(transport)
    used.change_members("9", add=[("I", "a@b.fr")])
    used.set_members("9", [("I", "a@b.fr"), ("C", "7"), ("I", "a@b.fr")])
    assert [sent.repeatable for sent in transport.sent] == [False, True]
    assert [(one.get("op"), one.get("value")) for one in transport.requests[1][0]] == [
        ("reset", None),
        ("+", "a@b.fr"),
        ("+", "7"),
    ]


def test_create_contacts_gives_each_its_outcome() -> None:
    def answer(batch: soap.Element) -> str:
        words = {"1": "mail.TOO_MANY_CONTACTS", "2": "mail.TRY_AGAIN"}
        return answer_batch(
            batch,
            lambda one: (
                ""
                if one.get("requestId") == "3"
                else fault(words[str(one.get("requestId"))], one.get("requestId"))
                if one.get("requestId") in words
                else created(one)
            ),
        )

    outcomes = client(ScriptedTransport(answer)).create_contacts("7", [MARIE] * 5)
    assert [(o.done, o.refused, o.passing, o.lost) for o in outcomes] == [
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, False),
        (False, False, False, True),
        (True, False, False, False),
    ]
    assert (outcomes[1].code, outcomes[1].reason) == ("mail.TOO_MANY_CONTACTS", "why")
    assert [o.ids for o in outcomes] == [("c0",), (), (), (), ("c4",)]


def test_create_contacts_answered_without_an_id_is_lost() -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, lambda _: '<CreateContactResponse requestId="0"/>'))
    [outcome] = client(transport).create_contacts("7", [MARIE])
    assert outcome.lost


def test_create_contacts_is_never_repeatable() -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, created))
    client(transport).create_contacts("7", [MARIE])
    assert [sent.repeatable for sent in transport.sent] == [False]


def test_create_contacts_of_nobody_sends_nothing() -> None:
    transport = ScriptedTransport(lambda batch: answer_batch(batch, created))
    assert client(transport).create_contacts("7", []) == []
    assert transport.requests == []


def test_contacts_and_outcomes_show_no_content_in_their_repr() -> None:
    shown = repr(NewContact({"a": "Marie"}, ("Marie",), b"Marie")) + repr(Contact("1", "7", {"a": "Marie"}))
    assert "Marie" not in shown


def modified(request: soap.Element) -> str:
    return '<ModifyContactResponse><cn id="257" l="7"><a n="email">z@b.fr</a></cn></ModifyContactResponse>'


def test_modify_contact_sends_changes_and_gives_the_contact_back() -> None:
    transport = ScriptedTransport(modified)
    contact = client(transport).modify_contact("257", {"email": "z@b.fr", "notes": ""})
    assert contact.attributes == {"email": "z@b.fr"}
    sent = transport.requests[0]
    assert (sent.get("replace"), sent[0].get("id")) == ("0", "257")
    assert {one.get("n"): one.text or "" for one in sent[0]} == {"email": "z@b.fr", "notes": ""}


def test_change_and_set_members_of_a_group() -> None:
    transport = ScriptedTransport(modified)
    used = client(transport)
    used.change_members("257", add=[("I", "a@b.fr")], remove=[("C", "260")])
    used.set_members("257", [("G", "uid=x")])
    sent = [
        [(one.get("op"), one.get("type"), one.get("value")) for one in request[0]] for request in transport.requests
    ]
    assert sent == [[("+", "I", "a@b.fr"), ("-", "C", "260")], [("reset", None, None), ("+", "G", "uid=x")]]


def test_contact_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFound):
        client(ScriptedTransport(lambda _: "<GetContactsResponse/>")).contact("257")


def test_search_contacts_passes_over_what_is_no_contact() -> None:
    transport = ScriptedTransport(
        lambda _: (
            '<SearchResponse more="0"><cn id="1" l="7" fileAsStr="M"><a n="firstName">M</a></cn>'
            '<m id="2"/></SearchResponse>'
        )
    )
    [found] = client(transport).search_contacts("M")
    assert (found.id, found.attributes) == ("1", {"firstName": "M"})
