"""Where each person stands in the move: the wave, why that one, and which steps are closed.

One short row per agent, made from the rows that hold the truth (planning, checklist, directory) and written by
`bascule.standings` only. Lists of people and figures of waves read it, so that none of them has to go through millions
of step states, or work out the rules of the planning for everybody.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Standing(models.Model):
    class Why(models.TextChoices):
        NONE = "", "dans aucune vague"
        HAND = "hand", "choisie à la main"
        PLACE_AND_POPULATION = "place_population", "par l’établissement et la population"
        PLACE = "place", "par l’établissement"
        POPULATION = "population", "par la population"

    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="standing"
    )
    wave = models.ForeignKey("bascule.Wave", on_delete=models.SET_NULL, null=True, related_name="standings")
    why = models.CharField(max_length=20, choices=Why, default=Why.NONE, blank=True)
    # Copies of the directory, so that figures need one table.
    population = models.ForeignKey("accounts.Population", on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey("accounts.Establishment", on_delete=models.PROTECT, null=True, related_name="+")
    is_active = models.BooleanField(default=True)
    # As lists are sorted, and searched (`Agent.search_text`).
    name = models.CharField(max_length=201, blank=True)
    search_text = models.TextField(blank=True)
    migrated_at = models.DateTimeField(null=True)
    # Bit n: the step at place n of `bascule.steps.STEPS`.
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    # The last thing this person did in the portal for the move, and the last change of this row (for the figures).
    last_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    # The wave and date that this person was told last, when a wave was frozen.
    told_wave = models.ForeignKey("bascule.Wave", on_delete=models.SET_NULL, null=True, related_name="+")
    told_date = models.DateField(null=True)
    # Server of the mailbox, as last seen.
    mail_host = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["wave", "establishment"], name="standing_wave_place"),
            models.Index(fields=["wave", "population"], name="standing_wave_population"),
            models.Index(fields=["wave", "name"], name="standing_wave_name"),
            models.Index(fields=["wave", "changed_at"], name="standing_wave_changed"),
            models.Index(fields=["wave", "migrated_at"], name="standing_wave_migrated"),
            # People in no wave, whom staff look for by what would take them.
            models.Index(
                fields=["population", "establishment"],
                name="standing_unplaced",
                condition=models.Q(wave__isnull=True, is_active=True),
            ),
        ]
