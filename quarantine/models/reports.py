"""Held messages that a person passed on to the academy's alert address."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from quarantine.models.held import Hold


class AlertReport(models.Model):
    """A held message on its way to the alert address. Written by `quarantine.forwarding` only.

    waiting --> sent: `Hold.forwarded_at` says when
       | ^
       | +--asked again--+
       +--refused for good, or tried too often--> failed
    """

    class State(models.TextChoices):
        WAITING = "waiting", "En cours d’envoi"
        SENT = "sent", "Transmis"
        FAILED = "failed", "Non transmis"

    hold = models.OneToOneField(Hold, on_delete=models.CASCADE, related_name="report")
    # What the person says of it, sealed.
    comment = models.BinaryField()
    # Address of who asked; the answer goes there.
    asked_by = models.CharField(max_length=254)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # Why it failed, as a French sentence.
    trouble = models.CharField(max_length=300, blank=True)

    # The sending: see `accounts.claims`.
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    waiting_for = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state"], name="report_waiting", condition=models.Q(state="waiting")),
        ]
