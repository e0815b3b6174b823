"""What a script wants done with a message."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Keep:
    """Store the message where it would be without filters: the Inbox, or Sent for what goes out."""


@dataclass(frozen=True)
class FileInto:
    """Store the message in a folder, made when it is missing; where that can't be done, keep it instead."""

    path: str
    copy: bool = False


@dataclass(frozen=True)
class Discard:
    """Nothing is stored."""


@dataclass(frozen=True)
class Redirect:
    """Send the message on as it is."""

    address: str
    copy: bool = False


@dataclass(frozen=True)
class Reply:
    """Answer the sender with this text."""

    text: str


@dataclass(frozen=True)
class Notify:
    """Tell an address about the message.

    `size`: bytes of the text to send at most, -1 for all; `headers`: fields to copy from the message, "*" for all.
    """

    address: str
    subject: str = ""
    text: str = ""
    size: int = -1
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotifyByMail:
    """A notification of RFC 5435 and 5436: a message with these recipients and fields.

    `sender` and `message` are "" when the script gave none: then the owner of the mailbox is the sender, and the
    subject is that of `fields`, else the filtered message's own. `fields` are those of the mailto address, their
    names as the script has them.
    """

    to: tuple[str, ...]
    sender: str = ""
    message: str = ""
    importance: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    def field(self, name: str) -> list[str]:
        """The values of a field, by its name in lower case."""
        return [value for key, value in self.fields if key.lower() == name]


@dataclass(frozen=True)
class Reject:
    """Refuse the message by a letter to its sender; it is not stored."""

    text: str


@dataclass(frozen=True)
class Ereject:
    """Refuse the message while it is handed over."""

    text: str


@dataclass(frozen=True)
class Flag:
    """A flag of the stored copies, by its name in Zimbra's rules: "read", "unread", "flagged", "priority"..."""

    name: str


@dataclass(frozen=True)
class Tag:
    """A tag of the stored copies, made when it is missing."""

    name: str


Action = Keep | FileInto | Discard | Redirect | Reply | Notify | NotifyByMail | Reject | Ereject | Flag | Tag


@dataclass
class Outcome:
    """The actions to carry out, in order, with nothing left to deduce.

    The message is stored once for each Keep and FileInto, and nowhere when there is neither; flags and tags go to each
    stored copy, wherever they stand in the list. `stopped`: the script ended by `stop`. `error`: why the script was
    given up, the message then being kept; "" when all went well. `raw`: the message with the header changes of an
    administrator's script, None when nothing was changed.
    """

    actions: list[Action] = field(default_factory=list)
    stopped: bool = False
    error: str = ""
    raw: bytes | None = None

    @property
    def flags(self) -> list[str]:
        return [action.name for action in self.actions if isinstance(action, Flag)]

    @property
    def tags(self) -> list[str]:
        """Names of tags, each once."""
        return list(dict.fromkeys(action.name for action in self.actions if isinstance(action, Tag)))
