"""Messages as the proof thinks of them, and as octets.

A `Draft` is what a message has to be like for one test of a script; drafts for several tests are put together.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace

from tests.bascule.conversions.filters.proof.runner import Envelope

# What a message is made of besides what a draft says. Nothing here is looked for by any script of the proof.
_BASE = {
    "From": "Zoe Quidam <zoe.quidam@neutre.example>",
    "To": "Jo Boite <boite@neutre.example>",
    "Subject": "Objet ordinaire",
    "Date": "Thu, 04 Sep 2025 08:30:00 +0200",
    "Message-ID": "<proof@neutre.example>",
}
_ADDRESSED = ("from", "to", "cc", "bcc", "sender", "reply-to", "resent-from", "resent-to")
# How a header is written: as it is where it can be, RFC 2047 in its two forms and two character sets, in two lines.
STYLES = ("utf-8 b", "utf-8 q", "iso-8859-1 q", "iso-8859-1 b", "folded")


@dataclass(frozen=True)
class Draft:
    """headers: (name, value), values not encoded. missing: names in lower case. body: lines. size: in octets, of all.

    style: of all headers the draft gives.
    """

    headers: tuple[tuple[str, str], ...] = ()
    missing: frozenset[str] = frozenset()
    body: tuple[str, ...] = ()
    size: int | None = None
    sender: str | None = None
    recipient: str | None = None
    style: str = "utf-8 b"
    charset: str = "utf-8"

    def __or__(self, other: Draft) -> Draft:
        """A message that is like both, as far as that is possible; the other one decides what there is one of."""
        mine = tuple(header for header in self.headers if header[0].lower() not in other.missing)
        return replace(
            self,
            headers=mine + other.headers,
            missing=(self.missing - {name.lower() for name, _ in other.headers}) | other.missing,
            body=self.body + other.body,
            size=self.size if other.size is None else other.size,
            sender=self.sender if other.sender is None else other.sender,
            recipient=self.recipient if other.recipient is None else other.recipient,
            style=self.style if other.style == "utf-8 b" else other.style,
            charset=self.charset if other.charset == "utf-8" else other.charset,
        )

    @property
    def envelope(self) -> Envelope:
        usual = Envelope()
        return Envelope(
            usual.sender if self.sender is None else self.sender,
            usual.recipient if self.recipient is None else self.recipient,
        )


def message(draft: Draft) -> bytes:
    """The octets, lines ended as on the wire. A size too small for the header is not reached."""
    given = {name.lower() for name, _ in draft.headers}
    lines = [f"{name}: {value}" for name, value in _BASE.items() if name.lower() not in given | draft.missing]
    lines += [_line(name, value, draft.style) for name, value in draft.headers if name.lower() not in draft.missing]
    lines += ["MIME-Version: 1.0", f"Content-Type: text/plain; charset={draft.charset}"]
    text = "\r\n".join(draft.body) or "Rien de particulier."
    body = text.encode(draft.charset, "replace")
    lines += ["Content-Transfer-Encoding: " + ("7bit" if text.isascii() else "base64")]
    if not text.isascii():
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    raw = "\r\n".join(lines).encode() + b"\r\n\r\n" + body + b"\r\n"
    return raw if draft.size is None else _padded(raw, draft.size)


def _padded(raw: bytes, size: int) -> bytes:
    """Longer by lines of dots, up to exactly that many octets."""
    missing = size - len(raw)
    if missing <= 0:
        return raw
    lines, rest = divmod(missing, 72)
    if rest == 1 and lines:
        lines, rest = lines - 1, 73
    return raw + (b"-" * 70 + b"\r\n") * lines + (b"-" * (rest - 2) + b"\r\n" if rest > 1 else b"-" * rest)


def _line(name: str, value: str, style: str) -> str:
    if not value:
        return f"{name}:"
    shown, bracket, address = value.rpartition(" <") if name.lower() in _ADDRESSED else (value, "", "")
    if name.lower() in _ADDRESSED and not bracket:
        shown, address = ("", value) if value.isascii() else (value, "")
    if style == "folded":
        if shown.isascii():
            return f"{name}: " + (shown + bracket + address).replace(" ", "\r\n ", 1)
        style = "utf-8 b"
    charset, form = style.split(" ")
    if charset == "iso-8859-1" and not _in_latin(shown):
        charset = "utf-8"
    forced = style != "utf-8 b" and name.lower() not in _ADDRESSED
    written = _encoded(shown, charset, form) if forced or not shown.isascii() else shown
    return f"{name}: {written}{bracket}{address}"


def _in_latin(text: str) -> bool:
    try:
        text.encode("iso-8859-1")
    except UnicodeEncodeError:
        return False
    return True


def _encoded(text: str, charset: str, form: str) -> str:
    """Encoded words of at most 75 characters (RFC 2047, 2), each a whole number of characters."""
    words, held = [], ""
    for letter in text:
        if len((held + letter).encode(charset)) > (14 if form == "q" else 39):
            words.append(held)
            held = ""
        held += letter
    return "\r\n ".join(_word(part, charset, form) for part in [*words, held] if part)


def _word(text: str, charset: str, form: str) -> str:
    octets = text.encode(charset)
    if form == "b":
        return f"=?{charset.upper()}?B?{base64.b64encode(octets).decode()}?="
    coded = "".join(chr(one) if chr(one).isalnum() and one < 128 else f"={one:02X}" for one in octets)
    return f"=?{charset.upper()}?Q?{coded}?="
