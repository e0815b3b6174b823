"""An owner with a mailbox full of things, people with and without rights in it, and a server that forgets.

What only the owner may know bears the word SECRET. Below the folder "Commun" is one folder of each kind, granted as a
whole; the rest is in folders called by the word. Every question is asked in a transaction that is undone afterwards.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from lxml import etree

from tests.zimbra.simulator.appointments import WEEKLY, lasting
from tests.zimbra.simulator.mails import add
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.wire import SOAP, Wire, bare
from zimbra.simulator import soap
from zimbra.simulator.call import Service
from zimbra.simulator.disturbances import Disturbances
from zimbra.simulator.server import SimulatorServer
from zimbra.simulator.store.access import EVERYBODY_ID
from zimbra.simulator.store.database import Database

SECRET = "mirabelle"
SHARED = "commun"
_ACCOUNT_TABLES = {
    "identities": "account", "signatures": "account", "app_passwords": "account", "account_grants": "account",
    "mailboxes": "mbox", "folders": "mbox", "grants": "mbox", "items": "mbox", "messages": "mbox", "tags": "mbox",
    "attachments": "mbox", "metadata": "mbox", "absence_replies": "mbox", "accounts": "num", "addresses": "account",
}  # fmt: skip


class Rehearsal(Database):
    """A database in which nothing lasts: all transactions of a block are parts of one, which is undone."""

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        connection = self.connection()
        if not connection.in_transaction:  # while it is opened
            with super().transaction(write=write) as usual:
                yield usual
            return
        connection.execute("SAVEPOINT act")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK TO act")
            raise
        finally:
            if not write:
                connection.execute("ROLLBACK TO act")
            connection.execute("RELEASE act")

    @contextmanager
    def rehearse(self) -> Iterator[sqlite3.Connection]:
        connection = self.connection()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")


class Traces(logging.Handler):
    """What the server logged of errors nobody foresaw."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.found.append(logging.Formatter("%(message)s").format(record)[-1500:])


@dataclass
class Told:
    """An answer. `code`: of the fault, "" for none."""

    code: str
    text: str

    @property
    def body(self) -> str:
        """The answer without its header."""
        return re.sub(r"<soap:Header>.*?</soap:Header>", "", self.text, flags=re.DOTALL)

    def __str__(self) -> str:
        reason = re.search(r"<soap:Text>(.*?)</soap:Text>", self.text)
        return f"{self.code}: {reason[1]}" if self.code and reason else self.body[:900]

    def without(self, *words: str) -> str:
        """The answer without these words and without what differs from one mailbox to another by itself."""
        text = self.body
        for word in words:
            text = text.replace(word, "")
        return re.sub(r'(uuid|rev|ms|i4ms|i4next|absFolderPath|luuid|nextAlarm|webOfflineSyncDays)="[^"]*"', "", text)


@dataclass
class Somebody:
    """`links`: in this one's mailbox, from a folder of the owner to the mountpoint that leads to it."""

    id: str
    address: str
    token: str
    links: dict[str, str] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)


Things = dict[str, str]


@dataclass
class World:
    service: Service
    database: Rehearsal
    owner: Person
    empty: Person
    people: dict[str, Somebody]
    secret: Things
    shared: Things
    named: dict[str, str]
    traces: Traces
    top_of_shared: int
    last_sent: int
    last_blob: int
    port: int

    def ask(self, who: str, document: str, *, about: str = "", as_admin: bool = False) -> Told:
        """The answer to a document; `about`: id of the account the context names."""
        token = self.people[who].token if who else ""
        context = f"<authToken>{token}</authToken>" if token else ""
        if about:
            context += f'<account by="id">{about}</account>'
        body = (
            f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header><context xmlns="urn:zimbra">{context}</context>'
            f"</soap:Header><soap:Body>{document}</soap:Body></soap:Envelope>"
        )
        return self.send(body.encode(), as_admin=as_admin)

    def send(self, body: bytes, *, as_admin: bool = False) -> Told:
        text = soap.handle(self.service, body, admin_endpoint=as_admin).body.decode()
        found = re.search(r'(?:<|")Code(?:>|":")([a-z]+\.[A-Z_]+)', text)
        return Told(found[1] if found else "", text)

    def kept(self) -> dict[str, list[Any]]:
        """All rows about the owner."""
        db = self.database.connection()
        num = db.execute("SELECT num FROM accounts WHERE id = ?", (self.owner.id,)).fetchone()[0]
        return {
            table: db.execute(f"SELECT * FROM {table} WHERE {column} = ? ORDER BY 1, 2, 3", (num,)).fetchall()
            for table, column in _ACCOUNT_TABLES.items()
        }

    def kept_elsewhere(self) -> dict[str, list[Any]]:
        """The rows of items, tags and settings of the owner that are not in the folders shared."""
        inside = {int(self.shared[key]) for key in ("f", "f2", "cf", "af", "tf")}
        kept = self.kept()
        for table in ("mailboxes", "metadata", "attachments", "messages"):
            del kept[table]
        items = {int(self.shared[key]) for key in ("m", "c", "a", "t", "i")}
        kept["items"] = [row for row in kept["items"] if row[3] not in inside and row[1] not in items]
        top = self.top_of_shared
        kept["folders"] = [row for row in kept["folders"] if row[1] not in inside | {top} and row[2] not in inside]
        return kept

    def forged(self, who: str, *, on_behalf: bool) -> list[tuple[str, str, str]]:
        """Envelope, From and Sender of the messages of this transaction that claim to be the owner's.

        `on_behalf`: with the caller as the Sender they may.
        """
        db = self.database.connection()
        found = db.execute("SELECT sender, data FROM outbox WHERE id > ?", (self.last_sent,)).fetchall()
        found += db.execute("SELECT '', data FROM blobs WHERE rowid > ?", (self.last_blob,)).fetchall()
        forged = []
        for envelope, raw in found:
            head = message_from_bytes(raw or b"")
            author, sender = str(head.get("From", "")), str(head.get("Sender", ""))
            honest = self.owner.address not in author or (on_behalf and self.people[who].address in sender)
            if envelope == self.owner.address or not honest:
                forged.append((envelope, author, sender))
        return forged


def build(server: SimulatorServer, admin: Wire, person: Callable[..., Person], data: Any) -> World:
    """`data`: where that server keeps its store."""
    owner, empty, stranger, borrower, reader, helper, other = (person() for _ in range(7))
    top = owner.new_folder("Commun")
    below = owner.new_folder(SECRET)
    shared, secret = _fill(owner, top, SHARED), _fill(owner, below, SECRET)
    number_m = secret["m"]
    other.grant("2", owner.address, "r")
    named = _settings(owner, other, secret)
    # A link can only be made to what is shared; that of a stranger leads to what was.
    for folder in (top, below):
        owner.grant(folder, "", "r", "all")
    people = {
        name: Somebody(one.id, one.address, one.wire.token, _links(one, owner, secret, shared))
        for name, one in (("stranger", stranger), ("reader", reader), ("helper", helper))
    }
    people["borrower"] = Somebody(borrower.id, borrower.address, borrower.wire.token)
    people["borrower"].things = _fill(borrower, borrower.new_folder("Commun"), SHARED, SHARED)
    for folder in (top, below):
        owner.revoke(folder, EVERYBODY_ID)
    owner.grant(top, reader.address, "r")
    owner.grant(top, helper.address, "rwidx")
    owner.grant(below, other.address, "r")
    people["owner"] = Somebody(owner.id, owner.address, owner.wire.token)
    people["admin"] = Somebody("", "", admin.token)
    database = Rehearsal(data)
    traces = Traces()
    logging.getLogger("zimbra.simulator").addHandler(traces)
    words = {"owner": owner.address, "zid": owner.id, "other": other.address, "zid_other": other.id,
             "number_m": number_m, **named}  # fmt: skip
    empty.wire.mail("<GetFolderRequest/>")
    return World(
        Service(database, "ac-reunion.fr", Disturbances()), database, owner, empty, people, secret, shared, words,
        traces, int(top), _last(database, "outbox"), _last(database, "blobs"), server.port,
    )  # fmt: skip


def _last(database: Database, table: str) -> int:
    return int(database.connection().execute(f"SELECT coalesce(max(rowid), 0) FROM {table}").fetchone()[0])


def _fill(owner: Person, top: str, word: str, hidden: str = SECRET) -> Things:
    """One thing of each kind, with the word in all of its texts, in folders below `top`; `hidden`: what is private."""
    wire = owner.wire
    folders = {
        key: owner.new_folder(f"{word}-{key}", parent=top, view=view)
        for key, view in (("f", "message"), ("f2", "message"), ("cf", "contact"), ("af", "appointment"), ("tf", "task"))
    }
    raw = (
        f"From: {word} <{word}@{word}.example>\nTo: {owner.address}\nSubject: {word}\nMessage-ID: <{word}@x>\n"
        f"Disposition-Notification-To: {word}@x.example\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\n{word}\n--b\nContent-Type: application/{word}\n'
        f'Content-Disposition: attachment; filename="{word}.txt"\n\n{word}\n--b--\n'
    )
    message = add(wire, raw, folder=folders["f"], f="u").get("id")
    add(wire, raw.replace("Subject: ", f"References: <{word}@x>\nSubject: Re: "), folder=folders["f"], f="u")
    wire.mail(
        f'<SetCustomMetadataRequest id="{message}"><meta section="a:b"><a n="x">{word}</a></meta>'
        "</SetCustomMetadataRequest>"
    )
    made = {"m": message, "conv": wire.mail(f'<GetMsgRequest><m id="{message}"/></GetMsgRequest>').find("m").get("cid")}
    made["c"] = wire.contact(folder=folders["cf"], firstName=word, email=f"{word}@x.example")
    for request, item, invite, place in (("Appointment", "a", "inv", "af"), ("Task", "t", "tinv", "tf")):
        alarm = '<alarm action="DISPLAY"><trigger><rel neg="1" m="5"/></trigger></alarm>'
        answer = wire.mail(
            f'<Create{request}Request><m l="{folders[place]}"><inv><comp name="{word}" loc="{word}">{lasting()}{WEEKLY}'
            f'{alarm}<or a="{owner.address}"/></comp></inv><su>{word}</su></m></Create{request}Request>'
        )
        made |= {item: answer.get("calItemId"), invite: answer.get("invId")}
    wire.mail(
        f'<CreateAppointmentRequest><m l="{folders["af"]}"><inv><comp name="{hidden}" loc="{hidden}" class="PRI">'
        f'{lasting()}<or a="{owner.address}"/></comp></inv><su>{hidden}</su></m></CreateAppointmentRequest>'
    )
    made["i"] = add(wire, _invitation(owner.address, word), folder=folders["f"]).get("id")
    return {**folders, **made}


def _invitation(address: str, word: str) -> str:
    return (
        f"From: chef@x.example\nTo: {address}\nSubject: {word}\nMIME-Version: 1.0\n"
        "Content-Type: text/calendar; method=REQUEST; charset=utf-8\n\nBEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\n"
        f"BEGIN:VEVENT\nUID:invitation-{word}\nDTSTAMP:20260101T000000Z\nDTSTART:20260902T060000Z\n"
        f"DTEND:20260902T070000Z\nSUMMARY:{word}\nORGANIZER:mailto:chef@x.example\n"
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{address}\nEND:VEVENT\nEND:VCALENDAR\n"
    )


def _settings(owner: Person, other: Person, secret: Things) -> dict[str, str]:
    """What a person sets, with the word in it; the numbers and ids that requests need."""
    wire = owner.wire

    def account(body: str) -> Any:
        return wire.soap(body.replace("Request", 'Request xmlns="urn:zimbraAccount"', 1))

    for way in ("", "Outgoing"):
        wire.mail(
            f'<Modify{way}FilterRulesRequest><filterRules><filterRule name="{SECRET}{way}" active="1"><filterTests '
            f'condition="anyof"><headerTest header="subject" stringComparison="contains" value="{SECRET}"/>'
            "</filterTests><filterActions><actionFlag flagName='flagged'/></filterActions></filterRule></filterRules>"
            f"</Modify{way}FilterRulesRequest>"
        )
    wire.mail('<CreateTagRequest><tag name="classe"/></CreateTagRequest>')
    tag = wire.mail(f'<CreateTagRequest><tag name="{SECRET}"/></CreateTagRequest>').find("tag").get("id")
    wire.mail(f'<ItemActionRequest><action op="tag" id="{secret["m"]}" tn="{SECRET}"/></ItemActionRequest>')
    search = wire.mail(
        f'<CreateSearchFolderRequest><search name="{SECRET}-recherche" query="{SECRET}" l="1"/>'
        "</CreateSearchFolderRequest>"
    ).find("search").get("id")  # fmt: skip
    link = owner.mount(other, "2", f"{SECRET}-lien").get("id")
    draft = wire.mail(
        f'<SaveDraftRequest><m><su>{SECRET}</su><mp ct="text/plain"><content>{SECRET}</content></mp></m>'
        "</SaveDraftRequest>"
    ).find("m").get("id")  # fmt: skip
    wire.mail(
        f'<SetMailboxMetadataRequest><meta section="zwc:prive"><a n="x">{SECRET}</a></meta></SetMailboxMetadataRequest>'
    )
    identity = account(
        f'<CreateIdentityRequest><identity name="{SECRET}"><a name="zimbraPrefFromDisplay">{SECRET}</a></identity>'
        "</CreateIdentityRequest>"
    ).find("identity").get("id")  # fmt: skip
    signature = account(
        f'<CreateSignatureRequest><signature name="{SECRET}"><content type="text/plain">{SECRET}</content></signature>'
        "</CreateSignatureRequest>"
    ).find("signature").get("id")  # fmt: skip
    account(f'<CreateAppSpecificPasswordRequest appName="{SECRET}"/>')
    account(
        f'<ModifyWhiteBlackListRequest><whiteList><addr op="+">{SECRET}@x.example</addr></whiteList>'
        "</ModifyWhiteBlackListRequest>"
    )
    account(f'<ModifyPrefsRequest><pref name="zimbraPrefOutOfOfficeReply">{SECRET}</pref></ModifyPrefsRequest>')
    account(f'<GrantRightsRequest><ace gt="usr" d="{other.address}" right="sendAs"/></GrantRightsRequest>')
    return {
        "tag": tag, "search": search, "link": link, "draft": draft, "identity": identity, "signature": signature,
    }  # fmt: skip


def _links(one: Person, owner: Person, secret: Things, shared: Things) -> dict[str, str]:
    found = {}
    for name, things in (("secret", secret), ("shared", shared)):
        for key in ("f", "f2", "cf", "af", "tf"):
            found[things[key]] = one.mount(owner, things[key], f"lien-{name}-{key}").get("id")
    return found


def json_of(document: str) -> tuple[str, dict[str, Any]]:
    """A document as JSON: its name and its value."""
    root = etree.fromstring(document)
    return etree.QName(root).localname, {"_jsns": etree.QName(root).namespace, **_value(bare(document.encode()))}


def _value(node: Any) -> dict[str, Any]:
    listed = {child.tag for child in node}
    value: dict[str, Any] = {name: text for name, text in node.attrib.items() if name not in listed}
    for child in node:
        value.setdefault(child.tag, []).append(_value(child))
    if node.text:
        value["_content"] = node.text
    return value
