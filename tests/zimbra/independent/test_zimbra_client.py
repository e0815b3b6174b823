"""The PyPI package `zimbra-client`, unchanged, on the simulated Zimbra (or a real one, see tests/zimbra/conftest.py).

It writes some requests of the calendar in a form of its own, which the simulator reads as well: docs/simulator.md names
them. What Zimbra does not have at all gets the server's own fault: see the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from zimbra_client import (
    Attachment,
    FilterRule,
    ZimbraAuthenticationError,
    ZimbraClient,
    ZimbraConfig,
    ZimbraHTTPError,
    ZimbraSOAPFault,
    filter_discard,
    filter_file_into,
    filter_from_address,
    filter_stop,
    filter_subject_contains,
    filter_tag,
)

from tests.simulated import Server
from tests.zimbra.independent.conftest import Person

# Sockets that this client leaves for the garbage collector to close.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


def client_of(server: Server, person: Person, password: str = "") -> ZimbraClient:
    return ZimbraClient(ZimbraConfig(host=server.url, email=person.address, password=password or person.password))


@pytest.fixture
def client(server: Server, person: Person) -> Iterator[ZimbraClient]:
    with client_of(server, person) as signed_in:
        yield signed_in


@pytest.fixture
def other(server: Server, colleague: Person) -> Iterator[ZimbraClient]:
    with client_of(server, colleague) as signed_in:
        yield signed_in


def test_sign_in_and_out(server: Server, person: Person) -> None:
    client = client_of(server, person)
    client.login()
    assert client.is_authenticated
    assert client.list_folders()
    client.logout()
    assert not client.is_authenticated


def test_a_wrong_password_is_refused_with_the_servers_code(server: Server, person: Person) -> None:
    with pytest.raises(ZimbraAuthenticationError) as caught:
        client_of(server, person, "faux").login()
    assert caught.value.code == "account.AUTH_FAILED"
    assert caught.value.status_code == 500


def test_folders_are_listed_and_created(client: ZimbraClient) -> None:
    made = client.create_folder("Élèves & familles", parent_id="2")
    folders = {folder.id: folder for folder in client.list_folders()}
    assert {"1", "2", "3", "4", "5", "6", "7", "10", "13", "14", "15", "16"} <= set(folders)
    assert folders["2"].name == "Inbox"
    assert folders["2"].view == "message"
    assert folders[made.id].name == "Élèves & familles"
    assert folders[made.id].parent_id == "2"
    with pytest.raises(ZimbraSOAPFault) as caught:
        client.create_folder("élèves & FAMILLES", parent_id="2")
    assert caught.value.code == "mail.ALREADY_EXISTS"


def test_contacts_are_created_listed_read_and_changed(client: ZimbraClient) -> None:
    made = client.create_contact({"firstName": "Marie", "lastName": "Hoarau", "email": "marie@example.org"})
    assert made.folder_id == "7"
    assert made.file_as == "Hoarau, Marie"
    assert [one.id for one in client.list_contacts(folder_id="7")] == [made.id]
    client.modify_contact(made.id, {"jobTitle": "Principale", "email": ""})
    read = client.get_contact(made.id)
    assert read.attrs == {"firstName": "Marie", "lastName": "Hoarau", "jobTitle": "Principale"}
    with pytest.raises(ZimbraSOAPFault) as caught:
        client.get_contact("999999")
    assert caught.value.code == "mail.NO_SUCH_CONTACT"


RULES = (
    FilterRule(
        "Rectorat",
        tests=(filter_from_address("rectorat@example.org"), filter_subject_contains("urgent", negative=True)),
        actions=(filter_file_into("/Inbox/Rectorat"), filter_tag("à lire"), filter_stop()),
    ),
    FilterRule("Publicité", False, "anyof", (filter_subject_contains('promo "du" jour'),), (filter_discard(),)),
)


@pytest.mark.parametrize("outgoing", [False, True], ids=["incoming", "outgoing"])
def test_filter_rules_come_back_as_they_were_set(client: ZimbraClient, outgoing: bool) -> None:
    replace = client.set_outgoing_filter_rules if outgoing else client.set_filter_rules
    listed = client.list_outgoing_filter_rules if outgoing else client.list_filter_rules
    assert listed() == ()
    replace(RULES)
    found = listed()
    assert [(rule.name, rule.active, rule.condition) for rule in found] == [
        ("Rectorat", True, "allof"),
        ("Publicité", False, "anyof"),
    ]
    assert [[test.kind for test in rule.tests] for rule in found] == [["addressTest", "headerTest"], ["headerTest"]]
    subject = found[0].tests[1].attrs
    assert (subject["value"], subject["negative"]) == ("urgent", "1")
    assert found[1].tests[0].attrs["value"] == 'promo "du" jour'
    assert [action.kind for action in found[0].actions] == ["actionFileInto", "actionTag", "actionStop"]
    assert found[0].actions[0].attrs["folderPath"] == "/Inbox/Rectorat"
    replace(found)  # what was read can be written back
    assert listed() == found


def test_incoming_mail_meets_the_rules(client: ZimbraClient, other: ZimbraClient, person: Person, unique: str) -> None:
    folder = client.create_folder("Rangé", parent_id="2")
    client.set_filter_rules(
        (FilterRule("Ranger", tests=(filter_subject_contains(unique),), actions=(filter_file_into("/Inbox/Rangé"),)),)
    )
    other.send_message(to=person.address, subject=f"Objet {unique}", text="Bonjour")
    assert [one.subject for one in client.search_messages(folder_id=folder.id).messages] == [f"Objet {unique}"]
    assert client.search_messages(folder_id="2").messages == ()


def test_a_message_is_sent_read_and_answered(
    client: ZimbraClient, other: ZimbraClient, person: Person, colleague: Person, unique: str
) -> None:
    piece = Attachment("relevé été.txt", content_type="text/plain", data="Très peu".encode())
    sent = client.send_message(
        to=colleague.address,
        subject=f"Réunion {unique}",
        text="Bonjour à tous",
        html="<p>Bonjour</p>",
        attachments=[piece],
    )
    assert sent.message_id
    assert [one.id for one in client.search_messages(folder_id="5").messages] == [sent.message_id]
    (found,) = other.search_messages(f"subject:{unique}").messages
    assert found.unread
    assert found.has_attachment
    message = other.get_message(found.id)
    assert message.subject == f"Réunion {unique}"
    assert message.from_ is not None
    assert message.from_.email == person.address
    assert [one.email for one in message.to] == [colleague.address]
    assert "Bonjour" in message.body_html
    (attachment,) = message.attachments
    assert attachment.filename == "relevé été.txt"
    assert other.download_attachment(found.id, attachment.part) == "Très peu".encode()
    other.reply_message(found.id, text="Entendu")
    (answer,) = client.search_messages("in:inbox").messages
    assert answer.subject == f"Re: Réunion {unique}"
    assert "r" in other.search_messages(f"subject:{unique} in:inbox").messages[0].flags
    forwarded = other.forward_message(found.id, to=person.address, text="Pour information")
    assert forwarded.message_id
    assert len(client.search_messages("in:inbox").messages) == 2
    newest = client.get_message(client.search_messages("in:inbox subject:Fwd").messages[0].id)
    assert [one.filename for one in newest.attachments] == ["relevé été.txt"]


def test_messages_are_marked_tagged_moved_and_deleted(
    client: ZimbraClient, other: ZimbraClient, person: Person, unique: str
) -> None:
    other.send_message(to=person.address, subject=unique, text="x")
    (message,) = client.search_messages("in:inbox").messages
    client.mark_read(message.id)
    assert client.search_messages("in:inbox is:unread").messages == ()
    client.mark_unread(message.id)
    assert client.search_messages("in:inbox is:unread").messages
    client.tag_message(message.id, "à voir")
    assert client.search_messages('tag:"à voir"').messages
    client.untag_message(message.id, "à voir")
    assert client.search_messages('tag:"à voir"').messages == ()
    client.move_message(message.id, "4")
    assert [one.id for one in client.search_messages(folder_id="4").messages] == [message.id]
    client.trash_message(message.id)
    assert [one.id for one in client.search_messages(folder_id="3").messages] == [message.id]
    client.delete_message(message.id)
    assert client.search_messages("is:anywhere").messages == ()


def test_a_draft_is_kept_changed_sent(
    client: ZimbraClient, other: ZimbraClient, colleague: Person, unique: str
) -> None:
    draft = client.save_draft(to=colleague.address, subject=unique, text="Première version")
    assert [one.id for one in client.list_drafts().messages] == [draft.id]
    client.send_message(to=colleague.address, subject=unique, text="Version finale")
    client.delete_draft(draft.id)
    assert client.list_drafts().messages == ()
    assert [one.subject for one in other.search_messages("in:inbox").messages] == [unique]


def test_signatures_identities_and_preferences(client: ZimbraClient, person: Person) -> None:
    made = client.create_signature("Officielle", text="Marie Hoarau", html="<b>Marie Hoarau</b>")
    (signature,) = client.list_signatures()
    assert signature.id == made.id
    assert (signature.text_plain, signature.text_html) == ("Marie Hoarau", "<b>Marie Hoarau</b>")
    client.delete_signature(made.id)
    assert client.list_signatures() == ()

    identity = client.create_identity("Secrétariat", {"zimbraPrefFromDisplay": "Secrétariat du collège"})
    names = {one.name: one for one in client.list_identities()}
    assert set(names) == {"DEFAULT", "Secrétariat"}
    assert names["Secrétariat"].attrs["zimbraPrefFromDisplay"] == "Secrétariat du collège"
    client.delete_identity(identity.id)
    assert [one.name for one in client.list_identities()] == ["DEFAULT"]

    client.set_prefs({"zimbraPrefOutOfOfficeReplyEnabled": "TRUE"})
    (pref,) = client.get_prefs("zimbraPrefOutOfOfficeReplyEnabled")
    assert pref.value == "TRUE"
    with pytest.raises(ZimbraSOAPFault) as caught:
        client.set_prefs({"zimbraMailQuota": "0"})
    assert caught.value.code == "service.INVALID_REQUEST"


def test_an_appointment_is_created_listed_read_and_cancelled(client: ZimbraClient, unique: str) -> None:
    start = datetime(2026, 9, 1, 8, tzinfo=UTC)
    end = start + timedelta(hours=1)
    made = client.create_appointment(f"Rentrée {unique}", start, end, location="Salle 1", text="Ordre du jour")
    assert made.id
    (found,) = client.list_appointments(start - timedelta(days=1), end)
    assert (found.name, found.location, found.folder_id) == (f"Rentrée {unique}", "Salle 1", "10")
    assert (found.start, found.end) == (start, end)
    assert client.get_appointment(found.id).id == found.id
    assert client.list_appointments(end, end + timedelta(days=1)) == ()
    client.cancel_appointment(made.id)
    assert client.list_appointments(start - timedelta(days=1), end) == ()


def test_a_task_is_created_listed_and_finished(client: ZimbraClient, unique: str) -> None:
    made = client.create_task(f"Bulletins {unique}", text="Relire")
    (found,) = client.list_tasks()
    assert (found.subject, found.completed) == (f"Bulletins {unique}", False)
    assert client.get_task(found.id).subject == f"Bulletins {unique}"
    client.complete_task(made.id)
    assert [one.completed for one in client.list_tasks()] == [True]


# --- what Zimbra does not have, or does not read -------------------------------------------------------------------


def test_a_request_zimbra_does_not_have_is_an_unknown_document(client: ZimbraClient) -> None:
    made = client.create_contact({"lastName": "Hoarau"})
    with pytest.raises(ZimbraSOAPFault) as caught:
        client.delete_contact(made.id)  # Zimbra's is ContactActionRequest
    assert caught.value.code == "service.UNKNOWN_DOCUMENT"
    assert [one.id for one in client.list_contacts()] == [made.id]


def test_an_attachment_that_is_not_there(client: ZimbraClient) -> None:
    with pytest.raises(ZimbraHTTPError) as caught:
        client.download_attachment("999999", "2")
    assert caught.value.status_code == 404
