"""When people are free and when they are not.

Source: Zimbra's FreeBusy: of what takes place at one time the strongest counts; a declined invitation leaves free, one
not yet answered makes the time tentative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zimbra.simulator.formats.ical import Component
from zimbra.simulator.store import calendar, folders
from zimbra.simulator.store.calendar import Part
from zimbra.simulator.store.instances import in_span
from zimbra.simulator.store.mailbox import JUNK, TRASH, Mailbox

# Weakest first: free, tentative, busy, out of office.
ORDER = "FTBO"
# A folder whose owner does not want it to count.
EXCLUDED = "b"


@dataclass(frozen=True)
class Interval:
    since: int
    until: int
    status: str


# What the time of a part is for the keeper of a mailbox: one of ORDER.
Judge = Callable[[Mailbox, Part, Component], str]


def intervals(
    mailbox: Mailbox,
    since: int,
    until: int,
    judge: Judge,
    *,
    folder: int | None = None,
    but: str = "",
    within: set[int] | None = None,
) -> list[Interval]:
    """The span cut where the status changes; the appointment with the UID `but` does not count.

    Only one `folder` counts, or those `within` a set, when given.
    """
    spans: list[Interval] = []
    with mailbox.as_server():
        tree = folders.everything(mailbox)
        hidden = {*folders.subtree(tree, TRASH), *folders.subtree(tree, JUNK)}
        for item in calendar.between(mailbox, "appointment", folder, since, until):
            place = tree.get(item.folder)
            if within is not None and item.folder not in within:
                continue
            if item.uid == but or place is None or EXCLUDED in place.flags or item.folder in hidden:
                continue
            for occurrence, part in in_span(mailbox, item, since, until):
                status = judge(mailbox, part, part.shown)
                end = occurrence.starts + max(occurrence.length, 1000)
                if status != "F":
                    spans.append(Interval(max(since, occurrence.starts), min(until, end), status))
    return merged(spans, since, until)


def merged(spans: list[Interval], since: int, until: int) -> list[Interval]:
    """One status at a time, from the beginning to the end, neighbours of one status joined."""
    events: list[tuple[int, int, int]] = []
    for span in spans:
        rank = ORDER.index(span.status)
        events += [(span.since, 1, rank), (span.until, -1, rank)]
    events.sort()
    active = [0] * len(ORDER)
    found: list[Interval] = []
    at, current = since, "F"
    for moment, change, rank in [*events, (until, 0, 0)]:
        if moment > at:
            if found and found[-1].status == current and found[-1].until == at:
                found[-1] = Interval(found[-1].since, moment, current)
            else:
                found.append(Interval(at, moment, current))
            at = moment
        active[rank] += change
        current = next((ORDER[one] for one in range(len(ORDER) - 1, 0, -1) if active[one]), "F")
    return found
