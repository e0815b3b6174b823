"""A selected folder as one connection knows it: which messages under which numbers, and what has changed since.

Two arrays of numbers for each message, nothing else: 100,000 messages are 1.6 MB.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from zimbra.simulator.call import Unit
from zimbra.simulator.fault import no_such_account, no_such_folder, perm_denied
from zimbra.simulator.imap import flags
from zimbra.simulator.imap.grammar import Range
from zimbra.simulator.store import accounts, messages
from zimbra.simulator.store.mailbox import Mailbox

# What messages say and how they are found is kept beside their numbers: the index has the numbers alone.
_LISTED = "items JOIN messages INDEXED BY messages_by_item ON messages.mbox = items.mbox AND item = id"


@dataclass(frozen=True)
class Place:
    """A folder: whose mailbox, which number. `uid_validity` tells it from a later one of the same name."""

    owner: str
    folder: int
    uid_validity: int

    def mailbox(self, unit: Unit) -> Mailbox:
        """Its mailbox, with the reader's rights; the faults of a folder that is gone or not to be read any more."""
        account = accounts.by_id(unit.db, self.owner)
        if account is None:
            raise no_such_account(self.owner)
        mailbox = unit.mailbox(account)
        query = "SELECT 1 FROM folders WHERE mbox = ? AND id = ?"
        if mailbox.db.execute(query, (mailbox.num, self.folder)).fetchone() is None:
            raise no_such_folder(self.folder)
        if "r" not in mailbox.rights(self.folder):
            raise perm_denied()
        return mailbox


@dataclass
class View:
    """`uids` (rising) and `items` go together; a message's number is its place in them, from 1."""

    place: Place
    read_only: bool
    uids: array[int] = field(default_factory=lambda: array("Q"))
    items: array[int] = field(default_factory=lambda: array("Q"))
    recent: set[int] = field(default_factory=set)
    # The mailbox's count of changes up to which this view is true, and whether messages are known to be gone.
    sequence: int = 0
    gone: bool = False
    # The client wants to hear of MODSEQ.
    condstore: bool = False

    def load(self, mailbox: Mailbox, recent_after: int) -> int:
        """Everything in the folder; messages with a uid from `recent_after` on are recent. Returns the first unseen
        one's number, 0 without any."""
        mailbox.check(self.place.folder, "r")
        unseen = 0
        rows = mailbox.db.execute(
            f"SELECT imap_uid, item, instr(flags, 'u') FROM {_LISTED}"  # noqa: S608
            " WHERE items.mbox = ? AND folder = ? AND type = 'message' ORDER BY imap_uid",
            (mailbox.num, self.place.folder),
        )
        for uid, item, unread in rows:
            self.uids.append(uid)
            self.items.append(item)
            if uid >= recent_after:
                self.recent.add(uid)
            if unread and not unseen:
                unseen = len(self.uids)
        self.sequence = mailbox.sequence
        return unseen

    def find(self, uid: int) -> int:
        """The number of a uid, 0 when it is not here."""
        at = bisect_left(self.uids, uid)
        return at + 1 if at < len(self.uids) and self.uids[at] == uid else 0

    def choose(self, ranges: Iterable[Range], *, by_uid: bool) -> list[int]:
        """The numbers meant, in order, each once; what is not here is left out."""
        count = len(self.uids)
        if not count:
            return []
        last = self.uids[-1] if by_uid else count
        found: set[int] = set()
        for low, high in ranges:
            first, final = sorted((last if low is None else low, last if high is None else high))
            if by_uid:
                found.update(range(bisect_left(self.uids, first) + 1, bisect_right(self.uids, final) + 1))
            else:
                found.update(range(first, min(final, count) + 1))
        return sorted(found)

    def refresh(self, unit: Unit) -> list[bytes]:
        """What others have changed since, as untagged answers: new messages and flags; `vanished` tells the rest.

        The faults of `Place.mailbox` when the folder is gone.
        """
        mailbox = self.place.mailbox(unit)
        if mailbox.sequence == self.sequence:
            return []
        names = flags.keywords(mailbox)
        answers: list[bytes] = []
        added = 0
        for row in changed_since(mailbox, self.place.folder, self.sequence):
            number = self.find(row.imap_uid)
            if number:
                shown = flags.show(row.flags, row.tags, names, recent=row.imap_uid in self.recent)
                answers.append(self.flags_answer(number, shown, row.sequence, with_uid=False))
            elif not self.uids or row.imap_uid > self.uids[-1]:
                self.uids.append(row.imap_uid)
                self.items.append(row.item)
                self.recent.add(row.imap_uid)
                added += 1
        if added:
            answers += [b"* %d EXISTS" % len(self.uids), b"* %d RECENT" % len(self.recent)]
        self.gone = self.gone or _count(mailbox, self.place.folder) != len(self.uids)
        self.sequence = mailbox.sequence
        return answers

    def vanished(self, unit: Unit) -> list[bytes]:
        """The EXPUNGE of every message that is not in the folder any more."""
        if not self.gone:
            return []
        mailbox = self.place.mailbox(unit)
        rows = mailbox.db.execute(
            f"SELECT imap_uid FROM {_LISTED}"  # noqa: S608
            " WHERE items.mbox = ? AND folder = ? AND type = 'message'",
            (mailbox.num, self.place.folder),
        )
        here = {row[0] for row in rows}
        self.gone = False
        return self.remove([number for number, uid in enumerate(self.uids, 1) if uid not in here])

    def remove(self, gone: list[int]) -> list[bytes]:
        """Forget messages by their numbers (rising); the EXPUNGE answers, last first so that numbers stay true."""
        if not gone:
            return []
        self.recent.difference_update(self.uids[number - 1] for number in gone)
        lost = set(gone)
        for name in ("uids", "items"):
            kept = (value for number, value in enumerate(getattr(self, name), 1) if number not in lost)
            setattr(self, name, array("Q", kept))
        return [b"* %d EXPUNGE" % number for number in reversed(gone)]

    def flags_answer(self, number: int, shown: bytes, sequence: int, *, with_uid: bool) -> bytes:
        """The untagged FETCH that tells a message's flags."""
        parts = [b"FLAGS " + shown]
        if with_uid:
            parts.insert(0, b"UID %d" % self.uids[number - 1])
        if self.condstore:
            parts.append(b"MODSEQ (%d)" % sequence)
        return b"* %d FETCH (%s)" % (number, b" ".join(parts))


def changed_since(mailbox: Mailbox, folder: int, sequence: int) -> list[messages.Row]:
    """The messages of a folder stamped after `sequence`, by uid."""
    rows = mailbox.db.execute(
        "SELECT item, imap_uid, flags, tags, size, date, sequence FROM items INDEXED BY items_by_change"
        " JOIN messages INDEXED BY messages_by_item ON messages.mbox = items.mbox AND item = id"
        " WHERE items.mbox = ? AND sequence > ? AND folder = ? AND type = 'message' ORDER BY imap_uid",
        (mailbox.num, sequence, folder),
    )
    return [messages.Row(*row) for row in rows]


def rows_of(mailbox: Mailbox, view: View, chosen: list[int]) -> dict[int, messages.Row]:
    """What the store knows of these messages, by number; those that are gone are left out."""
    wanted = {view.items[number - 1]: number for number in chosen}
    found: dict[int, messages.Row] = {}
    ids = list(wanted)
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        marks = ",".join("?" * len(some))
        rows = mailbox.db.execute(
            f"SELECT item, imap_uid, flags, tags, size, date, sequence FROM {_LISTED}"  # noqa: S608
            f" WHERE items.mbox = ? AND id IN ({marks}) AND folder = ?",
            (mailbox.num, *some, view.place.folder),
        )
        for row in rows:
            number = wanted[row[0]]
            if view.uids[number - 1] == row[1]:
                found[number] = messages.Row(*row)
    return found


def _count(mailbox: Mailbox, folder: int) -> int:
    query = "SELECT count(*) FROM items WHERE mbox = ? AND folder = ? AND type = 'message'"
    return int(mailbox.db.execute(query, (mailbox.num, folder)).fetchone()[0])
