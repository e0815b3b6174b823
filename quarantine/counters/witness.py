"""A gateway's steady clock beside the store's, which somebody may put forward or back.

The clock of the windows runs by the store's. Where that one jumps, the windows would forget too early or stand still;
only who has a clock that nobody sets can tell a jump from time that passed. Pure.
"""

from __future__ import annotations

import time

# A clock that is kept right is slewed by at most 500 ppm (adjtimex(2)): two steady clocks drift apart no faster.
_DRIFT = 500e-6
# Microseconds. A first answer that took longer says too little about when it was given.
_PROMPT = 100_000


def steady_clock() -> int:
    """Microseconds of a clock that nobody sets and that runs on while the machine sleeps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


class Witness:
    """Knows, from answers of the store, what its clocks show at a moment of the steady clock. All in microseconds.

    An answer was given at some moment between asking and hearing it. So each one says between which bounds a clock of
    the store is ahead of the steady one; what is known already is only moved as far as the bounds demand.
    """

    def __init__(self) -> None:
        self._logical: float | None = None
        self._real: float | None = None
        self._heard = 0.0

    def heard(self, sent: float, received: float, *, real: float, logical: float) -> None:
        """An answer that was asked for and came in at these moments; `logical` 0: it does not say."""
        known = self._real if self._real is not None else real - (sent + received) / 2
        self._real = max(real - received, min(real - sent, known))
        if not logical:
            return
        if self._logical is None:
            if received - sent <= _PROMPT:
                self._logical, self._heard = logical - (sent + received) / 2, received
            return
        most = max(0, received - self._heard) * _DRIFT
        nearest = max(logical - received, min(logical - sent, self._logical))
        self._logical += max(-most, min(most, nearest - self._logical))
        self._heard = received

    def expected(self, at: float) -> float:
        """What the clock of the windows should show at moment `at`; 0 where nothing is known yet."""
        return 0 if self._logical is None else self._logical + at

    def real(self, at: float) -> float:
        """What the store's own clock shows at moment `at`, if nobody sets it; 0 where nothing is known yet."""
        return 0 if self._real is None else self._real + at
