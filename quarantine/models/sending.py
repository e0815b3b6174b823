"""What staff decide about sending: thresholds, periods, factors, exceptions, senders who may send nothing."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Subject(models.TextChoices):
    """What recipients are counted by; the values are those of `quarantine.limits`."""

    IP = "ip", "Adresse IP"
    SENDER = "sender", "Émetteur"


class Threshold(models.Model):
    """WARN and MAX of one window, by day (domain, section 7). Written by `quarantine.sending_rules` only."""

    subject = models.CharField(max_length=6, choices=Subject)
    # Seconds: 60, 600, 3600, 36000.
    window = models.PositiveIntegerField()
    warn = models.PositiveIntegerField()
    max = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["subject", "window"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "window"], name="one_threshold_per_subject_and_window"),
            models.CheckConstraint(condition=Q(warn__lte=F("max")), name="threshold_warn_is_at_most_max"),
            models.CheckConstraint(condition=Q(warn__gte=1), name="threshold_warn_is_positive"),
        ]


class SendingRules(models.Model):
    """The other figures; one row. Written by `quarantine.sending_rules` only."""

    # Wall clock in Paris.
    night_begins = models.TimeField(default=dt.time(20))
    night_ends = models.TimeField(default=dt.time(7))
    night_divisor = models.PositiveSmallIntegerField(default=4)
    weekend_divisor = models.PositiveSmallIntegerField(default=2)
    weekend_night_divisor = models.PositiveSmallIntegerField(default=4)
    # Accounts ce.<UAI>: the sender's thresholds times this.
    school_account_factor = models.PositiveSmallIntegerField(default=2)
    # A sender who is refused so often within so many minutes is put on the list of compromised ones; 0: never.
    compromise_refusals = models.PositiveSmallIntegerField(default=10)
    compromise_minutes = models.PositiveSmallIntegerField(default=60)
    # Who is told of a compromised account.
    told_address = models.EmailField(blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "sending rules"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pk=1), name="one_row_of_sending_rules"),
            models.CheckConstraint(
                condition=Q(
                    night_divisor__gte=1,
                    weekend_divisor__gte=1,
                    weekend_night_divisor__gte=1,
                    school_account_factor__gte=1,
                ),
                name="sending_factors_are_positive",
            ),
        ]


class NetworkFactor(models.Model):
    """A public network whose thresholds by IP are multiplied, or that is not counted by IP at all: our own servers."""

    # CIDR, as `str(ipaddress.ip_network(...))` writes it.
    network = models.CharField(max_length=43, unique=True)
    uai = models.CharField(max_length=8, blank=True)
    # None: not counted by IP.
    factor = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    # False: added by hand; an imported list neither changes nor removes it.
    is_imported = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["network"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(factor__isnull=True) | Q(factor__gte=1, factor__lte=100), name="network_factor_in_bounds"
            ),
        ]


class ListServer(models.Model):
    """Where messages of distribution lists come from: not counted (domain, section 7).

    The network alone is not enough where the machine sends other mail too: `domain` then tells lists' envelope senders.
    """

    network = models.CharField(max_length=43)
    domain = models.CharField(max_length=253, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["network", "domain"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["network", "domain"], name="one_row_per_list_server")]


class FactorImport(models.Model):
    """A list of networks as it was handed in: kept sealed as it came, looked at before anything is written."""

    name = models.CharField(max_length=200)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="factor_imports")
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]


class CompromisedSender(models.Model):
    """The list `bl_compromis` (domain, section 7): who is on it can send nothing. A released row stays as history.

    Written by `quarantine.compromised` only, which also tells the gateways.
    """

    class Origin(models.TextChoices):
        STAFF = "staff", "Ajouté par l’équipe DSI"
        RULE = "rule", "Ajouté par la règle automatique"

    # As counted: see `quarantine.limits.sender_key`.
    sender = models.CharField(max_length=320)
    origin = models.CharField(max_length=5, choices=Origin)
    reason = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField()
    added_by = models.CharField(max_length=254, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=254, blank=True)
    release_reason = models.CharField(max_length=500, blank=True)
    # The academy was told by mail; None: on its way.
    told_at = models.DateTimeField(null=True, blank=True)
    tell_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-since", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sender"], name="compromised_once_at_a_time", condition=Q(released_at__isnull=True)
            ),
        ]
