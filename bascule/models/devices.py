"""A person's mail programs and telephones, the application passwords made for them, and those last seen in Zimbra."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class Device(models.Model):
    """One program on one machine, as its owner noted it. `devices/inventory.py` is its only writer.

    program: a code of `devices.programs`, "" when the person does not know. ticked: codes of the steps of its guide
    that the person has done.
    """

    class Kind(models.TextChoices):
        THUNDERBIRD = "thunderbird", "Ordinateur avec Thunderbird"
        COMPUTER = "computer", "Ordinateur avec un autre logiciel"
        APPLE = "apple", "iPhone ou iPad"
        ANDROID = "android", "Téléphone ou tablette Android"
        OTHER = "other", "Autre appareil"

    class Protocol(models.TextChoices):
        UNKNOWN = "", "Je ne sais pas"
        IMAP = "imap", "IMAP"
        POP = "pop", "POP"
        ACTIVESYNC = "activesync", "Exchange (ActiveSync)"

    class State(models.TextChoices):
        TO_DO = "to_do", "À refaire"
        DONE = "done", "Fait"
        UNUSED = "unused", "Ne sert plus"

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices")
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=60)
    program = models.CharField(max_length=30, blank=True)
    version = models.CharField(max_length=40, blank=True)
    protocol = models.CharField(max_length=12, choices=Protocol, blank=True)
    has_mail = models.BooleanField(default=True)
    has_contacts = models.BooleanField(default=False)
    has_calendar = models.BooleanField(default=False)
    # Functional boxes whose mail it reads.
    boxes = models.ManyToManyField("boxes.Box", related_name="+", blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.TO_DO)
    ticked = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint("agent", Lower("name"), name="one_device_of_that_name_per_agent")
        ]


class AppPassword(models.Model):
    """An application password that the portal makes, made, or takes away. `devices/passwords.py` holds the moves.

        ORDERED ──► MADE ──► SHOWN ──► REVOKING ──► REVOKED
           │          └────► UNSEEN ──────┘
           ├───────────────────┘
           └──► FAILED

    MADE: it stands in `sealed`, which only the private key in the person's browser opens, until `until`. UNSEEN: it is
    there and nobody has ever seen it. Passwords made elsewhere have a row only from the moment they are revoked here.
    """

    class State(models.TextChoices):
        ORDERED = "ordered", "En cours de création"
        MADE = "made", "Prêt à être affiché"
        SHOWN = "shown", "Affiché"
        UNSEEN = "unseen", "Jamais affiché"
        REVOKING = "revoking", "Révocation en cours"
        REVOKED = "revoked", "Révoqué"
        FAILED = "failed", "Non créé"

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="app_passwords")
    device = models.ForeignKey(Device, on_delete=models.SET_NULL, null=True, blank=True, related_name="passwords")
    # As Zimbra has it, which takes as much.
    name = models.CharField(max_length=256)
    state = models.CharField(max_length=10, choices=State, default=State.ORDERED, db_index=True)
    # For whom the password is sealed: X25519, raw.
    public_key = models.BinaryField(default=bytes, blank=True)
    sealed = models.BinaryField(default=bytes, blank=True)
    # ORDERED: until when it is worth making. MADE: until when it can be shown.
    until = models.DateTimeField(null=True, blank=True, db_index=True)
    ordered_at = models.DateTimeField(auto_now_add=True)
    # When Zimbra was asked for it; a worker that died after that may have left one.
    asked_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Why it could not be made: stable code, French sentence.
    error_code = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=400, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    waiting_for = models.CharField(max_length=200, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-ordered_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent"], condition=Q(state="ordered"), name="one_app_password_at_a_time_per_agent"
            ),
            models.UniqueConstraint(
                fields=["agent", "name"],
                condition=Q(state__in=["made", "shown", "unseen", "revoking"]),
                name="one_living_app_password_per_name",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ordered", "made"]) | Q(until__isnull=False),
                name="waiting_app_password_has_an_end",
            ),
        ]


class AppPasswordLook(models.Model):
    """What a task last saw of a person's application passwords: names and dates, sealed. A cache."""

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="app_password_look")
    asked_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.BinaryField(default=bytes, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.CharField(max_length=400, blank=True)
