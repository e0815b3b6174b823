"""A simulator that is killed while it works: what it answered is there once, nothing is half there."""

from __future__ import annotations

import itertools
import os
import random
import smtplib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.simulated import PASSWORD, Simulated, start_simulator
from tests.zimbra.simulator.conftest import running
from tests.zimbra.simulator.invariants import broken
from tests.zimbra.simulator.mail_clients import deliver, letter
from tests.zimbra.simulator.wire import Wire

# More than a few are for somebody who waits for them.
ROUNDS = int(os.environ.get("SIMULATOR_KILLS", "3"))
ZOE, MAX = "zoe@academie.example", "max@academie.example"
_GONE = (OSError, HTTPException, smtplib.SMTPException, IMAPClientError)
_serial = itertools.count(1)


@dataclass
class Diary:
    """What the server said it did, whatever the round. `asked` without an answer may have been done or not."""

    asked: set[str] = field(default_factory=set)
    contacts: dict[str, str] = field(default_factory=dict)
    letters: dict[str, set[str]] = field(default_factory=lambda: {ZOE: set(), MAX: set()})
    flagged: set[str] = field(default_factory=set)
    filed: set[str] = field(default_factory=set)
    # By id: what it is known to be, and what was asked for last.
    parents: dict[str, set[str]] = field(default_factory=dict)
    grants: dict[str, set[str]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    uids: list[tuple[str, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def name(self, kind: str) -> str:
        """A name nothing had before."""
        with self.lock:
            made = f"{kind}-{next(_serial):06}"
            self.asked.add(made)
        return made


def _write_contacts(zimbra: Simulated, diary: Diary) -> None:
    with _signed_in(zimbra) as wire:
        while True:
            names = [diary.name("contact") for _ in range(4)]
            inside = "".join(
                '<CreateContactRequest xmlns="urn:zimbraMail">'
                f'<cn><a n="lastName">{name}</a></cn></CreateContactRequest>'
                for name in names
            )
            answer = wire.soap(f'<BatchRequest xmlns="urn:zimbra">{inside}</BatchRequest>')
            made = [one.get("id") for one in answer.iter("cn")]
            diary.contacts.update(zip(names, made, strict=True))
            diary.ids += made


def _write_messages(zimbra: Simulated, diary: Diary) -> None:
    with _signed_in(zimbra) as wire:
        while True:
            name = diary.name("ajout")
            raw = _letter(name).decode()
            made = wire.mail(f'<AddMsgRequest><m l="2"><content>{_escaped(raw)}</content></m></AddMsgRequest>')
            diary.letters[ZOE].add(name)
            diary.ids.append(made.find("m").get("id"))


def _move_folders(zimbra: Simulated, diary: Diary) -> None:
    with _signed_in(zimbra) as wire:
        while True:
            name = diary.name("dossier")
            made = wire.mail(f'<CreateFolderRequest><folder name="{name}" l="1"/></CreateFolderRequest>').find("folder")
            folder = made.get("id")
            diary.ids.append(folder)
            diary.parents[folder] = {"1"}
            for parent in ("2", "5", "6"):
                diary.parents[folder].add(parent)
                wire.mail(f'<FolderActionRequest><action op="move" id="{folder}" l="{parent}"/></FolderActionRequest>')
                diary.parents[folder] = {parent}


def _grant(zimbra: Simulated, diary: Diary) -> None:
    with _signed_in(zimbra) as wire:
        made = wire.mail(f'<CreateFolderRequest><folder name="{diary.name("partage")}" l="1"/></CreateFolderRequest>')
        folder = made.find("folder").get("id")
        diary.ids.append(folder)
        diary.grants[folder] = {""}
        for perm in itertools.cycle(("r", "rw", "")):
            diary.grants[folder].add(perm)
            if perm:
                inside = f'op="grant" id="{folder}"><grant gt="usr" d="{MAX}" perm="{perm}"/>'
            else:
                inside = f'op="!grant" id="{folder}" zid="{_id_of_max(wire)}">'
            wire.mail(f"<FolderActionRequest><action {inside}</action></FolderActionRequest>")
            diary.grants[folder] = {perm}


def _id_of_max(wire: Wire) -> str:
    found: str = wire.soap(
        f'<GetAccountInfoRequest xmlns="urn:zimbraAccount"><account by="name">{MAX}</account></GetAccountInfoRequest>'
    ).findtext("attr[@name='zimbraId']")
    return found


def _hand_in(zimbra: Simulated, diary: Diary) -> None:
    with smtplib.LMTP("127.0.0.1", zimbra.lmtp_port) as connection:
        while True:
            name = diary.name("remise")
            refused = connection.sendmail("bob@ailleurs.example", [ZOE, MAX], _letter(name))
            assert not refused
            for address in (ZOE, MAX):
                diary.letters[address].add(name)


def _read_mail(zimbra: Simulated, diary: Diary) -> None:
    with _imap(zimbra, ZOE) as client:
        while True:
            name = diary.name("depot")
            answer = client.append("INBOX", _letter(name)).decode()
            diary.letters[ZOE].add(name)
            uid = int(answer.partition("APPENDUID ")[2].split("]")[0].split()[1])
            diary.uids.append(("INBOX", uid))
            client.select_folder("INBOX")
            client.add_flags([uid], [rb"\Flagged"])
            diary.flagged.add(name)
            client.move([uid], "Archives")
            diary.filed.add(name)


_WORKERS: tuple[Callable[[Simulated, Diary], None], ...] = (
    _write_contacts, _write_messages, _move_folders, _grant, _hand_in, _hand_in, _read_mail, _read_mail,
)  # fmt: skip


def test_a_killed_simulator_has_what_it_answered_once_and_nothing_half(tmp_path: Path) -> None:
    data = tmp_path / "zimbra"
    diary = Diary()
    chance = random.Random()
    with start_simulator(data) as zimbra:
        for address in (ZOE, MAX):
            zimbra.create_account(address)
        with _signed_in(zimbra) as wire:
            wire.mail('<CreateFolderRequest><folder name="Archives" l="1"/></CreateFolderRequest>')
        _kill(zimbra, diary, chance)
    for left in range(ROUNDS - 1, -1, -1):
        assert broken(data) == {}
        with start_simulator(data) as zimbra:
            _compare(zimbra, diary)
            if left:
                _kill(zimbra, diary, chance)
    assert broken(data) == {}
    assert len(diary.ids) == len(set(diary.ids))
    assert len(diary.uids) == len(set(diary.uids))
    for done in (diary.contacts, diary.letters[ZOE], diary.letters[MAX], diary.filed, diary.parents, diary.grants):
        assert done, "nobody had time to do anything"


def _kill(zimbra: Simulated, diary: Diary, chance: random.Random) -> None:
    """Put everybody to work, and end the process in the midst of it."""
    wrong: list[BaseException] = []

    def work(one: Callable[[Simulated, Diary], None]) -> None:
        try:
            with suppress(*_GONE):
                one(zimbra, diary)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in _WORKERS]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(0.5, 1.2))
    assert zimbra.process.poll() is None
    zimbra.process.kill()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    if wrong:
        raise wrong[0]


def _compare(zimbra: Simulated, diary: Diary) -> None:
    """What the server has now, against what it said."""
    with _signed_in(zimbra) as wire:
        listed = {one.findtext("a[@n='lastName']"): one.get("id") for one in wire.mail("<GetContactsRequest/>")}
        assert len(listed) == len(wire.mail("<GetContactsRequest/>"))
        assert diary.contacts.items() <= listed.items()
        assert set(listed) <= diary.asked
        folders = {one.get("id"): one for one in wire.mail("<GetFolderRequest/>").iter("folder")}
        for folder, parents in diary.parents.items():
            assert folders[folder].get("l") in parents
        for folder, perms in diary.grants.items():
            assert "".join(one.get("perm") for one in folders[folder].iter("grant")) in perms
            assert len(list(folders[folder].iter("grant"))) <= 1
    for address in (ZOE, MAX):
        held = _held(zimbra, address)
        assert set(held) <= diary.asked
        assert diary.letters[address] <= set(held)
        assert [name for name, places in held.items() if len(places) > 1] == []
        if address == ZOE:
            assert {name for name in diary.flagged if not held[name][0][1]} == set()
            assert {name for name in diary.filed if held[name][0][0] != "Archives"} == set()


def _held(zimbra: Simulated, address: str) -> dict[str, list[tuple[str, bool]]]:
    """By subject, where the letters are and whether they are flagged, each read whole."""
    found: dict[str, list[tuple[str, bool]]] = {}
    with _imap(zimbra, address) as client:
        for folder in ("INBOX", "Archives") if address == ZOE else ("INBOX",):
            client.select_folder(folder, readonly=True)
            for uid, one in client.fetch(client.search(), ["FLAGS", "BODY[]"]).items():
                # What came in XML has lost the ends of lines it had.
                raw = one[b"BODY[]"].replace(b"\r\n", b"\n")
                name = raw.partition(b"Subject: ")[2].split(b"\n")[0].decode()
                text = _letter(name).partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n")
                assert raw.partition(b"\n\n")[2] == text, (folder, uid)
                found.setdefault(name, []).append((folder, rb"\Flagged" in one[b"FLAGS"]))
    return found


def _letter(name: str) -> bytes:
    return letter(name, f"Le texte de {name}\r\n" * 20, to=ZOE, Message_ID=f"<{name}@ailleurs.example>")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "")


@contextmanager
def _signed_in(zimbra: Simulated) -> Iterator[Wire]:
    wire = Wire(int(zimbra.url.rpartition(":")[2]))
    try:
        yield wire.sign_in(ZOE, PASSWORD)
    finally:
        wire.connection.close()


@contextmanager
def _imap(zimbra: Simulated, address: str) -> Iterator[IMAPClient]:
    client = IMAPClient("127.0.0.1", zimbra.imap_port, ssl=False, timeout=20)
    try:
        client.login(address, PASSWORD)
        yield client
    finally:
        client.shutdown()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("DELETE FROM blobs", "a message without its bytes"),
        ("DELETE FROM messages", "an item that should be a message"),
        ("DELETE FROM items", "a message that is no item"),
        ("DELETE FROM folders WHERE id = 2", "an item in no folder"),
        ("UPDATE folders SET parent = 4242 WHERE id = 2", "a folder out of the tree"),
        ("UPDATE mailboxes SET last_id = 3", "an id above the counter"),
        ("UPDATE mailboxes SET sequence = 0", "a change above the counter"),
        ("UPDATE folders SET imap_next = 1", "a UID the folder has yet to give"),
        ("UPDATE blobs SET data = x'00'", "bytes that are others"),
    ],
)
def test_a_damaged_store_is_found_out(tmp_path: Path, damage: str, found: str) -> None:
    with running(tmp_path) as server:
        admin = Wire(server.port).sign_in_admin()
        admin.create_account("zoe@ac-reunion.fr")
        admin.connection.close()
        deliver(server, "zoe@ac-reunion.fr", letter())
    assert broken(tmp_path) == {}
    with closing(sqlite3.connect(tmp_path / "simulator.sqlite3")) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("DROP TRIGGER last_copy")
        db.execute(damage)
        db.commit()
    assert found in broken(tmp_path)
