"""The header fields of a message, read from whatever bytes there are.

Nothing here raises: a field that makes no sense is given as it stands.
"""

from __future__ import annotations

import binascii
import codecs
import quopri
import re
from datetime import UTC
from email.utils import getaddresses, parsedate_to_datetime
from urllib.parse import unquote_to_bytes

# Beyond this a header is rubbish, and reading it only costs.
MAX_FIELDS = 2000
MAX_ADDRESSES = 2000

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*")
_ENCODED = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,40})?\?([BbQq])\?([^?\s]*?)\?=")
_BETWEEN = re.compile(r"(=\?[^?\s]{1,80}\?[BbQq]\?[^?\s]*\?=)\s+(?==\?[^?\s]{1,80}\?[BbQq]\?)")
_PARAMETER = re.compile(r';\s*([^\s=;"]+?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))')
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")
_ADDRESS = re.compile(r"[^\s<>,;:\"()]+@[^\s<>,;:\"()]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")


def split(raw: bytes) -> tuple[bytes, bytes]:
    """The header and the body of a message or a part; the blank line between goes with the header."""
    if raw.startswith((b"\r\n", b"\n")):
        cut = 2 if raw.startswith(b"\r\n") else 1
        return raw[:cut], raw[cut:]
    ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n", b"\n\r\n") if (at := raw.find(mark)) >= 0]
    if not ends:
        return raw, b""
    at, length = min(ends)
    return raw[: at + length], raw[at + length :]


def fields(head: bytes) -> list[tuple[str, bytes]]:
    """Name and value of every field in order, folded lines joined."""
    found: list[tuple[str, bytes]] = []
    for line in head.replace(b"\r\n", b"\n").split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            if found:
                found[-1] = (found[-1][0], found[-1][1] + b" " + line.strip())
            continue
        match = _FIELD.match(line)
        if match is not None:
            found.append((match[1].decode("ascii"), line[match.end() :].strip()))
            if len(found) >= MAX_FIELDS:
                break
    return found


def text_of(data: bytes, charset: str = "") -> str:
    """Bytes as text: by the charset named if it is one, else UTF-8, else Windows' Latin."""
    for name in (charset, "utf-8"):
        try:
            if name and codecs.lookup(name).name not in ("hex", "base64", "rot13", "uu", "zlib", "bz2", "quopri"):
                return data.decode(name, "strict" if name == "utf-8" and not charset else "replace")
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def from_base64(data: bytes) -> bytes:
    """As much as can be read, whatever stands between."""
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    try:
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
    except binascii.Error:
        return data


def _word(match: re.Match[str]) -> str:
    charset, way, text = match[1], match[2].upper(), match[3].encode("utf-8", "replace")
    data = from_base64(text) if way == "B" else quopri.decodestring(text, header=True)
    return text_of(data, charset)


def decoded(value: bytes | str) -> str:
    """A field's value with its encoded words (RFC 2047) read."""
    text = text_of(value) if isinstance(value, bytes) else value
    if "=?" not in text:
        return text
    return _ENCODED.sub(_word, _BETWEEN.sub(r"\1", text))


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A value such as that of Content-Type: what stands first, in lower case, and its parameters (RFC 2231 too)."""
    first, _, _ = value.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(value):
        given = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3].strip()
        section = _SECTION.match(match[1].lower())
        if section is None or (section[2] is None and section[3] is None):
            plain.setdefault(match[1].lower(), decoded(given))
        else:
            pieces.setdefault(section[1], []).append((int(section[2] or 0), section[3] is not None, given))
    for name, parts in pieces.items():
        charset, data = "", b""
        for number, encoded, given in sorted(parts):
            if encoded and number == 0 and given.count("'") >= 2:
                charset, _, given = given.split("'", 2)
            data += unquote_to_bytes(given) if encoded else given.encode("utf-8", "replace")
        plain[name] = text_of(data, charset)
    return first.strip().lower(), plain


def addresses(values: list[bytes]) -> list[tuple[str, str]]:
    """(display name, address) of every mailbox in some address fields."""
    found: list[tuple[str, str]] = []
    for value in values:
        text = text_of(value)
        pairs = getaddresses([text]) if text.count("(") < 50 else []
        if not any(address for _, address in pairs):
            # What the standard library refuses as a whole is read address by address.
            pairs = [("", address) for address in _ADDRESS.findall(text)]
        for display, address in pairs[:MAX_ADDRESSES]:
            name = " ".join(decoded(display).split())
            if address or name:
                found.append((name, decoded(address).strip()))
    return found


def date(value: bytes) -> int | None:
    """A date field in milliseconds since 1970."""
    try:
        moment = parsedate_to_datetime(text_of(value))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def message_ids(value: str) -> list[str]:
    """Every <id> in a field, with its brackets."""
    return _MESSAGE_ID.findall(value)
