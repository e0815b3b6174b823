from __future__ import annotations

import json
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from quarantine.summaries import Summary
from quarantine.summarising import summarise
from tests.each import each

MAIL = (
    b"From: =?utf-8?q?Ana=C3=AFs?= <Anais.Payet@Exemple.FR>\r\nReply-To: <autre@ailleurs.fr>\r\n"
    b"To: Marie <marie@ac-reunion.fr>, paul@ac-reunion.fr\r\nSubject: =?iso-8859-1?q?Bulletin_de_No=EBl?=\r\n"
    b"Date: Mon, 24 Nov 2025 10:00:00 +0400\r\nMessage-ID: <1@exemple.fr>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nBonjour\r\n"
    b"--b\r\nContent-Type: application/pdf; name*=utf-8''relev%C3%A9.pdf\r\n\r\n%PDF\r\n"
    b"--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment\r\n\r\nPK\r\n--b--\r\n"
)


def test_what_a_list_shows_is_decoded() -> None:
    made = summarise(MAIL)
    assert made.sender == "anais.payet@exemple.fr"
    assert made.summary == Summary(
        subject="Bulletin de Noël",
        from_name="Anaïs",
        reply_to="autre@ailleurs.fr",
        to="marie@ac-reunion.fr, paul@ac-reunion.fr",
        date="Mon, 24 Nov 2025 10:00:00 +0400",
        message_id="<1@exemple.fr>",
        attachments=["relevé.pdf", "sans nom"],
    )


@each(
    ("header", "sender"),
    [
        (b"From: nobody at all", ""),
        (b"Subject: none", ""),
        (b'From: "no address", b@x.fr', "b@x.fr"),
        ("From: élève@école.fr".encode(), "élève@xn--cole-9oa.fr"),
        (b"From: a@x.fr\x00", ""),
    ],
)
def test_the_sender_is_an_address_or_nothing(header: bytes, sender: str) -> None:
    assert summarise(header + b"\r\n\r\nx\r\n").sender == sender


@given(st.binary(max_size=2000) | st.builds(lambda value: b"From: " + value + b"\r\n\r\n", st.binary(max_size=500)))
def test_any_bytes_have_a_summary_that_fits(raw: bytes) -> None:
    made = summarise(raw)
    assert len(made.sender) <= 320
    assert "\0" not in made.sender
    assert len(json.dumps(asdict(made.summary)).encode("utf-8")) < 40_000


def test_a_huge_message_has_a_small_summary() -> None:
    parts = b"".join(b'--b\r\nContent-Type: x/y; name="%d%s"\r\n\r\nx\r\n' % (n, b"n" * 5000) for n in range(500))
    lists = b", ".join(b"p%d@x.fr" % n for n in range(5000))
    raw = b"From: " + b"a" * 9000 + b"@x.fr\r\nTo: " + lists + b"\r\nSubject: " + b"s" * 70_000
    raw += b'\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' + parts
    made = summarise(raw)
    assert len(json.dumps(asdict(made.summary))) < 10_000
    assert len(made.summary.attachments) == 30
