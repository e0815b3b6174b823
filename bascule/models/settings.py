"""What a person had set up in the old webmail, as the portal keeps it until it stands in Zimbra: filters, signatures,
distribution lists; and what was last seen of those in Zimbra.

Contents are sealed: names of rules, addresses in them and texts of signatures are the person's own.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bascule.models.files import Deposit


class CapturedRule(models.Model):
    """One rule of the person, in the order in which it is to run. `filters/captured.py` is its only writer.

    contents: sealed, see `filters.contents.RuleContents`.
    """

    class Direction(models.TextChoices):
        INCOMING = "incoming", "Messages reçus"
        OUTGOING = "outgoing", "Messages envoyés"

    class Origin(models.TextChoices):
        FORM = "form", "Saisie dans le portail"
        FILE = "file", "Lue dans un fichier ou un texte collé"
        ZIMBRA = "zimbra", "Reprise de Zimbra"

    class Verdict(models.TextChoices):
        SAME = "same", "Identique"
        NEAR = "near", "À vérifier"
        REFUSED = "refused", "Non reprise"

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="captured_rules")
    direction = models.CharField(max_length=10, choices=Direction, default=Direction.INCOMING)
    position = models.PositiveIntegerField()
    active = models.BooleanField(default=True)
    origin = models.CharField(max_length=10, choices=Origin)
    verdict = models.CharField(max_length=10, choices=Verdict)
    # Codes of remarks, which staff may see.
    remark_codes = models.JSONField(default=list)
    contents = models.BinaryField()
    # Where it was read. The rule stays when the file goes.
    deposit = models.ForeignKey(Deposit, on_delete=models.SET_NULL, null=True, blank=True, related_name="rules")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["direction", "position", "pk"]
        indexes: ClassVar = [models.Index(fields=["agent", "direction", "position"], name="captured_rule_order")]


class SavedSignature(models.Model):
    """A signature of the person. contents: sealed {name, html, text}; use: which identities put it below what."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_signatures")
    contents = models.BinaryField()
    # Sealed {identity id: {"new": bool, "answers": bool}}; the account's own identity is "DEFAULT".
    use = models.BinaryField(default=bytes, blank=True)
    deposit = models.ForeignKey(Deposit, on_delete=models.SET_NULL, null=True, blank=True, related_name="signatures")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["pk"]


class DistributionList(models.Model):
    """A distribution list that a person keeps, and how it is to be set up (domain, section 5).

    contents: sealed {name shown as the sender, signature html and text, archive choices}.
    """

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="distribution_lists")
    address = models.EmailField()
    # One of Zimbra's numbered colours, 0 for none.
    colour = models.PositiveSmallIntegerField(default=0)
    contents = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["address"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agent", "address"], name="one_list_per_agent_and_address")
        ]


class SettingsLook(models.Model):
    """What a task last saw of a person's settings in Zimbra: a cache, renewed when a page finds it missing or old."""

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="settings_look")
    asked_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.BinaryField(default=bytes, help_text="sealed, see mailbox_look.Snapshot")
    # Why nothing could be seen: stable code, French sentence.
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)


class Replay(models.Model):
    """Settings on their way into a mailbox, act by act. `replays/states.py` holds the table of moves."""

    class Kind(models.TextChoices):
        FILTERS = "filters", "Filtres"
        SIGNATURE = "signature", "Signature"
        LIST = "list", "Liste de diffusion"
        EXISTING_MAIL = "existing", "Filtres sur les messages déjà reçus"

    class State(models.TextChoices):
        QUEUED = "queued", "En attente"
        RUNNING = "running", "En cours"
        DONE = "done", "Terminé"
        UNDOING = "undoing", "Annulation en cours"
        UNDONE = "undone", "Annulé"
        FAILED = "failed", "Arrêté"

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="replays")
    kind = models.CharField(max_length=10, choices=Kind)
    of_list = models.ForeignKey(
        DistributionList, on_delete=models.SET_NULL, null=True, blank=True, related_name="replays"
    )
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED, db_index=True)
    # What the person agreed to, sealed; see the procedure of the kind.
    plan = models.BinaryField()
    # What each act found and made, sealed: all that is needed to go on, and to take back.
    memory = models.BinaryField(default=bytes)
    total = models.PositiveIntegerField(default=0)
    settled = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    # Zimbra does not answer: what was seen, how often, and when to try again.
    waiting_for = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    # Outcome of reading everything back: sealed list of sentences, empty when all is as planned.
    verified_at = models.DateTimeField(null=True, blank=True)
    differences = models.PositiveIntegerField(default=0)
    findings = models.BinaryField(default=bytes)

    # States in which a worker has, or will have, something to do.
    UNDER_WAY: ClassVar = (State.QUEUED, State.RUNNING, State.UNDOING)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            # Replays of a person take turns; two of the same thing would each build on what the other is changing.
            models.UniqueConstraint(
                fields=["agent", "kind"],
                condition=Q(state__in=["queued", "running", "undoing"]) & ~Q(kind="list"),
                name="one_live_replay_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["of_list"],
                condition=Q(state__in=["queued", "running", "undoing"]),
                name="one_live_replay_of_a_list",
            ),
        ]


class FilterIntake(models.Model):
    """An LDIF with the rules of many people, handed in by staff and given out to each of them.

    `filter_intakes/states.py` holds the table of moves. stored_as: the sealed file below settings.DEPOSIT_DIR, "" once
    it has been looked through.
    """

    class State(models.TextChoices):
        LOOKING = "looking", "Lecture en cours"
        READY = "ready", "À confirmer"
        GIVING = "giving", "Distribution en cours"
        DONE = "done", "Terminé"
        CANCELLED = "cancelled", "Abandonné"
        FAILED = "failed", "Arrêté"

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="filter_intakes")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.LOOKING, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # How much of `size` has been read.
    octets_read = models.PositiveBigIntegerField(default=0)
    entries = models.PositiveIntegerField(default=0)
    with_rules = models.PositiveIntegerField(default=0)
    matched = models.PositiveIntegerField(default=0)
    given = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=120, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)

    # States in which a worker has, or will have, something to do.
    UNDER_WAY: ClassVar = (State.LOOKING, State.GIVING)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]


class FilterIntakeEntry(models.Model):
    """An entry of that LDIF with rules: whose it is, and what became of it. None of what the rules say is in clear.

    number: its place among the entries with rules, from 1. address: as the directory has it, or the dn. text: sealed
    LDIF with nothing but the entry's rules, kept until it is given.
    """

    class Outcome(models.TextChoices):
        MATCHED = "matched", "À donner"
        GIVEN = "given", "Donnée"
        KNOWN = "known", "Déjà donnée"
        REPEATED = "repeated", "En double"
        CONFLICT = "conflict", "Contradictoire"
        BOX = "box", "Boîte partagée"
        UNMATCHED = "unmatched", "Inconnue"
        NO_ROOM = "no_room", "Trop de fichiers"

    intake = models.ForeignKey(FilterIntake, on_delete=models.CASCADE, related_name="people")
    number = models.PositiveIntegerField()
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True)
    address = models.CharField(max_length=255)
    # How it was matched: 0 by its own address, 1 by a further one, 2 by its login.
    matched_by = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome)
    rules = models.PositiveIntegerField()
    is_damaged = models.BooleanField(default=False)
    sha256 = models.CharField(max_length=64)
    text = models.BinaryField(default=bytes)
    deposit = models.ForeignKey(Deposit, on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["intake", "number"], name="one_intake_entry_per_number"),
            # Whoever has two entries in one file gets the rules of one of them at most.
            models.UniqueConstraint(
                fields=["intake", "agent"],
                condition=Q(outcome__in=["matched", "given"]),
                name="one_entry_to_give_per_agent",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["intake", "outcome", "number"], name="intake_entry_outcome")]
