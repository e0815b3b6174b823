"""How far a run of a wave has come, in figures and words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bascule.models import WaveRun

# Below so much the pace says nothing yet.
_LEAST_SECONDS = 3.0


@dataclass(frozen=True)
class Progress:
    """percent: of persons and boxes together. left: how long it still takes, in words; empty: not known."""

    percent: int
    left: str


def of(run: WaveRun, now: datetime) -> Progress:
    boxes = int(run.counts.get("boxes", 0))
    boxes_done = int(run.counts.get("asked", 0)) + int(run.counts.get("staying", 0))
    total, done = run.total + boxes, run.done + boxes_done
    percent = 100 if run.finished_at else min(99, 100 * done // total if total else 0)
    if not run.is_live or run.going_since is None:
        return Progress(percent, "")
    seconds, since = (now - run.going_since).total_seconds(), run.done - run.going_from
    if seconds < _LEAST_SECONDS or since <= 0 or run.done >= run.total:
        return Progress(percent, "")
    return Progress(percent, in_words((run.total - run.done) * seconds / since))


def in_words(seconds: float) -> str:
    """« moins d’une minute », « environ 12 minutes », « environ 2 heures »."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "moins d’une minute"
    if minutes < 90:
        return f"environ {minutes} minute{'s' if minutes > 1 else ''}"
    return f"environ {round(minutes / 60)} heures"
