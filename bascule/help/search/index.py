"""The index of the help: which words stand where, and how much that says about a page. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bascule.help.search.language import STOP, Word, words
from bascule.help.search.synonyms import expressions
from bascule.help.words import Passage

# What a word is worth by where it stands; the body counts once.
_TITLE, _KEYWORDS, _SUMMARY, _HEADING, _BODY = 9.0, 6.0, 3.0, 3.0, 1.0
# Of BM25F: how fast further mentions stop to count, and how much the length of a text takes away.
_SATURATION, _LENGTH = 1.6, 0.5


@dataclass(frozen=True)
class Source:
    """A page as the index takes it in."""

    slug: str
    section: str
    title: str
    summary: str
    keywords: tuple[str, ...]
    passages: Sequence[Passage]


@dataclass(frozen=True)
class Part:
    """A passage with its words, for the excerpts. meanings: from the table of synonyms, by the place of a word."""

    anchor: str
    heading: str
    text: str
    words: tuple[Word, ...]
    meanings: Mapping[int, frozenset[str]]


@dataclass(frozen=True)
class Entry:
    """A page taken apart. weights: of each stem and meaning, before it is known how rare these are."""

    source: Source
    weights: Mapping[str, float]
    parts: tuple[Part, ...]
    # Words of the title and of each keyword, as sets of stems and meanings.
    title: tuple[frozenset[str], ...]
    keywords: tuple[tuple[frozenset[str], ...], ...]
    plain: frozenset[str]
    length: int


def entry(source: Source) -> Entry:
    """`source` taken apart; the slow half of the index, kept as long as the page does not change."""
    weights: dict[str, float] = defaultdict(float)
    plain: set[str] = set()
    length = 0

    def take(text: str, worth: float) -> tuple[tuple[Word, ...], dict[int, frozenset[str]]]:
        found = tuple(words(text))
        for word in found:
            plain.add(word.plain)
            for stem in word.stems:
                weights[stem] += worth
        for _, _, meanings in expressions(found):
            for meaning in meanings:
                weights[meaning] += worth
        return found, meant(found)

    take(source.title, _TITLE)
    for keyword in source.keywords:
        take(keyword, _KEYWORDS)
    take(source.summary, _SUMMARY)
    parts = []
    for passage in source.passages:
        take(passage.heading, _HEADING)
        text = " ".join(passage.texts)
        found, meanings = take(text, _BODY)
        length += len(found)
        parts.append(Part(passage.anchor, passage.heading, text, found, meanings))
    return Entry(
        source=source,
        weights=dict(weights),
        parts=tuple(parts),
        title=keyed(source.title),
        keywords=tuple(keyed(keyword) for keyword in source.keywords),
        plain=frozenset(plain),
        length=length,
    )


def meant(found: Sequence[Word]) -> dict[int, frozenset[str]]:
    """The meanings of words that are, or belong to, an expression of the table; by their place."""
    return {place + number: meant for place, length, meant in expressions(found) for number in range(length)}


def keyed(text: str) -> tuple[frozenset[str], ...]:
    """The words of a short text that say something, each as its stems and meanings."""
    found = words(text)
    meanings = meant(found)
    return tuple(
        word.stems | meanings.get(place, frozenset())
        for place, word in enumerate(found)
        if word.plain not in STOP or place in meanings
    )


class Index:
    """The entries of all pages, ready to be asked."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = list(entries)
        average = sum(one.length for one in self.entries) / max(1, len(self.entries)) or 1.0
        self.postings: dict[str, dict[int, float]] = defaultdict(dict)
        for number, one in enumerate(self.entries):
            shorter = 1 - _LENGTH + _LENGTH * one.length / average
            for key, weight in one.weights.items():
                self.postings[key][number] = weight / (weight + _SATURATION * 3 * shorter)
        self.stems: dict[str, frozenset[str]] = {}
        for one in self.entries:
            for plain in one.plain:
                if plain not in self.stems:
                    self.stems[plain] = words(plain)[0].stems if words(plain) else frozenset()
        # Words that a slip of the hand, or the first letters, may have meant.
        self.vocabulary = sorted(word for word in self.stems if len(word) > 2 and word not in STOP)

    def rarity(self, pages: int) -> float:
        """What finding something on so many pages says about each."""
        total = len(self.entries)
        return math.log(1 + (total - pages + 0.5) / (pages + 0.5))

    def beginning_with(self, letters: str, most: int = 12) -> list[str]:
        """Words of the vocabulary that begin so, the shortest first."""
        begins = bisect_left(self.vocabulary, letters)
        ends = bisect_left(self.vocabulary, letters + "\uffff")
        return sorted(self.vocabulary[begins:ends], key=len)[:most]
