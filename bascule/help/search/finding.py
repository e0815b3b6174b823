"""A search: the words of a person compared with the index, pages in the order in which they answer. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from bascule.help.search.index import Entry, Index
from bascule.help.search.language import STOP, WEAK, Word, words
from bascule.help.search.synonyms import expressions

MOST_CHARACTERS = 200
MOST_WORDS = 20

# How well what was found answers what was typed.
_SAME, _MEANS_SAME, _PART_OF_EXPRESSION, _BEGINS, _NEAR = 1.0, 0.8, 0.35, 0.75, 0.6
# What a word counts that says what kind of answer is wanted.
_WEAK_WORD = 0.3
# Pages below this share of the best one are not shown.
_SHARE_OF_BEST = 0.12


@dataclass
class Unit:
    """A word, or an expression, of what was typed. keys: what of the index answers it, and how well."""

    typed: str
    keys: dict[str, float] = field(default_factory=dict)
    counts: float = 1.0
    # The word that stands in the help, where another one was typed.
    taken_for: str = ""

    def add(self, key: str, quality: float) -> None:
        self.keys[key] = max(quality, self.keys.get(key, 0.0))


@dataclass(frozen=True)
class Hit:
    entry: Entry
    score: float
    keys: frozenset[str]


@dataclass(frozen=True)
class Found:
    """What a search gave. hits: the best one first; corrections: what was typed, and what it was taken for."""

    hits: list[Hit]
    corrections: list[tuple[str, str]]
    # Nothing has the words themselves: pages with words that look like them.
    is_far: bool = False


def find(index: Index, typed: str, *, typing: bool = False) -> Found:
    """Pages that answer `typed`. typing: the last word may not be complete yet."""
    units = _units(index, typed, typing)
    hits = _ranked(index, units)
    if hits:
        found = [(unit.typed, unit.taken_for) for unit in units if unit.taken_for]
        return Found(hits, found)
    return Found(_ranked(index, [*_far(index, typed)]), [], is_far=True)


def _units(index: Index, typed: str, typing: bool) -> list[Unit]:
    text = words(typed[:MOST_CHARACTERS].replace("\0", " "))[:MOST_WORDS]
    said = {place: (length, meanings) for place, length, meanings in expressions(text)}
    units: list[Unit] = []
    place = 0
    while place < len(text):
        length, meanings = said.get(place, (1, frozenset[str]()))
        part = text[place : place + length]
        is_last = typing and place + length == len(text)
        if meanings or part[0].plain not in STOP:
            units.append(_unit(index, part, meanings, is_last))
        place += length
    if units:
        return units
    # Nothing but words like "comment faire": then these are what is looked for.
    return [_unit(index, [word], frozenset(), typing and word is text[-1]) for word in text]


def _unit(index: Index, part: list[Word], meanings: frozenset[str], is_last: bool) -> Unit:
    unit = Unit(" ".join(word.plain for word in part))
    if len(part) == 1 and part[0].plain in WEAK:
        unit.counts = _WEAK_WORD
    for meaning in meanings & index.postings.keys():
        unit.add(meaning, _SAME if len(part) > 1 else _MEANS_SAME)
    for word in part:
        if len(part) > 1 and word.plain in STOP:
            continue
        for stem in word.stems & index.postings.keys():
            unit.add(stem, _SAME if len(part) == 1 else _PART_OF_EXPRESSION)
    if len(part) == 1:
        letters = part[0].plain
        if (is_last and len(letters) > 1) or (not unit.keys and len(letters) > 3):
            _add_beginnings(index, unit, letters, certain=not unit.keys)
        if not unit.keys:
            _add_near(index, unit, letters)
    return unit


def _add_beginnings(index: Index, unit: Unit, letters: str, *, certain: bool) -> None:
    for word in index.beginning_with(letters):
        likely = _BEGINS * (0.5 + 0.5 * len(letters) / len(word)) * (1.0 if certain else 0.6)
        for stem in index.stems[word]:
            unit.add(stem, likely)


def _add_near(index: Index, unit: Unit, letters: str) -> None:
    """One slip in a word of four letters, two from seven on."""
    most = 0 if len(letters) < 4 else 1 if len(letters) < 6 else 2
    if not most or letters.isdigit():
        return
    near = process.extract(letters, index.vocabulary, scorer=DamerauLevenshtein.distance, score_cutoff=most, limit=8)
    # The same first letter, and a small difference, first.
    near.sort(key=lambda one: (one[1], one[0][0] != letters[0], abs(len(one[0]) - len(letters))))
    if not near:
        return
    least = near[0][1]
    for word, distance, _ in near:
        if distance == least:
            for stem in index.stems[word]:
                unit.add(stem, _NEAR / distance)
    unit.taken_for = near[0][0]


def _far(index: Index, typed: str) -> Iterator[Unit]:
    """Words that look a little like those typed."""
    for word in words(typed[:MOST_CHARACTERS])[:MOST_WORDS]:
        if len(word.plain) < 4 or word.plain in STOP:
            continue
        unit = Unit(word.plain)
        near = process.extract(
            word.plain,
            index.vocabulary,
            scorer=DamerauLevenshtein.normalized_similarity,
            score_cutoff=0.55,
            limit=4,
        )
        for other, likeness, _ in near:
            for stem in index.stems[other]:
                unit.add(stem, likeness / 2)
        if unit.keys:
            yield unit


def _ranked(index: Index, units: list[Unit]) -> list[Hit]:
    scores: dict[int, float] = {}
    covered: dict[int, float] = {}
    matched: dict[int, set[str]] = {}
    all_weight = 0.0
    for unit in units:
        pages = {number for key in unit.keys for number in index.postings.get(key, ())}
        rarity = index.rarity(len(pages)) * unit.counts
        # A word that is nowhere says no more against one page than against the others, but makes all less sure.
        all_weight += rarity if pages else index.rarity(1) * unit.counts * 0.5
        best: dict[int, float] = {}
        for key, quality in unit.keys.items():
            for number, weight in index.postings.get(key, {}).items():
                best[number] = max(best.get(number, 0.0), weight * quality)
                matched.setdefault(number, set()).add(key)
        for number, weight in best.items():
            scores[number] = scores.get(number, 0.0) + rarity * weight
            covered[number] = covered.get(number, 0.0) + rarity
    hits = []
    for number, score in scores.items():
        one = index.entries[number]
        share = covered[number] / all_weight if all_weight else 0.0
        score *= 0.25 + 0.75 * share
        score *= 1 + 0.6 * _likeness(one, units)
        hits.append(Hit(one, score, frozenset(matched[number])))
    hits.sort(key=lambda hit: (-hit.score, hit.entry.source.slug))
    return [hit for hit in hits if hit.score >= hits[0].score * _SHARE_OF_BEST]


def _likeness(one: Entry, units: list[Unit]) -> float:
    """How much the title, or a keyword, says just what was typed: 0 for nothing of it, 1 for all and nothing else."""
    best = 0.0
    for text in (one.title, *one.keywords):
        if not text:
            continue
        wanted = [unit for unit in units if any(word & unit.keys.keys() for word in text)]
        answered = [word for word in text if any(word & unit.keys.keys() for unit in units)]
        best = max(best, len(wanted) / len(units) * len(answered) / len(text))
    return best
