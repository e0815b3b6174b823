"""Waves: who moves when (domain, section 4)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class PlanningLock(models.Model):
    """One row, locked by whoever changes the planning: two changes of it follow one another."""


class Wave(models.Model):
    """A group of people that moves together, on a date or in an approximate period.

        planned <---> frozen <---> under way <---> done        (`bascule.waves.states` holds the table of moves)

    Takes the people of its populations; with establishments too, those of both; with establishments only, everybody
    who works there.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Planifiée"
        FROZEN = "frozen", "Figée"
        UNDER_WAY = "under_way", "En cours"
        DONE = "done", "Terminée"

    name = models.CharField("nom", max_length=120, unique=True)
    date = models.DateField("date", null=True, blank=True)
    # Sorts the wave and bounds the countdown while the exact date is not known.
    period_label = models.CharField("période", max_length=60, blank=True)
    period_start = models.DateField(null=True, blank=True)
    populations = models.ManyToManyField("accounts.Population", related_name="waves", blank=True)
    establishments = models.ManyToManyField("accounts.Establishment", related_name="waves", blank=True)
    takes_boxes = models.BooleanField("boîtes fonctionnelles", default=False)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    # Counted up by every change: whoever changes a wave says which one was looked at.
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    frozen_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    # States in which the list of people is closed: only staff move somebody in or out, by hand.
    CLOSED: ClassVar = (State.FROZEN, State.UNDER_WAY)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(date__isnull=False) | Q(period_start__isnull=False) & ~Q(period_label=""),
                name="wave_has_date_or_period",
            )
        ]

    def __str__(self) -> str:
        return self.name


class WaveAssignment(models.Model):
    """An agent whom staff moved to a wave other than the one that the rules give."""

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wave_assignment")
    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="assignments")
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True, null=True)


class WaveRun(models.Model):
    """A change of state that concerns many people, done slice by slice by workers (see `bascule.waves.runs`).

    The wave has its new state when the run begins, but for the end of a wave: done when the run is through. One at a
    time for a wave: what stopped is gone on with, or given up, before another begins.
    """

    class Kind(models.TextChoices):
        FREEZE = "freeze", "Annonce aux personnes"
        UNFREEZE = "unfreeze", "Retour en planification"
        FINISH = "finish", "Fin de la vague"
        REOPEN = "reopen", "Réouverture de la vague"

    class Note(models.TextChoices):
        NONE = "", ""
        BY_HAND = "by_hand", "en pause"
        WORKER = "worker", "arrêté"
        GIVEN_UP = "given_up", "abandonné"

    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    # What was chosen when it was asked for: {"boxes": true}.
    options = models.JSONField(default=dict)
    # Persons; counts: boxes of the end of a wave, and where the run has come to among them.
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    # When it was last set going, and what was done by then: the pace is measured from there.
    going_since = models.DateTimeField(null=True, blank=True)
    going_from = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=10, choices=Note, default=Note.NONE, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["wave"], condition=Q(finished_at__isnull=True), name="one_unfinished_run_per_wave"
            )
        ]

    @property
    def is_live(self) -> bool:
        return self.finished_at is None and self.stopped_at is None


class PlanningFeed(models.Model):
    """Key of a member of staff's link to the planning as a calendar; another key, or none, ends the link."""

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="planning_feed")
    key = models.CharField(max_length=40)
