"""A message as a tree of parts, numbered as Zimbra numbers them; any bytes make a message.

The only part of a plain message is "1". A multipart at the top is "TEXT" and its parts "1", "2"...; those of a
multipart inside part 2 are "2.1", "2.2"...; those of a message attached as part 2 as well, its own top being "2.TEXT".
Source: Zimbra's Mime.java (listParts).
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

from zimbra.simulator.mail import headers

# Parts nested deeper, or further down the list, are left as one part: nobody writes such mail in good faith.
MAX_DEPTH = 40
MAX_PARTS = 2000
FRAGMENT_LENGTH = 150

_REPLY_PREFIX = re.compile(
    r"\s*(?:(?:re|fwd?|tr|réf?|aw|wg)\s*(?:\[\d+\])?\s*:\s*|\[[^\]]{1,60}\]\s*(?=\S))", re.IGNORECASE
)
_MARKUP = re.compile(r"<[^>]*>")


@dataclass
class Part:
    """One part. `head` and `body` are its bytes as they stand; `data` is the body with its transfer encoding undone."""

    number: str
    head: bytes
    body: bytes
    content_type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    children: list[Part] = field(default_factory=list)
    parent: Part | None = field(default=None, repr=False)

    @cached_property
    def fields(self) -> list[tuple[str, bytes]]:
        return headers.fields(self.head)

    def header(self, name: str) -> list[str]:
        """Every value of a field, encoded words read."""
        return [headers.decoded(value) for key, value in self.fields if key.lower() == name.lower()]

    def first(self, name: str) -> str:
        return next(iter(self.header(name)), "")

    @property
    def encoding(self) -> str:
        return self.first("Content-Transfer-Encoding").strip().lower() or "7bit"

    @property
    def content_id(self) -> str:
        return self.first("Content-ID").strip()

    @property
    def multipart(self) -> bool:
        return self.content_type.startswith("multipart/")

    @cached_property
    def data(self) -> bytes:
        if self.multipart:
            return self.body
        if self.encoding == "base64":
            return headers.from_base64(self.body)
        return quopri.decodestring(self.body) if self.encoding == "quoted-printable" else self.body

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def text(self) -> str:
        """The data as text, in the part's charset, with plain line ends."""
        return headers.text_of(self.data, self.parameters.get("charset", "")).replace("\r\n", "\n")

    def walk(self) -> Iterator[Part]:
        """This part and all below, from the top down."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


class Message:
    """A message that was read; `raw` is all of it."""

    def __init__(self, raw: bytes, root: Part) -> None:
        self.raw = raw
        self.root = root
        self.parts = list(root.walk())

    @classmethod
    def parse(cls, raw: bytes) -> Message:
        """Never fails: what is no message is a message of plain text without header."""
        return cls(raw, _read(raw))

    @property
    def raw_headers(self) -> bytes:
        return self.root.head

    @property
    def body(self) -> bytes:
        return self.root.body

    def header(self, name: str) -> list[str]:
        return self.root.header(name)

    def addresses(self, name: str) -> list[tuple[str, str]]:
        """(display name, address) of an address field."""
        return headers.addresses([value for key, value in self.root.fields if key.lower() == name.lower()])

    @cached_property
    def subject(self) -> str:
        """In one line, with the spaces its author put."""
        return re.sub(r"[^\S ]+", " ", self.root.first("Subject")).strip()

    @cached_property
    def date(self) -> int | None:
        """Milliseconds; None when there is no date or none that makes sense."""
        return self._moment("date")

    @property
    def received(self) -> int | None:
        """As `date`, of arrival, for a message that says so itself (X-Zimbra-Received)."""
        found = self._moment("x-zimbra-received")
        return None if found is None else max(found, 0)

    def _moment(self, name: str) -> int | None:
        return next((headers.date(value) for key, value in self.root.fields if key.lower() == name), None)

    @cached_property
    def message_id(self) -> str:
        """With its brackets; "" when there is none."""
        value = self.root.first("Message-ID").strip()
        return next(iter(headers.message_ids(value)), value)

    @cached_property
    def in_reply_to(self) -> str:
        return next(iter(headers.message_ids(self.root.first("In-Reply-To"))), "")

    @cached_property
    def references(self) -> list[str]:
        """The ids of References and In-Reply-To, each once, oldest first."""
        named = [one for value in self.header("References") for one in headers.message_ids(value)]
        return list(dict.fromkeys([*named, *([self.in_reply_to] if self.in_reply_to else [])]))

    def part(self, number: str) -> Part | None:
        return next((part for part in self.parts if part.number == number), None)

    @cached_property
    def bodies(self) -> list[Part]:
        """What is shown as the message itself: the text and the HTML, when there are."""
        found: list[Part] = []
        _find_bodies(self.root, found)
        return found

    @property
    def text(self) -> str:
        """The plain text; "" when there is none."""
        return next((part.text for part in self.bodies if part.content_type == "text/plain"), "")

    @property
    def html(self) -> str:
        return next((part.text for part in self.bodies if part.content_type == "text/html"), "")

    @cached_property
    def attachments(self) -> list[Part]:
        """What people would call an attachment: neither shown as text nor a mere frame of others."""
        return [part for part in self.parts if _is_attachment(part, self.bodies)]

    @property
    def invite(self) -> Part | None:
        return next((part for part in self.parts if part.content_type == "text/calendar"), None)

    @cached_property
    def plain(self) -> str:
        """The text to read and to search, from the HTML when there is no other."""
        return self.text or strip_markup(self.html)

    @property
    def fragment(self) -> str:
        """The beginning of the text, in one line, without what is quoted."""
        kept: list[str] = []
        length = 0
        for line in self.plain[:20_000].split("\n"):
            words = " ".join(line.split())
            if words and not words.startswith(">"):
                kept.append(words)
                length += len(words) + 1
                if length > FRAGMENT_LENGTH:
                    break
        text = " ".join(kept)
        if len(text) <= FRAGMENT_LENGTH:
            return text
        cut = text[:FRAGMENT_LENGTH]
        return f"{cut.rpartition(' ')[0] or cut} ..."


def normalised_subject(subject: str) -> str:
    """Without the marks of replies and forwards before it, nor "(fwd)" after."""
    text = " ".join(subject.split())
    while (match := _REPLY_PREFIX.match(text)) is not None and match.end() > 0:
        text = text[match.end() :]
    return re.sub(r"\s*\(fwd\)\s*\Z", "", text, flags=re.IGNORECASE).strip()


def is_reply(subject: str) -> bool:
    """Whether the subject says that it answers or forwards something."""
    return re.match(r"\s*(?:re|fwd?|tr|aw|wg)\s*(?:\[\d+\])?:", subject, re.IGNORECASE) is not None


def strip_markup(html: str) -> str:
    """The text of some HTML."""
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except (ValueError, AssertionError):
        return _MARKUP.sub(" ", html)
    return "".join(reader.text)


class _Reader(HTMLParser):
    _HIDDEN = frozenset({"script", "style", "head", "title"})
    _LINES = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._HIDDEN:
            self._hidden += 1
        elif tag in self._LINES:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN:
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)


# --- reading -------------------------------------------------------------------------------------------------------


def _part(raw: bytes, number: str, parent: Part | None, default: str = "text/plain") -> Part:
    head, body = headers.split(raw)
    listed = headers.fields(head)
    values = {name.lower(): value for name, value in reversed(listed)}
    if parent is None and not listed and head.strip(b"\r\n") != b"":
        # No field at all: what was taken for a header is the text.
        head, body = b"", raw
    kind, parameters = headers.parameters(headers.text_of(values.get("content-type", b"")))
    disposition, more = headers.parameters(headers.text_of(values.get("content-disposition", b"")))
    filename = more.get("filename") or parameters.get("name", "")
    if "/" not in kind or " " in kind:
        kind = default if "content-type" not in values or not kind else "text/plain"
    return Part(number, head, body, kind, parameters, disposition, " ".join(filename.split()), parent=parent)


def _read(raw: bytes) -> Part:
    root = _part(raw, "", None)
    waiting: list[tuple[Part, str, int, bool]] = [(root, "", 0, True)]
    count = 1
    while waiting:
        part, prefix, depth, is_message = waiting.pop()
        dot = f"{prefix}." if prefix else ""
        sections = _sections(part) if part.multipart and depth < MAX_DEPTH else []
        if part.multipart and not sections and not depth:
            # A frame around nothing is shown as the text it is.
            part.content_type = "text/plain"
        if is_message:
            part.number = f"{dot}TEXT" if part.multipart else f"{dot}1"
        for at, section in enumerate(sections[: max(0, MAX_PARTS - count)], 1):
            digest = part.content_type == "multipart/digest"
            child = _part(section, f"{dot}{at}", part, "message/rfc822" if digest else "text/plain")
            part.children.append(child)
            waiting.append((child, child.number, depth + 1, False))
            count += 1
        if part.content_type == "message/rfc822" and depth < MAX_DEPTH and count < MAX_PARTS:
            inner = _part(part.data, part.number, part)
            part.children.append(inner)
            waiting.append((inner, part.number, depth + 1, True))
            count += 1
    return root


def _sections(part: Part) -> list[bytes]:
    """What stands between the boundaries of a multipart; the last need not be closed."""
    boundary = part.parameters.get("boundary", "").encode("utf-8", "replace")
    if not boundary:
        return []
    found: list[bytes] = []
    start = -1
    mark = re.compile(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    at = 0
    while (match := mark.search(part.body, at)) is not None:
        if start >= 0:
            found.append(part.body[start : match.start()])
        start = -1 if match[1] else match.end()
        if match[1] or len(found) > MAX_PARTS:
            break
        # The end of this line may be the beginning of the next boundary.
        at = max(match.end() - 1, match.start() + 1)
    if start >= 0 and part.body[start:].strip():
        found.append(part.body[start:])
    return found


def _find_bodies(part: Part, found: list[Part]) -> None:
    if part.multipart:
        children = part.children
        if part.content_type == "multipart/related":
            children = children[:1]
        elif part.content_type != "multipart/alternative":
            children = [child for child in children if child.multipart or _is_text(child)][:1]
        for child in children:
            if child.multipart or _is_text(child):
                _find_bodies(child, found)
    elif _is_text(part):
        found.append(part)


def _is_text(part: Part) -> bool:
    return part.content_type in ("text/plain", "text/html", "text/enriched") and part.disposition != "attachment"


def _is_attachment(part: Part, bodies: list[Part]) -> bool:
    if part.multipart or any(part is body for body in bodies):
        return False
    if part.parent is not None and part.parent.content_type == "message/rfc822":
        return False
    if any(parent.content_type == "message/rfc822" for parent in _above(part)):
        return False
    if part.disposition == "attachment" or part.filename:
        return True
    if part.parent is None or part.parent.content_type in ("multipart/alternative", "multipart/related"):
        return part.parent is None and not part.content_type.startswith("text/")
    return True


def _above(part: Part) -> Iterator[Part]:
    while part.parent is not None:
        part = part.parent
        yield part
