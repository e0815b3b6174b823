import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.each import each
from zimbra import soap
from zimbra.errors import Garbled, NotAllowed, NotFound, Refused, Unavailable, ZimbraError

ANY_TEXT = st.text(alphabet=st.characters(), max_size=60)
IMPOSSIBLE = [chr(n) for n in [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF]]


def carried(value: str) -> str:
    """What XML 1.0 can carry of a text, written from the recommendation's list of characters."""
    return "".join(
        c for c in value if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000"
    )


def fault_xml(code: str, text: str = "words", request_id: str = "") -> str:
    numbered = f' requestId="{request_id}"' if request_id else ""
    return (
        f'<soap:Fault xmlns:soap="{soap.ENVELOPE}"{numbered}>'
        f"<soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code><soap:Reason><soap:Text>{text}</soap:Text></soap:Reason><soap:Detail>"
        f'<Error xmlns="urn:zimbra"><Code>{code}</Code><Trace>t</Trace></Error></soap:Detail></soap:Fault>'
    )


def enveloped(inner: str) -> bytes:
    return f'<soap:Envelope xmlns:soap="{soap.ENVELOPE}"><soap:Body>{inner}</soap:Body></soap:Envelope>'.encode()


@given(ANY_TEXT)
def test_text_comes_back_from_a_parser(value: str) -> None:
    assert (etree.fromstring(f"<a>{soap.text(value)}</a>").text or "") == carried(value)


@given(ANY_TEXT)
def test_attribute_comes_back_from_a_parser(value: str) -> None:
    assert etree.fromstring(f'<a b="{soap.attribute(value)}"/>').get("b") == carried(value)


@each("character", IMPOSSIBLE)
def test_text_leaves_out_what_xml_cannot_carry(character: str) -> None:
    assert soap.text(f"a{character}b") == "ab"
    assert soap.attribute(f"a{character}b") == "ab"


def test_attributes_leave_out_none_and_write_booleans_as_digits() -> None:
    assert soap.attributes({"l": "7", "view": None, "fie": True, "recursive": False, "n": 3}) == (
        ' l="7" fie="1" recursive="0" n="3"'
    )


def test_pairs_cannot_be_broken_out_of() -> None:
    hostile = '"/><x y="'
    element = etree.fromstring(f"<r>{soap.pairs({hostile: '</a><evil/>'})}</r>")
    assert [(one.tag, one.get("n"), one.text) for one in element] == [("a", hostile, "</a><evil/>")]


def test_envelope_carries_token_and_request() -> None:
    request = soap.request("SearchRequest", soap.MAIL, "<query>a</query>", limit=5)
    root = etree.fromstring(soap.envelope(request, token="t<o>k"))
    assert root.findtext(".//{urn:zimbra}authToken") == "t<o>k"
    found = root.find(".//{urn:zimbraMail}SearchRequest")
    assert found is not None
    assert found.get("limit") == "5"
    assert found.findtext("{urn:zimbraMail}query") == "a"


def test_envelope_without_token_has_no_token_element() -> None:
    assert b"authToken" not in soap.envelope(soap.request("AuthRequest", soap.ACCOUNT))


def test_request_shows_no_content_in_its_repr() -> None:
    assert "secret" not in repr(soap.request("AuthRequest", soap.ACCOUNT, "<password>secret</password>", key="secret"))


def test_answer_returns_the_response_element() -> None:
    content = enveloped('<GetFolderResponse xmlns="urn:zimbraMail"><folder id="1"/></GetFolderResponse>')
    assert soap.local_name(soap.answer(content, "GetFolderResponse")[0]) == "folder"


def test_answer_accepts_a_byte_order_mark_and_a_declaration() -> None:
    content = b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\n' + enveloped("<NoOpResponse/>")
    assert soap.local_name(soap.answer(content, "NoOpResponse")) == "NoOpResponse"


@each(
    ("code", "kind"),
    [
        ("account.AUTH_FAILED", NotAllowed),
        ("service.AUTH_EXPIRED", NotAllowed),
        ("service.PERM_DENIED", NotAllowed),
        ("mail.NO_SUCH_FOLDER", NotFound),
        ("account.NO_SUCH_ACCOUNT", NotFound),
        ("mail.QUOTA_EXCEEDED", Refused),
        ("mail.TOO_MANY_CONTACTS", Refused),
        ("service.INVALID_REQUEST", Refused),
        ("service.FAILURE", Refused),
        ("service.TEMPORARILY_UNAVAILABLE", Unavailable),
        ("account.MAINTENANCE_MODE", Unavailable),
        ("something.NEW", Refused),
    ],
)
def test_answer_turns_a_fault_into_its_error(code: str, kind: type[ZimbraError]) -> None:
    with pytest.raises(kind) as caught:
        soap.answer(enveloped(fault_xml(code)), "X")
    assert caught.value.code == code
    assert caught.value.reason == "words"


def test_fault_words_are_bounded_and_never_printed() -> None:
    with pytest.raises(Refused) as caught:
        soap.answer(enveloped(fault_xml("service.INVALID_REQUEST", "Marie " * 200)), "X")
    assert len(caught.value.reason) == 300
    assert "Marie" not in str(caught.value) + repr(caught.value)


def test_fault_of_soap_1_1_is_read_too() -> None:
    inner = (
        '<Fault xmlns="http://schemas.xmlsoap.org/soap/envelope/"><faultcode>Client</faultcode>'
        '<faultstring>words</faultstring><detail><Error xmlns="urn:zimbra"><Code>mail.NO_SUCH_ITEM</Code></Error>'
        "</detail></Fault>"
    )
    with pytest.raises(NotFound) as caught:
        soap.answer(enveloped(inner), "X")
    assert caught.value.reason == "words"


@each(
    "content",
    [
        b"",
        b"OK",
        b"\xff\xfe<\x00a\x00/\x00>\x00",
        b"<html><body>Bienvenue sur le portail captif</body></html>",
        b"<soap:Envelope",
        enveloped(""),
        enveloped("<OtherResponse/>"),
        enveloped("<Fault><Code/></Fault>"),
        enveloped("<X>caf\xe9</X>").replace("é".encode(), b"\xe9"),
        b"<!DOCTYPE x [<!ENTITY e 'boom'>]>" + enveloped("<XResponse>&e;</XResponse>"),
        b"<?xml version='1.0'?><!-- c --><!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'>" + enveloped("<XResponse/>"),
        enveloped("<XResponse>&e;</XResponse>"),
        enveloped("<a>" * 300 + "</a>" * 300),
        enveloped("<XResponse>" + "é" * 6_000_000 + "</XResponse>"),
    ],
    ids=[
        "empty",
        "text",
        "utf-16",
        "html",
        "cut",
        "empty body",
        "other answer",
        "fault without code",
        "latin-1",
        "entity",
        "remote dtd",
        "unknown entity",
        "deep",
        "huge text",
    ],
)
def test_answer_that_is_not_zimbras_is_garbled(content: bytes) -> None:
    with pytest.raises(Garbled):
        soap.answer(content, "XResponse")


@pytest.mark.parametrize("use", ["<x>&l9;</x>", '<x a="&l9;"/>'])
def test_billion_laughs_are_not_expanded(use: str) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    content = f'<!DOCTYPE x [<!ENTITY l0 "lol">{entities}]>{use}'.encode()
    with pytest.raises(Garbled):
        soap.parse(content)


def test_doctype_inside_a_text_is_no_declaration() -> None:
    root = soap.parse(b"<x><![CDATA[<!DOCTYPE html>]]></x>")
    assert root.text == "<!DOCTYPE html>"


def test_batch_numbers_its_children() -> None:
    one = soap.request("NoOpRequest", soap.MAIL)
    root = etree.fromstring(soap.batch([one.xml("0"), one.xml("1")]).xml())
    assert [child.get("requestId") for child in root] == ["0", "1"]
    assert root.get("onerror") == "continue"


@pytest.mark.parametrize("part", [b"<b/>", b'<b c=""/>'])
def test_parse_refuses_an_answer_that_is_all_elements(monkeypatch: pytest.MonkeyPatch, part: bytes) -> None:
    monkeypatch.setattr(soap, "MAX_MARKS", 100)
    assert len(soap.parse(b"<a>" + part * 98 + b"</a>")) == 98
    with pytest.raises(Garbled):
        soap.parse(b"<a>" + part * 101 + b"</a>")
