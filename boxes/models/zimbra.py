"""What was seen in Zimbra: the latest look at a box, and what differs there from what should be."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class BoxLook(models.Model):
    """The latest look of a task at a box; see `boxes.looks`. The picture is sealed."""

    box = models.OneToOneField("boxes.Box", on_delete=models.CASCADE, related_name="look")
    asked_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    snapshot = models.BinaryField(null=True, blank=True)


class BoxCheck(models.Model):
    """When a box was last compared with Zimbra as a whole, and whether it is to be. Written by `boxes.reconcile`."""

    box = models.OneToOneField("boxes.Box", on_delete=models.CASCADE, related_name="check_row")
    # To be compared since then; None: nothing is asked for.
    asked_at = models.DateTimeField(null=True, blank=True)
    # The latest comparison that went through, and how many addresses it could not look at.
    checked_at = models.DateTimeField(null=True, blank=True)
    unseen = models.PositiveIntegerField(default=0)
    # Why the latest one did not go through; when the next may begin.
    error_code = models.CharField(max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], name="box_check_asked", condition=Q(asked_at__isnull=False)),
        ]


class BoxFinding(models.Model):
    """Something in Zimbra that the portal did not put there, or that was there and is not any more.

    Reported, never overwritten in silence: an owner or staff decides. Written by `boxes.reconcile` only.
    """

    class Kind(models.TextChoices):
        # Access of a person.
        GRANT_MISSING = "grant_missing", "Accès retiré dans Zimbra"
        GRANT_DIFFERS = "grant_differs", "Droits modifiés dans Zimbra"
        GRANT_UNKNOWN = "grant_unknown", "Accès donné dans Zimbra"
        SEND_MISSING = "send_missing", "Droit d’écrire au nom de la boîte retiré dans Zimbra"
        SEND_UNKNOWN = "send_unknown", "Droit d’écrire au nom de la boîte donné dans Zimbra"
        # What a person has in the own mailbox.
        MOUNT_MISSING = "mount_missing", "Boîte retirée de l’arborescence dans Zimbra"
        IDENTITY_MISSING = "identity_missing", "Identité supprimée dans Zimbra"
        IDENTITY_DIFFERS = "identity_differs", "Identité modifiée dans Zimbra"
        # One item.
        SHARE_MISSING = "share_missing", "Partage retiré dans Zimbra"
        SHARE_DIFFERS = "share_differs", "Partage modifié dans Zimbra"
        SHARE_UNKNOWN = "share_unknown", "Partage fait dans Zimbra"
        # The box itself.
        ACCOUNT_MISSING = "account_missing", "Boîte absente de Zimbra"
        ACCOUNT_DIFFERS = "account_differs", "Réglages de la boîte modifiés dans Zimbra"

    box = models.ForeignKey("boxes.Box", on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=20, choices=Kind)
    # Whom it concerns: an address, or Zimbra's id of somebody who has none.
    grantee = models.CharField(max_length=254, blank=True)
    # Path of the folder, "" for the box as a whole; its id for requests.
    folder_path = models.CharField(max_length=255, blank=True)
    folder_id = models.CharField(max_length=60, blank=True)
    expected = models.CharField(max_length=200, blank=True)
    found = models.CharField(max_length=200, blank=True)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()
    # Somebody decided that Zimbra is put back as the portal says, and Zimbra has not followed yet.
    restore_asked_at = models.DateTimeField(null=True, blank=True)
    # Seen no more, or decided on.
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["kind", "grantee", "folder_path"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["box", "kind", "grantee", "folder_id"],
                condition=Q(settled_at__isnull=True),
                name="one_open_finding_per_box_kind_grantee_and_folder",
            ),
        ]
