"""Tags in any order to elements that lie inside one another as HTML wants them, so that no browser mends anything.

What a browser would guess (a cell outside of a row, text between rows, a paragraph that nobody ended) is decided here.
A browser's own way of mending is what hostile HTML plays with, and takes time that grows with the square of the depth.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bascule.conversions.signatures.attributes import ELEMENTS
from bascule.conversions.signatures.tokens import VOID, Open, escaped, written

# No signature that somebody made comes near these.
MOST_DEPTH = 60
MOST_ELEMENTS = 5000
MOST_LETTERS = 100_000
FORMATTING = frozenset(("b", "em", "font", "i", "s", "small", "span", "strong", "sub", "sup", "u"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
BLOCKS = _HEADINGS | frozenset(("blockquote", "center", "div", "hr", "li", "ol", "p", "table", "ul"))
_TABLE_PARTS = frozenset(("tbody", "td", "th", "thead", "tr"))
_NEEDS_A_CELL = frozenset(("table", "tbody", "thead", "tr"))
_MOST_REOPENED = 8
_WHITE = " \t\n"


@dataclass(slots=True)
class Builder:
    """Writes well-formed HTML. `cut` becomes true when elements were left out because there were too many."""

    pieces: list[str] = field(default_factory=list)
    cut: bool = False
    _open: list[Open] = field(default_factory=list)
    _count: int = 0
    _depth: int = 0
    _letters: int = 0
    _preserved: int = 0
    _space: bool = True

    def text(self, text: str) -> None:
        """Text, with its white space as browsers show it."""
        if self._preserved:
            for number, line in enumerate(text.split("\n")):
                if number and not self.start(Open("br")):
                    break
                self._write(line)
            self._space = False
            return
        words = " ".join(_split(text))
        if not words:
            if text and not self._space:
                self._white()
            return
        if self._letters >= MOST_LETTERS:
            self.cut = True
            return
        if self._top() in _NEEDS_A_CELL:
            self._cell()
        if text[0] in _WHITE and not self._space:
            self._write(" ")
        self._write(words)
        self._space = False
        if text[-1] in _WHITE:
            self._white()

    def start(self, tag: Open) -> bool:
        """A start tag of an allowed element, with the attributes it may have. False when there is no room for it."""
        name = tag.name
        assert name in ELEMENTS
        if name in _TABLE_PARTS:
            # Not counted: each lies in a table, and tables are.
            if not self._prepare_part(name):
                return False
        elif self._count >= MOST_ELEMENTS or self._depth >= MOST_DEPTH:
            self.cut = True
            return False
        elif self._top() in _NEEDS_A_CELL:
            self._cell()
        if name in BLOCKS or name == "a":
            self._end_before(name)
        self._push(tag)
        return True

    def end(self, name: str) -> None:
        """An end tag. One that ends nothing is left out; formatting that lies across it goes on behind it."""
        if name == "p" and not self._within("p"):
            return
        place = self._within(name)
        if not place:
            return
        above = self._open[place:]
        self._close_to(place - 1)
        if name in FORMATTING and all(one.name in FORMATTING for one in above):
            for one in above[-_MOST_REOPENED:]:
                self.start(one)

    def finish(self) -> str:
        self._close_to(0)
        return "".join(self.pieces).strip(_WHITE)

    def _white(self) -> None:
        if self._top() not in _NEEDS_A_CELL:
            self._write(" ")
            self._space = True

    def _write(self, text: str) -> None:
        """Text as it is, as far as there is room."""
        room = MOST_LETTERS - self._letters
        if len(text) > room:
            self.cut = True
            text = text[: max(0, room)].rstrip(_WHITE)
            self._letters = MOST_LETTERS
        self._letters += len(text)
        if text:
            self.pieces.append(escaped(text))

    def _top(self) -> str:
        return self._open[-1].name if self._open else ""

    def _push(self, tag: Open) -> None:
        part = tag.name in _TABLE_PARTS
        self._count += not part
        if part or tag.name in BLOCKS or tag.name == "br":
            self._trim()
            self._space = True
        elif tag.name in VOID:
            self._space = False
        self.pieces.append(written(tag))
        if tag.name not in VOID:
            self._open.append(tag)
            self._depth += not part
            self._preserved += _preserves(tag)

    def _trim(self) -> None:
        if self.pieces and self.pieces[-1].endswith(" ") and self._space:
            self.pieces[-1] = self.pieces[-1][:-1]

    def _close_to(self, depth: int) -> None:
        while len(self._open) > depth:
            ended = self._open.pop()
            name = ended.name
            self._depth -= name not in _TABLE_PARTS
            self._preserved -= _preserves(ended)
            block = name in BLOCKS or name in _TABLE_PARTS
            if block:
                self._trim()
                self._space = True
            self.pieces.append(f"</{name}>")

    def _within(self, name: str) -> int:
        """1 + the place of the innermost open element of that name, 0 when there is none inside this cell."""
        for place in range(len(self._open), 0, -1):
            found = self._open[place - 1].name
            if found == name:
                return place
            if found in ("td", "th") and name not in _TABLE_PARTS and name != "table":
                return 0
            if found == "table":
                return 0
        return 0

    def _end_before(self, name: str) -> None:
        """End what cannot hold the element that is about to start."""
        if name == "a":
            if place := self._within("a"):
                self._close_to(place - 1)
            return
        if place := self._within("p"):
            self._close_to(place - 1)
        if name == "li":
            for place in range(len(self._open), 0, -1):
                found = self._open[place - 1].name
                if found == "li":
                    self._close_to(place - 1)
                    return
                if found in ("ol", "ul", "td", "th", "table"):
                    return
        elif name in _HEADINGS:
            for heading in _HEADINGS:
                if place := self._within(heading):
                    self._close_to(place - 1)

    def _prepare_part(self, name: str) -> bool:
        """Make place for a part of a table. False when there is no table, or no room."""
        table = next((place for place in range(len(self._open), 0, -1) if self._open[place - 1].name == "table"), 0)
        if not table:
            return False
        names = [one.name for one in self._open[table:]]
        if name in ("tbody", "thead"):
            self._close_to(table)
            return True
        group = names[0] if names else ""
        if group not in ("tbody", "thead"):
            self._close_to(table)
            self._push(Open("tbody"))
            names = ["tbody"]
        if name == "tr":
            self._close_to(table + 1)
        elif len(names) > 1 and names[1] == "tr":
            self._close_to(table + 2)
        else:
            self._close_to(table + 1)
            self._push(Open("tr"))
        return True

    def _cell(self) -> None:
        if self._prepare_part("td"):
            self._push(Open("td"))


def _preserves(tag: Open) -> bool:
    return "white-space:pre" in tag.attributes.get("style", "")


def _split(text: str) -> list[str]:
    return [piece for piece in text.replace("\t", " ").replace("\n", " ").split(" ") if piece]
