"""Attributes of a signature's elements: which may stay, and with which values."""

from __future__ import annotations

import re
from collections.abc import Callable

from bascule.conversions.signatures import addresses
from bascule.conversions.signatures.styles import declarations, style_of

_ALIGNS = frozenset(
    ("left", "right", "center", "justify", "middle", "top", "bottom", "baseline", "absmiddle", "absbottom", "texttop")
)
_COLOUR = re.compile(r"#?[0-9a-f]{3,8}|[a-z]{3,30}", re.IGNORECASE)
_LENGTH = re.compile(r"([0-9]{1,4})(?:\.[0-9]{0,6})?(%|px|pt)?")
_SIZE = re.compile(r"[+-]?[0-9]{1,2}")
_FACE = re.compile(r"[\w .,'&-]{1,200}")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_SPACES = re.compile(r"\s+")
_MOST_LETTERS = 500


def _text(value: str) -> str | None:
    return _SPACES.sub(" ", value).strip()[:_MOST_LETTERS].strip()


def _one_of(allowed: frozenset[str]) -> Callable[[str], str | None]:
    def kept(value: str) -> str | None:
        value = value.strip().lower()
        return value if value in allowed else None

    return kept


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    def kept(value: str) -> str | None:
        value = value.strip()
        return value if pattern.fullmatch(value) else None

    return kept


def _length(value: str) -> str | None:
    found = _LENGTH.fullmatch(value.strip().lower())
    if found is None:
        return None
    # Only pixels and percents mean something in an attribute; "12pt" is read as 12 by browsers.
    return found[1] + ("%" if found[2] == "%" else "")


def _number(most: int) -> Callable[[str], str | None]:
    def kept(value: str) -> str | None:
        value = value.strip()
        return (
            str(int(value)) if value.isascii() and value.isdigit() and len(value) < 6 and int(value) <= most else None
        )

    return kept


def _style(value: str) -> str | None:
    return style_of(declarations(value)) or None


def _source(value: str) -> str | None:
    data = addresses.embedded(value)
    return addresses.remote(value) if data is None else addresses.data_uri(data)


_ALIGN, _LENGTH_OF, _COLOUR_OF = _one_of(_ALIGNS), _length, _matching(_COLOUR)
_EVERYWHERE: dict[str, Callable[[str], str | None]] = {
    "style": _style,
    "align": _ALIGN,
    "dir": _one_of(frozenset(("ltr", "rtl", "auto"))),
    "lang": _matching(_LANGUAGE),
    "title": _text,
}
_CELL = {
    "colspan": _number(100),
    "rowspan": _number(100),
    "width": _LENGTH_OF,
    "height": _LENGTH_OF,
    "valign": _ALIGN,
    "bgcolor": _COLOUR_OF,
    "nowrap": lambda value: "nowrap",
}
_OF_ELEMENT: dict[str, dict[str, Callable[[str], str | None]]] = {
    "a": {"href": addresses.link},
    "img": {
        "src": _source,
        "alt": _text,
        "width": _LENGTH_OF,
        "height": _LENGTH_OF,
        "border": _number(50),
        "hspace": _number(200),
        "vspace": _number(200),
    },
    "font": {"color": _COLOUR_OF, "face": _matching(_FACE), "size": _matching(_SIZE)},
    "hr": {"size": _number(100), "width": _LENGTH_OF, "color": _COLOUR_OF, "noshade": lambda value: "noshade"},
    "table": {
        "cellpadding": _number(200),
        "cellspacing": _number(200),
        "border": _number(50),
        "width": _LENGTH_OF,
        "height": _LENGTH_OF,
        "bgcolor": _COLOUR_OF,
    },
    "td": _CELL,
    "th": _CELL,
    "tr": {"valign": _ALIGN, "bgcolor": _COLOUR_OF, "height": _LENGTH_OF},
    "tbody": {"valign": _ALIGN},
    "thead": {"valign": _ALIGN},
    "ol": {"start": _number(9999), "type": _one_of(frozenset(("1", "a", "i")))},
}
ELEMENTS = frozenset(
    ("a", "b", "blockquote", "br", "center", "div", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img",
     "li", "ol", "p", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u",
     "ul",)
)  # fmt: skip
NAMES = {name: set(_EVERYWHERE) | set(_OF_ELEMENT.get(name, ())) for name in ELEMENTS}


def kept(element: str, name: str, value: str) -> str | None:
    """The value that the attribute of that element may have; None when it has to go. Its own outcome stays as it is."""
    rule = _OF_ELEMENT.get(element, {}).get(name) or _EVERYWHERE.get(name)
    return None if rule is None else rule(value)
