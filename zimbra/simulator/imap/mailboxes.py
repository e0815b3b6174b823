"""IMAP's commands about folders: LIST and its kin, CREATE, DELETE, RENAME, SUBSCRIBE, STATUS, SELECT, quota."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from zimbra.simulator.call import Unit
from zimbra.simulator.imap import flags, names
from zimbra.simulator.imap.grammar import BadSyntax, Scanner, quoted, to_utf7
from zimbra.simulator.imap.names import Named, Numbers
from zimbra.simulator.imap.session import Session, handles
from zimbra.simulator.imap.view import View
from zimbra.simulator.store.accounts import Account

_STATUS = frozenset({"MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "SIZE", "DELETED", "HIGHESTMODSEQ"})


def _name(name: str) -> bytes:
    return quoted(to_utf7(name))


def _matcher(reference: str, patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a name is meant: "*" stands for anything, "%" for anything in one level."""
    found: list[re.Pattern[str]] = []
    for pattern in patterns:
        whole = pattern if pattern.startswith("/") else reference + pattern
        # Runs of wildcards mean no more than one of them, and cost nothing that way.
        whole = re.sub(r"[*%]*\*[*%]*", "*", whole.lstrip("/"))
        text = "".join(
            ".*" if part == "*" else "[^/]*" if part.startswith("%") else re.escape(part)
            for part in re.split(r"(\*|%+)", whole)
        )
        found.append(re.compile(text, re.IGNORECASE | re.DOTALL))
    return lambda name: any(one.fullmatch(name) for one in found)


@handles("LIST", "signed in")
async def list_folders(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.space()
    chosen: set[str] = set()
    if scanner.peek() == b"(":
        chosen = set(scanner.words())
        scanner.space()
    reference = scanner.mailbox()
    scanner.space()
    patterns: list[str] = []
    if scanner.skip(b"("):
        while not scanner.skip(b")"):
            scanner.skip(b" ")
            patterns.append(scanner.pattern())
    else:
        patterns.append(scanner.pattern())
    returned, status = _return_options(scanner)
    scanner.end()
    if patterns == [""]:
        await session.send(b'* LIST (\\Noselect) "/" ""\r\n')
        return "LIST completed"
    matches = _matcher(reference, patterns)

    def work(unit: Unit, account: Account) -> list[bytes]:
        answers: list[bytes] = []
        counted: dict[int, dict[int, Numbers]] = {}
        for named in names.everything(unit, account):
            special = names.SPECIAL.get(named.folder.id) if named.own else None
            if not matches(named.name) or ("SUBSCRIBED" in chosen and not named.subscribed):
                continue
            if "SPECIAL-USE" in chosen and special is None:
                continue
            marks = [b"\\HasChildren" if named.children else b"\\HasNoChildren"]
            if not named.selectable:
                marks.append(b"\\Noselect")
            if special is not None:
                marks.append(special)
            if named.subscribed and ("SUBSCRIBED" in chosen or "SUBSCRIBED" in returned):
                marks.append(b"\\Subscribed")
            answers.append(b'* LIST (%s) "/" %s' % (b" ".join(marks), _name(named.name)))
            if status and named.selectable:
                mailbox = named.mailbox
                if mailbox.num not in counted:
                    counted[mailbox.num] = names.numbers(mailbox)
                numbers = counted[mailbox.num].get(named.folder.id, Numbers())
                answers.append(_status(named, status, numbers))
        return answers

    await session.send_all(await session.store(work))
    return "LIST completed"


def _return_options(scanner: Scanner) -> tuple[set[str], list[str]]:
    """The words after RETURN, and what STATUS asks."""
    returned: set[str] = set()
    status: list[str] = []
    if scanner.skip(b" RETURN ("):
        while not scanner.skip(b")"):
            scanner.skip(b" ")
            word = scanner.word()
            returned.add(word)
            if word == "STATUS":
                scanner.space()
                status = _status_items(scanner)
    return returned, status


@handles("LSUB", "signed in")
async def list_subscribed(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.space()
    reference = scanner.mailbox()
    scanner.space()
    pattern = scanner.pattern()
    scanner.end()
    matches = _matcher(reference, [pattern])

    def work(unit: Unit, account: Account) -> list[bytes]:
        subscribed = [one for one in names.everything(unit, account) if one.subscribed]
        shown = {one.name: b"" if one.selectable else b"\\Noselect" for one in subscribed if matches(one.name)}
        if pattern.endswith("%"):
            # A parent that is not on the list is told of when something below it is.
            for one in subscribed:
                parts = one.name.split("/")
                for depth in range(1, len(parts)):
                    parent = "/".join(parts[:depth])
                    if matches(parent):
                        shown.setdefault(parent, b"\\Noselect")
        return [b'* LSUB (%s) "/" %s' % (marks, _name(name)) for name, marks in sorted(shown.items())]

    await session.send_all(await session.store(work))
    return "LSUB completed"


def _one_name(scanner: Scanner) -> str:
    scanner.space()
    return scanner.mailbox()


@handles("CREATE", "signed in")
async def create(session: Session, scanner: Scanner, by_uid: bool) -> str:
    name = _one_name(scanner)
    scanner.end()
    await session.store(lambda unit, account: names.create(unit, account, name), write=True)
    return "CREATE completed"


@handles("DELETE", "signed in")
async def delete(session: Session, scanner: Scanner, by_uid: bool) -> str:
    name = _one_name(scanner)
    scanner.end()

    def work(unit: Unit, account: Account) -> bool:
        place = names.find(unit, account, name).place
        names.delete(unit, account, name)
        return session.view is not None and session.view.place == place

    if await session.store(work, write=True):
        session.view = None
    return "DELETE completed"


@handles("RENAME", "signed in")
async def rename(session: Session, scanner: Scanner, by_uid: bool) -> str:
    old, new = _one_name(scanner), _one_name(scanner)
    scanner.end()
    await session.store(lambda unit, account: names.rename(unit, account, old, new), write=True)
    return "RENAME completed"


@handles("SUBSCRIBE", "signed in")
async def subscribe(session: Session, scanner: Scanner, by_uid: bool) -> str:
    name = _one_name(scanner)
    scanner.end()
    await session.store(lambda unit, account: names.subscribe(unit, account, name, wanted=True), write=True)
    return "SUBSCRIBE completed"


@handles("UNSUBSCRIBE", "signed in")
async def unsubscribe(session: Session, scanner: Scanner, by_uid: bool) -> str:
    name = _one_name(scanner)
    scanner.end()
    await session.store(lambda unit, account: names.subscribe(unit, account, name, wanted=False), write=True)
    return "UNSUBSCRIBE completed"


# --- STATUS --------------------------------------------------------------------------------------------------------


def _status_items(scanner: Scanner) -> list[str]:
    found = scanner.words()
    if not found or not set(found) <= _STATUS:
        raise BadSyntax("unknown status item")
    return found


def _status(named: Named, items: list[str], numbers: Numbers) -> bytes:
    values: list[bytes] = []
    for item in items:
        if item == "MESSAGES":
            number = numbers.messages
        elif item == "RECENT":
            number = names.recent_count(named)
        elif item == "UIDNEXT":
            number = names.uid_next(named)
        elif item == "UIDVALIDITY":
            number = named.place.uid_validity
        elif item == "UNSEEN":
            number = numbers.unseen
        elif item == "SIZE":
            number = numbers.size
        elif item == "DELETED":
            number = numbers.deleted
        else:
            number = named.mailbox.sequence
        values.append(b"%s %d" % (item.encode(), number))
    return b"* STATUS %s (%s)" % (_name(named.name), b" ".join(values))


@handles("STATUS", "signed in")
async def status(session: Session, scanner: Scanner, by_uid: bool) -> str:
    name = _one_name(scanner)
    scanner.space()
    items = _status_items(scanner)
    scanner.end()

    def work(unit: Unit, account: Account) -> list[bytes]:
        named = names.selectable(unit, account, name)
        numbers = names.numbers(named.mailbox, named.folder.id).get(named.folder.id, Numbers())
        return [_status(named, items, numbers)]

    await session.send_all(await session.store(work))
    return "STATUS completed"


# --- SELECT --------------------------------------------------------------------------------------------------------


@handles("SELECT", "signed in")
async def select(session: Session, scanner: Scanner, by_uid: bool) -> str:
    return await _open(session, scanner, read_only=False)


@handles("EXAMINE", "signed in")
async def examine(session: Session, scanner: Scanner, by_uid: bool) -> str:
    return await _open(session, scanner, read_only=True)


async def _open(session: Session, scanner: Scanner, *, read_only: bool) -> str:
    name = _one_name(scanner)
    options: list[str] = []
    if scanner.skip(b" "):
        options = scanner.words()
        if set(options) - {"CONDSTORE"}:
            raise BadSyntax("unknown option")
    scanner.end()
    session.condstore = session.condstore or bool(options)
    # Whatever comes of it, the folder selected before is not any more.
    await session.select(None)

    def work(unit: Unit, account: Account) -> tuple[View, list[bytes]]:
        named = names.selectable(unit, account, name)
        mailbox = named.mailbox
        view = View(named.place, read_only or named.read_only, condstore=session.condstore)
        unseen = view.load(mailbox, names.recent_from(mailbox, named.folder.id))
        keywords = b"".join(b" " + word for word in flags.keywords(mailbox).values())
        permanent = b"" if view.read_only else flags.SYSTEM + keywords + (b"" if mailbox.foreign else b" \\*")
        answers = [
            b"* %d EXISTS" % len(view.uids),
            b"* %d RECENT" % len(view.recent),
            b"* FLAGS (%s%s)" % (flags.SYSTEM, keywords),
            b"* OK [PERMANENTFLAGS (%s)] flags kept" % permanent,
            b"* OK [UIDVALIDITY %d] UIDs are valid" % view.place.uid_validity,
            b"* OK [UIDNEXT %d] next UID" % names.uid_next(named),
            b"* OK [HIGHESTMODSEQ %d] modseq" % mailbox.sequence,
        ]
        if unseen:
            answers.append(b"* OK [UNSEEN %d] first unseen message" % unseen)
        if view.recent and not view.read_only and unit.writable:
            names.recent_told(mailbox, named.folder.id)
        return view, answers

    view, answers = await session.store(work)
    if view.recent and not view.read_only:
        # They are recent to this client only, which takes writing that down.
        view, answers = await session.store(work, write=True)
    await session.send_all(answers)
    await session.select(view)
    return f"[{'READ-ONLY' if view.read_only else 'READ-WRITE'}] {'EXAMINE' if read_only else 'SELECT'} completed"


@handles("UNSELECT", "selected")
async def unselect(session: Session, scanner: Scanner, by_uid: bool) -> str:
    scanner.end()
    await session.select(None)
    return "UNSELECT completed"


# --- quota ---------------------------------------------------------------------------------------------------------


@handles("GETQUOTAROOT", "signed in")
async def quota_root(session: Session, scanner: Scanner, by_uid: bool) -> str:
    name = _one_name(scanner)
    scanner.end()

    def work(unit: Unit, account: Account) -> list[bytes]:
        named = names.find(unit, account, name)
        # What others keep is counted as theirs, and is not the reader's business.
        if named.mailbox.foreign:
            return [b"* QUOTAROOT " + _name(named.name)]
        return [b'* QUOTAROOT %s ""' % _name(named.name), _quota(unit, account)]

    await session.send_all(await session.store(work))
    return "GETQUOTAROOT completed"


@handles("GETQUOTA", "signed in")
async def quota(session: Session, scanner: Scanner, by_uid: bool) -> str:
    root = _one_name(scanner)
    scanner.end()
    if root:
        raise BadSyntax("no such quota root")
    await session.send_all([await session.store(_quota)])
    return "GETQUOTA completed"


def _quota(unit: Unit, account: Account) -> bytes:
    """Kilobytes used and allowed; no limit, no resource."""
    limit = account.limit("zimbraMailQuota")
    if not limit:
        return b'* QUOTA "" ()'
    used = unit.mailbox(account).used()
    return b'* QUOTA "" (STORAGE %d %d)' % (-(-used // 1024), limit // 1024)
