"""Messages of a mailbox: bytes kept once, a summary to list them by, words to find them by, conversations.

Flag letters (items.flags): u unread, f flagged, a attachment, r replied, w forwarded, s sent by me, d draft,
x deleted (IMAP), n notified, v invitation, ! urgent, ? of little importance.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.mail import wording
from zimbra.simulator.mail.mime import Message, is_reply, normalised_subject
from zimbra.simulator.store import items
from zimbra.simulator.store.items import COLUMNS, Item
from zimbra.simulator.store.mailbox import JUNK, TRASH, Mailbox

FLAGS = "sarwfdxnu!?/pt+^v("


@dataclass(frozen=True)
class Details:
    """What is known of a message beyond its item. `date`: of arrival, ms."""

    item: int
    conversation: int
    imap_uid: int
    date: int
    message_id: str
    digest: str
    summary: dict[str, Any]


@dataclass(frozen=True)
class Row:
    """A message as a list of a folder shows it (IMAP)."""

    item: int
    imap_uid: int
    flags: str
    tags: str
    size: int
    date: int
    sequence: int


def clean_flags(flags: str) -> str:
    """Known letters, each once, in Zimbra's order; what it does not know it drops."""
    return "".join(letter for letter in FLAGS if letter in flags)


def check_size(mailbox: Mailbox, size: int) -> None:
    """mail.MESSAGE_TOO_BIG when a message is larger than zimbraMtaMaxMessageSize."""
    limit = mailbox.account.limit("zimbraMtaMaxMessageSize")
    if limit and size > limit:
        raise SoapFault(
            "mail.MESSAGE_TOO_BIG", f"Message of size {size} exceeded allowed size", maxSize=limit, size=size
        )


def add(
    mailbox: Mailbox,
    folder: int,
    raw: bytes,
    *,
    flags: str = "u",
    tags: str = "",
    date: int | None = None,
    message: Message | None = None,
    conversation: int | None = None,
    content: str = "",
) -> Item:
    """A new message in a folder the reader may insert into.

    `tags`: ids as items keep them. `date`: of arrival; None for now, or what X-Zimbra-Received says. `message`: `raw`
    already read. `conversation`: to join this one, whatever the message says. Faults: mail.NO_SUCH_FOLDER,
    service.PERM_DENIED, mail.QUOTA_EXCEEDED, mail.MESSAGE_TOO_BIG.
    """
    mailbox.target(folder)
    check_size(mailbox, len(raw))
    read = message or Message.parse(raw)
    item = Item(
        id=mailbox.next_id(),
        type="message",
        folder=folder,
        uid=None,
        label=read.subject,
        flags=clean_flags(flags + own_flags(read)),
        tags=tags,
        size=len(raw),
        changed=mailbox.now,
        sequence=mailbox.next_sequence(),
        starts=None,
        ends=None,
        content=content,
    )
    joined = conversation
    if joined is None:
        joined = _conversation(mailbox, read) if folder not in (JUNK, TRASH) else None
    items.insert(mailbox, item)
    keep_details(mailbox, item.id, item.id, read, (read.received or mailbox.now) if date is None else date)
    _join(mailbox, item.id, joined)
    return item


def own_flags(message: Message) -> str:
    """The letters a message brings with it: attachment, invitation, importance."""
    flags = "a" if message.attachments else ""
    if message.invite is not None:
        flags += "v"
    importance = next(iter(message.header("Importance") or message.header("X-Priority")), "").strip().lower()
    if importance.startswith(("high", "1", "2")):
        return flags + "!"
    return flags + "?" if importance.startswith(("low", "4", "5")) else flags


def keep_details(mailbox: Mailbox, item_id: int, imap_uid: int, message: Message, date: int) -> None:
    """The bytes and what is known of them, in place of what the item had."""
    digest = hashlib.sha256(message.raw).hexdigest()
    old = mailbox.db.execute(
        "SELECT conversation FROM messages WHERE mbox = ? AND item = ?", (mailbox.num, item_id)
    ).fetchone()
    summary = summarise(message)
    sender = next(iter(message.addresses("from") or message.addresses("sender")), ("", ""))
    mailbox.db.execute("DELETE FROM messages WHERE mbox = ? AND item = ?", (mailbox.num, item_id))
    # The last copy of the same bytes takes them along.
    mailbox.db.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (digest, message.raw))
    mailbox.db.execute(
        "INSERT INTO messages (mbox, item, conversation, imap_uid, date, message_id, digest, subject_key, sender_key,"
        " summary, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            mailbox.num, item_id, -item_id if old is None else old[0], imap_uid, date, message.message_id, digest,
            wording.plain(normalised_subject(message.subject)), wording.plain(sender[0] or sender[1]),
            json.dumps(summary, ensure_ascii=False), wording.of_message(message),
        ),
    )  # fmt: skip


def summarise(message: Message) -> dict[str, Any]:
    """What lists show of a message: its addresses by Zimbra's letters, its date, the beginning of its text."""
    kinds = (
        ("f", "from"), ("s", "sender"), ("t", "to"), ("c", "cc"), ("b", "bcc"), ("r", "reply-to"),
        ("rf", "resent-from"), ("n", "disposition-notification-to"),
    )  # fmt: skip
    found = {letter: listed for letter, name in kinds if (listed := message.addresses(name))}
    return {
        "e": found,
        "fr": message.fragment,
        "sd": message.date,
        "irt": message.in_reply_to,
        "refs": message.references[-20:],
        "autosend": bool(message.header("Auto-Submitted")),
    }


def details(mailbox: Mailbox, item_ids: Iterable[int]) -> dict[int, Details]:
    """By item id, for those that are messages of this mailbox."""
    wanted = list(item_ids)
    found: dict[int, Details] = {}
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        marks = ",".join("?" * len(some))
        rows = mailbox.db.execute(
            "SELECT item, conversation, imap_uid, date, message_id, digest, summary"  # noqa: S608
            f" FROM messages WHERE mbox = ? AND item IN ({marks})",
            (mailbox.num, *some),
        )
        for row in rows:
            found[row[0]] = Details(row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6]))
    return found


def detail(mailbox: Mailbox, item_id: int) -> Details:
    """mail.NO_SUCH_MSG when there is no such message."""
    found = details(mailbox, [item_id]).get(item_id)
    if found is None:
        raise items.not_found("message", item_id)
    return found


def raw(mailbox: Mailbox, item_id: int) -> bytes:
    """The bytes of a message, for a reader who may read its folder; mail.NO_SUCH_MSG, service.PERM_DENIED."""
    item = items.get(mailbox, item_id, "message")
    row = mailbox.db.execute(
        "SELECT data FROM messages JOIN blobs USING (digest) WHERE mbox = ? AND item = ?", (mailbox.num, item.id)
    ).fetchone()
    data: bytes = row[0]
    return data


def copy(mailbox: Mailbox, item: Item, target: Mailbox, folder: int) -> Item:
    """A second message of the same bytes, flags and date, in a folder of the same or of another mailbox."""
    target.target(folder)
    known = detail(mailbox, item.id)
    made = Item(
        target.next_id(), "message", folder, None, item.label, item.flags,
        item.tags if target.num == mailbox.num else "", item.size, target.now, target.next_sequence(), None, None,
        item.content,
    )  # fmt: skip
    items.insert(target, made)
    target.db.execute(
        "INSERT INTO messages (mbox, item, conversation, imap_uid, date, message_id, digest, subject_key, sender_key,"
        " summary, words) SELECT ?, ?, ?, ?, date, message_id, digest, subject_key, sender_key, summary, words"
        " FROM messages WHERE mbox = ? AND item = ?",
        (target.num, made.id, -made.id, made.id, mailbox.num, item.id),
    )
    if target.num == mailbox.num:
        _join(target, made.id, known.conversation)
    elif folder not in (JUNK, TRASH):
        joined = _conversation(target, Message.parse(raw(mailbox, item.id)), but=made.id)
        _join(target, made.id, joined)
    return made


def replace(mailbox: Mailbox, item: Item, content: bytes) -> Item:
    """New bytes for a draft: the same id, a new IMAP uid."""
    check_size(mailbox, len(content))
    mailbox.check_quota(len(content) - item.size)
    message = Message.parse(content)
    item.label, item.size = message.subject, len(content)
    item.flags = clean_flags("".join(c for c in item.flags if c not in "av!?") + own_flags(message))
    keep_details(mailbox, item.id, mailbox.next_id(), message, mailbox.now)
    items.save(mailbox, item)
    return item


def digests(mailbox: Mailbox, folder: int) -> set[str]:
    """The digests (SHA-256) of the messages of a folder."""
    rows = mailbox.db.execute(
        "SELECT digest FROM items JOIN messages ON messages.mbox = items.mbox AND item = id"
        " WHERE items.mbox = ? AND folder = ? AND type = 'message'",
        (mailbox.num, folder),
    )
    return {row[0] for row in rows}


# --- IMAP ----------------------------------------------------------------------------------------------------------


def of_folder(mailbox: Mailbox, folder: int) -> list[Row]:
    """The messages of a folder in order of IMAP uid; service.PERM_DENIED."""
    mailbox.check(folder, "r")
    rows = mailbox.db.execute(
        "SELECT item, imap_uid, flags, tags, size, date, sequence FROM items JOIN messages"
        " ON messages.mbox = items.mbox AND item = id WHERE items.mbox = ? AND folder = ? AND type = 'message'"
        " ORDER BY imap_uid",
        (mailbox.num, folder),
    )
    return [Row(*row) for row in rows]


# --- conversations -------------------------------------------------------------------------------------------------

# A message alone has the conversation minus its id; one that gets company gives both a number of their own.
# The indexes are named because SQLite, which keeps no statistics here, would read the whole mailbox instead.


def _conversation(mailbox: Mailbox, message: Message, *, but: int = 0) -> int | None:
    """The conversation a message belongs to, found as zimbraMailThreadingAlgorithm says.

    "references": by what it answers, or by its subject when it does not say. "strict": by what it answers only;
    "subjrefs": and only with the same subject. "subject": by subject only. "none": it stays alone.
    """
    way = mailbox.account.first("zimbraMailThreadingAlgorithm") or "references"
    if way == "none":
        return None
    subject = wording.plain(normalised_subject(message.subject))
    if way != "subject":
        found = _by_references(mailbox, message, but, subject if way == "subjrefs" else None)
        if found is not None or way == "strict" or message.references:
            return found
    if not subject or not is_reply(message.subject):
        return None
    row = mailbox.db.execute(
        "SELECT conversation FROM messages INDEXED BY messages_by_subject"
        " WHERE mbox = ? AND subject_key = ? AND +item <> ? ORDER BY date DESC LIMIT 1",
        (mailbox.num, subject, but),
    ).fetchone()
    return None if row is None else int(row[0])


def _by_references(mailbox: Mailbox, message: Message, but: int, subject: str | None) -> int | None:
    """The conversation of the latest message that is referred to; `subject`: which it must have too, if not None."""
    for reference in [*reversed(message.references[-50:]), *([message.message_id] if message.message_id else [])]:
        row = mailbox.db.execute(
            "SELECT conversation, subject_key FROM messages INDEXED BY messages_by_message_id"
            " WHERE mbox = ? AND message_id = ? AND +item <> ? LIMIT 1",
            (mailbox.num, reference, but),
        ).fetchone()
        if row is not None:
            return int(row[0]) if subject is None or row[1] == subject else None
    return None


def _join(mailbox: Mailbox, item_id: int, conversation: int | None) -> None:
    if conversation is None:
        return
    number = conversation
    if conversation < 0:
        number = mailbox.next_id()
        mailbox.db.execute(
            "UPDATE messages SET conversation = ? WHERE mbox = ? AND conversation = ?",
            (number, mailbox.num, conversation),
        )
    mailbox.db.execute(
        "UPDATE messages SET conversation = ? WHERE mbox = ? AND item = ?", (number, mailbox.num, item_id)
    )


def conversation_number(mailbox: Mailbox, number: int) -> int:
    """The conversation an id means now: one that was a message alone may have got company since."""
    if number >= 0:
        return number
    row = mailbox.db.execute(
        "SELECT conversation FROM messages WHERE mbox = ? AND item = ?", (mailbox.num, -number)
    ).fetchone()
    return number if row is None else int(row[0])


def of_conversation(mailbox: Mailbox, conversation: int) -> list[Item]:
    """The messages of a conversation that the reader may see, oldest first."""
    rows = mailbox.db.execute(
        f"SELECT {COLUMNS} FROM messages INDEXED BY messages_by_conversation"  # noqa: S608
        " JOIN items ON items.mbox = messages.mbox AND id = item"
        " WHERE messages.mbox = ? AND conversation = ? ORDER BY date, id",
        (mailbox.num, conversation),
    )
    return [Item(*row) for row in rows if "r" in mailbox.rights(row[2])]


def with_message_id(mailbox: Mailbox, message_id: str, *, since: int = 0) -> list[Item]:
    """The messages that bear a Message-ID and arrived after `since` (ms)."""
    rows = mailbox.db.execute(
        f"SELECT {COLUMNS} FROM messages INDEXED BY messages_by_message_id"  # noqa: S608
        " JOIN items ON items.mbox = messages.mbox AND id = item"
        " WHERE messages.mbox = ? AND message_id = ? AND +changed >= ?",
        (mailbox.num, message_id, since),
    )
    return [Item(*row) for row in rows]
