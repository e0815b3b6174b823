"""Bytes to text: header fields, people, characters, charsets, parts."""

from __future__ import annotations

import pytest

from quarantine.safe_view import attachments, characters, charsets, fields, mime, people
from tests.each import each


def test_fields_are_unfolded_and_keep_their_order() -> None:
    raw = b"From a mailbox\r\nA: one\r\n two\r\nB : x\r\na: again\r\n\r\nC: body"
    found = fields.read(raw)
    assert [(one.name, one.value) for one in found.all] == [("A", "one two"), ("B", "x"), ("a", "again")]
    assert (found.every("a"), found.first("b"), found.first("c")) == (["one two", "again"], "x", "")
    assert (raw[found.body_at :], found.cut) == (b"C: body", False)


@each("line", [b"not a field\r\nB: x", b": x", b"\xe9: x", b"x" * 101 + b": y"])
def test_fields_end_where_text_begins(line: bytes) -> None:
    raw = b"A: b\r\n" + line + b"\r\n\r\nbody"
    found = fields.read(raw)
    assert [one.name for one in found.all] == ["A"]
    assert raw[found.body_at :].startswith(line)


def test_fields_are_cut_at_their_bounds() -> None:
    assert fields.read(b"A: b\n" * 2_000 + b"\nbody").cut
    long = fields.read(b"A: " + b"x" * 300_000 + b"\r\n\r\nbody")
    assert long.cut
    assert len(long.first("A")) <= fields.MAX_VALUE_BYTES


@each(
    ("value", "text"),
    [
        ("=?utf-8?q?d=C3=A9j=C3=A0?=", "déjà"),
        ("=?ISO-8859-1?Q?d=E9j=E0_vu?= !", "déjà vu !"),
        ("=?utf-8?b?w6k=?= =?utf-8?b?w6A=?=", "éà"),
        # A letter split over two words, and one whose padding is missing.
        ("=?utf-8?q?=C3?=\t=?utf-8?q?=A9?=", "é"),
        ("=?utf-8?b?w6k?=", "é"),
        ("=?utf-8*fr?q?a?=", "a"),
        ("=?klingon?q?a=E9?=", "aé"),
        ("=?utf-8?x?a?= et =?utf-8?q?a", "=?utf-8?x?a?= et =?utf-8?q?a"),
        ("=?utf-8?b?a?=", "=?utf-8?b?a?="),
        ("=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", "=?utf-8?q?a?="),
        ("sans rien", "sans rien"),
    ],
)
def test_encoded_words(value: str, text: str) -> None:
    assert fields.decoded(value) == text


@each(
    ("value", "found"),
    [
        ("a@b.fr", [("", "a@b.fr")]),
        ("Zoé <A@B.fr>, c@d.fr (Nom)", [("Zoé", "a@b.fr"), ("Nom", "c@d.fr")]),
        ('"Hoarau, Camille" <a@b.fr>', [("Hoarau, Camille", "a@b.fr")]),
        ('"x <c@d.fr>" <a@b.fr>', [("x <c@d.fr>", "a@b.fr")]),
        ("groupe: a@b.fr, c@d.fr;", [("", "a@b.fr"), ("", "c@d.fr")]),
        ("<@relais,@autre:a@b.fr>", [("", "a@b.fr")]),
        ("=?utf-8?q?x=40y=2Efr=2C?= <a@b.fr>", [("x@y.fr,", "a@b.fr")]),
        ("a@b.fr <c@d.fr>", [("a@b.fr", "c@d.fr")]),
        ("Personne", [("Personne", "")]),
        ("<>, ,;", []),
        ("a@académie.fr", [("", "a@xn--acadmie-eya.fr")]),
        ("a\u202eb\u200bc\0@d.fr", [("", "abc@d.fr")]),
        ('"pas fermé <a@b.fr>', [('"pas fermé', "a@b.fr")]),
    ],
)
def test_people(value: str, found: list[tuple[str, str]]) -> None:
    assert [(one.name, one.key) for one in people.read(value)] == found


def test_people_are_bounded() -> None:
    assert len(people.read("a@b.fr," * 5_000)) == people.MAX_PEOPLE


@pytest.mark.parametrize("name", ["dsi@ac-reunion.fr", "dsi＠ac-reunion.fr", "ds\u200bi@ac-reunion.fr (DSI)"])
def test_person_claims_another_address(name: str) -> None:
    assert people.person(name, "x@piege.fr").claims
    assert not people.person(name, "dsi@ac-reunion.fr").claims


def test_line_is_one_line_with_its_traps_written_out() -> None:
    seen: set[str] = set()
    assert characters.line("a\r\n\tb\u202ec\u200bd\ud800\x00", 80, seen) == "a b[U+202E]c[U+200B]d\ufffd[U+0000]"
    assert seen == {characters.TURNED, characters.INVISIBLE}
    assert characters.line("x" * 50, 10) == "x" * 9 + "…"
    assert characters.line("👨\u200d👩", 10) == "👨\u200d👩"


def test_passage_writes_out_what_hides_in_words_only() -> None:
    seen: set[str] = set()
    assert characters.passage("\u200c\u034f \u200ca\xadb\u200e", seen) == " ab"
    assert seen == set()
    assert characters.passage("a\r\nb\u2028c\u2066d\x07", seen) == "a\nb\nc[U+2066]d\ufffd"
    assert characters.passage("می\u200cخواهم", set()) == "میخواهم"


@each(
    ("data", "charset", "text", "wrong"),
    [
        ("é€".encode(), "utf-8", "é€", False),
        ("é€".encode(), "", "é€", False),
        ("é€".encode("cp1252"), "iso-8859-1", "é€", False),
        ("é€".encode("cp1252"), "", "é€", True),
        ("é€".encode("cp1252"), "us-ascii", "é€", True),
        ("é".encode(), "us-ascii", "é", False),
        ("é".encode("cp1252"), "utf-8", "\ufffd", True),
        ("日本".encode("iso2022_jp"), "ISO-2022-JP", "日本", False),
        ("한".encode("cp949"), "ks_c_5601-1987", "한", False),
        (b"abc", "klingon", "abc", True),
        (b"abc", "zip", "abc", True),
        (b"a\\x41", "unicode_escape", "a\\x41", True),
        (b"abc", "x" * 99, "abc", True),
        (b"abc", "\0", "abc", True),
    ],
)
def test_charsets(data: bytes, charset: str, text: str, wrong: bool) -> None:
    assert charsets.decode(data, charset) == (text, wrong)


def test_charset_of_html() -> None:
    assert charsets.declared_in_html(b'<html><meta charset="iso-8859-15">') == "iso-8859-15"
    assert charsets.declared_in_html(b"<p>charset=utf-8") == ""


@each(
    ("value", "found"),
    [
        ('text/plain; charset="utf-8"; x=y', {"charset": "utf-8", "x": "y"}),
        ("a; filename*=utf-8''d%C3%A9j%C3%A0.pdf", {"filename": "déjà.pdf"}),
        ("a; filename*1*=%A0.pdf; filename*0*=utf-8'fr'd%C3%A9j%C3", {"filename": "déjà.pdf"}),
        ("a; filename*0=dev; filename*1=is.pdf", {"filename": "devis.pdf"}),
        ('a; filename="=?utf-8?q?d=C3=A9j=C3=A0?="', {"filename": "déjà"}),
        ('a; filename="a\\"b"', {"filename": 'a"b'}),
        ("a; ;;=;b", {}),
    ],
)
def test_parameters(value: str, found: dict[str, str]) -> None:
    assert mime.parameters(value) == found


def test_content_and_size() -> None:
    head = b"Content-Transfer-Encoding: base64\r\n\r\n"
    raw = head + b"Ym9u\r\nam91cg==\r\n"
    [one] = mime.structure(raw).parts
    assert mime.content(raw, one, 100) == (b"bonjour", False)
    assert mime.content(raw, one, 3) == (b"bon", True)
    assert mime.size(raw, one) == 7


def test_structure_numbers_choices_and_attached_messages() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\npreamble\r\n--a\r\n"
        b"Content-Type: multipart/alternative; boundary=ab\r\n\r\n--ab\r\n\r\none\r\n--ab\r\n\r\ntwo\r\n--ab--\r\n"
        b"--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: dedans\r\n\r\nthree\r\n--a--\r\n--a\r\n\r\nafter"
    )
    found = mime.structure(raw)
    assert [(one.kind, one.group, one.inside, raw[one.start : one.end].strip()[:5]) for one in found.parts] == [
        ("text/plain", 1, None, b"one"),
        ("text/plain", 1, None, b"two"),
        ("message/rfc822", 0, None, b"Subje"),
        ("text/plain", 0, "dedans", b"three"),
    ]


@each(
    ("name", "codes"),
    [
        ("rapport.pdf", set()),
        ("M. Durand.pdf", set()),
        ("exe", set()),
        ("photo.jpg.zip", {"archive"}),
        ("a.tar.gz", {"archive"}),
        ("a.EXE", {"executable"}),
        ("..\\..\\a.bat", {"executable"}),
        ("a.pdf.lnk", {"executable", "double_extension"}),
        ("a.pdf .js", {"executable", "double_extension"}),
        ("a.ｅｘｅ", {"executable"}),
        ("a\u200b.e\u200bxe", {"executable"}),
        ("v1.2.html", {"web_page"}),
        ("fdp\u202excod.pdf", {"turned_name"}),
    ],
)
def test_codes_of_name(name: str, codes: set[str]) -> None:
    assert attachments.codes_of_name(name) == codes
