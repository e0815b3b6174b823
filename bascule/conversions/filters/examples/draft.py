"""A message in the making: fields that a person can read and change, and the octets that come of them."""

from __future__ import annotations

import base64
import re
import textwrap
from dataclasses import dataclass, field
from email.charset import QP, Charset
from email.header import Header
from email.utils import formataddr, getaddresses

# A mail server takes no larger message, and nobody waits for one here.
MAX_SIZE = 25_000_000
_BREAKS = re.compile(r"[\r\n\0]+")
_NAME = re.compile(r"[!-9;-~]{1,76}\Z")
_WORDS = Charset("utf-8")
_WORDS.header_encoding = QP
_PDF = b"%PDF-1.4\n%%EOF\n"
_CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


@dataclass(slots=True)
class Draft:
    """headers: (name, value as a person reads it), in order. size: octets the whole is to have at least, 0 for none.

    sender, recipient: of the envelope. inner: headers of the part with the text.
    """

    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""
    size: int = 0
    sender: str = ""
    recipient: str = ""
    attached: bool = False
    invitation: bool = False

    def get(self, name: str) -> str:
        """The first value of a header, "" without one."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), "")

    def others(self) -> list[tuple[str, str]]:
        """The headers that have no field of their own on a page."""
        return [(name, value) for name, value in self.headers if name.lower() not in ("from", "to", "cc", "subject")]

    def octets(self) -> bytes:
        """The message, its accents encoded as RFC 2047 and 2045 say, padded to its size."""
        lines = [f"{name}: {encoded(name, value)}" for name, value in self.headers if _NAME.match(name)]
        body = self.body.replace("\r\n", "\n")
        raw = self._with_body(lines, body)
        missing = min(self.size, MAX_SIZE) - len(raw)
        if missing <= 0:
            return raw
        # Lines of base64 are a third longer than what they hold: it is the text that is padded, in plain letters.
        padding = "\n".join(["." * 70] * (missing // 72 + 1))
        return self._with_body(lines, f"{body}\n{padding}\n")

    def _with_body(self, lines: list[str], body: str) -> bytes:
        text = [*_text_part(body)]
        extra: list[list[str]] = []
        if self.attached:
            extra.append([
                'Content-Type: application/pdf; name="document.pdf"',
                'Content-Disposition: attachment; filename="document.pdf"',
                "Content-Transfer-Encoding: base64",
                "",
                base64.b64encode(_PDF).decode(),
            ])  # fmt: skip
        if self.invitation:
            extra.append(["Content-Type: text/calendar; method=REQUEST; charset=utf-8", "", _CALENDAR])
        own = {name.lower() for name, _ in self.headers}
        if not extra:
            head = [line for line in text[: text.index("")] if line.partition(":")[0].lower() not in own]
            whole = [*lines, "MIME-Version: 1.0", *head, *text[text.index("") :]]
        else:
            mark = "=_un-exemple"
            whole = [*lines, "MIME-Version: 1.0", f'Content-Type: multipart/mixed; boundary="{mark}"', ""]
            for part in (text, *extra):
                whole += [f"--{mark}", *part]
            whole += [f"--{mark}--", ""]
        return "\r\n".join(whole).encode("utf-8", "replace")


def encoded(name: str, value: str) -> str:
    """A header's value on the wire, in one go without line breaks from outside; folded where it is long."""
    value = _BREAKS.sub(" ", value).strip()
    if value.isascii():
        return "\r\n ".join(textwrap.wrap(value, 900, break_long_words=False, break_on_hyphens=False)) or value
    if name.lower() in ("from", "to", "cc", "bcc", "sender", "reply-to"):
        people = [(display, address) for display, address in getaddresses([value]) if address.isascii() and address]
        if people and sum("@" in address for _, address in people) == value.count("@"):
            return ", ".join(formataddr(one, "utf-8") for one in people)
    clean = value.encode("utf-8", "replace").decode()
    return Header(clean, _WORDS, header_name=name).encode(linesep="\r\n")


def _text_part(body: str) -> list[str]:
    """Short lines of plain letters stand as they are, anything else in base64."""
    kind = "Content-Type: text/plain; charset=utf-8"
    lines = body.split("\n")
    if body.isascii() and all(len(line) < 900 for line in lines) and "\r" not in body:
        return [kind, "Content-Transfer-Encoding: 7bit", "", *lines]
    lines = base64.encodebytes(body.encode("utf-8", "replace")).decode().splitlines()
    return [kind, "Content-Transfer-Encoding: base64", "", *lines]
