"""Trust and block lists: of one mailbox, or of the academy."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class SenderEntry(models.Model):
    """An address or a domain on a list. Written by `quarantine.senders` only; matched by `senders_matching`."""

    class Kind(models.TextChoices):
        TRUST = "trust", "Liste de confiance"
        BLOCK = "block", "Liste de blocage"

    # Canonical recipient whose list it is (see `quarantine.recipients`); "": everybody's, kept by staff.
    mailbox = models.CharField(max_length=254, blank=True)
    kind = models.CharField(max_length=5, choices=Kind)
    # An address, or a domain without @; in canonical form.
    pattern = models.CharField(max_length=254)
    note = models.CharField(max_length=200, blank=True)
    # Address of who added it; "" for the holder of a signed link.
    added_by = models.CharField(max_length=254, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["pattern"]
        verbose_name_plural = "sender entries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "kind", "pattern"], name="one_entry_per_list_and_pattern"),
        ]
