"""From the bytes of an address book or calendar file to clean logical lines.

Shared by contacts and calendars, which import it from `text`. Every step works on whole lines with regular
expressions and the bytes type's own methods, because each byte of every file goes through here; nothing looks at
characters one by one, and every step is linear in the size of the file. The rules come from RFC 5545 3.1, RFC 6350
3.2 and RFC 6868; the faults repaired are those that exports of Convergence and of other programs were seen to have.

Repair codes counted here, per file or per line: `byte_order_mark`, `utf16`, `line_ends`, `indented_file`,
`control_characters`, `glued_to_version`, `soft_line_break`, `charset`, `double_encoding`, `lost_characters`.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple


class Line(NamedTuple):
    """A logical line: unfolded, decoded, without its line end.

    number: where it begins in the file, from 1. damaged: the file itself held replacement characters here, so
    letters were lost before we saw them; they now read "?".
    """

    number: int
    text: str
    damaged: bool = False


_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Vertical tabs and form feeds separate words in exports of Outlook; the others separate nothing.
_CONTROL_TABLE = bytes(32 if code in (11, 12) else code for code in range(256))
_CONTROL_DELETED = bytes(code for code in (*range(32), 127) if code not in (9, 10, 11, 12, 13))
# Early Mozilla calendars put an empty line between a name and the rest of its line, which starts with ":" or ";".
_LINE_START = re.compile(rb"\n(?![ \t]|\n[ \t]{1,4}[:;])")
_INDENTED_BEGIN = re.compile(rb"\s*?^([ \t]+)(?=BEGIN:)", re.IGNORECASE | re.MULTILINE)
# A blank before the line after VERSION is printed in Sun's own examples; unfolding would glue it to VERSION.
_BLANK_AFTER_VERSION = re.compile(
    rb"^((?:VERSION|METHOD|PRODID)[:;][^\n]*\n)[ \t](?=X-[A-Z0-9_-]+:)", re.IGNORECASE | re.MULTILINE
)
_QUOTED_PRINTABLE = re.compile(rb"[^:\n]{0,300}?;\s*(?:ENCODING\s*=\s*)?\"?QUOTED-PRINTABLE", re.IGNORECASE)
_PROPERTY_START = re.compile(
    rb"(?:[A-Za-z0-9-]+\.)?(?:BEGIN|END|VERSION|N|FN|TEL|EMAIL|ADR|LABEL|ORG|TITLE|ROLE|NOTE|URL|BDAY|PHOTO|LOGO|UID|REV"
    rb"|CATEGORIES|NICKNAME|TZ|GEO|MAILER|SOUND|KEY|AGENT|DTSTART|DTEND|DUE|SUMMARY|DESCRIPTION|LOCATION|RRULE|EXDATE"
    rb"|CLASS|STATUS|PRIORITY|SEQUENCE|TRANSP|DCREATED|LAST-MODIFIED|[AD]ALARM|X-[A-Z0-9-]+)[;:]"
)
_CHARSET = re.compile(rb"[^:]{0,300}?;CHARSET=\"?([A-Za-z0-9._:-]+?)\"?[;:]", re.IGNORECASE)

_CP1252: dict[int, int | None] = {}
for _byte in range(0x80, 0xA0):
    try:
        _CP1252[_byte] = ord(bytes((_byte,)).decode("cp1252"))
    except UnicodeDecodeError:
        _CP1252[_byte] = None
_TO_BYTES = {character: byte for byte, character in _CP1252.items() if character is not None}
_SUSPECT = re.compile("[\u00c2-\u00f4][\u0080-\u00bf" + "".join(map(chr, _TO_BYTES)) + "]")
# "É", a no-break space and "»" also make valid UTF-8, of rare letters. Whole words in such letters are believed.
_UNLIKELY = re.compile("[^\x00-\x7f\u00a0-\u017f\u2000-\u27bf\ufeff\ufffd\U0001f000-\U0001faff]")
_UNLIKELY_BELIEVED = 4
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def logical_lines(data: bytes, *, repairs: Counter[str]) -> Iterator[Line]:
    """Yield the non-empty logical lines of a file, counting in `repairs` what had to be repaired.

    Accepts a byte order mark, UTF-16 and UTF-32, any mixture of line ends, NULs, folds inside a character, and a
    different encoding on every line (UTF-8, the CHARSET a line declares, else Windows-1252). Quoted-printable soft line
    breaks are joined; the value stays quoted-printable. Never raises, and never yields U+FFFD or control characters
    other than tab.
    """
    chunks = _LINE_START.split(_normalise(data, repairs))
    # Taken from the end, so that the memory of a line is free again when the line has been read.
    chunks.reverse()
    number = 1
    while chunks:
        chunk = chunks.pop()
        start = number
        number += 1
        if b"\n" in chunk or chunk.endswith(b"="):
            folds = chunk.count(b"\n")
            number += folds
            if b"=" in chunk and _QUOTED_PRINTABLE.match(chunk):
                pieces = chunk.split(b"\n")
                while pieces[-1].endswith(b"=") and chunks and not _PROPERTY_START.match(chunks[-1]):
                    following = chunks.pop().split(b"\n")
                    number += len(following)
                    pieces.extend(following)
                chunk = _join_soft_breaks(pieces)
                if len(pieces) > folds + 1:
                    repairs["soft_line_break"] += 1
            elif folds:
                chunk = chunk.replace(b"\n\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"")
        if chunk.isascii():
            if chunk:
                yield Line(start, chunk.decode("ascii"))
            continue
        text = clean(_decode(chunk, repairs), repairs)
        if "\ufffd" in text:
            repairs["lost_characters"] += 1
            yield Line(start, text.replace("\ufffd", "?"), True)
        elif text:
            yield Line(start, text)


def clean(text: str, repairs: Counter[str]) -> str:
    """Undo double encoding when the whole text allows it, and take out what no card or event may hold.

    U+FFFD is left for the caller to see. Windows-1252 punctuation stored as C1 controls becomes punctuation again.
    """
    if text.isascii():
        if _UNWANTED.search(text):
            repairs["control_characters"] += 1
            text = _UNWANTED.sub("", text)
        return text
    if _SUSPECT.search(text):
        for _ in range(2):
            try:
                once = text.translate(_TO_BYTES).encode("latin-1").decode("utf-8")
            except (UnicodeEncodeError, UnicodeDecodeError):
                break
            if 0 < len(_UNLIKELY.findall(once)) < _UNLIKELY_BELIEVED:
                break
            text = once
            repairs["double_encoding"] += 1
    if _UNWANTED.search(text):
        repairs["control_characters"] += 1
        text = text.replace("\u2028", "\\n").replace("\u2029", "\\n")
        text = _UNWANTED.sub("", text.translate(_CP1252))
    return text


def _normalise(data: bytes, repairs: Counter[str]) -> bytes:
    """The file as UTF-8 or single bytes, LF line ends only, without byte order marks and control characters."""
    data = narrow(data, repairs)
    if b"\xef\xbb\xbf" in data:
        repairs["byte_order_mark"] += 1
        data = data.replace(b"\xef\xbb\xbf", b"")
    size = len(data)
    cleaned = data.translate(_CONTROL_TABLE, _CONTROL_DELETED)
    if len(cleaned) != size or cleaned != data:
        repairs["control_characters"] += 1
    data = cleaned
    returns = data.count(b"\r")
    if returns != data.count(b"\n") or returns != data.count(b"\r\n"):
        repairs["line_ends"] += 1
    if returns:
        data = data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if data[:1] in (b" ", b"\t", b"\n") and (indented := _INDENTED_BEGIN.match(data)):
        repairs["indented_file"] += 1
        data = re.sub(rb"^" + re.escape(indented[1]), b"", data, flags=re.MULTILINE)
    if b"\n X-" in data or b"\n\tX-" in data or b"\n x-" in data:
        data, glued = _BLANK_AFTER_VERSION.subn(rb"\1", data)
        if glued:
            repairs["glued_to_version"] += glued
    return data


def narrow(data: bytes, repairs: Counter[str]) -> bytes:
    """UTF-16 and UTF-32 files, marked or recognisable by their zero bytes, as UTF-8."""
    encoding = ""
    for mark, name in _WIDE_MARKS:
        if data.startswith(mark):
            encoding, data = name, data[len(mark) :]
            break
    else:
        head = data[:8]
        if len(head) == 8 and head[0] and head[1::2] == b"\0\0\0\0" and all(head[::2]):
            encoding = "utf-16-le"
        elif len(head) == 8 and head[1] and head[::2] == b"\0\0\0\0" and all(head[1::2]):
            encoding = "utf-16-be"
    if not encoding:
        return data
    repairs["utf16"] += 1
    return data.decode(encoding, "replace").encode("utf-8", "replace")


def _join_soft_breaks(pieces: list[bytes]) -> bytes:
    """A quoted-printable value that runs over several physical lines, as one.

    When every following line is indented the blank is folding, not text; a single one may well be text.
    """
    following = pieces[1:]
    folded = bool(following) and all(piece[:1] in (b" ", b"\t") for piece in following)
    if folded and (len(following) > 1 or following[0][:1] == b"\t" or not pieces[0].endswith(b"=")):
        pieces = [pieces[0], *(piece[1:] for piece in following)]
    last = pieces[-1]
    return b"".join(piece[:-1] if piece.endswith(b"=") else piece for piece in pieces[:-1]) + (
        last[:-1] if last.endswith(b"=") else last
    )


def _decode(raw: bytes, repairs: Counter[str]) -> str:
    """One line as text: UTF-8, else the charset that it declares, else Windows-1252 where it is not UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        repairs["charset"] += 1
    if declared := _CHARSET.match(raw):
        try:
            return raw.decode(declared[1].decode("ascii"))
        except (UnicodeError, LookupError):
            pass
    try:
        # Characters outside the basic plane written as two encoded surrogates (Java, Oracle's CESU-8).
        return raw.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeError:
        return decode_mixed(raw)


def decode_mixed(raw: bytes) -> str:
    """Bytes as UTF-8 where they are UTF-8, as Windows-1252 where they are not."""
    return raw.decode("utf-8", "windows1252").translate(_CP1252)


def _windows1252(error: UnicodeError) -> tuple[str, int]:
    """Error handler: the bytes that are not UTF-8, read as Latin-1; C1 controls become Windows-1252 afterwards."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("windows1252", _windows1252)
