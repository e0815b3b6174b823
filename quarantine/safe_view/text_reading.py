"""Plain text of a stranger, with its lines. Pure and bounded."""

from __future__ import annotations

from quarantine.safe_view import characters, links, markup
from quarantine.safe_view.html_reading import OUTPUT_CHARACTERS, Reading

MAX_CHARACTERS = 300_000


def read(text: str) -> Reading:
    codes = {"truncated"} if len(text) > MAX_CHARACTERS else set()
    out = markup.Writer(OUTPUT_CHARACTERS)
    shown = links.with_ascii_beside(characters.passage(text[:MAX_CHARACTERS], codes), codes)
    for block in shown.split("\n\n"):
        out.block()
        out.text(block, lines=True)
        if out.full:
            codes.add("truncated")
            break
    return Reading(out.finish(), codes=codes)
