"""Which functional boxes a wave takes (domain, section 4: some waves take them).

The rule: a box goes with those who answer for it. Its wave is that of the active head of its establishment, when that
wave takes boxes; with several heads, the earliest of theirs. A box without establishment or head, or whose heads go
with waves that take none, goes with the last wave that takes boxes. Staff may transfer any box at any time all the
same.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.formats import date_format

from accounts.models import Agent
from bascule import planning
from bascule.models import Wave
from boxes.models import Box
from boxes.wave_source import WaveSource

# So many boxes are asked about by their establishments; for more, every head is looked up.
_FEW = 2_000


def taking_waves() -> list[Wave]:
    """Waves that take boxes, as they follow one another."""
    return planning.in_order(Wave.objects.filter(takes_boxes=True))


def boxes_of(wave: Wave) -> QuerySet[Box]:
    """The boxes that `wave` takes, whatever became of them by now."""
    taking = taking_waves()
    if wave not in taking:
        return Box.objects.none()
    by_place = _by_place(taking)
    mine = Q(establishment__in=[place for place, its in by_place.items() if its == wave])
    if wave == taking[-1]:
        mine |= Q(establishment=None) | ~Q(establishment__in=list(by_place))
    return Box.objects.filter(mine)


def wave_of_boxes(boxes: Iterable[Box]) -> dict[int, Wave]:
    """The wave that takes each of `boxes`, by the box's number; nothing while no wave takes boxes. The same few queries
    for one box and for all of them."""
    taking = taking_waves()
    if not taking:
        return {}
    boxes = list(boxes)
    few = {box.establishment_id for box in boxes if box.establishment_id} if len(boxes) <= _FEW else None
    by_place = _by_place(taking, few)
    return {box.pk: by_place.get(box.establishment_id or 0, taking[-1]) for box in boxes}


def _by_place(taking: list[Wave], places: set[int] | None = None) -> dict[int, Wave]:
    """The wave that takes the boxes of each establishment (of `places`, None: of all) whose heads go with one that
    takes boxes."""
    rows = Agent.objects.filter(function=Agent.Function.HEAD, is_active=True, establishment__isnull=False)
    heads = list(rows if places is None else rows.filter(establishment__in=places))
    waves = planning.waves_of(heads)
    rank = {wave.pk: number for number, wave in enumerate(taking)}
    found: dict[int, Wave] = {}
    for head in heads:
        wave = waves.get(head.pk)
        if wave is None or wave.pk not in rank:
            continue
        assert head.establishment_id is not None
        other = found.get(head.establishment_id)
        if other is None or rank[wave.pk] < rank[other.pk]:
            found[head.establishment_id] = wave
    return found


def source() -> WaveSource:
    """What pages about boxes ask of the waves (see `boxes.wave_source`)."""
    return WaveSource(
        choices=lambda: [(wave.pk, f"{wave.name} ({_when(wave)})") for wave in taking_waves()],
        boxes_of=_boxes_of_number,
        labels=lambda boxes: {pk: wave.name for pk, wave in wave_of_boxes(boxes).items()},
    )


def _boxes_of_number(number: int) -> QuerySet[Box]:
    wave = Wave.objects.filter(pk=number).first()
    return boxes_of(wave) if wave else Box.objects.none()


def _when(wave: Wave) -> str:
    return date_format(wave.date, "j F Y") if wave.date else wave.period_label
