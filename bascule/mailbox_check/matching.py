"""Which folder of the new mailbox stands for which of the old one. Pure.

In this order, each folder at most once: the inbox and other roles; the same path; the same path but for what servers do
not agree on (case, accents, characters that one of them refuses, a prefix); the messages they have in common; for empty
ones, the parent's new place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from bascule.mailbox_check.columns import Columns
from bascule.mailbox_check.naming import INBOX, squeezed_path
from bascule.models import MailboxPair

How = MailboxPair.How

# A folder has been renamed when that share of its messages is in the other one.
OVERLAP = 0.5


@dataclass(slots=True)
class Folder:
    """A folder of either side. key: what the caller knows it by; is_read: its messages are known."""

    key: int
    path: tuple[str, ...]
    role: str = ""
    messages: Columns = field(default_factory=Columns)
    is_read: bool = True


@dataclass(frozen=True, slots=True)
class Pair:
    """Places in the two lists of folders; None: there is none."""

    how: str
    old: int | None
    new: int | None


def pairs(old: Sequence[Folder], new: Sequence[Folder]) -> list[Pair]:
    """A pair for each folder of either side: those of `old` in their order, then what only `new` has."""
    found: dict[int, tuple[int, str]] = {}
    taken: set[int] = set()

    def take(one: int, other: int, how: str) -> None:
        found[one] = other, how
        taken.add(other)

    def by(key_of: Callable[[Folder], Hashable], how: Callable[[Folder, Folder], str]) -> None:
        places: dict[Hashable, int] = {}
        for number, folder in enumerate(new):
            if number not in taken and (key := key_of(folder)):
                places.setdefault(key, number)
        for number, folder in enumerate(old):
            key = key_of(folder)
            if number not in found and key and (place := places.pop(key, None)) is not None:
                take(number, place, how(folder, new[place]))

    by(lambda folder: folder.role, lambda one, other: _how(one.path, other.path, How.ROLE))
    by(lambda folder: folder.path, lambda one, other: How.SAME)
    by(lambda folder: squeezed_path(folder.path), lambda one, other: _how(one.path, other.path, How.RENAMED))
    for one, other in _by_messages(old, new, found, taken):
        take(one, other, How.RENAMED)
    for one, other in _by_parent(old, new, found, taken):
        take(one, other, How.RENAMED)

    told = [
        Pair(found[number][1], number, found[number][0]) if number in found else Pair(How.ABSENT, number, None)
        for number in range(len(old))
    ]
    return told + [Pair(How.ADDED, None, number) for number in range(len(new)) if number not in taken]


def _how(one: tuple[str, ...], other: tuple[str, ...], otherwise: str) -> str:
    return How.SAME if _below_inbox(one) == _below_inbox(other) else otherwise


def _below_inbox(path: tuple[str, ...]) -> tuple[str, ...]:
    return path[1:] if len(path) > 1 and path[0] == INBOX else path


def _by_messages(
    old: Sequence[Folder], new: Sequence[Folder], found: Mapping[int, object], taken: set[int]
) -> list[tuple[int, int]]:
    """Folders that share most of their messages, those with most in common first."""
    left = [number for number in range(len(old)) if number not in found and len(old[number].messages)]
    free = [number for number in range(len(new)) if number not in taken and len(new[number].messages)]
    if not left or not free:
        return []
    where: dict[int, list[int]] = {}
    for number in free:
        for digest in set(new[number].messages.digests):
            where.setdefault(digest, []).append(number)
    shared: list[tuple[int, int, int]] = []
    for number in left:
        digests = set(old[number].messages.digests)
        common = Counter(place for digest in digests for place in where.get(digest, ()))
        shared += [(count, number, place) for place, count in common.items() if count >= OVERLAP * len(digests)]
    chosen: list[tuple[int, int]] = []
    for _, number, place in sorted(shared, key=lambda one: (-one[0], one[1], one[2])):
        if all(number != one and place != other for one, other in chosen):
            chosen.append((number, place))
    return chosen


def _by_parent(
    old: Sequence[Folder], new: Sequence[Folder], found: Mapping[int, tuple[int, str]], taken: set[int]
) -> list[tuple[int, int]]:
    """Folders without messages in common whose parent is now elsewhere: the same last name below it."""
    free = {new[number].path: number for number in range(len(new)) if number not in taken}
    chosen: list[tuple[int, int]] = []
    # A parent is found before its children.
    placed = {folder.path: new[found[number][0]].path for number, folder in enumerate(old) if number in found}
    for number in sorted(range(len(old)), key=lambda one: len(old[one].path)):
        path = old[number].path
        parent = placed.get(path[:-1])
        if number in found or parent is None or len(old[number].messages):
            continue
        place = free.pop((*parent, path[-1]), None)
        if place is not None:
            placed[path] = new[place].path
            chosen.append((number, place))
    return chosen
