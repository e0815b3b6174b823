"""Folders as files."""

import pytest

from tests.simulated import Server
from tests.zimbra.contract.samples import event, message, soon
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.types import NewContact


def test_export_and_import_of_a_whole_file(client: ZimbraClient) -> None:
    folder = client.create_folder("Écoles & lycées", "7", "contact")
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoé Técher\r\nEMAIL:zoe@b.fr\r\nEND:VCARD\r\n".encode()
    client.import_file("/Contacts/Écoles & lycées", "vcf", card, "text/vcard")
    assert [contact.attributes["fullName"] for contact in client.contacts(folder.id)] == ["Zoé Técher"]
    with client.export("/Contacts/Écoles & lycées", "vcf") as chunks:
        assert "Zoé Técher".encode() in b"".join(chunks)
    with pytest.raises(Refused):
        client.import_file("/Contacts", "vcf", b"no card", "text/vcard")
    with pytest.raises(NotFound), client.export("/Nulle part", "vcf"):
        pass


def test_calendar_goes_out_and_comes_in_again(client: ZimbraClient) -> None:
    client.import_calendar_items("10", [event("u1"), event("u2", "Conseil")])
    copy = client.create_folder("Copie", view="appointment")
    with client.export("/Calendar", "ics") as chunks:
        text = b"".join(chunks)
    assert text.count(b"BEGIN:VEVENT") == 2
    client.import_file("/Copie", "ics", text)
    # A UID lives once in a mailbox: the same events were put into the other calendar.
    assert {one.folder_id for one in client.calendar_items("appointment")} == {copy.id}


def test_contacts_go_out_as_a_table(client: ZimbraClient) -> None:
    client.create_contacts("7", [NewContact({"firstName": "Zoé", "email": "zoe@b.fr"})])
    copy = client.create_folder("Copie", view="contact")
    with client.export("/Contacts", "csv") as chunks:
        table = b"".join(chunks)
    assert "Zoé".encode() in table
    client.import_file("/Copie", "csv", table)
    [contact] = client.contacts(copy.id)
    assert (contact.attributes["firstName"], contact.attributes["email"]) == ("Zoé", "zoe@b.fr")


def test_an_archive_brings_messages_back(server: Server) -> None:
    with server.client(server.create_account()) as first, server.client(server.create_account()) as second:
        first.add_message("2", message("Archivé"))
        with first.export("/Inbox", "tgz") as chunks:
            archive = b"".join(chunks)
        second.import_file("/", "tgz", archive)
        assert soon(lambda: [one.subject for one in second.messages("in:inbox")]) == ["Archivé"]


def test_an_empty_folder_is_an_empty_file(client: ZimbraClient) -> None:
    with client.export("/Contacts", "vcf") as chunks:
        assert b"".join(chunks).strip() == b""


def test_a_calendar_that_breaks_off_keeps_what_came_before(client: ZimbraClient) -> None:
    bad = event("u2", more="RRULE:FREQ=WEEKLY;UNTIL=demain\r\n")
    body = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\n{}END:VCALENDAR\r\n"

    def inner(text: str) -> str:
        return text[text.index("BEGIN:VEVENT") : text.index("END:VCALENDAR")]

    text = body.format(inner(event("u1")) + inner(bad) + inner(event("u3"))).encode()
    with pytest.raises(Refused):
        client.import_file("/Calendar", "ics", text)
    client.import_file("/Calendar", "ics", text, ignore_errors=True)
    assert {one.uid for one in client.calendar_items("appointment")} == {"u1", "u3"}
