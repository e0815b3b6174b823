"""Figures of waves, counted ahead so that no page counts people; and retries of many jobs at once.

Written by `bascule.tracking` only. People who are no longer active are in none of the figures.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from bascule import steps


class Counts(models.Model):
    """How many people of a group stand where, and what became of their files.

    People are in one of five groups: untouched, started, ready (not moved: none, some, all of the steps before the
    move closed), complete (moved, all of the steps after it closed), and moved without being complete.
    """

    people = models.PositiveIntegerField(default=0)
    untouched = models.PositiveIntegerField(default=0)
    started = models.PositiveIntegerField(default=0)
    ready = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    complete = models.PositiveIntegerField(default=0)
    # Moved, and none of the steps after the move closed.
    moved_untouched = models.PositiveIntegerField(default=0)
    # All of the steps before the move closed, moved since or not.
    prepared = models.PositiveIntegerField(default=0)
    deposits = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    imports = models.PositiveIntegerField(default=0)
    imports_done = models.PositiveIntegerField(default=0)
    # Stopped, and not begun anew since.
    imports_failed = models.PositiveIntegerField(default=0)
    # Of those that are under way: they wait until Zimbra answers.
    imports_waiting = models.PositiveIntegerField(default=0)
    replays = models.PositiveIntegerField(default=0)
    replays_done = models.PositiveIntegerField(default=0)
    replays_failed = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def unfinished(self) -> int:
        """Moved, and something after the move still open."""
        return self.moved - self.complete

    @property
    def failed(self) -> int:
        """Jobs that somebody has to look at."""
        return self.imports_failed + self.replays_failed + self.unreadable


class WaveFigure(Counts):
    """The counts of a wave (dimension all, key 0), of an establishment or of a population in it.

    key: the number of the establishment or population, 0 for people who have no establishment.
    """

    class Dimension(models.TextChoices):
        ALL = "all", "Toute la vague"
        ESTABLISHMENT = "establishment", "Établissement"
        POPULATION = "population", "Population"

    wave = models.ForeignKey("bascule.Wave", on_delete=models.CASCADE, related_name="figures")
    dimension = models.CharField(max_length=13, choices=Dimension)
    key = models.BigIntegerField(default=0)
    # Three counts for each of the thirteen steps, in their order: closed as done, closed as not concerned, and the
    # people whose first open step of the phase that they are in it is.
    steps = models.JSONField(default=list)
    # On the row of the whole wave only: when the figures were counted, how long that took, and whether something else
    # than the rows of its people has changed since.
    computed_at = models.DateTimeField(null=True)
    cost_ms = models.PositiveIntegerField(default=0)
    is_stale = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["wave", "dimension", "key"], name="one_figure_per_wave_dimension_and_key")
        ]

    def of_step(self, code: str) -> tuple[int, int, int]:
        """Of the step of that code: done, not concerned, people who are held up at it. Raises KeyError."""
        place = 3 * steps.STEPS.index(steps.get(code))
        done, skipped, held_up = [*self.steps[place : place + 3], 0, 0, 0][:3]
        return done, skipped, held_up


class WaveDay(Counts):
    """The counts of a whole wave as they were last on a day (of Réunion)."""

    wave = models.ForeignKey("bascule.Wave", on_delete=models.CASCADE, related_name="days")
    day = models.DateField()

    class Meta:
        ordering: ClassVar = ["wave", "day"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["wave", "day"], name="one_day_per_wave")]


class JobRetry(models.Model):
    """Jobs of a wave that stopped for one cause, tried again by workers because they are many.

        (asked for) ───► under way ───► finished_at

    last: the number of the last job that was looked at; the next slice begins after it. until: jobs with a higher
    number stopped after it was asked for and are left alone.
    """

    wave = models.ForeignKey("bascule.Wave", on_delete=models.CASCADE, related_name="job_retries")
    kind = models.CharField(max_length=10)
    code = models.CharField(max_length=100)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    total = models.PositiveIntegerField(default=0)
    tried = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    until = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["wave", "kind", "code"],
                condition=models.Q(finished_at__isnull=True),
                name="one_live_retry_per_wave_kind_and_code",
            )
        ]

    @property
    def percent(self) -> int:
        return min(100 * (self.tried + self.refused) // self.total, 100) if self.total else 100


def count_fields() -> list[str]:
    """Names of the columns of `Counts`."""
    fields: list[Any] = Counts._meta.get_fields()
    return [field.name for field in fields]
