"""A held message as it may be shown to its recipient. Pure: bytes in, something harmless out."""

from __future__ import annotations

import email.utils
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from django.utils.safestring import SafeString

from quarantine import domains, wording
from quarantine.safe_view import (
    attachments,
    characters,
    charsets,
    fields,
    html_reading,
    markup,
    mime,
    people,
    text_reading,
)
from quarantine.safe_view.attachments import Attachment
from quarantine.safe_view.people import Person

# Mail servers take no more (PORTAL_QUARANTINE_MAX_MB is 200 at most); what lies behind is not looked at.
MAX_BYTES: Final = 60_000_000
MAX_PEOPLE_SHOWN: Final = 30
# Texts of one message, all together.
MAX_TEXT_PARTS: Final = 12
MAX_TEXT_BYTES: Final = 1_500_000
SUBJECT_CHARACTERS: Final = 300
HEADERS_SHOWN: Final = 200
HEADER_CHARACTERS: Final = 2_000
_LINE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Sign:
    """Something odd about the message. code: of `quarantine.wording`."""

    code: str

    @property
    def sentence(self) -> str:
        return wording.hint(self.code)

    @property
    def level(self) -> wording.Level:
        return wording.level(self.code)


@dataclass(frozen=True, slots=True)
class People:
    """The first of them, and how many more there are."""

    shown: tuple[Person, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Body:
    """One version of the text. markup: safe, see `markup`; hidden: what the message hides from its reader."""

    kind: Literal["html", "text"]
    markup: SafeString
    hidden: str

    @property
    def title(self) -> str:
        return "Version mise en forme" if self.kind == "html" else "Version en texte seul"


@dataclass(frozen=True, slots=True)
class SafeMessage:
    """bodies: the version that mail programs show comes first; none for a message without text.

    Every str may be shown anywhere once it is escaped, as templates do; `Body.markup` alone is HTML already.
    date: None when the message has none that can be; date_text: as it stands there. remote: pictures and the like that
    mail programs would have loaded, and this one did not. size: in bytes.
    """

    senders: tuple[Person, ...]
    reply_to: tuple[Person, ...]
    to: People
    cc: People
    subject: str
    date: datetime | None
    date_text: str
    bodies: tuple[Body, ...]
    attachments: tuple[Attachment, ...]
    signs: tuple[Sign, ...]
    remote: int
    links: int
    size: int

    @property
    def sender(self) -> Person | None:
        return self.senders[0] if self.senders else None

    @property
    def body(self) -> Body | None:
        """The version to show first."""
        return self.bodies[0] if self.bodies else None

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(sign.code for sign in self.signs)


@dataclass(frozen=True, slots=True)
class Glance:
    """What lists show of a message. sender: address of the header From, for comparisons; "" when there is none."""

    subject: str
    from_name: str
    sender: str
    reply_to: str
    to: str
    date: str
    message_id: str
    attachments: list[str]


def read(raw: bytes, mail_from: str = "") -> SafeMessage:
    """The message without its dangers. Takes any bytes and never fails; a hostile one is shown as far as its bounds.

    mail_from: sender of the envelope, "" when it is not known.
    """
    size, codes = len(raw), set[str]()
    if size > MAX_BYTES:
        raw = raw[:MAX_BYTES]
        codes.add("truncated")
    header = fields.read(raw)
    found = mime.structure(raw)
    codes |= found.codes
    senders = _people(header.every("From"), codes)
    reply_to = _people(header.every("Reply-To"), codes)
    codes |= _sender_codes(header, senders, reply_to, mail_from)
    subject = characters.line(fields.decoded(header.first("Subject")), SUBJECT_CHARACTERS, codes)
    texts = _Texts(raw, found.parts)
    listed = texts.other_files()
    codes |= texts.codes | {code for one in listed for code in one.codes}
    if len(listed) > attachments.MAX_LISTED:
        codes.add("truncated")
    date_text = characters.line(header.first("Date"), 100)
    return SafeMessage(
        senders=senders[:MAX_PEOPLE_SHOWN],
        reply_to=reply_to[:MAX_PEOPLE_SHOWN],
        to=_shown(header, "To"),
        cc=_shown(header, "Cc"),
        subject=subject,
        date=_date(date_text),
        date_text=date_text,
        bodies=texts.bodies(),
        attachments=tuple(listed[: attachments.MAX_LISTED]),
        signs=tuple(Sign(code) for code in wording.weightiest_first(codes)),
        remote=texts.remote,
        links=texts.links,
        size=size,
    )


def headers(raw: bytes) -> list[tuple[str, str]]:
    """The header fields as they stand, decoded, the topmost first; bounded in number and length."""
    found = fields.read(raw).all[:HEADERS_SHOWN]
    return [(field.name, characters.line(fields.decoded(field.value), HEADER_CHARACTERS)) for field in found]


def glance(raw: bytes) -> Glance:
    """For lists and notices; decodes no text of the message."""
    raw = raw[:MAX_BYTES]
    header = fields.read(raw)
    senders = _people(header.every("From"), set())
    parts = mime.structure(raw).parts
    first = next((part for part in parts if _is_text(part)), None)
    names = [attachments.attachment(raw, part).name for part in parts if part is not first and part.names]
    return Glance(
        subject=characters.line(fields.decoded(header.first("Subject")), SUBJECT_CHARACTERS),
        from_name=senders[0].name if senders else "",
        sender=senders[0].key if senders else "",
        reply_to=characters.line(fields.decoded(header.first("Reply-To")), _LINE_CHARACTERS),
        to=characters.line(fields.decoded(header.first("To")), _LINE_CHARACTERS),
        date=characters.line(header.first("Date"), 100),
        message_id=characters.line(header.first("Message-ID"), _LINE_CHARACTERS),
        attachments=names[:20],
    )


class _Texts:
    """The texts of a message: which parts they are, each read once."""

    def __init__(self, raw: bytes, parts: list[mime.Part]) -> None:
        self._raw = raw
        self._parts = parts
        self.codes: set[str] = set()
        self._files: list[Attachment] = []
        self._readings: dict[mime.Part, html_reading.Reading] = {}
        self._budget = MAX_TEXT_BYTES
        self._tags = html_reading.MAX_TAGS
        first = next((part for part in parts if _is_text(part)), None)
        texts = [part for part in parts if _is_text(part) and (part is first or part.group or not part.names)]
        self._texts = texts[:MAX_TEXT_PARTS]
        for part in self._texts:
            self._readings[part] = self._read(part)

    @property
    def remote(self) -> int:
        return sum(reading.remote for reading in self._readings.values())

    @property
    def links(self) -> int:
        return sum(reading.links for reading in self._readings.values())

    def other_files(self) -> list[Attachment]:
        # The text of an attached message is not a file of its own.
        rest = [
            part
            for part in self._parts
            if part not in self._readings and not (part.inside is not None and part.is_text and not part.names)
        ][: attachments.MAX_LISTED + 1]
        return [*(attachments.attachment(self._raw, part) for part in rest), *self._files]

    def bodies(self) -> tuple[Body, ...]:
        formatted, plain = self._version("text/html"), self._version("text/plain")
        versions = [formatted] if formatted == plain else [formatted, plain]
        bodies = [self._body(version) for version in versions if version]
        # A version without a word is no version.
        return tuple(body for body in bodies if body.markup or body.hidden)

    def _version(self, wanted: str) -> list[mime.Part]:
        """Of each choice the parts of the wanted kind, or all when it has none of them; and what is no choice."""
        has_wanted = {part.group for part in self._texts if part.kind == wanted}
        return [part for part in self._texts if not part.group or part.kind == wanted or part.group not in has_wanted]

    def _body(self, version: list[mime.Part]) -> Body:
        readings = [self._readings[part] for part in version]
        return Body(
            kind="html" if any(part.kind == "text/html" for part in version) else "text",
            markup=markup.joined(reading.markup for reading in readings),
            hidden=" ".join(reading.hidden for reading in readings if reading.hidden),
        )

    def _read(self, part: mime.Part) -> html_reading.Reading:
        data, more = mime.content(self._raw, part, self._budget)
        self._budget = max(0, self._budget - len(data))
        charset = part.charset
        if part.kind == "text/html" and not charset:
            charset = charsets.declared_in_html(data)
        text, wrong = charsets.decode(data, charset)
        if wrong and not more:
            self.codes.add("bad_charset")
        if more:
            self.codes.add("truncated")
        if part.kind == "text/html":
            reading = html_reading.read(text, self._tags)
            self._tags = max(0, self._tags - reading.tags)
        else:
            reading = text_reading.read(text)
            self._files += attachments.uuencoded(data)
        self.codes |= reading.codes
        return reading


def _is_text(part: mime.Part) -> bool:
    return part.is_text and part.inside is None


def _people(values: Iterable[str], codes: set[str]) -> tuple[Person, ...]:
    found: list[Person] = []
    for value in list(values)[:10]:
        found += people.read(value, codes)
    return tuple(found)


def _shown(header: fields.Fields, name: str) -> People:
    found = _people(header.every(name), set())
    return People(found[:MAX_PEOPLE_SHOWN], max(0, len(found) - MAX_PEOPLE_SHOWN))


def _sender_codes(
    header: fields.Fields, senders: tuple[Person, ...], reply_to: tuple[Person, ...], mail_from: str
) -> set[str]:
    if not any(one.key for one in senders):
        return {"no_sender"}
    codes = set()
    sender = next(one for one in senders if one.key)
    if len({one.key for one in senders if one.key}) > 1:
        codes.add("several_senders")
    if any(one.claims for one in senders):
        codes.add("name_claims_address")
    if any(one.ascii_domain for one in senders):
        codes.add("lookalike_sender")
    if any(one.key and not domains.same_owner(one.domain, sender.domain) for one in reply_to):
        codes.add("reply_elsewhere")
    # Of a list, everybody knows that it sends for others.
    sent_by = [people.address_key(mail_from), *(one.key for one in people.read(header.first("Sender"))[:1])]
    if not header.first("List-Id") and any(
        key and not domains.same_owner(key.rpartition("@")[2], sender.domain) for key in sent_by
    ):
        codes.add("sent_by_other")
    return codes


def _date(text: str) -> datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # "-0000" says that the zone is not known: it is UTC then (RFC 5322, 3.3).
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if 1980 <= found.year <= 2200 else None
