"""The census: before the transfer, who must have access to which box, and with which role."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from boxes.models.access import Role


class CensusSheet(models.Model):
    """The census of one establishment or service.

        open --submit--> submitted --validate (staff)--> validated
          ^----------------reopen---+-----------------------/

    Written by `boxes.census.states` only.
    """

    class State(models.TextChoices):
        OPEN = "open", "En cours"
        SUBMITTED = "submitted", "Transmis"
        VALIDATED = "validated", "Validé"

    establishment = models.OneToOneField(
        "accounts.Establishment", on_delete=models.CASCADE, related_name="census_sheet"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    changed_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    validated_at = models.DateTimeField(null=True, blank=True)
    validated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    # Why it was reopened, in the words of who did.
    note = models.CharField(max_length=500, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)


class AccountRequest(models.Model):
    """A person without a nominative account (local-authority staff), for whom the help desk is asked to make one.

        draft --submission of the census--> sent --> done (agent known) | refused

    Written by `boxes.census.account_requests` only.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "À envoyer"
        SENT = "sent", "Envoyée à l’assistance"
        DONE = "done", "Compte créé"
        REFUSED = "refused", "Refusée"

    establishment = models.ForeignKey("accounts.Establishment", on_delete=models.CASCADE, related_name="requests")
    given_name = models.CharField("prénom", max_length=100)
    family_name = models.CharField("nom", max_length=100)
    job = models.CharField("fonction", max_length=120)
    employer = models.CharField("employeur", max_length=120)
    contact = models.CharField("téléphone ou adresse", max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # Set by the worker once the mail server took the message; sent_at without it: on its way.
    mailed_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="account_requests", null=True, blank=True
    )

    class Meta:
        ordering: ClassVar = ["family_name", "given_name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "establishment", Lower("family_name"), Lower("given_name"), name="one_request_per_person_and_place"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(agent__isnull=False), name="done_request_has_an_agent"
            ),
        ]

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


class CensusEntry(models.Model):
    """Somebody who must have access to a box: a person of the directory, or one who has no account yet."""

    box = models.ForeignKey("boxes.Box", on_delete=models.CASCADE, related_name="entries")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="census_entries", null=True, blank=True
    )
    request = models.ForeignKey(AccountRequest, on_delete=models.CASCADE, related_name="entries", null=True, blank=True)
    role = models.CharField(max_length=10, choices=Role)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "census entries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["box", "agent"], name="one_entry_per_box_and_agent"),
            models.UniqueConstraint(fields=["box", "request"], name="one_entry_per_box_and_request"),
            models.CheckConstraint(
                condition=Q(agent__isnull=False, request__isnull=True) | Q(agent__isnull=True, request__isnull=False),
                name="entry_is_of_a_person_or_a_request",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="entry_role_is_known"),
            models.CheckConstraint(condition=~Q(role="owner") | Q(agent__isnull=False), name="owner_has_an_account"),
        ]

    @property
    def full_name(self) -> str:
        person = self.agent or self.request
        return person.full_name if person else ""


class CensusImport(models.Model):
    """A list that was pasted or handed in for a census: kept as it came, looked at before anything is written."""

    establishment = models.ForeignKey("accounts.Establishment", on_delete=models.CASCADE, related_name="imports")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="census_imports")
    # The box that rows without one are for.
    box = models.ForeignKey("boxes.Box", on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
