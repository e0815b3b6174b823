from datetime import UTC, datetime

import pytest

from tests.each import each
from tests.zimbra.scripted_server import Scripted, answer, hang_up, scripted_server
from zimbra import soap
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost, Garbled, NotAllowed, NotFound, Refused, Unavailable
from zimbra.transport import HttpTransport, Limits
from zimbra.types import NewContact
from zimbra.verbs.content import Upload

LIMITS = Limits(connect=2, read=2, attempts=2)


def signed_in(token: str) -> bytes:
    return soap_answer(f"<AuthResponse><authToken>{token}</authToken></AuthResponse>")


def soap_answer(body: str) -> bytes:
    return f'<E:Envelope xmlns:E="{soap.ENVELOPE}"><E:Body>{body}</E:Body></E:Envelope>'.encode()


def client(server: Scripted) -> ZimbraClient:
    transport = HttpTransport(LIMITS, pause=lambda _: None)
    return ZimbraClient.sign_in(server.url, "a@b.fr", "secret", transport=transport)


def test_export_asks_for_the_folder_with_the_session_cookie() -> None:
    with scripted_server(answer(signed_in("t1")), answer(b"BEGIN:VCARD")) as server:
        with client(server).export("/Contacts/Écoles & lycées", "vcf") as chunks:
            assert b"".join(chunks) == b"BEGIN:VCARD"
        head = server.requests[1][0]
    assert head.startswith("GET /home/~/Contacts/%C3%89coles%20%26%20lyc%C3%A9es?fmt=vcf&auth=co HTTP/1.1\r\n")
    assert "Cookie: ZM_AUTH_TOKEN=t1\r\n" in head


def test_export_signs_in_again_when_the_session_has_ended() -> None:
    steps = [answer(signed_in("t1")), answer(b"", "401 no"), answer(signed_in("t2")), answer(b"x")]
    with scripted_server(*steps) as server:
        assert client(server).item_text("257", "ics") == b"x"
        assert "ZM_AUTH_TOKEN=t2" in server.requests[3][0]


def test_export_gives_up_after_a_second_refusal() -> None:
    steps = [answer(signed_in("t1")), answer(b"", "401 no"), answer(signed_in("t2")), answer(b"", "401 no")]
    with scripted_server(*steps) as server, pytest.raises(NotAllowed):
        client(server).item_text("257", "ics")


@each(
    ("status", "kind"),
    [
        ("404 Not Found", NotFound),
        ("403 Forbidden", NotAllowed),
        ("400 Bad", Refused),
        ("500 Oops", Unavailable),
        ("302 Found", Garbled),
    ],
)
def test_export_error_statuses(status: str, kind: type[Exception]) -> None:
    with (
        scripted_server(answer(signed_in("t1")), answer(b"<html>", status)) as server,
        pytest.raises(kind),
        client(server).export("/Contacts", "vcf"),
    ):
        pass


@each(
    ("status", "kind"),
    [("404 Not Found", NotFound), ("400 Bad", Refused), ("500 Oops", Refused), ("502 Bad Gateway", AnswerLost)],
)
def test_import_file_error_statuses(status: str, kind: type[Exception]) -> None:
    with scripted_server(answer(signed_in("t1")), answer(b"<html>", status)) as server, pytest.raises(kind):
        client(server).import_file("/Contacts", "vcf", b"BEGIN:VCARD", "text/vcard")


def test_import_file_is_not_repeated_when_its_answer_is_lost() -> None:
    with scripted_server(answer(signed_in("t1")), hang_up, answer(b"")) as server:
        with pytest.raises(AnswerLost):
            client(server).import_file("/Contacts", "vcf", b"BEGIN:VCARD", "text/vcard")
        assert len(server.requests) == 2


def test_upload_sends_one_multipart_and_reads_the_id() -> None:
    with scripted_server(answer(signed_in("t1")), answer(b"200,'null','srv:abc'\r\n")) as server:
        assert client(server).upload(b"\x00\xffbytes", "image/png", "ph\r\noto é.png") == "srv:abc"
        head, body = server.requests[1]
    assert head.startswith("POST /service/upload?fmt=raw")
    assert 'name="filenames"\r\n\r\nph oto é.png\r\n--'.encode() in body
    assert b'filename="ph%0D%0Aoto %C3%A9.png"\r\nContent-Type: image/png\r\n\r\n\x00\xffbytes\r\n--' in body


@each(
    ("said", "kind"),
    [
        (b"413,'null'", Refused),
        (b"204,'null'", Refused),
        (b"403,'null'", NotAllowed),
        (b"500,'null'", Unavailable),
        (b"<html>", Garbled),
        (b"200,'null'", Garbled),
        (b"200,'null','a,b'", Garbled),
    ],
)
def test_upload_answers_that_are_not_one_id(said: bytes, kind: type[Exception]) -> None:
    steps = [answer(signed_in("t1")), answer(said)]
    with scripted_server(*steps) as server, pytest.raises(kind):
        client(server).upload(b"x", "image/png")


def test_upload_signs_in_again_when_the_session_has_ended() -> None:
    steps = [answer(b"401,'null'"), answer(signed_in("t2")), answer(b"200,'null','srv:abc'")]
    with scripted_server(answer(signed_in("t1")), *steps) as server:
        assert client(server).upload(b"x", "image/png") == "srv:abc"
        assert "ZM_AUTH_TOKEN=t2" in server.requests[3][0]


def test_upload_all_falls_back_to_one_at_a_time() -> None:
    steps = [answer(b"413,'null'"), answer(b"200,'null','a'"), answer(b"413,'null'"), answer(b"200,'null','c'")]
    files = [Upload(b"x", "image/png", name) for name in "abc"]
    with scripted_server(answer(signed_in("t1")), *steps) as server:
        first, second, third = client(server).upload_all(files)
    assert (first, third) == ("a", "c")
    assert isinstance(second, Refused)


def test_create_contacts_with_a_refused_picture_still_sends_the_others() -> None:
    batch = soap_answer(
        '<BatchResponse><CreateContactResponse requestId="0"><cn id="1"/></CreateContactResponse>'
        '<CreateContactResponse requestId="1"><cn id="3"/></CreateContactResponse></BatchResponse>'
    )
    steps = [answer(b"413,'null'"), answer(b"413,'null'"), answer(b"200,'null','srv:b'"), answer(batch)]
    contacts = [NewContact({"a": "1"}), NewContact({"a": "2"}, image=b"i"), NewContact({"a": "3"}, image=b"j")]
    with scripted_server(answer(signed_in("t1")), *steps) as server:
        outcomes = client(server).create_contacts("7", contacts)
        sent = soap.parse(server.requests[-1][1])
    assert [outcome.ids for outcome in outcomes] == [("1",), (), ("3",)]
    assert (outcomes[1].refused, outcomes[1].code) == (True, "http.413")
    assert [one.get("aid") for one in sent.iter() if one.get("n") == "image"] == ["srv:b"]


def test_export_and_import_send_only_the_options_given() -> None:
    steps = [answer(signed_in("t1")), answer(b""), answer(b"x"), answer(b"")]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with scripted_server(*steps) as server, client(server) as used:
        used.import_file("/Été", "tgz", b"x", resolve="replace")
        with used.export("/Calendar", "ics", start=start) as chunks:
            assert b"".join(chunks) == b"x"
        used.import_file("/Contacts", "csv", b"x", csv_format="outlook-2003-csv", csv_locale="fr")
        paths = [head.split(" ")[1] for head, _ in server.requests[1:]]
        types = [head.lower() for head, _ in server.requests if "content-type" in head.lower()]
    assert paths == [
        "/home/~/%C3%89t%C3%A9?fmt=tgz&auth=co&resolve=replace",
        "/home/~/Calendar?fmt=ics&start=1767225600000&auth=co",
        "/home/~/Contacts?fmt=csv&auth=co&csvfmt=outlook-2003-csv&csvlocale=fr",
    ]
    assert "application/x-compressed-tar" in types[1]
    assert "text/csv" in types[2]
