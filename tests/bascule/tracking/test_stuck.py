"""Lists of people must be those that the figures count."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from bascule import checklist, standings, steps
from bascule.models import Standing
from bascule.tracking import figures, stuck
from tests.bascule.tracking.test_figures import random_person
from tests.factories import make_agent, make_establishment, make_moved_agent, make_wave

pytestmark = pytest.mark.django_db


def test_each_figure_leads_to_so_many_people() -> None:
    chance = random.Random(4)
    wave = make_wave("dsi")
    people = [random_person(chance, population="dsi") for _ in range(16)]
    random_person(chance, population="first-degree")
    standings.refresh()
    figures.refresh_wave(wave.pk)
    figure = figures.figure_of(wave)
    for state in set(stuck.STATES) - {"", "all", "waiting"}:
        assert stuck.choose(wave, state=state).count() == getattr(figure, state), state
    assert stuck.choose(wave, state="waiting").count() == figure.people - figure.moved
    assert stuck.choose(wave, state="all").count() == figure.people == len(people)
    late = stuck.choose(wave)
    assert late.count() == figure.untouched + figure.started + figure.unfinished
    for step in steps.STEPS:
        done, skipped, held_up = figure.of_step(step.code)
        total = figure.people if step.is_before else figure.moved
        counts = [stuck.choose(wave, step=step.code, how=how).count() for how in stuck.STEP_STATES]
        assert counts == [total - done - skipped, held_up, done, skipped], step.code
    # Who is late is told the step that their own checklist asks for next, among those of the phase they are in.
    for row in late:
        seen = checklist.checklist_for(row.agent, timezone.localdate())
        assert seen.next_step is not None
        assert stuck.held(row).step == seen.next_step.step


def test_filters_and_orders() -> None:
    school = make_establishment(uai="9740777Z")
    wave = make_wave("dsi", "first-degree")
    now = timezone.now()
    old = make_moved_agent(
        "zoe.adam@ac-reunion.fr",
        given_name="Zoé",
        family_name="Adam",
        population="dsi",
        establishment=school,
        migrated_at=now - timedelta(days=40),
    )
    new = make_moved_agent(given_name="Ali", family_name="Zitte", population="dsi", migrated_at=now - timedelta(days=2))
    never = make_agent(given_name="Léa", family_name="Morel")
    standings.refresh()
    Standing.objects.filter(agent=new).update(last_at=now - timedelta(days=1))

    def names(**asked: object) -> list[str]:
        return [row.agent.family_name for row in stuck.choose(wave, **asked)]  # type: ignore[arg-type]

    assert names() == ["Morel", "Adam", "Zitte"]
    assert names(sort="recent") == ["Zitte", "Adam", "Morel"]
    assert names(sort="name") == ["Adam", "Morel", "Zitte"]
    assert names(sort="place")[0] == "Adam"
    assert names(days=7) == ["Morel", "Adam"]
    assert names(text="ZOE adam") == ["Adam"]
    assert names(place=school.pk) == ["Adam"]
    assert set(names(place=0)) == {"Morel", "Zitte"}
    assert names(population=never.population_id) == ["Morel"]
    assert names(step="rubbish", how="rubbish", state="rubbish") == names()
    told = {row.agent: stuck.held(row) for row in stuck.choose(wave)}
    assert (told[old].days, told[old].since_told, told[old].open_steps) == (40, "il y a 40 jours", 7)
    assert (told[new].since_told, told[never].since_told) == ("hier", "jamais venue")
    assert told[never].state_label == "Rien de commencé"
