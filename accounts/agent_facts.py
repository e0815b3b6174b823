"""What each part of the portal has to tell staff of one person: each says so itself, the page of the person shows it.

Never contents: counts, states, and where to look further.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import Agent


@dataclass(frozen=True)
class Fact:
    """A line of a section. url: where more of it stands; alert: somebody should look at it."""

    label: str
    value: str
    url: str = ""
    alert: bool = False


@dataclass(frozen=True)
class Section:
    """key: for the anchor on the page."""

    key: str
    title: str
    facts: tuple[Fact, ...]


_sources: list[Callable[[Agent], Section | None]] = []


def register(source: Callable[[Agent], Section | None]) -> None:
    """Add what another application knows of a person (called from its AppConfig); once is enough. A source asks a
    bounded number of indexed rows."""
    if source not in _sources:
        _sources.append(source)


def sections(agent: Agent) -> list[Section]:
    """What there is to tell of `agent`, part by part; a part that has nothing is left out."""
    return [section for source in _sources if (section := source(agent)) is not None]
