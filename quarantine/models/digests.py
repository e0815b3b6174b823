"""When people are told of what is held for them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


def usual_times() -> list[str]:
    """Twice a day in Réunion, as the academy's service does."""
    return ["09:00", "15:00"]


class QuarantineRules(models.Model):
    """What staff allow; one row. Written by `quarantine.rules` only."""

    # Times of the day in Réunion, "HH:MM": what people may choose from, and what holds for who has not chosen.
    allowed_times = models.JSONField(default=usual_times)
    usual_times = models.JSONField(default=usual_times)
    # How long a deletion can be undone.
    undo_minutes = models.PositiveSmallIntegerField(default=60)

    class Meta:
        verbose_name_plural = "quarantine rules"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(pk=1), name="one_row_of_quarantine_rules")]


class DigestChoice(models.Model):
    """The times that the people of a mailbox chose; no row: the usual ones; empty: never."""

    mailbox = models.CharField(max_length=254, unique=True)
    times = models.JSONField(default=list)
    chosen_at = models.DateTimeField(auto_now=True)


class Digest(models.Model):
    """A message that tells a mailbox what is held.

    waiting --> sent | failed
    """

    class Kind(models.TextChoices):
        """By the clock; at once, since a sending above WARN was held; the whole list, as somebody asked for it."""

        TIMED = "timed", "À heure fixe"
        AT_ONCE = "at_once", "Avis immédiat"
        ASKED = "asked", "À la demande"

    class State(models.TextChoices):
        WAITING = "waiting", "À envoyer"
        SENT = "sent", "Envoyé"
        FAILED = "failed", "Non remis"

    mailbox = models.CharField(max_length=254)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TIMED)
    # The time it was due, of one by the clock.
    slot = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # Messages listed.
    count = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "slot"], name="one_digest_per_mailbox_and_time"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state"], name="digest_waiting", condition=Q(state="waiting")),
            models.Index(fields=["made_at"], name="digest_made"),
        ]
