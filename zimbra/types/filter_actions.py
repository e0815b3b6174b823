"""The actions of filter rules, one class for each kind. Names and values: Zimbra's own class FilterAction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from zimbra.types.filter_parts import CHILD, MAY, PLACE, TEXT, on_wire


@dataclass(frozen=True, slots=True)
class Action:
    """Base of the actions."""

    ELEMENT: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Keep(Action):
    """Leave the message where it would have gone without filters."""

    ELEMENT: ClassVar[str] = "actionKeep"


@dataclass(frozen=True, slots=True)
class Discard(Action):
    ELEMENT: ClassVar[str] = "actionDiscard"


@dataclass(frozen=True, slots=True)
class Stop(Action):
    """No further rule is looked at."""

    ELEMENT: ClassVar[str] = "actionStop"


@dataclass(frozen=True, slots=True)
class FileInto(Action):
    """folder: its path. copy: the message also stays where it was. The server does not check that the folder exists."""

    ELEMENT: ClassVar[str] = "actionFileInto"

    folder: str = field(metadata=on_wire("folderPath", required=True))
    copy: bool = field(default=False, metadata=MAY)


@dataclass(frozen=True, slots=True)
class Flag(Action):
    """flag: flagged, read or priority."""

    ELEMENT: ClassVar[str] = "actionFlag"

    flag: str = field(metadata=on_wire("flagName", required=True))


@dataclass(frozen=True, slots=True)
class Tag(Action):
    ELEMENT: ClassVar[str] = "actionTag"

    tag: str = field(metadata=on_wire("tagName", required=True))


@dataclass(frozen=True, slots=True)
class Redirect(Action):
    ELEMENT: ClassVar[str] = "actionRedirect"

    address: str = field(metadata=on_wire("a", required=True), repr=False)
    copy: bool = field(default=False, metadata=MAY)


@dataclass(frozen=True, slots=True)
class Reply(Action):
    ELEMENT: ClassVar[str] = "actionReply"

    content: str = field(metadata=on_wire("content", required=True, place=CHILD), repr=False)


@dataclass(frozen=True, slots=True)
class Notify(Action):
    """Tell somebody by mail. subject and content may hold ${SUBJECT}, ${FROM}...; headers: "*" or names, to quote."""

    ELEMENT: ClassVar[str] = "actionNotify"

    address: str = field(metadata=on_wire("a", required=True), repr=False)
    subject: str = field(default="", metadata=on_wire("su"), repr=False)
    content: str = field(default="", metadata=on_wire("content", place=CHILD), repr=False)
    max_body_size: int | None = field(default=None, metadata=on_wire("maxBodySize"))
    headers: str = field(default="", metadata=on_wire("origHeaders"))


@dataclass(frozen=True, slots=True)
class NotifyByMethod(Action):
    """The notification of RFC 5435. method: a URI, mailto: as a rule."""

    ELEMENT: ClassVar[str] = "actionRFCCompliantNotify"

    method: str = field(metadata=on_wire("method", required=True, place=CHILD), repr=False)
    sender: str = field(default="", metadata=on_wire("from"), repr=False)
    importance: str = field(default="", metadata=MAY)
    options: str = field(default="", metadata=MAY, repr=False)
    message: str = field(default="", metadata=MAY, repr=False)


@dataclass(frozen=True, slots=True)
class Reject(Action):
    ELEMENT: ClassVar[str] = "actionReject"

    content: str = field(metadata={PLACE: TEXT}, repr=False)


@dataclass(frozen=True, slots=True)
class Ereject(Action):
    ELEMENT: ClassVar[str] = "actionEreject"

    content: str = field(metadata={PLACE: TEXT}, repr=False)


@dataclass(frozen=True, slots=True)
class Log(Action):
    """Write a line into the server's log. level: fatal, error, warn, info, debug or trace."""

    ELEMENT: ClassVar[str] = "actionLog"

    content: str = field(metadata={PLACE: TEXT}, repr=False)
    level: str = field(default="", metadata=MAY)


ACTIONS: tuple[type[Action], ...] = (
    Keep,
    Discard,
    Stop,
    FileInto,
    Flag,
    Tag,
    Redirect,
    Reply,
    Notify,
    NotifyByMethod,
    Reject,
    Ereject,
    Log,
)
