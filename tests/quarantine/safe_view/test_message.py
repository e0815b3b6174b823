from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quarantine import safe_view, wording
from tests.each import each, examples
from tests.quarantine.hostile_messages import BOMBS, CORPUS, Hostile, file_named, message, part, parts
from tests.quarantine.safe_view import harmless

BOMB_BYTES = 100_000
FEW = settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@each("hostile", CORPUS, ids=lambda one: one.name)
def test_read_hostile_message(hostile: Hostile) -> None:
    found = safe_view.read(hostile.raw)
    harmless.check(found)
    text = " ".join(body.markup for body in found.bodies)
    assert hostile.codes <= set(found.codes)
    assert [one for one in hostile.shown if one not in text] == []
    assert [one for one in hostile.kept_out if one in text] == []
    assert set(hostile.files) <= {one.name for one in found.attachments}


def test_corpus_is_large_and_its_names_are_its_own() -> None:
    assert len({hostile.name for hostile in CORPUS}) == len(CORPUS) >= 40


@each("name", BOMBS)
def test_read_stays_within_bounds(name: str) -> None:
    raw = BOMBS[name](BOMB_BYTES)
    found = safe_view.read(raw)
    harmless.check(found)
    assert sum(len(body.markup) for body in found.bodies) < 700_000
    assert len(found.attachments) <= 100
    assert len(found.subject) <= 300
    safe_view.glance(raw)


@each(
    "name",
    ["boundary within itself", "parts", "parts in parts", "open tags", "links", "many headers", "turned letters"],
)
def test_read_says_what_it_left_out(name: str) -> None:
    assert "truncated" in safe_view.read(BOMBS[name](2_000_000)).codes


def test_read_beyond_the_largest_message(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = message("<p>début</p>" + "x" * 2_000)
    monkeypatch.setattr(safe_view.message, "MAX_BYTES", len(raw) - 1_000)
    found = safe_view.read(raw)
    assert "truncated" in found.codes
    assert found.size == len(raw)
    assert "début" in found.bodies[0].markup


@FEW
@given(st.binary(max_size=3_000))
def test_read_takes_any_bytes(raw: bytes) -> None:
    harmless.check(safe_view.read(raw))
    safe_view.headers(raw)
    safe_view.glance(raw)


@FEW
@given(st.sampled_from(CORPUS), st.integers(0, 600), st.integers(0, 40), st.binary(max_size=12))
def test_read_takes_damaged_messages(hostile: Hostile, at: int, cut: int, put: bytes) -> None:
    harmless.check(safe_view.read(hostile.raw[:at] + put + hostile.raw[at + cut :]))


def test_read_plain_message() -> None:
    raw = message(
        "Bonjour,\r\n\r\nà demain.\r\n",
        "text/plain; charset=utf-8",
        sender='"Camille Hoarau" <Camille@Ecole.example>',
        headers="Cc: b@ecole.example, c@ecole.example\r\n",
    )
    found = safe_view.read(raw, "camille@ecole.example")
    assert found.sender is not None
    assert (found.sender.name, found.sender.key) == ("Camille Hoarau", "camille@ecole.example")
    assert [one.address for one in found.cc.shown] == ["b@ecole.example", "c@ecole.example"]
    assert found.date == datetime(2026, 1, 5, 6, tzinfo=UTC)
    assert [(body.kind, body.markup) for body in found.bodies] == [("text", "<p>Bonjour,</p><p>à demain.</p>")]
    assert found.body == found.bodies[0]
    assert (found.codes, found.attachments, found.remote) == ((), (), 0)


def test_read_offers_both_versions_the_formatted_one_first() -> None:
    found = safe_view.read(
        parts("multipart/alternative", part("text/plain", "en texte"), part("text/html", "<p>mis en forme</p>"))
    )
    assert [(body.kind, body.markup) for body in found.bodies] == [
        ("html", "<p>mis en forme</p>"),
        ("text", "<p>en texte</p>"),
    ]


def test_read_versions_share_what_is_no_choice() -> None:
    choice = "Content-Type: multipart/alternative; boundary=dedans\r\n\r\n" + "".join(
        f"--dedans\r\n{one}\r\n" for one in (part("text/plain", "en texte"), part("text/html", "<p>riche</p>"))
    )
    found = safe_view.read(parts("multipart/mixed", f"{choice}--dedans--", part("text/plain", "pied de liste")))
    assert [body.markup for body in found.bodies] == [
        "<p>riche</p><hr><p>pied de liste</p>",
        "<p>en texte</p><hr><p>pied de liste</p>",
    ]


def test_read_lists_attached_messages_by_their_subject() -> None:
    inner = (
        file_named("a.pdf")
        .decode()
        .replace("Subject: Essai", "Subject: =?utf-8?q?d=C3=A9j=C3=A0?=")
        .replace("limite", "dedans")
    )
    found = safe_view.read(
        parts("multipart/mixed", part("text/plain", "x"), f"Content-Type: message/rfc822\r\n\r\n{inner}")
    )
    assert [(one.name, one.what, one.inside) for one in found.attachments] == [
        ("déjà", "message joint", ""),
        ("a.pdf", "document PDF", "déjà"),
    ]
    assert [body.markup for body in found.bodies] == ["<p>x</p>"]


def test_read_counts_what_was_not_loaded() -> None:
    pictures = '<img src="https://a.example/1"><img src="cid:x"><img src="//a.example/2"><img src="data:image/png,x">'
    assert safe_view.read(message(f"{pictures}<td background='http://a.example/3'>")).remote == 3


def test_read_warns_of_another_envelope_but_not_of_a_list() -> None:
    raw = message("a")
    assert "sent_by_other" in safe_view.read(raw, "x@ailleurs.example").codes
    assert "sent_by_other" not in safe_view.read(raw, "bounces@mail.ecole.example").codes
    assert "sent_by_other" not in safe_view.read(raw, "").codes
    listed = message("a", headers="List-Id: <l.ecole.example>\r\n")
    assert "sent_by_other" not in safe_view.read(listed, "x@ailleurs.example").codes


def test_read_puts_the_weightiest_sign_first() -> None:
    found = safe_view.read(message('<p style="display:none">x</p><a href="javascript:x">y</a><form>'))
    assert [sign.level for sign in found.signs] == sorted(
        (sign.level for sign in found.signs), key=["danger", "caution", "note"].index
    )
    assert all(sign.sentence != wording.HINT_UNKNOWN for sign in found.signs)


def test_headers_are_decoded_and_bounded() -> None:
    raw = b"Subject: =?utf-8?q?d=C3=A9j=C3=A0?=\r\nX-Long: " + b"x" * 9_000 + b"\r\nX-Odd: a\xe2\x80\xaeb\0\r\n\r\nbody"
    found = safe_view.headers(raw)
    assert found[0] == ("Subject", "déjà")
    assert len(found[1][1]) == 2_000
    assert found[2] == ("X-Odd", "a[U+202E]b[U+0000]")
    assert len(safe_view.headers(b"A: b\r\n" * 5_000)) == 200


def test_glance_is_what_a_list_shows() -> None:
    raw = parts(
        "multipart/mixed",
        part("text/plain", "x"),
        part("application/pdf", "x", 'attachment; filename="devis.pdf"'),
        sender="=?utf-8?q?Zo=C3=A9?= <Zoe@Ecole.example>",
        headers="Message-ID: <1@ecole.example>\r\nReply-To: r@ecole.example\r\n",
    )
    found = safe_view.glance(raw)
    assert (found.subject, found.from_name, found.sender) == ("Essai", "Zoé", "zoe@ecole.example")
    assert (found.reply_to, found.to) == ("r@ecole.example", "agent@ac-reunion.fr")
    assert (found.message_id, found.attachments) == ("<1@ecole.example>", ["devis.pdf"])


def test_every_code_of_the_safe_view_has_a_sentence() -> None:
    codes = {code for hostile in CORPUS for code in safe_view.read(hostile.raw).codes}
    assert len(codes) >= 30
    for code in codes:
        assert wording.hint(code) != wording.HINT_UNKNOWN
        assert re.fullmatch(r"[A-ZÀÉ].*\.", wording.hint(code))
