"""Messages: as they are read, and as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

# Letters of a message's flags, as Zimbra writes them in `f`.
UNREAD, FLAGGED, ATTACHMENT, REPLIED, FORWARDED, DRAFT, SENT, URGENT = "ufarwds!"


@dataclass(frozen=True, slots=True)
class Correspondent:
    """An address, and the name that stands beside it."""

    address: str = field(repr=False)
    name: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message. part: its number, to fetch it with `item_part`; "" for the whole of a single-part message.

    content: the text the server gave with it (cut when is_cut). is_body: what a reader shows. size in bytes.
    """

    part: str
    content_type: str
    size: int = 0
    filename: str = field(repr=False, default="")
    disposition: str = ""
    content_id: str = field(repr=False, default="")
    content: str = field(repr=False, default="")
    is_body: bool = False
    is_cut: bool = False
    parts: tuple[Part, ...] = ()

    def walk(self) -> Iterator[Part]:
        """This part, then those inside it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the mailbox. A list or a search gives no parts and no headers, and of the people some only.

    received: when it came, in UTC; sent: what it says itself. flags: letters (u unread, f flagged, a attachments...).
    sender: the From of the message; sent_by: its Sender, where it differs. headers: those that were asked for.
    """

    id: str
    folder_id: str
    conversation_id: str = ""
    flags: str = ""
    tags: tuple[str, ...] = ()
    size: int = 0
    received: datetime | None = None
    sent: datetime | None = None
    subject: str = field(repr=False, default="")
    fragment: str = field(repr=False, default="")
    sender: Correspondent | None = None
    sent_by: Correspondent | None = None
    to: tuple[Correspondent, ...] = field(repr=False, default=())
    cc: tuple[Correspondent, ...] = field(repr=False, default=())
    bcc: tuple[Correspondent, ...] = field(repr=False, default=())
    reply_to: tuple[Correspondent, ...] = field(repr=False, default=())
    message_id: str = field(repr=False, default="")
    headers: Mapping[str, tuple[str, ...]] = field(repr=False, default_factory=dict)
    body: Part | None = field(repr=False, default=None)

    @property
    def is_unread(self) -> bool:
        return UNREAD in self.flags

    @property
    def is_flagged(self) -> bool:
        return FLAGGED in self.flags

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts, the containers included, outermost first."""
        return () if self.body is None else tuple(self.body.walk())


@dataclass(frozen=True, slots=True)
class Attachment:
    content: bytes = field(repr=False)
    content_type: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to send.

    sender: another From than the account's own, which needs a right on it. identity_id: of the identity to use.
    answers: the id of the message this answers or, with forwards=True, passes on.
    """

    to: tuple[Correspondent, ...] = field(repr=False, default=())
    cc: tuple[Correspondent, ...] = field(repr=False, default=())
    bcc: tuple[Correspondent, ...] = field(repr=False, default=())
    subject: str = field(repr=False, default="")
    text: str = field(repr=False, default="")
    html: str = field(repr=False, default="")
    attachments: tuple[Attachment, ...] = field(repr=False, default=())
    sender: Correspondent | None = None
    reply_to: tuple[Correspondent, ...] = field(repr=False, default=())
    identity_id: str = ""
    answers: str = ""
    forwards: bool = False


@dataclass(frozen=True, slots=True)
class FolderCount:
    """Messages of a folder: all, unread, and their bytes."""

    id: str
    path: str
    total: int
    unread: int
    size: int
