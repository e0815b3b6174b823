"""The boxes themselves, and which of them people said they use."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

CONVENTIONS_MAX_CHARACTERS = 4000


class Box(models.Model):
    """A functional box, known by its address, of an establishment or service.

    Whoever decides about the owners of a box locks its row first (see `boxes.delegations`).
    """

    class Origin(models.TextChoices):
        DIRECTORY = "directory", "Annuaire"
        DECLARED = "declared", "Ajoutée au recensement"

    address = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    establishment = models.ForeignKey(
        "accounts.Establishment", on_delete=models.PROTECT, related_name="boxes", null=True, blank=True
    )
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.DIRECTORY)
    # False: the census says that nobody needs it any more; it is not transferred.
    is_kept = models.BooleanField(default=True)
    # What the team agreed on: who answers what, within which time.
    conventions = models.TextField(blank=True, max_length=CONVENTIONS_MAX_CHARACTERS)

    # The census becomes delegations when the transfer is asked for; transferred: the mailbox stands in Zimbra.
    transfer_asked_at = models.DateTimeField(null=True, blank=True)
    transferred_at = models.DateTimeField(null=True, blank=True)
    zimbra_id = models.CharField(max_length=60, blank=True)

    # Zimbra has to be brought in line since then; None: nothing is known to be left to do.
    work_asked_at = models.DateTimeField(null=True, blank=True)
    # Who is at it (see `accounts.claims`), and what Zimbra has to be waited for.
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    waiting_for = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["address"]
        verbose_name_plural = "boxes"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(address=Lower("address")), name="box_address_is_lower_case"),
            models.CheckConstraint(
                condition=Q(transferred_at__isnull=True) | Q(transfer_asked_at__isnull=False),
                name="box_transfer_was_asked_for",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["work_asked_at"], name="box_work", condition=Q(work_asked_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def is_shared(self) -> bool:
        """Whether delegations govern it: since its transfer began. Before that, the census does."""
        return self.transfer_asked_at is not None


class BoxUse(models.Model):
    """A person noted, before the move, that they use a box. Says nothing about rights."""

    box = models.ForeignKey(Box, on_delete=models.CASCADE, related_name="uses")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="box_uses")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["box", "agent"], name="one_use_per_box_and_agent")]
