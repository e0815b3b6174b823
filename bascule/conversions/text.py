"""From the bytes of an address book or calendar file to clean logical lines, properties and back.

Shared by contacts and calendars. Every step works on whole lines with regular expressions and the bytes type's own
methods, because each byte of every file goes through here; nothing looks at characters one by one, and every step is
linear in the size of the file. The rules come from RFC 5545 3.1, RFC 6350 3.2 and RFC 6868; the faults repaired are
those that exports of Convergence and of other programs were seen to have.

Repair codes counted here, per file or per line: `byte_order_mark`, `utf16`, `line_ends`, `indented_file`,
`control_characters`, `glued_to_version`, `soft_line_break`, `charset`, `double_encoding`, `lost_characters`.
"""

from __future__ import annotations

import codecs
import quopri
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


class Property(NamedTuple):
    """A parsed line. name and parameter names are in capitals; value is raw (still escaped); group may be empty."""

    name: str
    group: str
    params: dict[str, list[str]]
    value: str


# ---------------------------------------------------------------------------------------------- bytes to lines

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
    data = _narrow(data, repairs)
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


def _narrow(data: bytes, repairs: Counter[str]) -> bytes:
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
        return raw.decode("utf-8", "windows1252").translate(_CP1252)


def _windows1252(error: UnicodeError) -> tuple[str, int]:
    """Error handler: the bytes that are not UTF-8, read as Latin-1; C1 controls become Windows-1252 afterwards."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("windows1252", _windows1252)


# ------------------------------------------------------------------------------------------ lines to properties

_SPLIT = re.compile(r"\s*+(?:([A-Za-z0-9_-]{1,99}+)\.)?([A-Za-z0-9_-]{1,99}+)[ \t]*+(?::|(?=;))")
_PLAIN_PARAMETERS = re.compile(r';([^:"]*):')
_PARAMETER = re.compile(r';\s*([^=:;"\s]*)\s*(=?)')
_QUOTED = re.compile(r'\s*"([^"]*)"\s*')
_UNQUOTED = re.compile(r"((?:[^;:,\\]|\\[;,]?)*)")
_CARET = re.compile(r"\^([n'^])")
_CARET_MEANS = {"n": "\n", "'": '"', "^": "^"}
# Parameters that were seen with an unquoted ":" in their value: logins of Sun's calendar ("jdoe:jdoe") and addresses.
COLON_LOGIN_PARAMETERS = frozenset({"X-NSCP-ORGANIZER-SENT-BY-UID", "X-NSCP-ORGANIZER-UID", "X-S1CS-CALID"})
COLON_URI_PARAMETERS = frozenset(
    {"SENT-BY", "DIR", "ALTREP", "MEMBER", "DELEGATED-FROM", "DELEGATED-TO", "X-S1CS-EMAIL", "EMAIL", "SCHEDULE-AGENT"}
)
_LOGIN = re.compile(r"([^;:,\"]*:(?!(?:mailto|https?|urn|ldap|cid):)[^;:,\"]*)(?=[;:])", re.IGNORECASE)
_URI = re.compile(
    r"((?:(?:mailto|urn|cid):|(?:https?|ldaps?|ftp|file)://)[^;:,]*(?::\d+[^;:,]*)?)(?=[;:,])", re.IGNORECASE
)
_BARE_ENCODINGS = frozenset({"QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT"})
_BARE_VALUES = frozenset({"URL", "URI", "CID", "CONTENT-ID", "INLINE"})
_BARE_CHARSETS = frozenset({"UTF-8", "UTF8", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252", "US-ASCII"})


def split_line(text: str) -> tuple[str, str, str, str] | None:
    """(group, name in capitals, raw parameters from the first ";", raw value) of a line; None when it is no property.

    Cheaper than `parse_line` for readers that keep the outcome of `parse_parameters` by raw text.
    """
    found = _SPLIT.match(text)
    if found is None:
        return None
    end = found.end()
    if text[end - 1] == ":":
        return found[1] or "", found[2].upper(), "", text[end:]
    plain = _PLAIN_PARAMETERS.match(text, end)
    if plain is not None and not _has_colon_parameter(plain[1]):
        return found[1] or "", found[2].upper(), text[end : plain.end() - 1], text[plain.end() :]
    stop = _end_of_parameters(text, end)
    if stop < 0:
        return None
    return found[1] or "", found[2].upper(), text[end:stop], text[stop + 1 :]


def parse_parameters(raw: str) -> dict[str, list[str]]:
    """The parameters of `split_line`: names in capitals, values unquoted, RFC 6868 carets decoded, lists split.

    A bare vCard 2.1 parameter counts as TYPE, ENCODING, VALUE or CHARSET according to what it says.
    """
    params: dict[str, list[str]] = {}
    position = 0
    ended = raw + ":"
    while found := _PARAMETER.match(raw, position):
        position = found.end()
        name = found[1].upper()
        if found[2]:
            values, position = _values(name, ended, position)
        else:
            values, name = [found[1]], _bare(name)
        if found[1]:
            params.setdefault(name, []).extend(values)
        if position < len(raw) and raw[position] != ";":
            position = raw.find(";", position)
            if position < 0:
                break
    return params


def parse_line(text: str) -> Property | None:
    """Parse a logical line; None when it has no ":" or does not begin with a property name.

    Tolerant: lower case, "_" in names, quoted parameters, parameters with an unquoted colon (see
    `COLON_LOGIN_PARAMETERS`), bare vCard 2.1 parameters.
    """
    parts = split_line(text)
    if parts is None:
        return None
    group, name, raw, value = parts
    return Property(name, group, parse_parameters(raw) if raw else {}, value)


def _has_colon_parameter(raw: str) -> bool:
    last = raw.rfind(";") + 1
    name = raw[last:].partition("=")[0].strip().upper()
    return name in COLON_LOGIN_PARAMETERS or name in COLON_URI_PARAMETERS


def _end_of_parameters(text: str, position: int) -> int:
    """Index of the ":" that ends the parameters which begin at `position`, -1 when there is none."""
    while found := _PARAMETER.match(text, position):
        position = found.end()
        if found[2]:
            _, position = _values(found[1].upper(), text, position)
        if position < len(text) and text[position] not in ";:":
            semicolon, colon = text.find(";", position), text.find(":", position)
            position = colon if semicolon < 0 or 0 <= colon < semicolon else semicolon
            if position < 0:
                return -1
    return position if position < len(text) and text[position] == ":" else -1


def _values(name: str, text: str, position: int) -> tuple[list[str], int]:
    """The comma-separated values that begin at `position`, and where they end."""
    values = []
    while True:
        if (quoted := _QUOTED.match(text, position)) and text[quoted.end() : quoted.end() + 1] in (";", ":", ",", ""):
            value, position = quoted[1], quoted.end()
        else:
            special = None
            if name in COLON_LOGIN_PARAMETERS:
                special = _LOGIN.match(text, position)
            elif name in COLON_URI_PARAMETERS:
                special = _URI.match(text, position)
            found = special or _UNQUOTED.match(text, position)
            assert found is not None  # _UNQUOTED matches the empty text
            value, position = found[1].strip(), found.end()
            if "\\" in value:
                value = value.replace("\\;", ";").replace("\\,", ",")
        if "^" in value:
            value = _CARET.sub(lambda caret: _CARET_MEANS[caret[1]], value)
        values.append(value)
        if text[position : position + 1] != ",":
            return values, position
        position += 1


def _bare(value: str) -> str:
    """Which parameter a bare vCard 2.1 value stands for."""
    if value in _BARE_ENCODINGS:
        return "ENCODING"
    if value in _BARE_VALUES:
        return "VALUE"
    return "CHARSET" if value in _BARE_CHARSETS else "TYPE"


# ------------------------------------------------------------------------------------------------------ values

_ESCAPED = re.compile(r"\\([nN,;:\\\"])")
_ESCAPE_MEANS = {"n": "\n", "N": "\n"}
_ESCAPED_PAIR = re.compile(r"\\.", re.DOTALL)
_ENCODED_BYTE = re.compile(r"=[0-9A-Fa-f]{2}")


def unescape_text(value: str) -> str:
    r"""The text that a TEXT value stands for: \n, \, \; \\ (and \: \" of older programs); other backslashes stay."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: _ESCAPE_MEANS.get(found[1], found[1]), value)


def escape_text(text: str) -> str:
    """The TEXT value (RFC 6350 3.4, RFC 5545 3.3.11) that stands for `text`; any line end becomes an escaped one."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if ";" in text:
        text = text.replace(";", "\\;")
    if "," in text:
        text = text.replace(",", "\\,")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "\\n") if "\n" in text else text


def split_escaped(value: str, separator: str) -> list[str]:
    """Split a raw value at each `separator` (one character) without a backslash before it; parts stay escaped."""
    if "\\" not in value:
        return value.split(separator)
    parts = []
    start = 0
    escaped = {found.start() + 1 for found in _ESCAPED_PAIR.finditer(value)}
    position = value.find(separator)
    while position >= 0:
        if position not in escaped:
            parts.append(value[start:position])
            start = position + 1
        position = value.find(separator, position + 1)
    parts.append(value[start:])
    return parts


def decode_quoted_printable(value: str, charset: str, repairs: Counter[str]) -> str:
    r"""A quoted-printable value as text, line ends as "\n" escapes so that the value stays one raw value.

    `charset` is the declared one or empty; UTF-8 is believed before a declaration that would make mojibake of it.
    """
    raw = quopri.decodestring(value.encode("utf-8"))
    text = ""
    for encoding in ("utf-8", charset or "utf-8"):
        try:
            text = raw.decode(encoding)
            break
        except (UnicodeError, LookupError):
            continue
    else:
        text = raw.decode("utf-8", "windows1252").translate(_CP1252)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return clean(text, repairs).replace("\ufffd", "?")


def looks_quoted_printable(value: str) -> bool:
    """Whether a value without ENCODING is left-over quoted-printable: it holds encoded bytes that are letters."""
    if "=" not in value:
        return False
    found = _ENCODED_BYTE.findall(value)
    return any(code[1] in "89ABCDEFabcdef" for code in found) and value.count("=") == len(found)


# ----------------------------------------------------------------------------------------------------- writing


def fold(line: str) -> str:
    """The line folded at 75 octets of UTF-8 (RFC 6350 3.2), never inside a character, with its final CRLF."""
    if line.isascii():
        size = len(line)
        if size <= 75:
            return line + "\r\n"
        pieces = [line[:75]]
        pieces.extend([line[start : start + 74] for start in range(75, size, 74)])
        return "\r\n ".join(pieces) + "\r\n"
    raw = line.encode("utf-8")
    size = len(raw)
    if size <= 75:
        return line + "\r\n"
    parts = []
    start, end = 0, 75
    while end < size:
        while raw[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(raw[start:end])
        start, end = end, end + 74
    parts.append(raw[start:])
    return b"\r\n ".join(parts).decode("utf-8") + "\r\n"
