"""Messages: put in, read, marked, searched, sent."""

import base64
import secrets
from datetime import UTC, datetime

import pytest

from tests.simulated import Server
from tests.zimbra.contract.samples import PIXEL, message, soon
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound
from zimbra.types.mail import Attachment, Correspondent, NewMessage

MIXED = (
    "From: =?utf-8?q?Marie_Hoarau?= <marie@exterieur.example>\r\nTo: a@b.fr, c@d.fr\r\nCc: Cop <cop@b.fr>\r\n"
    "Reply-To: retour@b.fr\r\nSubject: =?utf-8?q?=C3=89t=C3=A9?=\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\n"
    "Message-ID: <mixed@exterieur.example>\r\nX-Essai: un\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n'
    "Content-Transfer-Encoding: 8bit\r\n\r\nBonjour été.\r\n--b\r\nContent-Type: image/png\r\n"
    'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="p.png"\r\n\r\n'
    f"{base64.b64encode(PIXEL).decode()}\r\n--b--\r\n"
).encode()


def test_added_message_is_read_back_byte_for_byte(client: ZimbraClient) -> None:
    received = datetime(2026, 1, 6, 10, tzinfo=UTC)
    added = client.add_message("2", MIXED, flags="uf", received=received)
    assert client.raw_message(added.id) == MIXED
    found = client.message(added.id, headers=["X-Essai"])
    assert (found.subject, found.folder_id, found.received) == ("Été", "2", received)
    assert (found.is_unread, found.is_flagged) == (True, True)
    assert found.sent == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert found.sender == Correspondent("marie@exterieur.example", "Marie Hoarau")
    assert [one.address for one in found.to] == ["a@b.fr", "c@d.fr"]
    assert [one.address for one in (*found.cc, *found.reply_to)] == ["cop@b.fr", "retour@b.fr"]
    assert found.headers["X-Essai"] == ("un",)
    assert found.message_id == "<mixed@exterieur.example>"


def test_parts_of_a_message(client: ZimbraClient) -> None:
    found = client.message(client.add_message("2", MIXED).id)
    [text] = [part for part in found.parts if part.is_body]
    assert (text.content_type, text.content.strip()) == ("text/plain", "Bonjour été.")
    [image] = [part for part in found.parts if part.filename]
    assert (image.filename, image.content_type, image.disposition) == ("p.png", "image/png", "attachment")
    assert client.item_part(found.id, image.part) == PIXEL


def test_reading_leaves_unread_unless_told_to(client: ZimbraClient) -> None:
    added = client.add_message("2", message("lu"), flags="u")
    assert client.message(added.id).is_unread
    assert client.message(added.id).is_unread
    client.message(added.id, mark_read=True)
    assert not client.message(added.id).is_unread


def test_marks_flags_and_tags(client: ZimbraClient) -> None:
    ids = [client.add_message("2", message(f"n{number}")).id for number in range(3)]
    client.create_tag("Urgent")
    assert client.mark_read(ids[:2], read=False).changed == tuple(ids[:2])
    client.flag_items(ids)
    client.tag_items(ids[:1], "Urgent")
    states = [(one.is_unread, one.is_flagged, one.tags) for one in map(client.message, ids)]
    assert states == [(True, True, ("Urgent",)), (True, True, ()), (False, True, ())]
    client.flag_items(ids, flagged=False)
    client.tag_items(ids, "Urgent", tagged=False)
    assert [(one.is_flagged, one.tags) for one in map(client.message, ids)] == [(False, ())] * 3


def test_move_trash_and_delete(client: ZimbraClient) -> None:
    folder = client.create_folder("Classées", view="message")
    moved, binned, deleted = (client.add_message("2", message(f"n{number}")).id for number in range(3))
    assert client.move_items([moved], folder.id).changed == (moved,)
    client.trash_items([binned])
    client.delete_items([deleted])
    assert client.message(moved).folder_id == folder.id
    assert client.message(binned).folder_id == "3"
    with pytest.raises(NotFound):
        client.message(deleted)
    with pytest.raises(NotFound):
        client.add_message("99999", message("nulle part"))


def test_counts_by_folder(client: ZimbraClient) -> None:
    folder = client.create_folder("Service", view="message")
    for number in range(3):
        client.add_message(folder.id, message(f"n{number}"), flags="u" if number else "")
    [count] = [one for one in client.message_counts() if one.path == "/Service"]
    assert (count.total, count.unread) == (3, 2)
    assert count.size > 0


def test_search_finds_by_words_folder_and_state_page_by_page(client: ZimbraClient) -> None:
    for number in range(5):
        client.add_message("2", message(f"Conseil {number}"), flags="u" if number % 2 else "")
    client.add_message("2", message("Autre"))
    assert soon(lambda: len(list(client.messages("in:inbox"))) == 6)
    assert len(list(client.messages("in:inbox subject:Conseil", page=2))) == 5
    assert {one.subject for one in client.messages("in:inbox is:unread")} == {"Conseil 1", "Conseil 3"}
    assert list(client.messages("in:sent")) == []


def test_sent_message_arrives_and_is_kept_in_sent(server: Server) -> None:
    writer, reader = server.create_account(displayName="Marie Hoarau"), server.create_account()
    subject = f"Été {secrets.token_hex(4)}"
    with server.client(writer) as sending, server.client(reader) as receiving:
        sent = sending.send(
            NewMessage(
                to=(Correspondent(reader, "Destinataire"),),
                subject=subject,
                text="Bonjour été.",
                html="<p>Bonjour <b>été</b>.</p>",
                attachments=(Attachment(PIXEL, "image/png", "p é.png"),),
            )
        )
        assert sending.message(sent).folder_id == "5"
        [arrived] = soon(lambda: list(receiving.messages("in:inbox")))
        found = receiving.message(arrived.id)
        assert (found.subject, found.is_unread) == (subject, True)
        assert found.sender is not None
        assert found.sender.address == writer
        [image] = [part for part in found.parts if part.filename]
        assert (image.filename, receiving.item_part(found.id, image.part)) == ("p é.png", PIXEL)
        html = receiving.message(arrived.id, html=True)
        assert [part.content_type for part in html.parts if part.is_body] == ["text/html"]


def test_answered_message_is_marked_so(server: Server) -> None:
    writer, reader = server.create_account(), server.create_account()
    with server.client(reader) as client:
        added = client.add_message("2", message("Question", sender=writer))
        client.send(NewMessage(to=(Correspondent(writer),), subject="Re: Question", text="oui", answers=added.id))
        assert "r" in client.message(added.id).flags


def test_sending_without_a_copy_keeps_none(server: Server) -> None:
    writer, reader = server.create_account(), server.create_account()
    with server.client(writer) as client, server.client(reader) as receiving:
        assert client.send(NewMessage(to=(Correspondent(reader),), subject="sans trace"), save_to_sent=False) == ""
        assert soon(lambda: list(receiving.messages("in:inbox")))
        assert list(client.messages("in:sent")) == []
