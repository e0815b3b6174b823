"""Who is in which wave and how far: the rows must say what the rules say for one person, whatever the planning."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.directory import after
from accounts.models import Agent, DirectoryImport
from bascule import checklist, planning, standings, steps
from bascule.models import Standing, StepState, Wave
from tests.factories import assign, make_agent, make_establishment, make_moved_agent, make_wave

pytestmark = pytest.mark.django_db

W = Standing.Why


def standing(agent: Agent) -> Standing:
    return Standing.objects.select_related("wave").get(agent=agent)


def test_strongest_rule_wins() -> None:
    school, other = make_establishment(), make_establishment()
    by_population = make_wave("first-degree", day=date(2030, 3, 1))
    by_place, by_both = make_wave(day=date(2030, 4, 1)), make_wave("first-degree", day=date(2030, 5, 1))
    by_hand = make_wave(day=date(2030, 6, 1))
    by_place.establishments.add(school)
    by_both.establishments.add(school)
    people = {
        W.POPULATION: (make_agent(establishment=other), by_population),
        W.PLACE: (make_agent(establishment=school, population="dsi"), by_place),
        W.PLACE_AND_POPULATION: (make_agent(establishment=school), by_both),
        W.HAND: (make_agent(establishment=school), by_hand),
        W.NONE: (make_agent(population="dsi"), None),
    }
    assign(people[W.HAND][0], by_hand)
    assert standings.refresh() == 9  # five rows made, four of them placed
    for why, (agent, wave) in people.items():
        assert (standing(agent).wave, standing(agent).why) == (wave, why)
        assert planning.wave_of(agent) == (wave, why == W.HAND)
    assert standings.refresh() == 0


@pytest.mark.parametrize("seed", range(6))
def test_rows_say_what_the_rules_say_for_one_person(seed: int) -> None:
    chance = random.Random(seed)
    schools = [make_establishment() for _ in range(4)]
    codes = ["first-degree", "dsi", "correspondents"]
    agents = [
        make_agent(population=chance.choice(codes), establishment=chance.choice([None, *schools])) for _ in range(20)
    ]
    waves = []
    for _ in range(7):
        wave = make_wave(
            *chance.sample(codes, chance.randrange(3)), day=date(2030, 1, 1) + timedelta(days=chance.randrange(9))
        )
        wave.establishments.set(chance.sample(schools, chance.choice([0, 0, 2])))
        wave.state = chance.choice([Wave.State.PLANNED, Wave.State.PLANNED, Wave.State.DONE])
        wave.save()
        waves.append(wave)
    for agent in chance.sample(agents, 4):
        assign(agent, chance.choice(waves))

    def agree() -> None:
        standings.refresh()
        many = planning.waves_of(agents)
        for agent in agents:
            agent.refresh_from_db()
            row = standing(agent)
            assert (row.wave, row.why == W.HAND) == planning.wave_of(agent), row.why
            assert row.wave == many.get(agent.pk)

    agree()
    # Some lists are closed, some people have moved, then the planning is turned over.
    Wave.objects.filter(pk__in=[wave.pk for wave in chance.sample(waves, 3)]).update(state=Wave.State.FROZEN)
    Agent.objects.filter(pk__in=[agent.pk for agent in chance.sample(agents, 5)]).update(migrated_at=timezone.now())
    agree()
    for wave in waves:
        wave.establishments.set(chance.sample(schools, chance.choice([0, 1])))
    agree()


def test_whoever_is_in_a_closed_wave_or_has_moved_stays() -> None:
    frozen = make_wave("first-degree", day=date(2030, 3, 1))
    stays, moves = make_agent(), make_agent()
    moved = make_moved_agent()
    standings.refresh()
    frozen.state = Wave.State.FROZEN
    frozen.save()
    for agent in (stays, moves, moved):
        agent.population = make_agent(population="dsi").population
        agent.save()
    other = make_wave("dsi", day=date(2030, 4, 1))
    assign(moves, other)
    assign(moved, other)
    standings.refresh()
    assert [standing(agent).wave for agent in (stays, moves, moved)] == [frozen, other, frozen]
    assert standing(stays).population.code == "dsi"
    frozen.state = Wave.State.PLANNED
    frozen.save()
    standings.refresh()
    assert standing(stays).wave == other


def test_steps_are_taken_over_one_by_one_and_for_newcomers() -> None:
    agent, late = make_agent(), make_agent()
    checklist.mark_done(agent=agent, step="note-devices", by=agent)
    checklist.mark_not_concerned(agent=agent, step="capture-filters", by=agent)
    row = standing(agent)
    assert (row.done, row.skipped) == (standings.bit("note-devices"), standings.bit("capture-filters"))
    assert row.last_at is not None
    checklist.reopen(agent=agent, step="note-devices", by=agent)
    assert standing(agent).done == 0
    for step in steps.STEPS:
        StepState.objects.create(agent=late, step=step.code, state=StepState.State.DONE)
    standings.refresh([late])
    assert standing(late).done == standings.BEFORE | standings.AFTER
    assert standing(late).last_at is not None


def test_an_import_of_the_directory_is_followed() -> None:
    agent, wave = make_agent(), make_wave("first-degree", day=date(2030, 3, 1))
    after.follow(DirectoryImport(kind="people"))
    assert standing(agent).wave == wave


def test_names_follow_the_directory() -> None:
    agent = make_agent(given_name="Zoé", family_name="Lefèvre")
    standings.refresh()
    assert (standing(agent).name, standing(agent).search_text) == ("Lefèvre Zoé", agent.search_text)
    agent.family_name = "Ah-Kiem"
    agent.save()
    assert standings.refresh() == 1
    assert (standing(agent).name, standing(agent).search_text) == ("Ah-Kiem Zoé", agent.search_text)


def test_only_those_named_are_refreshed() -> None:
    one, other = make_agent(), make_agent()
    assert standings.refresh([]) == 0
    standings.refresh([one])
    assert list(Standing.objects.values_list("agent", flat=True)) == [one.pk]
    assert not Standing.objects.filter(agent=other).exists()
