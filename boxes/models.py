"""Functional boxes (domain, section 5)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class Box(models.Model):
    """A functional box, known by its address, of an establishment or service."""

    address = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    establishment = models.ForeignKey(
        "accounts.Establishment", on_delete=models.PROTECT, related_name="boxes", null=True, blank=True
    )

    class Meta:
        ordering: ClassVar = ["address"]
        verbose_name_plural = "boxes"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(address=Lower("address")), name="box_address_is_lower_case")
        ]

    def __str__(self) -> str:
        return self.address


class BoxUse(models.Model):
    """A person noted, before the move, that they use a box. Says nothing about rights."""

    box = models.ForeignKey(Box, on_delete=models.CASCADE, related_name="uses")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="box_uses")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["box", "agent"], name="one_use_per_box_and_agent")]
