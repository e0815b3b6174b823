"""A functional box: one mailbox nobody signs in to, mounted as a whole by owners, members and readers.

What is common to all, what stays each one's own, and where what is sent is kept (Zimbra's ACL, MailSender, Mailbox).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.each import each
from tests.zimbra.simulator.appointments import create as create_appointment
from tests.zimbra.simulator.mail_clients import deliver, line, mail_program
from tests.zimbra.simulator.mail_clients import letter as raw_letter
from tests.zimbra.simulator.mails import act, add, find, get, letter, send, subjects
from tests.zimbra.simulator.people import Person, refused
from tests.zimbra.simulator.wire import PASSWORD, Wire
from zimbra.simulator.server import SimulatorServer

Make = Callable[..., Person]

INBOX, TRASH, SENT, DRAFTS = "2", "3", "5", "6"


@dataclass
class Team:
    """The box, with one unread message in its Inbox, and those who have it mounted as "Collège"."""

    box: Person
    owner: Person
    member: Person
    reader: Person
    links: dict[str, str]
    message: str

    @property
    def remote(self) -> str:
        """The message as everybody but the box names it."""
        return self.of_box(self.message)

    def of_box(self, number: str) -> str:
        return f"{self.box.id}:{number}"

    @property
    def about_box(self) -> str:
        return f'<account by="name">{self.box.address}</account>'

    @property
    def as_box(self) -> str:
        return f'<e t="f" a="{self.box.address}" p="Collège"/>'

    def flags(self) -> set[str]:
        return set(get(self.box.wire, self.message).get("f") or "")

    def folder(self) -> str:
        return str(get(self.box.wire, self.message).get("l"))


@pytest.fixture
def team(simulator: SimulatorServer, person: Make) -> Team:
    box, owner, member, reader = person(zimbraPrefDelegatedSendSaveTarget="owner"), person(), person(), person()
    links = {}
    for one, rights in ((owner, "rwidxa"), (member, "rwidx"), (reader, "r")):
        box.grant("1", one.address, rights)
        links[one.address] = one.mount(box, "1", "Collège").get("id")
        if one is not reader:
            ace = f'<ace gt="usr" d="{one.address}" right="sendAs"/>'
            box.wire.soap(f'<GrantRightsRequest xmlns="urn:zimbraAccount">{ace}</GrantRightsRequest>')
    deliver(simulator, box.address, raw_letter("Inscription", to=box.address))
    (found,) = find(box.wire, "in:inbox")
    return Team(box, owner, member, reader, links, found.get("id"))


def authors(person: Person, message: str) -> set[str]:
    """The From and the Sender of a message the person got."""
    return {e.get("a") for e in get(person.wire, message).findall("e") if e.get("t") in ("f", "s")}


# --- what a reader cannot do ---------------------------------------------------------------------------------------


def test_a_message_opened_by_a_reader_stays_unread_for_everybody(team: Team) -> None:
    opened = get(team.reader.wire, team.remote, read="1")
    assert opened.findtext("su") == "Inscription"
    assert "u" in (opened.get("f") or "")
    assert "u" in team.flags()
    assert "u" in (get(team.member.wire, team.remote).get("f") or "")


@each(
    ("op", "attrs"),
    [
        ("read", {}),
        ("flag", {}),
        ("tag", {"tn": "Urgent"}),
        ("update", {"tn": "Urgent"}),
        ("update", {"f": "f"}),
        ("trash", {}),
        ("spam", {}),
        ("delete", {}),
        ("move", {"l": "{box}:5"}),
        ("move", {"l": "2"}),
    ],
)
def test_a_reader_changes_moves_and_deletes_nothing(team: Team, op: str, attrs: dict[str, str]) -> None:
    attrs = {name: value.format(box=team.box.id) for name, value in attrs.items()}
    for item in (team.remote, team.of_box(get(team.box.wire, team.message).get("cid"))):
        with refused("service.PERM_DENIED"):
            act(team.reader.wire, op, item, request="ItemActionRequest", **attrs)
    assert ("u" in team.flags(), team.folder()) == (True, INBOX)
    assert subjects(team.reader.wire, "in:inbox") == []


def test_a_reader_puts_nothing_in(team: Team) -> None:
    for folder in (team.of_box(INBOX), team.of_box("1"), team.links[team.reader.address]):
        with refused("service.PERM_DENIED"):
            add(team.reader.wire, letter("Glissé"), folder=folder)
        with refused("service.PERM_DENIED"):
            team.reader.new_folder("Nouveau", parent=folder)
    with refused("service.PERM_DENIED"):
        team.reader.wire.contact(folder=team.of_box("7"), lastName="Hoarau")
    with refused("service.PERM_DENIED"):
        create_appointment(team.reader.wire, m=f'l="{team.of_box("10")}"')
    path = f"/home/{team.box.address}/Inbox?fmt=eml"
    headers = {"Cookie": f"ZM_AUTH_TOKEN={team.reader.wire.token}"}
    assert team.reader.wire.send("POST", path, letter("Glissé"), headers)[0] in (403, 404)
    assert subjects(team.box.wire) == ["Inscription"]
    assert len(find(team.box.wire, "in:contacts", types="contact")) == 0


def test_a_reader_does_not_write_in_the_name_of_the_box(team: Team) -> None:
    with refused("service.PERM_DENIED"):
        send(team.reader.wire, team.owner.address, inner=team.as_box, context=team.about_box)
    send(team.reader.wire, team.owner.address, "Réponse", inner=team.as_box, origid=team.remote, rt="r")
    (got,) = find(team.owner.wire, "in:inbox")
    assert authors(team.owner, got.get("id")) == {team.reader.address}
    # Nor does the answer show at the message.
    assert "r" not in team.flags()
    assert subjects(team.box.wire, "in:sent") == []


def test_a_reader_shares_and_grants_nothing(team: Team) -> None:
    for who in (team.reader, team.member):
        with refused("service.PERM_DENIED"):
            who.grant(team.of_box(INBOX), who.address, "rwidxa")


def test_a_reader_keeps_a_copy_of_its_own(team: Team) -> None:
    act(team.reader.wire, "copy", team.remote, l=INBOX)
    assert subjects(team.reader.wire, "in:inbox") == ["Inscription"]


def test_a_mail_program_of_a_reader_changes_nothing(simulator: SimulatorServer, team: Team) -> None:
    with mail_program(simulator, team.reader.address) as client:
        names = {name for _, _, name in client.list_folders()}
        assert {"Collège/Inbox", "Collège/Sent"} <= names
        client.select_folder("Collège/Inbox", readonly=True)
        (uid,) = client.search("UNSEEN")
        assert b"Inscription" in client.fetch([uid], ["BODY[]"])[uid][b"BODY[]"]
        assert client.search("UNSEEN") == [uid]
        for command in (
            lambda: client.add_flags([uid], ["\\Seen"]),
            lambda: client.add_flags([uid], ["\\Deleted"]),
            lambda: client.move([uid], "Trash"),
            lambda: client.copy([uid], "Collège/Sent"),
            lambda: client.append("Collège/Inbox", raw_letter()),
            lambda: client.create_folder("Collège/Nouveau"),
            lambda: client.rename_folder("Collège/Inbox", "Collège/Autre"),
        ):
            with pytest.raises(IMAPClientError):
                command()
    with line(simulator.imap_port) as raw:
        raw.ask(f'LOGIN {team.reader.address} "{PASSWORD}"'.encode())
        assert raw.ask(b'SELECT "Coll&AOg-ge/Inbox"')[-1].startswith(b"a OK [READ-ONLY]")
        raw.ask(b"FETCH 1 BODY[]")
        for command in (b"STORE 1 +FLAGS (\\Seen)", b"EXPUNGE", b"MOVE 1 INBOX"):
            assert raw.ask(command)[-1].startswith(b"a NO")
    assert ("u" in team.flags(), team.folder()) == (True, INBOX)


# --- what is common ------------------------------------------------------------------------------------------------


def test_read_by_a_member_is_read_by_all(team: Team) -> None:
    get(team.member.wire, team.remote, read="1")
    assert "u" not in team.flags()
    for one in (team.owner, team.reader):
        assert "u" not in (get(one.wire, team.remote).get("f") or "")
    act(team.member.wire, "!read", team.remote)
    assert "u" in (get(team.reader.wire, team.remote).get("f") or "")


def test_read_in_a_mail_program_is_read_by_all(simulator: SimulatorServer, team: Team) -> None:
    with mail_program(simulator, team.member.address) as client:
        client.select_folder("Collège/Inbox")
        client.fetch(client.search(), ["BODY[]"])
    assert "u" not in (get(team.reader.wire, team.remote).get("f") or "")


def test_moved_and_tagged_by_a_member_is_so_for_all(team: Team) -> None:
    place = team.member.new_folder("Traités", parent=team.links[team.member.address]).rpartition(":")[2]
    act(team.member.wire, "move", team.remote, l=team.of_box(place))
    act(team.member.wire, "tag", team.remote, tn="En cours")
    assert team.folder() == place
    for one in (team.owner, team.reader):
        seen = get(one.wire, team.remote)
        assert (seen.get("l"), seen.get("tn")) == (team.of_box(place), "En cours")
    act(team.member.wire, "trash", team.remote)
    assert team.folder() == TRASH
    assert subjects(team.member.wire, "in:trash") == []


def test_contacts_and_appointments_of_a_member_are_the_teams(team: Team) -> None:
    made = team.member.wire.contact(folder=team.of_box("7"), lastName="Hoarau")
    assert [one.get("l") for one in team.reader.contacts(made)] == [team.of_box("7")]
    create_appointment(team.member.wire, m=f'l="{team.of_box("10")}"')
    assert len(find(team.box.wire, "in:calendar", types="appointment")) == 1


# --- what is sent --------------------------------------------------------------------------------------------------


def answer(team: Team, writer: Wire, **more: str) -> None:
    given = {"origid": team.remote, "rt": "r", **more}
    send(writer, team.reader.address, "Re: Inscription", inner=team.as_box, context=team.about_box, **given)


def test_an_answer_for_the_box_is_in_its_sent_and_seen_by_all(team: Team) -> None:
    answer(team, team.member.wire)
    (kept,) = find(team.box.wire, "in:sent")
    for one in (team.owner, team.member, team.reader):
        assert get(one.wire, team.of_box(kept.get("id"))).findtext("su") == "Re: Inscription"
    assert subjects(team.member.wire, "in:sent") == []
    (got,) = find(team.reader.wire, "in:inbox")
    assert authors(team.reader, got.get("id")) == {team.box.address}
    assert "r" in team.flags()


@pytest.mark.parametrize(
    ("target", "of_member", "of_box"), [("owner", 0, 1), ("sender", 1, 0), ("both", 1, 1), ("none", 0, 0)]
)
def test_where_an_answer_is_kept_is_a_setting_of_the_box(
    admin: Wire, team: Team, target: str, of_member: int, of_box: int
) -> None:
    admin.modify_account(team.box.address, zimbraPrefDelegatedSendSaveTarget=target)
    answer(team, team.member.wire)
    assert (len(find(team.member.wire, "in:sent")), len(find(team.box.wire, "in:sent"))) == (of_member, of_box)


def test_what_is_sent_from_ones_own_account_is_kept_there(team: Team) -> None:
    """With the From of the box and the right to it: the request is about the member's account, so the copy is the
    member's, whatever the box is set to (MailSender: no delegated request)."""
    send(team.member.wire, team.reader.address, "De chez moi", inner=team.as_box)
    assert subjects(team.member.wire, "in:sent") == ["De chez moi"]
    assert subjects(team.box.wire, "in:sent") == []
    (got,) = find(team.reader.wire, "in:inbox")
    assert authors(team.reader, got.get("id")) == {team.box.address}


def test_drafts_are_the_writers_own(team: Team) -> None:
    body = f'{team.as_box}<e t="t" a="x@y.example"/><su>Brouillon</su><mp ct="text/plain"><content>…</content></mp>'
    made = team.member.mail(f'<SaveDraftRequest><m origid="{team.remote}" rt="r">{body}</m></SaveDraftRequest>')
    draft = made.find("m")
    assert (draft.get("l"), ":" in draft.get("id")) == (DRAFTS, False)
    assert subjects(team.box.wire, "in:drafts") == []
    with refused("mail.NO_SUCH_MSG"):
        get(team.owner.wire, draft.get("id"))
    answer(team, team.member.wire, did=f"{team.member.id}:{draft.get('id')}")
    assert subjects(team.member.wire, "in:drafts") == []
    assert subjects(team.box.wire, "in:sent") == ["Re: Inscription"]


# --- what an owner may do in Zimbra itself -------------------------------------------------------------------------


def test_an_owner_gives_access_in_zimbra_directly_and_takes_it(team: Team, person: Make) -> None:
    guest = person()
    team.owner.grant(team.of_box("1"), guest.address, "r")
    assert guest.rights(team.of_box(INBOX)) == "r"
    assert len(team.box.grants("1")) == 4
    for gone in (guest, team.reader):
        team.owner.revoke(team.of_box("1"), gone.id)
        with refused("service.PERM_DENIED"):
            get(gone.wire, team.remote)


def test_what_an_owner_shares_in_zimbra_directly_is_closed_to_the_team_and_to_the_owner(
    team: Team, person: Make
) -> None:
    """Class Folder: whatever is granted on a folder, it inherits no more."""
    guest = person()
    team.owner.grant(team.of_box("10"), guest.address, "r")
    assert (guest.rights(team.of_box("10")), guest.rights(team.of_box(INBOX))) == ("r", "")
    for one in (team.owner, team.member, team.reader):
        assert one.rights(team.of_box("10")) == ""
    with refused("service.PERM_DENIED"):
        team.owner.grant(team.of_box("10"), team.owner.address, "rwidxa")
    # Only who acts for the box itself can open it again.
    team.box.grant("10", team.owner.address, "rwidxa")
    team.owner.grant(team.of_box("10"), team.member.address, "rwidx")
    assert team.member.rights(team.of_box("10")) == "rwidxc"


def test_a_removed_member_sees_and_sends_no_more(simulator: SimulatorServer, team: Team) -> None:
    team.box.revoke("1", team.member.id)
    ace = f'<ace gt="usr" zid="{team.member.id}" right="sendAs"/>'
    team.box.wire.soap(f'<RevokeRightsRequest xmlns="urn:zimbraAccount">{ace}</RevokeRightsRequest>')
    with refused("service.PERM_DENIED"):
        get(team.member.wire, team.remote)
    with refused("service.PERM_DENIED"):
        answer(team, team.member.wire)
    with mail_program(simulator, team.member.address) as client:
        assert isinstance(client, IMAPClient)
        assert not [name for _, _, name in client.list_folders() if name.startswith("Collège/")]
