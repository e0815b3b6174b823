"""Files and pasted texts of all kinds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bascule.conversions.model import Unreadable
from bascule.conversions.signatures import ImageKind, clean, read
from tests.bascule.conversions.signatures.samples import FOLDER
from tests.each import each, examples


def sample(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def test_word_page_gives_its_look_without_its_junk() -> None:
    reading = read(sample("word.html"), "signature.html")
    assert reading.name == "Normal"
    assert "mso" not in reading.html.lower()
    assert "class" not in reading.html
    assert "font-family:'Calibri',sans-serif" in reading.html
    assert reading.text.splitlines() == [
        "Éric PAYET",
        "Secrétaire général – Collège « Les Filaos »",
        "Tél. : 0262 00 00 00",
        "eric.payet@ac-reunion.fr",
        "Logo de l’académie",
    ]
    (image,) = reading.images
    assert (image.kind, image.src) == (ImageKind.FILE, "signature_fichiers/image001.png")
    assert [remark.code for remark in reading.remarks] == ["image_elsewhere"]


def test_table_gives_its_images_and_the_one_that_watches() -> None:
    reading = read(sample("table.html"), "Signature pro.html")
    assert reading.name == "Signature pro"
    assert [image.tracking for image in reading.images] == [False, True]
    assert reading.text.splitlines()[:3] == ["Académie de La Réunion", "Marie Hoareau", "Gestionnaire, DSI"]
    assert reading.length == len(reading.html)


@pytest.mark.parametrize("name", ["latin1.html", "declared-latin1-but-utf8.html"])
def test_accents_are_right_whatever_the_page_says(name: str) -> None:
    assert read(sample(name)).text == "Éric – œuvre à 3 €"


@each("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8"])
def test_every_encoding_of_the_web_is_read(encoding: str) -> None:
    text = "<p>Élodie – Ça marche, c’est sûr</p>"
    assert read(text.encode(encoding)).text == "Élodie – Ça marche, c’est sûr"
    assert read(sample("utf16.html")).text == "Élodie – Ça marche"


def test_plain_text_keeps_its_lines_and_loses_the_mark_of_signatures() -> None:
    reading = read(sample("text.txt"), "sign.txt")
    assert reading.text == "Éric Payet\nCollège <Les Filaos>\n\n0262 00 00 00"
    assert reading.name == "Ma signature"


@each(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n\xef\xbb\xbf", "empty"),
        (b"%PDF-1.7 x", "pdf"),
        (b"PK\x03\x04x", "office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "office"),
        (b"{\\rtf1 x}", "rtf"),
        (b"\x89PNG\r\n\x1a\nx", "picture"),
        (b"From: a@b.fr\r\nSubject: x\r\n\r\n<p>x</p>", "message"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\nx", "message"),
        (b"abc\0\0\0\0\x01" * 9, "binary"),
        (b"<script>x</script>", "nothing_left"),
        (b"x" * 5_000_001, "too_big"),
    ],
)
def test_unreadable_files_say_what_to_do(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(data)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


def test_text_that_begins_like_a_header_is_no_message() -> None:
    assert read(b"Date : lundi\nLieu : ici").text == "Date : lundi\nLieu : ici"
    assert read(b"BMW Club\nx").text == "BMW Club\nx"


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"<p>", b"\xff\xfe", b"<meta charset=utf-16>", b"<table><td>"]))
def test_any_bytes_are_read_or_refused(data: bytes, start: bytes) -> None:
    try:
        reading = read(start + data, "x")
    except Unreadable:
        return
    assert clean(reading.html).html == reading.html
    assert reading.name
