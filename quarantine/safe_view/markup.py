"""HTML that is harmless by construction: a fixed set of tags without attributes, everything else escaped. Pure.

Tags are written by this module alone, each from a constant; nothing that a message holds can become one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final

from django.utils.safestring import SafeString, mark_safe

TAGS: Final = frozenset({"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "hr", "code", "mark"})
# Tags within tags; what lies deeper is written flat.
MAX_DEPTH: Final = 10
_OPEN = {"ul": "<ul>", "ol": "<ol>", "li": "<li>", "blockquote": "<blockquote>"}
_CLOSE = {"ul": "</ul>", "ol": "</ol>", "li": "</li>", "blockquote": "</blockquote>"}
_LISTS = {"ul", "ol"}
_BLANKS = re.compile(r"[ \t\r\n\f\u00a0]+")
_TWO_BLANKS = re.compile(" {2,}")
_LONGEST_PIECE = 20_000


class Writer:
    """Puts a text together, from blocks and runs; `finish` gives it. limit: of characters written.

    Containers and paragraphs open when their first text comes: none is empty.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._out: list[str] = []
        self._length = 0
        self.full = False
        # [kind, written]
        self._containers: list[tuple[str, bool]] = []
        self._paragraph = False
        # Text stands on the present line; a blank, a line break or the edge of a cell comes before the next one.
        self._line = False
        self._blank = False
        self._break = False
        self._cell = False
        self._wanted: dict[str, int] = {"strong": 0, "em": 0}
        self._styles: list[str] = []

    def text(self, text: str, *, lines: bool = False) -> None:
        """A run of text; with `lines`, its line breaks and blanks count."""
        if lines:
            for at, one in enumerate(text.split("\n")):
                if self.full:
                    return
                if at:
                    self.line_break()
                if one.strip():
                    self._run(_TWO_BLANKS.sub(lambda match: "\u00a0" * len(match[0]), one.rstrip().expandtabs(4)))
            return
        collapsed = _BLANKS.sub(" ", text)
        if collapsed.startswith(" ") and self._line:
            self._blank = True
        if collapsed.strip():
            self._run(collapsed.strip())
            self._blank = collapsed.endswith(" ")

    def note(self, text: str) -> None:
        """A remark of ours within the text; the message cannot write one like it."""
        self._ours("code", f"[{html.escape(text)}]")

    def target(self, before: str, host: str, after: str, warning: str = "") -> None:
        """Where a link leads; a `warning` makes it stand out."""
        strong = f"<strong>{html.escape(host)}</strong>" if host else ""
        words = f"{html.escape(warning)} " if warning else ""
        shown = f"[{words}→ {html.escape(before)}{strong}{html.escape(after)}]"
        self._blank = self._line
        self._ours("mark" if warning else "code", shown)

    def block(self) -> None:
        """What follows begins a paragraph."""
        self._end_styles()
        if self._paragraph:
            self._write("</p>")
            self._paragraph = self._line = False
        elif self._line:
            self._break = True
        self._blank = self._cell = False
        if not self._top():
            self._break = False

    def line_break(self) -> None:
        self._break = self._break or self._line
        self._blank = self._cell = False

    def cell(self) -> None:
        """What follows stands beside what came before, in a table."""
        self._cell = self._line

    def rule(self) -> None:
        self.block()
        if self._out and self._out[-1] != "<hr>" and not self._containers:
            self._write("<hr>")

    def push(self, kind: str) -> None:
        """Open a list, an item of one or a quotation."""
        self.block()
        self._break = self._line = False
        if kind == "li":
            if self._top() == "li":
                self.pop("li")
            if self._top() not in _LISTS:
                return
        elif self._top() in _LISTS:
            self._containers.append(("li", False))
        if len(self._containers) < MAX_DEPTH:
            self._containers.append((kind, False))

    def pop(self, kind: str) -> None:
        """Close the innermost of that kind, with what is open in it. Nothing when there is none."""
        self.block()
        self._break = self._line = False
        if not any(one == kind for one, _ in self._containers):
            return
        while self._containers:
            closed, written = self._containers.pop()
            if written:
                self._write(_CLOSE[closed])
                # What follows inside the same item begins a line of its own.
                self._break = self._line = self._top() == "li"
            if closed == kind:
                return

    def emphasis(self, tag: str, change: int) -> None:
        """tag: strong or em; change: 1 where it begins, -1 where it ends."""
        self._wanted[tag] = max(0, self._wanted[tag] + change)

    def finish(self) -> SafeString:
        self._limit += 10_000
        self.block()
        while self._containers:
            closed, written = self._containers.pop()
            if written:
                self._write(_CLOSE[closed])
        return mark_safe("".join(self._out))  # noqa: S308 - tags are constants of this module, the rest is escaped

    def _top(self) -> str:
        return self._containers[-1][0] if self._containers else ""

    def _run(self, text: str) -> None:
        for at in range(0, len(text), _LONGEST_PIECE):
            if self.full:
                return
            self._begin()
            self._style()
            room = max(0, self._limit - self._length)
            piece = text[at : at + min(_LONGEST_PIECE, room)]
            self._write(html.escape(piece))
            self._line = True
            if self._length >= self._limit:
                self.full = True

    def _ours(self, tag: str, escaped: str) -> None:
        if self.full:
            return
        self._begin()
        self._end_styles()
        self._write(f"<{tag}>{escaped}</{tag}>")
        self._line = self._blank = True

    def _begin(self) -> None:
        """Open what has to be open before a text."""
        if self._top() in _LISTS:
            self._containers.append(("li", False))
        for at, (kind, written) in enumerate(self._containers):
            if not written:
                self._write(_OPEN[kind])
                self._containers[at] = (kind, True)
                self._line = self._break = self._blank = False
        if not self._paragraph and self._top() != "li":
            self._write("<p>")
            self._paragraph = True
            self._line = self._break = self._blank = False
        if self._break:
            self._end_styles()
            self._write("<br>")
        elif self._cell:
            self._end_styles()
            self._write(" | ")
        elif self._blank and self._line:
            self._write(" ")
        self._break = self._blank = self._cell = False

    def _style(self) -> None:
        wanted = [tag for tag, count in self._wanted.items() if count]
        if wanted != self._styles:
            self._end_styles()
            for tag in wanted:
                self._write(f"<{tag}>")
            self._styles = wanted

    def _end_styles(self) -> None:
        for tag in reversed(self._styles):
            self._write(f"</{tag}>")
        self._styles = []

    def _write(self, written: str) -> None:
        self._out.append(written)
        self._length += len(written)


def joined(pieces: Iterable[SafeString]) -> SafeString:
    """Several texts of one message, one below the other. pieces: from `Writer.finish`."""
    return mark_safe("<hr>".join(piece for piece in pieces if piece))  # noqa: S308 - each was made by a Writer
