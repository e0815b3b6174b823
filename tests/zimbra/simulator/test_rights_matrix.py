"""Rights on every operation: each registered request, asked by each kind of caller, with each way to name another's
mailbox. What a caller has no right to neither shows in the answer nor changes a row of the owner's.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from tests.each import each
from tests.zimbra.simulator import rights_world
from tests.zimbra.simulator.conftest import running
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.rights_table import EXPLAINED, ROWS, Kind, Row
from tests.zimbra.simulator.rights_world import SECRET, Told, World, json_of
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator.requests import HANDLERS
from zimbra.simulator.requests.registry import ADMIN

_REFUSALS = re.compile(
    r"service\.PERM_DENIED|mail\.NO_SUCH_[A-Z_]+|account\.NO_SUCH_ACCOUNT|account\.NO_SUCH_(IDENTITY|SIGNATURE)"
)
_FOLDERS = ("f", "f2", "cf", "af", "tf")
_ITEMS = ("m", "conv", "c", "a", "inv", "t", "tinv", "i")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("rights")
    with running(data) as server:
        admin = Wire(server.port).sign_in_admin()

        people: list[Person] = []

        def person() -> Person:
            address = f"agent{next(_numbers)}@ac-reunion.fr"
            account_id = admin.create_account(address, zimbraFeatureTwoFactorAuthAvailable="TRUE")
            people.append(Person(Wire(server.port).sign_in(address), address, account_id))
            return people[-1]

        made = rights_world.build(server, admin, person, data)
        for client in (admin, *(one.wire for one in people)):
            client.connection.close()
        yield made
        made.database.close()


def _filled(
    row: Row, world: World, things: dict[str, str], naming: str, links: dict[str, str], *, owner: str = ""
) -> str:
    """The document, with the things named by "number", "qualified" or "mountpoint"."""

    def value(match: re.Match[str]) -> str:
        key = match[1]
        if key not in things:
            return world.named[key]
        number = things[key]
        if naming == "number":
            return number
        if naming == "mountpoint" and key in _FOLDERS:
            return links[number]
        return f"{owner or world.owner.id}:{number}"

    return _PLACEHOLDER.sub(value, row.xml)


def _namings(row: Row) -> list[str]:
    keys = set(_PLACEHOLDER.findall(row.xml))
    found = ["account"]
    if keys & {*_FOLDERS, *_ITEMS}:
        found.append("qualified")
    if keys & set(_FOLDERS):
        found.append("mountpoint")
    return found


def _ask(world: World, who: str, row: Row, things: dict[str, str], naming: str) -> Told:
    form = "number" if naming == "account" else naming
    document = _filled(row, world, things, form, world.people[who].links)
    return world.ask(who, document, about=world.owner.id if naming == "account" else "")


rows = each("row", ROWS, ids=lambda row: row.label)


def test_every_request_is_in_the_table_or_explained() -> None:
    known = {(row.ns, f"{row.name}Request") for row in ROWS}
    assert {key for key in HANDLERS if key[0] != ADMIN} == known | set(EXPLAINED)
    assert not known & set(EXPLAINED)


@rows
def test_the_owner_may(world: World, row: Row) -> None:
    with world.database.rehearse():
        told = world.ask("owner", _filled(row, world, world.secret, "number", {}))
    assert (told.code, world.traces.found) == ("", []), str(told)


@rows
def test_an_administrator_may(world: World, row: Row) -> None:
    with world.database.rehearse():
        document = _filled(row, world, world.secret, "number", {})
        told = world.ask("admin", document, about=world.owner.id, as_admin=True)
    assert (told.code, world.traces.found) == ("", []), str(told)


@rows
def test_who_has_not_signed_in_is_not_heard(world: World, row: Row) -> None:
    with world.database.rehearse():
        told = world.ask("", _filled(row, world, world.secret, "number", {}), about=world.owner.id)
    assert told.code == "service.AUTH_REQUIRED"


@rows
def test_a_stranger_learns_and_changes_nothing(world: World, row: Row) -> None:
    for naming in _namings(row):
        for things in (world.secret, world.shared):
            _assert_closed(world, "stranger", row, things, naming)


@rows
def test_somebody_with_rights_elsewhere_learns_and_changes_nothing(world: World, row: Row) -> None:
    for who, naming in itertools.product(("reader", "helper"), _namings(row)):
        if row.kind is Kind.LOOK and not set(_PLACEHOLDER.findall(row.xml)) & {*_FOLDERS, *_ITEMS}:
            continue  # about the mailbox as a whole: see what is told below
        _assert_closed(world, who, row, world.secret, naming)


@rows
def test_a_reader_sees_what_is_shared_and_changes_nothing(world: World, row: Row) -> None:
    for naming in _namings(row):
        with world.database.rehearse():
            before = world.kept()
            told = _ask(world, "reader", row, world.shared, naming)
            assert world.kept() == before, (naming, str(told))
            _assert_nothing_forged(world, "reader", row)
        assert (SECRET in told.body.lower(), world.traces.found) == (False, []), (naming, str(told))
        if row.link and naming == "mountpoint":
            continue
        if row.kind is Kind.READ:
            assert told.code == "", (naming, str(told))
        elif row.kind in (Kind.WRITE, Kind.OWN):
            assert _REFUSALS.fullmatch(told.code), (naming, str(told))


@rows
def test_who_has_all_rights_but_to_administer_works_there_alone(world: World, row: Row) -> None:
    for naming in _namings(row):
        with world.database.rehearse():
            before = world.kept_elsewhere()
            told = _ask(world, "helper", row, world.shared, naming)
            if not (row.link and naming == "mountpoint"):
                assert world.kept_elsewhere() == before, (naming, str(told))
            _assert_nothing_forged(world, "helper", row)
        assert (SECRET in told.body.lower(), world.traces.found) == (False, []), (naming, str(told))
        if row.kind is Kind.OWN:
            assert _REFUSALS.fullmatch(told.code), (naming, str(told))
        elif row.helper and row.kind is not Kind.LOOK:
            assert told.code == "", (naming, str(told))


@rows
def test_nobody_acts_in_anothers_name_with_things_of_ones_own(world: World, row: Row) -> None:
    if not set(_PLACEHOLDER.findall(row.xml)) & {*_FOLDERS, *_ITEMS}:
        return
    mine = world.people["borrower"].things
    with world.database.rehearse():
        before = world.kept()
        told = world.ask("borrower", _filled(row, world, mine, "qualified", {}, owner=world.people["borrower"].id),
                         about=world.owner.id)  # fmt: skip
        assert world.kept() == before, str(told)
        _assert_nothing_forged(world, "borrower", row)
    assert world.traces.found == []
    assert SECRET not in told.body.lower()


def _assert_nothing_forged(world: World, who: str, row: Row) -> None:
    """No message of this transaction claims to be the owner's; what is passed on remains its organizer's."""
    assert world.forged(who, on_behalf=who == "helper" or row.name.startswith("Forward")) == []


def _assert_closed(world: World, who: str, row: Row, things: dict[str, str], naming: str) -> None:
    with world.database.rehearse():
        before = world.kept()
        told = _ask(world, who, row, things, naming)
        assert world.kept() == before, (who, naming, str(told))
        _assert_nothing_forged(world, who, row)
    assert world.traces.found == []
    assert SECRET not in told.body.lower(), (naming, str(told))
    if row.link and naming == "mountpoint":
        return
    if told.code:
        assert _REFUSALS.fullmatch(told.code), (naming, str(told))
        return
    if row.nothing and row.nothing in told.body:
        return
    assert row.kind is Kind.LOOK, (naming, str(told))
    if naming == "account" and who == "stranger":
        with world.database.rehearse():
            document = _filled(row, world, world.secret, "number", {})
            of_empty = world.ask(who, document, about=world.empty.id)
        assert told.without(world.owner.id) == of_empty.without(world.empty.id)


# --- rights that end -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_what_ends_ends_at_once(world: World, end: str) -> None:
    for who, row in itertools.product(("reader", "helper"), ROWS):
        if row.kind not in (Kind.READ, Kind.WRITE):
            continue
        for naming in _namings(row):
            with world.database.rehearse() as db:
                if end == "revoked":
                    attrs = f'op="!grant" id="{world.top_of_shared}" zid="{world.people[who].id}"'
                    revoking = f'<FolderActionRequest xmlns="urn:zimbraMail"><action {attrs}/></FolderActionRequest>'
                    assert world.ask("owner", revoking).code == ""
                else:
                    db.execute("UPDATE grants SET expires = 1000 WHERE zid = ?", (world.people[who].id,))
                before = world.kept()
                told = _ask(world, who, row, world.shared, naming)
                assert world.kept() == before, (row.label, naming, str(told))
                _assert_nothing_forged(world, who, row)
            if (row.link and naming == "mountpoint") or (row.nothing and row.nothing in told.body):
                continue
            assert _REFUSALS.fullmatch(told.code), (row.label, naming, str(told))


# --- over REST -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["", "stranger", "reader", "helper"])
def test_rest_gives_and_takes_as_far_as_rights_go(world: World, who: str) -> None:
    address, wire = world.owner.address, Wire(world.port)
    cookie = {"Cookie": f"ZM_AUTH_TOKEN={world.people[who].token}"} if who else {}

    def ask(path: str, method: str = "GET") -> tuple[int, bytes]:
        body = b"From: a@x.fr\r\nSubject: x\r\n\r\nx\r\n" if method == "POST" else None
        status, _, data = wire.send(method, f"/home/{path}", body, cookie)
        return status, data.lower()

    for things, seen in ((world.secret, False), (world.shared, who in ("reader", "helper"))):
        places = [f"{address}/?id={things[key]}" for key in ("m", "c", "a", "t")]
        places += [f"~/?id={world.owner.id}:{things['m']}", f"{world.owner.id}/?id={things['m']}"]
        for path in places:
            status, data = ask(path)
            assert (status == 200, SECRET.encode() in data) == (seen, False), (path, status, data[:500])
    for path in ("", SECRET, "Inbox", "Calendar.ics", "Contacts.csv", "?fmt=zip", "?fmt=json", f"{SECRET}?fmt=json"):
        status, data = ask(f"{address}/{path}")
        assert status != 200 or SECRET.encode() not in data, path
    if who != "helper":
        before = world.kept()
        for things in (world.secret, world.shared):
            assert ask(f"{address}/?fmt=eml&id={things['f']}", "POST")[0] in (401, 404)
        assert world.kept() == before
    wire.connection.close()


# --- the requests of administrators --------------------------------------------------------------------------------

_ADMIN = sorted(name for ns, name in HANDLERS if ns == ADMIN)
_FOR_ANYBODY = {"AuthRequest", "GetDomainInfoRequest", "PingRequest", "CheckHealthRequest"}


def _of_administration(world: World, name: str) -> str:
    """The request with about everything that such requests name, all of it the owner's."""
    owner = world.owner
    return (
        f'<{name} xmlns="{ADMIN}" id="{owner.id}" limit="10" offset="0" domain="ac-reunion.fr" type="accounts" '
        f'name="{owner.address}" query="" action="status"><id>{owner.id}</id><name>{owner.address}</name>'
        f'<newName>neuf-{owner.address}</newName><newPassword>nouveau-secret</newPassword><password>secret</password>'
        f'<account by="name">{owner.address}</account><calresource by="name">{owner.address}</calresource>'
        f'<dl by="name">{owner.address}</dl><domain by="name">ac-reunion.fr</domain><cos by="name">default</cos>'
        f'<server by="name">localhost</server><target type="account" by="name">{owner.address}</target>'
        f'<grantee type="usr" by="name">{owner.address}</grantee><right>getAccount</right>'
        f'<alias>a.{owner.address}</alias>'
        f'<dlm>{owner.address}</dlm><mbox id="{owner.id}"/><a n="description">neuf</a><query>(mail=*)</query>'
        f'<filterRules/><search name="neuf" query="x"/><config name="x"/></{name}>'
    )  # fmt: skip


def test_requests_of_administrators_are_refused_to_everybody_else(world: World) -> None:
    for name in _ADMIN:
        if name in _FOR_ANYBODY:
            continue
        document = _of_administration(world, name)
        for who, at_their_door, code in (
            ("", True, "service.AUTH_REQUIRED"), ("stranger", True, "service.PERM_DENIED"),
            ("owner", True, "service.PERM_DENIED"), ("helper", True, "service.PERM_DENIED"),
            ("admin", False, "service.UNKNOWN_DOCUMENT"), ("stranger", False, "service.UNKNOWN_DOCUMENT"),
        ):  # fmt: skip
            with world.database.rehearse():
                before = world.kept()
                told = world.ask(who, document, as_admin=at_their_door)
                assert (told.code, world.kept()) == (code, before), (name, who, str(told))


def test_what_anybody_may_ask_at_the_door_of_administrators_says_nothing_of_people(world: World) -> None:
    for name in sorted(_FOR_ANYBODY - {"AuthRequest"}):
        with world.database.rehearse():
            told = world.ask("", _of_administration(world, name), as_admin=True)
        assert world.owner.id not in told.body


# --- requests that make no sense -----------------------------------------------------------------------------------

_RUBBISH = ("", "x" * 5000, "-1", "9" * 30, "'\"<>&;--", "1e400", "a:b:c")
_OF_JSON: tuple[object, ...] = ("\x00\x1b", "\ud800", "١٢", None, True, [], {}, -(2**70), 1e300, [{"_content": {}}])


def _spoiled(document: str, values: Iterator[str]) -> Iterator[etree._Element]:
    """The document with each attribute and each text in turn replaced by the next of the values."""
    root = etree.fromstring(document)
    for node in root.iter():
        for name, text in list(node.attrib.items()):
            node.set(name, next(values))
            yield root
            node.set(name, text)
        if node.text:
            text = node.text
            node.text = next(values)
            yield root
            node.text = text


def _documents(world: World) -> Iterator[tuple[str, str]]:
    """Who asks what: each request once."""
    for row in {row.name: row for row in ROWS}.values():
        yield "owner", _filled(row, world, world.secret, "number", {})
    yield from (("admin", _of_administration(world, name)) for name in _ADMIN)


def test_an_empty_request_is_answered(world: World) -> None:
    for ns, name in HANDLERS:
        for inside in ("", "<a/><m/><action/><cn/><folder/><tag/><meta/><id/><name/><account/>"):
            root = etree.fromstring(f'<{name} xmlns="{ns}">{inside}</{name}>')
            _assert_answered(world, "admin" if ns == ADMIN else "owner", root, as_json=False)
            _assert_answered(world, "admin" if ns == ADMIN else "owner", root, as_json=True)


def test_no_request_is_too_odd_to_be_answered(world: World) -> None:
    """An answer or a fault with a code of its own, never a failure nobody foresaw."""
    values = itertools.cycle(_RUBBISH)
    for who, document in _documents(world):
        for root in _spoiled(document, values):
            _assert_answered(world, who, root, as_json=False)


def test_no_request_in_json_is_too_odd_to_be_answered(world: World) -> None:
    values = itertools.cycle(_OF_JSON)
    for who, document in _documents(world):
        name, value = json_of(document)
        for spoiled in _spoiled_json(value, values):
            _assert_json_answered(world, who, name, spoiled)


def _spoiled_json(value: dict[str, Any], values: Iterator[object]) -> Iterator[dict[str, Any]]:
    """As `_spoiled`; what is no text, and what XML cannot hold, too. The same object each time."""
    places = [value]
    while places:
        place = places.pop()
        for key, old in list(place.items()):
            if key == "_jsns":
                continue
            place[key] = next(values)
            yield value
            place[key] = old
            if isinstance(old, list):
                places += old


def _assert_answered(world: World, who: str, root: etree._Element, *, as_json: bool) -> None:
    document = etree.tostring(root, encoding="unicode")
    if as_json:
        _assert_json_answered(world, who, *json_of(document))
        return
    with world.database.rehearse():
        told = world.ask(who, document, as_admin=who == "admin")
    _assert_foreseen(world, told, document)


def _assert_json_answered(world: World, who: str, name: str, value: dict[str, Any]) -> None:
    envelope = {"Header": {"context": {"authToken": world.people[who].token}}, "Body": {name: value}}
    with world.database.rehearse():
        told = world.send(json.dumps(envelope).encode(), as_admin=who == "admin")
    _assert_foreseen(world, told, f"{name} {value!r}")


def _assert_foreseen(world: World, told: Told, asked: str) -> None:
    traces = world.traces.found[:]
    world.traces.found.clear()
    assert traces == [], asked[:1500]
    assert (told.code != "") == bool(re.search(r'[<:"]Fault["> ]', told.text)), (asked[:1500], str(told))
