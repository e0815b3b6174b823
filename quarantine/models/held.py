"""Messages that are held: their contents once, and a row for each recipient."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower


class HeldContent(models.Model):
    """One message as it came in, whatever number of recipients it is held for. Written by `quarantine.held` only.

    The bytes lie sealed on disk while somebody may still want them; what lists show is sealed in `summary`.
    """

    # Keyed digest of the bytes: the same message handed over again, or in several parts, is one row.
    key = models.CharField(max_length=64, unique=True)
    # Path below settings.QUARANTINE_DIR; "" once nobody can want the bytes any more.
    stored_as = models.CharField(max_length=80, blank=True)
    size = models.PositiveIntegerField()
    # JSON, sealed: see `quarantine.summaries`.
    summary = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["received_at"], name="held_content_received")]


class HoldQuerySet(models.QuerySet["Hold"]):
    def held(self) -> HoldQuerySet:
        """Those that wait for their recipient's decision."""
        return self.filter(state=Hold.State.HELD)

    def wanting_bytes(self) -> HoldQuerySet:
        """Those for which the bytes of the message must stay on disk: not delivered yet, or on their way to the alert
        address."""
        return self.filter(~Q(state=Hold.State.RELEASED) | Q(report__state="waiting"))


class Hold(models.Model):
    """A message held for one recipient.

        held --release--> releasing --delivered--> released --after its days--> (row gone)
         | ^                  |
         | +--refused for good+                     trouble says why
         | ^
         | +--undo--+
         +--delete--> deleted --undo is over--> (row gone)
         +--after its days--> (row gone)

    Written by `quarantine.held`, and while it is being delivered by `quarantine.deliveries`.
    """

    class State(models.TextChoices):
        HELD = "held", "Retenu"
        RELEASING = "releasing", "Remise en cours"
        RELEASED = "released", "Libéré"
        DELETED = "deleted", "Supprimé"

    class Reason(models.TextChoices):
        """Why it is held. LIMIT: its sender went above WARN; the others: what came in looked suspect."""

        SPAM = "spam", "Indésirable"
        DOUBTFUL = "doubtful", "Expéditeur non vérifié"
        DANGEROUS = "dangerous", "Dangereux"
        BLOCKED = "blocked", "Expéditeur bloqué"
        BLOCKED_BY_STAFF = "staff_block", "Bloqué par l’académie"
        LIMIT = "limit", "Envoi en nombre"

    content = models.ForeignKey(HeldContent, on_delete=models.CASCADE, related_name="holds")
    # Whose quarantine it is in: canonical (see `quarantine.recipients`); and the address as the mail server gave it.
    recipient = models.CharField(max_length=254)
    rcpt_to = models.CharField(max_length=320)
    # Of the envelope, "" for none; and of the header From, in lower case.
    mail_from = models.CharField(max_length=320, blank=True)
    sender = models.CharField(max_length=320, blank=True)
    reason = models.CharField(max_length=20, choices=Reason)
    score = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    # Codes of `quarantine.wording`: what is odd about the message.
    hints = models.JSONField(default=list)
    # Options of MAIL FROM that the delivery has to repeat (SMTPUTF8, BODY=8BITMIME).
    mail_options = models.JSONField(default=list)
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    state_at = models.DateTimeField()
    # Address of who decided; "" for the holder of a signed link.
    acted_by = models.CharField(max_length=254, blank=True)
    forwarded_at = models.DateTimeField(null=True, blank=True)
    # Told in a digest, or at once.
    told_at = models.DateTimeField(null=True, blank=True)

    # The delivery: who is at it (see `accounts.claims`), since when the server may have taken it, and what went wrong.
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    waiting_for = models.CharField(max_length=200, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-held_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["content", "recipient"], name="one_hold_per_message_and_recipient"),
            models.CheckConstraint(condition=Q(recipient=Lower("recipient")), name="hold_recipient_is_lower_case"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("held_at")), name="hold_expires_later"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["recipient", "state", "-held_at"], name="hold_of_recipient"),
            models.Index(fields=["expires_at"], name="hold_expiry"),
            models.Index(fields=["state", "state_at"], name="hold_state"),
            models.Index(fields=["recipient"], name="hold_untold", condition=Q(told_at__isnull=True, state="held")),
        ]


class Passage(models.Model):
    """One message for one recipient that came through the intake: a mail server that hands it over again, because it
    did not hear our answer, is given the same one.

        started --> delivered (to Zimbra) | held

    Nothing personal: a keyed digest. Kept as long as a mail server may try again.
    """

    class State(models.TextChoices):
        STARTED = "started", "Remise commencée"
        DELIVERED = "delivered", "Remis"
        HELD = "held", "Retenu"

    key = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State)
    at = models.DateTimeField()
    # Process that is at it, as `accounts.claims` names it: while it lives, nobody else hands the message over.
    holder = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at"], name="passage_at")]
