"""Collections as a reading leaves them, made directly."""

from __future__ import annotations

import base64
from itertools import count

from accounts.models import Agent
from bascule import chunks
from bascule.conversions.model import GroupMember, Item, ItemKind
from bascule.imports import confirm, engine
from bascule.models import Deposit, Import, ReadChunk, ReadCollection

_numbers = count(1)

# One pixel.
GIF = base64.b64encode(
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
).decode()


def contact(number: int, **attributes: str) -> Item:
    fields = {
        "firstName": f"Prénom{number}",
        "lastName": "Payet",
        "fullName": f"Prénom{number} Payet",
        "email": f"payet{number}@example.net",
        "notes": f"Première ligne\nseconde ligne n° {number}",
    } | attributes
    return Item(ItemKind.CONTACT, f"c{number}", fields["fullName"], "", attributes=fields)


def with_photo(number: int) -> Item:
    plain = contact(number)
    return Item(plain.kind, plain.uid, plain.label, "", attributes=plain.attributes, photo=GIF, photo_type="image/gif")


def group(name: str, *addresses: str) -> Item:
    attributes = {"type": "group", "nickname": name, "fullName": name, "fileAs": f"8:{name}"}
    members = tuple(GroupMember(address) for address in addresses)
    return Item(ItemKind.GROUP, f"g-{name}", name, "", attributes=attributes, members=members)


def event(number: int, *, uid: str = "", summary: str = "", extra: str = "") -> Item:
    uid, summary = uid or f"evt-{number}@example.net", summary or f"Réunion n° {number}"
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20240101T000000Z",
        f"DTSTART;TZID=Europe/Paris:202403{number % 28 + 1:02}T090000",
        f"DTEND;TZID=Europe/Paris:202403{number % 28 + 1:02}T103000",
        f"SUMMARY:{summary}",
        "LOCATION:Salle 12\\, bâtiment B",
        *extra.splitlines(),
        "END:VEVENT",
    ]
    facts = {"start": f"2024-03-{number % 28 + 1:02}T09:00:00+01:00", "recurrence": "oui" if "RRULE" in extra else ""}
    return Item(
        ItemKind.EVENT, uid, summary, "".join(f"{line}\r\n" for line in lines), zones=("Europe/Paris",), facts=facts
    )


def task(number: int) -> Item:
    text = (
        f"BEGIN:VTODO\r\nUID:todo-{number}\r\nDTSTAMP:20240101T000000Z\r\nSUMMARY:Tâche {number}\r\n"
        "DUE;VALUE=DATE:20240315\r\nPERCENT-COMPLETE:50\r\nSTATUS:IN-PROCESS\r\nEND:VTODO\r\n"
    )
    return Item(ItemKind.TASK, f"todo-{number}", f"Tâche {number}", text, facts={"due": "2024-03-15"})


def make_collection(agent: Agent, items: list[Item], *, kind: str = "contacts", chunk: int = 10) -> ReadCollection:
    number = next(_numbers)
    deposit = Deposit.objects.create(
        agent=agent, name=f"fichier{number}", size=1, sha256=f"{number:064}", stored_as=f"00/{number}", state="read"
    )
    collection = ReadCollection.objects.create(
        deposit=deposit,
        position=0,
        kind=kind,
        name="Carnet de test",
        item_count=len(items),
        outline=chunks.pack_outline(chunks.rows_of(items)),
    )
    for start in range(0, len(items), chunk):
        run = items[start : start + chunk]
        ReadChunk.objects.create(collection=collection, start=start, count=len(run), items=chunks.pack(run))
    return collection


def start(collection: ReadCollection, *, folder_id: str = "", name: str = "Carnet") -> Import:
    agent = collection.deposit.agent
    return confirm.start(collection=collection, destination=confirm.Destination(name, folder_id), by=agent)


def carry(parent: Import) -> Import:
    """Advance once, and give the row as it is then."""
    engine.advance(parent.pk)
    parent.refresh_from_db()
    return parent


def states(parent: Import) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in parent.items.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found
