"""How the gateways are, from their signs of life: what staff have to know."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from quarantine.gateway.heartbeat import is_silent
from quarantine.models import GatewayHeartbeat

TROUBLES = {
    "store": "le compteur des envois ne répond pas : les messages sont différés, aucun n’est perdu",
    "store_settings": "le compteur des envois peut oublier ce qu’il a compté (appendonly, maxmemory-policy)",
    "database": "la base de données ne répond pas",
    "rules": "les seuils enregistrés sont incohérents",
    "zimbra": "la messagerie ne prend pas les messages : ils attendent dans le serveur d’envoi",
    "disk": "les messages retenus ne peuvent plus être enregistrés : vérifiez le disque",
}


@dataclass(frozen=True)
class State:
    """One gateway. alarms: French sentences, most urgent first, each with since when (None: now)."""

    row: GatewayHeartbeat
    is_silent: bool
    alarms: list[tuple[str, dt.datetime | None]]

    @property
    def is_well(self) -> bool:
        return not self.is_silent and not self.alarms and self.row.stopped_at is None


@dataclass(frozen=True)
class Overview:
    """The gateways of one kind. alarms: over all of them; "" where all is well."""

    states: list[State]

    @property
    def living(self) -> list[State]:
        return [one for one in self.states if not one.is_silent and one.row.stopped_at is None]

    @property
    def alarms(self) -> list[tuple[str, str, dt.datetime | None]]:
        """(name of the gateway, sentence, since)."""
        found = [
            (one.row.name, sentence, since)
            for one in self.states
            if one.row.stopped_at is None
            for sentence, since in one.alarms
        ]
        found += [(one.row.name, "ne donne plus signe de vie", one.row.beat_at) for one in self.states if one.is_silent]
        return found


def of_policy() -> Overview:
    """Gateways that ask the limits."""
    return _of(GatewayHeartbeat.Kind.POLICY)


def of_intake() -> Overview:
    """Gateways that take mail in."""
    return _of(GatewayHeartbeat.Kind.INTAKE)


def every() -> Overview:
    return _overview(list(GatewayHeartbeat.objects.order_by("kind", "name")))


def _of(kind: GatewayHeartbeat.Kind) -> Overview:
    return _overview(list(GatewayHeartbeat.objects.filter(kind=kind).order_by("name")))


def _overview(rows: list[GatewayHeartbeat]) -> Overview:
    now = timezone.now()
    return Overview([State(row, is_silent(row, now), _alarms(row)) for row in rows])


def _alarms(row: GatewayHeartbeat) -> list[tuple[str, dt.datetime | None]]:
    return [
        (TROUBLES.get(what, what), dt.datetime.fromisoformat(since) if since else None)
        for what, since in sorted(row.troubles.items(), key=lambda pair: pair[1])
    ]
