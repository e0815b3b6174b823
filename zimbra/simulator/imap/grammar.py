"""The grammar of IMAP: reading what a client sent, writing strings a client can read. Nothing here does anything."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

_ATOM = re.compile(rb'[^(){ %*"\\\]\x00-\x1f\x7f]+')
_ASTRING = re.compile(rb'[^(){ %*"\\\x00-\x1f\x7f]+')
_LIST_NAME = re.compile(rb'[^(){ "\\\x00-\x1f\x7f]+')
_FLAG = re.compile(rb'\\?[^(){ %*"\\\]\x00-\x1f\x7f]+|\\\*')
_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\["\\])*)"')
_NUMBER = re.compile(rb"[0-9]{1,19}")
_SET = re.compile(rb"(?:[0-9]{1,19}|\*)(?::(?:[0-9]{1,19}|\*))?(?:,(?:[0-9]{1,19}|\*)(?::(?:[0-9]{1,19}|\*))?)*")
_DATE = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})\Z")
_DATE_TIME = re.compile(r" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\Z")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# (first, last); None stands for "*".
Range = tuple[int | None, int | None]


class BadSyntax(Exception):
    """The client's command makes no sense; the text is for the BAD answer."""


class Scanner:
    """A command as it came: text, then literal, text, literal... Each method reads one thing or raises BadSyntax."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        """`pieces`: text at even places, the literals between them at odd ones."""
        self._pieces = pieces
        self._at = 0
        self._pos = 0

    @property
    def _text(self) -> bytes:
        return self._pieces[self._at]

    def ends(self) -> bool:
        return self._at == len(self._pieces) - 1 and self._pos >= len(self._text)

    def end(self) -> None:
        if not self.ends():
            raise BadSyntax("unexpected argument")

    def peek(self) -> bytes:
        """The next byte; b"" before a literal and at the end."""
        return self._text[self._pos : self._pos + 1]

    def skip(self, expected: bytes) -> bool:
        """Whether `expected` (case does not matter) stood here; if so it is behind us."""
        if self._text[self._pos : self._pos + len(expected)].upper() != expected.upper():
            return False
        self._pos += len(expected)
        return True

    def need(self, expected: bytes) -> None:
        if not self.skip(expected):
            raise BadSyntax(f"{expected.decode()!r} expected")

    def space(self) -> None:
        self.need(b" ")

    def match(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        found = pattern.match(self._text, self._pos)
        if found is None:
            raise BadSyntax(f"{what} expected")
        self._pos = found.end()
        return found[0]

    def atom(self) -> str:
        return self.match(_ATOM, "atom").decode("latin-1")

    def word(self) -> str:
        """An atom in capitals."""
        return self.atom().upper()

    def number(self) -> int:
        return int(self.match(_NUMBER, "number"))

    def is_literal(self) -> bool:
        return self._pos >= len(self._text) and self._at + 1 < len(self._pieces)

    def string(self) -> bytes:
        """A quoted string or a literal."""
        if self.is_literal():
            literal = self._pieces[self._at + 1]
            self._at, self._pos = self._at + 2, 0
            return literal
        found = _QUOTED.match(self._text, self._pos)
        if found is None:
            raise BadSyntax("string expected")
        self._pos = found.end()
        return re.sub(rb'\\(["\\])', rb"\1", found[1])

    def _string_or(self, pattern: re.Pattern[bytes]) -> bytes:
        if self.is_literal() or self.peek() == b'"':
            return self.string()
        return self.match(pattern, "string")

    def astring(self) -> bytes:
        return self._string_or(_ASTRING)

    def mailbox(self) -> str:
        return from_utf7(self.astring())

    def pattern(self) -> str:
        """The name with wildcards of LIST."""
        return from_utf7(self._string_or(_LIST_NAME))

    def flag(self) -> str:
        return self.match(_FLAG, "flag").decode("latin-1")

    def flags(self) -> list[str]:
        """A list in parentheses, or bare flags up to the end."""
        if self.skip(b"("):
            found: list[str] = []
            while not self.skip(b")"):
                if found:
                    self.space()
                found.append(self.flag())
            return found
        found = [self.flag()]
        while self.skip(b" "):
            found.append(self.flag())
        return found

    def words(self) -> list[str]:
        """Atoms in parentheses, in capitals."""
        self.need(b"(")
        found: list[str] = []
        while not self.skip(b")"):
            if found:
                self.space()
            found.append(self.match(_FLAG, "atom").decode("latin-1").upper())
        return found

    def looks_like_set(self) -> bool:
        found = _SET.match(self._text, self._pos)
        return found is not None and self._text[found.end() : found.end() + 1] in (b" ", b")", b"")

    def sequence_set(self) -> list[Range]:
        text = self.match(_SET, "sequence set").decode()
        found: list[Range] = []
        for part in text.split(","):
            first, colon, last = part.partition(":")
            low = None if first == "*" else int(first)
            high = low if not colon else None if last == "*" else int(last)
            if low == 0 or high == 0:
                raise BadSyntax("sequence numbers start at 1")
            found.append((low, high))
        return found

    def date(self) -> datetime:
        """Midnight of a day, UTC."""
        text = self.astring().decode("latin-1")
        found = _DATE.match(text)
        if found is None:
            raise BadSyntax("date expected")
        try:
            return datetime(int(found[3]), month(found[2]), int(found[1]), tzinfo=UTC)
        except ValueError as error:
            raise BadSyntax("no such day") from error

    def date_time(self) -> int:
        """Milliseconds since 1970."""
        found = _DATE_TIME.match(self.string().decode("latin-1"))
        if found is None:
            raise BadSyntax("date and time expected")
        offset = timedelta(hours=int(found[8]), minutes=int(found[9])) * (-1 if found[7] == "-" else 1)
        try:
            moment = datetime(
                int(found[3]), month(found[2]), int(found[1]), int(found[4]), int(found[5]), int(found[6]),
                tzinfo=timezone(offset),
            )  # fmt: skip
            return int(moment.timestamp() * 1000)
        except (ValueError, OverflowError) as error:
            raise BadSyntax("no such moment") from error


def month(name: str) -> int:
    try:
        return MONTHS.index(name.capitalize()) + 1
    except ValueError as error:
        raise BadSyntax("no such month") from error


def internal_date(milliseconds: int) -> bytes:
    moment = datetime.fromtimestamp(max(0, milliseconds) / 1000, UTC)
    return f'"{moment.day:2d}-{MONTHS[moment.month - 1]}-{moment:%Y %H:%M:%S} +0000"'.encode()


def literal(data: bytes) -> bytes:
    return b"{%d}\r\n%s" % (len(data), data)


def quoted(data: bytes) -> bytes:
    """A string: quoted when it can be, else a literal."""
    if len(data) > 1000 or any(byte < 32 or byte > 126 for byte in data):
        return literal(data)
    return b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def nstring(data: bytes | None) -> bytes:
    return b"NIL" if data is None else quoted(data)


def numbers(found: Sequence[int]) -> bytes:
    """A set that keeps the order given, as short as can be: 1:3,7."""
    parts: list[str] = []
    start = previous = 0
    for number in found:
        if start and number == previous + 1:
            previous = number
            continue
        if start:
            parts.append(_span(start, previous))
        start = previous = number
    if start:
        parts.append(_span(start, previous))
    return ",".join(parts).encode()


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}:{last}"


def to_utf7(name: str) -> bytes:
    """A folder's name in modified UTF-7 (RFC 3501, 5.1.3)."""
    found = bytearray()
    waiting = ""

    def flush() -> None:
        nonlocal waiting
        if waiting:
            encoded = base64.b64encode(waiting.encode("utf-16-be", "surrogatepass")).rstrip(b"=").replace(b"/", b",")
            found.extend(b"&" + encoded + b"-")
            waiting = ""

    for character in name:
        if " " <= character <= "~":
            flush()
            found.extend(b"&-" if character == "&" else character.encode())
        else:
            waiting += character
    flush()
    return bytes(found)


def from_utf7(data: bytes) -> str:
    """The name; BadSyntax when it is not in modified UTF-7. Plain UTF-8, which some clients send, is taken as it is."""
    if any(byte > 126 for byte in data):
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise BadSyntax("name is not in modified UTF-7") from error
    found: list[str] = []
    at = 0
    while at < len(data):
        shift = data.find(b"&", at)
        if shift < 0:
            found.append(data[at:].decode("ascii"))
            break
        found.append(data[at:shift].decode("ascii"))
        stop = data.find(b"-", shift)
        if stop < 0:
            raise BadSyntax("name is not in modified UTF-7")
        encoded = data[shift + 1 : stop].replace(b",", b"/")
        try:
            raw = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
            found.append(raw.decode("utf-16-be") if encoded else "&")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise BadSyntax("name is not in modified UTF-7") from error
        at = stop + 1
    return "".join(found)
