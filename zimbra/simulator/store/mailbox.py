"""One person's mailbox for the time of one transaction: its counters and its limits.

Item ids only grow. System folders have Zimbra's fixed ids; the first item of a mailbox is 257. A mailbox is created
the first time it is written to or looked at, so that 30,000 accounts that nobody opens cost nothing.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from zimbra.simulator.fault import SoapFault, no_such_folder, perm_denied
from zimbra.simulator.store import access
from zimbra.simulator.store.access import ALL_RIGHTS
from zimbra.simulator.store.accounts import Account

USER_ROOT, INBOX, TRASH, JUNK, SENT, DRAFTS, CONTACTS, TAGS, CALENDAR, ROOT = 1, 2, 3, 4, 5, 6, 7, 8, 10, 11
EMAILED_CONTACTS, TASKS = 13, 15
LAST_SYSTEM_ID = 17
FIRST_ITEM_ID = 257

# id, parent, name, view, flags. Names and views are those of a fresh Zimbra mailbox, which has no more a Notebook (12).
SYSTEM_FOLDERS = (
    (11, 11, "ROOT", "", ""),
    (1, 11, "USER_ROOT", "", ""),
    (8, 11, "Tags", "tag", ""),
    (9, 11, "Conversations", "conversation", ""),
    (17, 11, "Comments", "comment", ""),
    (2, 1, "Inbox", "message", ""),
    (3, 1, "Trash", "", ""),
    (4, 1, "Junk", "message", ""),
    (5, 1, "Sent", "message", ""),
    (6, 1, "Drafts", "message", ""),
    (7, 1, "Contacts", "contact", ""),
    (10, 1, "Calendar", "appointment", "#"),
    (13, 1, "Emailed Contacts", "contact", ""),
    (14, 1, "Chats", "message", ""),
    (15, 1, "Tasks", "task", "#"),
    (16, 1, "Briefcase", "document", ""),
)


class MailboxMissing(Exception):
    """A reading transaction met a mailbox that was never opened; do it again in a writing one."""


class Mailbox:
    """The mailbox of `account` inside the running transaction `db`; call `flush` before the commit.

    `reader`: on whose behalf it is used. A reader who is not the owner may do what grants allow; `unlimited` is for an
    administrator, and for what the server does by itself.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        account: Account,
        *,
        writable: bool,
        reader: Account | None = None,
        unlimited: bool = True,
    ) -> None:
        self.db = db
        self.account = account
        self.num = account.num
        self.reader = reader
        self.writable = writable
        self.limited = not unlimited
        # Ids of another's mailbox are written "<account id>:<number>".
        self._prefix = "" if reader is None or reader.num == account.num else f"{account.id}:"
        self._grantee_ids: frozenset[str] | None = None
        self._rights: dict[int, str] = {}
        row = db.execute("SELECT last_id, sequence FROM mailboxes WHERE mbox = ?", (self.num,)).fetchone()
        if row is None:
            if not writable:
                raise MailboxMissing(account.name)
            row = self._create()
        self.last_id: int = row[0]
        self.sequence: int = row[1]
        self._flushed = row
        self.contact_limit = account.limit("zimbraContactMaxNumEntries")
        self._contact_count: int | None = None
        self.quota = account.limit("zimbraMailQuota")
        self._used: int | None = None
        self._targets: set[int] = set()
        self.now = int(time.time() * 1000)

    def _create(self) -> tuple[int, int]:
        self.db.execute("INSERT INTO mailboxes VALUES (?, ?, 1)", (self.num, FIRST_ITEM_ID - 1))
        self.db.executemany(
            "INSERT INTO folders (mbox, id, parent, name, name_key, view, flags, uuid, sequence)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
            [
                (self.num, folder_id, parent, name, name.lower(), view, flags, str(uuid.uuid4()))
                for folder_id, parent, name, view, flags in SYSTEM_FOLDERS
            ],
        )
        return FIRST_ITEM_ID - 1, 1

    @property
    def foreign(self) -> bool:
        """Whether the reader is somebody else than the owner, an administrator too."""
        return self._prefix != ""

    def ref(self, number: int) -> str:
        """An id as the reader has to write it."""
        return f"{self._prefix}{number}"

    @contextmanager
    def as_server(self) -> Iterator[None]:
        """Inside, nothing is forbidden: for what follows from a request without being asked by the reader."""
        before, self.limited = self.limited, False
        try:
            yield
        finally:
            self.limited = before

    def rights(self, folder: int) -> str:
        """What the reader may do in a folder, as letters; no such folder: none."""
        if not self.limited:
            return ALL_RIGHTS
        if folder not in self._rights:
            self._rights[folder] = self._find_rights(folder)
        return self._rights[folder]

    def _find_rights(self, folder: int) -> str:
        if self._grantee_ids is None:
            self._grantee_ids = access.grantee_ids(self.db, self.reader)
        found = access.granted(access.of_folder(self.db, self.num, folder), self._grantee_ids)
        if found is not None:
            return found
        row = self.db.execute(
            "SELECT parent, flags FROM folders WHERE mbox = ? AND id = ?", (self.num, folder)
        ).fetchone()
        if row is None or row[0] == folder or "i" in row[1]:
            return ""
        return self.rights(row[0])

    def check(self, folder: int, letters: str) -> None:
        """service.PERM_DENIED unless the reader has all these rights in the folder."""
        if self.limited and not set(letters) <= set(self.rights(folder)):
            raise perm_denied()

    def grants_changed(self) -> None:
        """To be called after a change of grants, flags or places of folders."""
        self._rights.clear()
        self._targets.clear()

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence

    def flush(self) -> None:
        current = (self.last_id, self.sequence)
        if current != self._flushed:
            self.db.execute("UPDATE mailboxes SET last_id = ?, sequence = ? WHERE mbox = ?", (*current, self.num))
            self._flushed = current

    def contact_count(self) -> int:
        """Contacts held, trash included; counted once per transaction, then kept by `contacts_added`."""
        if self._contact_count is None:
            row = self.db.execute(
                "SELECT count(*) FROM items WHERE mbox = ? AND type = 'contact'", (self.num,)
            ).fetchone()
            self._contact_count = int(row[0])
        return self._contact_count

    def contacts_added(self, number: int) -> None:
        self._contact_count = self.contact_count() + number

    def forget_counts(self) -> None:
        """After a savepoint was undone, what was learnt since must be read again."""
        self._contact_count = None
        self._used = None
        self.grants_changed()

    def target(self, folder: int) -> int:
        """The folder, checked once per transaction to exist, to take items and to be open for new ones.

        mail.NO_SUCH_FOLDER; mail.CANNOT_CONTAIN for links and saved searches; service.PERM_DENIED.
        """
        if folder not in self._targets:
            query = "SELECT kind FROM folders WHERE mbox = ? AND id = ?"
            row = self.db.execute(query, (self.num, folder)).fetchone()
            if row is None:
                raise no_such_folder(folder)
            if row[0] != "folder":
                raise SoapFault("mail.CANNOT_CONTAIN", "cannot put object in that folder")
            self.check(folder, "i")
            self._targets.add(folder)
        return folder

    def targeted(self, folder: int) -> bool:
        """Whether `target` found the folder fit already in this transaction."""
        return folder in self._targets

    def used(self) -> int:
        """Bytes held; summed up once per transaction, then kept by `grown`."""
        if self._used is None:
            row = self.db.execute("SELECT coalesce(sum(size), 0) FROM items WHERE mbox = ?", (self.num,)).fetchone()
            self._used = int(row[0])
        return self._used

    def grown(self, size: int) -> None:
        """So many bytes more are held."""
        if self._used is not None:
            self._used += size

    def check_quota(self, more: int) -> None:
        """mail.QUOTA_EXCEEDED when `more` bytes do not fit any more."""
        if self.quota and more > 0 and self.used() + more > self.quota:
            raise SoapFault("mail.QUOTA_EXCEEDED", f"mailbox exceeded quota ({self.quota} bytes)", limit=self.quota)
