"""Appointments and tasks: one item per UID in the whole mailbox, holding its invites (series and exceptions)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from zimbra.simulator.fault import invalid_request
from zimbra.simulator.formats.ical import Component, load
from zimbra.simulator.formats.invite import Invite
from zimbra.simulator.formats.moments import Zones
from zimbra.simulator.formats.occurrences import reach
from zimbra.simulator.store import folders, items
from zimbra.simulator.store.items import COLUMNS, Attachment, Item
from zimbra.simulator.store.mailbox import JUNK, ROOT, TRASH, Mailbox

KINDS = ("appointment", "task")


@dataclass
class Part:
    """One invite as stored. `key` is "" for the series or the single event, else the instance it replaces.

    `method` CANCEL: the instance does not take place. `ptst`: the keeper's answer ("AC"...) where it was set apart
    from the attendees. `draft`, `unsent`: the organizer has not told the attendees of it, or of the last change.
    `files`: there are attachments, kept as a message (`message_of`).
    """

    id: int
    key: str
    sequence: int
    method: str
    starts: int | None
    ends: int | None
    recurs: bool
    component: str
    ptst: str = ""
    draft: bool = False
    unsent: bool = False
    files: bool = False

    def parsed(self) -> Component:
        """The component, to be changed at will."""
        return load(self.component)

    @cached_property
    def shown(self) -> Component:
        """The component, to be looked at only."""
        return load(self.component)

    @property
    def cancelled(self) -> bool:
        return self.method == "CANCEL"


@dataclass
class Answer:
    """What an attendee answered to the whole (`key` "") or to one instance; `stamp` in milliseconds."""

    attendee: str
    ptst: str
    sequence: int
    stamp: int
    key: str = ""


@dataclass
class Entry:
    """What an item holds: its parts, the series first, and the zones its file defined.

    `dismissed`: no alarm until then (ms) rings any more. `snoozed`: when the one that was put off rings again.
    """

    parts: list[Part]
    zones: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    dismissed: int | None = None
    snoozed: int | None = None

    def zone_table(self, local: str) -> Zones:
        table = Zones(local)
        for text in self.zones.values():
            table.define(load(text))
        return table

    def part(self, part_id: int) -> Part | None:
        return next((part for part in self.parts if part.id == part_id), None)

    def at(self, key: str) -> Part | None:
        """The part of an instance, or of the series with ""."""
        return next((part for part in self.parts if part.key == key), None)

    @property
    def first(self) -> Part:
        """The series or single event; when there is none, the first exception that takes place."""
        return next((part for part in self.parts if not part.cancelled), self.parts[0])


def read(item: Item) -> Entry:
    data = json.loads(item.content)
    return Entry(
        [Part(*part) for part in data["parts"]],
        data["zones"],
        [Answer(*answer) for answer in data.get("answers", ())],
        data.get("dismissed"),
        data.get("snoozed"),
    )


def _values(one: Part | Answer) -> list[Any]:
    return [getattr(one, field.name) for field in fields(one)]


def _dump(entry: Entry) -> str:
    data: dict[str, Any] = {"parts": [_values(part) for part in entry.parts], "zones": entry.zones}
    if entry.answers:
        data["answers"] = [_values(answer) for answer in entry.answers]
    for name in ("dismissed", "snoozed"):
        if getattr(entry, name) is not None:
            data[name] = getattr(entry, name)
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _refresh(item: Item, entry: Entry) -> None:
    """The item's own columns out of its parts."""
    starts = [part.starts for part in entry.parts if part.starts is not None and not part.cancelled]
    ends = [part.ends for part in entry.parts if part.ends is not None and not part.cancelled]
    item.content = _dump(entry)
    item.size = len(item.content)
    item.label = entry.first.parsed().text("SUMMARY")
    item.starts = min(starts, default=None)
    reaches = [_reach(part) for part in entry.parts if part.recurs]
    # Without an end where it cannot be told: the occurrences are computed when asked for.
    known = [end for end in reaches if end is not None]
    item.ends = None if len(known) < len(reaches) else max([*ends, *known], default=item.starts)


def _reach(part: Part) -> int | None:
    """When a series is over for certain."""
    if part.starts is None:
        return None
    return reach(part.shown, part.starts, max(0, (part.ends or part.starts) - part.starts))


def save(mailbox: Mailbox, item: Item, entry: Entry) -> None:
    """Write an entry back; service.PERM_DENIED."""
    _refresh(item, entry)
    items.save(mailbox, item)


def between(mailbox: Mailbox, kind: str, folder: int | None, since: int, until: int) -> Iterator[Item]:
    """The items that may happen in a span of time: a first choice, without looking inside.

    Without a folder, all that the reader may look into but trash and junk.
    """
    where, values = ("folder = ?", [folder]) if folder is not None else ("1", [])
    rows = mailbox.db.execute(
        f"SELECT {COLUMNS} FROM items WHERE mbox = ? AND type = ? AND {where}"  # noqa: S608
        " AND (starts IS NULL OR (starts < ? AND (ends IS NULL OR ends >= ?))) ORDER BY id",
        (mailbox.num, kind, *values, until, since),
    )
    hidden: set[int] = set()
    if folder is None:
        tree = folders.everything(mailbox)
        hidden = {*folders.subtree(tree, TRASH), *folders.subtree(tree, JUNK)}
    for row in rows:
        if row[2] not in hidden and "r" in mailbox.rights(row[2]):
            yield Item(*row)


def keep_message(mailbox: Mailbox, item: Item, part_id: int, raw: bytes) -> None:
    """Keep the message an invite with attachments was written in."""
    field_name = f"invite {part_id}"
    items.attach(mailbox, item.id, Attachment(field_name, field_name, "", "message/rfc822", raw))


def message_of(mailbox: Mailbox, item: Item, part_id: int) -> bytes | None:
    return next((one.data for one in items.attachments(mailbox, item.id) if one.field == f"invite {part_id}"), None)


# What others may know of what is private: when it is.
_NOT_SECRET = frozenset(
    {
        "UID", "DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID",
        "SEQUENCE", "DTSTAMP", "CLASS", "TRANSP", "STATUS", "ORGANIZER", "X-MICROSOFT-CDO-INTENDEDSTATUS",
    }
)  # fmt: skip


def is_public(component: Component) -> bool:
    return component.text("CLASS").upper() not in ("PRIVATE", "CONFIDENTIAL")


def may_see(mailbox: Mailbox, folder: int, component: Component) -> bool:
    """Whether the reader may know what a component says, and not only when it is."""
    return is_public(component) or not mailbox.limited or "p" in mailbox.rights(folder)


def readable(mailbox: Mailbox, item: Item) -> Entry:
    """What the reader may know of an item; of what is private, for most others, only when it is."""
    entry = read(item)
    for part in entry.parts:
        if not may_see(mailbox, item.folder, part.shown):
            component = part.parsed()
            component.properties = [prop for prop in component.properties if prop.name in _NOT_SECRET]
            component.children = []
            part.component = component.dump()
            part.__dict__.pop("shown", None)
    return entry


def in_trash(mailbox: Mailbox, folder: int) -> bool:
    """Whether a folder is the trash or inside it."""
    while folder not in (TRASH, ROOT):
        row = mailbox.db.execute(
            "SELECT parent FROM folders WHERE mbox = ? AND id = ?", (mailbox.num, folder)
        ).fetchone()
        if row is None or row[0] == folder:
            return False
        folder = row[0]
    return folder == TRASH


@dataclass(frozen=True)
class Added:
    item: int
    invite: int


def add(
    mailbox: Mailbox, folder: int, invite: Invite, *, preserve_alarms: bool = False, stay: bool = False
) -> Added | None:
    """Keep an invite the way the server does.

    A UID that is anywhere in the mailbox is that item: updated unless the stored SEQUENCE is higher, and moved to
    `folder` in both cases (unless it is to `stay`). An invite keeps its number through its versions. CANCEL takes a
    known one away. Other methods, and CANCEL of an unknown one, are ignored: None.
    """
    if not stay:
        mailbox.target(folder)
    invite_uid = invite.uid or str(uuid.uuid4())
    if not invite.uid:
        invite.component.put("UID", invite_uid)
    item = items.by_uid(mailbox, invite_uid)
    if item is None:
        if invite.method not in ("PUBLISH", "REQUEST"):
            return None
        mailbox.target(folder)
        return _create(mailbox, folder, invite, invite_uid)
    entry = read(item)
    if invite.method == "CANCEL":
        cancel(mailbox, item, entry, invite)
        return None
    if invite.method not in ("PUBLISH", "REQUEST"):
        return None
    old = entry.at(invite.recurrence_id)
    if item.folder != folder and not stay:
        items.move(mailbox, item, folder)
    if old is not None and old.sequence > invite.sequence:
        return Added(item.id, old.id)
    if old is not None:
        _stay_organizer(mailbox, old, invite)
        _keep_organizer(old, invite)
        if preserve_alarms:
            alarms = [child for child in old.parsed().children if child.name == "VALARM"]
            invite.component.children = alarms
    put(mailbox, item, entry, invite)
    part = entry.at(invite.recurrence_id)
    return None if part is None else Added(item.id, part.id)


def put(mailbox: Mailbox, item: Item, entry: Entry, invite: Invite) -> Part:
    """Take an invite into an entry, in place of the version it had; service.PERM_DENIED, service.INVALID_REQUEST."""
    old = entry.at(invite.recurrence_id)
    _stay_organizer(mailbox, entry.at(invite.recurrence_id) or entry.first, invite)
    number = invite.number if invite.number is not None else None if old is None else old.id
    part = _part(mailbox.next_id() if number is None else number, invite)
    if old is None:
        entry.parts.append(part)
    else:
        if not part.key and (part.starts, _rule(part)) != (old.starts, _rule(old)):
            entry.parts = [old]  # the series was moved: its exceptions mean nothing any more
        entry.parts[entry.parts.index(old)] = part
        if part.sequence > old.sequence:
            entry.answers = [one for one in entry.answers if one.key != part.key or _still(one, part)]
        if part.starts != old.starts:
            entry.dismissed = entry.snoozed = None
    entry.parts.sort(key=lambda one: one.key != "")
    entry.zones.update({tzid: zone.dump() for tzid, zone in invite.zones.items()})
    save(mailbox, item, entry)
    return part


def _stay_organizer(mailbox: Mailbox, old: Part, invite: Invite) -> None:
    """What somebody organizes cannot be made another's (Zimbra's bug 74400)."""
    before, after = old.shown.get("ORGANIZER"), invite.component.get("ORGANIZER")
    if before is None or after is None:
        return
    own = mailbox.account.addresses()
    was, will = (prop.value.lower().removeprefix("mailto:") for prop in (before, after))
    if was in own and will not in own:
        raise invalid_request("changing the organizer of an appointment/task to another user is not permitted")


def _still(answer: Answer, part: Part) -> bool:
    """Whether an answer holds for a newer version: the attendee is asked anew otherwise."""
    for prop in part.parsed().all("ATTENDEE"):
        if prop.value.lower().removeprefix("mailto:") == answer.attendee.lower():
            return prop.params.get("PARTSTAT", "NEEDS-ACTION").upper() != "NEEDS-ACTION"
    return False


def _create(mailbox: Mailbox, folder: int, invite: Invite, invite_uid: str) -> Added:
    item_id = mailbox.next_id()
    invite_id = mailbox.next_id() if invite.number is None else invite.number
    item = Item(
        item_id, invite.kind, folder, invite_uid, invite.name, "", "", 0, mailbox.now, mailbox.next_sequence(), None,
        None, "",
    )  # fmt: skip
    zones = {tzid: zone.dump() for tzid, zone in invite.zones.items()}
    _refresh(item, Entry([_part(invite_id, invite)], zones))
    items.insert(mailbox, item)
    return Added(item_id, invite_id)


def _part(part_id: int, invite: Invite) -> Part:
    return Part(
        part_id, invite.recurrence_id, invite.sequence, invite.method, invite.starts, invite.ends, invite.recurs,
        invite.component.dump(), invite.ptst, invite.draft, invite.unsent, invite.files,
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


def cancel(mailbox: Mailbox, item: Item, entry: Entry, invite: Invite) -> None:
    """Take away one instance of a series, which is kept as cancelled, or the whole item, which goes to the trash."""
    series = entry.parts[0]
    if not invite.recurrence_id or (series.key and len(entry.parts) == 1):
        mailbox.check(item.folder, "d")
        with mailbox.as_server():
            items.move(mailbox, item, TRASH)
        return
    invite.method = "CANCEL"
    invite.recurs = False
    put(mailbox, item, entry, invite)


def hand_to(mailbox: Mailbox, item: Item, other: Mailbox, folder: int) -> Item:
    """Move an item into a folder of another's mailbox, where it gets a new id; service.PERM_DENIED.

    What has the same UID there gives way.
    """
    other.target(folder)
    mailbox.check(item.folder, "d")
    there = items.by_uid(other, item.uid or "")
    if there is not None:
        items.delete(other, there.id)
    made = Item(
        other.next_id(), item.type, folder, item.uid, item.label, item.flags, "", item.size, other.now,
        other.next_sequence(), item.starts, item.ends, item.content,
    )  # fmt: skip
    items.insert(other, made)
    for attachment in items.attachments(mailbox, item.id):
        items.attach(other, made.id, attachment)
    items.delete(mailbox, item.id)
    return made
