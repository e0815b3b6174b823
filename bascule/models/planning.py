"""Waves: who moves when (domain, section 4)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class Wave(models.Model):
    """A group of populations that moves together, on a date or in an approximate period."""

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
    takes_boxes = models.BooleanField("boîtes fonctionnelles", default=False)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)

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
    """An agent whom staff moved to a wave other than that of the population."""

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wave_assignment")
    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="assignments")
    reason = models.CharField(max_length=200, blank=True)
