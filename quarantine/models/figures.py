"""Figures of the gateways: never more of a message than that it was."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from quarantine.models.sending import Subject


class Outcome(models.TextChoices):
    ACCEPTED = "accepted", "Acceptés"
    HELD = "held", "Retenus"
    REFUSED = "refused", "Refusés"
    COMPROMISED = "compromised", "Compte compromis"
    UNCOUNTED = "uncounted", "Listes de diffusion"


class SlotFigure(models.Model):
    """What was decided within five minutes, over all gateways."""

    slot = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    messages = models.PositiveIntegerField(default=0)
    recipients = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["slot", "outcome"], name="one_figure_per_slot")]


class SenderFigure(models.Model):
    """What was held or refused of one sender or network address within a day (in Paris)."""

    day = models.DateField()
    subject = models.CharField(max_length=6, choices=Subject)
    key = models.CharField(max_length=320)
    outcome = models.CharField(max_length=12, choices=Outcome)
    messages = models.PositiveIntegerField(default=0)
    recipients = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    # Seconds of the window that decided the last of them; 0 for none.
    window = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "subject", "key", "outcome"], name="one_figure_per_sender_and_day"),
        ]
        indexes: ClassVar = [models.Index(fields=["key"], name="sender_figure_key")]


class DrainedBatch(models.Model):
    """Tallies that were taken over from the store: written with them, so that none is taken over twice."""

    batch = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(auto_now_add=True)


class GatewayHeartbeat(models.Model):
    """A gateway that runs, or ran: a sign of life every few seconds, with its figures."""

    class Kind(models.TextChoices):
        POLICY = "policy", "Limites d’envoi"
        INTAKE = "intake", "Réception"

    # Kind, machine and process.
    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    # What it cannot reach and since when: {"store": "2026-…", "zimbra": "…"}; empty: all is well.
    troubles = models.JSONField(default=dict)
    # Counts since it started.
    figures = models.JSONField(default=dict)
