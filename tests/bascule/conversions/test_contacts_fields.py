"""One property at a time: what it becomes in Zimbra, in the note, or in a remark."""

from __future__ import annotations

import base64

from bascule.conversions import contacts
from tests.bascule.conversions.contact_checks import card, check, only
from tests.each import each

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()


def attributes(*lines: str) -> dict[str, str]:
    return only(card("FN:Essai", "N:Essai;;;;", *lines)).attributes


def notes(*lines: str) -> str:
    return attributes(*lines).get("notes", "")


@each(
    ("line", "attribute"),
    [
        ("TEL;TYPE=WORK,VOICE:1", "workPhone"),
        ("TEL;TYPE=HOME;TYPE=pref:1", "homePhone"),
        ("TEL;HOME;FAX:1", "homeFax"),
        ("TEL;TYPE=fax,work:1", "workFax"),
        ("TEL;FAX:1", "otherFax"),
        ("TEL:1", "otherPhone"),
        ("TEL;TYPE=MAIN:1", "otherPhone"),
        ('TEL;TYPE="cell,work":1', "mobilePhone"),
        ("TEL;type=iPhone:1", "mobilePhone"),
        ("TEL;PAGER:1", "pager"),
        ("TEL;CAR;VOICE:1", "carPhone"),
    ],
)
def test_telephone_kinds(line: str, attribute: str) -> None:
    assert attributes(line) == {"fullName": "Essai", "lastName": "Essai", attribute: "1"}


def test_telephone_at_home_and_at_work_fills_both() -> None:
    found = attributes("TEL;TYPE=HOME,WORK:1")
    assert found["homePhone"] == found["workPhone"] == "1"


def test_emails_are_ordered_by_preference_and_cleaned() -> None:
    item = only(
        card(
            "FN:Essai",
            "EMAIL:un@x.example",
            "EMAIL:mailto:deux@x.example",
            "EMAIL;TYPE=INTERNET,PREF:trois@x.example",
            "EMAIL:Nom Entier <quatre@x.example>",
            "EMAIL:cinq@x.example\\; six@x.example",
            "EMAIL:UN@x.example",
            "EMAIL:sept @ x.example",
            "EMAIL:jdoe",
        )
    )
    names = ["trois", "un", "deux", "quatre", "cinq", "six", "sept"]
    assert item.facts["emails"] == [*(f"{name}@x.example" for name in names), "jdoe"]
    assert item.attributes["email2"] == "un@x.example"
    assert item.attributes["notes"] == "Autre nom : Nom Entier"


def test_more_values_than_zimbra_numbers_go_to_the_note() -> None:
    item = only(
        card(
            "FN:Essai",
            *(f"EMAIL:a{number}@x.example" for number in range(21)),
            *(f"TEL;CELL:{number}" for number in range(21)),
            *(f"ADR;HOME:;;rue {number};;;;" for number in range(20)),
            *(f"URL:http://x.example/{number}" for number in range(20)),
            *(f"X-AIM:nom{number}" for number in range(4)),
        )
    )
    found = item.attributes
    assert found["email19"] == "a18@x.example"
    assert found["mobilePhone19"] == "18"
    assert found["homeStreet19"] == "rue 18"
    assert found["otherURL19"] == "http://x.example/18"
    assert found["imAddress3"] == "aol://nom2"
    assert found["notes"].split("\n") == [
        "Autre adresse électronique : a19@x.example",
        "Autre adresse électronique : a20@x.example",
        "Autre téléphone (mobile) : 19",
        "Autre téléphone (mobile) : 20",
        "Autre adresse : rue 19",
        "Autre lien : http://x.example/19",
        "Messagerie instantanée : aol://nom3",
    ]
    assert len(item.facts["emails"]) == 19


def test_address_parts_are_joined_as_zimbra_does() -> None:
    found = attributes("ADR;TYPE=WORK:BP 12;Bât. C;1 rue Basse;Le Port;Réunion;97420;France;Terre")
    assert found["workStreet"] == "BP 12, Bât. C, 1 rue Basse"
    assert found["workState"] == "Réunion"
    assert found["workCountry"] == "France, Terre"


def test_second_address_of_a_kind_is_numbered() -> None:
    found = attributes("ADR;HOME:;;rue 1;;;;", "ADR;HOME:;;;Le Port;;;")
    assert (found["homeStreet"], found["homeCity2"]) == ("rue 1", "Le Port")


def test_printed_address_is_kept_only_when_it_says_more() -> None:
    line = "ADR;HOME:;;1 rue Basse;Le Port;;97420;"
    assert notes(line, "LABEL;HOME:1 rue Basse\\n97420 Le Port") == ""
    assert notes(line, "LABEL;HOME:Porte B\\n1 rue Basse") == "Adresse : Porte B\n1 rue Basse"


@each(
    ("value", "birthday", "note"),
    [
        ("1975-04-12", "1975-04-12", ""),
        ("19750412", "1975-04-12", ""),
        ("1975-04-12T00:00:00Z", "1975-04-12", ""),
        ("12/04/1975", "1975-04-12", ""),
        ("04/25/1975", "1975-04-25", ""),
        ("--0412", "", "Date de naissance : 12 avril"),
        ("1604-04-01", "", "Date de naissance : 1 avril"),
        ("vers 1920", "", "Date de naissance : vers 1920"),
        ("1975-13-40", "", "Date de naissance : 1975-13-40"),
        ("0000-00-00", "", ""),
    ],
)
def test_birthdays(value: str, birthday: str, note: str) -> None:
    found = attributes(f"BDAY:{value}")
    assert found.get("birthday", "") == birthday
    assert found.get("notes", "") == note


@each(
    ("line", "stored"),
    [
        ("X-JABBER:a@x.example", "xmpp://a@x.example"),
        ("IMPP:xmpp:a@x.example", "xmpp://a@x.example"),
        ("IMPP:aim:goim?screenname=nom", "aol://nom"),
        ("X-SKYPE-USERNAME:nom", "other://nom (Skype)"),
        ("X-MS-IMADDRESS:nom", "other://nom"),
        ("X-ZIMBRA-IMADDRESS1:msn://nom", "msn://nom"),
    ],
)
def test_messaging_addresses(line: str, stored: str) -> None:
    assert attributes(line)["imAddress1"] == stored


@each(
    ("line", "note"),
    [
        ("ROLE:Chef", "Rôle : Chef"),
        ("X-EVOLUTION-SPOUSE:Anne", "Conjoint : Anne"),
        ("X-MANAGER:Anne", "Responsable : Anne"),
        ("FBURL:http://x.example/libre", "Disponibilités : http://x.example/libre"),
        ("X-NUMERO-BADGE:A12", "Numero badge : A12"),
        ("NOTE:un\\,deux", "un,deux"),
        ("SOUND;X-IRMC-N:ya;ma", "Prononciation : ya ma"),
        ("X-ANDROID-CUSTOM:vnd.android.cursor.item/relation;Zoé;14;;", "Personne liée : Zoé"),
    ],
)
def test_what_zimbra_would_hide_goes_to_the_note(line: str, note: str) -> None:
    assert notes(line) == note


@each(
    "line",
    [
        "REV:20240912T051200Z",
        "PRODID:-//x//y",
        "X-ABUID:1234",
        "X-EVOLUTION-WEBDAV-ETAG:abc",
        "X-FOO-UID:12",
        "X-FLAG:TRUE",
        "X-THING:5ad380fd-b2de-4261-ba99-de1d1db52fbe",
        'X-MS-OL-DESIGN;CHARSET=utf-8:<card xmlns="x"/>',
        "RELATED;TYPE=friend:urn:uuid:5ad380fd",
    ],
)
def test_machine_data_is_dropped_and_counted(line: str) -> None:
    reading = contacts.read(card("FN:Essai", "N:Essai;;;;", "UID:1", line))
    assert reading.repairs == {"machine_data": 1}
    assert reading.collections[0].items[0].attributes == {"fullName": "Essai", "lastName": "Essai"}


@each(
    "line",
    [
        f"PHOTO;ENCODING=b:{PNG}",
        f"PHOTO;JPEG;BASE64:{PNG}",
        f"PHOTO;ENCODING=b;TYPE=png:data:image/png;base64,{PNG}",
        f"PHOTO:data\\:image/png\\;base64\\,{PNG}",
        f"PHOTO;ENCODING=B;VALUE=BINARY:dataimage/pngbase64{PNG}",
        f"LOGO;ENCODING=b;TYPE=PNG:{PNG}",
        f"X-MS-CARDPICTURE;TYPE=PNG;ENCODING=BASE64:{PNG}",
        f"PHOTO;ENCODING=b;TYPE=PNG:{PNG.rstrip('=')}",
    ],
)
def test_pictures_are_recognised_by_their_bytes(line: str) -> None:
    item = only(card("FN:Essai", line))
    assert item.photo_type == "image/png"
    assert base64.b64decode(item.photo).startswith(b"\x89PNG")
    assert item.facts["has_photo"] is True


@each(
    ("line", "code"),
    [
        ("PHOTO;ENCODING=b;TYPE=JPEG:????", "photo_unreadable"),
        ("PHOTO;ENCODING=b;TYPE=BMP:Qk0AAAAA", "photo_unreadable"),
        ("SOUND;ENCODING=b:AAAA", "binary_dropped"),
        ("KEY;ENCODING=b;TYPE=PGP:xsFN", "key_dropped"),
    ],
)
def test_binary_data_without_a_place_is_a_remark(line: str, code: str) -> None:
    reading = contacts.read(card("FN:Essai", line))
    assert [(remark.code, remark.place) for remark in reading.remarks] == [(code, "ligne 4, fiche « Essai »")]
    assert reading.remarks[0].original.startswith(line[:5])


def test_second_picture_is_a_remark_and_a_photo_wins_over_a_logo() -> None:
    gif = base64.b64encode(b"GIF89a" + bytes(20)).decode()
    reading = contacts.read(card("FN:Essai", f"LOGO;ENCODING=b:{PNG}", f"PHOTO;ENCODING=b:{gif}"))
    assert reading.collections[0].items[0].photo_type == "image/gif"
    assert [remark.code for remark in reading.remarks] == ["photo_dropped"]


def test_picture_address_goes_to_the_note() -> None:
    assert notes("PHOTO;VALUE=uri:http://x.example/a.jpg") == "Photo : http://x.example/a.jpg"


def test_certificate_is_kept() -> None:
    der = base64.b64encode(b"\x30\x82\x01\x00" + bytes(40)).decode()
    assert attributes(f"KEY;X509;ENCODING=BASE64:{der}")["userCertificate"] == der


def test_leftover_quoted_printable_is_decoded_where_it_is_no_text_of_its_own() -> None:
    assert attributes("TITLE:=C3=A9t=C3=A9")["jobTitle"] == "été"
    assert attributes("TITLE:Lef=E8vre")["jobTitle"] == "Lefèvre"
    assert notes("NOTE:code=E9") == "code=E9"
    assert notes("NOTE:Voir a=b") == "Voir a=b"


def test_quoted_printable_structure_survives_encoded_separators() -> None:
    item = only(card("N;ENCODING=QUOTED-PRINTABLE:Dupont=3B Fils;Zo=C3=A9;;;"))
    assert item.attributes["lastName"] == "Dupont; Fils"
    assert item.attributes["firstName"] == "Zoé"


def test_full_name_is_made_from_what_there_is() -> None:
    assert only(card("N:Hoarau;Jean;;M.;")).label == "M. Jean Hoarau"
    assert only(card("ORG:Rectorat;DSI")).label == "Rectorat"
    assert only(card("EMAIL:a@x.example")).label == "a@x.example"
    assert only(card("TEL:0262")).label == "0262"
    assert only(card("NOTE:rien d'autre")).label == "(sans nom)"


def test_categories_of_google_are_no_categories() -> None:
    item = only(card("FN:Essai", "CATEGORIES:myContacts,* Amis,Amis"))
    assert item.facts["categories"] == ["Amis"]
    assert item.attributes["notes"] == "Catégories : Amis"


def test_lost_characters_are_a_remark_with_the_line() -> None:
    reading = contacts.read(card("FN:No\ufffdl"))
    assert reading.collections[0].items[0].label == "No?l"
    assert [(remark.code, remark.original) for remark in reading.remarks] == [("lost_characters", "FN:No?l")]


def test_links_are_written_as_zimbra_reads_them() -> None:
    item = only(card("FN:Essai", "URL:http\\://x.example/a\\,b\\;c"))
    assert item.attributes["otherURL"] == "http://x.example/a,b;c"
    assert "URL:http://x.example/a,b;c\r\n" in item.text


def test_many_repaired_values_at_once_still_read_back_as_themselves() -> None:
    check(contacts.read(card("FN:NoÃ«l=C3=A9", "N:a=C3;=A9b;;;", "NOTE:Ã", "NOTE:©END:VCARD", "X-AIM:END:VCARD")))


@each(
    ("lines", "attribute", "note"),
    [
        (["TEL;X-CUSTOM(CHARSET=UTF-8,ENCODING=QUOTED-PRINTABLE,=C3=89cole):1"], "otherPhone", "École : 1"),
        (["TEL;X-Maison de vacances:1"], "otherPhone", "Maison de vacances : 1"),
        (["TEL;TYPE=X-EVOLUTION-CALLBACK:1"], "otherPhone", ""),
        (["TEL;TYPE=x-mobile:1"], "otherPhone", ""),
        (["item1.IMPP:aim:zoe", "item1.X-ABLabel:Classe"], "imAddress1", "Classe : aol://zoe"),
        (["X-EMPLOYEE-ID:4512"], "fullName", "Employee id : 4512"),
        (["X-CONTACT-ID:5f3a9c0d11"], "fullName", ""),
    ],
)
def test_names_and_numbers_that_people_gave_are_kept(lines: list[str], attribute: str, note: str) -> None:
    found = attributes(*lines)
    assert attribute in found
    assert found.get("notes", "") == note


def test_an_unknown_property_after_an_address_is_not_part_of_it() -> None:
    found = attributes("ADR;TYPE=HOME:;;1 rue;Saint-Denis;;97400;France", "CATEGORY:Amis")
    assert found["homeCountry"] == "France"
    assert found["notes"] == "Category : Amis"
