"""Lines to properties and values, and back to folded lines: RFC 5545 3.1, RFC 6350 3.2, RFC 6868, and real files.

The one module that readers and writers of contacts and calendars import for text; bytes become lines in `lines.py`.
"""

from __future__ import annotations

import quopri
import re
from collections import Counter
from typing import NamedTuple

from bascule.conversions.lines import Line, clean, decode_mixed, logical_lines

__all__ = [
    "COLON_LOGIN_PARAMETERS",
    "COLON_URI_PARAMETERS",
    "Line",
    "Property",
    "clean",
    "decode_quoted_printable",
    "escape_text",
    "fold",
    "logical_lines",
    "looks_quoted_printable",
    "parse_line",
    "parse_parameters",
    "split_escaped",
    "split_line",
    "unescape_text",
]


class Property(NamedTuple):
    """A parsed line. name and parameter names are in capitals; value is raw (still escaped); group may be empty."""

    name: str
    group: str
    params: dict[str, list[str]]
    value: str


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
        text = decode_mixed(raw)
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
