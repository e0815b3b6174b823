"""What the store is asked, and what it answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from quarantine.limits import Period, Subject


class StoreDown(Exception):
    """The store does not answer, or not now: nothing was decided. `str()` says why; `sentence` is for a person."""

    sentence = "Le compteur des envois ne répond pas. Réessayez dans quelques minutes."


class Outcome(StrEnum):
    """What becomes of a message. The values are those of `quarantine.models.figures.Outcome`."""

    ACCEPTED = "accepted"
    HELD = "held"
    REFUSED = "refused"
    COMPROMISED = "compromised"
    # Accepted without being counted: mail of a list, or nobody to count it for.
    UNCOUNTED = "uncounted"


class Level(IntEnum):
    """The same as a number, as the scripts have it."""

    ACCEPTED = 0
    HELD = 1
    REFUSED = 2
    COMPROMISED = 3
    UNCOUNTED = 4

    @property
    def outcome(self) -> Outcome:
        return Outcome[self.name]


@dataclass(frozen=True, slots=True)
class Question:
    """May this message pass? `recipients`: 1 or more.

    `ip`, `sender`: keys as `limits.ip_key` and `limits.sender_key` make them, "" where there is none, or it is not
    counted. `periods`: of `limits.Schedule`. `instance`: the same for a query that is asked again, "" for none.
    `is_counted`: False for mail of a list, which only the list of compromised senders can stop. `refusals` within
    `refusal_seconds` make a `Decision` with `enough_refusals`; 0: never.
    """

    recipients: int
    ip: str
    sender: str
    periods: tuple[Period, ...]
    instance: str = ""
    is_counted: bool = True
    refusals: int = 0
    refusal_seconds: int = 3600


class Decision(NamedTuple):
    """The answer to a `Question`. Instants are microseconds since 1970.

    `subject`, `window` (seconds): what decided, None and 0 where nothing had to. `used`: recipients that the window
    held before this message; `limit`: the threshold, WARN for a held message and MAX for a refused one.
    """

    level: Level
    subject: Subject | None
    window: int
    used: int
    limit: int
    # By the store's clock: from when on the same message passes if nobody sends meanwhile; 0: no matter; -1: never.
    retry: int
    # The query was answered before: same answer, not counted again.
    is_repeated: bool
    # The refusals of the rule are reached.
    enough_refusals: bool
    # By the clock of the windows, and by the store's.
    decided: int
    real: int

    @property
    def retry_at(self) -> dt.datetime | None:
        """From when the same message passes, under the thresholds of now; None where it does, or never will."""
        return instant(self.retry) if self.retry > 0 else None

    @property
    def never_passes(self) -> bool:
        """More recipients than any moment allows."""
        return self.retry < 0


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of its windows a subject has used; `used` and `above_since` follow `limits.WINDOWS`.

    `above_since`: since when more than WARN had been counted when the last message came, None where it was not. `last`:
    the newest message counted.
    """

    subject: Subject
    key: str
    used: tuple[int, int, int, int] = (0, 0, 0, 0)
    above_since: tuple[dt.datetime | None, ...] = (None, None, None, None)
    last: dt.datetime | None = None

    def since(self, period: Period) -> tuple[dt.datetime | None, ...]:
        """Per window: since when more than WARN has been counted without a break; None where it is not. `period`: the
        present one. A threshold that no message exceeded came down when the period began."""
        if self.last is None:
            return self.above_since
        began = max(instant(period.starts), self.last)
        thresholds = period.ip if self.subject is Subject.IP else period.sender
        return tuple(
            (since or began) if used > threshold.warn else None
            for used, threshold, since in zip(self.used, thresholds, self.above_since, strict=True)
        )


class SlotTally(NamedTuple):
    """What was decided within five minutes from `slot` on."""

    slot: dt.datetime
    outcome: Outcome
    messages: int
    recipients: int


class KeyTally(NamedTuple):
    """What was held or refused of one subject within five minutes from `slot` on. `window`: seconds, of the last; 0."""

    slot: dt.datetime
    outcome: Outcome
    subject: Subject
    key: str
    messages: int
    recipients: int
    first: dt.datetime
    last: dt.datetime
    window: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Tallies taken out of the running ones; they stay in the store until `Store.forget_batch`."""

    id: str
    slots: tuple[SlotTally, ...]
    keys: tuple[KeyTally, ...]


def instant(micros: float) -> dt.datetime:
    """The instant (UTC) of microseconds since 1970."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(micros))
