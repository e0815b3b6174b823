from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.each import each, examples
from zimbra.simulator.mail import building, headers
from zimbra.simulator.mail.mime import Message, normalised_subject

NESTED = b"""Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/alternative; boundary="b"

--b

un
--b
Content-Type: text/html

<p>deux</p>
--b--
--a
Content-Type: message/rfc822

Subject: dedans
Content-Type: multipart/mixed; boundary=c

--c

trois
--c
Content-Type: image/png; name=i.png

quatre
--c--
--a
Content-Disposition: attachment; filename*=utf-8''%C3%A9t%C3%A9.txt

cinq
--a--
"""


def test_parts_are_numbered_as_zimbra_numbers_them() -> None:
    read = Message.parse(NESTED)
    assert [(part.number, part.content_type) for part in read.parts] == [
        ("TEXT", "multipart/mixed"),
        ("1", "multipart/alternative"),
        ("1.1", "text/plain"),
        ("1.2", "text/html"),
        ("2", "message/rfc822"),
        ("2.TEXT", "multipart/mixed"),
        ("2.1", "text/plain"),
        ("2.2", "image/png"),
        ("3", "text/plain"),
    ]
    assert [part.data for part in read.parts if not part.children] == [
        b"un", b"<p>deux</p>", b"trois", b"quatre", b"cinq",
    ]  # fmt: skip
    assert [part.number for part in read.attachments] == ["2", "3"]
    assert read.attachments[1].filename == "été.txt"


def test_plain_message_is_part_one() -> None:
    read = Message.parse(b"Subject: x\r\n\r\ncorps\r\n")
    assert [(part.number, part.data) for part in read.parts] == [("1", b"corps\r\n")]
    assert (read.text, read.fragment, read.attachments) == ("corps\n", "corps", [])


@each(
    ("value", "text"),
    [
        (b"=?utf-8?Q?R=C3=A9union?=", "Réunion"),
        (b"=?iso-8859-1?B?6Q==?= =?utf-8?q?_suite?=", "é suite"),
        (b"=?inconnu?Q?abc?=", "abc"),
        (b"=?utf-8?B?@@@?=", ""),
        ("é".encode(), "é"),
        (b"caf\xe9", "café"),
        (b"=?hex?Q?zz?=", "zz"),
        (b"pas =? encode", "pas =? encode"),
    ],
)
def test_header_is_decoded_whatever_its_charset(value: bytes, text: str) -> None:
    assert headers.decoded(value) == text


@each(
    ("value", "people"),
    [
        (b'"Dupont, Jean" <j@x.fr>, m@x.fr', [("Dupont, Jean", "j@x.fr"), ("", "m@x.fr")]),
        (b"=?utf-8?Q?Andr=C3=A9=2C_le_grand?= <a@x.fr>", [("André, le grand", "a@x.fr")]),
        (b"a@x.fr; b@x.fr", [("", "a@x.fr"), ("", "b@x.fr")]),
        (b"", []),
    ],
)
def test_addresses_are_read_with_their_names(value: bytes, people: list[tuple[str, str]]) -> None:
    found = headers.addresses([value])
    assert [one for one in found if one[1]] == people


@each(
    ("subject", "kept"),
    [("Re: Fwd: Menu", "Menu"), ("RE[2]: Menu (fwd)", "Menu"), ("[liste] Re: Menu", "Menu"), ("Rentrée", "Rentrée")],
)
def test_subject_loses_the_marks_of_answers(subject: str, kept: str) -> None:
    assert normalised_subject(subject) == kept


def test_date_that_is_none_is_none() -> None:
    assert Message.parse(b"Date: demain\n\n").date is None
    assert Message.parse(b"Date: Tue, 01 Sep 2026 08:00:00 +0200\n\n").date == 1788242400000


@each(
    "raw",
    [
        b"Content-Type: message/rfc822\n\n" * 3000,
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" * 5000,
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * 20000,
        b"From: " + b"(" * 50000 + b"\n\n",
        b"Subject: " + b"=?utf-8?Q?" * 20000 + b"\n\n",
        b"Subject: " + b"re:" * 20000 + b"\n\n",
        b"To: " + b"a@b.fr," * 50000 + b"\n\n",
        b"Content-Type: text/html\n\n" + b"<" * 100000,
    ],
    ids=["messages", "frames", "parts", "comments", "words", "answers", "people", "html"],
)
def test_hostile_message_is_read_without_trouble(raw: bytes) -> None:
    read = Message.parse(raw)
    assert len(read.parts) <= 2000
    assert isinstance(read.fragment, str)
    assert len(read.addresses("to")) <= 50000
    assert isinstance(normalised_subject(read.subject), str)


@settings(max_examples=examples(150), deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_message(raw: bytes) -> None:
    read = Message.parse(raw)
    assert read.raw == raw
    assert b"".join(part.data for part in read.parts) is not None
    assert isinstance((read.subject, read.fragment, read.html), tuple)


@given(st.text(max_size=200), st.text(max_size=60))
@settings(max_examples=examples(100), deadline=None)
def test_text_written_is_read_again(content: str, subject: str) -> None:
    kept = content.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    written = building.message([("Subject", building.text_value(subject))], building.text("text/plain", content))
    assert Message.parse(written).text == kept
