"""Lists of people in every dress they come in."""

from __future__ import annotations

import pytest

from boxes.census import reading
from boxes.census.reading import CannotRead, Row, read
from boxes.models import Role
from tests.each import each

A, B = "anne.abar@ac-reunion.fr", "zoe.techer@ac-reunion.fr"
BOXES = frozenset({"ce.9740001a@ac-reunion.fr", "ce.9740001a", "vie scolaire"})


def told(data: bytes | str, boxes: frozenset[str] = BOXES) -> list[tuple[str, str, Role | None, str]]:
    octets = data.encode() if isinstance(data, str) else data
    return [(row.address, row.name, row.role, row.box) for row in read(octets, boxes=boxes)]


@each("newline", ["\n", "\r\n", "\r"])
@each("delimiter", [";", ",", "\t"])
@each("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_read_takes_what_spreadsheets_write(delimiter: str, encoding: str, newline: str) -> None:
    lines = [
        ["Rôle", "Nom", "Prénom", "Adresse mail", "Boîte"],
        ["Propriétaire", "Técher", "Zoé", B.upper(), "ce.9740001a"],
    ]
    text = newline.join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    assert told(text.encode(encoding)) == [(B, "Zoé Técher", Role.OWNER, "ce.9740001a")]


@each(
    ("word", "role"),
    [
        ("propriétaire", Role.OWNER),
        ("PROPRIETAIRE", Role.OWNER),
        ("membre", Role.MEMBER),
        ("Lecture/écriture", Role.MEMBER),
        ("lecture", Role.READER),
        ("Membre (lecture seule)", Role.READER),
        ("lecture-seule", Role.READER),
        ("Lecteur", Role.READER),
    ],
)
def test_roles_are_understood_as_people_write_them(word: str, role: Role) -> None:
    assert told(f"{A};{word}\n") == [(A, "", role, "")]
    assert told(f"adresse;droits\n{A};{word}\n") == [(A, "", role, "")]


def test_a_role_that_is_none_is_told() -> None:
    [row] = read(f"mail;rôle\n{A};chef\n".encode())
    assert (row.role, row.unknown_role) == (None, "chef")


@each(
    ("text", "rows"),
    [
        (f"{A}\n\n{B}\n", [(A, ""), (B, "")]),
        (f"{A}; {B}", [(A, ""), (B, "")]),
        (f"Anne Abar <{A}>, Zoé Técher <{B}>", [(A, ""), (B, "")]),
        (f"Anne Abar <{A}>", [(A, "")]),
        ("Anne Abar\nZoé Técher", [("", "Anne Abar"), ("", "Zoé Técher")]),
        ("Abar, Anne\nTécher, Zoé", [("", "Abar Anne"), ("", "Técher Zoé")]),
        (f'"Abar\nAnne";{A}\n{B}', [(A, "Abar Anne"), (B, "")]),
        (f'"Abar;{A}\n{B};x', [(A, "Abar"), (B, "x")]),
        (f"'=Anne;{A}", [(A, "=Anne")]),
        (f"adresse;nom\nAnne Abar;\n;{A}", [("", "Anne Abar"), (A, A)]),
        ("nom\nAbar Anne\n", [("", "Abar Anne")]),
    ],
)
def test_read_takes_bare_lists_and_broken_quotes(text: str, rows: list[tuple[str, str]]) -> None:
    assert [(address, name) for address, name, _, _ in told(text)] == rows


@pytest.mark.parametrize("line", [f"ce.9740001A@ac-reunion.fr;{A}", f"{A};CE.9740001A", f"lecture;{A};Vie scolaire"])
def test_a_known_box_is_told_from_a_person_in_any_column(line: str) -> None:
    [(address, name, _, box)] = told(line)
    assert (address, name) == (A, "")
    assert box


def test_line_numbers_and_text_are_those_of_the_list() -> None:
    rows = read(f"\n\nadresse;rôle\n{A};membre\n\n{B};x\n".encode())
    assert [(row.number, row.text) for row in rows] == [(4, f"{A};membre"), (6, f"{B};x")]


@each(
    "data", [b"", b" \n;;;\n", b"\xef\xbb\xbf", b"adresse;nom\n", b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0", b"%PDF-1.7"]
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(CannotRead):
        read(data)


def test_rows_are_bounded() -> None:
    assert len(read(b"a b\n" * reading.MAX_ROWS)) == reading.MAX_ROWS
    with pytest.raises(CannotRead):
        read(b"a b\n" * (reading.MAX_ROWS + 1))


@each(
    "data",
    [
        bytes(range(256)) * 50,
        b"\xff\xfe\x00",
        b'"' * 5001,
        b"\0" * 99 + b"x",
        b'a;"' * 9000,
        b"@" * 9000,
        # Each letter would be tried as the beginning of an address.
        b"x" * 900_000,
        b"a@" + b"b" * 900_000,
        b";" * 99 + b"x",
    ],
)
def test_rubbish_does_no_harm(data: bytes) -> None:
    try:
        rows = read(data)
    except CannotRead:
        return
    assert all(isinstance(row, Row) and len(row.text) <= reading.MAX_LINE for row in rows)
