"""Whole files: duplicates, UIDs, groups, formats that are none, splitting for the import by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bascule.conversions import contacts
from bascule.conversions.model import ItemKind, Unreadable
from tests.bascule.conversions.contact_checks import card, check
from tests.each import each


def test_exact_duplicates_are_merged_and_each_is_a_remark() -> None:
    one, same = card("UID:1", "FN:Essai", "TEL:1"), card("UID:2", "FN:Essai", "TEL:1")
    group = card("FN:Groupe", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:2")
    reading = contacts.read(one + same + same + group.replace(b"uuid:2", b"uuid:1"))
    assert (reading.items_in, reading.items_out) == (4, 2)
    assert reading.repairs["duplicate"] == 2
    places = [remark.place for remark in reading.remarks if remark.code == "duplicate"]
    assert places == ["ligne 7, fiche « Essai »", "ligne 13, fiche « Essai »"]


def test_member_refers_to_a_merged_duplicate() -> None:
    people = card("UID:1", "FN:Essai", "EMAIL:a@x.example") + card("UID:2", "FN:Essai", "EMAIL:a@x.example")
    group = card("FN:Groupe", "KIND:group", "MEMBER:urn:uuid:2")
    item = contacts.read(people + group).collections[0].items[1]
    assert [member.address for member in item.members] == ["a@x.example"]


def test_near_duplicates_are_told_once_and_kept() -> None:
    reading = contacts.read(
        card("FN:Zoé Boyer", "TEL:1") + card("FN:boyer zoe", "TEL:2") + card("FN:Autre", "EMAIL:a@x.example")
    )
    assert reading.items_out == 3
    (remark,) = reading.remarks
    assert (remark.code, remark.place) == ("near_duplicates", "lignes 1, 6, fiche « Zoé Boyer »")
    assert remark.original == "Zoé Boyer\nboyer zoe"


def test_cards_with_one_address_are_near_duplicates() -> None:
    reading = contacts.read(card("FN:Un", "EMAIL:A@x.example") + card("FN:Deux", "EMAIL:a@x.example"))
    assert [remark.code for remark in reading.remarks] == ["near_duplicates"]
    assert "la même adresse" in reading.remarks[0].message


def test_missing_uid_is_the_same_at_every_reading_and_follows_the_content() -> None:
    first, again = (contacts.read(card("FN:Essai")).collections[0].items[0].uid for _ in range(2))
    other = contacts.read(card("FN:Autre")).collections[0].items[0].uid
    assert first == again != other


def test_repeated_uid_of_different_cards_is_made_distinct() -> None:
    reading = contacts.read(card("UID:1", "FN:Un") + card("UID:1", "FN:Deux"))
    uids = [item.uid for item in reading.collections[0].items]
    assert uids[0] == "1"
    assert len(set(uids)) == 2
    assert reading.repairs["uid_repeated"] == 1


def test_categories_are_said_once_for_the_file() -> None:
    reading = contacts.read(card("FN:Un", "CATEGORIES:a") + card("FN:Deux", "CATEGORIES:b"))
    assert [remark.code for remark in reading.remarks] == ["categories_as_text"]
    assert reading.remarks[0].message.startswith("2 fiche(s)")


def test_too_many_contacts_for_a_mailbox_is_a_remark() -> None:
    reading = contacts.read(b"".join(card(f"FN:n{number}") for number in range(10_001)))
    assert [remark.code for remark in reading.remarks] == ["too_many_contacts"]


def test_groups_in_each_other_end() -> None:
    data = card("UID:a", "KIND:group", "FN:A", "MEMBER:b") + card("UID:b", "KIND:group", "FN:B", "MEMBER:a")
    reading = contacts.read(data)
    assert [item.members for item in reading.collections[0].items] == [(), ()]


def test_groups_nested_too_deeply_are_a_remark() -> None:
    levels = [
        card(f"UID:{n}", "KIND:group", f"FN:G{n}", f"MEMBER:{n + 1}", f"MEMBER:mailto:m{n}@x.example") for n in range(9)
    ]
    reading = contacts.read(b"".join(levels))
    first = reading.collections[0].items[0]
    assert [member.address for member in first.members] == [f"m{n}@x.example" for n in range(5)]
    assert "group_too_deep" in {remark.code for remark in reading.remarks}


def test_member_without_address_is_named_in_the_remark() -> None:
    reading = contacts.read(card("UID:1", "FN:Sans Adresse", "TEL:1") + card("FN:G", "KIND:group", "MEMBER:1"))
    (remark,) = reading.remarks
    assert remark.code == "member_without_address"
    assert "« Sans Adresse »" in remark.message


def test_groups_csv_holds_the_members() -> None:
    reading = contacts.read(
        card("UID:1", 'FN:Jean "J" Hoarau', "EMAIL:j@x.example")
        + card("FN:G", "KIND:group", "MEMBER:1", "MEMBER:mailto:k@x.example", "NOTE:a\\nb")
    )
    collection = reading.collections[0]
    (row,) = csv.DictReader(contacts.groups_csv(collection).decode().splitlines(keepends=True))
    assert row == {
        "type": "group",
        "nickname": "G",
        "fullName": "G",
        "fileAs": "8:G",
        "notes": "a\nb",
        "dlist": "\"Jean 'J' Hoarau\" <j@x.example>, k@x.example",
    }
    check(reading)


def test_groups_csv_is_empty_without_groups() -> None:
    assert contacts.groups_csv(contacts.read(card("FN:Essai")).collections[0]) == b""


def test_write_splits_between_cards_only() -> None:
    collection = contacts.read(b"".join(card(f"FN:n{number}") for number in range(25))).collections[0]
    by_count = contacts.write(collection, max_items=10)
    assert [part.count(b"BEGIN:VCARD") for part in by_count] == [10, 10, 5]
    size = len(collection.items[0].text.encode())
    by_size = contacts.write(collection, max_bytes=size * 4)
    assert all(len(part) <= size * 4 and part.endswith(b"END:VCARD\r\n") for part in by_size)
    assert b"".join(by_size) == b"".join(by_count)
    assert len(contacts.write(collection, max_bytes=1)) == 25


def test_write_can_leave_groups_out() -> None:
    collection = contacts.read(card("FN:Essai") + card("FN:G", "KIND:group")).collections[0]
    assert [item.kind for item in collection.items] == [ItemKind.CONTACT, ItemKind.GROUP]
    (part,) = contacts.write(collection, with_groups=False)
    assert part.count(b"BEGIN:VCARD") == 1


def test_book_name_is_the_name_of_the_collection() -> None:
    assert contacts.read(card("FN:Essai"), book_name="Personnel").collections[0].name == "Personnel"


@each(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\x00", "empty"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "calendar"),
        (b"PK\x03\x04rest", "archive"),
        (b"Nom;Prenom;E-mail\r\nHoarau;Jean;j@x.example\r\n", "table"),
        (b"bonjour", "not_contacts"),
        (b'["vcard', "jcard"),
        (b'["vcard"' + b"[" * 100_000, "jcard"),
        (b"<vcards", "xcard"),
    ],
)
def test_file_without_cards_is_unreadable_with_a_reason(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        contacts.read(data)
    assert refused.value.code == code
    assert str(refused.value).endswith(".")


def test_external_entities_of_xml_are_not_followed() -> None:
    data = (
        b'<!DOCTYPE v [<!ENTITY e SYSTEM "file:///etc/hostname">]><vcards xmlns="urn:ietf:params:xml:ns:vcard-4.0">'
        b"<vcard><fn><text>a&e;b</text></fn></vcard></vcards>"
    )
    assert contacts.read(data).collections[0].items[0].label == "a&e;b"


def test_text_only_writes_the_same_files_and_groups() -> None:
    data = (Path(__file__).parents[2] / "samples" / "vcf" / "02-groups.vcf").read_bytes()
    whole = contacts.read(data).collections[0]
    lean = contacts.read(data, text_only=True).collections[0]
    assert contacts.write(lean) == contacts.write(whole)
    assert contacts.groups_csv(lean) == contacts.groups_csv(whole) != b""
    assert [bool(item.attributes) for item in lean.items if item.kind == "contact"] == [False]
