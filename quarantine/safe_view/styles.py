"""Whether styles hide a text from the reader: the little of CSS that forgers and newsletters use for it. Pure.

What is not understood counts as visible: better a word too many than one that only the mail program shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

Colour = tuple[int, int, int]
Declarations = dict[str, str]

MAX_STYLE_CHARACTERS: Final = 4_000
MAX_SHEET_CHARACTERS: Final = 200_000
MAX_RULES: Final = 1_000
# Smaller than that is not read (pixels, points); colours that differ by less are not told apart.
_TINY_PIXELS = 2.0
_TINY_RELATIVE = 0.15
_SAME_COLOUR = 24
_FAR_AWAY = -400.0

_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?|\\(.)", re.DOTALL)
_LENGTH = re.compile(r"([+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))\s*([a-z%]*)")
_RGB = re.compile(r"rgba?\(\s*([^()]{1,80})\)")
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_REMOTE = re.compile(r"url\(\s*['\"]?\s*(?:https?:|ftp:)?//", re.IGNORECASE)
_SELECTOR = re.compile(r"[a-z0-9]*([.#][\w-]{1,80})")
_NAMED: Final[dict[str, Colour]] = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "red": (255, 0, 0),
    "blue": (0, 0, 255),
    "green": (0, 128, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "yellow": (255, 255, 0),
    "navy": (0, 0, 128),
}


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks at a place. gone: it and all below it is hidden; tiny, unseen, see_through: until something below
    sets it anew. colour, ground: None where they are not known."""

    gone: bool = False
    tiny: bool = False
    unseen: bool = False
    see_through: bool = False
    colour: Colour | None = (0, 0, 0)
    ground: Colour | None = (255, 255, 255)

    @property
    def is_hidden(self) -> bool:
        if self.gone or self.tiny or self.unseen or self.see_through:
            return True
        if self.colour is None or self.ground is None:
            return False
        return all(abs(one - other) <= _SAME_COLOUR for one, other in zip(self.colour, self.ground, strict=True))


def declarations(style: str) -> Declarations:
    """The declarations of a style attribute; the last one of a name counts."""
    style = style[:MAX_STYLE_CHARACTERS].replace("\0", "")
    if "/*" in style:
        style = _COMMENT.sub("", style)
    if "\\" in style:
        style = _ESCAPE.sub(_unescaped, style)
    found: Declarations = {}
    for one in style.lower().split(";"):
        name, colon, value = one.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


def rules(sheet: str) -> dict[str, Declarations]:
    """What a style sheet says of single classes (`.name`) and elements (`#name`); other selectors, and what holds for
    some screens only, are left alone."""
    found: dict[str, Declarations] = {}
    depth, begun, selector = 0, 0, ""
    sheet = _COMMENT.sub("", sheet[:MAX_SHEET_CHARACTERS])
    for match in re.finditer("[{}]", sheet):
        if match[0] == "{":
            if depth == 0:
                selector = sheet[begun : match.start()].strip().lower()
            depth += 1
            begun = match.end() if depth == 1 else begun
        elif depth:
            depth -= 1
            if depth == 0:
                if not selector.startswith("@") and len(found) < MAX_RULES:
                    body = declarations(sheet[begun : match.start()])
                    for one in selector[:2_000].split(","):
                        name = _SELECTOR.fullmatch(one.strip())
                        if name and body:
                            found.setdefault(name[1], {}).update(body)
                begun = match.end()
    return found


def remote_pictures(css: str) -> int:
    """How many addresses the style would load."""
    return sum(1 for _ in _REMOTE.finditer(css))


def look(above: Look, said: Mapping[str, str]) -> Look:
    """How text looks in an element with these declarations."""
    now = above
    if _is_gone(said):
        now = replace(now, gone=True)
    if "visibility" in said:
        now = replace(now, unseen=said["visibility"] in {"hidden", "collapse"})
    if "font-size" in said:
        now = replace(now, tiny=_is_tiny(said["font-size"]))
    if "color" in said:
        now = replace(now, colour=colour(said["color"]), see_through=_is_see_through(said["color"]))
    ground = said.get("background-color") or said.get("background")
    if "url(" in said.get("background", "") or "background-image" in said or "gradient" in (ground or ""):
        return replace(now, ground=None)
    if ground and not _is_see_through(ground) and ground not in {"none", "inherit", "initial"}:
        now = replace(now, ground=colour(ground))
    return now


def colour(value: str) -> Colour | None:
    """The colour that stands in the value, None for one that is not understood."""
    hexadecimal = _HEX.search(value)
    if hexadecimal:
        digits = hexadecimal[1]
        digits = "".join(2 * digit for digit in digits) if len(digits) < 6 else digits
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    function = _RGB.search(value)
    if function:
        numbers = _LENGTH.findall(function[1])[:3]
        if len(numbers) == 3:
            red, green, blue = (int(float(number) * (2.55 if unit == "%" else 1)) for number, unit in numbers)
            return red, green, blue
        return None
    return next((_NAMED[word] for word in value.split() if word in _NAMED), None)


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16)
        return chr(code) if 0 < code < 0xD800 else ""
    return match[2]


def _number(value: str) -> tuple[float, str] | None:
    match = _LENGTH.match(value)
    return (float(match[1]), match[2]) if match else None


def _is_tiny(value: str) -> bool:
    found = _number(value)
    if found is None:
        return False
    number, unit = found
    if unit == "%":
        return number <= 100 * _TINY_RELATIVE
    return number <= (_TINY_RELATIVE if unit in {"em", "rem", "vw", "vh"} else _TINY_PIXELS)


def _is_see_through(value: str) -> bool:
    if "transparent" in value:
        return True
    function = _RGB.search(value)
    parts = re.split(r"[,/\s]+", function[1].strip()) if function else []
    alpha = _number(parts[3]) if len(parts) == 4 else None
    return alpha is not None and alpha[0] < 0.1


def _is_gone(said: Mapping[str, str]) -> bool:
    if said.get("display") == "none":
        return True
    opacity = _number(said.get("opacity", ""))
    if opacity is not None and opacity[0] < (10 if opacity[1] == "%" else 0.1):
        return True
    if said.get("overflow", "").startswith(("hidden", "clip")):
        for name in ("max-height", "height", "max-width", "width"):
            found = _number(said.get(name, ""))
            if found is not None and found[0] <= (1 if found[1] in {"", "px", "pt"} else 0):
                return True
    for name in ("text-indent", "left", "top", "margin-left", "margin-top"):
        found = _number(said.get(name, ""))
        if found is not None and found[0] <= _FAR_AWAY and (name != "left" or "position" in said):
            return True
    return "rect(0" in said.get("clip", "") or "scale(0)" in said.get("transform", "")
