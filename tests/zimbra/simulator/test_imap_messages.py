from __future__ import annotations

import email
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.zimbra.simulator.mail_clients import deliver, letter, mail_program
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator.server import SimulatorServer

MIXED = b"""\
From: "Martin, L\xc3\xa9a" <lea@x.fr>\r
To: Groupe <g@x.fr>, =?utf-8?q?=C3=89ric?= <eric@y.fr>\r
Cc: c@x.fr\r
Subject: =?utf-8?q?R=C3=A9union?=\r
Message-ID: <m1@x.fr>\r
In-Reply-To: <m0@x.fr>\r
Date: Mon, 31 Aug 2026 23:30:00 -0400\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=B\r
\r
preamble\r
--B\r
Content-Type: multipart/alternative; boundary=C\r
\r
--C\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Ordre du jour : la rentr=C3=A9e\r
--C\r
Content-Type: text/html\r
\r
<b>x</b>\r
--C--\r
--B\r
Content-Type: application/pdf; name*=utf-8''r%C3%A9sum%C3%A9.pdf\r
Content-Disposition: attachment; filename="plan.pdf"\r
Content-Transfer-Encoding: base64\r
Content-ID: <c1>\r
\r
SGVsbG8=\r
--B\r
Content-Type: message/rfc822\r
\r
From: a@b.fr\r
Subject: inside\r
Content-Type: multipart/mixed; boundary=D\r
\r
--D\r
\r
deep\r
--D--\r
--B--\r
"""


@pytest.fixture
def client(simulator: SimulatorServer, address: str) -> Iterator[IMAPClient]:
    with mail_program(simulator, address) as found:
        found.select_folder("INBOX")
        yield found


def _add(client: IMAPClient, raw: bytes, flags: tuple[str, ...] = (), when: datetime | None = None) -> int:
    """The uid of a message put into the inbox."""
    before = set(client.search())
    client.append("INBOX", raw, flags, when)
    (uid,) = set(client.search()) - before
    return int(uid)


def _one(client: IMAPClient, uid: int, *items: str) -> dict[bytes, object]:
    return client.fetch([uid], list(items))[uid]


def test_the_envelope_of_a_message(client: IMAPClient) -> None:
    envelope = _one(client, _add(client, MIXED), "ENVELOPE")[b"ENVELOPE"]
    assert envelope.subject == b"=?utf-8?q?R=C3=A9union?="
    assert envelope.message_id == b"<m1@x.fr>"
    assert envelope.in_reply_to == b"<m0@x.fr>"
    assert [(one.mailbox, one.host) for one in envelope.to] == [(b"g", b"x.fr"), (b"eric", b"y.fr")]
    assert envelope.from_[0].name == "Martin, Léa".encode()
    assert envelope.sender == envelope.reply_to == envelope.from_
    assert envelope.bcc is None


def test_the_structure_of_a_message(client: IMAPClient) -> None:
    uid = _add(client, MIXED)
    body = _one(client, uid, "BODYSTRUCTURE")[b"BODYSTRUCTURE"]
    assert body.is_multipart
    alternative, pdf, message = body[0]
    assert [part[:2] for part in alternative[0]] == [(b"TEXT", b"PLAIN"), (b"TEXT", b"HTML")]
    assert alternative[0][0][2] == (b"CHARSET", b"utf-8")
    assert pdf[:2] == (b"APPLICATION", b"PDF")
    assert (pdf[3], pdf[5], pdf[6]) == (b"<c1>", b"BASE64", 8)
    assert pdf[8] == (b"ATTACHMENT", (b"FILENAME", b"plan.pdf"))
    assert message[:2] == (b"MESSAGE", b"RFC822")
    assert message[7][1] == b"inside"
    short = _one(client, uid, "BODY")[b"BODY"]
    assert len(short[0][1]) < len(pdf)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("1.1", b"Ordre du jour : la rentr=C3=A9e"), ("1.2", b"<b>x</b>"), ("2", b"SGVsbG8="),
        ("2.MIME", b"Content-Type: application/pdf; name*=utf-8''r%C3%A9sum%C3%A9.pdf\r\n"
                   b'Content-Disposition: attachment; filename="plan.pdf"\r\n'
                   b"Content-Transfer-Encoding: base64\r\nContent-ID: <c1>\r\n\r\n"),
        ("3.HEADER", b"From: a@b.fr\r\nSubject: inside\r\nContent-Type: multipart/mixed; boundary=D\r\n\r\n"),
        ("3.1", b"deep"), ("3.HEADER.FIELDS (SUBJECT)", b"Subject: inside\r\n\r\n"), ("4", None), ("1.3", None),
        ("2.1", None), ("HEADER.FIELDS (CC X-NONE)", b"Cc: c@x.fr\r\n\r\n"), ("", MIXED),
        ("TEXT", MIXED.partition(b"\r\n\r\n")[2]), ("HEADER", MIXED.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"),
    ],
)  # fmt: skip
def test_sections_are_the_bytes_as_they_stand(client: IMAPClient, section: str, expected: bytes | None) -> None:
    uid = _add(client, MIXED)
    assert _one(client, uid, f"BODY.PEEK[{section}]")[f"BODY[{section}]".encode()] == expected


def test_all_header_fields_but_some(client: IMAPClient) -> None:
    found = _one(client, _add(client, letter()), "BODY.PEEK[HEADER.FIELDS.NOT (TO SUBJECT)]")
    names = email.message_from_bytes(found[b"BODY[HEADER.FIELDS.NOT (TO SUBJECT)]"]).keys()
    assert "From" in names
    assert not {"To", "Subject"} & set(names)


def test_a_plain_message_has_one_part_which_is_its_text(client: IMAPClient) -> None:
    uid = _add(client, letter(body="texte"))
    assert _one(client, uid, "BODY.PEEK[1]")[b"BODY[1]"] == b"texte\r\n"
    assert _one(client, uid, "BODYSTRUCTURE")[b"BODYSTRUCTURE"][:2] == (b"TEXT", b"PLAIN")


@pytest.mark.parametrize(("start", "length", "expected"), [(0, 4, b"text"), (3, 100, b"te\r\n"), (99, 5, b"")])
def test_pieces_of_a_section(client: IMAPClient, start: int, length: int, expected: bytes) -> None:
    uid = _add(client, letter(body="texte"))
    found = _one(client, uid, f"BODY.PEEK[TEXT]<{start}.{length}>")
    assert found[f"BODY[TEXT]<{start}>".encode()] == expected


def test_reading_the_body_marks_as_read_and_peeking_does_not(client: IMAPClient, agent: Wire) -> None:
    uid = _add(client, letter())
    _one(client, uid, "BODY.PEEK[]", "RFC822.SIZE", "RFC822.HEADER")
    assert _one(client, uid, "FLAGS")[b"FLAGS"] == (b"\\Recent",)
    assert b"\\Seen" in _one(client, uid, "BODY[]")[b"FLAGS"]
    found = agent.mail('<SearchRequest types="message"><query>is:unread</query></SearchRequest>')
    assert not found.findall("m")


def test_a_folder_opened_for_reading_only_is_left_alone(client: IMAPClient) -> None:
    uid = _add(client, letter())
    client.select_folder("INBOX", readonly=True)
    _one(client, uid, "BODY[]")
    assert b"\\Seen" not in _one(client, uid, "FLAGS")[b"FLAGS"]
    for command in (lambda: client.add_flags([uid], ["\\Seen"]), client.expunge, lambda: client.move([uid], "Trash")):
        with pytest.raises(IMAPClientError, match="READ-ONLY"):
            command()


def test_what_append_is_told_is_kept(client: IMAPClient) -> None:
    when = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    uid = _add(client, letter(), ("\\Seen", "\\Flagged", "$Forwarded", "Important"), when)
    found = _one(client, uid, "FLAGS", "INTERNALDATE", "RFC822.SIZE")
    assert set(found[b"FLAGS"]) == {b"\\Seen", b"\\Flagged", b"$Forwarded", b"Important", b"\\Recent"}
    assert found[b"INTERNALDATE"].astimezone(UTC) == when
    assert found[b"RFC822.SIZE"] == len(letter())


def test_append_tells_the_uid(client: IMAPClient) -> None:
    answer = client.append("INBOX", letter())
    (uid,) = client.search()
    assert answer.startswith(b"[APPENDUID 2 %d]" % uid)


def test_append_to_no_folder_asks_to_make_it(client: IMAPClient) -> None:
    with pytest.raises(IMAPClientError, match="TRYCREATE"):
        client.append("Nulle part", letter())


def test_flags_are_set_added_and_taken_away(client: IMAPClient) -> None:
    uid = _add(client, letter())

    def kept() -> set[bytes]:
        return set(_one(client, uid, "FLAGS")[b"FLAGS"]) - {b"\\Recent"}

    assert set(client.add_flags([uid], ["\\Answered", "\\Draft"])[uid]) >= {b"\\Answered", b"\\Draft"}
    client.set_flags([uid], ["\\Seen", "$MDNSent"])
    assert kept() == {b"\\Seen", b"$MDNSent"}
    client.remove_flags([uid], ["\\Seen", "\\Answered"])
    assert kept() == {b"$MDNSent"}
    assert client.add_flags([uid], ["\\Flagged"], silent=True) is None
    assert kept() == {b"$MDNSent", b"\\Flagged"}
    client.set_flags([uid], [])
    assert kept() == set()


def test_flags_are_those_of_the_web_client(client: IMAPClient, agent: Wire) -> None:
    uid = _add(client, letter())
    client.add_flags([uid], ["\\Flagged", "\\Seen"])
    (found,) = agent.mail('<SearchRequest types="message"><query>is:flagged</query></SearchRequest>').findall("m")
    assert "f" in found.get("f")
    assert "u" not in found.get("f")
    agent.mail(f'<MsgActionRequest><action op="!flag" id="{found.get("id")}"/></MsgActionRequest>')
    assert set(_one(client, uid, "FLAGS")[b"FLAGS"]) == {b"\\Seen", b"\\Recent"}


def test_keywords_are_tags(client: IMAPClient, agent: Wire) -> None:
    agent.mail('<CreateTagRequest><tag name="à lire"/></CreateTagRequest>')
    uid = _add(client, letter())
    client.add_flags([uid], ["&AOA-_lire", "Projet", "NonJunk"])
    tags = {one.get("name") for one in agent.mail("<GetTagRequest/>")}
    assert tags == {"à lire", "Projet"}
    (found,) = agent.mail('<SearchRequest types="message"><query>tag:Projet</query></SearchRequest>').findall("m")
    assert set(found.get("tn").split(",")) == tags
    assert {b"Projet", b"&AOA-_lire"} <= set(client.get_flags([uid])[uid])
    assert client.search(["KEYWORD", "Projet"]) == [uid]


def test_copies_keep_flags_and_date_and_get_uids_of_their_own(client: IMAPClient) -> None:
    when = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    uid = _add(client, letter(), ("\\Flagged", "\\Seen"), when)
    client.create_folder("Classement")
    client.copy([uid], "Classement")
    client.select_folder("Classement")
    (made,) = client.search()
    found = _one(client, made, "FLAGS", "INTERNALDATE", "BODY.PEEK[]")
    assert {b"\\Flagged", b"\\Seen"} <= set(found[b"FLAGS"])
    assert found[b"INTERNALDATE"].astimezone(UTC) == when
    assert found[b"BODY[]"] == letter()
    assert made != uid


def test_messages_moved_are_no_longer_where_they_were(client: IMAPClient) -> None:
    uids = [_add(client, letter(str(number))) for number in range(4)]
    client.move(uids[1:3], "Trash")
    assert client.search() == [uids[0], uids[3]]
    assert client.folder_status("Trash")[b"MESSAGES"] == 2
    with pytest.raises(IMAPClientError, match="TRYCREATE"):
        client.move(uids[:1], "Nulle part")


def test_only_what_is_marked_goes(client: IMAPClient) -> None:
    uids = [_add(client, letter(str(number))) for number in range(3)]
    client.delete_messages(uids[:2])
    client.uid_expunge([uids[1], uids[2]])
    assert client.search() == [uids[0], uids[2]]
    _, untagged = client.expunge()
    assert untagged == [(1, b"EXPUNGE")]
    assert client.search() == [uids[2]]


def test_closing_takes_away_what_is_marked_and_unselecting_does_not(client: IMAPClient) -> None:
    uid = _add(client, letter())
    client.delete_messages([uid])
    client.unselect_folder()
    client.select_folder("INBOX")
    assert client.search() == [uid]
    client.close_folder()
    assert client.select_folder("INBOX")[b"EXISTS"] == 0


def test_a_deletion_by_the_web_client_is_one_here(client: IMAPClient, agent: Wire) -> None:
    kept, gone = (_add(client, letter(subject)) for subject in ("garder", "jeter"))
    (found,) = agent.mail('<SearchRequest types="message"><query>subject:jeter</query></SearchRequest>').findall("m")
    agent.mail(f'<MsgActionRequest><action op="delete" id="{found.get("id")}"/></MsgActionRequest>')
    assert client.noop()[1] == [(2, b"EXPUNGE")]
    assert client.search() == [kept]
    assert gone not in client.fetch([kept, gone], ["FLAGS"])


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (["ALL"], "abc"), (["SEEN"], "b"), (["UNSEEN"], "ac"), (["FLAGGED"], "c"), (["NOT", "FLAGGED"], "ab"),
        (["SUBJECT", "réunion"], "ac"), (["FROM", "léa"], "a"), (["TO", "éric"], "a"), (["CC", "c@x"], "a"),
        (["BODY", "rentrée"], "a"), (["TEXT", "ordre DU jour"], "a"), (["TEXT", "deuxième"], "b"),
        (["HEADER", "Message-ID", "m1@"], "a"), (["HEADER", "In-Reply-To", ""], "a"), (["BCC", "x"], ""),
        (["OR", "SEEN", "FLAGGED"], "bc"), (["SUBJECT", "réunion", "UNSEEN", "NOT", "FLAGGED"], "a"),
        (["LARGER", "500"], "a"), (["SMALLER", "500"], "bc"), (["DRAFT"], ""), (["UNDELETED"], "abc"),
        (["SENTON", "31-Aug-2026"], "a"), (["SENTSINCE", "1-Sep-2026"], "bc"), (["SENTBEFORE", "1-Sep-2026"], "a"),
        (["ON", "3-Feb-2001"], "b"), (["BEFORE", "4-Feb-2001"], "b"), (["SINCE", "4-Feb-2001"], "ac"),
        (["YOUNGER", "3600"], "ac"), (["OLDER", "3600"], "b"), (["KEYWORD", "$Forwarded"], "b"),
        (["UNKEYWORD", "$Forwarded"], "ac"), (["1:2"], "ab"), (["*"], "c"), (["NEW"], "ac"), (["ANSWERED"], ""),
        ([["SEEN", "SUBJECT", "deux"]], "b"), (["NOT", ["OR", "SEEN", "FLAGGED"]], "a"),
    ],
)  # fmt: skip
def test_search(client: IMAPClient, criteria: list[object], expected: str) -> None:
    uids = {
        "a": _add(client, MIXED),
        "b": _add(
            client, letter("Sujet deux", "deuxième"), ("\\Seen", "$Forwarded"), datetime(2001, 2, 3, 23, tzinfo=UTC)
        ),
        "c": _add(client, letter("La RÉUNION"), ("\\Flagged",)),
    }
    assert client.search(criteria, "UTF-8") == [uids[one] for one in expected]


def test_search_by_uid(client: IMAPClient) -> None:
    uids = [_add(client, letter()) for _ in range(3)]
    assert client.search(["UID", f"{uids[1]}:*"]) == uids[1:]
    assert client.search(["NOT", "UID", str(uids[1])]) == [uids[0], uids[2]]


def test_search_in_a_charset_nobody_knows_is_refused(client: IMAPClient) -> None:
    for charset in ("KLINGON", "rot13", "zlib"):
        assert client._imap._simple_command("SEARCH", "CHARSET", charset, "ALL")[1][0].startswith(b"[BADCHARSET")
    client.append("INBOX", letter("déjà"))
    assert len(client.search(["SUBJECT", "déjà"], "ISO-8859-1")) == 1


def test_changes_since_a_count_are_told(client: IMAPClient) -> None:
    uids = [_add(client, letter(str(number))) for number in range(3)]
    before = client.folder_status("INBOX", ["HIGHESTMODSEQ"])[b"HIGHESTMODSEQ"]
    client.add_flags(uids[1:2], ["\\Flagged"])
    changed = client.fetch(uids, ["FLAGS"], [f"CHANGEDSINCE {before}"])
    assert list(changed) == [uids[1]]
    assert changed[uids[1]][b"MODSEQ"][0] > before
    assert client.search(["MODSEQ", str(before + 1)]) == [uids[1]]


@pytest.mark.parametrize(
    "raw",
    [
        b"x", b"\xff\x00\xfe", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x--\r\n",
        b"From: " + b"(" * 60 + b"\r\n\r\n", b"To: a:b;, <<>>, @\r\nDate: never\r\n\r\n",
    ],
)  # fmt: skip
def test_odd_messages_are_shown_all_the_same(client: IMAPClient, raw: bytes) -> None:
    uid = _add(client, raw)
    found = _one(client, uid, "ENVELOPE", "BODYSTRUCTURE", "BODY[]", "BODY.PEEK[HEADER]", "BODY.PEEK[1]")
    assert found[b"BODY[]"] == raw


def test_a_delivery_is_found_with_what_it_brought(simulator: SimulatorServer, client: IMAPClient, address: str) -> None:
    deliver(simulator, address, MIXED)
    client.noop()
    (uid,) = client.search(["BODY", "rentrée"], "UTF-8")
    assert _one(client, uid, "ENVELOPE")[b"ENVELOPE"].message_id == b"<m1@x.fr>"
