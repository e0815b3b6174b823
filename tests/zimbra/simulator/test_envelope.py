from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tests.each import each
from tests.zimbra.simulator.wire import Fault, Wire, bare, create_contact, fault_of
from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.requests.registry import HANDLERS, Handler
from zimbra.simulator.server import SimulatorServer

NO_OP = '<NoOpRequest xmlns="urn:zimbraMail"/>'


def _post(wire: Wire, body: bytes | str) -> tuple[int, str, bytes]:
    status, headers, data = wire.send("POST", "/service/soap", body, {"Content-Type": "text/plain"})
    return status, headers["content-type"], data


RUBBISH = {
    "empty": b"",
    "blank": b"  \n",
    "no xml": b"<" * 1000,
    "cut off": b"<soap:Envelope xmlns:soap='http://www.w3.org/2003/05/soap-envelope'><soap:Body>",
    "wrong envelope": b"<Envelope xmlns='urn:other'><Body><NoOpRequest/></Body></Envelope>",
    "no body": b"<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'/>",
    "empty body": b"<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'><Body/></Envelope>",
    "deep": b"<a>" * 10_000 + b"</a>" * 10_000,
    "deep json": b"[" * 10_000 + b"]" * 10_000,
    "deep json objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "json list": b"[1]",
    "json text": b'"x"',
    "json no body": b"{}",
    "json body is text": b'{"Body": "x"}',
    "bad utf-8": b"<a>\xff\xfe</a>",
    "null bytes": b"\x00" * 100,
    "unknown encoding": b'<?xml version="1.0" encoding="x-nothing"?><a/>',
    "doctype": b'<!DOCTYPE x><Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body><a/></Body></Envelope>',
    "doctype after comment": b"<!-- x --><!DOCTYPE a []><a/>",
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "many entities": b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>',
    "outside entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "undeclared entity": b"<a>&x;</a>",
}


@each("case", RUBBISH)
def test_rubbish_is_a_parse_error(wire: Wire, case: str) -> None:
    body = RUBBISH[case]
    status, _, data = _post(wire, body)
    assert status == 500
    assert b"service.PARSE_ERROR" in data
    assert b"Traceback" not in data
    if not body or body.startswith(b"<"):
        assert fault_of(bare(data).find("Body")[0]).code == "service.PARSE_ERROR"
    else:
        assert json.loads(data)["Body"]["Fault"]["Detail"]["Error"]["Code"] == "service.PARSE_ERROR"
    # The connection is still good.
    assert _post(wire, wire.envelope(NO_OP))[0] == 500


@pytest.mark.parametrize(
    "body", ['<NoOpRequest xmlns="urn:other"/>', '<NoOpRequest xmlns="urn:zimbraAccount"/>', "<NothingRequest/>"]
)
def test_an_unknown_request_is_told_and_logged(agent: Wire, body: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Fault) as fault:
        agent.soap(body)
    assert (fault.value.code, fault.value.side) == ("service.UNKNOWN_DOCUMENT", "soap:Sender")
    assert "unknown request" in caplog.text


def test_a_body_beyond_the_limit_is_refused_with_a_fault(agent: Wire) -> None:
    status, _, data = _post(agent, agent.envelope(create_contact(notes="x" * 15_400_000)))
    assert status == 500
    assert fault_of(bare(data).find("Body")[0]).code == "service.INVALID_REQUEST"


def test_what_is_no_http_gets_an_answer_and_no_hang(simulator: SimulatorServer) -> None:
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=10) as raw:
        raw.sendall(b"\x16\x03\x01 rubbish\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.")


def test_the_answer_has_the_form_of_the_question(agent: Wire) -> None:
    assert _post(agent, agent.envelope(NO_OP))[1] == "application/soap+xml; charset=utf-8"
    envelope = {"Header": {"context": {"authToken": agent.token}}, "Body": {"NoOpRequest": {"_jsns": "urn:zimbraMail"}}}
    status, content_type, data = _post(agent, json.dumps(envelope))
    assert (status, content_type) == (200, "text/javascript; charset=utf-8")
    assert json.loads(data)["Body"] == {"NoOpResponse": {"_jsns": "urn:zimbraMail"}}


def test_the_context_can_ask_for_the_other_form(agent: Wire) -> None:
    _, _, data = _post(agent, agent.envelope(NO_OP, '<format type="js"/>'))
    assert json.loads(data)["Body"]["NoOpResponse"]["_jsns"] == "urn:zimbraMail"
    envelope = {
        "Header": {"context": {"authToken": {"_content": agent.token}, "format": {"type": "xml"}}},
        "Body": {"NoOpRequest": {"_jsns": "urn:zimbraMail"}},
    }
    assert bare(_post(agent, json.dumps(envelope))[2]).find("Body")[0].tag == "NoOpResponse"


def test_soap_1_1_is_answered_in_soap_1_1(agent: Wire) -> None:
    namespace = "http://schemas.xmlsoap.org/soap/envelope/"
    envelope = agent.envelope(NO_OP).replace("http://www.w3.org/2003/05/soap-envelope", namespace)
    _, content_type, data = _post(agent, envelope)
    assert content_type == "text/xml; charset=utf-8"
    assert namespace.encode() in data
    _, _, data = _post(agent, envelope.replace("NoOpRequest", "NothingRequest"))
    fault = bare(data).find("Body/Fault")
    assert fault.findtext("faultcode") == "soap:Client"
    assert fault.findtext("detail/Error/Code") == "service.UNKNOWN_DOCUMENT"


def test_context_children_without_a_namespace_are_understood(agent: Wire) -> None:
    body = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><context>'
        f"<authToken>{agent.token}</authToken></context></s:Header><s:Body>{NO_OP}</s:Body></s:Envelope>"
    )
    assert _post(agent, body)[0] == 200


def test_a_prefix_and_processing_instructions_are_no_trouble(agent: Wire) -> None:
    body = agent.envelope('<m:NoOpRequest xmlns:m="urn:zimbraMail"/>')
    assert _post(agent, f'\ufeff<?xml version="1.0" encoding="utf-8"?><?x y?><!-- z -->{body}')[0] == 200


# --- batches -------------------------------------------------------------------------------------------------------


def _batch(*bodies: str, onerror: str = "") -> str:
    how = f' onerror="{onerror}"' if onerror else ""
    inner = "".join(body.replace("Request", 'Request xmlns="urn:zimbraMail"', 1) for body in bodies)
    return f'<BatchRequest xmlns="urn:zimbra"{how}>{inner}</BatchRequest>'


def _numbered(body: str, number: str) -> str:
    return body.replace("Request", f'Request requestId="{number}"', 1)


def test_a_batch_answers_each_in_order_with_its_number(agent: Wire) -> None:
    good = create_contact(lastName="Hoarau")
    bad = create_contact(folder="9999", lastName="Payet")
    answer = agent.soap(_batch(_numbered(good, "a"), _numbered(bad, "b"), _numbered(good, "c")))
    assert [(one.tag, one.get("requestId")) for one in answer] == [
        ("CreateContactResponse", "a"),
        ("Fault", "b"),
        ("CreateContactResponse", "c"),
    ]
    assert fault_of(answer[1]).code == "mail.NO_SUCH_FOLDER"
    assert len(agent.mail("<GetContactsRequest/>")) == 2


def test_a_batch_that_stops_keeps_what_was_done(agent: Wire) -> None:
    good, bad = create_contact(lastName="Hoarau"), create_contact(folder="9999", lastName="Payet")
    answer = agent.soap(_batch(good, bad, good, onerror="stop"))
    assert [one.tag for one in answer] == ["CreateContactResponse", "Fault"]
    assert len(agent.mail("<GetContactsRequest/>")) == 1


def test_a_batch_in_json_has_arrays_and_numbers_its_faults(agent: Wire) -> None:
    good = {"_jsns": "urn:zimbraMail", "requestId": "1", "cn": {"l": "7", "_attrs": {"lastName": "Hoarau"}}}
    bad = {"_jsns": "urn:zimbraMail", "requestId": "2", "cn": {"l": "9999", "_attrs": {"lastName": "Payet"}}}
    answer = agent.json("BatchRequest", "urn:zimbra", {"CreateContactRequest": [good, bad]})
    created = answer["CreateContactResponse"][0]
    assert created["requestId"] == "1"
    assert created["cn"][0]["_attrs"] == {"lastName": "Hoarau"}
    fault = answer["Fault"][0]
    assert (fault["requestId"], fault["Detail"]["Error"]["Code"]) == ("2", "mail.NO_SUCH_FOLDER")


def test_what_a_refused_request_of_a_batch_did_is_undone(agent: Wire) -> None:
    """A tag is made on the way to a contact that is refused: both must be gone."""
    refused = create_contact(folder="7").replace("<cn ", '<cn tn="Nouvelle" ')
    answer = agent.soap(_batch(refused, create_contact(lastName="Hoarau")))
    assert fault_of(answer[0]).code == "service.INVALID_REQUEST"
    assert len(agent.mail("<GetTagRequest/>")) == 0


def test_a_refused_first_request_does_not_take_the_new_mailbox_with_it(agent: Wire) -> None:
    """A mailbox is made by the first request that writes; undoing that request undoes the mailbox."""
    refused = create_contact(folder="7").replace("<cn ", '<cn tn="Nouvelle" ')
    answer = agent.soap(_batch(refused, refused, create_contact(lastName="Hoarau"), create_contact(lastName="Payet")))
    assert [one.tag for one in answer] == ["Fault", "Fault", "CreateContactResponse", "CreateContactResponse"]
    assert len(agent.mail("<GetContactsRequest/>")) == 2


def test_a_vcard_refused_half_way_leaves_no_contact(admin: Wire, agent: Wire, address: str) -> None:
    """There is room for one of its two cards only: neither stays, and the next request finds that room."""
    admin.modify_account(address, zimbraContactMaxNumEntries="2")
    cards = "".join(f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nEND:VCARD\n" for name in ("Payet", "Boyer"))
    request = f'<CreateContactRequest><cn l="7"><vcard>{cards}</vcard></cn></CreateContactRequest>'
    good = create_contact(lastName="Hoarau")
    answer = agent.soap(_batch(good, request, good))
    assert [one.tag for one in answer] == ["CreateContactResponse", "Fault", "CreateContactResponse"]
    assert [one.get("fileAsStr") for one in agent.mail("<GetContactsRequest/>")] == ["Hoarau", "Hoarau"]


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ('<a n="notes">un<!-- deux -->trois</a>', {"notes": ["untrois"]}),
        ('<a n="notes">un<b>deux</b>trois</a>', {"notes": ["un<b>deux</b>trois"]}),
        ('<a n="notes">un <b class="&quot;x">&amp;<i/></b></a>', {"notes": ['un <b class="&quot;x">&amp;<i/></b>']}),
        (
            '<a n="notes"><p xmlns="http://www.w3.org/1999/xhtml">un</p> deux</a>',
            {"notes": ['<p xmlns="http://www.w3.org/1999/xhtml">un</p> deux']},
        ),
        ('<a n="notes"> \n </a><a n="city">Le Port</a>', {"city": ["Le Port"]}),
        ('<a n="email">a@b</a><a n="email">c@d</a>', {"email": ["a@b", "c@d"]}),
        ('<x:a xmlns:x="urn:other" n="city">Le Port</x:a>', {"city": ["Le Port"]}),
        ('<a xmlns:x="urn:other" x:n="city">Le Port</a>', {"city": ["Le Port"]}),
        ('<a n="notes"/><a n="city">\nLe Port </a>', {"city": ["\nLe Port "]}),
    ],
)
def test_contact_fields_in_unusual_xml(agent: Wire, fields: str, kept: dict[str, list[str]]) -> None:
    agent.mail(f'<CreateContactRequest><cn l="7">{fields}</cn></CreateContactRequest>')
    shown: dict[str, list[str]] = {}
    for one in agent.mail("<GetContactsRequest/>")[0]:
        shown.setdefault(one.get("n"), []).append(one.text)
    assert shown == kept


def test_a_batch_cannot_hold_a_batch(agent: Wire) -> None:
    answer = agent.soap('<BatchRequest xmlns="urn:zimbra"><BatchRequest><NoOpRequest/></BatchRequest></BatchRequest>')
    assert fault_of(answer[0]).code == "service.INVALID_REQUEST"


def test_a_batch_without_a_token_fails_request_by_request(wire: Wire) -> None:
    answer = wire.soap(_batch("<NoOpRequest/>"))
    assert fault_of(answer[0]).code == "service.AUTH_REQUIRED"


def test_a_failure_nobody_foresaw_costs_its_request_only(agent: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(call: Call) -> Reply:
        raise KeyError("oubli")

    key = ("urn:zimbraMail", "NoOpRequest")
    monkeypatch.setitem(HANDLERS, key, Handler(broken, "user", False))
    answer = agent.soap(_batch("<NoOpRequest/>", create_contact(lastName="Hoarau")))
    assert (fault_of(answer[0]).code, fault_of(answer[0]).side) == ("service.FAILURE", "soap:Receiver")
    assert answer[1].tag == "CreateContactResponse"


@pytest.mark.parametrize("text", ["<>&\"'", "tab\tend", "Ligne 1\nLigne 2", "é😀\u2028", "]]>"])
def test_text_comes_back_as_it_went(agent: Wire, text: str) -> None:
    agent.contact(lastName="Hoarau", notes=text)
    assert agent.mail("<GetContactsRequest/>").findtext("cn/a[@n='notes']") == text
    found = agent.json("GetContactsRequest", "urn:zimbraMail", {})
    assert found["cn"][0]["_attrs"]["notes"] == text


def test_characters_xml_cannot_carry_do_not_break_the_answer(agent: Wire) -> None:
    cn = {"_attrs": {"lastName": "Hoa\u0001rau\ud800"}}
    agent.json("CreateContactRequest", "urn:zimbraMail", {"cn": cn})
    assert agent.mail("<GetContactsRequest/>").findtext("cn/a").startswith("Hoarau")


HUGE = "9" * 5000


@each(
    "body",
    [
        f'<GetContactsRequest><cn id="{HUGE}"/></GetContactsRequest>',
        f'<SearchRequest types="contact" limit="{HUGE}"><query/></SearchRequest>',
        '<SearchRequest types="contact" offset="12a"><query/></SearchRequest>',
        f'<CreateTagRequest><tag name="x" color="{HUGE}"/></CreateTagRequest>',
        f'<CreateFolderRequest><folder name="x" l="{HUGE}"/></CreateFolderRequest>',
        f'<GetApptSummariesRequest s="0" e="{HUGE}"/>',
        '<GetApptSummariesRequest s="5" e="5"/>',
        '<CreateTaskRequest><m><inv><recur><add><rule freq="X"/></add></recur></inv></m></CreateTaskRequest>',
    ],
)
def test_numbers_and_words_nobody_can_use_are_invalid(agent: Wire, body: str) -> None:
    with pytest.raises(Fault, match=r"service\.INVALID_REQUEST"):
        agent.mail(body)


def test_a_tag_list_of_nonsense_is_no_tag(agent: Wire) -> None:
    created = agent.mail(f'<CreateContactRequest><cn t="{HUGE},x"><a n="lastName">x</a></cn></CreateContactRequest>')
    assert created.find("cn").get("t") is None


def _context(wire: Wire, context: str = "") -> Any:
    _, _, data = wire.send("POST", "/service/soap", wire.envelope(NO_OP, context))
    return bare(data).find("Header/context")


def test_the_header_tells_how_far_the_mailbox_has_come(agent: Wire) -> None:
    agent.contact(lastName="x")
    before = int(_context(agent).find("change").get("token"))
    assert int(_context(agent).find("change").get("token")) == before
    agent.contact(lastName="y")
    assert int(_context(agent).find("change").get("token")) > before


def test_a_session_is_in_the_header_when_wanted(agent: Wire) -> None:
    assert _context(agent).find("session") is None
    session = _context(agent, "<session/>").find("session")
    assert session.get("id") == session.text
    assert _context(agent, "<session/><nosession/>").find("session") is None
    envelope = {
        "Header": {"context": {"_jsns": "urn:zimbra", "authToken": agent.token, "session": {}}},
        "Body": {"NoOpRequest": {"_jsns": "urn:zimbraMail"}},
    }
    _, _, data = agent.send("POST", "/service/soap", json.dumps(envelope))
    assert json.loads(data)["Header"]["context"]["session"] == {"id": session.text, "_content": session.text}


def test_a_new_session_starts_with_tags_and_folders_and_a_known_one_does_not(agent: Wire) -> None:
    agent.mail('<CreateTagRequest><tag name="Urgent" color="1"/></CreateTagRequest>')
    context = _context(agent, "<session/>")
    refresh = context.find("refresh")
    assert refresh.findtext("version")
    assert int(refresh.find("mbx").get("s")) == 0
    assert refresh.find("tags/tag").get("name") == "Urgent"
    assert refresh.find("folder").get("id") == "1"
    assert refresh.find("folder/folder[@name='Inbox']").get("id") == "2"
    known = f"<session id='{context.find('session').get('id')}'/>"
    assert _context(agent, known).find("refresh") is None
    assert _context(agent, "<session id='12'/>").find("refresh") is not None


def test_a_session_of_the_administration_has_no_mailbox(admin: Wire) -> None:
    request = '<PingRequest xmlns="urn:zimbraAdmin"/>'
    _, _, data = admin.send("POST", "/service/admin/soap", admin.envelope(request, "<session/>"))
    context = bare(data).find("Header/context")
    assert [one.tag for one in context] == ["session"]
    assert context[0].get("type") == "admin"


def test_the_header_speaks_of_the_mailbox_the_request_is_about(agent: Wire, admin: Wire, address: str) -> None:
    agent.contact(lastName="x")
    own = _context(agent).find("change")
    assert own.get("acct") is None
    body = admin.envelope('<GetFolderRequest xmlns="urn:zimbraMail"/>', f"<account by='name'>{address}</account>")
    _, _, data = admin.send("POST", "/service/soap", body)
    change = bare(data).find("Header/context/change")
    assert change.get("token") == own.get("token")
    known = agent.soap('<GetInfoRequest xmlns="urn:zimbraAccount" sections="mbox"/>')
    assert change.get("acct") == known.findtext("id")


def test_nobody_acts_for_an_account_that_is_closed(agent: Wire, admin: Wire, address: str) -> None:
    other = admin.create_account(f"parti-{address}")
    context = f"<account by='id'>{other}</account>"
    agent_request = '<GetFolderRequest><folder l="2"/></GetFolderRequest>'
    with pytest.raises(Fault, match=r"service\.PERM_DENIED"):
        agent.mail(agent_request, context=context)
    admin.modify_account(f"parti-{address}", zimbraAccountStatus="closed")
    with pytest.raises(Fault, match=r"account\.ACCOUNT_INACTIVE"):
        agent.mail(agent_request, context=context)
    admin.mail(agent_request, context=context)
    admin.modify_account(f"parti-{address}", zimbraAccountStatus="maintenance")
    with pytest.raises(Fault, match=r"account\.ACCOUNT_INACTIVE"):
        admin.mail(agent_request, context=context)


@each(
    "context",
    [
        "<authToken/>",
        "<authToken>0_</authToken>",
        "<authToken>0_00_zz</authToken>",
        "<authToken>" + "9" * 100_000 + "</authToken>",
        "<account by='name'>x</account>",
        "<session id='-1'>x</session><notify seq='x'/><change token='y' type='z'/><format type='pdf'/>",
    ],
)
def test_a_strange_context_does_no_harm(wire: Wire, context: str) -> None:
    with pytest.raises(Fault, match=r"service\.AUTH_REQUIRED"):
        wire.mail("<NoOpRequest/>", context=context)


@each("name", sorted({name for ns, name in HANDLERS if ns == "urn:zimbraAccount" and name != "EndSessionRequest"}))
def test_every_request_about_people_answers_nothing_and_nonsense(agent: Wire, name: str) -> None:
    """No request is ever answered by a failure nobody foresaw."""
    things = ("account", "identity", "signature", "ace", "pref", "right", "target", "dl", "whiteList", "a")
    nonsense = "".join(f'<{one} id="é" name="" by="x" n="" gt="x" right="">&#xe9;<a/></{one}>' for one in things)
    for body in ("", nonsense, "é" * 1000):
        text = ""
        try:
            agent.soap(f'<{name} xmlns="urn:zimbraAccount" limit="é" type="" appName="">{body}</{name}>')
        except Fault as fault:
            text = fault.text
        assert not any(word in text for word in ("TypeError", "AttributeError", "KeyError", "ValueError", "Error:"))
