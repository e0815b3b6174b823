"""People and their rules out of an LDIF file of Sun's directory, one after the other, however many there are.

The attribute is `mailSieveRuleSource` (Messaging Server schema reference): one value is one rule, or a whole script.
LDIF: RFC 2849, and what hand-made exports add to it: attributes without a `dn`, values that run over several lines
without being encoded.

Counted by code: `bad_base64` (the value is kept as it stands), `bad_line`, `too_long` (left out), `without_rules`
(entries that are not handed out).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bascule.conversions.lines import decode_mixed, narrow

RULES = "mailsieverulesource"
# One value, and all values of one person. Sun's directory held them in an attribute; the largest seen are some kB.
MAX_OCTETS = 1_000_000
MAX_ADDRESSES = 200

_ADDRESSES = frozenset({"mail", "mailalternateaddress", "mailequivalentaddress"})
_KEPT = frozenset({RULES, "dn", "uid", *_ADDRESSES})
_ATTRIBUTE = re.compile(rb"([A-Za-z][A-Za-z0-9.-]*+)(?:;[A-Za-z0-9;-]*+)?(::|:<|:)[ \t]*+(.*)", re.DOTALL)
_LOGIN = re.compile(r"^\s*uid\s*=\s*([^,+]+)", re.IGNORECASE)
_SAFE = re.compile(rb"(?![ :<])[\x01-\x09\x0b\x0c\x0e-\x7e]*(?<! )")


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """A directory entry that holds rules.

    dn: "" when the file has none. addresses: lower case, each once. values: decoded Sieve, in the order of the file.
    text: the entry again as LDIF, with nothing but its dn and its rules: what is deposited for that person.
    """

    dn: str
    addresses: tuple[str, ...]
    login: str
    values: tuple[str, ...]
    text: bytes = field(repr=False)


@dataclass(slots=True)
class _Entry:
    attributes: dict[str, list[str]] = field(default_factory=dict)
    values: list[bytes] = field(default_factory=list)
    octets: int = 0


def entries(source: bytes | Iterable[bytes], counts: Counter[str] | None = None) -> Iterator[PersonEntry]:
    """The entries that have rules, in the order of `source`: a whole file, or its physical lines with their ends.

    Never raises on what the file says; what could not be read is counted in `counts`. One entry is in memory at a time.
    """
    counts = Counter() if counts is None else counts
    entry = _Entry()
    open_value = False
    lines = narrow(source, Counter()).splitlines() if isinstance(source, bytes) else source
    for line in _logical(lines, counts):
        found = _ATTRIBUTE.match(line)
        name = found[1].decode("ascii").lower() if found else ""
        if not line or name == "dn":
            yield from _finished(entry, counts)
            entry = _Entry()
            open_value = False
        if found is None:
            if open_value:
                # A value that was printed as it is: LDIF would have encoded its line ends.
                entry.values[-1] += b"\n" + line
                entry.octets += len(line)
            elif line not in (b"", b"-") and not line.startswith(b"#"):
                counts["bad_line"] += 1
            continue
        open_value = False
        if name not in _KEPT:
            continue
        raw = _value(found[2], found[3], counts)
        entry.octets += len(raw)
        if entry.octets > MAX_OCTETS:
            counts["too_long"] += 1
        elif name == RULES:
            entry.values.append(raw)
            open_value = found[2] == b":"
        elif len(kept := entry.attributes.setdefault(name, [])) < MAX_ADDRESSES:
            kept.append(text_of(raw).strip())
    yield from _finished(entry, counts)


def text_of(raw: bytes) -> str:
    """Bytes of any encoding as text with "\\n" line ends, without NULs and byte order marks."""
    text = decode_mixed(narrow(raw, Counter()))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").replace("\ufeff", "")


def _logical(lines: Iterable[bytes], counts: Counter[str]) -> Iterator[bytes]:
    """Unfolded lines without their ends, empty ones included; comments and what is too long left out."""
    parts: list[bytes] = []
    octets = 0
    for physical in lines:
        line = physical.rstrip(b"\r\n")
        if parts and line[:1] in (b" ", b"\t"):
            octets += len(line)
            if octets <= 2 * MAX_OCTETS:
                parts.append(line[1:])
            continue
        yield from _whole(parts, octets, counts)
        parts, octets = [line.removeprefix(b"\xef\xbb\xbf")], len(line)
    yield from _whole(parts, octets, counts)


def _whole(parts: list[bytes], octets: int, counts: Counter[str]) -> Iterator[bytes]:
    if octets > 2 * MAX_OCTETS:
        counts["too_long"] += 1
    elif parts:
        yield b"".join(parts)


def _value(kind: bytes, value: bytes, counts: Counter[str]) -> bytes:
    if kind != b"::":
        return value if kind == b":" else b""
    digits = b"".join(value.split()).rstrip(b"=")
    cut_off = len(digits) % 4 == 1
    if cut_off:
        # A last group of one digit stands for less than an octet. What stands before it is kept.
        digits = digits[:-1]
    try:
        raw = base64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True)
    except binascii.Error:
        counts["bad_base64"] += 1
        return value
    counts["bad_base64"] += cut_off
    return raw


def _finished(entry: _Entry, counts: Counter[str]) -> Iterator[PersonEntry]:
    values = [value for value in entry.values if value.strip()]
    if not values:
        if entry.attributes:
            counts["without_rules"] += 1
        return
    dn = next(iter(entry.attributes.get("dn", ())), "")
    addresses = {
        address: None
        for name in ("mail", "mailalternateaddress", "mailequivalentaddress")
        for value in entry.attributes.get(name, ())
        if (address := value.lower().removeprefix("mailto:")) and address.find("@") > 0
    }
    login = next(iter(entry.attributes.get("uid", ())), "")
    if not login and (found := _LOGIN.match(dn)):
        login = found[1].strip()
    texts = tuple(map(text_of, values))
    lines = [_line("dn", dn)] if dn else []
    lines.extend(_line("mailSieveRuleSource", text) for text in texts)
    yield PersonEntry(dn, tuple(addresses), login, texts, b"".join(lines))


def _line(name: str, value: str) -> bytes:
    """One attribute, encoded where RFC 2849 asks for it, folded at 76 octets."""
    raw = value.encode("utf-8", "replace")
    if raw and _SAFE.fullmatch(raw):
        line = name.encode() + b": " + raw
    else:
        line = name.encode() + b":: " + base64.b64encode(raw)
    first, rest = line[:76], line[76:]
    return b"\n ".join([first, *(rest[at : at + 75] for at in range(0, len(rest), 75))]) + b"\n"
