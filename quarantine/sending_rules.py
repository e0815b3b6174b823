"""The one writer of thresholds, periods and factors. Each change is journalled with what stood there before.

Gateways read the rows anew every few seconds (`quarantine.rules_snapshot`): nothing has to be told to them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts import journal
from accounts.models import Agent
from quarantine.models import SendingRules, Threshold
from quarantine.models.sending import Subject

# More than a whole academy; a figure beyond it is a slip of the hand.
MOST_RECIPIENTS = 1_000_000
MOST_FACTOR = 100
WINDOWS = {60: "1 minute", 600: "10 minutes", 3600: "60 minutes", 36000: "600 minutes"}


class RulesError(Exception):
    """The figures make no sense together; `sentence` says why, in French, `field` where."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.field = sentence, field


@dataclass(frozen=True)
class Periods:
    """What is not a threshold: see the columns of `SendingRules`."""

    night_begins: dt.time
    night_ends: dt.time
    night_divisor: int
    weekend_divisor: int
    weekend_night_divisor: int
    school_account_factor: int
    compromise_refusals: int
    compromise_minutes: int
    told_address: str


Figures = Mapping[tuple[str, int], tuple[int, int]]
"""WARN and MAX by subject and window (seconds)."""


def figures() -> dict[tuple[str, int], tuple[int, int]]:
    """The thresholds by day as they stand."""
    return {(one.subject, one.window): (one.warn, one.max) for one in Threshold.objects.all()}


def periods() -> Periods:
    row = SendingRules.objects.get(pk=1)
    return Periods(**{name: getattr(row, name) for name in Periods.__annotations__})


def change(*, thresholds: Figures, periods: Periods, by: Agent) -> bool:
    """Write what differs from what stands there; gives whether anything did. Raises RulesError, PermissionDenied."""
    if not by.is_staff:
        raise PermissionDenied
    check_figures(thresholds)
    check_periods(periods)
    with transaction.atomic():
        row = SendingRules.objects.select_for_update().get(pk=1)
        changed = _write_thresholds(thresholds, by)
        before = {name: getattr(row, name) for name in Periods.__annotations__}
        differing = {name: value for name, value in asdict(periods).items() if value != before[name]}
        for name, value in differing.items():
            setattr(row, name, value)
            journal.record(
                "sending.rule_changed",
                by=by,
                target="sending:rules",
                target_label=RULE_LABELS[name],
                before=shown(before[name]),
                after=shown(value),
            )
        if differing:
            row.save()
    return changed or bool(differing)


def _write_thresholds(thresholds: Figures, by: Agent) -> bool:
    rows = {(one.subject, one.window): one for one in Threshold.objects.select_for_update()}
    changed = False
    for key, (warn, most) in thresholds.items():
        row = rows[key]
        if (row.warn, row.max) == (warn, most):
            continue
        journal.record(
            "sending.threshold_changed",
            by=by,
            target="sending:rules",
            target_label=f"{Subject(key[0]).label}, {WINDOWS[key[1]]}",
            before=f"{row.warn} / {row.max}",
            after=f"{warn} / {most}",
        )
        row.warn, row.max = warn, most
        row.save(update_fields=["warn", "max"])
        changed = True
    return changed


def check_figures(thresholds: Figures) -> None:
    """Raises RulesError for figures that cannot hold: all of them are there, WARN at most MAX, a longer window at
    least a shorter one's."""
    if set(thresholds) != {(subject, window) for subject in Subject.values for window in WINDOWS}:
        raise RulesError("Il manque des seuils : rechargez la page, puis recommencez.")
    for subject in Subject:
        before = (0, 0)
        for window, words in WINDOWS.items():
            warn, most = thresholds[subject.value, window]
            where = f"{subject.label}, {words}"
            name = f"{subject.value}-{window}"
            if not 1 <= warn <= MOST_RECIPIENTS or not 1 <= most <= MOST_RECIPIENTS:
                raise RulesError(f"{where} : indiquez des nombres entre 1 et {MOST_RECIPIENTS}.", name)
            if warn > most:
                raise RulesError(f"{where} : le seuil WARN ({warn}) dépasse le seuil MAX ({most}).", name)
            if warn < before[0] or most < before[1]:
                raise RulesError(f"{where} : ce seuil est plus bas que celui d’une période plus courte.", name)
            before = warn, most


def check_periods(periods: Periods) -> None:
    """Raises RulesError for periods and factors that cannot hold."""
    if periods.night_begins <= periods.night_ends:
        raise RulesError("La nuit commence le soir et finit le lendemain matin : vérifiez les heures.", "night_begins")
    for name in ("night_divisor", "weekend_divisor", "weekend_night_divisor", "school_account_factor"):
        if not 1 <= getattr(periods, name) <= MOST_FACTOR:
            raise RulesError(f"{RULE_LABELS[name]} : indiquez un nombre entre 1 et {MOST_FACTOR}.", name)
    if not 0 <= periods.compromise_refusals <= 1000:
        raise RulesError("Nombre de refus : indiquez un nombre entre 0 et 1000.", "compromise_refusals")
    if not 1 <= periods.compromise_minutes <= 600:
        raise RulesError("Durée : indiquez un nombre de minutes entre 1 et 600.", "compromise_minutes")


RULE_LABELS = {
    "night_begins": "Début de la nuit",
    "night_ends": "Fin de la nuit",
    "night_divisor": "Diviseur de nuit",
    "weekend_divisor": "Diviseur du week-end, le jour",
    "weekend_night_divisor": "Diviseur du week-end, la nuit",
    "school_account_factor": "Facteur des comptes ce.<UAI>",
    "compromise_refusals": "Compromission : nombre de refus",
    "compromise_minutes": "Compromission : durée en minutes",
    "told_address": "Adresse prévenue d’une compromission",
}


def shown(value: object) -> str:
    """A figure as the journal says it."""
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    return str(value) if value != "" else "aucune"
