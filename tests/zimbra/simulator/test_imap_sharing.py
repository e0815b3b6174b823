"""Folders of others, seen through links: what a grant lets a mail program do there."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.zimbra.simulator.mail_clients import deliver, letter, line, mail_program
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.wire import PASSWORD
from zimbra.simulator.server import SimulatorServer


@pytest.fixture
def box(simulator: SimulatorServer, owner: Person, member: Person) -> str:
    """The id of a folder of the owner's with one message, linked by the member as "Direction"."""
    folder = owner.new_folder("Courrier", view="message")
    with mail_program(simulator, owner.address) as client:
        client.append("Courrier", letter("Partagé"))
        client.create_folder("Courrier/Archives")
    owner.grant(folder, member.address, "r")
    member.mount(owner, folder, "Direction", view="message")
    return folder


@pytest.fixture
def client(simulator: SimulatorServer, member: Person, box: str) -> Iterator[IMAPClient]:
    with mail_program(simulator, member.address) as found:
        yield found


def test_a_shared_folder_stands_under_the_name_of_its_link(client: IMAPClient) -> None:
    names = {name for _, _, name in client.list_folders()}
    assert {"Direction", "Direction/Archives"} <= names
    assert "Courrier" not in names
    assert client.folder_status("direction")[b"MESSAGES"] == 1


def test_a_reader_changes_nothing(client: IMAPClient) -> None:
    # What imaplib makes of an answer of READ-ONLY to SELECT.
    with pytest.raises(imaplib.IMAP4.readonly):
        client.select_folder("Direction")
    client.select_folder("Direction", readonly=True)
    (uid,) = client.search()
    assert client.fetch([uid], ["BODY[]"])[uid][b"BODY[]"] == letter("Partagé")
    assert client.search("UNSEEN") == [uid]
    for command in (
        lambda: client.add_flags([uid], ["\\Seen"]), lambda: client.move([uid], "Trash"), client.expunge,
        lambda: client.append("Direction", letter()), lambda: client.create_folder("Direction/Nouveau"),
        lambda: client.delete_folder("Direction/Archives"),
    ):  # fmt: skip
        with pytest.raises(IMAPClientError):
            command()


def test_a_reader_who_asks_for_more_is_refused_and_reading_marks_nothing(
    simulator: SimulatorServer, member: Person, box: str
) -> None:
    with line(simulator.imap_port) as client:
        client.ask(f'LOGIN {member.address} "{PASSWORD}"'.encode())
        assert client.ask(b"SELECT Direction")[-1].startswith(b"a OK [READ-ONLY]")
        assert not [one for one in client.ask(b"FETCH 1 BODY[TEXT]") if b"\\Seen" in one]
        for command in (b"STORE 1 +FLAGS (\\Seen)", b"EXPUNGE", b"MOVE 1 INBOX"):
            assert client.ask(command)[-1].startswith(b"a NO")
        assert client.ask(b"SEARCH UNSEEN")[0] == b"* SEARCH 1"


def test_a_reader_may_copy_to_a_folder_of_its_own(client: IMAPClient) -> None:
    client.select_folder("Direction", readonly=True)
    client.copy(client.search(), "INBOX")
    assert client.folder_status("INBOX")[b"MESSAGES"] == 1


def test_each_right_allows_its_own(client: IMAPClient, owner: Person, member: Person, box: str) -> None:
    owner.grant(box, member.address, "rw")
    assert client.select_folder("Direction")[b"READ-WRITE"]
    uids = client.search()
    assert b"\\Flagged" in client.add_flags(uids, ["\\Flagged", "\\Deleted"])[uids[0]]
    for command in (client.expunge, lambda: client.move(uids, "Trash"), lambda: client.append("Direction", letter())):
        with pytest.raises(IMAPClientError, match="NOPERM"):
            command()
    owner.grant(box, member.address, "rwi")
    client.append("Direction", letter("Deux"))
    owner.grant(box, member.address, "rwid")
    client.expunge()
    assert client.folder_status("Direction")[b"MESSAGES"] == 1


def test_flags_set_by_one_are_seen_by_the_other(
    simulator: SimulatorServer, client: IMAPClient, owner: Person, member: Person, box: str
) -> None:
    owner.grant(box, member.address, "rw")
    client.select_folder("Direction")
    with mail_program(simulator, owner.address) as other:
        other.select_folder("Courrier")
        client.add_flags(client.search(), ["\\Answered"])
        other.noop()
        assert b"\\Answered" in other.get_flags(other.search())[other.search()[0]]


def test_a_right_taken_away_ends_at_once(client: IMAPClient, owner: Person, member: Person, box: str) -> None:
    client.select_folder("Direction", readonly=True)
    (uid,) = client.search()
    owner.revoke(box, member.id)
    with pytest.raises((IMAPClientError, OSError)):
        client.fetch([uid], ["BODY[]"])


def test_without_a_grant_the_link_is_no_folder(
    simulator: SimulatorServer, owner: Person, member: Person, box: str
) -> None:
    owner.revoke(box, member.id)
    with mail_program(simulator, member.address) as client:
        assert "Direction" not in {name for _, _, name in client.list_folders()}
        with pytest.raises(IMAPClientError, match=r"NOPERM|NONEXISTENT"):
            client.select_folder("Direction")


def test_mail_delivered_to_the_owner_reaches_the_member_who_waits(
    simulator: SimulatorServer, owner: Person, member: Person
) -> None:
    owner.grant("2", member.address, "r")
    member.mount(owner, "2", "Réception du chef", view="message")
    with mail_program(simulator, member.address) as client:
        client.select_folder("Réception du chef", readonly=True)
        client.idle()
        deliver(simulator, owner.address, letter())
        assert (1, b"EXISTS") in client.idle_check(timeout=10)
        client.idle_done()


def test_shared_folders_can_be_subscribed_to(client: IMAPClient) -> None:
    client.subscribe_folder("Direction")
    client.subscribe_folder("Direction/Archives")
    listed = {name for _, _, name in client.list_sub_folders()}
    assert {"Direction", "Direction/Archives"} <= listed
    client.unsubscribe_folder("Direction/Archives")
    assert {name for _, _, name in client.list_sub_folders()} == listed - {"Direction/Archives"}


def test_the_owner_s_folder_has_a_name_of_its_own_too(client: IMAPClient, owner: Person) -> None:
    assert client.select_folder(f"/home/{owner.address}/Courrier", readonly=True)[b"EXISTS"] == 1
    with pytest.raises(IMAPClientError):
        client.select_folder(f"/home/{owner.address}/INBOX")
    with pytest.raises(IMAPClientError):
        client.select_folder("/home/nobody@ac-reunion.fr/INBOX")


def test_the_link_goes_and_the_folder_stays(simulator: SimulatorServer, client: IMAPClient, owner: Person) -> None:
    client.rename_folder("Direction", "Chefs/Direction")
    assert client.folder_status("Chefs/Direction")[b"MESSAGES"] == 1
    client.delete_folder("Chefs/Direction")
    assert "Chefs/Direction" not in {name for _, _, name in client.list_folders()}
    with mail_program(simulator, owner.address) as other:
        assert other.folder_status("Courrier")[b"MESSAGES"] == 1


def test_messages_move_between_mailboxes(
    simulator: SimulatorServer, client: IMAPClient, owner: Person, member: Person, box: str
) -> None:
    owner.grant(box, member.address, "rwid")
    client.select_folder("Direction")
    client.move(client.search(), "INBOX")
    assert client.folder_status("INBOX")[b"MESSAGES"] == 1
    with mail_program(simulator, owner.address) as other:
        assert other.folder_status("Courrier")[b"MESSAGES"] == 0
