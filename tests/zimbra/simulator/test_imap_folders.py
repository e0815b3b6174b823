from __future__ import annotations

import imaplib
from collections.abc import Iterator

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.each import each
from tests.zimbra.simulator.mail_clients import deliver, letter, mail_program
from tests.zimbra.simulator.wire import PASSWORD, Fault, Wire
from zimbra.simulator.imap.grammar import BadSyntax, from_utf7, to_utf7
from zimbra.simulator.server import SimulatorServer


@pytest.fixture
def client(simulator: SimulatorServer, address: str) -> Iterator[IMAPClient]:
    with mail_program(simulator, address) as found:
        yield found


def _names(client: IMAPClient, pattern: str = "*", reference: str = "") -> list[str]:
    return [name for _, _, name in client.list_folders(reference, pattern)]


def _marks(client: IMAPClient) -> dict[str, tuple[bytes, ...]]:
    return {name: marks for marks, _, name in client.list_folders()}


def test_a_new_mailbox_shows_its_mail_folders_with_what_they_are_for(client: IMAPClient) -> None:
    assert _marks(client) == {
        "Chats": (b"\\HasNoChildren",),
        "Drafts": (b"\\HasNoChildren", b"\\Drafts"),
        "INBOX": (b"\\HasNoChildren",),
        "Junk": (b"\\HasNoChildren", b"\\Junk"),
        "Sent": (b"\\HasNoChildren", b"\\Sent"),
        "Trash": (b"\\HasNoChildren", b"\\Trash"),
    }
    assert client.find_special_folder(b"\\Sent") == "Sent"


def test_a_folder_made_here_is_a_mail_folder_of_the_web_client(client: IMAPClient, agent: Wire) -> None:
    client.create_folder("Établissement/Conseils & réunions")
    found = agent.mail('<GetFolderRequest><folder path="/Établissement/Conseils &amp; réunions"/></GetFolderRequest>')
    assert found[0].get("view") == "message"
    assert "Établissement/Conseils & réunions" in _names(client)
    assert b"\\HasChildren" in _marks(client)["Établissement"]


def test_folders_of_other_things_are_not_shown(client: IMAPClient, agent: Wire) -> None:
    agent.mail('<CreateFolderRequest><folder l="1" name="Fiches" view="contact"/></CreateFolderRequest>')
    assert not {"Fiches", "Contacts", "Calendar"} & set(_names(client))
    for name in ("Fiches", "Calendar"):
        with pytest.raises(IMAPClientError):
            client.select_folder(name)


@pytest.mark.parametrize(
    ("reference", "pattern", "expected"),
    [
        ("", "%", {"A", "INBOX"}), ("", "A/%", {"A/B"}), ("", "A*", {"A", "A/B", "A/B/C"}), ("A/", "%", {"A/B"}),
        ("", "a/b/c", {"A/B/C"}), ("", "*c", {"A/B/C"}), ("", "inbox", {"INBOX"}), ("", "A/%/%", {"A/B/C"}),
        ("", "nothing", set()),
    ],
)  # fmt: skip
def test_patterns(client: IMAPClient, reference: str, pattern: str, expected: set[str]) -> None:
    client.create_folder("A/B/C")
    assert set(_names(client, pattern, reference)) - {"Chats", "Drafts", "Junk", "Sent", "Trash"} == expected


def test_a_pattern_of_nothing_tells_the_separator(client: IMAPClient) -> None:
    assert client.list_folders("", "") == [((b"\\Noselect",), b"/", "")]


def test_list_can_carry_status_and_subscriptions(simulator: SimulatorServer, address: str) -> None:
    deliver(simulator, address, letter())
    with imaplib.IMAP4("127.0.0.1", simulator.imap_port) as client:
        client.login(address, PASSWORD)
        client.subscribe("INBOX")
        client._simple_command("LIST", '""', "(INBOX Sent)", "RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES UNSEEN))")
        listed = client._untagged_response("OK", [], "LIST")[1]
        assert listed == [
            b'(\\HasNoChildren \\Subscribed) "/" "INBOX"',
            b'(\\HasNoChildren \\Sent) "/" "Sent"',
        ]
        assert client._untagged_response("OK", [], "STATUS")[1] == [
            b'"INBOX" (MESSAGES 1 UNSEEN 1)',
            b'"Sent" (MESSAGES 0 UNSEEN 0)',
        ]
        client._simple_command("LIST", "(SUBSCRIBED)", '""', "*")
        assert client._untagged_response("OK", [], "LIST")[1] == [b'(\\HasNoChildren \\Subscribed) "/" "INBOX"']


def test_subscriptions_are_the_flag_of_the_folder(client: IMAPClient, agent: Wire) -> None:
    client.create_folder("Abonnements/Liste")
    client.subscribe_folder("Abonnements/Liste")
    found = agent.mail('<GetFolderRequest><folder path="/Abonnements/Liste"/></GetFolderRequest>')[0]
    assert "*" in found.get("f")
    assert [name for _, _, name in client.list_sub_folders()] == ["Abonnements/Liste"]
    assert client.list_sub_folders("", "%") == [((b"\\Noselect",), b"/", "Abonnements")]
    client.unsubscribe_folder("Abonnements/Liste")
    assert client.list_sub_folders() == []


@each("name", ["INBOX", "Sent", "sent", "Calendar/X", "Contacts/X", "A:B", ""])
def test_a_name_that_is_taken_or_not_for_mail_is_refused(client: IMAPClient, name: str) -> None:
    with pytest.raises(IMAPClientError):
        client.create_folder(name)


def test_a_folder_deleted_is_gone_for_everybody(client: IMAPClient, agent: Wire) -> None:
    client.create_folder("Vieux")
    client.delete_folder("Vieux")
    with pytest.raises(Fault, match="NO_SUCH_FOLDER"):
        agent.mail('<GetFolderRequest><folder path="/Vieux"/></GetFolderRequest>')


def test_a_folder_with_others_below_is_emptied_and_only_a_name(client: IMAPClient) -> None:
    client.create_folder("Haut/Bas")
    client.append("Haut", letter())
    client.delete_folder("Haut")
    assert b"\\Noselect" in _marks(client)["Haut"]
    for command in (client.select_folder, client.delete_folder):
        with pytest.raises(IMAPClientError):
            command("Haut")
    client.create_folder("Haut")
    assert client.select_folder("Haut")[b"EXISTS"] == 0


@pytest.mark.parametrize("name", ["INBOX", "Trash", "Nothing"])
def test_system_and_unknown_folders_are_neither_deleted_nor_renamed(client: IMAPClient, name: str) -> None:
    with pytest.raises(IMAPClientError):
        client.delete_folder(name)
    with pytest.raises(IMAPClientError):
        client.rename_folder(name, "Autre")


def test_a_folder_renamed_takes_what_is_below_along(client: IMAPClient) -> None:
    client.create_folder("Un/Deux")
    client.append("Un/Deux", letter())
    client.rename_folder("Un", "Nouveau/Trois")
    assert {"Nouveau", "Nouveau/Trois", "Nouveau/Trois/Deux"} <= set(_names(client))
    assert client.folder_status("Nouveau/Trois/Deux")[b"MESSAGES"] == 1
    client.rename_folder("Nouveau/Trois", "nouveau/TROIS")
    assert "Nouveau/TROIS" in _names(client)
    for target in ("INBOX", "Nouveau/TROIS/Deux/Trois"):
        with pytest.raises(IMAPClientError):
            client.rename_folder("Nouveau/TROIS", target)


def test_status_counts_what_the_folder_holds(simulator: SimulatorServer, client: IMAPClient, address: str) -> None:
    for number in range(3):
        deliver(simulator, address, letter(f"Lettre {number}"))
    client.select_folder("INBOX")
    first, *_ = client.search()
    client.add_flags([first], ["\\Seen"])
    client.unselect_folder()
    found = client.folder_status("INBOX", ["MESSAGES", "UNSEEN", "UIDNEXT", "UIDVALIDITY", "RECENT"])
    assert found[b"MESSAGES"] == 3
    assert found[b"UNSEEN"] == 2
    assert found[b"UIDNEXT"] > first + 2
    assert found[b"RECENT"] == 0


def test_what_waits_to_be_expunged_is_counted_apart_over_soap(
    simulator: SimulatorServer, client: IMAPClient, agent: Wire, address: str
) -> None:
    for number in range(3):
        deliver(simulator, address, letter(f"lettre {number}"))
    client.select_folder("INBOX")
    first, second, _ = client.search()
    client.add_flags([first], [rb"\Seen"])
    client.add_flags([first, second], [rb"\Deleted"])

    def counted() -> dict[str, str]:
        folder = agent.mail('<GetFolderRequest><folder l="2"/></GetFolderRequest>').find("folder")
        return {name: folder.get(name) for name in ("n", "i4n", "u", "i4u") if name in folder.attrib}

    assert counted() == {"n": "1", "i4n": "3", "u": "1", "i4u": "2"}
    client.expunge()
    assert counted() == {"n": "1", "u": "1"}


def test_uidnext_moves_only_with_mail_for_the_folder(
    simulator: SimulatorServer, client: IMAPClient, address: str
) -> None:
    deliver(simulator, address, letter("Un"))
    before = client.folder_status("INBOX", ["UIDNEXT"])[b"UIDNEXT"]
    client.append("Sent", letter("Deux"))
    client.create_folder("Autre")
    client.select_folder("INBOX")
    client.delete_messages(client.search())
    client.expunge()
    assert client.folder_status("INBOX", ["UIDNEXT"])[b"UIDNEXT"] == before
    deliver(simulator, address, letter("Trois"))
    client.noop()
    (uid,) = client.search()
    assert uid >= before
    assert client.folder_status("INBOX", ["UIDNEXT"])[b"UIDNEXT"] == uid + 1


def test_messages_are_recent_to_one_client_only(simulator: SimulatorServer, client: IMAPClient, address: str) -> None:
    deliver(simulator, address, letter())
    assert client.select_folder("INBOX", readonly=True)[b"RECENT"] == 1
    assert client.select_folder("INBOX")[b"RECENT"] == 1
    assert client.search("RECENT")
    with mail_program(simulator, address) as other:
        assert other.select_folder("INBOX")[b"RECENT"] == 0


def test_quota_is_the_account_s(simulator: SimulatorServer, admin: Wire, address: str) -> None:
    admin.modify_account(address, zimbraMailQuota=str(100 * 1024))
    with mail_program(simulator, address) as client:
        client.append("INBOX", letter(body="x" * 5000))
        (root,) = client.get_quota()
        assert (root.quota_root, root.resource, root.limit) == ("", "STORAGE", 100)
        assert 5 <= root.usage <= 10
        with pytest.raises(IMAPClientError, match="OVERQUOTA"):
            client.append("INBOX", letter(body="x" * 100_000))


@each("name", ["Reçus", "A&B", "&", "日本語", "Envoyés & Co/Été", "~tilde", "𝔘𝔫", "", "a\tb", "plain"])
def test_a_name_survives_its_encoding(name: str) -> None:
    assert from_utf7(to_utf7(name)) == name
    assert all(32 <= byte < 127 for byte in to_utf7(name))


@each("data", [b"&", b"&AOk", b"&!!-", b"&AA-", b"\xff\xfe"])
def test_a_name_badly_encoded_is_refused(data: bytes) -> None:
    with pytest.raises(BadSyntax):
        from_utf7(data)
