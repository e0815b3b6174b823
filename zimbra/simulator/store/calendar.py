"""Appointments and tasks: one item per UID in the whole mailbox, holding its invites (series and exceptions)."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field

from zimbra.simulator.formats.ical import Component, Property, load
from zimbra.simulator.formats.invite import Invite
from zimbra.simulator.formats.moments import Zones
from zimbra.simulator.store import items
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

KINDS = ("appointment", "task")


@dataclass
class Part:
    """One invite as stored. `key` is "" for the series or the single event, else the instance it replaces."""

    id: int
    key: str
    sequence: int
    method: str
    starts: int | None
    ends: int | None
    recurs: bool
    component: str

    def parsed(self) -> Component:
        return load(self.component)


@dataclass
class Entry:
    """What an item holds: its parts, the series first, and the zones its file defined."""

    parts: list[Part]
    zones: dict[str, str] = field(default_factory=dict)

    def zone_table(self, local: str) -> Zones:
        table = Zones(local)
        for text in self.zones.values():
            table.define(load(text))
        return table


def read(item: Item) -> Entry:
    data = json.loads(item.content)
    return Entry([Part(*part) for part in data["parts"]], data["zones"])


def _dump(entry: Entry) -> str:
    parts = [
        (p.id, p.key, p.sequence, p.method, p.starts, p.ends, p.recurs, p.component) for p in entry.parts
    ]  # fmt: skip
    return json.dumps({"parts": parts, "zones": entry.zones}, ensure_ascii=False, separators=(",", ":"))


def _refresh(item: Item, entry: Entry, name: str) -> None:
    """The item's own columns out of its parts."""
    starts = [part.starts for part in entry.parts if part.starts is not None]
    ends = [part.ends for part in entry.parts if part.ends is not None]
    item.content = _dump(entry)
    item.size = len(item.content)
    item.label = name
    item.starts = min(starts, default=None)
    # A series has no end here: its occurrences are computed when asked for.
    item.ends = None if any(part.recurs for part in entry.parts) else max(ends, default=item.starts)


@dataclass(frozen=True)
class Added:
    item: int
    invite: int


def add(mailbox: Mailbox, folder: int, invite: Invite, *, preserve_alarms: bool = False) -> Added | None:
    """Keep an invite the way the server does.

    A UID that is anywhere in the mailbox is that item: updated unless the stored SEQUENCE is higher, and moved to
    `folder` in both cases. CANCEL removes a known one. Other methods, and CANCEL of an unknown one, are ignored: None.
    """
    mailbox.target(folder)
    invite_uid = invite.uid or str(uuid.uuid4())
    if not invite.uid:
        invite.component.put("UID", invite_uid)
    item = items.by_uid(mailbox, invite_uid)
    if item is None:
        if invite.method not in ("PUBLISH", "REQUEST"):
            return None
        return _create(mailbox, folder, invite, invite_uid)
    entry = read(item)
    if invite.method == "CANCEL":
        cancel(mailbox, item, entry, invite.component.get("RECURRENCE-ID"), invite.recurrence_id)
        return None
    if invite.method not in ("PUBLISH", "REQUEST"):
        return None
    old = next((part for part in entry.parts if part.key == invite.recurrence_id), None)
    if item.folder != folder:
        items.move(mailbox, item, folder)
    if old is not None and old.sequence > invite.sequence:
        return Added(item.id, old.id)
    if old is not None:
        _keep_organizer(old, invite)
        if preserve_alarms:
            alarms = [child for child in old.parsed().children if child.name == "VALARM"]
            invite.component.children = alarms
    part = _part(mailbox.next_id(), invite)
    if old is None:
        entry.parts.append(part)
    else:
        if not part.key and (part.starts, _rule(part)) != (old.starts, _rule(old)):
            entry.parts = [old]  # the series was moved: its exceptions mean nothing any more
        entry.parts[entry.parts.index(old)] = part
    entry.parts.sort(key=lambda one: one.key != "")
    entry.zones.update({tzid: zone.dump() for tzid, zone in invite.zones.items()})
    _refresh(item, entry, entry.parts[0].parsed().text("SUMMARY") if part.key else invite.name)
    items.save(mailbox, item)
    return Added(item.id, part.id)


def _create(mailbox: Mailbox, folder: int, invite: Invite, invite_uid: str) -> Added:
    item_id, invite_id = mailbox.next_id(), mailbox.next_id()
    item = Item(
        item_id, invite.kind, folder, invite_uid, invite.name, "", "", 0, mailbox.now, mailbox.next_sequence(), None,
        None, "",
    )  # fmt: skip
    zones = {tzid: zone.dump() for tzid, zone in invite.zones.items()}
    _refresh(item, Entry([_part(invite_id, invite)], zones), invite.name)
    items.insert(mailbox, item)
    return Added(item_id, invite_id)


def _part(part_id: int, invite: Invite) -> Part:
    return Part(
        part_id, invite.recurrence_id, invite.sequence, invite.method, invite.starts, invite.ends, invite.recurs,
        invite.component.dump(),
    )  # fmt: skip


def _rule(part: Part) -> str:
    return part.parsed().text("RRULE") if part.recurs else ""


def _keep_organizer(old: Part, invite: Invite) -> None:
    """A new version of an item cannot change who organises it."""
    organizer = old.parsed().get("ORGANIZER")
    given = invite.component.get("ORGANIZER")
    if organizer is not None and given is not None and organizer.value.lower() != given.value.lower():
        invite.component.drop("ORGANIZER")
        invite.component.properties.append(organizer)


def cancel(mailbox: Mailbox, item: Item, entry: Entry, instance: Property | None, key: str) -> None:
    """Take away one instance of a series (an EXDATE, and its exception if any) or the whole item."""
    series = entry.parts[0]
    if instance is None or series.key:
        items.delete(mailbox, item.id)
        return
    entry.parts = [part for part in entry.parts if part.key != key]
    component = series.parsed()
    component.properties.append(Property("EXDATE", dict(instance.params), instance.value))
    series.component = component.dump()
    series.sequence += 1
    _refresh(item, entry, item.label)
    items.save(mailbox, item)
