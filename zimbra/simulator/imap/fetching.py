"""FETCH: which data items were asked for, and their values message by message, in pieces a slow client can take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from zimbra.simulator.call import Unit
from zimbra.simulator.imap import flags
from zimbra.simulator.imap.grammar import BadSyntax, Scanner, internal_date, literal, nstring
from zimbra.simulator.imap.session import Session, handles
from zimbra.simulator.imap.structure import Parsed
from zimbra.simulator.imap.view import View, changed_since, rows_of
from zimbra.simulator.store import items
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.mailbox import Mailbox
from zimbra.simulator.store.messages import Row

# Messages looked up, and bytes made, in one transaction.
PIECE = 500
PIECE_BYTES = 4 * 1024 * 1024

_NAME = re.compile(rb"[A-Z][A-Z0-9.\-]*", re.IGNORECASE)
_PATH = re.compile(rb"(?:[1-9][0-9]{0,5}(?:\.[1-9][0-9]{0,5}){0,60})?")
_PLAIN = ("FLAGS", "UID", "INTERNALDATE", "ENVELOPE", "BODYSTRUCTURE", "RFC822.SIZE", "MODSEQ")
_MACROS = {
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
_OLD = {"RFC822": "", "RFC822.HEADER": "HEADER", "RFC822.TEXT": "TEXT"}


@dataclass(frozen=True)
class Wanted:
    """One data item. `label` is what it is called in the answer; a section has `section` set."""

    label: bytes
    section: bool = False
    path: tuple[int, ...] = ()
    what: str = ""
    names: tuple[str, ...] = ()
    start: int | None = None
    length: int = 0
    peek: bool = True

    @property
    def needs_bytes(self) -> bool:
        return self.section or self.label in (b"ENVELOPE", b"BODYSTRUCTURE", b"BODY")


def parse(scanner: Scanner) -> list[Wanted]:
    """The data items of a FETCH."""
    if not scanner.skip(b"("):
        name = scanner.match(_NAME, "data item").decode().upper()
        if name in _MACROS:
            return [Wanted(one.encode()) for one in _MACROS[name]]
        return [_item(scanner, name)]
    found: list[Wanted] = []
    while not scanner.skip(b")"):
        if found:
            scanner.space()
        found.append(_item(scanner, scanner.match(_NAME, "data item").decode().upper()))
    if not found:
        raise BadSyntax("data item expected")
    return found


def _item(scanner: Scanner, name: str) -> Wanted:
    if name in _PLAIN:
        return Wanted(name.encode())
    if name in _OLD:
        return Wanted(name.encode(), True, what=_OLD[name], peek=name == "RFC822.HEADER")
    if name not in ("BODY", "BODY.PEEK"):
        raise BadSyntax(f"unknown data item {name}")
    if not scanner.skip(b"["):
        if name == "BODY":
            return Wanted(b"BODY")
        raise BadSyntax("section expected")
    text = scanner.match(_PATH, "section")
    path = tuple(int(one) for one in text.split(b".")) if text else ()
    label = b"BODY[" + text
    what = ""
    header_names: tuple[str, ...] = ()
    if scanner.peek() != b"]":
        if path:
            scanner.need(b".")
            label += b"."
        what = scanner.match(_NAME, "section").decode().upper()
        if what not in ("HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME") or (
            what == "MIME" and not path
        ):
            raise BadSyntax("unknown section")
        label += what.encode()
        if what.startswith("HEADER.FIELDS"):
            scanner.space()
            header_names = _header_names(scanner)
            label += b" (" + b" ".join(_header_name(one) for one in header_names) + b")"
    scanner.need(b"]")
    label += b"]"
    start, length = None, 0
    if scanner.skip(b"<"):
        start = scanner.number()
        scanner.need(b".")
        length = scanner.number()
        scanner.need(b">")
        label += b"<%d>" % start
    return Wanted(label, True, path, what, header_names, start, length, name == "BODY.PEEK")


def _header_names(scanner: Scanner) -> tuple[str, ...]:
    scanner.need(b"(")
    found: list[str] = []
    while not scanner.skip(b")"):
        if found:
            scanner.space()
        found.append(scanner.astring().decode("latin-1"))
    if not found:
        raise BadSyntax("header name expected")
    return tuple(found)


def _header_name(name: str) -> bytes:
    data = name.encode("latin-1")
    return data if re.fullmatch(rb"[!-'*-z|}~]+", data) else nstring(data)


@handles("FETCH", "selected")
async def fetch(session: Session, scanner: Scanner, by_uid: bool) -> str:
    view = session.view
    assert view is not None
    scanner.space()
    ranges = scanner.sequence_set()
    scanner.space()
    wanted = parse(scanner)
    since: int | None = None
    if scanner.skip(b" ("):
        scanner.need(b"CHANGEDSINCE ")
        since = scanner.number()
        scanner.need(b")")
    scanner.end()
    labels = {one.label for one in wanted}
    if since is not None or b"MODSEQ" in labels:
        session.condstore = view.condstore = True
    if since is not None and b"MODSEQ" not in labels:
        wanted.append(Wanted(b"MODSEQ"))
    if by_uid and b"UID" not in labels:
        wanted.insert(0, Wanted(b"UID"))
    chosen = view.choose(ranges, by_uid=by_uid)
    if since is not None:
        changed = await session.store(lambda unit, _: _changed(unit, view, since))
        chosen = [number for number in chosen if number in changed]
    marks = not view.read_only and any(one.section and not one.peek for one in wanted)
    done = 0
    while done < len(chosen):
        piece = chosen[done : done + PIECE]
        work = partial(_piece, view=view, piece=piece, wanted=wanted, marks=marks)
        answers, count = await session.store(work, write=marks)
        done += count
        await session.send_all(answers)
    return "FETCH completed"


def _changed(unit: Unit, view: View, since: int) -> set[int]:
    mailbox = view.place.mailbox(unit)
    return {view.find(row.imap_uid) for row in changed_since(mailbox, view.place.folder, since)}


def _piece(
    unit: Unit, account: Account, *, view: View, piece: list[int], wanted: list[Wanted], marks: bool
) -> tuple[list[bytes], int]:
    """Answers for as many of these messages as are enough at once, and how many those are."""
    mailbox = view.place.mailbox(unit)
    names = flags.keywords(mailbox)
    rows = rows_of(mailbox, view, piece)
    marks = marks and "w" in mailbox.rights(view.place.folder)
    before = mailbox.sequence
    answers: list[bytes] = []
    made = count = 0
    for number in piece:
        count += 1
        row = rows.get(number)
        if row is None:
            continue
        shown = wanted
        if marks and "u" in row.flags:
            row = _read(mailbox, row)
            if all(one.label != b"FLAGS" for one in wanted):
                shown = [*wanted, Wanted(b"FLAGS")]
        values = b" ".join(_values(mailbox, view, row, names, shown))
        answers.append(b"* %d FETCH (%s)" % (number, values))
        made += len(values)
        if made > PIECE_BYTES:
            break
    if before == view.sequence:
        # What was changed here was told here.
        view.sequence = mailbox.sequence
    return answers, count


def _read(mailbox: Mailbox, row: Row) -> Row:
    item = items.get(mailbox, row.item, "message")
    item.flags = item.flags.replace("u", "")
    items.save(mailbox, item)
    return Row(row.item, row.imap_uid, item.flags, item.tags, row.size, row.date, item.sequence)


def bytes_of(mailbox: Mailbox, item: int) -> bytes:
    """A message's bytes, for who was found to have the right to read its folder."""
    row = mailbox.db.execute(
        "SELECT data FROM messages JOIN blobs USING (digest) WHERE mbox = ? AND item = ?", (mailbox.num, item)
    ).fetchone()
    return b"" if row is None else bytes(row[0])


def _values(mailbox: Mailbox, view: View, row: Row, names: dict[int, bytes], wanted: list[Wanted]) -> Iterator[bytes]:
    parsed = Parsed(bytes_of(mailbox, row.item) if any(one.needs_bytes for one in wanted) else b"")
    for one in wanted:
        label = one.label
        if one.section:
            value = _section(parsed, one)
        elif label == b"UID":
            value = b"%d" % row.imap_uid
        elif label == b"FLAGS":
            value = flags.show(row.flags, row.tags, names, recent=row.imap_uid in view.recent)
        elif label == b"RFC822.SIZE":
            value = b"%d" % row.size
        elif label == b"INTERNALDATE":
            value = internal_date(row.date)
        elif label == b"MODSEQ":
            value = b"(%d)" % row.sequence
        elif label == b"ENVELOPE":
            value = parsed.envelope()
        else:
            value = parsed.structure(extended=label == b"BODYSTRUCTURE")
        yield label + b" " + value


def _section(parsed: Parsed, one: Wanted) -> bytes:
    data = parsed.section(one.path, one.what, one.names)
    if data is None:
        return b"NIL"
    if one.start is not None:
        data = data[one.start : one.start + one.length]
    return literal(data)
