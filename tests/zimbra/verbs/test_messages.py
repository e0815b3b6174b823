from datetime import UTC, datetime

import pytest

from tests.zimbra.scripted_server import answer, scripted_server
from tests.zimbra.scripted_transport import ScriptedTransport
from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.errors import Garbled, Refused
from zimbra.types.mail import Attachment, Correspondent, FolderCount, NewMessage

RAW = b"From: a@b.fr\r\nSubject: x\r\n\r\nBonjour\r\n"
ADDED = '<AddMsgResponse><m id="257" l="2" s="40" d="1767225600000" f="u" cid="-257"/></AddMsgResponse>'
READ = """<GetMsgResponse xmlns="urn:zimbraMail">
<m id="257" l="2" cid="-257" f="uf" tn="Urgent,Suivi" s="2048" d="1767225600000" sd="bad">
 <e t="f" a="marie@b.fr" d="Marie" p="Marie Hoarau"/><e t="t" a="a@b.fr"/><e t="c" a="c@b.fr" d="C"/><e t="x" a="no"/>
 <e t="s" a="secretariat@b.fr"/><e t="r" a="reply@b.fr"/>
 <su>Réunion &amp; suite</su><fr>Bonjour</fr><mid>&lt;1@b.fr&gt;</mid>
 <header n="X-A">1</header><header n="X-A">2</header>
 <mp ct="multipart/mixed" part="">
  <mp ct="text/plain" part="1" body="1" truncated="1" s="9"><content>Bonjour</content></mp>
  <mp ct="application/pdf" part="2" cd="attachment" filename="é.pdf" s="100" ci="&lt;x&gt;"/></mp></m>
</GetMsgResponse>"""


def client(transport: ScriptedTransport) -> ZimbraClient:
    return ZimbraClient.sign_in("http://zimbra.test", "a@b.fr", "secret", transport=transport)


def test_add_message_sends_its_bytes_as_text_when_text_can_carry_them() -> None:
    transport = ScriptedTransport(lambda _: ADDED)
    added = client(transport).add_message(
        "2", RAW, flags="u", tags=("Suivi",), received=datetime(2026, 1, 1, tzinfo=UTC), as_invitation=False
    )
    sent = transport.requests[0][0]
    assert dict(sent.attrib) == {"l": "2", "f": "u", "tn": "Suivi", "d": "1767225600000", "noICal": "1"}
    assert soap.child_text(sent, "content").encode() == RAW
    assert (added.id, added.folder_id, added.is_unread, added.received) == (
        "257",
        "2",
        True,
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert not transport.sent[0].repeatable


@pytest.mark.parametrize("raw", [RAW + b"\xe9", RAW + b"\x00", RAW + b"x" * 300_000], ids=["latin", "nul", "large"])
def test_add_message_that_xml_cannot_carry_is_uploaded(raw: bytes) -> None:
    signed_in = '<AuthResponse xmlns="urn:zimbraAccount"><authToken>t</authToken></AuthResponse>'

    def envelope(body: str) -> bytes:
        return f'<s:Envelope xmlns:s="{soap.ENVELOPE}"><s:Body>{body}</s:Body></s:Envelope>'.encode()

    steps = [answer(envelope(signed_in)), answer(b"200,'null','srv:abc'"), answer(envelope(ADDED))]
    with scripted_server(*steps) as server:
        with ZimbraClient.sign_in(server.url, "a@b.fr", "secret") as used:
            used.add_message("2", raw)
        assert raw in server.requests[1][1]
        assert b'aid="srv:abc"' in server.requests[2][1]


def test_message_reads_people_parts_and_headers() -> None:
    transport = ScriptedTransport(lambda _: READ)
    found = client(transport).message("257", headers=["X-A"], html=True, mark_read=True, longest=500)
    asked = transport.requests[0][0]
    assert dict(asked.attrib) == {"id": "257", "html": "1", "read": "1", "max": "500"}
    assert [one.get("n") for one in asked] == ["X-A"]
    assert (found.sender, found.sent_by) == (
        Correspondent("marie@b.fr", "Marie Hoarau"),
        Correspondent("secretariat@b.fr"),
    )
    assert (found.to, found.cc, found.bcc, found.reply_to) == (
        (Correspondent("a@b.fr"),),
        (Correspondent("c@b.fr", "C"),),
        (),
        (Correspondent("reply@b.fr"),),
    )
    assert (found.is_unread, found.is_flagged, found.tags, found.size) == (True, True, ("Urgent", "Suivi"), 2048)
    assert (found.received, found.sent) == (datetime(2026, 1, 1, tzinfo=UTC), None)
    assert (found.subject, found.fragment, found.message_id) == ("Réunion & suite", "Bonjour", "<1@b.fr>")
    assert found.headers == {"X-A": ("1", "2")}
    mixed, text, pdf = found.parts
    assert (mixed.content_type, text.content, text.is_body, text.is_cut) == ("multipart/mixed", "Bonjour", True, True)
    assert (pdf.part, pdf.filename, pdf.disposition, pdf.size, pdf.content_id) == (
        "2",
        "é.pdf",
        "attachment",
        100,
        "<x>",
    )


@pytest.mark.parametrize("said", ["<GetMsgResponse/>", "<GetMsgResponse><m/></GetMsgResponse>"])
def test_message_without_one_is_garbled(said: str) -> None:
    with pytest.raises(Garbled):
        client(ScriptedTransport(lambda _: said)).message("257")


def test_messages_says_nothing_of_contents_when_printed() -> None:
    found = client(ScriptedTransport(lambda _: READ)).message("257")
    assert not [word for word in ("Bonjour", "Réunion", "marie", "pdf") if word in repr(found)]


def test_messages_reads_every_page() -> None:
    def pages(request: soap.Element) -> str:
        offset = int(request.get("offset") or 0)
        return (
            f'<SearchResponse more="{int(offset < 2)}"><m id="{offset}" l="2"><su>S{offset}</su></m></SearchResponse>'
        )

    transport = ScriptedTransport(pages)
    assert [one.subject for one in client(transport).messages("in:inbox", page=1)] == ["S0", "S1", "S2"]
    assert transport.requests[0].get("types") == "message"


def test_send_writes_people_bodies_and_what_it_answers() -> None:
    transport = ScriptedTransport(lambda _: '<SendMsgResponse><m id="300"/></SendMsgResponse>')
    message = NewMessage(
        to=(Correspondent("a@b.fr", "A & co"),),
        bcc=(Correspondent("z@b.fr"),),
        subject="Réponse",
        text="oui",
        html="<p>oui</p>",
        sender=Correspondent("service@b.fr", "Service"),
        reply_to=(Correspondent("r@b.fr"),),
        identity_id="i-1",
        answers="257",
    )
    assert client(transport).send(message) == "300"
    sent = transport.requests[0][0]
    assert dict(sent.attrib) == {"idnt": "i-1", "origid": "257", "rt": "r"}
    assert [(one.get("t"), one.get("a"), one.get("p")) for one in soap.children(sent, "e")] == [
        ("t", "a@b.fr", "A & co"),
        ("b", "z@b.fr", None),
        ("r", "r@b.fr", None),
        ("f", "service@b.fr", "Service"),
    ]
    alternative = soap.child(sent, "mp")
    assert alternative is not None
    assert [(one.get("ct"), soap.child_text(one, "content")) for one in alternative] == [
        ("text/plain", "oui"),
        ("text/html", "<p>oui</p>"),
    ]
    assert not transport.sent[0].repeatable


def test_send_without_a_copy_gives_no_id() -> None:
    transport = ScriptedTransport(lambda _: "<SendMsgResponse><m/></SendMsgResponse>")
    assert client(transport).send(NewMessage(to=(Correspondent("a@b.fr"),)), save_to_sent=False) == ""
    assert transport.requests[0].get("noSave") == "1"


def test_send_with_a_refused_attachment_sends_nothing() -> None:
    signed_in = (
        f'<s:Envelope xmlns:s="{soap.ENVELOPE}"><s:Body><AuthResponse><authToken>t</authToken></AuthResponse></s:Body>'
        "</s:Envelope>"
    ).encode()
    steps = [answer(signed_in), answer(b"413,'null'"), answer(b"413,'null'")]
    message = NewMessage(to=(Correspondent("a@b.fr"),), attachments=(Attachment(b"x", "application/pdf", "a.pdf"),))
    with scripted_server(*steps) as server:
        with ZimbraClient.sign_in(server.url, "a@b.fr", "secret") as used, pytest.raises(Refused):
            used.send(message)
        assert not [body for _, body in server.requests if b"SendMsgRequest" in body]


def test_message_counts_are_of_the_persons_own_mail() -> None:
    tree = """<GetFolderResponse><folder id="1" name="USER_ROOT" absFolderPath="/">
    <folder id="2" name="Inbox" view="message" n="5" u="2" s="100"><folder id="300" name="DSI" n="1" s="9"/></folder>
    <folder id="7" name="Contacts" view="contact" n="9"/><search id="301" name="Non lus"/>
    <link id="302" name="Service" view="message" n="4"><folder id="x:2" name="Sous" view="message" n="1"/></link>
    </folder></GetFolderResponse>"""
    assert client(ScriptedTransport(lambda _: tree)).message_counts() == (
        FolderCount("2", "/Inbox", 5, 2, 100),
        FolderCount("300", "/Inbox/DSI", 1, 0, 9),
    )
