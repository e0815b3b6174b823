"""Whether answers to real mail agree with the limits exactly, though nobody knows to the millisecond when each was
decided: only that it was between the moment the message was offered and the moment of the answer.

What a message found used has a least value (messages that were surely decided before it, and surely within the window)
and a greatest one (those that may have been); each leads to a level, and the answer lies between them or is wrong.
Messages that do not overlap in time, away from an edge of a window, have but one level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

PASSED, HELD, REFUSED = 0, 1, 2
NAMES = ("passed", "held", "refused")
# (subject, window in seconds) to (WARN, MAX).
Table = Mapping[tuple[str, int], tuple[int, int]]


@dataclass(frozen=True)
class Offered:
    """A message that was offered. keys: what it counts for, by subject; began, ended: seconds of one clock."""

    keys: Mapping[str, str]
    recipients: int
    began: float
    ended: float
    answer: int


@dataclass(frozen=True)
class Comparison:
    """wrong: what no order of decisions explains, a line each; certain: messages that could be answered in one way."""

    wrong: Sequence[str]
    certain: int


def compare(offered: Iterable[Offered], table: Table) -> Comparison:
    messages = list(offered)
    counted: dict[tuple[str, str], list[Offered]] = defaultdict(list)
    for one in messages:
        if one.answer != REFUSED:
            for subject, key in one.keys.items():
                counted[subject, key].append(one)
    wrong, certain = [], 0
    for one in messages:
        lowest = highest = PASSED
        for (subject, window), (warn, most) in table.items():
            least, greatest = _used(one, counted[subject, one.keys[subject]], window)
            lowest = max(lowest, _level(least + one.recipients, warn, most))
            highest = max(highest, _level(greatest + one.recipients, warn, most))
        certain += lowest == highest
        if not lowest <= one.answer <= highest:
            allowed = " or ".join(NAMES[lowest : highest + 1])
            wrong.append(f"{one.recipients} recipients at {one.began:.3f} {NAMES[one.answer]}, not {allowed}")
    return Comparison(wrong, certain)


def _level(total: int, warn: int, most: int) -> int:
    return PASSED if total <= warn else HELD if total <= most else REFUSED


def _used(one: Offered, others: Iterable[Offered], window: int) -> tuple[int, int]:
    """Least and greatest number of recipients that the decision on `one` can have found in the window before it."""
    least = greatest = 0
    for other in others:
        if other is not one and other.began <= one.ended and other.ended > one.began - window:
            greatest += other.recipients
            if other.ended <= one.began and other.began > one.ended - window:
                least += other.recipients
    return least, greatest
