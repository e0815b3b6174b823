"""When a person moves: the wave, its date or period, and where the person stands today (domain, section 4).

Days are days in Réunion; `today` is handed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Agent
from bascule.models import Standing, Wave, WaveAssignment


class Phase(StrEnum):
    BEFORE = "before"
    TRANSFER_DAY = "transfer-day"
    AFTER = "after"


@dataclass(frozen=True)
class Schedule:
    """Where a person stands. Without a wave and not moved, `wave_name` is empty: nothing is planned yet."""

    phase: Phase
    wave_name: str = ""
    # The exact day (of the move itself, once moved), or else the words for an approximate period.
    day: date | None = None
    period: str = ""
    countdown: str = ""
    moved: bool = False
    # The planned day, or the whole wave, has gone by without this person.
    overdue: bool = False
    # Staff moved this person to a wave other than that of the population.
    assigned: bool = False

    @property
    def has_wave(self) -> bool:
        return bool(self.wave_name)


def today() -> date:
    """The day it is in Réunion."""
    return timezone.localdate()


def countdown(day: date, today: date) -> str:
    """`day` as seen from `today`: "dans 12 jours", "demain", "aujourd’hui", "hier", "il y a 3 jours"."""
    days = (day - today).days
    near = {0: "aujourd’hui", 1: "demain", -1: "hier"}
    if days in near:
        return near[days]
    return f"dans {days} jours" if days > 0 else f"il y a {-days} jours"


def wave_of(agent: Agent) -> tuple[Wave | None, bool]:
    """The wave of `agent`, and whether staff chose it over those that the rules give; two queries at most."""
    row = Agent.objects.select_related("standing__wave", "wave_assignment__wave").get(pk=agent.pk)
    assignment: WaveAssignment | None = getattr(row, "wave_assignment", None)
    standing: Standing | None = getattr(row, "standing", None)
    held = standing.wave if standing is not None else None
    # Stronger than the rules (see `bascule.standings`): moved with it, or its list is closed.
    if held is not None and (agent.has_migrated or (assignment is None and held.state in Wave.CLOSED)):
        return held, assignment is not None
    if assignment is not None:
        return assignment.wave, True
    return _by_rules(agent), False


def _by_rules(agent: Agent) -> Wave | None:
    """As the planning has it, without what was decided for this person; one query."""
    populations, places = Wave.populations.through.objects, Wave.establishments.through.objects
    waves = Wave.objects.annotate(
        by_population=Exists(populations.filter(wave=OuterRef("pk"))),
        by_place=Exists(places.filter(wave=OuterRef("pk"))),
    ).filter(
        Q(by_population=False) | Exists(populations.filter(wave=OuterRef("pk"), population=agent.population_id)),
        Q(by_place=False) | Exists(places.filter(wave=OuterRef("pk"), establishment=agent.establishment_id)),
        Q(by_population=True) | Q(by_place=True),
    )
    by_strength: dict[tuple[bool, bool], list[Wave]] = defaultdict(list)
    for wave in waves:
        by_strength[wave.by_place, wave.by_population].append(wave)
    return pick(by_strength[True, True]) or pick(by_strength[True, False]) or pick(by_strength[False, True])


@dataclass
class _Candidates:
    """Waves by what they take people by."""

    both: dict[tuple[int, int], list[Wave]]
    place: dict[int, list[Wave]]
    population: dict[int, list[Wave]]


def _candidates(populations: Collection[int], establishments: Collection[int]) -> _Candidates:
    """Waves that take people of one of `populations` or `establishments` (their numbers)."""
    taken = Wave.establishments.through.objects
    found = _Candidates(defaultdict(list), defaultdict(list), defaultdict(list))
    waves = Wave.objects.annotate(by_place=Exists(taken.filter(wave=OuterRef("pk")))).prefetch_related("populations")
    places_of: dict[int, list[int]] = defaultdict(list)
    if establishments:
        rows = taken.filter(establishment__in=establishments).values_list("wave_id", "establishment_id")
        for wave_id, place in rows:
            places_of[wave_id].append(place)
    for wave in waves:
        mine = [population.pk for population in wave.populations.all()]
        if not wave.by_place:
            for one in mine:
                found.population[one].append(wave)
        for place in places_of[wave.pk]:
            if not mine:
                found.place[place].append(wave)
            for one in mine:
                found.both[one, place].append(wave)
    return found


def _picked(agent: Agent, candidates: _Candidates) -> Wave | None:
    place = agent.establishment_id or 0
    return (
        pick(candidates.both.get((agent.population_id, place), []))
        or pick(candidates.place.get(place, []))
        or pick(candidates.population.get(agent.population_id, []))
    )


def pick(waves: list[Wave]) -> Wave | None:
    """The wave that counts among those of one population: the first that is not done, else the last."""
    sorted_waves = in_order(waves)
    return next(
        (wave for wave in sorted_waves if wave.state != Wave.State.DONE), sorted_waves[-1] if sorted_waves else None
    )


def in_order(waves: Iterable[Wave]) -> list[Wave]:
    """`waves` as they follow one another."""
    return sorted(waves, key=_begins)


def waves_of(agents: Sequence[Agent]) -> dict[int, Wave]:
    """The wave of each of `agents` who has one, by the person's number; the same few queries for any number of
    persons."""
    numbers = [agent.pk for agent in agents]
    candidates = _candidates(
        {agent.population_id for agent in agents},
        {agent.establishment_id for agent in agents if agent.establishment_id is not None},
    )
    chosen = {row.agent_id: row.wave for row in WaveAssignment.objects.select_related("wave").filter(agent__in=numbers)}
    held = {
        row.agent_id: row
        for row in Standing.objects.select_related("wave").filter(agent__in=numbers, wave__isnull=False)
        if row.wave is not None and (row.migrated_at is not None or row.wave.state in Wave.CLOSED)
    }
    found: dict[int, Wave] = {}
    for agent in agents:
        standing = held.get(agent.pk)
        kept = standing.wave if standing and (agent.has_migrated or agent.pk not in chosen) else None
        wave = kept or chosen.get(agent.pk) or _picked(agent, candidates)
        if wave is not None:
            found[agent.pk] = wave
    return found


def planned_days(agents: Collection[Agent]) -> dict[int, str]:
    """When each of `agents` is to move, in words: "le 12 mai 2030", "mi-mai". Nothing for whom nothing is planned, or
    who stayed behind a wave that is done."""
    return {
        pk: f"le {date_format(wave.date, 'j F Y')}" if wave.date else wave.period_label
        for pk, wave in waves_of(list(agents)).items()
        if wave.state != Wave.State.DONE
    }


def schedule_for(agent: Agent, today: date) -> Schedule:
    """Where `agent` stands on the day `today`; two queries at most."""
    wave, assigned = wave_of(agent)
    moved_on = timezone.localdate(agent.migrated_at) if agent.migrated_at else None
    return schedule(wave, moved_on=moved_on, today=today, assigned=assigned)


def schedule(wave: Wave | None, *, moved_on: date | None, today: date, assigned: bool = False) -> Schedule:
    """The same from plain values.

    Moved: after. Not moved: the day of the transfer while the wave is under way or on its date, before it otherwise.
    What is locked opens with the move itself, never with the calendar: a mailbox can stay behind its wave.
    """
    if moved_on is not None:
        return Schedule(
            Phase.AFTER,
            wave_name=wave.name if wave else "",
            day=moved_on,
            countdown=countdown(moved_on, today),
            moved=True,
            assigned=assigned,
        )
    if wave is None:
        return Schedule(Phase.BEFORE)
    done = wave.state == Wave.State.DONE
    under_way = wave.state == Wave.State.UNDER_WAY
    on_the_day = under_way or (wave.date == today and not done)
    return Schedule(
        Phase.TRANSFER_DAY if on_the_day else Phase.BEFORE,
        wave_name=wave.name,
        day=wave.date,
        period="" if wave.date else wave.period_label,
        countdown=_outlook(wave, today),
        overdue=done or (not on_the_day and wave.date is not None and wave.date < today),
        assigned=assigned,
    )


def _outlook(wave: Wave, today: date) -> str:
    if wave.date is not None:
        return countdown(wave.date, today)
    begins = _begins(wave)
    return f"au plus tôt {countdown(begins, today)}" if begins > today else "date exacte à venir"


def _begins(wave: Wave) -> date:
    begins = wave.date or wave.period_start
    assert begins is not None, "held by the constraint wave_has_date_or_period"
    return begins
