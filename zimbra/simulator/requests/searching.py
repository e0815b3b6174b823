"""Search carried out: in one's own mailbox, and behind the links a query names.

Messages are found by SQL, sorted and cut to a page there; contacts, appointments and tasks are asked one by one.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from zimbra.simulator.call import Call
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.query import BadQuery, Places, Query, Subject, compile_query, plain
from zimbra.simulator.formats.query_terms import word_matches
from zimbra.simulator.requests.search_names import Names, clock_of
from zimbra.simulator.store import calendar, contacts, folders, tags
from zimbra.simulator.store.items import COLUMNS, Item
from zimbra.simulator.store.mailbox import JUNK, TRASH, Mailbox


@dataclass
class Hit:
    """What was found: an item, or a conversation with those of its messages that match. `date`: ms."""

    mailbox: Mailbox
    key: str | int
    number: int
    item: Item | None = None
    messages: list[int] = field(default_factory=list)
    date: int = 0


@dataclass(frozen=True)
class Cursor:
    """Go on after the hit with this id and sort value, or with it (`inclusive`)."""

    number: int
    key: str | int
    inclusive: bool = False


@dataclass(frozen=True)
class Sort:
    name: str

    @property
    def down(self) -> bool:
        return self.name.endswith("Desc")

    @property
    def base(self) -> str:
        return self.name.removesuffix("Desc").removesuffix("Asc").lower()

    @property
    def in_groups(self) -> bool:
        """Whether many have the same value: the latest come first then, and no cursor helps to go on."""
        return self.base in ("flag", "read", "attach", "priority")

    def of_message(self) -> str:
        """The SQL of the value messages are sorted by."""
        return {
            "subj": "messages.subject_key", "name": "messages.sender_key", "size": "items.size", "id": "items.id",
            "flag": "instr(items.flags, 'f') > 0", "read": "instr(items.flags, 'u') > 0",
            "attach": "instr(items.flags, 'a') > 0",
            "priority": "(instr(items.flags, '!') > 0) - (instr(items.flags, '?') > 0)",
            "rcpt": "coalesce(json_extract(messages.summary, '$.e.t[0][1]'), '')",
        }.get(self.base, "messages.date")  # fmt: skip

    def of_item(self, item: Item) -> str | int:
        """The value another item is sorted by."""
        if self.base in ("name", "subj", "rcpt"):
            return plain(item.label)
        values = {
            "size": item.size, "id": item.id, "dur": (item.ends or 0) - (item.starts or 0), "taskdue": item.ends or 0,
            "flag": int("f" in item.flags), "read": int("u" in item.flags), "attach": int("a" in item.flags),
        }  # fmt: skip
        return values.get(self.base, item.starts or item.changed)


@dataclass
class Search:
    """A query made ready, with the mailboxes it has to be asked in."""

    call: Call
    query: Query
    boxes: dict[int, Mailbox]
    with_deleted: bool = False

    @classmethod
    def prepare(cls, call: Call, text: str) -> Search:
        """Faults: mail.QUERY_PARSE_ERROR, mail.NO_SUCH_FOLDER."""
        found = Names(call)
        me = call.target
        places = Places(
            found.named, found.numbered, found.remote, found.tags, frozenset(me.addresses()), call.mailbox.num,
            clock_of(call),
        )  # fmt: skip
        try:
            query = compile_query(text, places)
        except BadQuery as error:
            raise SoapFault("mail.QUERY_PARSE_ERROR", f"couldn't parse query: {error}") from None
        return cls(call, query, found.boxes, call.request.flag("includeTagDeleted"))

    def everywhere(self) -> None:
        """Trash and junk are looked into as well, whatever the query says."""
        self.query = replace(self.query, everywhere=True)

    def scopes(self) -> Iterator[tuple[Mailbox, str]]:
        """Each mailbox to look into, with the folders looked into as SQL."""
        own = self.call.mailbox
        named = self.query.places
        for num, mailbox in self.boxes.items():
            wanted: set[int] | None = None
            if mailbox is not own:
                wanted = {folder for box, folder in named or () if box == num}
                if not wanted:
                    continue
            yield mailbox, self._folders(mailbox, wanted)

    def _folders(self, mailbox: Mailbox, wanted: set[int] | None) -> str:
        tree = folders.everything(mailbox) if wanted is None else {}
        if wanted is None and not mailbox.limited:
            if self.query.everywhere or self.query.places is not None:
                return "1"
            # Trash and junk are looked into only when the query says where to look.
            hidden = {*folders.subtree(tree, TRASH), *folders.subtree(tree, JUNK)}
            return f"items.folder NOT IN ({','.join(map(str, sorted(hidden)))})"
        candidates = set(tree) if wanted is None else wanted
        if wanted is None and not self.query.everywhere and self.query.places is None:
            candidates -= {*folders.subtree(tree, TRASH), *folders.subtree(tree, JUNK)}
        seen = sorted(folder for folder in candidates if "r" in mailbox.rights(folder))
        return f"items.folder IN ({','.join(map(str, seen))})" if seen else "0"

    def messages(self, sort: Sort, count: int, skip: int, cursor: Cursor | None) -> list[Hit]:
        """Messages in order, at most `count` after the first `skip`."""
        found: list[Hit] = []
        boxes = list(self.scopes())
        alone = len(boxes) == 1
        for mailbox, where in boxes:
            condition, values = self._condition(mailbox, where)
            value = sort.of_message()
            after, more = _after(value, "items.id", sort, cursor)
            rows = mailbox.db.execute(
                f"SELECT {_columns()}, messages.date, {value} FROM {_tables(mailbox, where, value)}"  # noqa: S608
                " ON messages.mbox = items.mbox AND messages.item = items.id"
                " WHERE messages.mbox = ? AND items.mbox = messages.mbox AND items.type = 'message'"
                f" AND {condition}{after}"
                f" ORDER BY {_ordered(value, 'messages.date', 'messages.item', sort)} LIMIT ? OFFSET ?",
                (mailbox.num, *values, *more, count if alone else count + skip, skip if alone else 0),
            )
            found += [Hit(mailbox, row[-1], row[0], Item(*row[:-2]), date=row[-2]) for row in rows]
        return found if alone else in_order(found, sort)[skip : skip + count]

    def conversations(self, sort: Sort, count: int, skip: int, cursor: Cursor | None) -> list[Hit]:
        """Conversations with a message that matches, in order of the latest or first of those."""
        found: list[Hit] = []
        boxes = list(self.scopes())
        alone = len(boxes) == 1
        for mailbox, where in boxes:
            condition, values = self._condition(mailbox, where)
            pick = "max" if sort.down else "min"
            value = f"{pick}({sort.of_message()})"
            after, more = _after(value, "messages.conversation", sort, cursor)
            rows = mailbox.db.execute(
                f"SELECT messages.conversation, {value}, group_concat(items.id), max(messages.date)"  # noqa: S608
                " FROM items JOIN messages"
                " ON messages.mbox = items.mbox AND messages.item = items.id"
                f" WHERE items.mbox = ? AND items.type = 'message' AND {condition}"
                f" GROUP BY messages.conversation HAVING 1{after}"
                f" ORDER BY {_ordered(value, 'max(messages.date)', 'messages.conversation', sort)} LIMIT ? OFFSET ?",
                (mailbox.num, *values, *more, count if alone else count + skip, skip if alone else 0),
            )
            for number, key, listed, date in rows:
                ids = sorted((int(one) for one in str(listed).split(",")), reverse=True)
                found.append(Hit(mailbox, key, number, None, ids, date))
        return found if alone else in_order(found, sort)[skip : skip + count]

    def others(
        self, kinds: tuple[str, ...], sort: Sort, cursor: Cursor | None, span: tuple[int, int] | None = None
    ) -> list[Hit]:
        """Contacts, appointments and tasks, in order; with a span, without what certainly takes place outside it."""
        found: list[Hit] = []
        within, limits = "", []
        if span is not None:
            within = " AND (starts IS NULL OR (starts < ? AND (ends IS NULL OR ends >= ?)))"
            limits = [span[1], span[0]]
        for mailbox, where in self.scopes():
            names = {str(tag.id): plain(tag.name) for tag in tags.everything(mailbox)}
            marks = ",".join("?" * len(kinds))
            rows = mailbox.db.execute(
                f"SELECT {COLUMNS} FROM items WHERE mbox = ? AND type IN ({marks}) AND {where}{within}"  # noqa: S608
                " ORDER BY id",
                (mailbox.num, *kinds, *limits),
            )
            for row in rows:
                item = Item(*row)
                if self.query.matches(_subject(mailbox, item, names)):
                    found.append(Hit(mailbox, sort.of_item(item), item.id, item, date=item.starts or item.changed))
        if sort.name != "none":
            found = in_order(found, sort)
        return [hit for hit in found if _is_after(hit, sort, cursor)]

    def matching(self, mailbox: Mailbox, conversation: int) -> set[int]:
        """Which messages of a conversation match."""
        found: set[int] = set()
        for box, where in self.scopes():
            if box is mailbox:
                condition, values = self._condition(mailbox, where)
                rows = mailbox.db.execute(
                    "SELECT items.id FROM items JOIN messages"  # noqa: S608
                    " ON messages.mbox = items.mbox AND messages.item = items.id"
                    f" WHERE items.mbox = ? AND messages.conversation = ? AND {condition}",
                    (mailbox.num, conversation, *values),
                )
                found.update(row[0] for row in rows)
        return found

    def _condition(self, mailbox: Mailbox, where: str) -> tuple[str, list[Any]]:
        condition, values = self.query.term.sql(mailbox.num)
        if "matches(" in condition:
            _teach(mailbox.db)
        deleted = "" if self.with_deleted else " AND instr(items.flags, 'x') = 0"
        return f"{where} AND {condition}{deleted}", list(values)


def _teach(db: sqlite3.Connection) -> None:
    """Jokers within words are beyond SQL: the function that knows them."""
    db.create_function("matches", 2, word_matches, deterministic=True)


def _tables(mailbox: Mailbox, where: str, value: str) -> str:
    """The join, in the order that reads least: by date, when much of the mailbox is looked into, else by folder."""
    if value == "messages.date":
        counted = "SELECT count(*) FROM items WHERE mbox = ? AND type = 'message'"
        total = mailbox.db.execute(counted, (mailbox.num,)).fetchone()[0]
        meant = mailbox.db.execute(f"{counted} AND {where}", (mailbox.num,)).fetchone()[0]
        if meant * 8 >= total:
            return "messages INDEXED BY messages_by_date CROSS JOIN items"
    return "items CROSS JOIN messages"


def _columns() -> str:
    return ", ".join(f"items.{name.strip()}" for name in COLUMNS.split(","))


def _ordered(value: str, date: str, number: str, sort: Sort) -> str:
    if sort.name == "none":
        return number
    way = "DESC" if sort.down else "ASC"
    if sort.in_groups:
        return f"{value} {way}, {date} DESC, {number} DESC"
    return f"{value} {way}, {number} {way}"


def _after(value: str, number: str, sort: Sort, cursor: Cursor | None) -> tuple[str, list[str | int]]:
    if cursor is None:
        return "", []
    sign = "<" if sort.down else ">"
    equal = "=" if cursor.inclusive else ""
    return f" AND ({value} {sign} ? OR ({value} = ? AND {number} {sign}{equal} ?))", [
        cursor.key,
        cursor.key,
        cursor.number,
    ]


def _is_after(hit: Hit, sort: Sort, cursor: Cursor | None) -> bool:
    if cursor is None:
        return True
    here, there = (_comparable(hit.key), hit.number), (_comparable(cursor.key), cursor.number)
    if here == there:
        return cursor.inclusive
    return here < there if sort.down else here > there


def _comparable(key: str | int) -> tuple[int, str]:
    """Numbers and texts in one order."""
    return (key, "") if isinstance(key, int) else (0, key)


def in_order(hits: list[Hit], sort: Sort) -> list[Hit]:
    if sort.name == "none":
        return hits
    if sort.in_groups:
        latest = sorted(hits, key=lambda hit: (hit.date, hit.number), reverse=True)
        return sorted(latest, key=lambda hit: _comparable(hit.key), reverse=sort.down)
    return sorted(hits, key=lambda hit: (_comparable(hit.key), hit.number), reverse=sort.down)


def _subject(mailbox: Mailbox, item: Item, names: dict[str, str]) -> Subject:
    """What a query can see of an item that is no message."""

    def named() -> frozenset[str]:
        return frozenset(names[one] for one in item.tags.split(",") if one in names)

    date = item.starts if item.starts is not None else item.changed
    return Subject(
        mailbox.num,
        item.id,
        item.folder,
        item.flags,
        item.size,
        date,
        item.changed,
        named,
        lambda: _fields(mailbox, item),
    )


def _fields(mailbox: Mailbox, item: Item) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    if item.type == "contact":
        contact = contacts.load(item)
        for key, value in contact.attrs.items():
            if key != "vCardXProps":
                fields[key] = [value] if isinstance(value, str) else value
        fields["member"] = [value for _, value in contact.members]
    elif item.type in calendar.KINDS:
        fields["uid"] = [item.uid or ""]
        # What is private in another's calendar cannot be found by what it says.
        for part in calendar.readable(mailbox, item).parts:
            component = part.shown
            fields.setdefault("subject", []).append(component.text("SUMMARY"))
            for name in ("SUMMARY", "LOCATION", "DESCRIPTION", "ATTENDEE", "ORGANIZER"):
                fields.setdefault(name.lower(), []).extend(prop.text for prop in component.all(name))
    return fields


_FETCH = re.compile(r"none|first|first-msg|unread|unread-first|hits!?|all|u1?|!|(?:[^:\s,]{1,64}:)?-?\d+(?:,[^\s,]+)*")


def fetch_of(call: Call) -> str:
    """What a search wants to see in whole: a word, or ids of items; service.INVALID_REQUEST for anything else."""
    fetch = (call.request.get("fetch", "none") or "").strip().lower()
    if not _FETCH.fullmatch(fetch):
        raise invalid_request(f"invalid value for attribute fetch: {fetch[:40]}")
    return fetch


def located(call: Call, text: str) -> tuple[Mailbox, int]:
    """As `Call.locate`, for ids that may not be wrapped in blanks; service.INVALID_REQUEST."""
    if not re.fullmatch(r"(?:[^:\s]{1,64}:)?-?\d{1,15}", text):
        raise invalid_request(f"malformed item ID: {text[:60]}")
    return call.locate(text)
