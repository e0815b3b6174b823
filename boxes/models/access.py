"""Who has what in a box: delegations, the identities that come with them, shares of one item, tags of the team.

Each row that Zimbra has to follow says what is wanted and, beside it (`applied_…`), what Zimbra was last made to hold.
Where the two differ there is work to do. Where they agree and Zimbra holds something else, somebody changed it there.
A row that is taken away stays, as removed, until Zimbra has nothing of it left.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class Role(models.TextChoices):
    """Roles in a box (domain, section 5)."""

    OWNER = "owner", "Propriétaire"
    MEMBER = "member", "Membre"
    READER = "reader", "Membre (lecture seule)"

    @property
    def writes(self) -> bool:
        """Whether the role changes things in the box and answers in its name."""
        return self != Role.READER

    @property
    def in_words(self) -> str:
        """As it stands within a sentence."""
        return {"owner": "propriétaire", "member": "membre", "reader": "membre en lecture seule"}[self.value]


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def current(self) -> DelegationQuerySet:
        """Those that hold, or will once the person has moved."""
        return self.exclude(state=Delegation.State.REMOVED)

    def active(self) -> DelegationQuerySet:
        return self.filter(state=Delegation.State.ACTIVE)

    def pending(self) -> DelegationQuerySet:
        return self.filter(state=Delegation.State.PENDING)

    def owners(self) -> DelegationQuerySet:
        return self.filter(role=Role.OWNER)


class Delegation(models.Model):
    """A person's access to a box. One row for each pair, which comes back to life when access is given again.

        pending --the person has moved--> active --revoke, give up--> removed --grant--> active
           \\------------revoke------------------------------------------^

    Written by `boxes.delegations` only, and its `applied_…` and `trouble` by `boxes.sync` only.
    """

    class State(models.TextChoices):
        PENDING = "pending", "En attente du transfert de la personne"
        ACTIVE = "active", "Active"
        REMOVED = "removed", "Retirée"

    box = models.ForeignKey("boxes.Box", on_delete=models.CASCADE, related_name="delegations")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="delegations")
    role = models.CharField(max_length=10, choices=Role)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    # Display only: the mounted folder is taken out of the person's tree, the access stays.
    hidden = models.BooleanField(default=False)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    active_since = models.DateTimeField(null=True, blank=True)

    # Role whose grants Zimbra was last made to hold; "" for none, and while a worker is changing it.
    applied_role = models.CharField(max_length=10, choices=Role, blank=True)
    # Zimbra's id and path of the mounted folder; "" without one.
    mount_id = models.CharField(max_length=60, blank=True)
    path = models.CharField(max_length=255, blank=True)
    # When something was last begun or done for it in Zimbra; None: nothing ever was.
    applied_at = models.DateTimeField(null=True, blank=True)
    # Zimbra's code for why this person could not be served; cleared when it is tried anew.
    trouble = models.CharField(max_length=100, blank=True)

    # The person asked for the team's tags in the own mailbox, and what became of it (see `boxes.sync.tags`).
    tags_asked_at = models.DateTimeField(null=True, blank=True)
    tags_done_at = models.DateTimeField(null=True, blank=True)
    tags_result = models.JSONField(default=dict, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["agent__family_name", "agent__given_name", "agent_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["box", "agent"], name="one_delegation_per_box_and_agent"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="delegation_role_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "active", "removed"]), name="delegation_state_is_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["agent", "state"], name="delegation_agent_state")]

    def __str__(self) -> str:
        return f"{self.box_id}/{self.agent_id}"

    @property
    def role_label(self) -> str:
        return str(Role(self.role).label)

    @property
    def role_in_words(self) -> str:
        """As it stands within a sentence."""
        return Role(self.role).in_words

    @property
    def is_pending(self) -> bool:
        return self.state == self.State.PENDING

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def is_in_place(self) -> bool:
        """Whether Zimbra, as far as the portal knows, holds what this row says."""
        if self.state != self.State.ACTIVE:
            return not self.applied_role
        return self.applied_role == self.role and bool(self.mount_id) != self.hidden


class BoxIdentity(models.Model):
    """How a person writes in the name of a box: the default one, and those the person added.

    Personal: never shown to, nor the same for, another member. Removed rows go once Zimbra has let go of them.
    """

    delegation = models.ForeignKey(Delegation, on_delete=models.CASCADE, related_name="identities")
    is_default = models.BooleanField(default=False)
    name = models.CharField(max_length=128)
    from_name = models.CharField(max_length=128, blank=True)
    reply_to = models.BooleanField(default=False)
    reply_to_name = models.CharField(max_length=128, blank=True)
    reply_to_address = models.EmailField(blank=True)
    # Ids of the box's folders (without the account's) in which writing begins with this identity.
    folder_ids = models.JSONField(default=list, blank=True)
    removed = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)

    zimbra_id = models.CharField(max_length=60, blank=True)
    # Value of `changed_at` that Zimbra was last brought to.
    applied_change = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering: ClassVar = ["-is_default", "name", "pk"]
        verbose_name_plural = "box identities"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["delegation"], condition=Q(is_default=True), name="one_default_identity_per_delegation"
            ),
        ]

    @property
    def is_in_place(self) -> bool:
        return not self.removed and self.applied_change == self.changed_at


class BoxShare(models.Model):
    """One folder, calendar, address book or task list of a box, shared by an owner with one person."""

    class Access(models.TextChoices):
        READ = "read", "Lecture"
        WRITE = "write", "Lecture et modification"

    box = models.ForeignKey("boxes.Box", on_delete=models.CASCADE, related_name="shares")
    folder_id = models.CharField(max_length=20)
    folder_path = models.CharField(max_length=255)
    view = models.CharField(max_length=20, blank=True)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="box_shares")
    access = models.CharField(max_length=10, choices=Access)
    removed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    applied_access = models.CharField(max_length=10, choices=Access, blank=True)
    mount_id = models.CharField(max_length=60, blank=True)
    path = models.CharField(max_length=255, blank=True)
    trouble = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering: ClassVar = ["folder_path", "agent__family_name", "agent__given_name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["box", "folder_id", "agent"], name="one_share_per_folder_and_agent"),
        ]

    @property
    def is_in_place(self) -> bool:
        return not self.removed and self.applied_access == self.access and bool(self.mount_id)


class TeamTag(models.Model):
    """A tag the team agreed on: who handles it, how urgent it is. Each member creates the own copy on request."""

    box = models.ForeignKey("boxes.Box", on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=128)
    # Zimbra's numbered colours, 1 to 9.
    colour = models.PositiveSmallIntegerField(default=0)
    meaning = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint("box", Lower("name"), name="one_tag_per_box_and_name")]
