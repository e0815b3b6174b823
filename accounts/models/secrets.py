"""A password that a person hands to one job, for as long as that job runs."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class OneOffSecret(models.Model):
    """One half of a secret (`accounts.one_off`): without the ticket, which no row holds, it opens nothing."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # What it is for, such as "mailbox-check:12": a ticket for one thing opens no other.
    purpose = models.CharField(max_length=80)
    sealed = models.BinaryField()
    until = models.DateTimeField(db_index=True)
