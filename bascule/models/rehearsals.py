"""The dry run of a wave: what will go wrong on the day, found before it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bascule.models.planning import Wave


class Rehearsal(models.Model):
    """One dry run: people, boxes and establishments of a wave as they were when it was prepared.

        PREPARING ──► RUNNING ──► DONE
             └────────────┴─────► CANCELLED        (bascule.rehearsals.engine)

    DONE goes back to RUNNING for checks that Zimbra did not answer.
    """

    class State(models.TextChoices):
        PREPARING = "preparing", "En préparation"
        RUNNING = "running", "En cours"
        DONE = "done", "Terminée"
        CANCELLED = "cancelled", "Abandonnée"

    UNDER_WAY: ClassVar = (State.PREPARING, State.RUNNING)

    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="rehearsals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.PREPARING)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    people = models.PositiveIntegerField(default=0)
    # Checks of all slices, one for each person, box or establishment in it.
    total = models.PositiveIntegerField(default=0)
    # At the end: persons by what was found, findings by severity and kind, what is settled and new since the last one.
    counts = models.JSONField(default=dict)
    # Who prepares it (see `accounts.claims`).
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["wave"],
                condition=Q(state__in=["preparing", "running"]),
                name="one_rehearsal_of_a_wave_at_a_time",
            )
        ]


class RehearsalSlice(models.Model):
    """Some of what a dry run looks at, claimed by one worker at a time; its findings are written all at once."""

    class Kind(models.TextChoices):
        FILES = "files", "Fichiers et étapes"
        ACCOUNTS = "accounts", "Comptes dans Zimbra"
        BOXES = "boxes", "Boîtes"
        BOX_ACCOUNTS = "box_accounts", "Adresses de boîtes dans Zimbra"
        PLACES = "places", "Recensements"

    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.CASCADE, related_name="slices")
    kind = models.CharField(max_length=12, choices=Kind)
    # Primary keys of what it looks at.
    keys = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    # Zimbra did not answer: nothing is known.
    unchecked = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Whom the worker is at, once one has died here, and those whose files brought a worker down.
    at_key = models.BigIntegerField(null=True, blank=True)
    skipped = models.JSONField(default=list)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["rehearsal", "done_at"], name="rehearsal_slice_left")]


class RehearsalFinding(models.Model):
    """Something that will go wrong, about a person, a box or an establishment. Names of files, codes and counts only.

    key: the same in the next dry run as long as it is not settled. values: what the sentence of the kind needs.
    """

    class Severity(models.IntegerChoices):
        BLOCKING = 0, "Bloquant"
        LOOK = 1, "À regarder"
        INFO = 2, "Pour information"

    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.CASCADE, related_name="findings")
    part = models.ForeignKey(RehearsalSlice, on_delete=models.CASCADE, related_name="findings")
    severity = models.PositiveSmallIntegerField(choices=Severity)
    kind = models.CharField(max_length=40)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    box = models.ForeignKey("boxes.Box", on_delete=models.CASCADE, null=True, related_name="+")
    establishment = models.ForeignKey("accounts.Establishment", on_delete=models.CASCADE, null=True, related_name="+")
    values = models.JSONField(default=dict)
    key = models.CharField(max_length=120)
    is_new = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["severity", "kind", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["rehearsal", "severity", "kind", "id"], name="rehearsal_finding_order"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rehearsal", "key"], name="one_finding_per_rehearsal_and_key")
        ]
