"""Content decides the kind of a file."""

from bascule.conversions import detect
from tests.each import each

CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jean\r\nEND:VCARD\r\n"
EVENT = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


@each(
    ("data", "kind"),
    [
        (CARD, "contacts"),
        (EVENT, "calendar"),
        (CARD.lower(), "contacts"),
        (b"\xef\xbb\xbf" + EVENT, "calendar"),
        (EVENT.decode().encode("utf-16"), "calendar"),
        (CARD.decode().encode("utf-16-be"), "contacts"),
        (CARD.decode().encode("utf-32"), "contacts"),
        (b"\n\n  begin : vcalendar\n", "calendar"),
        (b"BEGIN:VEVENT\nDTSTART:20240101\nEND:VEVENT\n", "calendar"),
        (b"BEGIN:VTODO\n", "calendar"),
        (b"From: x@exemple.fr\n\n" + EVENT, "calendar"),
        (b"dn: cn=Jean\nobjectclass: person\n", "contacts"),
        (b"DTSTART:20240101\nSUMMARY:x\n", "calendar"),
        (b"FN:Jean\nEMAIL:jean@exemple.fr\n", "contacts"),
        (b'[["vcard", [["fn", {}, "text", "Jean"]]]]', "contacts"),
        (b'["vcalendar", [], []]', "calendar"),
        (b'<?xml version="1.0"?><icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0"/>', "calendar"),
        (b'<?xml version="1.0"?><vcards/>', "contacts"),
        (b'require ["fileinto"];\nif true { keep; }\n', "filters"),
        ('require "fileinto";\n'.encode("utf-16"), "filters"),
        (b"# Rule Info: $Order=1 Name=x\n", "filters"),
        (b'> if anyof (not header :is "Subject" "x") { discard; }\n', "filters"),
        (b"dn: uid=c\nobjectclass: person\nmailSieveRuleSource:: aWY=\n", "filters"),
        (b"dn: uid=c\ndescription: mailSieveRuleSource: x\n", "contacts"),
        (CARD.replace(b"Jean", b"Jean\r\nNOTE:if true { keep; }"), "contacts"),
        (b"If you keep this, stop reading; the rest is optional.\n", ""),
        (b"", ""),
        (b"\0\0\0\0", ""),
        (b"nom;prenom\nHoarau;Jean\n", ""),
        (b"<html><body>Erreur</body></html>", ""),
        (b"%PDF-1.7 BEGIN:VCARDS", ""),
        (b"BEGIN:VCARDS\n", ""),
    ],
)
def test_kind_is_told_by_content(data: bytes, kind: str) -> None:
    assert detect.kind_of(data) == kind


def test_the_first_begin_decides() -> None:
    assert detect.kind_of(CARD + EVENT) == "contacts"
    assert detect.kind_of(EVENT + CARD) == "calendar"


def test_a_card_inside_a_description_is_no_address_book() -> None:
    assert detect.kind_of(EVENT.replace(b"SUMMARY:x", b"DESCRIPTION:BEGIN:VCARD")) == "calendar"
