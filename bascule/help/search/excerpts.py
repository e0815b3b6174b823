"""The part of a page that answers a search, with the words marked. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe

from bascule.help.search.finding import Hit
from bascule.help.search.index import Part, meant
from bascule.help.search.language import STOP, words

_BEFORE, _LENGTH = 60, 220


@dataclass(frozen=True)
class Excerpt:
    """html: escaped, with <mark> round what was looked for; anchor and heading: where on the page it stands."""

    html: SafeString
    anchor: str = ""
    heading: str = ""


def excerpt(hit: Hit) -> Excerpt:
    """Where the page of `hit` says most of what was looked for; its summary when only its head does."""
    best: tuple[int, int, Part, list[tuple[int, int]]] | None = None
    for part in hit.entry.parts:
        spans = _spans(part, hit.keys)
        for number, (start, _) in enumerate(spans):
            within = [span for span in spans[number:] if span[1] <= start + _LENGTH - _BEFORE]
            worth = len({part.text[one[0] : one[1]].lower() for one in within})
            if best is None or worth > best[0]:
                best = (worth, start, part, spans)
    if best is None:
        return Excerpt(marked(hit.entry.source.summary, hit.keys))
    _, start, part, spans = best
    return Excerpt(_cut(part.text, start, spans), part.anchor, part.heading)


def marked(text: str, keys: frozenset[str]) -> SafeString:
    """`text` escaped, the words that answer marked."""
    found = tuple(words(text))
    part = Part("", "", text, found, meant(found))
    return mark_safe(_with_marks(text, 0, len(text), _spans(part, keys)))  # noqa: S308 - escaped piece by piece


def _spans(part: Part, keys: frozenset[str]) -> list[tuple[int, int]]:
    return [
        (word.start, word.end)
        for place, word in enumerate(part.words)
        if (word.plain not in STOP and word.stems & keys) or part.meanings.get(place, frozenset()) & keys
    ]


def _cut(text: str, start: int, spans: Sequence[tuple[int, int]]) -> SafeString:
    begins = max(0, start - _BEFORE)
    if begins:
        begins = text.find(" ", begins, start) + 1 or start
    ends = min(len(text), begins + _LENGTH)
    if ends < len(text):
        ends = max(text.rfind(" ", begins, ends), start + 1)
    html = _with_marks(text, begins, ends, spans)
    html = ("… " if begins else "") + html + (" …" if ends < len(text) else "")
    return mark_safe(html)  # noqa: S308 - escaped piece by piece


def _with_marks(text: str, begins: int, ends: int, spans: Sequence[tuple[int, int]]) -> str:
    pieces, place = [], begins
    for start, end in spans:
        if start < place or end > ends:
            continue
        pieces.append(f"{escape(text[place:start])}<mark>{escape(text[start:end])}</mark>")
        place = end
    pieces.append(escape(text[place:ends]))
    return "".join(pieces)
