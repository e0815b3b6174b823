"""Thresholds and the other figures that staff change."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.models import JournalEntry
from accounts.sentences import sentence
from quarantine import checks, sending_rules
from quarantine.models import Threshold
from quarantine.sending_rules import RulesError
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


def test_figures_begin_as_documented() -> None:
    assert sending_rules.figures() == {
        ("ip", 60): (500, 700),
        ("ip", 600): (800, 1000),
        ("ip", 3600): (3000, 6000),
        ("ip", 36000): (6000, 8000),
        ("sender", 60): (500, 700),
        ("sender", 600): (800, 1000),
        ("sender", 3600): (2000, 4000),
        ("sender", 36000): (5000, 8000),
    }


def test_change_writes_only_what_differs_with_its_trace() -> None:
    staff = make_agent(is_staff=True)
    thresholds = sending_rules.figures() | {("sender", 60): (400, 700)}
    periods = replace(sending_rules.periods(), night_begins=dt.time(21), told_address="rssi@ac-reunion.fr")
    assert sending_rules.change(thresholds=thresholds, periods=periods, by=staff)
    assert sending_rules.figures()["sender", 60] == (400, 700)
    assert sending_rules.periods() == periods
    assert sorted(sentence(entry) for entry in JournalEntry.objects.all()) == [
        "a changé la règle d’envoi « Adresse prévenue d’une compromission » (aucune → rssi@ac-reunion.fr)",
        "a changé la règle d’envoi « Début de la nuit » (20:00 → 21:00)",
        "a changé le seuil WARN / MAX « Émetteur, 1 minute » (500 / 700 → 400 / 700)",
    ]
    assert not sending_rules.change(thresholds=thresholds, periods=periods, by=staff)
    assert JournalEntry.objects.count() == 3


@pytest.mark.parametrize(
    ("key", "pair", "field"),
    [
        (("ip", 60), (701, 700), "ip-60"),
        (("ip", 60), (0, 700), "ip-60"),
        (("sender", 600), (800, 1_000_001), "sender-600"),
        # A longer window below a shorter one would make the shorter one void.
        (("sender", 3600), (799, 4000), "sender-3600"),
    ],
)
def test_figures_that_cannot_hold_are_refused(key: tuple[str, int], pair: tuple[int, int], field: str) -> None:
    before = sending_rules.figures()
    with pytest.raises(RulesError) as refused:
        sending_rules.change(
            thresholds=before | {key: pair}, periods=sending_rules.periods(), by=make_agent(is_staff=True)
        )
    assert refused.value.field == field
    assert sending_rules.figures() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"night_begins": dt.time(6), "night_ends": dt.time(7)},
        {"night_divisor": 0},
        {"school_account_factor": 101},
        {"compromise_minutes": 0},
    ],
)
def test_periods_that_cannot_hold_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(RulesError):
        sending_rules.check_periods(replace(sending_rules.periods(), **wrong))


def test_only_staff_change_them() -> None:
    with pytest.raises(PermissionDenied):
        sending_rules.change(thresholds=sending_rules.figures(), periods=sending_rules.periods(), by=make_agent())


def test_the_database_itself_refuses_warn_above_max() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Threshold.objects.filter(subject="ip", window=60).update(warn=701)


def test_check_tells_of_missing_figures_where_the_database_is_asked() -> None:
    assert checks.check_figures(databases=["default"]) == []
    Threshold.objects.filter(subject="ip", window=60).delete()
    assert [found.id for found in checks.check_figures(databases=["default"])] == ["quarantine.E005"]
    assert checks.check_figures(databases=None) == []


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("QUARANTINE_DELIVERY", "lmtp://127.0.0.1", "quarantine.E001"),
        ("QUARANTINE_RELAY", "http://127.0.0.1:25", "quarantine.E001"),
        ("QUARANTINE_NO_VERDICT", "perhaps", "quarantine.E002"),
        ("QUARANTINE_PLAIN_PATTERN", "(", "quarantine.E003"),
        ("QUARANTINE_VERDICTS", ["clamav"], "quarantine.E003"),
        ("LIMITS_HOLD_ACTION", "DUNNO", "quarantine.E004"),
    ],
)
def test_check_tells_of_settings_that_cannot_work(settings, name: str, value: object, found: str) -> None:
    assert checks.check_settings() == []
    setattr(settings, name, value)
    assert [error.id for error in checks.check_settings()] == [found]
