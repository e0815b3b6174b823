"""What rules see of a message."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.conversions.filters.messages import Message, addresses_of, decoded_words, text_of_html
from tests.each import each, examples

LETTER = b"""From: "Martin, Marie" <Marie.Martin@AC-Exemple.fr>\r
Subject:   =?utf-8?q?R=C3=A9union_du?=\r
 =?iso-8859-1?q?_caf=E9?= noir  \r
X-Label: un\r
x-label: deux\r
Content-Type: multipart/mixed; boundary=b\r
\r
prologue\r
--b\r
Content-Type: text/plain; charset=iso-8859-1\r
Content-Transfer-Encoding: quoted-printable\r
\r
Le caf=E9\r
--b\r
Content-Type: text/html\r
\r
<p>Autre</p>\r
--b\r
Content-Type: application/pdf\r
Content-Disposition: attachment; filename*=utf-8''no%C3%ABl.pdf\r
Content-Transfer-Encoding: base64\r
\r
aGVsbG8=\r
--b--\r
"""


def test_headers_are_decoded_and_unfolded() -> None:
    message = Message.parse(LETTER)
    assert message.value("subject") == "Réunion du café noir"
    assert message.values("X-LABEL") == ["un", "deux"]
    assert message.values("absent") == []
    assert message.value("absent") == ""


def test_body_size_and_attachments_are_seen() -> None:
    message = Message.parse(LETTER)
    assert message.size == len(LETTER)
    assert message.text == "Le café"
    assert message.attachments == ["noël.pdf"]
    assert "prologue" in message.raw_body
    assert "caf=E9" in message.raw_body
    assert "Subject" not in message.raw_body
    assert [part.kind for part in message.parts] == ["multipart/mixed", "text/plain", "text/html", "application/pdf"]
    assert message.parts[3].octets == b"hello"


@each(
    ("value", "found"),
    [
        ("a@b.fr, Jean <c@d.fr>", ["a@b.fr", "c@d.fr"]),
        ('"Nom, prénom" <a@b.fr>', ["a@b.fr"]),
        ("equipe: a@b.fr, c@d.fr;", ["a@b.fr", "c@d.fr"]),
        ("undisclosed-recipients:;", []),
        ("a@b.fr (x, y@z), (w) c@d.fr", ["a@b.fr", "c@d.fr"]),
        ('"a b"@c.fr', ["a b@c.fr"]),
        ("<a @ b.fr>", ["a@b.fr"]),
        ("<a@b.fr", []),
        ("Jean, Paul <a@b.fr>", ["a@b.fr"]),
        ("pas une adresse", []),
        ("a@b.fr; c@d.fr", ["a@b.fr", "c@d.fr"]),
    ],
)
def test_addresses_are_found(value: str, found: list[str]) -> None:
    assert addresses_of(value) == found


@each(
    ("value", "read"),
    [
        ("=?UTF-8?B?w4k=?= =?UTF-8?B?dMOp?=", "Été"),
        ("=?UTF-8?Q?=C3?= =?utf-8?Q?=A9?=", "é"),
        ("a =?x-inconnu?q?b=E9?= c", "a bé c"),
        ("=?utf-8?b?%%%?=", "=?utf-8?b?%%%?="),
        ("=?utf-8*fr?q?a_b?=", "a b"),
        ("=? = ?=", "=? = ?="),
    ],
)
def test_encoded_words_are_read(value: str, read: str) -> None:
    assert decoded_words(value) in (read, "" if "%%%" in value else read)


def test_html_is_read_without_its_tags() -> None:
    assert text_of_html("<style>p{}</style><p>Un&nbsp;<b>mot</b>.</p><script>x<y</script>").split() == [
        "Un",
        "mot",
        ".",
    ]


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(LETTER)))
def test_rubbish_never_raises(rubbish: bytes, at: int) -> None:
    for raw in (rubbish, LETTER[:at] + rubbish + LETTER[at + len(rubbish) :]):
        message = Message.parse(raw)
        assert message.size == len(raw)
        assert isinstance(message.text + "".join(message.attachments) + message.raw_body, str)
        for name, _ in message.headers:
            assert len(message.values(name)) >= 1
            assert all("@" in address for address in message.addresses(name))


def test_deep_nesting_is_bounded() -> None:
    part = b"--b\nContent-Type: multipart/mixed; boundary=b\n\n"
    message = Message.parse(b"Content-Type: multipart/mixed; boundary=b\n\n" + part * 5000)
    assert len(message.parts) <= 500
