"""What the tool writes: sentences and tables for a person, JSON for a program."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TextIO

# What comes from a mailbox must not drive the terminal: control characters, and those that turn the line round.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LINE_BREAKS = re.compile("[\t\n\u2028\u2029]+")


class Screen:
    """Where results go. With `as_json` the results are one JSON document, and sentences go to `err`."""

    def __init__(self, out: TextIO, err: TextIO, *, as_json: bool = False, dry_run: bool = False) -> None:
        self.out = out
        self.err = err
        self.as_json = as_json
        self.dry_run = dry_run

    def say(self, sentence: str) -> None:
        """A sentence about what was done."""
        (self.err if self.as_json else self.out).write(printable(sentence) + "\n")

    def warn(self, sentence: str) -> None:
        self.err.write(printable(sentence) + "\n")

    def table(self, columns: Mapping[str, str], rows: Sequence[Mapping[str, object]], empty: str = "") -> None:
        """Rows of values by key. columns: the title of each key that is shown; JSON has all keys.

        empty: the sentence that stands for no row.
        """
        if self.as_json:
            self.json(list(rows))
            return
        if not rows:
            self.say(empty)
            return
        cells = [[_cell(row.get(key)) for key in columns] for row in rows]
        lines = [list(columns.values()), *cells]
        widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
        for line in lines:
            self.out.write(
                "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
            )

    def facts(self, titles: Mapping[str, str], values: Mapping[str, object]) -> None:
        """One thing, a line for each of its values."""
        if self.as_json:
            self.json(values)
            return
        width = max(len(title) for title in titles.values())
        for key, title in titles.items():
            self.out.write(f"{title.ljust(width)}  {_cell(values.get(key))}\n")

    def json(self, value: object) -> None:
        text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
        self.out.write(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")

    def would(self, sentence: str) -> bool:
        """In a rehearsal, say what would have been done and tell the caller not to do it."""
        if self.dry_run:
            self.say(f"Essai à blanc, rien n'est changé : {sentence}")
        return self.dry_run


def printable(text: str) -> str:
    """Text without what would drive a terminal."""
    return _CONTROL.sub("\ufffd", text)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return printable(_LINE_BREAKS.sub(" ", str(value)))
