"""SEARCH: the keys of RFC 3501, with RETURN (ESEARCH), OLDER and YOUNGER (WITHIN) and MODSEQ (CONDSTORE).

Keys become tests of one message, dear ones tried last: what needs a message's bytes reads them only when all the rest
holds.
"""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate
from functools import cached_property, partial

from zimbra.simulator.call import Unit
from zimbra.simulator.imap import flags
from zimbra.simulator.imap.fetching import PIECE, bytes_of
from zimbra.simulator.imap.grammar import BadSyntax, Scanner, numbers
from zimbra.simulator.imap.session import Refusal, Session, handles
from zimbra.simulator.imap.structure import Parsed
from zimbra.simulator.imap.view import View, rows_of
from zimbra.simulator.mail import headers
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.mailbox import Mailbox
from zimbra.simulator.store.messages import Row

MAX_DEPTH = 50
_RETURNS = ("MIN", "MAX", "COUNT", "ALL")
_FLAGS = {"ANSWERED": "r", "FLAGGED": "f", "DELETED": "x", "DRAFT": "d"}
_HEADERS = ("FROM", "TO", "CC", "BCC", "SUBJECT")


@dataclass
class Candidate:
    """A message to be tested."""

    number: int
    row: Row
    recent: bool
    mailbox: Mailbox
    keywords: dict[int, bytes]

    @cached_property
    def parsed(self) -> Parsed:
        return Parsed(bytes_of(self.mailbox, self.row.item))

    @property
    def arrived(self) -> date:
        return datetime.fromtimestamp(self.row.date / 1000, UTC).date()

    @cached_property
    def sent(self) -> date | None:
        """The day the message says it was written, as it stands there."""
        value = next(iter(self.header("date")), "")
        found = parsedate(value)
        try:
            return None if found is None else date(*found[:3])
        except ValueError:
            return None

    def header(self, name: str) -> list[str]:
        return [headers.decoded(value) for key, value in self.parsed.fields if key.lower() == name]

    @cached_property
    def body(self) -> str:
        parts = (part for part in self.parsed.message.parts if part.content_type.startswith("text/"))
        return "\n".join(part.text for part in parts).casefold()


Test = Callable[[Candidate], bool]
FREE = -1
_UNKNOWN = Row(0, 0, "", "", 0, 0, 0)


@dataclass(frozen=True)
class Key:
    """`cost`: FREE for what the connection knows, 0 for what the list of messages tells, 1 for the header, 2 for the
    text."""

    cost: int
    test: Test


class _Keys:
    """Reads search keys."""

    def __init__(self, scanner: Scanner, view: View, charset: str) -> None:
        self.scanner = scanner
        self.view = view
        self.charset = charset

    def several(self, depth: int = 0) -> Key:
        keys = [self.one(depth)]
        while self.scanner.skip(b" "):
            keys.append(self.one(depth))
        return _all(keys)

    def one(self, depth: int) -> Key:
        if depth > MAX_DEPTH:
            raise BadSyntax("search keys are nested too deep")
        scanner = self.scanner
        if scanner.skip(b"("):
            found = self.several(depth + 1)
            scanner.need(b")")
            return found
        if scanner.looks_like_set():
            return self.among(by_uid=False)
        name = scanner.word()
        if name == "NOT":
            inner = self.argument(depth)
            return Key(inner.cost, lambda one: not inner.test(one))
        if name == "OR":
            left, right = sorted((self.argument(depth), self.argument(depth)), key=lambda key: key.cost)
            return Key(right.cost, lambda one: left.test(one) or right.test(one))
        return self.named(name)

    def argument(self, depth: int) -> Key:
        self.scanner.space()
        return self.one(depth + 1)

    def among(self, *, by_uid: bool) -> Key:
        chosen = set(self.view.choose(self.scanner.sequence_set(), by_uid=by_uid))
        return Key(FREE, lambda one: one.number in chosen)

    def text(self) -> str:
        self.scanner.space()
        try:
            return self.scanner.astring().decode(self.charset).casefold()
        except UnicodeDecodeError as error:
            raise BadSyntax("text is not in its charset") from error

    def day(self) -> date:
        self.scanner.space()
        return self.scanner.date().date()

    def number(self) -> int:
        self.scanner.space()
        return self.scanner.number()

    def named(self, name: str) -> Key:
        found = _flag_key(name)
        if found is not None:
            return found
        if name == "UID":
            self.scanner.space()
            return self.among(by_uid=True)
        if name in ("KEYWORD", "UNKEYWORD"):
            return self.keyword(wanted=name == "KEYWORD")
        if name in ("LARGER", "SMALLER", "OLDER", "YOUNGER", "MODSEQ"):
            return self.measured(name)
        if name.removeprefix("SENT") in ("BEFORE", "ON", "SINCE"):
            return self.dated(name)
        if name in _HEADERS:
            return _header_key(name.lower(), self.text())
        if name == "HEADER":
            field = self.text()
            return _header_key(field, self.text())
        if name == "BODY":
            text = self.text()
            return Key(2, lambda one: text in one.body)
        if name == "TEXT":
            text = self.text()
            return Key(2, lambda one: text in _head_text(one) or text in one.body)
        raise BadSyntax(f"unknown search key {name}")

    def keyword(self, *, wanted: bool) -> Key:
        self.scanner.space()
        name = self.scanner.atom().lower()
        letter = flags.LETTERS.get(name)
        if letter is not None:
            return Key(0, lambda one: (letter in one.row.flags) == wanted)

        def test(one: Candidate) -> bool:
            tags = (int(tag) for tag in one.row.tags.split(",") if tag.isdecimal())
            return any(one.keywords.get(tag, b"").decode().lower() == name for tag in tags) == wanted

        return Key(0, test)

    def measured(self, name: str) -> Key:
        number = self.number()
        if name == "LARGER":
            return Key(0, lambda one: one.row.size > number)
        if name == "SMALLER":
            return Key(0, lambda one: one.row.size < number)
        if name == "MODSEQ":
            self.view.condstore = True
            return Key(0, lambda one: one.row.sequence >= number)
        limit = (time.time() - number) * 1000
        return Key(0, lambda one: (one.row.date <= limit) == (name == "OLDER"))

    def dated(self, name: str) -> Key:
        day = self.day()
        kind = name.removeprefix("SENT")

        def fits(found: date | None) -> bool:
            if found is None:
                return False
            return found < day if kind == "BEFORE" else found == day if kind == "ON" else found >= day

        if name.startswith("SENT"):
            return Key(1, lambda one: fits(one.sent))
        return Key(0, lambda one: fits(one.arrived))


def _all(keys: list[Key]) -> Key:
    ordered = sorted(keys, key=lambda key: key.cost)
    return Key(ordered[-1].cost, lambda one: all(key.test(one) for key in ordered))


def _flag_key(name: str) -> Key | None:
    tests: dict[str, Test] = {
        "ALL": lambda one: True,
        "SEEN": lambda one: "u" not in one.row.flags,
        "UNSEEN": lambda one: "u" in one.row.flags,
        "RECENT": lambda one: one.recent,
        "OLD": lambda one: not one.recent,
        "NEW": lambda one: one.recent and "u" in one.row.flags,
    }
    letter = _FLAGS.get(name.removeprefix("UN"))
    if letter is not None:
        wanted = not name.startswith("UN")
        return Key(0, lambda one: (letter in one.row.flags) == wanted)
    if name not in tests:
        return None
    return Key(FREE if name in ("ALL", "RECENT", "OLD") else 0, tests[name])


def _header_key(name: str, text: str) -> Key:
    return Key(1, lambda one: any(text in value.casefold() for value in one.header(name)))


def _head_text(one: Candidate) -> str:
    return "\n".join(f"{name}: {headers.decoded(value)}" for name, value in one.parsed.fields).casefold()


def _charset(scanner: Scanner) -> str:
    if not scanner.skip(b"CHARSET "):
        return "utf-8"
    name = scanner.astring().decode("latin-1")
    scanner.space()
    try:
        found = codecs.lookup(name)
    except LookupError:
        raise Refusal("[BADCHARSET (UTF-8 US-ASCII)] unknown charset") from None
    # Python's own registry also holds things that are no charsets.
    if not getattr(found, "_is_text_encoding", True):
        raise Refusal("[BADCHARSET (UTF-8 US-ASCII)] unknown charset")
    return found.name


@handles("SEARCH", "selected")
async def search(session: Session, scanner: Scanner, by_uid: bool) -> str:
    view = session.view
    assert view is not None
    scanner.space()
    returned: list[str] | None = None
    if scanner.skip(b"RETURN "):
        returned = scanner.words() or ["ALL"]
        if set(returned) - set(_RETURNS):
            raise BadSyntax("unknown return option")
        scanner.space()
    charset = _charset(scanner)
    key = _Keys(scanner, view, charset).several()
    scanner.end()
    found: list[int] = []
    highest = 0
    if key.cost == FREE and not view.condstore and not view.gone:
        mine = await session.store(lambda unit, _: view.place.mailbox(unit))
        for number, uid in enumerate(view.uids, 1):
            if key.test(Candidate(number, _UNKNOWN, uid in view.recent, mine, {})):
                found.append(uid if by_uid else number)
    else:
        found, highest = await _look(session, view, key, by_uid=by_uid)
    modseq = highest if view.condstore and highest else 0
    await session.send(_result(session.tag, found, returned, by_uid=by_uid, modseq=modseq) + b"\r\n")
    return "SEARCH completed"


async def _look(session: Session, view: View, key: Key, *, by_uid: bool) -> tuple[list[int], int]:
    """The messages a key fits, looked up piece by piece, and the highest of their counts of changes."""
    found: list[int] = []
    highest = 0
    for start in range(1, len(view.uids) + 1, PIECE):
        piece = list(range(start, min(start + PIECE, len(view.uids) + 1)))
        matching = await session.store(partial(_matching, view=view, piece=piece, key=key))
        found += [view.uids[row[0] - 1] if by_uid else row[0] for row in matching]
        highest = max([highest, *(row[1] for row in matching)])
    return found, highest


def _matching(unit: Unit, account: Account, *, view: View, piece: list[int], key: Key) -> list[tuple[int, int]]:
    """Number and count of changes of the messages that the key fits."""
    mailbox = view.place.mailbox(unit)
    names = flags.keywords(mailbox)
    rows = rows_of(mailbox, view, piece)
    candidates = (
        Candidate(number, rows[number], rows[number].imap_uid in view.recent, mailbox, names)
        for number in piece
        if number in rows
    )
    return [(one.number, one.row.sequence) for one in candidates if key.test(one)]


def _result(tag: bytes, found: list[int], returned: list[str] | None, *, by_uid: bool, modseq: int) -> bytes:
    if returned is None:
        text = b"* SEARCH" + b"".join(b" %d" % number for number in found)
        return text + (b" (MODSEQ %d)" % modseq if modseq else b"")
    text = b'* ESEARCH (TAG "%s")' % tag + (b" UID" if by_uid else b"")
    if found and "MIN" in returned:
        text += b" MIN %d" % found[0]
    if found and "MAX" in returned:
        text += b" MAX %d" % found[-1]
    if "COUNT" in returned:
        text += b" COUNT %d" % len(found)
    if found and "ALL" in returned:
        text += b" ALL " + numbers(found)
    return text + (b" MODSEQ %d" % modseq if modseq else b"")
