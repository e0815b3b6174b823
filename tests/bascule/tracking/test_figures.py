"""Figures of waves must say what the checklist says of each person, whatever they did and whoever counts."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent
from bascule import checklist, standings, steps
from bascule.models import Deposit, Import, ReadCollection, Replay, Standing, StepState, Wave, WaveDay, WaveFigure
from bascule.tracking import figures
from tests.factories import make_agent, make_establishment, make_wave

pytestmark = pytest.mark.django_db

Dimension = WaveFigure.Dimension


def make_import(agent: Agent, state: str, *, collection: ReadCollection | None = None, **fields: object) -> Import:
    values = {"kind": "contacts", "folder_name": "Contacts", "total": 1}
    return Import.objects.create(agent=agent, state=state, collection=collection, **(values | fields))


def make_deposit(agent: Agent, state: str = "read", **fields: object) -> Deposit:
    number = Deposit.objects.count()
    values = {"name": f"carnet{number}.vcf", "size": 10, "sha256": str(number)}
    return Deposit.objects.create(agent=agent, state=state, **(values | fields))


def make_collection(agent: Agent) -> ReadCollection:
    return ReadCollection.objects.create(deposit=make_deposit(agent), position=0, kind="contacts", item_count=1)


def make_replay(agent: Agent, state: str, kind: str = "filters", **fields: object) -> Replay:
    return Replay.objects.create(agent=agent, state=state, kind=kind, plan=b"", **fields)


def random_person(chance: random.Random, **fields: object) -> Agent:
    """Somebody at any point of the way: what is after the move is closed by whoever has moved only."""
    moved = chance.random() < 0.5
    agent = make_agent(migrated_at=timezone.now() if moved else None, **fields)
    keen = chance.choice([0, 0.5, 0.9, 1])
    for step in steps.STEPS:
        if (moved or step.is_before) and chance.random() < keen:
            state = chance.choice([StepState.State.DONE, StepState.State.NOT_CONCERNED, StepState.State.DONE])
            StepState.objects.create(agent=agent, step=step.code, state=state)
    return agent


def naive(people: list[Agent]) -> Counter[str]:
    """The counts from the checklist of each person."""
    found: Counter[str] = Counter()
    for agent in people:
        seen = checklist.checklist_for(agent, timezone.localdate())
        before, after = seen.before, seen.after
        found["people"] += 1
        found["prepared"] += before.closed == 6
        if agent.has_migrated:
            found["moved"] += 1
            found["complete"] += after.closed == 7
            found["moved_untouched"] += after.closed == 0
        else:
            found["untouched"] += before.closed == 0
            found["ready"] += before.closed == 6
            found["started"] += 0 < before.closed < 6
        for view in (*before.steps, *after.steps):
            found[f"{view.step.code} done"] += view.state == StepState.State.DONE
            found[f"{view.step.code} skipped"] += view.state == StepState.State.NOT_CONCERNED
        if seen.next_step is not None:
            found[f"{seen.next_step.step.code} held up"] += 1
    return +found


def counted(row: WaveFigure) -> Counter[str]:
    found = Counter(
        {
            name: getattr(row, name)
            for name in ("people", "prepared", "moved", "complete", "moved_untouched", "untouched", "ready", "started")
        }
    )
    for step in steps.STEPS:
        for name, number in zip(("done", "skipped", "held up"), row.of_step(step.code), strict=True):
            found[f"{step.code} {name}"] = number
    return +found


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_every_single_checklist(seed: int) -> None:
    chance = random.Random(seed)
    places = [None, make_establishment(), make_establishment()]
    wave = make_wave("first-degree", "dsi")
    people = [
        random_person(chance, population=chance.choice(["first-degree", "dsi"]), establishment=chance.choice(places))
        for _ in range(14)
    ]
    random_person(chance, population="dsi", is_active=False)
    standings.refresh()
    assert figures.refresh_wave(wave.pk)
    assert counted(figures.figure_of(wave)) == naive(people)
    for place in places:
        here = [agent for agent in people if agent.establishment == place]
        row = WaveFigure.objects.filter(dimension=Dimension.ESTABLISHMENT, key=place.pk if place else 0).first()
        assert (counted(row) if row else Counter()) == naive(here)
    for code in ("first-degree", "dsi"):
        here = [agent for agent in people if agent.population.code == code]
        row = (
            WaveFigure.objects.filter(dimension=Dimension.POPULATION, key=here[0].population_id).first()
            if here
            else None
        )
        assert (counted(row) if row else Counter()) == naive(here)


def test_files_and_jobs_of_the_wave_are_counted_and_what_was_begun_anew_is_not_a_failure() -> None:
    wave, agent, stranger = make_wave("dsi"), make_agent(population="dsi"), make_agent()
    make_deposit(agent, "unreadable")
    again, stopped = make_collection(agent), make_collection(agent)
    make_import(agent, "failed", collection=again)
    make_import(agent, "done", collection=again)
    make_import(agent, "failed", collection=stopped)
    make_import(agent, "queued", retry_at=timezone.now())
    make_import(agent, "undone")
    make_replay(agent, "failed")
    make_replay(agent, "done")
    make_replay(agent, "failed", kind="signatures")
    make_deposit(stranger, "unreadable")
    standings.refresh()
    figures.refresh_wave(wave.pk)
    row = figures.figure_of(wave)
    assert (row.deposits, row.unreadable) == (3, 1)
    assert (row.imports, row.imports_done, row.imports_failed, row.imports_waiting) == (4, 1, 1, 1)
    assert (row.replays, row.replays_done, row.replays_failed) == (3, 1, 1)
    assert row.failed == figures.failed_total() == 3


def test_counting_again_follows_people_and_writes_what_has_changed_only() -> None:
    school, other = make_establishment(), make_establishment()
    wave = make_wave("dsi")
    agent, leaver = (
        make_agent(population="dsi", establishment=school),
        make_agent(population="dsi", establishment=other),
    )
    standings.refresh()
    for _ in range(2):
        figures.refresh_wave(wave.pk)
        assert WaveFigure.objects.filter(wave=wave).count() == 4
    before = dict(WaveFigure.objects.values_list("key", "pk"))
    leaver.is_active = False
    leaver.save()
    checklist.mark_done(agent=agent, step="note-boxes", by=agent)
    standings.refresh()
    figures.refresh_wave(wave.pk)
    rows = {row.key: row for row in WaveFigure.objects.filter(wave=wave)}
    assert set(rows) == {0, school.pk, agent.population_id}
    assert rows[school.pk].pk == before[school.pk]
    assert {row.people for row in rows.values()} == {row.started for row in rows.values()} == {1}
    day = WaveDay.objects.get(wave=wave)
    assert (day.day, day.people, day.started) == (timezone.localdate(), 1, 1)
    assert figures.people_by_wave() == {wave.pk: 1}


def test_wave_that_is_gone_is_left_alone() -> None:
    assert not figures.refresh_wave(987654)
    assert not WaveFigure.objects.exists()


def test_wave_is_due_when_something_changed_in_it_and_its_rest_is_over() -> None:
    wave, quiet = make_wave("dsi"), make_wave("first-degree")
    agent = make_agent(population="dsi")
    make_agent()
    standings.refresh()
    assert figures.due() == [wave.pk, quiet.pk]
    for one in (wave, quiet):
        figures.refresh_wave(one.pk)
    long_ago = timezone.now() - timedelta(hours=1)
    Standing.objects.update(changed_at=long_ago)
    WaveFigure.objects.update(computed_at=long_ago + timedelta(minutes=30), cost_ms=100)
    assert figures.due() == []
    standings.mark_activity(agent.pk)
    assert figures.due() == [wave.pk]
    # A change noted shortly before the count may have been committed after it.
    noted = Standing.objects.get(agent=agent).changed_at
    WaveFigure.objects.update(computed_at=noted + timedelta(minutes=1))
    assert figures.due() == []  # counted in the future: its rest is not over
    shift = timedelta(minutes=10)
    Standing.objects.filter(agent=agent).update(changed_at=noted - shift)
    WaveFigure.objects.update(computed_at=noted - shift + timedelta(minutes=1))
    assert figures.due() == [wave.pk]
    WaveFigure.objects.update(computed_at=noted - shift + timedelta(minutes=3))
    assert figures.due() == []


def test_figures_that_nobody_counts_are_told_to_be_behind() -> None:
    wave, agent = make_wave("dsi"), make_agent(population="dsi")
    assert figures.is_behind(figures.figure_of(wave))
    standings.refresh()
    figures.refresh_wave(wave.pk)
    assert not figures.is_behind(figures.figure_of(wave))
    now = timezone.now()
    WaveFigure.objects.update(computed_at=now - timedelta(minutes=20), cost_ms=1)
    Standing.objects.filter(agent=agent).update(changed_at=now - timedelta(minutes=10))
    assert figures.is_behind(figures.figure_of(wave))
    Standing.objects.filter(agent=agent).update(changed_at=now - timedelta(minutes=30))
    assert not figures.is_behind(figures.figure_of(wave))


def test_wave_that_people_left_is_counted_again() -> None:
    left, joined = make_wave("dsi", state=Wave.State.PLANNED), make_wave("first-degree")
    agent = make_agent(population="dsi")
    standings.refresh()
    for one in (left, joined):
        figures.refresh_wave(one.pk)
    agent.population = make_agent().population
    agent.save()
    long_ago = timezone.now() - timedelta(hours=1)
    WaveFigure.objects.update(computed_at=long_ago)
    Standing.objects.update(changed_at=long_ago - timedelta(hours=1))
    standings.refresh([agent])
    assert set(figures.due()) == {left.pk, joined.pk}
    assert Standing.objects.get(agent=agent).wave == joined
