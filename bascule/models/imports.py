"""Imports: one collection on its way into one folder of the person's Zimbra mailbox, item by item."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bascule.models.files import ReadCollection


class Import(models.Model):
    """A collection being carried over. `imports/states.py` holds the table of moves between states."""

    class State(models.TextChoices):
        QUEUED = "queued", "En attente"
        SENDING = "sending", "Envoi en cours"
        VERIFYING = "verifying", "Vérification en cours"
        DONE = "done", "Terminé"
        UNDOING = "undoing", "Annulation en cours"
        UNDONE = "undone", "Annulé"
        FAILED = "failed", "Arrêté"

    # The collection goes when the deposit is deleted; what was sent, and can be taken back, stays known.
    collection = models.ForeignKey(ReadCollection, on_delete=models.SET_NULL, null=True, related_name="imports")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imports")
    # Started by staff for a whole wave: the person's part in that run, which tells the person once, at its end.
    bulk_person = models.ForeignKey(
        "bascule.BulkPerson", on_delete=models.SET_NULL, null=True, blank=True, related_name="imports"
    )
    kind = models.CharField(max_length=10, choices=ReadCollection.Kind)
    name = models.CharField(max_length=255, blank=True)
    folder_name = models.CharField(max_length=255)
    folder_id = models.CharField(max_length=80, blank=True)
    folder_created = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED, db_index=True)
    total = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Start of the present run and what was settled by then: rate and time left are those of this run.
    run_started_at = models.DateTimeField(null=True, blank=True)
    run_base = models.PositiveIntegerField(default=0)
    # Why it stopped: stable code, French sentence.
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    # Items were sent again after an answer was lost: until then, late copies of them are looked for.
    sweep_until = models.DateTimeField(null=True, blank=True)
    # Highest item id of the mailbox before the first item was sent: what lies above can be ours.
    mailbox_mark = models.BigIntegerField(null=True, blank=True)
    # Zimbra does not answer: what was seen, how often, and when to try again.
    waiting_for = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    # Outcome of the comparison with what Zimbra holds.
    verified_at = models.DateTimeField(null=True, blank=True)
    identical = models.PositiveIntegerField(default=0)
    differing = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    findings = models.BinaryField(default=bytes, help_text="sealed list of what differs")

    # States that a wave's workers bring an import through; undoing is between the person and the portal.
    BY_TURNS: ClassVar = (State.QUEUED, State.SENDING, State.VERIFYING)
    # States in which a worker has, or will have, something to do.
    UNDER_WAY: ClassVar = (State.QUEUED, State.SENDING, State.VERIFYING, State.UNDOING)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["collection"],
                condition=~Q(state__in=["undone", "failed"]),
                name="one_live_import_per_collection",
            )
        ]


class ImportItem(models.Model):
    """What became of one item. `position` is its place in the collection."""

    class State(models.TextChoices):
        PENDING = "pending", "En attente"
        IN_FLIGHT = "in_flight", "Envoyé, réponse attendue"
        CREATED = "created", "Ajouté"
        PRESENT = "present", "Déjà présent"
        REFUSED = "refused", "Refusé"
        REMOVED = "removed", "Retiré"

    parent = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    zimbra_id = models.CharField(max_length=80, blank=True)
    # UID under which a calendar item was sent, when it had to differ from its own.
    sent_uid = models.CharField(max_length=255, blank=True)
    # Code of why it was refused or not added; `reasons.py` has the sentence.
    reason = models.CharField(max_length=80, blank=True)
    detail = models.BinaryField(default=bytes, blank=True, help_text="sealed: what the server said of it")
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["parent", "position"], name="one_row_per_item")]
        indexes: ClassVar = [models.Index(fields=["parent", "state"], name="import_item_state")]
