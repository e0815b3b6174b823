"""The rows that staff write, as the rules that gateways answer by."""

from __future__ import annotations

import datetime as dt

import pytest

from quarantine import limits, rules_snapshot
from quarantine.limits import Subject
from quarantine.models import ListServer, NetworkFactor, SendingRules, Threshold

pytestmark = pytest.mark.django_db


def test_rows_of_a_new_portal_are_the_documented_figures() -> None:
    rules = rules_snapshot.load()
    assert dict(rules.table) == dict(limits.DOCUMENTED)
    assert (rules.night_begins, rules.night_ends) == (dt.time(20), dt.time(7))
    assert (rules.night_divisor, rules.weekend_divisor, rules.weekend_night_divisor) == (4, 2, 4)
    assert (rules.school_account_factor, rules.compromise_refusals, rules.compromise_minutes) == (2, 10, 60)


def test_rows_of_staff_become_rules() -> None:
    Threshold.objects.filter(subject="ip", window=60).update(warn=10, max=20)
    SendingRules.objects.update(night_divisor=3, compromise_refusals=5)
    NetworkFactor.objects.create(network="192.0.2.0/24", factor=4, uai="9740001A")
    NetworkFactor.objects.create(network="192.0.2.128/25", factor=None)
    ListServer.objects.create(network="198.51.100.7/32", domain="listes.academie.example")
    rules = rules_snapshot.load()
    assert rules.table[Subject.IP, 60] == limits.Threshold(10, 20)
    assert (rules.night_divisor, rules.compromise_refusals) == (3, 5)
    assert [rules.networks.factor_of(f"192.0.2.{last}") for last in (1, 200)] == [4, None]
    assert limits.is_from_list(rules, "198.51.100.7", "x@listes.academie.example")


def test_same_rows_are_the_same_rules(django_assert_num_queries: object) -> None:
    reader = rules_snapshot.Reader()
    before = reader.read()
    with django_assert_num_queries(4):  # type: ignore[operator]
        assert reader.read() is before
    NetworkFactor.objects.create(network="192.0.2.0/24", factor=4)
    assert reader.read() is not before


@pytest.mark.parametrize("harm", ["row", "threshold", "network"])
def test_rows_that_make_no_sense_are_told_and_the_former_rules_stay_good(harm: str) -> None:
    reader = rules_snapshot.Reader()
    reader.read()
    if harm == "row":
        SendingRules.objects.all().delete()
    elif harm == "threshold":
        Threshold.objects.filter(window=600).delete()
    else:
        NetworkFactor.objects.create(network="no network", factor=4)
    with pytest.raises(rules_snapshot.NoRules):
        reader.read()
