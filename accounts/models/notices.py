"""What is told to people."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models.people import Agent


class Notice(models.Model):
    """Something told to a person, on screen and, when `mail_state` says so, by mail."""

    class Mail(models.TextChoices):
        NONE = "none", "à l’écran seulement"
        WAITING = "waiting", "à envoyer"
        SENT = "sent", "envoyée"
        FAILED = "failed", "non remise"

    recipient = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    link = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_state = models.CharField(max_length=10, choices=Mail, default=Mail.NONE)
    mail_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["mail_state"], name="notice_mail_waiting", condition=Q(mail_state="waiting")),
        ]
