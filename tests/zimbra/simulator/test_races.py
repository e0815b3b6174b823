"""Many at once in one mailbox: one wins, the others are told why not; who reads meanwhile sees one moment at a time."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from imapclient import IMAPClient

from tests.zimbra.simulator.mail_clients import letter, mail_program
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.wire import NAMESPACES, Fault, Wire
from zimbra.simulator.server import SimulatorServer

AT_ONCE = 16
_ADMIN = "/service/admin/soap"

# What all ask for, and the fault of those who come too late. {other} and {folder} are another person's.
_WANTED = {
    "folder": (
        "mail",
        '<CreateFolderRequest><folder name="Voulu" l="1"/></CreateFolderRequest>',
        "mail.ALREADY_EXISTS",
    ),
    "search": (
        "mail",
        '<CreateSearchFolderRequest><search name="Voulu" query="is:unread" l="1"/></CreateSearchFolderRequest>',
        "mail.ALREADY_EXISTS",
    ),
    "tag": ("mail", '<CreateTagRequest><tag name="voulu"/></CreateTagRequest>', "mail.ALREADY_EXISTS"),
    "link": (
        "mail",
        '<CreateMountpointRequest><link l="1" name="Voulu" zid="{other}" rid="{folder}"/></CreateMountpointRequest>',
        "mail.ALREADY_EXISTS",
    ),
    "grant": (
        "mail",
        '<FolderActionRequest><action op="grant" id="7"><grant gt="usr" zid="{other}" perm="r"/></action>'
        "</FolderActionRequest>",
        "mail.GRANT_EXISTS",
    ),
    "identity": (
        "account",
        '<CreateIdentityRequest><identity name="Voulue"/></CreateIdentityRequest>',
        "account.IDENTITY_EXISTS",
    ),
    "signature": (
        "account",
        '<CreateSignatureRequest><signature name="Voulue"><content type="text/plain">x</content></signature>'
        "</CreateSignatureRequest>",
        "account.SIGNATURE_EXISTS",
    ),
    "account": (
        "admin",
        "<CreateAccountRequest><name>voulu-{own}</name><password>motdepasse</password></CreateAccountRequest>",
        "account.ACCOUNT_EXISTS",
    ),
    "domain": (
        "admin",
        "<CreateDomainRequest><name>voulu-{other}.example</name></CreateDomainRequest>",
        "account.DOMAIN_EXISTS",
    ),
    "list": (
        "admin",
        "<CreateDistributionListRequest><name>liste-{own}</name></CreateDistributionListRequest>",
        "account.DISTRIBUTION_LIST_EXISTS",
    ),
    "class": ("admin", "<CreateCosRequest><name>voulue-{other}</name></CreateCosRequest>", "account.COS_EXISTS"),
}


@pytest.mark.parametrize("thing", list(_WANTED))
def test_of_many_who_create_the_same_at_once_one_does(
    thing: str, simulator: SimulatorServer, admin: Wire, owner: Person, member: Person
) -> None:
    family, document, code = _WANTED[thing]
    shared = member.new_folder("Partagé")
    member.grant(shared, owner.address, "r")
    values = {"{other}": member.id, "{folder}": shared, "{own}": owner.address}
    asked = re.sub(r"{\w+}", lambda found: values[found[0]], document)
    asked = asked.replace("Request", f'Request xmlns="{NAMESPACES[family]}"', 1)
    outcomes: Counter[str] = Counter()

    def ask(wire: Wire) -> None:
        try:
            wire.soap(asked, path=_ADMIN if family == "admin" else "/service/soap")
        except Fault as fault:
            outcomes[fault.code] += 1
        else:
            outcomes["done"] += 1

    _together(simulator, admin.token if family == "admin" else owner.wire.token, ask)
    assert outcomes == {"done": 1, code: AT_ONCE - 1}


def _together(simulator: SimulatorServer, token: str, ask: Callable[[Wire], None]) -> None:
    """`ask` in AT_ONCE threads, which start at the same moment, each on a connection of its own."""
    start = threading.Barrier(AT_ONCE)
    wrong: list[BaseException] = []

    def run() -> None:
        wire = Wire(simulator.port)
        wire.token = token
        try:
            start.wait(20)
            ask(wire)
        except BaseException as error:
            wrong.append(error)
        finally:
            wire.connection.close()

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    if wrong:
        raise wrong[0]


def test_numbers_given_to_many_at_once_are_all_different(simulator: SimulatorServer, owner: Person) -> None:
    given: list[str] = []
    numbers = iter(range(AT_ONCE))

    def ask(wire: Wire) -> None:
        own = next(numbers)
        for turn in range(4):
            given.append(wire.contact(lastName=f"{own} {turn}"))
            made = wire.mail(f'<CreateTagRequest><tag name="{own} {turn}"/></CreateTagRequest>').find("tag")
            given.append(made.get("id"))

    _together(simulator, owner.wire.token, ask)
    assert len(set(given)) == len(given) == AT_ONCE * 8


def _fetched(client: IMAPClient) -> dict[int, Any]:
    """What is left of the folder; of a letter that goes in between there may be nothing to fetch."""
    uids = client.search()
    found: dict[int, Any] = client.fetch(uids, ["ENVELOPE", "BODY.PEEK[TEXT]"]) if uids else {}
    return {uid: one for uid, one in found.items() if b"ENVELOPE" in one}


def _delete_by_soap(simulator: SimulatorServer, owner: Person, ids: list[str]) -> None:
    for one in ids:
        owner.mail(f'<MsgActionRequest><action op="delete" id="{one}"/></MsgActionRequest>')


def _delete_by_imap(simulator: SimulatorServer, owner: Person, ids: list[str]) -> None:
    with mail_program(simulator, owner.address) as client:
        client.select_folder("Tri")
        for one in ids:
            client.delete_messages([int(one)])
            client.expunge()


@pytest.mark.parametrize("empty", [_delete_by_soap, _delete_by_imap])
def test_readers_of_a_folder_that_is_being_emptied_see_one_moment_at_a_time(
    simulator: SimulatorServer, owner: Person, empty: Callable[[SimulatorServer, Person, list[str]], None]
) -> None:
    folder = owner.new_folder("Tri")
    names = {f"lettre {number:03}" for number in range(40)}
    ids = []
    for name in sorted(names):
        raw = letter(name, f"Texte de {name}", to=owner.address).decode().replace("<", "&lt;")
        made = owner.mail(f'<AddMsgRequest><m l="{folder}"><content>{raw}</content></m></AddMsgRequest>')
        ids.append(made.find("m").get("id"))
    finished = threading.Event()
    wrong: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                wrong.append(error)

        return run

    def look_by_soap() -> None:
        wire = Wire(simulator.port)
        wire.token = owner.wire.token
        before = names
        while not finished.is_set():
            before = _one_look(wire, folder, before)
        assert _one_look(wire, folder, before) == set()
        wire.connection.close()

    def look_by_imap() -> None:
        with mail_program(simulator, owner.address) as client:
            count = client.select_folder("Tri", readonly=True)[b"EXISTS"]
            while not finished.is_set():
                for uid, one in _fetched(client).items():
                    name = one[b"ENVELOPE"].subject.decode()
                    assert name in names, uid
                    assert f"Texte de {name}".encode() in one[b"BODY[TEXT]"]
                now = client.folder_status("Tri", ["MESSAGES"])[b"MESSAGES"]
                assert now <= count
                count = now
            client.noop()
            assert client.search() == []

    threads = [threading.Thread(target=guarded(work)) for work in (look_by_soap, look_by_soap, look_by_imap)]
    for thread in threads:
        thread.start()
    try:
        empty(simulator, owner, ids)
    finally:
        finished.set()
        for thread in threads:
            thread.join(timeout=60)
    if wrong:
        raise wrong[0]


def _one_look(wire: Wire, folder: str, before: set[str]) -> set[str]:
    """The names in the folder, by two requests that are one moment; what has gone does not come back."""
    answer = wire.soap(
        f'<BatchRequest xmlns="urn:zimbra"><GetFolderRequest xmlns="urn:zimbraMail"><folder l="{folder}"/>'
        '</GetFolderRequest><SearchRequest xmlns="urn:zimbraMail" types="message" limit="100">'
        f"<query>inid:{folder}</query></SearchRequest></BatchRequest>"
    )
    seen = {one.findtext("su"): one.get("id") for one in answer.iter("m")}
    assert int(answer.find("GetFolderResponse/folder").get("n")) == len(seen)
    assert set(seen) <= before
    for name, one in list(seen.items())[:2]:
        try:
            read = wire.mail(f'<GetMsgRequest><m id="{one}"/></GetMsgRequest>').find("m")
        except Fault as fault:
            if fault.code != "mail.NO_SUCH_MSG":
                raise
        else:
            assert read.findtext("mp/content").strip() == f"Texte de {name}"
    return set(seen)
