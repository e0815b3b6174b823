"""Is anything missing: what mailboxes held, side by side (`bascule.mailbox_check`).

Nothing of what a message says is kept. A message is a keyed digest of its identifier, its size and the moment it was
received; names of folders and digests lie in sealed columns, counts in clear: staff see counts.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class MailboxSide(models.TextChoices):
    """Which of the two servers."""

    OLD = "old", "Ancienne messagerie"
    NEW = "new", "Nouvelle messagerie"


class MailboxRun(models.Model):
    """Censuses or comparisons of the people of a wave, by the portal's own access (`mailbox_check.wave_runs`).

    RUNNING ──► DONE; RUNNING ──► CANCELLED. `cursor` is the last person for whom a row was made.
    """

    class State(models.TextChoices):
        RUNNING = "running", "En cours"
        DONE = "done", "Terminé"
        CANCELLED = "cancelled", "Arrêté"

    wave = models.ForeignKey("bascule.Wave", on_delete=models.CASCADE, related_name="mailbox_runs")
    # OLD: a census of the old mailboxes; NEW: a comparison.
    side = models.CharField(max_length=3, choices=MailboxSide)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    people = models.PositiveIntegerField(default=0)
    people_done = models.PositiveIntegerField(default=0)
    people_failed = models.PositiveIntegerField(default=0)
    # Nothing to compare with, or at it already.
    people_left_out = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["wave", "side"], condition=Q(state="running"), name="one_live_mailbox_run_per_wave_and_side"
            )
        ]


class MailboxCensus(models.Model):
    """What one mailbox held at one moment: its folders, and digests of its messages.

        WAITING ──► RUNNING ──► DONE             (`mailbox_check.states` holds the table of moves)
           ▲           │├─────► FAILED
           │           ▼└─────► CANCELLED
           └─── NEEDS_PASSWORD

    OLD: the census of the old mailbox. NEW: of the one in Zimbra, for the comparison with `against`, and its digests
    go when that is made.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "En attente"
        RUNNING = "running", "En cours"
        NEEDS_PASSWORD = "needs_password", "Mot de passe à redonner"
        DONE = "done", "Terminé"
        FAILED = "failed", "Arrêté"
        CANCELLED = "cancelled", "Abandonné"

    UNDER_WAY: ClassVar = (State.WAITING, State.RUNNING, State.NEEDS_PASSWORD)
    AT_WORK: ClassVar = (State.WAITING, State.RUNNING)

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mailbox_censuses")
    side = models.CharField(max_length=3, choices=MailboxSide)
    against = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="comparing")
    run = models.ForeignKey(MailboxRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="censuses")
    state = models.CharField(max_length=14, choices=State, default=State.WAITING)
    # By the portal's own access; otherwise with the password that the person typed.
    delegated = models.BooleanField(default=False)
    # What digests are keyed with, sealed; the same for both sides of a comparison.
    key = models.BinaryField(default=b"")
    # Folders are known: from then on `folders` and `messages` say what there is to do.
    is_listed = models.BooleanField(default=False)
    folders = models.PositiveIntegerField(default=0)
    folders_done = models.PositiveIntegerField(default=0)
    folders_unreadable = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    messages_done = models.PositiveIntegerField(default=0)
    octets = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Why it stopped: stable code, French sentence.
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    # What it waits for (a code), how often in a row, and until when.
    waiting_for = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    # When a worker was last told of it: what carries a password is told once.
    told_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent", "side"],
                condition=Q(state__in=["waiting", "running", "needs_password"]),
                name="one_mailbox_census_at_a_time",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["side", "delegated", "id"],
                condition=Q(state__in=["waiting", "running"]),
                name="mailbox_census_at_work",
            ),
            models.Index(fields=["run", "state"], name="mailbox_census_run"),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.get_state_display()} {self.pk}"


class MailboxFolder(models.Model):
    """A folder as it was found. name: sealed, see `mailbox_check.naming`."""

    class State(models.TextChoices):
        TO_DO = "to_do", "À lire"
        DONE = "done", "Lu"
        UNREADABLE = "unreadable", "Illisible"
        # A node of the tree that holds no messages.
        NO_MESSAGES = "no_messages", "Sans messages"

    census = models.ForeignKey(MailboxCensus, on_delete=models.CASCADE, related_name="folder_rows")
    number = models.PositiveIntegerField()
    name = models.BinaryField(default=b"")
    role = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=11, choices=State, default=State.TO_DO)
    subscribed = models.BooleanField(default=True)
    # As the server said when it listed them; what was found in the end is `messages_done`.
    messages = models.PositiveIntegerField(default=0)
    messages_done = models.PositiveIntegerField(default=0)
    octets = models.PositiveBigIntegerField(default=0)
    # Where reading goes on: UIDs up to `last_uid` are behind, those from `end_uid` on came later. They mean nothing
    # under another UIDVALIDITY.
    uid_validity = models.PositiveBigIntegerField(default=0)
    last_uid = models.PositiveBigIntegerField(default=0)
    end_uid = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["census", "number"], name="one_folder_per_number")]
        indexes: ClassVar = [models.Index(fields=["census", "state"], name="mailbox_folder_left")]

    def __str__(self) -> str:
        return f"{self.census_id}/{self.number}"


class MailboxPart(models.Model):
    """Messages of a folder, some thousand at a time: sealed columns (`mailbox_check.columns`)."""

    folder = models.ForeignKey(MailboxFolder, on_delete=models.CASCADE, related_name="parts")
    first_uid = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["first_uid"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["folder", "first_uid"], name="one_part_per_first_uid")]

    def __str__(self) -> str:
        return f"{self.folder_id}/{self.first_uid}"


class MailboxComparison(models.Model):
    """The last comparison of a person: the old mailbox as counted before the move, and Zimbra.

    Counts are of messages. lost: nowhere in the new mailbox; moved: there, in another folder; fewer_copies: there, but
    less often; more_copies: there more often; resized: there with another size; arrived: not in the old one.
    """

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mailbox_comparison")
    old = models.ForeignKey(MailboxCensus, on_delete=models.CASCADE, related_name="+")
    new = models.ForeignKey(MailboxCensus, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    old_messages = models.PositiveIntegerField(default=0)
    new_messages = models.PositiveIntegerField(default=0)
    old_octets = models.PositiveBigIntegerField(default=0)
    new_octets = models.PositiveBigIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)
    # Of the lost ones, those larger than the new service takes.
    lost_too_large = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    fewer_copies = models.PositiveIntegerField(default=0)
    more_copies = models.PositiveIntegerField(default=0)
    resized = models.PositiveIntegerField(default=0)
    arrived = models.PositiveIntegerField(default=0)
    # Folders of the old mailbox by what became of them, and of either that could not be read.
    folders = models.PositiveIntegerField(default=0)
    folders_renamed = models.PositiveIntegerField(default=0)
    folders_absent = models.PositiveIntegerField(default=0)
    folders_unreadable = models.PositiveIntegerField(default=0)
    folders_not_subscribed = models.PositiveIntegerField(default=0)
    # Nothing lost, nothing unreadable, no folder absent that held messages.
    is_complete = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["is_complete", "lost"], name="mailbox_comparison_lost")]

    def __str__(self) -> str:
        return f"{self.agent_id}: {self.lost}"


class MailboxPair(models.Model):
    """A folder of the old mailbox and the one in Zimbra that stands for it; either may be missing."""

    class How(models.TextChoices):
        SAME = "same", "Même nom"
        ROLE = "role", "Même rôle"
        RENAMED = "renamed", "Renommé"
        ABSENT = "absent", "Absent de la nouvelle messagerie"
        ADDED = "added", "Nouveau"

    comparison = models.ForeignKey(MailboxComparison, on_delete=models.CASCADE, related_name="pairs")
    number = models.PositiveIntegerField()
    how = models.CharField(max_length=8, choices=How)
    old = models.ForeignKey(MailboxFolder, on_delete=models.CASCADE, null=True, related_name="+")
    new = models.ForeignKey(MailboxFolder, on_delete=models.CASCADE, null=True, related_name="+")
    found = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)
    lost_too_large = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    fewer_copies = models.PositiveIntegerField(default=0)
    more_copies = models.PositiveIntegerField(default=0)
    resized = models.PositiveIntegerField(default=0)
    arrived = models.PositiveIntegerField(default=0)
    # The messages that are not where they were: sealed, see `mailbox_check.missing`.
    missing = models.BinaryField(default=b"")

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["comparison", "number"], name="one_pair_per_number")]

    def __str__(self) -> str:
        return f"{self.comparison_id}/{self.number} {self.how}"


class MailboxAct(models.Model):
    """A small job that a person asks for: folders subscribed to in Zimbra, or headers of missing messages fetched.

    What was fetched is sealed, and erased at `erase_at` or when the person says so.
    """

    class Kind(models.TextChoices):
        SUBSCRIBE = "subscribe", "Abonnement à des dossiers"
        DETAILS = "details", "Lecture des en-têtes"

    class State(models.TextChoices):
        WAITING = "waiting", "En attente"
        RUNNING = "running", "En cours"
        DONE = "done", "Terminé"
        FAILED = "failed", "Échec"

    UNDER_WAY: ClassVar = (State.WAITING, State.RUNNING)

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mailbox_acts")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    comparison = models.ForeignKey(MailboxComparison, on_delete=models.CASCADE, related_name="acts")
    # DETAILS: which messages of which folder.
    pair = models.ForeignKey(MailboxPair, on_delete=models.CASCADE, null=True, related_name="+")
    start = models.PositiveIntegerField(default=0)
    # SUBSCRIBE: keys of MailboxFolder.
    folders = models.JSONField(default=list)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    delegated = models.BooleanField(default=False)
    sealed = models.BinaryField(default=b"")
    erase_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent", "kind"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_mailbox_act_of_a_kind_at_a_time",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["state", "erase_at"], name="mailbox_act_erase")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class MailboxSeat(models.Model):
    """The right to have one connection to a server. Held by one worker at a time (`accounts.claims`)."""

    side = models.CharField(max_length=3, choices=MailboxSide)
    number = models.PositiveSmallIntegerField()
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["side", "number"], name="one_seat_per_side_and_number")
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.number}"
