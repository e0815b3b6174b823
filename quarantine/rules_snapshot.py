"""What staff decided about sending, read from the rows as the rules of `quarantine.limits`.

Gateways read the rows every other second, and answer from what they read last: never from the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quarantine import limits
from quarantine.models import ListServer, NetworkFactor, SendingRules, Threshold

REFRESH_SECONDS = 2.0

_RULES = (
    "night_begins",
    "night_ends",
    "night_divisor",
    "weekend_divisor",
    "weekend_night_divisor",
    "school_account_factor",
    "compromise_refusals",
    "compromise_minutes",
)


class NoRules(Exception):
    """The rows are missing or make no sense together; `str()` says what."""


@dataclass
class Reader:
    """Reads the rows again and again, and makes rules anew only when they changed: whoever keeps what follows from
    the rules can tell by identity whether it still holds."""

    _rows: tuple[Any, ...] = ()
    _rules: limits.Rules | None = field(default=None)

    def read(self) -> limits.Rules:
        """The rules as they stand: the same object as long as nothing changed. Four queries, which may raise what the
        database does. Raises NoRules."""
        rows = (
            SendingRules.objects.filter(pk=1).values(*_RULES).first(),
            list(Threshold.objects.order_by("subject", "window").values_list("subject", "window", "warn", "max")),
            list(NetworkFactor.objects.order_by("network").values_list("network", "factor")),
            list(ListServer.objects.order_by("network", "domain").values_list("network", "domain")),
        )
        if self._rules is None or rows != self._rows:
            self._rules, self._rows = _rules_of(*rows), rows
        return self._rules


def load() -> limits.Rules:
    """The rules as they stand, for pages and tasks. Raises NoRules."""
    return Reader().read()


def _rules_of(
    row: dict[str, Any] | None,
    thresholds: list[tuple[str, int, int, int]],
    networks: list[tuple[str, int | None]],
    list_servers: list[tuple[str, str]],
) -> limits.Rules:
    if row is None:
        raise NoRules("no row of rules")
    try:
        return limits.Rules(
            table={
                (limits.Subject(subject), window): limits.Threshold(warn, most)
                for subject, window, warn, most in thresholds
            },
            networks=limits.Networks(networks),
            list_servers=tuple(limits.ListServer.of(network, domain) for network, domain in list_servers),
            **row,
        )
    except ValueError as error:
        raise NoRules(str(error)) from error
