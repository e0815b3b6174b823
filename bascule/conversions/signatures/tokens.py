"""HTML to tags and texts, and back, the way browsers cut it (WHATWG HTML 13.2.5), in one pass over the text.

Every step is linear: nothing is looked at twice, whatever stands in the text. Comments and declarations, also the
conditional ones of Word and Outlook, are gone afterwards.
"""

from __future__ import annotations

import html as _html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

VOID = frozenset(
    ("area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img", "input", "keygen",
     "link", "meta", "param", "source", "track", "wbr")
)  # fmt: skip
# Elements whose content is text up to their end tag, whatever it looks like.
_RAW = frozenset(("iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"))
_RAW_END = {name: re.compile(rf"</{name}(?=[\t\n\f />])", re.IGNORECASE) for name in _RAW}
# More attributes than any tag has that somebody wrote.
_MOST_ATTRIBUTES = 60
_NAME = re.compile(r"[A-Za-z][^\t\n\f />]*+")
_ATTRIBUTE = re.compile(
    r"[\t\n\f /]*+(?:(?P<end>>)|(?P<name>[^\t\n\f />][^\t\n\f />=]*+)"
    r"(?:[\t\n\f ]*+=[\t\n\f ]*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>[^\t\n\f >\"'][^\t\n\f >]*+)"
    r"|(?=>)))?)"
)
# Python refuses to make a number of thousands of digits.
_LONG_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{9,}+;?")
# An attribute holds addresses: "&copy=1" is no reference there, only "&copy;" is.
_REFERENCE = re.compile(r"&(?:#[0-9]{1,8};?|#[xX][0-9a-fA-F]{1,8};?|[A-Za-z][A-Za-z0-9]{0,31};)")
# What XML 1.0 cannot carry, and controls that only hide things from the reader.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Text:
    """Text between tags, without references."""

    text: str


@dataclass(frozen=True, slots=True)
class Open:
    """A start tag. name and names of attributes in small letters; closed: it ends with "/>"."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    name: str


@dataclass(frozen=True, slots=True)
class Raw:
    """A whole element whose content is no HTML: a script, a style sheet, a title."""

    name: str
    text: str
    attributes: dict[str, str] = field(default_factory=dict)


Token: TypeAlias = Text | Open | Close | Raw


def legible(text: str) -> str:
    """The text with one kind of line end, and without the characters that cannot be sent to Zimbra."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " "))


def tokens(html: str) -> Iterator[Token]:
    """The tags and texts of any text, in order. Never raises. A tag that never ends takes what follows with it."""
    html = legible(html)
    position, size = 0, len(html)
    while position < size:
        found = html.find("<", position)
        if found < 0:
            found = size
        if found > position:
            yield Text(_unescaped(html[position:found]))
        if found == size:
            return
        position = found + 1
        after = html[position : position + 1]
        if after in ("!", "?"):
            position = _after_comment(html, found)
        elif after == "/":
            name = _NAME.match(html, position + 1)
            if name is None:
                position = _beyond(html, ">", position)
                continue
            _, _, position = _attributes(html, name.end())
            yield Close(name[0].lower())
        elif name := _NAME.match(html, position):
            attributes, closed, position = _attributes(html, name.end())
            if position < 0:
                return
            lower = name[0].lower()
            if lower in _RAW:
                end = _RAW_END[lower].search(html, position)
                yield Raw(lower, html[position : end.start() if end else size], attributes)
                position = _attributes(html, end.end())[2] if end else size
            elif lower == "plaintext":
                yield Text(html[position:])
                return
            else:
                yield Open(lower, attributes, closed)
        else:
            yield Text("<")
        if position < 0:
            return


def written(token: Text | Open | Close) -> str:
    """The token as HTML of one form: attributes in double quotes, nothing left to guess."""
    if isinstance(token, Text):
        return escaped(token.text)
    if isinstance(token, Close):
        return f"</{token.name}>"
    return f"<{token.name}" + "".join(f' {name}="{escaped(value)}"' for name, value in token.attributes.items()) + ">"


def escaped(text: str) -> str:
    """Text for HTML, also inside double quotes."""
    escaped_text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return escaped_text.replace("\u00a0", "&nbsp;")


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    return legible(_html.unescape(_LONG_NUMBER.sub("\ufffd", text)))


def _unescaped_value(value: str) -> str:
    if "&" not in value:
        return value
    return legible(_REFERENCE.sub(lambda found: _html.unescape(found[0]), value))


def _attributes(html: str, position: int) -> tuple[dict[str, str], bool, int]:
    """The attributes that begin at `position`, whether the tag ends itself, and where it ends; -1 when it does not."""
    attributes: dict[str, str] = {}
    while found := _ATTRIBUTE.match(html, position):
        position = found.end()
        if found["end"]:
            return attributes, html[position - 2] == "/", position
        name = found["name"].lower()
        if name not in attributes and len(attributes) < _MOST_ATTRIBUTES:
            attributes[name] = _unescaped_value(found["double"] or found["single"] or found["bare"] or "")
    return attributes, False, -1


def _after_comment(html: str, start: int) -> int:
    if html.startswith("<!--", start):
        # "<!-->" is a whole comment.
        return _beyond(html, "-->", start + 2)
    return _beyond(html, ">", start)


def _beyond(html: str, end: str, position: int) -> int:
    found = html.find(end, position)
    return -1 if found < 0 else found + len(end)
