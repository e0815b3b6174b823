"""Which boxes go with which wave. Waves stand in an application that this one may not know: it registers itself."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from boxes.models import Box


@dataclass(frozen=True)
class WaveSource:
    """choices: number and name of each wave that takes boxes, in order. boxes_of: the boxes of the wave of that number,
    none for a number that is none. labels: the name of the wave of each box, by the box's number."""

    choices: Callable[[], list[tuple[int, str]]]
    boxes_of: Callable[[int], QuerySet[Box]]
    labels: Callable[[Collection[Box]], dict[int, str]]


_SOURCES: list[WaveSource] = []


def register(source: WaveSource) -> None:
    """Have `source` asked from now on (called from the AppConfig of whoever plans); the latest counts."""
    _SOURCES[:] = [source]


def choices() -> list[tuple[int, str]]:
    return _SOURCES[0].choices() if _SOURCES else []


def boxes_of(number: int) -> QuerySet[Box]:
    return _SOURCES[0].boxes_of(number) if _SOURCES else Box.objects.none()


def labels(boxes: Collection[Box]) -> dict[int, str]:
    return _SOURCES[0].labels(boxes) if _SOURCES and boxes else {}
