"""The journal of what was done."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class JournalEntry(models.Model):
    """Who did what to what, and when. Plain values only: the entry outlives the things it speaks of."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    action = models.CharField(max_length=60, db_index=True)
    actor = models.CharField(max_length=254, blank=True, help_text="address; empty for the portal itself")
    subject = models.CharField(max_length=254, blank=True, db_index=True, help_text="address of the person concerned")
    target = models.CharField(max_length=60, blank=True, db_index=True, help_text="kind and number: deposit:12")
    target_label = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        verbose_name_plural = "journal"
