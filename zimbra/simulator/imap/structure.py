"""A message as IMAP describes it: ENVELOPE, BODYSTRUCTURE, and the bytes of a section.

The parts are those of `mail.mime`; a plain message counts as the one part 1 of itself.
"""

from __future__ import annotations

import re
from email.header import Header
from email.utils import getaddresses
from functools import cached_property

from zimbra.simulator.imap.grammar import nstring, quoted
from zimbra.simulator.mail import headers
from zimbra.simulator.mail.mime import Message, Part

_ADDRESS_FIELDS = ("from", "sender", "reply-to", "to", "cc", "bcc")


class Parsed:
    """A message read on demand."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @cached_property
    def message(self) -> Message:
        return Message.parse(self.raw)

    @cached_property
    def head(self) -> bytes:
        """The header with the blank line after it."""
        return headers.split(self.raw)[0]

    @cached_property
    def fields(self) -> list[tuple[str, bytes]]:
        return headers.fields(self.head)

    def envelope(self) -> bytes:
        return _envelope(self.fields)

    def structure(self, *, extended: bool) -> bytes:
        return _structure(self.message.root, extended)

    def section(self, path: tuple[int, ...], what: str, names: tuple[str, ...]) -> bytes | None:
        """BODY[path.what (names)]; None when there is no such part."""
        if not path:
            head, body = self.head, b""
            if what in ("", "TEXT"):
                body = headers.split(self.raw)[1]
            return _choose(head, body, what, names, self.raw)
        part = _find(self.message.root, path)
        if part is None:
            return None
        if what == "MIME":
            return part.head
        if not what:
            return part.body
        if part.content_type != "message/rfc822" or not part.children:
            return None
        inner = part.children[0]
        return _choose(inner.head, inner.body, what, names, part.data)


def _choose(head: bytes, body: bytes, what: str, names: tuple[str, ...], whole: bytes) -> bytes:
    if not what:
        return whole
    if what == "TEXT":
        return body
    if what == "HEADER":
        return head
    return _filtered(head, {name.lower() for name in names}, keep=what == "HEADER.FIELDS")


def _filtered(head: bytes, names: set[str], *, keep: bool) -> bytes:
    """The fields of these names, or all others, as they stand, and a blank line."""
    found: list[bytes] = []
    taking = False
    for line in re.findall(rb"[^\n]*\n|[^\n]+\Z", head):
        if line.strip(b"\r\n") == b"":
            continue
        if line[:1] not in (b" ", b"\t"):
            name = line.partition(b":")[0].strip().lower().decode("latin-1")
            taking = (name in names) == keep
        if taking:
            found.append(line if line.endswith(b"\n") else line + b"\r\n")
    return b"".join(found) + b"\r\n"


def _find(root: Part, path: tuple[int, ...]) -> Part | None:
    part = frame = root
    for depth, number in enumerate(path):
        message = depth == 0
        if depth and part.content_type == "message/rfc822" and part.children:
            frame, message = part.children[0], True
        elif depth and part.multipart:
            frame = part
        elif depth:
            return None
        if frame.multipart and frame.children:
            if number > len(frame.children):
                return None
            part = frame.children[number - 1]
        elif message and number == 1:
            part = frame
        else:
            return None
    return part


# --- ENVELOPE ------------------------------------------------------------------------------------------------------


def _envelope(fields: list[tuple[str, bytes]]) -> bytes:
    found: dict[str, bytes] = {}
    for name, value in fields:
        key = name.lower()
        if key in _ADDRESS_FIELDS and key in found:
            found[key] += b", " + value
        else:
            found.setdefault(key, value)
    people = {name: _addresses(found.get(name)) for name in _ADDRESS_FIELDS}
    for name in ("sender", "reply-to"):
        if people[name] == b"NIL":
            people[name] = people["from"]
    return b"(%s)" % b" ".join(
        [
            nstring(found.get("date")), nstring(found.get("subject")), *(people[name] for name in _ADDRESS_FIELDS),
            nstring(found.get("in-reply-to")), nstring(found.get("message-id")),
        ]
    )  # fmt: skip


def _addresses(value: bytes | None) -> bytes:
    """Addresses as (name route mailbox host); names keep their encoded words, which the client reads."""
    if not value:
        return b"NIL"
    text = value.decode("utf-8", "surrogateescape")
    # Comments nested without end would keep the parser busy for ever.
    pairs = getaddresses([text])[: headers.MAX_ADDRESSES] if text.count("(") < 50 else []
    if not any(address for _, address in pairs):
        # What the standard library gives up as a whole is read address by address.
        pairs = headers.addresses([value])
    found: list[bytes] = []
    for name, address in pairs:
        if not address and not name:
            continue
        local, at, host = address.rpartition("@")
        if not at:
            local, host = address, ""
        shown = _bytes(name) if name else None
        found.append(b"(%s NIL %s %s)" % (nstring(shown), nstring(_bytes(local)), nstring(_bytes(host))))
    return b"(%s)" % b"".join(found) if found else b"NIL"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


# --- BODYSTRUCTURE -------------------------------------------------------------------------------------------------


def _structure(part: Part, extended: bool) -> bytes:
    kind, _, sub = part.content_type.partition("/")
    if part.multipart and part.children:
        inner = b"".join(_structure(child, extended) for child in part.children)
        text = inner + b" " + quoted(sub.upper().encode("utf-8", "replace"))
        if extended:
            text += b" %s %s %s %s" % (
                _parameters(part.parameters),
                _disposition(part),
                _language(part),
                _location(part),
            )
        return b"(" + text + b")"
    if part.multipart:
        # A frame with nothing in it: described as the text it is shown as.
        kind, sub = "text", "plain"
    fields = [
        quoted(kind.upper().encode("utf-8", "replace")), quoted(sub.upper().encode("utf-8", "replace")),
        _parameters(part.parameters), nstring(_raw(part, "content-id")), nstring(_raw(part, "content-description")),
        quoted(part.encoding.upper().encode("utf-8", "replace")), b"%d" % len(part.body),
    ]  # fmt: skip
    if part.content_type == "message/rfc822" and part.children:
        inner_part = part.children[0]
        fields += [_envelope(inner_part.fields), _structure(inner_part, extended), b"%d" % part.body.count(b"\n")]
    elif kind == "text":
        fields.append(b"%d" % part.body.count(b"\n"))
    if extended:
        fields += [nstring(_raw(part, "content-md5")), _disposition(part), _language(part), _location(part)]
    return b"(" + b" ".join(fields) + b")"


def _raw(part: Part, name: str) -> bytes | None:
    return next((value for key, value in part.fields if key.lower() == name), None)


def _value(text: str) -> bytes:
    if text.isascii():
        return quoted(text.encode())
    return quoted(Header(text, "utf-8", maxlinelen=10_000).encode().encode())


def _parameters(parameters: dict[str, str]) -> bytes:
    if not parameters:
        return b"NIL"
    pairs = (_value(name.upper()) + b" " + _value(value) for name, value in parameters.items())
    return b"(" + b" ".join(pairs) + b")"


def _disposition(part: Part) -> bytes:
    value = _raw(part, "content-disposition")
    if value is None:
        return b"NIL"
    kind, parameters = headers.parameters(headers.text_of(value))
    return b"(" + _value(kind.upper()) + b" " + _parameters(parameters) + b")"


def _language(part: Part) -> bytes:
    return nstring(_raw(part, "content-language"))


def _location(part: Part) -> bytes:
    return nstring(_raw(part, "content-location"))
