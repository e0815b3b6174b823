"""Words that mean the same here, as people say them.

The table is `synonyms.txt`: each line is one meaning, named by its first expression; a word may stand in several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from bascule.help.search.language import Word, words

_FILE = Path(__file__).with_name("synonyms.txt")

_Stems = tuple[frozenset[str], ...]


@cache
def _table() -> dict[str, list[tuple[_Stems, str]]]:
    """By each stem of the first word of an expression: its words, and its meaning."""
    table: dict[str, list[tuple[_Stems, str]]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        expressions = [one.strip() for one in line.split(",")]
        for expression in expressions:
            stems = tuple(word.stems for word in words(expression))
            for stem in stems[0]:
                table.setdefault(stem, []).append((stems, f"={expressions[0]}"))
    return table


def expressions(text: Sequence[Word]) -> Iterator[tuple[int, int, frozenset[str]]]:
    """Expressions of the table in a text, the longest at each place: first word, how many words, what they may mean."""
    place = 0
    while place < len(text):
        length, meanings = _longest(text, place)
        if meanings:
            yield place, length, frozenset(meanings)
        place += max(1, length)


def _longest(text: Sequence[Word], place: int) -> tuple[int, set[str]]:
    longest, meanings = 0, set[str]()
    for stem in text[place].stems:
        for stems, meaning in _table().get(stem, ()):
            length = len(stems)
            part = text[place : place + length]
            if length < longest or len(part) < length:
                continue
            if all(word.stems & wanted for word, wanted in zip(part, stems, strict=True)):
                if length > longest:
                    longest, meanings = length, set()
                meanings.add(meaning)
    return longest, meanings
