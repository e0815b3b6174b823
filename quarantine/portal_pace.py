"""The portal's own mails under the sending limits: how many may go now without one being held.

A share of WARN only (`PORTAL_MAIL_SHARE_PERCENT`): notices and digests have the same sender, and must not wait in the
quarantine because reminders took all of it. Used is what the counters say of the sender, or what the portal noted
itself (`accounts.mail_pace`), whichever is more; when the counters do not answer, the portal's own figures alone. They
are complete but for other programs that send as the portal, so that nothing stands still for a store that is away.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings

from accounts import mail_pace
from quarantine import limits, rules_snapshot
from quarantine.counters.store import Store
from quarantine.counters.types import StoreDown
from quarantine.limits import WINDOWS, Rules, Subject, Threshold

log = logging.getLogger(__name__)

# Seconds that a task waits for the counters.
_PATIENCE = 2.0
# An estimate sends in slices of ten minutes, and gives up beyond two weeks.
_STEP = dt.timedelta(minutes=10)
_LONGEST = dt.timedelta(days=14)


class PortalPace:
    """See `accounts.mail_pace.Pace`."""

    def room(self, sender: str, at: dt.datetime) -> int:
        key = _key(sender)
        rules = _rules()
        own = [mail_pace.sent_within(window, at) for window in WINDOWS]
        used = [max(pair) for pair in zip(_counted(key), own, strict=True)]
        return free(rules, limits.sender_factor(rules, key), used, at)

    def ends(self, sender: str, recipients: int, at: dt.datetime) -> dt.datetime | None:
        key = _key(sender)
        rules = _rules()
        own = [mail_pace.sent_within(window, at) for window in WINDOWS]
        return end_of(recipients, rules=rules, factor=limits.sender_factor(rules, key), used=own, at=at)


def free(rules: Rules, factor: int, used: Sequence[int], at: dt.datetime) -> int:
    """Recipients left within the portal's share of each window's WARN. used: one figure for each of WINDOWS. Pure but
    for the share."""
    thresholds = limits.effective(_shared(rules), Subject.SENDER, factor, at)
    return max(min(threshold.warn - count for threshold, count in zip(thresholds, used, strict=True)), 0)


def end_of(
    recipients: int, *, rules: Rules, factor: int, used: Sequence[int], at: dt.datetime, step: dt.timedelta = _STEP
) -> dt.datetime | None:
    """When the last of `recipients` goes if each step of time sends what there is room for; None: beyond two weeks.

    What is used already is taken to be as recent as it can be, so that the estimate is rather too late.
    """
    shared = _shared(rules)
    # Oldest first: what leaves the longest window leaves at the front.
    recent = zip((0, *WINDOWS), _differences(used), strict=False)
    records = deque((at - dt.timedelta(seconds=after), more) for after, more in reversed(list(recent)) if more)
    left, now = recipients, at
    while left > 0 and now - at <= _LONGEST:
        room = min(
            threshold.warn - sum(count for then, count in records if now - then < dt.timedelta(seconds=window))
            for window, threshold in zip(WINDOWS, limits.effective(shared, Subject.SENDER, factor, now), strict=True)
        )
        if room > 0:
            part = min(room, left)
            records.append((now, part))
            left -= part
            if not left:
                return now
        while records and now - records[0][0] > dt.timedelta(seconds=WINDOWS[-1]):
            records.popleft()
        now += step
    return at if recipients <= 0 else None


def _differences(used: Sequence[int]) -> list[int]:
    found, within = [], 0
    for total in used:
        found.append(max(total - within, 0))
        within = max(total, within)
    return found


def _shared(rules: Rules) -> Rules:
    share = settings.MAIL_SHARE_PERCENT
    table = {key: Threshold(threshold.warn * share // 100, threshold.max) for key, threshold in rules.table.items()}
    return replace(rules, table=table)


def _key(sender: str) -> str:
    """Under which the gateways count the portal: the name it signs in with at the mail server, else its address."""
    return limits.sender_key(settings.EMAIL_HOST_USER, sender)


def _rules() -> Rules:
    try:
        return rules_snapshot.load()
    except rules_snapshot.NoRules as error:
        # The gateways refuse to work with such rows, and staff are told; the documented figures are never too high.
        log.warning("sending rules cannot be read, the documented ones hold: %s", error)
        return Rules()


def _counted(key: str) -> Sequence[int]:
    try:
        with Store(settings.LIMITS_REDIS_URL, timeout=_PATIENCE) as store:
            return store.usage(Subject.SENDER, key).used
    except StoreDown as error:
        log.warning("the counters of the sending limits do not answer, the portal's own tally holds: %s", error)
        return (0,) * len(WINDOWS)
