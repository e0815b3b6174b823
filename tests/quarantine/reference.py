"""The exact reference that the store is compared with: it keeps every message and adds up by brute force."""

from __future__ import annotations

from dataclasses import dataclass, field

from quarantine.counters.types import Level, Question
from quarantine.limits import WINDOWS, Subject

SECOND = 1_000_000
_TOLERANCE = SECOND // 10
_WAITED_OUT = 120 * SECOND


@dataclass
class Clock:
    """The clock of the windows, in microseconds: never back, large steps bridged, a witness believed."""

    offset: int = 0
    newest: int = 0

    def __call__(self, real: int, expected: int = 0) -> int:
        now = real + self.offset
        if expected and abs(now - expected) > _TOLERANCE:
            self.offset, now = expected - real, expected
        if now < self.newest:
            if self.newest - now > _WAITED_OUT:
                self.offset = self.newest - real
            now = self.newest
        self.newest = now
        return now


@dataclass(frozen=True)
class Expected:
    """Of a decision: what is compared. `subject` and `window` as in `Decision`; `retry` by the clock of the windows."""

    level: Level
    subject: Subject | None = None
    window: int = 0
    used: int = 0
    limit: int = 0
    retry: int = 0


@dataclass
class Reference:
    """`sent`: for each subject and key all messages ever counted, oldest first, as (instant, recipients)."""

    sent: dict[tuple[Subject, str], list[tuple[int, int]]] = field(default_factory=dict)

    def inside(self, subject: Subject, key: str, window: int, now: int) -> list[tuple[int, int]]:
        """Messages of the window that ends now; one that is exactly a window's length ago is outside."""
        edge = now - window * SECOND
        return [(at, n) for at, n in self.sent.get((subject, key), []) if edge < at <= now]

    def used(self, subject: Subject, key: str, window: int, now: int) -> int:
        return sum(n for _, n in self.inside(subject, key, window, now))

    def decide(self, question: Question, *, now: int, real: int) -> Expected:
        """The decision on a message at `now`, by the clock of the windows; periods go by `real`."""
        keys = [(Subject.IP, question.ip), (Subject.SENDER, question.sender)]
        keys = [(subject, key) for subject, key in keys if key]
        period = max((one for one in question.periods if one.starts <= real), key=lambda one: one.starts)
        over: list[Expected] = []
        near: list[tuple[float, Expected]] = []
        for subject, key in keys:
            thresholds = period.ip if subject is Subject.IP else period.sender
            for window, threshold in zip(WINDOWS, thresholds, strict=True):
                used = self.used(subject, key, window, now)
                after = used + question.recipients
                if after > threshold.max:
                    opens = self.opens(subject, key, window, threshold.max - question.recipients, now)
                    over.append(Expected(Level.REFUSED, subject, window, used, threshold.max, opens))
                elif after > threshold.warn:
                    near.append((after / threshold.warn, Expected(Level.HELD, subject, window, used, threshold.warn)))
        if over:
            return next((one for one in over if one.retry < 0), None) or max(over, key=lambda one: one.retry)
        for place in keys:
            self.sent.setdefault(place, []).append((now, question.recipients))
        return max(near, key=lambda pair: pair[0])[1] if near else Expected(Level.ACCEPTED)

    def opens(self, subject: Subject, key: str, window: int, room: int, now: int) -> int:
        """When the window will hold no more than `room`, if nothing is added; -1: never."""
        if room < 0:
            return -1
        inside = self.inside(subject, key, window, now)
        left = sum(n for _, n in inside)
        for at, n in inside:
            left -= n
            if left <= room:
                return at + window * SECOND
        raise AssertionError("there is room already")

    def above_since(self, subject: Subject, key: str, window: int, warn: int, now: int) -> int | None:
        """Since when more than `warn` has been within the window without a break, None where it is not."""
        sent = self.sent.get((subject, key), [])
        moments = sorted({at + later for at, _ in sent for later in (0, window * SECOND)} | {now})
        since = None
        for moment in moments:
            if moment <= now:
                is_above = self.used(subject, key, window, moment) > warn
                since = (since or moment) if is_above else None
        return since
