"""IMAP's commands that change messages: STORE, COPY, MOVE, APPEND, EXPUNGE, CLOSE. Rights are those of the grants."""

from __future__ import annotations

from functools import partial

from zimbra.simulator.call import Unit
from zimbra.simulator.fault import SoapFault, perm_denied
from zimbra.simulator.imap import names
from zimbra.simulator.imap.flags import Change, keywords, show
from zimbra.simulator.imap.grammar import BadSyntax, Range, Scanner, numbers
from zimbra.simulator.imap.names import Named
from zimbra.simulator.imap.session import Refusal, Session, handles
from zimbra.simulator.imap.view import View, rows_of
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.store import items, messages
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.mailbox import Mailbox

# Messages changed in one transaction, so that others get their turn.
PIECE = 500


def _writable(session: Session) -> View:
    view = session.view
    assert view is not None
    if view.read_only:
        raise Refusal("[READ-ONLY] the folder is selected read-only")
    return view


# --- STORE ---------------------------------------------------------------------------------------------------------


@handles("STORE", "selected")
async def store(session: Session, scanner: Scanner, by_uid: bool) -> str:
    view = _writable(session)
    scanner.space()
    ranges = scanner.sequence_set()
    unchanged_since: int | None = None
    scanner.space()
    if scanner.skip(b"(UNCHANGEDSINCE "):
        unchanged_since = scanner.number()
        scanner.need(b") ")
        session.condstore = view.condstore = True
    how = "+" if scanner.skip(b"+") else "-" if scanner.skip(b"-") else ""
    scanner.need(b"FLAGS")
    silent = scanner.skip(b".SILENT")
    scanner.space()
    given = [] if scanner.skip(b"()") else scanner.flags()
    scanner.end()
    chosen = view.choose(ranges, by_uid=by_uid)
    refused: list[int] = []
    for start in range(0, len(chosen), PIECE):
        piece = chosen[start : start + PIECE]
        work = partial(
            _store, view=view, piece=piece, given=given, how=how, silent=silent, unchanged_since=unchanged_since,
            with_uid=by_uid,
        )  # fmt: skip
        answers, more = await session.store(work, write=True)
        refused += more
        await session.send_all(answers)
    if refused:
        listed = [view.uids[number - 1] for number in refused] if by_uid else refused
        return f"[MODIFIED {numbers(listed).decode()}] conditional STORE failed for some"
    return "STORE completed"


def _store(
    unit: Unit,
    account: Account,
    *,
    view: View,
    piece: list[int],
    given: list[str],
    how: str,
    silent: bool,
    unchanged_since: int | None,
    with_uid: bool,
) -> tuple[list[bytes], list[int]]:
    """Answers, and the messages somebody else has changed since."""
    mailbox = view.place.mailbox(unit)
    mailbox.check(view.place.folder, "w")
    before = mailbox.sequence
    change = Change(mailbox, given, may_create=how != "-" and not mailbox.foreign)
    rows = rows_of(mailbox, view, piece)
    shown = keywords(mailbox)
    answers: list[bytes] = []
    refused: list[int] = []
    for number, row in sorted(rows.items()):
        if unchanged_since is not None and row.sequence > unchanged_since:
            refused.append(number)
            continue
        letters, tags = change.apply(row.flags, row.tags, how)
        sequence = row.sequence
        if (sorted(letters), tags) != (sorted(row.flags), row.tags):
            item = items.get(mailbox, row.item, "message")
            item.flags, item.tags = messages.clean_flags(letters), tags
            items.save(mailbox, item)
            sequence = item.sequence
        if not silent:
            told = show(letters, tags, shown, recent=row.imap_uid in view.recent)
            answers.append(view.flags_answer(number, told, sequence, with_uid=with_uid))
        elif view.condstore:
            answers.append(b"* %d FETCH (UID %d MODSEQ (%d))" % (number, row.imap_uid, sequence))
    if before == view.sequence:
        # What was changed here was told here.
        view.sequence = mailbox.sequence
    return answers, refused


# --- COPY and MOVE -------------------------------------------------------------------------------------------------


def _transfer(scanner: Scanner) -> tuple[list[Range], str]:
    scanner.space()
    ranges = scanner.sequence_set()
    scanner.space()
    name = scanner.mailbox()
    scanner.end()
    return ranges, name


def _target(unit: Unit, account: Account, name: str) -> Named:
    """The folder messages are to go to; [TRYCREATE] when there is none."""
    try:
        target = names.selectable(unit, account, name)
    except SoapFault as fault:
        if fault.code != "mail.NO_SUCH_FOLDER":
            raise
        raise Refusal("[TRYCREATE] no such folder") from fault
    if "i" not in target.mailbox.rights(target.folder.id):
        raise perm_denied()
    return target


@handles("COPY", "selected")
async def copy(session: Session, scanner: Scanner, by_uid: bool) -> str:
    view = session.view
    assert view is not None
    ranges, name = _transfer(scanner)
    chosen = view.choose(ranges, by_uid=by_uid)

    def work(unit: Unit, account: Account) -> str:
        target = _target(unit, account, name)
        mailbox = view.place.mailbox(unit)
        pairs: list[tuple[int, int]] = []
        for _, row in sorted(rows_of(mailbox, view, chosen).items()):
            item = items.get(mailbox, row.item, "message")
            made = messages.copy(mailbox, item, target.mailbox, target.folder.id)
            pairs.append((row.imap_uid, _uid_of(target.mailbox, made.id)))
        return _copied(target, pairs)

    return f"{await session.store(work, write=True)}COPY completed"


def _copied(target: Named, pairs: list[tuple[int, int]]) -> str:
    if not pairs:
        return ""
    old, new = (numbers(list(some)).decode() for some in zip(*pairs, strict=True))
    return f"[COPYUID {target.place.uid_validity} {old} {new}] "


def _uid_of(mailbox: Mailbox, item: int) -> int:
    query = "SELECT imap_uid FROM messages WHERE mbox = ? AND item = ?"
    return int(mailbox.db.execute(query, (mailbox.num, item)).fetchone()[0])


@handles("MOVE", "selected")
async def move(session: Session, scanner: Scanner, by_uid: bool) -> str:
    view = _writable(session)
    ranges, name = _transfer(scanner)
    chosen = view.choose(ranges, by_uid=by_uid)

    def work(unit: Unit, account: Account) -> tuple[str, list[int]]:
        target = _target(unit, account, name)
        mailbox = view.place.mailbox(unit)
        if (target.mailbox.num, target.folder.id) == (mailbox.num, view.place.folder):
            raise Refusal("[CANNOT] the messages are there already")
        mailbox.check(view.place.folder, "d")
        pairs: list[tuple[int, int]] = []
        gone: list[int] = []
        for number, row in sorted(rows_of(mailbox, view, chosen).items()):
            item = items.get(mailbox, row.item, "message")
            if target.mailbox is mailbox:
                items.move(mailbox, item, target.folder.id)
                moved = item.id
            else:
                moved = messages.copy(mailbox, item, target.mailbox, target.folder.id).id
                items.delete(mailbox, item.id)
            pairs.append((row.imap_uid, _uid_of(target.mailbox, moved)))
            gone.append(number)
        return _copied(target, pairs), gone

    copied, gone = await session.store(work, write=True)
    if copied:
        await session.send(b"* OK %s\r\n" % copied.strip().encode())
    await session.send_all(view.remove(gone))
    return "MOVE completed"


# --- APPEND --------------------------------------------------------------------------------------------------------


@handles("APPEND", "signed in")
async def append(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.space()
    name = scanner.mailbox()
    scanner.space()
    given: list[str] = []
    date: int | None = None
    if scanner.peek() == b"(":
        given = scanner.flags()
        scanner.space()
    if scanner.peek() == b'"':
        date = scanner.date_time()
        scanner.space()
    if not scanner.is_literal():
        raise BadSyntax("literal expected")
    raw = scanner.string()
    scanner.end()
    if not raw.strip():
        raise Refusal("an empty message is no message")

    def work(unit: Unit, account: Account) -> str:
        target = _target(unit, account, name)
        change = Change(target.mailbox, given, may_create=not target.mailbox.foreign)
        letters, tags = change.apply("u", "", "+")
        message = Message.parse(raw)
        if any(address.lower() in account.addresses() for _, address in message.addresses("from")):
            letters += "s"
        item = messages.add(target.mailbox, target.folder.id, raw, flags=letters, tags=tags, date=date, message=message)
        return f"[APPENDUID {target.place.uid_validity} {_uid_of(target.mailbox, item.id)}] APPEND completed"

    return await session.store(work, write=True)


# --- EXPUNGE and CLOSE ---------------------------------------------------------------------------------------------


def _expunge(unit: Unit, view: View, among: set[int] | None) -> list[int]:
    """Delete what bears \\Deleted, of some messages or of all the client knows; their numbers."""
    mailbox = view.place.mailbox(unit)
    mailbox.check(view.place.folder, "d")
    rows = mailbox.db.execute(
        "SELECT id, imap_uid FROM items JOIN messages ON messages.mbox = items.mbox AND item = id"
        " WHERE items.mbox = ? AND folder = ? AND type = 'message' AND instr(flags, 'x')",
        (mailbox.num, view.place.folder),
    ).fetchall()
    gone: list[int] = []
    for item, uid in rows:
        number = view.find(uid)
        if number and (among is None or number in among):
            items.delete(mailbox, item)
            gone.append(number)
    return sorted(gone)


@handles("EXPUNGE", "selected")
async def expunge(session: Session, scanner: Scanner, by_uid: bool) -> str:
    view = _writable(session)
    among: set[int] | None = None
    if by_uid:
        scanner.space()
        among = set(view.choose(scanner.sequence_set(), by_uid=True))
    scanner.end()
    gone = await session.store(lambda unit, _: _expunge(unit, view, among), write=True)
    await session.send_all(view.remove(gone))
    return "EXPUNGE completed"


@handles("CLOSE", "selected")
async def close(session: Session, scanner: Scanner, by_uid: bool) -> str:
    view = session.view
    assert view is not None
    scanner.end()
    if not view.read_only:
        # Without the right to delete CLOSE only closes (RFC 4314).
        await session.store(lambda unit, _: _close(unit, view), write=True)
    await session.select(None)
    return "CLOSE completed"


def _close(unit: Unit, view: View) -> None:
    if "d" in view.place.mailbox(unit).rights(view.place.folder):
        _expunge(unit, view, None)
