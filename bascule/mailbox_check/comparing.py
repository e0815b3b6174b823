"""What of the old mailbox is in the new one, message by message, as multisets. Pure.

A message counts as often as it is there: of three copies, one may be gone and nothing be lost. Copies are told from one
another by their sizes where they differ.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from bascule.mailbox_check.matching import Folder, Pair, pairs

LOST, MOVED, FEWER_COPIES = 1, 2, 3

# Servers do not count the bytes of one message quite alike, and add a field or two.
_SIZE_BYTES, _SIZE_SHARE = 512, 100


@dataclass(slots=True)
class Outcome:
    """What became of the messages of a pair of folders. The arrays are of the old folder's messages that are not in
    the new one: LOST, MOVED or FEWER_COPIES, their place in the old folder, and for MOVED the place in the list of new
    folders where they are."""

    pair: Pair
    found: int = 0
    resized: int = 0
    more_copies: int = 0
    arrived: int = 0
    kinds: array[int] = field(default_factory=lambda: array("B"))
    places: array[int] = field(default_factory=lambda: array("I"))
    where: array[int] = field(default_factory=lambda: array("I"))

    def count(self, kind: int) -> int:
        return self.kinds.count(kind)


def compare(old: Sequence[Folder], new: Sequence[Folder]) -> list[Outcome]:
    """An outcome for each pair of `matching.pairs`, in that order.

    Of a folder that could not be read nothing is said: not of its messages, nor of those that may be in it.
    """
    outcomes = [Outcome(pair) for pair in pairs(old, new)]
    left: list[tuple[int, array[int]]] = []
    # By digest: pair, place in the new folder. Only of what has no counterpart in the folder's own pair.
    spare: dict[int, list[tuple[int, int]]] = {}
    for number, outcome in enumerate(outcomes):
        unmatched, over = _within(outcome, old, new)
        if len(unmatched):
            left.append((number, unmatched))
        if outcome.pair.new is not None:
            digests = new[outcome.pair.new].messages.digests
            for place in over:
                spare.setdefault(digests[place], []).append((number, place))
    known_new = {digest for folder in new for digest in folder.messages.digests} if left else set()
    for number, unmatched in left:
        _elsewhere(outcomes, number, unmatched, old, new, spare, known_new)
    if spare:
        known_old = {digest for folder in old for digest in folder.messages.digests}
        for digest, places in spare.items():
            for number, _ in places:
                if digest in known_old:
                    outcomes[number].more_copies += 1
                else:
                    outcomes[number].arrived += 1
    return outcomes


def _within(outcome: Outcome, old: Sequence[Folder], new: Sequence[Folder]) -> tuple[array[int], list[int]]:
    """Match the messages of a pair; gives the places of those left, on either side."""
    one, other = outcome.pair.old, outcome.pair.new
    if other is None:
        assert one is not None
        return array("I", range(len(old[one].messages))), []
    there = new[other].messages
    if one is None:
        return array("I"), list(range(len(there)))
    here = old[one].messages
    open_places: dict[int, list[int]] = {}
    for place, digest in enumerate(there.digests):
        open_places.setdefault(digest, []).append(place)
    other_size: list[int] = []
    for place, digest in enumerate(here.digests):
        if not _take(open_places, digest, there.sizes, here.sizes[place]):
            other_size.append(place)
        else:
            outcome.found += 1
    unmatched = array("I")
    for place in other_size:
        places = open_places.get(here.digests[place])
        if places:
            size = there.sizes[places.pop(0)]
            outcome.found += 1
            outcome.resized += _differ(here.sizes[place], size)
        elif new[other].is_read:
            unmatched.append(place)
    return unmatched, sorted(place for places in open_places.values() for place in places)


def _take(open_places: dict[int, list[int]], digest: int, sizes: Sequence[int], size: int) -> bool:
    """Take a place of that digest and size; whether there was one."""
    places = open_places.get(digest)
    if not places:
        return False
    for number, place in enumerate(places):
        if sizes[place] == size:
            del places[number]
            return True
    return False


def _elsewhere(
    outcomes: list[Outcome],
    number: int,
    unmatched: array[int],
    old: Sequence[Folder],
    new: Sequence[Folder],
    spare: dict[int, list[tuple[int, int]]],
    known_new: set[int],
) -> None:
    """Say of each message that is not in its folder whether it is in another, and how often."""
    outcome = outcomes[number]
    assert outcome.pair.old is not None
    messages = old[outcome.pair.old].messages
    for place in unmatched:
        digest, size = messages.digests[place], messages.sizes[place]
        kind, where = LOST, 0
        places = spare.get(digest)
        if places:
            kind = MOVED
            best = next((one for one in places if _size_of(outcomes, new, one) == size), places[0])
            places.remove(best)
            where = outcomes[best[0]].pair.new or 0
            outcome.resized += _differ(size, _size_of(outcomes, new, best))
        elif digest in known_new:
            kind = FEWER_COPIES
        outcome.kinds.append(kind)
        outcome.places.append(place)
        outcome.where.append(where)


def _size_of(outcomes: list[Outcome], new: Sequence[Folder], one: tuple[int, int]) -> int:
    folder = outcomes[one[0]].pair.new
    assert folder is not None
    return new[folder].messages.sizes[one[1]]


def _differ(one: int, other: int) -> bool:
    return abs(one - other) > _SIZE_BYTES + one // _SIZE_SHARE
