"""What the portal itself has sent lately, by the minute."""

from __future__ import annotations

from django.db import models


class MailTally(models.Model):
    """Recipients that the portal wrote to within a minute (`accounts.mail_pace`)."""

    minute = models.DateTimeField(primary_key=True)
    recipients = models.PositiveIntegerField(default=0)
