"""The plain-text twin of a signature."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bascule.conversions.signatures.cleaning import clean
from bascule.conversions.signatures.structure import BLOCKS
from bascule.conversions.signatures.tokens import Close, Open, Text, tokens

_NO_MARGIN = re.compile(r"(?:^|;)margin:0(?:[a-z%]{0,4})(?: 0[a-z%]{0,4}){0,3}(?:;|$)")
_NO_MARGIN_SIDE = re.compile(r"(?:^|;)margin-(?:top|bottom):0(?:[a-z%]{0,4})?(?:\.0+[a-z]{0,2})?(?:;|$)")
_ZERO = re.compile(r"\b0(?:\.0+)?(?:cm|pt|px|in|em|mm|%)")
_EMPTY_LINES = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[ \t]+")
# Signs that no text holds (see `legible`). A break begins a line unless one has just begun; a gap leaves an empty line
# too; an indent is done when the whole text is there; what stands between two signs of a picture is its text.
_BREAK, _GAP, _INDENT, _PICTURE = "\x01", "\x02", "\x03", "\x04"
_BREAKS = re.compile(rf"( ?[{_BREAK}{_GAP}][{_BREAK}{_GAP} ]*)")
_PICTURE_ONLY = re.compile(f"{_PICTURE}[^{_PICTURE}]*{_PICTURE}")
_LINE = "-" * 24
_APART = frozenset(("blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "p"))


def plain_text(html: str) -> str:
    """A readable text that says the same: lines, lists, rows of tables on a line, links as "texte (adresse)", pictures
    by their alternative text. Never more than one empty line in a row, no empty line at either end."""
    writer = _Writer()
    for token in tokens(clean(html).html):
        if isinstance(token, Text):
            writer.write(token.text)
        elif isinstance(token, Open):
            writer.start(token)
        elif isinstance(token, Close):
            writer.end(token.name)
    return _tidy(writer.buffers[0]).replace(_INDENT, "  ").replace(_PICTURE, "")


@dataclass(slots=True)
class _Writer:
    """buffers: the text so far, of the whole and of each cell that is open. rows: the cells of each row that is open.
    lists: of each open list, the number of the next item, or None for a list without numbers."""

    buffers: list[list[str]] = field(default_factory=lambda: [[]])
    rows: list[list[str]] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)
    gaps: list[bool] = field(default_factory=list)

    def write(self, text: str) -> None:
        self.buffers[-1].append(text)

    def start(self, tag: Open) -> None:
        name = tag.name
        if name == "br":
            self.write("\n")
        elif name == "img":
            if alt := tag.attributes.get("alt"):
                self.write(_PICTURE + alt + _PICTURE)
        elif name == "hr":
            self.write(_BREAK + _LINE + _BREAK)
        elif name == "a":
            self.links.append((tag.attributes.get("href", ""), len(self.buffers[-1])))
        elif name in ("ol", "ul"):
            start = tag.attributes.get("start", "1")
            self.lists.append(int(start) if name == "ol" else None)
            self.write(_BREAK)
        elif name == "li":
            self.write(_BREAK + self._mark())
        elif name == "tr":
            self.rows.append([])
        elif name in ("td", "th"):
            self.buffers.append([])
        elif name in BLOCKS:
            self.gaps.append(name in _APART and not _close(tag.attributes.get("style", "")))
            self.write(_GAP if self.gaps[-1] else _BREAK)

    def end(self, name: str) -> None:
        if name == "a" and self.links:
            address, begin = self.links.pop()
            self.write(_address_of(address, "".join(self.buffers[-1][begin:])))
        elif name in ("ol", "ul"):
            self.lists.pop()
            self.write(_BREAK)
        elif name in ("td", "th"):
            cell = _tidy(self.buffers.pop())
            if cell:
                self.rows[-1].append(cell)
        elif name == "tr":
            cells = self.rows.pop()
            separator = "\n" if any("\n" in cell or _PICTURE_ONLY.fullmatch(cell) for cell in cells) else " "
            self.write(_BREAK + separator.join(cells) + _BREAK)
        elif name == "li":
            self.write(_BREAK)
        elif name in BLOCKS and name != "table" and self.gaps:
            self.write(_GAP if self.gaps.pop() else _BREAK)
        elif name == "table":
            self.gaps.pop()
            self.write(_BREAK)

    def _mark(self) -> str:
        if not self.lists:
            return "- "
        indent = _INDENT * (len(self.lists) - 1)
        number = self.lists[-1]
        if number is None:
            return indent + "- "
        self.lists[-1] = number + 1
        return f"{indent}{number}. "


def _close(style: str) -> bool:
    """Whether a paragraph has no space above or below: Word writes every line of an address as one."""
    style = _ZERO.sub("0", style)
    return bool(_NO_MARGIN.search(style) or _NO_MARGIN_SIDE.search(style))


def _address_of(address: str, label: str) -> str:
    """What to put behind the text of a link; nothing when the text says it already."""
    if not address:
        return ""
    bare = address.partition("?")[0] if address.startswith("mailto:") else address
    for prefix in ("mailto:", "tel:"):
        bare = bare.removeprefix(prefix)
    said = re.sub(rf"[\s{_PICTURE}{_BREAK}{_GAP}]+", "", label).lower()
    short = re.sub(r"^https?://", "", bare).rstrip("/").lower()
    if short and short.removeprefix("www.") in said:
        return ""
    if address.startswith("tel:") and re.sub(r"\D", "", bare)[-9:] in re.sub(r"\D", "", said):
        return ""
    return f" ({bare})" if said else bare


def _tidy(pieces: list[str]) -> str:
    """The text of a buffer, with its breaks as line ends."""
    text = _SPACES.sub(" ", "".join(pieces).replace("\u00a0", " "))
    out: list[str] = []
    ends = 2
    for part in _BREAKS.split(text):
        if _BREAK in part or _GAP in part:
            wanted = 2 if _GAP in part else 1
            out.append("\n" * (wanted - ends))
            ends = max(ends, wanted)
        elif part:
            out.append(part)
            ends = len(part) - len(part.rstrip("\n "))
            ends = min(2, part[len(part) - ends :].count("\n")) if ends else 0
    lines = [line.strip() for line in "".join(out).split("\n")]
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
