"""When to send to how many, so that nothing is held: a plan for a large sending. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from quarantine import limits
from quarantine.limits import WINDOWS, Rules, Subject

MOST_RECIPIENTS = 20_000
_STEP = dt.timedelta(minutes=1)
_LONGEST = dt.timedelta(hours=48)


@dataclass(frozen=True)
class Part:
    """So many recipients, from that instant on."""

    at: dt.datetime
    recipients: int


def plan(
    recipients: int, *, rules: Rules, factor: int, used: Sequence[int], at: dt.datetime, least: int = 50
) -> list[Part] | None:
    """The parts in which a sender can write to `recipients` people without one message being held; None when it takes
    more than two days.

    used: recipients counted by now, one figure for each of WINDOWS. Each is taken to be as recent as it can be, so that
    the plan holds whatever the minute they were counted in. factor: of the sender's thresholds. least: a part is not
    smaller, but for the last.
    """
    sent = _as_recent_as_can_be(used, at)
    parts: list[Part] = []
    now, left = at, recipients
    while left and now - at <= _LONGEST:
        room = min(
            threshold.warn - sum(count for then, count in sent if now - then < dt.timedelta(seconds=window))
            for window, threshold in zip(WINDOWS, limits.effective(rules, Subject.SENDER, factor, now), strict=True)
        )
        if room >= min(least, left):
            part = Part(now, min(room, left))
            parts.append(part)
            sent.append((now, part.recipients))
            left -= part.recipients
        now += _STEP
    return None if left else parts


def _as_recent_as_can_be(used: Sequence[int], at: dt.datetime) -> list[tuple[dt.datetime, int]]:
    """Records that give the sums `used`: what a longer window has more than a shorter one came just before that."""
    records, within = [], 0
    for total, after in zip(used, (0, *WINDOWS), strict=False):
        if total > within:
            records.append((at - dt.timedelta(seconds=after), total - within))
            within = total
    return records
