"""The journal of what was done."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class JournalEntry(models.Model):
    """Who did what to what, and when. Plain values only: the entry outlives the things it speaks of."""

    at = models.DateTimeField(auto_now_add=True)
    action = models.CharField(max_length=60)
    actor = models.CharField(max_length=254, blank=True, help_text="address; empty for the portal itself")
    subject = models.CharField(max_length=254, blank=True, help_text="address of the person concerned")
    target = models.CharField(max_length=60, blank=True, help_text="kind and number: deposit:12")
    target_label = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        verbose_name_plural = "journal"
        # Each filter of the journal's page reads its entries in order, and stops when the page is full.
        indexes: ClassVar = [
            models.Index(fields=["-at", "-id"], name="journal_at"),
            models.Index(fields=["action", "-at", "-id"], name="journal_action"),
            models.Index(fields=["actor", "-at", "-id"], name="journal_actor"),
            models.Index(fields=["subject", "-at", "-id"], name="journal_subject"),
            models.Index(fields=["target", "-at", "-id"], name="journal_target"),
        ]
