"""The styles that a signature may have: `style` attributes property by property, and the simplest rules of a sheet.

A value is kept when each word of it is known to be harmless: a name, a number, a colour, a quoted name of a font. There
is no address, no function but those of colours, no escape and no negative distance in what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_SIDES = ("top", "right", "bottom", "left")
_BORDERS = ("border", *(f"border-{side}" for side in _SIDES))
_DISTANCES = frozenset(
    ("margin", "padding", *(f"{kind}-{side}" for kind in ("margin", "padding") for side in _SIDES),
     "width", "height", "max-width", "max-height", "min-width", "min-height", "border-spacing", "border-radius",
     "text-indent", "letter-spacing", "word-spacing", "line-height", "font-size")
)  # fmt: skip
ALLOWED = _DISTANCES | frozenset(
    (
        "color",
        "background-color",
        "font",
        "font-family",
        "font-style",
        "font-weight",
        "font-variant",
        "text-align",
        "text-decoration",
        "text-decoration-line",
        "text-decoration-color",
        "text-decoration-style",
        "text-transform",
        "vertical-align",
        "white-space",
        "display",
        "direction",
        "list-style-type",
        "table-layout",
        "border-collapse",
        "float",
        "clear",
        "word-break",
        "overflow-wrap",
        *_BORDERS,
        *(f"{border}-{what}" for border in _BORDERS for what in ("color", "style", "width")),
    )
)
_ONE_OF = {
    "display": frozenset(
        ("block", "inline", "inline-block", "none", "table", "table-row", "table-cell", "inline-table", "list-item")
    ),
    "float": frozenset(("left", "right", "none")),
    "clear": frozenset(("left", "right", "both", "none")),
}
_DISTANCE_WORDS = frozenset(
    ("auto", "normal", "inherit", "xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "smaller",
     "larger",)
)  # fmt: skip
# Lost without a word: nobody sees the difference in a message.
_UNTOLD = re.compile(
    r"mso-|-|tab-|page|text-(?:justify|autospace|underline|size|line|wrap|rendering|shadow)|orphans|widows|cursor|zoom"
    r"|box-|outline|font-(?:variant|stretch|kerning|feature|optical|size-adjust|smoothing|language|variation|palette)"
    r"|background-(?:repeat|position|size|clip|origin|attachment)|caret|layout|punctuation|line-break|word-wrap|panose"
    r"|user-select|resize|speak|transition|animation|border-image|overflow|visibility|hyphens|unicode|empty-cells"
)
_UNTOLD_VALUES = frozenset(("initial", "inherit", "unset", "revert", "none", "normal", "auto", "static", ""))
_MOST_LETTERS = 300
_COLOUR_FUNCTION = r"(?:rgb|hsl)a?\([0-9.,%\s/]{1,60}\)"
_COLOUR = re.compile(rf"#[0-9a-f]{{3,8}}|[a-z]{{3,30}}|{_COLOUR_FUNCTION}")
_WORD = (
    r"(?:-?[a-z][a-z0-9-]{0,60}+|[+-]?(?:[0-9]{1,6}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(?:%|[a-z]{1,4})?|#[0-9a-f]{3,8}"
    rf"|{_COLOUR_FUNCTION})"
)
_VALUE = re.compile(rf"{_WORD}(?:[ ,/]+{_WORD})*+")
_NEGATIVE = re.compile(r"(?<![\w-])-[0-9.]")
_IDENTIFIER = re.compile(r"(?<![\w.-])[a-z][a-z-]*")
_FONT_NAME = r"(?:'[\w .&-]{1,60}'|[^\W\d][\w-]{0,60}(?: [\w-]{1,60}){0,6})"
_FONTS = re.compile(rf"{_FONT_NAME}(?: ?, ?{_FONT_NAME}){{0,12}}")
_FONT = re.compile(rf"(?:{_WORD}(?:/{_WORD})? ){{1,6}}{_FONTS.pattern}")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_DECLARATION = re.compile(r"(?:[^;\"'()]|\"[^\"]*+\"|'[^']*+'|\([^()]*+\))++")
_SPACES = re.compile(r"\s+")
_SELECTOR = re.compile(r"([a-z][a-z0-9]{0,15})?(\.[\w-]{1,60})?", re.IGNORECASE)
_MOST_RULES = 400
# An element that gets a class's styles gets longer; a signature that is a bomb stops growing here.
_MOST_ADDED = 60_000


def declarations(style: str, lost: set[str] | None = None) -> dict[str, str]:
    """The harmless properties of a `style` attribute, in the order of their last appearance.

    lost: gets the names of the properties that were left out and that may be missed.
    """
    kept: dict[str, str] = {}
    if "/*" in style:
        style = _COMMENT.sub("", style)
    for found in _DECLARATION.finditer(style):
        name, colon, value = found[0].partition(":")
        name, value = name.strip().lower(), _SPACES.sub(" ", value.partition("!")[0]).strip()
        if not colon or not name:
            continue
        if name == "background" and _COLOUR.fullmatch(value.lower()):
            name = "background-color"
        good = _harmless(name, value)
        if good:
            kept.pop(name, None)
            kept[name] = good
        elif lost is not None and not _UNTOLD.match(name) and value.lower() not in _UNTOLD_VALUES:
            lost.add(name if len(name) < 40 and name.replace("-", "").isalnum() else "?")
    return kept


def style_of(kept: Mapping[str, str]) -> str:
    """The `style` attribute of these properties."""
    return ";".join(f"{name}:{value}" for name, value in kept.items())


def _harmless(name: str, value: str) -> str:
    """The value as it may stand in a signature, "" when it may not."""
    if name not in ALLOWED or not value or len(value) > _MOST_LETTERS:
        return ""
    if name in ("font", "font-family"):
        value = value.replace('"', "'")
        # Names of fonts keep their capitals; everything else is small letters.
        pattern = _FONTS if name == "font-family" else _FONT
        if name == "font":
            head, quote, tail = value.partition("'")
            value = head.lower() + quote + tail
        return "" if value.lower() in _UNTOLD_VALUES or not pattern.fullmatch(value) else value
    value = value.lower()
    if value in ("initial", "unset", "revert"):
        return ""
    choices = _ONE_OF.get(name)
    if choices is not None:
        return value if value in choices else ""
    if name in _DISTANCES and (_NEGATIVE.search(value) or not _DISTANCE_WORDS.issuperset(_IDENTIFIER.findall(value))):
        return ""
    return value if _VALUE.fullmatch(value) else ""


@dataclass(slots=True)
class Sheet:
    """The rules of a document's style sheets that name nothing but elements and classes."""

    rules: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    left_out: bool = False
    _added: int = 0

    def read(self, css: str, lost: set[str]) -> None:
        """Take the rules of one sheet in. `left_out` becomes true when something in it may be missed."""
        css = _COMMENT.sub("", css.replace("<!--", "").replace("-->", ""))
        for rule in css.split("}"):
            outside, brace, inside = rule.rpartition("{")
            # What stands before a ";" is an @import or @charset.
            heads = outside.rpartition(";")[2].strip()
            if not brace or not heads or heads.startswith("@"):
                self.left_out |= "@media" in outside or "@import" in outside
                continue
            kept = declarations(inside, lost)
            for head in heads.split(",") if kept else ():
                self._add(head.strip(), kept)

    def _add(self, head: str, kept: dict[str, str]) -> None:
        found = _SELECTOR.fullmatch(head)
        if found is None or not head or len(self.rules) >= _MOST_RULES:
            # Links are drawn by the reader's program, whatever a sheet says of their states.
            self.left_out |= ":" not in head and not head.lower().startswith("span.msohyperlink")
            return
        self.rules.setdefault(((found[1] or "").lower(), (found[2] or "")[1:]), {}).update(kept)

    def styles(self, element: str, classes: Iterable[str]) -> dict[str, str]:
        """What the sheets say of an element with these classes; the closer a rule names it, the more it weighs."""
        if not self.rules:
            return {}
        names = list(classes)[:10]
        keys = [(element, ""), *(("", name) for name in names), *((element, name) for name in names)]
        matching = [self.rules[key] for key in keys if key in self.rules]
        if self._added > _MOST_ADDED:
            self.left_out |= bool(matching)
            return {}
        kept: dict[str, str] = {}
        for more in matching:
            kept |= more
        self._added += sum(len(name) + len(value) + 2 for name, value in kept.items())
        return kept
