"""Deposited exports and what was read in them.

Contents never stand in clear in the database: originals lie sealed on disk, items and remarks in sealed columns.
What staff may see without consent (names of files, counts, codes of remarks) is in clear.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Deposit(models.Model):
    """One file that a person handed over (a zip becomes one row per file found in it)."""

    class State(models.TextChoices):
        RECEIVED = "received", "Reçu"
        READING = "reading", "Lecture en cours"
        READ = "read", "Lu"
        UNREADABLE = "unreadable", "Illisible"

    class Kind(models.TextChoices):
        UNKNOWN = "", "Inconnu"
        CONTACTS = "contacts", "Carnet d’adresses"
        CALENDAR = "calendar", "Calendrier"
        FILTERS = "filters", "Filtres"
        SIGNATURE = "signature", "Signature"

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deposits")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    # Path below settings.DEPOSIT_DIR.
    stored_as = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.UNKNOWN, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED, db_index=True)
    received_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    # Why it is unreadable: stable code, French sentence.
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    items_in = models.PositiveIntegerField(default=0)
    items_out = models.PositiveIntegerField(default=0)
    repair_counts = models.JSONField(default=dict)
    remark_counts = models.JSONField(default=dict)
    remarks = models.BinaryField(default=bytes, help_text="sealed list of remarks")
    # Times the reading was begun: a file that kills its reader is not read for ever.
    attempts = models.PositiveSmallIntegerField(default=0)
    # Who is reading it now, and until when that claim holds without a sign of life.
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-received_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "sha256"], name="one_deposit_per_agent_and_content")
        ]

    def __str__(self) -> str:
        return self.name


class ReadCollection(models.Model):
    """An address book, calendar or task list found in a deposit: what goes into one destination folder."""

    class Kind(models.TextChoices):
        CONTACTS = "contacts", "Carnet d’adresses"
        CALENDAR = "calendar", "Calendrier"
        TASKS = "tasks", "Liste de tâches"

    deposit = models.ForeignKey(Deposit, on_delete=models.CASCADE, related_name="collections")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=255, blank=True)
    item_count = models.PositiveIntegerField(default=0)
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    # What lists, searches and months need to know of every item, so that a page opens only the chunks it shows.
    outline = models.BinaryField(default=bytes, help_text="sealed list of one short row per item")

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deposit", "position"], name="one_collection_per_position")
        ]


class ReadChunk(models.Model):
    """A run of items of a collection, sealed: as many as one batch request carries."""

    collection = models.ForeignKey(ReadCollection, on_delete=models.CASCADE, related_name="chunks")
    start = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    items = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["start"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["collection", "start"], name="one_chunk_per_start")]


class DestinationLook(models.Model):
    """What a task saw in the person's Zimbra mailbox when a destination for a collection was to be chosen.

    The row is a cache: it is renewed whenever the page that needs it finds it missing or old.
    """

    collection = models.OneToOneField(ReadCollection, on_delete=models.CASCADE, related_name="look")
    asked_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, blank=True)
    folders = models.BinaryField(default=bytes, help_text="sealed list of folders with what they already hold")
    # Why nothing could be seen: stable code, French sentence.
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
