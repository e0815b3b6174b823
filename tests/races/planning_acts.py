"""Staff who change the planning at the same moment: what they do to a small one, and what it looks like afterwards.

A world is a planning of its own: people of two populations, two establishments, three waves. Done at once, acts must
leave what some order of them leaves; what an order leaves is seen by doing them one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count, permutations
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import DatabaseError

# Made once a process: numbers of worlds.
_numbers = count(1)
WAIT_SECONDS = 60


def stage() -> int:
    """Make a world; gives its number."""
    from bascule import planning, standings
    from bascule.models import Wave
    from tests.factories import make_agent, make_establishment, make_wave

    number = next(_numbers)
    day = planning.today() + timedelta(days=30)
    a, b = f"race-{number}-a", f"race-{number}-b"
    wave = make_wave(a, b, day=day, name=f"W {number}")
    make_wave(a, day=day + timedelta(days=30), name=f"General {number}")
    other = make_wave(day=day + timedelta(days=60), name=f"Other {number}")
    here, there = (make_establishment(uai=f"{number:06d}{one}Z", name=f"Place {one}") for one in (1, 2))
    other.establishments.add(there)
    people = [
        make_agent(f"a1-{number}@races.example", population=a, establishment=here),
        make_agent(f"a2-{number}@races.example", population=a, establishment=there),
        make_agent(f"b1-{number}@races.example", population=b),
    ]
    standings.refresh(people)
    assert Wave.objects.filter(standings__agent__in=people).distinct().count() == 2, wave
    return number


def prepared(act: str, number: int, staff_id: int) -> Callable[[], Any]:
    """The act, by somebody who has looked at the world as it was staged."""
    from accounts.models import Agent, Establishment, Population
    from bascule.models import Wave
    from bascule.waves import editing, members, running, splitting, when_text
    from bascule.waves.editing import Wanted

    by = Agent.objects.get(pk=staff_id)
    wave, other = (Wave.objects.get(name=f"{name} {number}") for name in ("W", "Other"))
    wave_id, other_id, day = wave.pk, other.pk, wave.date
    assert day is not None
    codes = dict(Population.objects.filter(code__startswith=f"race-{number}-").values_list("code", "pk"))
    a, b = codes[f"race-{number}-a"], codes[f"race-{number}-b"]
    person = Agent.objects.get(address=f"a1-{number}@races.example")
    here = Establishment.objects.get(uai=f"{number:06d}1Z")

    def wanted(name: str, on: date) -> Wanted:
        return Wanted(f"{name} {number}", when_text.When(on, on), frozenset({a, b}))

    seen: dict[str, Any] = {"wave_id": wave_id, "version": 1, "by": by}
    acts: dict[str, Callable[[], Any]] = {
        "rename": lambda: editing.change(**seen, wanted=wanted("Renamed", day)),
        "put off": lambda: editing.change(**seen, wanted=wanted("W", day + timedelta(days=45))),
        "places": lambda: editing.change_places(**seen, add=[here.pk], remove=[]),
        "split": lambda: splitting.by_populations(**seen, populations=[b], name=f"New {number}", when=None),
        "merge": lambda: splitting.merge(wave_id=other_id, version=1, other_id=wave_id, by=by),
        "delete": lambda: editing.delete(**seen),
        "freeze": lambda: running.freeze(wave=wave, by=by, version=1),
        "in": lambda: members.move(persons=[person], wave_id=wave_id, reason="", by=by),
        "out": lambda: members.move(persons=[person], wave_id=other_id, reason="", by=by),
        "follow": lambda: members.follow_rule(persons=[person], by=by),
    }
    return acts[act]


def outcome(do: Callable[[], Any]) -> str:
    from bascule.waves.states import WaveError

    try:
        do()
    except (WaveError, DatabaseError) as error:
        return type(error).__name__
    return "done"


def perform(act: str, staff_id: int, worlds: list[int], together: Barrier) -> list[str]:
    """One hand's act in each of the worlds, at the same moment as the others'."""
    outcomes = []
    for number in worlds:
        do = prepared(act, number, staff_id)
        together.wait(WAIT_SECONDS)
        outcomes.append(outcome(do))
    return outcomes


def in_turn(acts: list[str], staff_id: int) -> list[dict[str, Any]]:
    """What each order of `acts` leaves, with the outcomes in the order of `acts`."""
    found = []
    for order in permutations(range(len(acts))):
        number = stage()
        ready = [prepared(act, number, staff_id) for act in acts]
        outcomes = [""] * len(acts)
        for place in order:
            outcomes[place] = outcome(ready[place])
        found.append(look(number, outcomes))
    return found


def look(number: int, outcomes: list[str]) -> dict[str, Any]:
    """The planning of the world, its people and its journal, without the world's number."""
    from accounts.models import JournalEntry
    from bascule.models import Standing, Wave, WaveAssignment

    def plain(text: str) -> str:
        return text.replace(f" {number}", "").replace(f"-{number}", "").replace("@races.example", "")

    waves = Wave.objects.filter(name__endswith=f" {number}").prefetch_related("populations", "establishments")
    people = Standing.objects.filter(agent__address__endswith=f"-{number}@races.example").select_related(
        "agent", "wave"
    )
    chosen = WaveAssignment.objects.filter(agent__address__endswith=f"-{number}@races.example")
    entries = JournalEntry.objects.filter(target_label__endswith=f" {number}")
    return {
        "outcomes": outcomes,
        "waves": sorted(
            [
                plain(wave.name),
                wave.state,
                wave.version,
                str(wave.date),
                sorted(plain(row.code) for row in wave.populations.all()),
                sorted(place.name for place in wave.establishments.all()),
            ]
            for wave in waves
        ),
        "people": sorted(
            [plain(row.agent.address), plain(row.wave.name) if row.wave else "", row.why] for row in people
        ),
        "chosen": sorted(plain(row.wave.name) for row in chosen.select_related("wave")),
        "journal": sorted(entries.values_list("action", flat=True)),
    }
