"""A wave's imports started by staff: the run, each person's part in it, and what Zimbra's servers may be asked for."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class OwnImports(models.Model):
    """A person who said: « Je m’occupe moi-même de mes imports ». Staff then start none for that person."""

    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="own_imports"
    )
    at = models.DateTimeField(auto_now_add=True)


class BulkRun(models.Model):
    """The imports of one wave, carried person by person. `bulk/runs.py` makes the moves between states.

    RUNNING <---> PAUSED, either of them ---> CANCELLED; RUNNING ---> DONE with the last person, and DONE ---> RUNNING
    when failures are tried again. A cancelled run has `finished_at` once whoever was in the middle has been let go.
    """

    class State(models.TextChoices):
        RUNNING = "running", "En cours"
        PAUSED = "paused", "En pause"
        DONE = "done", "Terminé"
        CANCELLED = "cancelled", "Arrêté définitivement"

    wave = models.ForeignKey("bascule.Wave", on_delete=models.CASCADE, related_name="bulk_runs")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    # What there was to do when it was started.
    people = models.PositiveIntegerField(default=0)
    imports = models.PositiveIntegerField(default=0)
    items = models.PositiveIntegerField(default=0)
    # What is behind: people by outcome, imports that are through, items by outcome.
    people_done = models.PositiveIntegerField(default=0)
    people_failed = models.PositiveIntegerField(default=0)
    people_left_out = models.PositiveIntegerField(default=0)
    imports_done = models.PositiveIntegerField(default=0)
    items_added = models.PositiveIntegerField(default=0)
    items_present = models.PositiveIntegerField(default=0)
    items_refused = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    # Since when it has run without a pause: the rate is measured from there.
    resumed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # When it was given a person last; of several runs, the one that has waited longest is next.
    turn_at = models.DateTimeField(null=True)

    LIVE: ClassVar = (State.RUNNING, State.PAUSED)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["wave"], condition=Q(state__in=["running", "paused"]), name="one_live_bulk_run_per_wave"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["state", "turn_at"], name="bulk_run_state")]


class BulkPerson(models.Model):
    """One person's part in a run. WAITING with a `holder`: a worker is at it."""

    class State(models.TextChoices):
        WAITING = "waiting", "En attente"
        DONE = "done", "Terminé"
        FAILED = "failed", "Échec"
        LEFT_OUT = "left_out", "Rien à importer"
        CANCELLED = "cancelled", "Arrêté"

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="persons")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bulk_parts")
    # Host of the mailbox: whose bounds this person's requests fall under.
    server = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    imports_planned = models.PositiveIntegerField(default=0)
    # What is counted in the run already.
    imports_done = models.PositiveIntegerField(default=0)
    items_added = models.PositiveIntegerField(default=0)
    items_present = models.PositiveIntegerField(default=0)
    items_refused = models.PositiveIntegerField(default=0)
    # Whose turn is next: the end of the last turn; the start of the run for whoever had none.
    turn_at = models.DateTimeField()
    # Times that a turn was begun and not ended: somebody whose files bring workers down is not tried for ever.
    begun = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Why it failed, or was left out: stable code, French sentence.
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    waiting_for = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "agent"], name="one_part_per_run_and_agent")]
        indexes: ClassVar = [
            models.Index(fields=["run", "state", "server", "turn_at"], name="bulk_person_turn"),
            models.Index(fields=["run", "finished_at"], name="bulk_person_finished"),
        ]


class MailServer(models.Model):
    """A server of Zimbra as the bulk work treats it: how much may be asked of it, and how it bears it.

    `next_at` and `calm_until` are seconds since 1970, so that one statement can move them.
    """

    host = models.CharField(max_length=120, unique=True)
    # What staff chose; None: the portal's settings.
    parallel = models.PositiveSmallIntegerField(null=True, blank=True)
    rate = models.PositiveIntegerField(null=True, blank=True)
    # When the next request may leave.
    next_at = models.FloatField(default=0)
    # It answers badly: fewer at a time (None: as many as chosen), and none at all before `calm_until`.
    allowed = models.PositiveSmallIntegerField(null=True, blank=True)
    calm_until = models.FloatField(default=0)
    strikes = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(max_length=80, blank=True)
    changed_at = models.FloatField(default=0)


class MailServerSlot(models.Model):
    """The right to have one request under way at a server. Held by one worker at a time (`accounts.claims`)."""

    server = models.ForeignKey(MailServer, on_delete=models.CASCADE, related_name="slots")
    number = models.PositiveSmallIntegerField()
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["server", "number"], name="one_slot_per_number")]


class BulkForecast(models.Model):
    """What a run over a large wave would do, as last counted (`bulk.forecast`)."""

    wave = models.OneToOneField(
        "bascule.Wave", on_delete=models.CASCADE, primary_key=True, related_name="bulk_forecast"
    )
    # Of `bulk.choosing.Preview`.
    counts = models.JSONField(default=dict)
    counted_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
