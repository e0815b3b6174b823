"""When people will move, as far as somebody knows: the waves stand in an application that this one may not know."""

from __future__ import annotations

from collections.abc import Callable, Collection

from accounts.models import Agent

# Takes persons, gives by primary key when they are to move, in French words: "le 12 mai 2030", "mi-mai".
PlannedDays = Callable[[Collection[Agent]], dict[int, str]]

_SOURCES: list[PlannedDays] = []


def register(source: PlannedDays) -> None:
    """Have `source` asked (called from the AppConfig of whoever plans)."""
    if source not in _SOURCES:
        _SOURCES.append(source)


def planned_days(agents: Collection[Agent]) -> dict[int, str]:
    """When each of `agents` who has not moved yet is to move; nothing for whom nothing is planned."""
    waiting = [agent for agent in agents if not agent.has_migrated]
    days: dict[int, str] = {}
    if waiting:
        for source in _SOURCES:
            days |= source(waiting)
    return days
