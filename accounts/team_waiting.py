"""What waits for staff, over all parts of the portal: each part says so itself, the page they begin with shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """So many of something; `url`: the page where it is dealt with."""

    count: int
    one: str
    several: str
    url: str

    @property
    def label(self) -> str:
        return self.several if self.count > 1 else self.one


_sources: list[Callable[[], list[Waiting]]] = []


def register(source: Callable[[], list[Waiting]]) -> None:
    """Add what waits in another application (called from its AppConfig); once is enough."""
    if source not in _sources:
        _sources.append(source)


def waiting() -> list[Waiting]:
    """What somebody of staff can act on now, part by part; what there is none of is left out."""
    return [one for source in _sources for one in source() if one.count]
