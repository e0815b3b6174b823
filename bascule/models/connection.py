"""What a person's mail program would meet, tried once from the server; links that hand its settings to a telephone."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class ConnectionTest(models.Model):
    """One test of the servers that mail programs use, with the password that the person typed for it.

        WAITING ──► RUNNING ──► DONE
           └───────────┴──────► INTERRUPTED        (bascule.devices.connection.engine)

    Nothing goes back: a test that was cut off is begun anew by the person, who alone has the password. The row holds
    no secret, and nothing of what the mailbox contains but counts and names of special folders.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "En attente"
        RUNNING = "running", "En cours"
        DONE = "done", "Terminé"
        INTERRUPTED = "interrupted", "Interrompu"

    UNDER_WAY: ClassVar = (State.WAITING, State.RUNNING)

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="connection_tests")
    state = models.CharField(max_length=11, choices=State, default=State.WAITING)
    # Lines in the order in which they were tried (see `bascule.devices.connection.lines`), and how many there will be.
    results = models.JSONField(default=list)
    total = models.PositiveSmallIntegerField(default=0)
    # Code of the check under way.
    at_check = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Who is at it (see `accounts.claims`).
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_connection_test_at_a_time",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["agent", "-created_at"], name="connection_test_of_agent")]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.pk}"


class DeviceLink(models.Model):
    """A link by which a telephone opens the settings of one device, without a sign-in (`bascule.devices.qr`).

    The link carries the row's number and its nonce; the row says whether it is still worth anything. A new one for the
    same device closes those before it.
    """

    device = models.ForeignKey("bascule.Device", on_delete=models.CASCADE, related_name="links")
    nonce = models.CharField(max_length=32)
    made_at = models.DateTimeField(auto_now_add=True, db_index=True)
    until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    # The first time it was followed.
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["device"], condition=Q(closed_at__isnull=True), name="one_open_link_per_device"
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id}: {self.made_at}"
