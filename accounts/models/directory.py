"""Lists handed in to bring the directory up to date, and what each of them would do, line by line."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class DirectoryImport(models.Model):
    """A list of people, establishments or boxes: read, shown, and written once somebody has confirmed it.

    The moves between states stand in `accounts.directory.states`. The row outlives what it holds: at the end of the
    retention, or when staff say so, file and lines go and the counts stay.
    """

    class State(models.TextChoices):
        READING = "reading", "Lecture en cours"
        READY = "ready", "À confirmer"
        REFUSED = "refused", "Erreurs à corriger"
        APPLYING = "applying", "Écriture en cours"
        FOLLOWING = "following", "Écrit, mise à jour des vagues"
        DONE = "done", "Terminé"
        CANCELLED = "cancelled", "Abandonné"
        FAILED = "failed", "Arrêté"

    UNDER_WAY: ClassVar = (State.READING, State.APPLYING, State.FOLLOWING)

    # Code of a kind (see `accounts.directory.kinds`).
    kind = models.CharField(max_length=20)
    # None: the portal itself, by the command.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    # Below the folder of these files, sealed; empty once it is erased.
    stored_as = models.CharField(max_length=80, blank=True)
    # Who is missing from the list has left.
    is_complete = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    # Ticked by whoever confirmed.
    allow_gone = models.BooleanField(default=False)
    allow_staff_gone = models.BooleanField(default=False)

    octets_read = models.PositiveBigIntegerField(default=0)
    lines = models.PositiveIntegerField(default=0)
    # How many of each action of DirectoryLine; "same" for lines that change nothing.
    counts = models.JSONField(default=dict)
    # How many there were that could have been missing, when the list was compared.
    known_before = models.PositiveIntegerField(default=0)
    # Encoding, separator, columns taken and left out: what the file looked like.
    look = models.JSONField(default=dict)
    # A code of `accounts.directory.problems`: why it stopped, or why it was read again.
    note = models.CharField(max_length=60, blank=True)
    note_values = models.JSONField(default=dict)

    created_at = models.DateTimeField(auto_now_add=True)
    compared_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    # Who is at it (see `accounts.claims`).
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    waiting_for = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            # Two lists written at once would each be compared with what the other is about to change.
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="applying"), name="one_directory_import_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def count(self, action: str) -> int:
        return int(self.counts.get(action, 0))

    @property
    def changes(self) -> int:
        """How many rows of the directory it adds or changes."""
        return sum(self.count(action) for action in DirectoryLine.WRITTEN)


class DirectoryLine(models.Model):
    """What one line of the list (or its absence) would do. Lines that change nothing have no row."""

    class Action(models.TextChoices):
        ADDED = "added", "Ajouts"
        CHANGED = "changed", "Modifications"
        BACK = "back", "Retours"
        GONE = "gone", "Départs"
        # Staff of the portal who are missing: only deactivated when whoever confirms says so.
        STAFF = "staff", "Équipe DSI absente de la liste"
        # Missing, and left as they are: establishments and boxes.
        MISSING = "missing", "Absents de la liste"
        ERROR = "error", "Erreurs"
        REMARK = "remark", "Remarques"

    WRITTEN: ClassVar = (Action.ADDED, Action.CHANGED, Action.BACK, Action.GONE)

    # The indexes below begin with it.
    directory_import = models.ForeignKey(DirectoryImport, on_delete=models.CASCADE, related_name="rows", db_index=False)
    action = models.CharField(max_length=8, choices=Action)
    # Line of the file; None for what is missing from it.
    number = models.PositiveIntegerField(null=True, blank=True)
    # What the line is about, as it will be: address or UAI code.
    key = models.CharField(max_length=254, blank=True)
    label = models.CharField(max_length=210, blank=True)
    # Primary key of the row that it changes.
    row_id = models.BigIntegerField(null=True, blank=True)
    # A second key that has to be unique: the identifier of a person.
    second_key = models.CharField(max_length=64, blank=True)
    # Same name and same establishment: somebody whose address changed, it may be.
    twin = models.CharField(max_length=32, blank=True)
    twin_key = models.CharField(max_length=254, blank=True)
    # Values by field, as they are stored: only those that change.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    # Codes of `accounts.directory.problems` with their values, and the line itself, sealed: it may hold columns that
    # are none of ours.
    problems = models.JSONField(default=list)
    original = models.BinaryField(default=b"")

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(fields=["directory_import", "action", "id"], name="directory_line_action"),
            models.Index(
                fields=["directory_import", "key"],
                name="directory_line_key",
                # PostgreSQL finds beginnings of words by it; others do anyway.
                opclasses=["int8_ops", "varchar_pattern_ops"],
            ),
            models.Index(fields=["directory_import", "row_id"], name="directory_line_row", condition=Q(row_id__gt=0)),
            models.Index(
                fields=["directory_import", "second_key"], name="directory_line_second", condition=~Q(second_key="")
            ),
            models.Index(fields=["directory_import", "twin"], name="directory_line_twin", condition=~Q(twin="")),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.key}"


class DirectoryFigures(models.Model):
    """How many there are of one kind, counted now and then: no page counts a million people."""

    kind = models.CharField(max_length=20, primary_key=True)
    counts = models.JSONField(default=dict)
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.kind


class PlaceFigures(models.Model):
    """How many active people, and heads among them, an establishment has: counted with DirectoryFigures, so that the
    list of tens of thousands of them can be filtered by it. Establishments with nobody have no row."""

    establishment = models.OneToOneField(
        "accounts.Establishment", on_delete=models.CASCADE, primary_key=True, related_name="figures"
    )
    people = models.PositiveIntegerField(default=0)
    heads = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.establishment_id}: {self.people}"
