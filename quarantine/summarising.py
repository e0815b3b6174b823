"""What lists show of a message, made from its bytes when it comes in. Pure; never fails, whatever the bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from quarantine.safe_view import attachments, characters, fields, mime, people
from quarantine.summaries import NAME_CHARACTERS, SUBJECT_CHARACTERS, Summary

ADDRESS_CHARACTERS: Final = 320
# Of the header To, and of the names of the attachments together.
LINE_CHARACTERS: Final = 500
MAX_ATTACHMENTS: Final = 30
_DATE_CHARACTERS: Final = 60
_ID_CHARACTERS: Final = 500
_TEXTS: Final = ("text/plain", "text/html")


@dataclass(frozen=True, slots=True)
class Summarised:
    """sender: address of the header From in lower case, "" without one that is an address."""

    summary: Summary
    sender: str


def summarise(raw: bytes) -> Summarised:
    """The summary of a message and its sender; every part is bounded, with what deceives written out."""
    header = fields.read(raw)
    authors = people.read(header.first("From"))
    author = next((one for one in authors if one.key), authors[0] if authors else None)
    answered = [one.address for one in people.read(header.first("Reply-To")) if one.address]
    shown = [one.address or one.name for one in people.read(header.first("To"))]
    summary = Summary(
        subject=characters.line(fields.decoded(header.first("Subject")), SUBJECT_CHARACTERS),
        from_name=author.name[:NAME_CHARACTERS] if author else "",
        reply_to=characters.cut(", ".join(answered), ADDRESS_CHARACTERS),
        to=characters.cut(", ".join(shown), LINE_CHARACTERS),
        date=characters.line(header.first("Date"), _DATE_CHARACTERS),
        message_id=characters.line(header.first("Message-ID"), _ID_CHARACTERS),
        attachments=_attachments(raw),
    )
    sender = author.key.replace("\0", "")[:ADDRESS_CHARACTERS] if author else ""
    return Summarised(summary, sender)


def _attachments(raw: bytes) -> list[str]:
    """Names of the files; texts that a reader shows are none."""
    names: list[str] = []
    for part in mime.structure(raw).parts:
        if (
            not part.names
            and (part.kind in _TEXTS or part.disposition == "inline")
            and part.disposition != "attachment"
        ):
            continue
        name = characters.line(part.names[0], attachments.NAME_CHARACTERS) if part.names else ""
        names.append(name or attachments.UNNAMED)
        if len(names) >= MAX_ATTACHMENTS:
            break
    return names
