"""What the help desk keeps about a person: who opened the page, notes, and consents to look into files.

Notes are sealed: they tell of a person what that person has not written. Consents and what was looked at by them are in
clear, since the person reads them: names of files, never their contents.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bascule.models.files import Deposit


class SupportVisit(models.Model):
    """That somebody of staff opened a person's page: the last time, for the list of recent ones."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    opened_at = models.DateTimeField()
    # Day (in Réunion) for which the journal has an entry.
    journalled_on = models.DateField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["by", "agent"], name="one_visit_per_staff_and_person")]
        indexes: ClassVar = [models.Index(fields=["by", "-opened_at"], name="support_visit_recent")]


class SupportNote(models.Model):
    """What staff wrote down about a person; `text` is sealed. Changed and deleted by its author only."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="support_notes")
    # None: whoever wrote it is in the directory no more.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.BinaryField()
    pinned = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pinned", "-created_at", "-pk"]


class ContentConsent(models.Model):
    """A request to look into a person's files, and what the person answered.

        asked ---> granted ---> withdrawn
          |           +-------> (over at `until`)
          +------> refused
          +------> cancelled (by whoever asked)

    It holds for `asked_by` alone. Of one file: once that file is deleted it opens nothing any more.
    """

    class Scope(models.TextChoices):
        FILE = "file", "Un fichier"
        ALL = "all", "Tous les fichiers"

    class State(models.TextChoices):
        ASKED = "asked", "En attente de réponse"
        GRANTED = "granted", "Accordé"
        REFUSED = "refused", "Refusé"
        WITHDRAWN = "withdrawn", "Retiré"
        CANCELLED = "cancelled", "Abandonné"

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="content_consents")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=4, choices=Scope)
    deposit = models.ForeignKey(Deposit, on_delete=models.SET_NULL, null=True, blank=True, related_name="consents")
    file_name = models.CharField(max_length=255, blank=True)
    # Whether the original may be downloaded too, and not only looked at here.
    originals = models.BooleanField(default=False)
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-asked_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent", "asked_by"],
                condition=Q(state="asked", scope="all"),
                name="one_open_request_for_all_files",
            ),
            models.UniqueConstraint(
                fields=["deposit", "asked_by"], condition=Q(state="asked"), name="one_open_request_per_file"
            ),
            models.CheckConstraint(
                condition=~Q(state="granted") | Q(until__isnull=False), name="granted_consent_has_an_end"
            ),
            models.CheckConstraint(
                condition=Q(scope="file") | Q(deposit__isnull=True), name="consent_to_all_names_no_file"
            ),
        ]

    def holds(self, now: datetime | None = None) -> bool:
        """Whether it opens anything at that time."""
        return self.state == self.State.GRANTED and self.until is not None and (now or timezone.now()) < self.until

    @property
    def is_over(self) -> bool:
        return self.state == self.State.GRANTED and not self.holds()

    @property
    def of_what(self) -> str:
        """Within a sentence: what may be looked into."""
        return f"votre fichier « {self.file_name} »" if self.scope == self.Scope.FILE else "tous vos fichiers déposés"


class ContentOpening(models.Model):
    """That a part of a file was opened by a consent: the person reads who, what and when."""

    class Part(models.TextChoices):
        FILE = "file", "aperçu du fichier"
        COLLECTION = "collection", "liste des éléments"
        ITEM = "item", "un élément en entier"
        ORIGINAL = "original", "téléchargement de l’original"

    consent = models.ForeignKey(ContentConsent, on_delete=models.CASCADE, related_name="openings")
    deposit = models.ForeignKey(Deposit, on_delete=models.SET_NULL, null=True, related_name="+")
    file_name = models.CharField(max_length=255)
    part = models.CharField(max_length=10, choices=Part)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
