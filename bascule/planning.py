"""When a person moves: the wave, its date or period, and where the person stands today (domain, section 4).

Days are days in Réunion; `today` is handed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Agent
from bascule.models import Wave, WaveAssignment


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
    """The wave of `agent`, and whether staff chose it over that of the population."""
    assignment = WaveAssignment.objects.select_related("wave").filter(agent=agent).first()
    if assignment is not None:
        return assignment.wave, True
    return pick(list(Wave.objects.filter(populations=agent.population_id))), False


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
    """The wave of each of `agents` who has one, by the person's number; three queries for any number of persons."""
    by_population: dict[int, list[Wave]] = defaultdict(list)
    for wave in Wave.objects.prefetch_related("populations"):
        for population in wave.populations.all():
            by_population[population.pk].append(wave)
    picked = {pk: pick(waves) for pk, waves in by_population.items()}
    chosen = {
        row.agent_id: row.wave
        for row in WaveAssignment.objects.select_related("wave").filter(agent__in=[agent.pk for agent in agents])
    }
    waves = ((agent.pk, chosen.get(agent.pk) or picked.get(agent.population_id)) for agent in agents)
    return {pk: wave for pk, wave in waves if wave is not None}


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
