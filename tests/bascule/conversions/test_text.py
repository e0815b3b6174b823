"""Bytes to logical lines, lines to properties, values and folding."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bascule.conversions import text
from tests.each import each


def read(data: bytes) -> tuple[list[str], Counter[str]]:
    repairs: Counter[str] = Counter()
    return [line.text for line in text.logical_lines(data, repairs=repairs)], repairs


def test_lines_of_a_clean_file_need_no_repair() -> None:
    lines, repairs = read("BEGIN:VCARD\r\nFN:Zoé\r\nNOTE:un texte\r\n  coupé\r\nEND:VCARD\r\n".encode())
    assert lines == ["BEGIN:VCARD", "FN:Zoé", "NOTE:un texte coupé", "END:VCARD"]
    assert not repairs


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\r\n"])
def test_lines_with_other_line_ends_are_the_same(end: bytes) -> None:
    lines, repairs = read(end.join([b"BEGIN:VCARD", b"FN:a", b" b", b"END:VCARD", b""]))
    assert lines == ["BEGIN:VCARD", "FN:ab", "END:VCARD"]
    assert repairs["line_ends"] == 1


def test_line_numbers_count_folds_soft_breaks_and_blank_lines() -> None:
    data = b"A:1\r\n 2\r\n\r\nB;QUOTED-PRINTABLE:x=\r\ny=\r\nz\r\nC:3\r\n"
    assert [(line.number, line.text) for line in text.logical_lines(data, repairs=Counter())] == [
        (1, "A:12"),
        (4, "B;QUOTED-PRINTABLE:xyz"),
        (7, "C:3"),
    ]


def test_empty_line_between_a_name_and_its_value_is_part_of_the_fold() -> None:
    repairs: Counter[str] = Counter()
    data = b"UID\n\n :956\nDTSTART\n\n ;VALUE=DATE\n :20031225\nEND:VEVENT\n\n BEGIN:VEVENT\n"
    lines = [line.text.strip() for line in text.logical_lines(data, repairs=repairs)]
    assert lines == ["UID:956", "DTSTART;VALUE=DATE:20031225", "END:VEVENT", "BEGIN:VEVENT"]


def test_fold_inside_a_character_is_joined_before_decoding() -> None:
    assert read(b"FN:caf\xc3\r\n \xa9\r\n")[0] == ["FN:café"]


@each("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_marked_and_wide_files_are_decoded(encoding: str) -> None:
    lines, repairs = read("BEGIN:VCARD\r\nFN:Zoé €\r\n".encode(encoding))
    assert lines == ["BEGIN:VCARD", "FN:Zoé €"]
    assert sum(repairs.values()) == 1


def test_each_line_has_its_own_encoding() -> None:
    lines, repairs = read(b"FN:Zo\xe9\r\nN:Zo\xc3\xa9\r\nNOTE:\x80 5\r\n")
    assert lines == ["FN:Zoé", "N:Zoé", "NOTE:€ 5"]
    assert repairs["charset"] == 2


def test_declared_charset_is_used_for_bytes_that_are_not_utf8() -> None:
    assert read(b"N;CHARSET=WINDOWS-1251:" + "Иванов".encode("cp1251"))[0] == ["N;CHARSET=WINDOWS-1251:Иванов"]
    assert read(b"N;CHARSET=nonsense:\xe9")[0] == ["N;CHARSET=nonsense:é"]


def test_surrogates_encoded_one_by_one_become_one_character() -> None:
    assert read(b"FN:\xed\xa0\xbd\xed\xb8\x80")[0] == ["FN:😀"]


@pytest.mark.parametrize("times", [1, 2])
def test_double_encoding_is_undone_when_the_whole_line_allows(times: int) -> None:
    value = "FN:Jean-Noël « Éric » œuvre…"
    broken = value
    for _ in range(times):
        broken = "".join(
            byte.to_bytes().decode("cp1252") if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte)
            for byte in broken.encode()
        )
    lines, repairs = read(broken.encode())
    assert lines == [value]
    assert repairs["double_encoding"] == times


def test_line_that_is_only_partly_double_encoded_stays() -> None:
    assert read("FN:NoÃ«l é".encode())[0] == ["FN:NoÃ«l é"]


@pytest.mark.parametrize("value", ["FN:PRIVÉ\u00a0: urgent", "FN:là\u00a0»"])
def test_french_typography_is_not_taken_for_double_encoding(value: str) -> None:
    assert read(value.encode())[0] == [value]


def test_replacement_characters_become_question_marks_and_mark_the_line() -> None:
    repairs: Counter[str] = Counter()
    lines = list(text.logical_lines("FN:No\ufffdl\r\nN:x\r\n".encode(), repairs=repairs))
    assert [(line.text, line.damaged) for line in lines] == [("FN:No?l", True), ("N:x", False)]
    assert repairs["lost_characters"] == 1


def test_control_characters_and_zeros_are_removed() -> None:
    lines, repairs = read(b"FN:a\x00b\x07c\x7f\r\nNOTE:x\x0by\r\n" + "T:a\u0085b\ufffe\r\n".encode())
    assert lines == ["FN:abc", "NOTE:x y", "T:a…b"]
    assert repairs["control_characters"] == 2


def test_blank_before_the_line_after_version_is_not_a_fold() -> None:
    lines, _ = read(b"VERSION:6.0\r\n X-NSCP-CALPROPS-NAME:a\r\nNOTE:b\r\n X-A:c\r\n")
    assert lines == ["VERSION:6.0", "X-NSCP-CALPROPS-NAME:a", "NOTE:bX-A:c"]


def test_indented_file_is_moved_to_the_left() -> None:
    assert read(b"\n  BEGIN:VCARD\n  FN:a\n   b\n  END:VCARD\n")[0] == ["BEGIN:VCARD", "FN:ab", "END:VCARD"]


def test_soft_line_breaks_stop_at_a_property() -> None:
    lines, _ = read(b"NOTE;ENCODING=QUOTED-PRINTABLE:a=\r\nEND:VCARD\r\nKEY;BASE64:aa=\r\nbb==\r\n")
    assert lines == ["NOTE;ENCODING=QUOTED-PRINTABLE:a", "END:VCARD", "KEY;BASE64:aa=", "bb=="]


def test_soft_line_breaks_with_folding_blanks_lose_the_blanks() -> None:
    lines, _ = read(b"NOTE;ENCODING=QUOTED-PRINTABLE:a=C3=\r\n =A9b=\r\n c\r\n")
    assert lines == ["NOTE;ENCODING=QUOTED-PRINTABLE:a=C3=A9bc"]


@each(
    ("line", "expected"),
    [
        ("TEL;HOME;VOICE:1", ("TEL", "", {"TYPE": ["HOME", "VOICE"]}, "1")),
        ("item1.email;type=pref;TYPE=a,b:x", ("EMAIL", "item1", {"TYPE": ["pref", "a", "b"]}, "x")),
        ('TEL;TYPE="WORK,VOICE":1', ("TEL", "", {"TYPE": ["WORK,VOICE"]}, "1")),
        (
            "NOTE;QUOTED-PRINTABLE;UTF-8:a:b",
            ("NOTE", "", {"ENCODING": ["QUOTED-PRINTABLE"], "CHARSET": ["UTF-8"]}, "a:b"),
        ),
        ('A;CN="a;b:c,d":v', ("A", "", {"CN": ["a;b:c,d"]}, "v")),
        ('A;CN="open:v', ("A", "", {"CN": ['"open']}, "v")),
        ("A;CN=^nb^^c^'d:v", ("A", "", {"CN": ['\nb^c"d']}, "v")),
        ("X-NSCP_CALPROPS-A : v", ("X-NSCP_CALPROPS-A", "", {}, " v")),
        (
            "ORGANIZER;X-NSCP-ORGANIZER-SENT-BY-UID=jdoe:jdoe;RSVP=TRUE:jdoe",
            ("ORGANIZER", "", {"X-NSCP-ORGANIZER-SENT-BY-UID": ["jdoe:jdoe"], "RSVP": ["TRUE"]}, "jdoe"),
        ),
        ("O;X-NSCP-ORGANIZER-UID=jdoe:mailto:a@b", ("O", "", {"X-NSCP-ORGANIZER-UID": ["jdoe"]}, "mailto:a@b")),
        ("O;SENT-BY=mailto:a@b;X=1:mailto:c@d", ("O", "", {"SENT-BY": ["mailto:a@b"], "X": ["1"]}, "mailto:c@d")),
    ],
)
def test_parse_line(line: str, expected: tuple[str, str, dict[str, list[str]], str]) -> None:
    assert text.parse_line(line) == expected


@each("line", ["", "no colon", ":v", ";A=b:v", "été:v", "A;B=c", 'A;B="c:d"'])
def test_parse_line_refuses_what_is_no_property(line: str) -> None:
    assert text.parse_line(line) is None


def test_split_escaped_counts_backslashes() -> None:
    assert text.split_escaped("a\\;b;c\\\\;d", ";") == ["a\\;b", "c\\\\", "d"]


def test_decode_quoted_printable_believes_utf8_before_the_declaration() -> None:
    repairs: Counter[str] = Counter()
    assert text.decode_quoted_printable("=C3=A9=0D=0Ab", "ISO-8859-1", repairs) == "é\\nb"
    assert text.decode_quoted_printable("=E9\\;=80", "", repairs) == "é\\;€"


def test_looks_quoted_printable_only_with_encoded_letters() -> None:
    assert text.looks_quoted_printable("Fran=C3=A7ois")
    assert not text.looks_quoted_printable("a=3D")
    assert not text.looks_quoted_printable("x=C3y=z")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_escape_text_comes_back(value: str) -> None:
    expected = value.replace("\r\n", "\n").replace("\r", "\n")
    assert text.unescape_text(text.escape_text(value)) == expected


@given(st.text(alphabet="aж漢😀\\;,", max_size=400))
def test_fold_keeps_to_75_octets_and_unfolds_to_the_same(value: str) -> None:
    folded = text.fold("NOTE:" + value)
    lines = folded.encode().split(b"\r\n")
    assert lines.pop() == b""
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()
    assert read(folded.encode())[0] == ["NOTE:" + value]


@given(st.binary(max_size=300))
def test_any_bytes_become_clean_lines(data: bytes) -> None:
    for line in text.logical_lines(data, repairs=Counter()):
        assert line.text
        assert "\ufffd" not in line.text
        assert "\n" not in line.text
        line.text.encode("utf-8")
        text.parse_line(line.text)
