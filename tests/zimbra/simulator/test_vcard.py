from __future__ import annotations

import base64

import pytest

from tests.each import each
from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.vcard import parse_cards
from zimbra.simulator.formats.vcard_writer import card, fold
from zimbra.simulator.store.contacts import Contact


def _fields(*lines: str) -> dict[str, str]:
    (found,) = parse_cards("\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""]))
    return found.fields


@each(
    ("lines", "fields"),
    [
        (
            ["N:Hoarau;Marie;Anne;Dr;Jr"],
            {"lastName": "Hoarau", "firstName": "Marie", "middleName": "Anne", "namePrefix": "Dr", "nameSuffix": "Jr"},
        ),
        (["FN:Un", "FN:Deux"], {"fullName": "Un", "altFullName2": "Deux"}),
        (["NICKNAME:a,b"], {"nickname": "a,b"}),
        (["EMAIL;TYPE=PREF:a@x", "item1.EMAIL:b@x", "EMAIL:c@x"], {"email": "a@x", "email2": "b@x", "email3": "c@x"}),
        (
            ["TEL;TYPE=home:1", "TEL;TYPE=HOME,FAX:2", "TEL;WORK;FAX;TYPE=VOICE:3"],
            {"homePhone": "1", "homeFax": "2", "workFax": "3", "workPhone": "3"},
        ),
        (
            ["TEL;TYPE=WORK,CELL:1", "TEL;CELL:2", "TEL;TYPE=pager:3", "TEL;CAR:4"],
            {"mobilePhone": "1", "mobilePhone2": "2", "pager": "3", "carPhone": "4"},
        ),
        (["TEL;VOICE:1", "TEL;TYPE=MAIN:2", "TEL;FAX:3"], {"otherPhone": "1", "otherPhone2": "2", "otherFax": "3"}),
        (
            ["ADR;TYPE=WORK:BP 1;Bât. A;12 rue;Ville;;97400;France"],
            {
                "workStreet": "BP 1, Bât. A, 12 rue",
                "workCity": "Ville",
                "workPostalCode": "97400",
                "workCountry": "France",
            },
        ),
        (
            ["ADR;HOME:;;a;;;;", "ADR;HOME:;;b;;;;", "ADR:;;c;;;;"],
            {"homeStreet": "a", "homeStreet2": "b", "otherStreet": "c"},
        ),
        (["URL;TYPE=HOME:http\\://a", "URL:http://b"], {"homeURL": "http\\://a", "otherURL": "http://b"}),
        (["ORG:Rectorat;DSI;Bureau 3"], {"company": "Rectorat", "department": "DSI"}),
        (
            ["TITLE:Prof", "TITLE:CPE", "NOTE:a\\nb\\, c", "BDAY:le 3 mai"],
            {"jobTitle": "Prof", "altJobTitle2": "CPE", "notes": "a\nb, c", "birthday": "le 3 mai"},
        ),
        (
            ["X-ZIMBRA-IMADDRESS1:a", "X-ZIMBRA-ANNIVERSARY:2001-01-01", "X-ZIMBRA-MAIDENNAME:b"],
            {"imAddress1": "a", "anniversary": "2001-01-01", "maidenName": "b"},
        ),
        (["NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Caf=E9=", "=20noir"], {"notes": "Café noir"}),
        (["NOTE:plié", "  ici"], {"notes": "plié ici"}),
        (["PHOTO;VALUE=URI:https://x/a.png"], {"image": "https://x/a.png"}),
        (["N:a\\;b;c\\\\;d"], {"lastName": "a;b", "firstName": "c\\", "middleName": "d"}),
    ],
)
def test_properties_become_attributes(lines: list[str], fields: dict[str, str]) -> None:
    assert _fields(*lines) == fields


def test_unknown_properties_are_kept_out_of_sight() -> None:
    found = _fields("FN:a", "CATEGORIES:x", "item1.X-ABLABEL:y", "ROLE:z")
    assert set(found) == {"fullName", "vCardXProps"}


def test_the_twentieth_address_is_lost() -> None:
    found = _fields(*(f"EMAIL:{number}@x" for number in range(25)))
    assert len(found) == 19
    assert found["email19"] == "18@x"


def test_a_card_with_nothing_known_is_dropped_and_two_glued_cards_lose_the_second() -> None:
    assert parse_cards("BEGIN:VCARD\nVERSION:3.0\nREV:x\nEND:VCARD\n") == []
    glued = "BEGIN:VCARD\nFN:a\nEND:VCARDBEGIN:VCARD\nFN:b\nEND:VCARD\n"
    assert len(parse_cards(glued)) <= 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("BEGIN:VCARD\nFN:a\nsans deux-points\nEND:VCARD", "service.PARSE_ERROR"),
        ("BEGIN:VCARD\n;TYPE=x:a\nEND:VCARD", "service.PARSE_ERROR"),
        ("BEGIN:VCARD\nFN:a\nPHOTO;ENCODING=b:AAAA\nEND:VCARD", "service.FAILURE"),
    ],
)
def test_one_bad_line_refuses_everything(text: str, code: str) -> None:
    with pytest.raises(SoapFault) as fault:
        parse_cards(text)
    assert fault.value.code == code


def test_a_photo_is_an_attachment() -> None:
    data = base64.b64encode(b"\xff\xd8rest").decode()
    (found,) = parse_cards(f"BEGIN:VCARD\nFN:a\nPHOTO;ENCODING=b;TYPE=jpeg:{data[:4]}\n {data[4:]}\nUID:u\nEND:VCARD\n")
    assert found.photo is not None
    assert (found.photo.content_type, found.photo.data, found.uid) == ("image/jpeg", b"\xff\xd8rest", "u")


def test_an_export_reads_back_as_the_same_attributes() -> None:
    attrs = {
        "fullName": "Marie, Hoarau",
        "lastName": "Hoarau",
        "firstName": "Marie;Anne",
        "nickname": "M\\M",
        "email": "a@x",
        "email2": "b@x",
        "homePhone": "1",
        "workFax": "2",
        "mobilePhone": "3",
        "workStreet": "12 rue\nBât. A",
        "workCity": "Saint-Denis",
        "homeURL": "https://x.fr",
        "company": "Rectorat",
        "department": "DSI",
        "jobTitle": "Prof",
        "notes": "é" * 200,
        "birthday": "1970-05-03",
        "imAddress1": "x",
        "anniversary": "2001-01-01",
    }
    text = card(Contact(dict(attrs)), "u", "2026-01-01T00:00:00Z", ["Ami"])
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (found,) = parse_cards(text)
    assert {key: value for key, value in found.fields.items() if key != "vCardXProps"} == attrs


def test_what_has_no_name_is_named_by_what_it_has() -> None:
    assert "FN:m@x.fr\r\nN:m@x.fr;;;;\r\n" in card(Contact({"email": "m@x.fr"}), "u", "r", [])
    assert "FN:Rectorat\r\n" in card(Contact({"company": "Rectorat"}), "u", "r", [])


@each("text", ["x" * 75, "x" * 76, "é" * 37 + "x", "😀" * 40])
def test_folding_never_cuts_a_character(text: str) -> None:
    folded = fold(text)
    assert folded.replace("\r\n ", "").removesuffix("\r\n") == text
    assert all(len(line.encode()) <= 75 for line in folded.split("\r\n"))
