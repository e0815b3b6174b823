"""Bytes to records: whatever program wrote them, and whatever is none of ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.directory import file_text, header
from accounts.directory.people import FIELDS
from accounts.list_text import CannotRead

TEXT = 'adresse{0}prénom{0}nom\r\nana@x.fr{0}Léa{0}{1}\rbob@x.fr{0}Zoë{0}Œuvre\n\n{0}{0}\n"c@x.fr"{0}Cyd{0}"D{0}e\nF"\n'
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be")


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def read(data: bytes, size: int = 7) -> list[file_text.Record]:
    encoding = file_text.encoding_of(pieces(data, 4096))
    return list(file_text.records(pieces(data, size), encoding))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_every_encoding_with_every_separator(encoding: str, delimiter: str) -> None:
    first, *others = read(TEXT.format(delimiter, "Païet").encode(encoding))
    head = header.read(first.text, FIELDS)
    assert (head.delimiter, head.problems) == (delimiter, ())
    assert [one.code for one in head.columns if one] == ["address", "given_name", "family_name"]
    assert [(one.number, file_text.cells_of(one.text, delimiter)) for one in others] == [
        (2, ["ana@x.fr", "Léa", "Païet"]),
        (3, ["bob@x.fr", "Zoë", "Œuvre"]),
        (6, ["c@x.fr", "Cyd", f"D{delimiter}e F".strip() if delimiter != "\t" else "D e F"]),
    ]


def test_latin_1_is_read_as_windows() -> None:
    assert read("nom;élève".encode("latin-1"))[0].text == "nom;élève"


def test_line_of_excel_that_names_the_separator() -> None:
    assert [header.separator_said(text) for text in ("sep=;", '"SEP=,"', "sep=;;", "nom;prenom")] == [";", ",", "", ""]


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04" + b"x" * 50, b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1", bytes(range(256)) * 8, b"a;b" * 1_000_000],
    ids=["empty", "xlsx", "pdf", "xls", "binary", "one line"],
)
def test_what_is_no_list(data: bytes) -> None:
    with pytest.raises(CannotRead):
        read(data, 1 << 20)


def test_quote_that_is_never_closed_swallows_nothing() -> None:
    found = read(b'nom\n"a\nb\nc\nd\ne\nf\n')
    assert [(one.number, one.problem) for one in found] == [
        (1, ""),
        (2, "unclosed_quote"),
        *((number, "") for number in range(3, 8)),
    ]


def test_line_far_too_long_is_told_and_the_next_one_read() -> None:
    assert [one.problem for one in read(b"nom\n" + b"x" * 30_000 + b"\nfin\n", 4096)] == ["", "line_too_long", ""]


def test_last_line_that_nothing_ends_may_be_cut() -> None:
    assert [one.is_cut for one in read(b"nom\na\nb")] == [False, False, True]
