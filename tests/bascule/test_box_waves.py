from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent, Establishment
from bascule import box_waves, planning
from bascule.models import Wave
from boxes import wave_source
from boxes.models import Box
from tests.factories import assign, make_agent, make_box, make_establishment, make_wave

pytestmark = pytest.mark.django_db


def make_place(code: str, **fields) -> tuple[Establishment, Agent]:
    place = make_establishment()
    return place, make_agent(establishment=place, function=Agent.Function.HEAD, population=code, **fields)


def taking(*codes: str, day: date) -> Wave:
    return make_wave(*codes, day=day, takes_boxes=True)


def wave_of(box: Box) -> Wave | None:
    found = box_waves.wave_of_boxes([box]).get(box.pk)
    of = [wave for wave in Wave.objects.all() if box_waves.boxes_of(wave).filter(pk=box.pk).exists()]
    assert of == ([found] if found else []), "the two ways to ask agree"
    return found


def test_a_box_goes_with_the_head_of_its_establishment() -> None:
    first, last = taking("first-degree", day=date(2030, 6, 1)), taking("dsi", day=date(2030, 10, 1))
    school, _ = make_place("first-degree")
    service, _ = make_place("dsi")
    assert wave_of(make_box(establishment=school)) == first
    assert wave_of(make_box(establishment=service)) == last


def test_a_box_without_establishment_or_active_head_goes_last() -> None:
    taking("first-degree", day=date(2030, 6, 1))
    last = taking("dsi", day=date(2030, 10, 1))
    place, _ = make_place("first-degree", is_active=False)
    make_agent(establishment=place)
    assert wave_of(make_box()) == last
    assert wave_of(make_box(establishment=place)) == last


def test_a_head_whom_staff_moved_takes_the_boxes_along() -> None:
    taking("first-degree", day=date(2030, 6, 1))
    other = taking("dsi", day=date(2030, 8, 1))
    taking("correspondents", day=date(2030, 10, 1))
    place, head = make_place("first-degree")
    assign(head, other)
    assert wave_of(make_box(establishment=place)) == other


def test_a_head_whose_wave_takes_no_boxes_leaves_them_to_the_last() -> None:
    make_wave("first-degree", day=date(2030, 6, 1))
    last = taking("dsi", day=date(2030, 10, 1))
    place, _ = make_place("first-degree")
    assert wave_of(make_box(establishment=place)) == last


def test_of_two_heads_the_earliest_counts() -> None:
    early = taking("first-degree", day=date(2030, 6, 1))
    taking("dsi", day=date(2030, 10, 1))
    place, _ = make_place("dsi")
    make_agent(establishment=place, function=Agent.Function.HEAD, population="first-degree")
    assert wave_of(make_box(establishment=place)) == early


def test_while_no_wave_takes_boxes_none_has_one() -> None:
    wave = make_wave("first-degree", day=date(2030, 6, 1))
    place, _ = make_place("first-degree")
    box = make_box(establishment=place)
    assert wave_of(box) is None
    assert not box_waves.boxes_of(wave).exists()
    assert wave_source.choices() == []


def test_waves_of_many_agree_with_the_wave_of_one_and_cost_the_same() -> None:
    make_wave("first-degree", day=date(2030, 6, 1), state=Wave.State.DONE)
    make_wave("first-degree", day=date(2030, 7, 1))
    other = make_wave("dsi", day=date(2030, 8, 1))
    agents = [make_agent(), make_agent(population="dsi"), make_agent(population="correspondents"), make_agent()]
    assign(agents[3], other)
    with CaptureQueriesContext(connection) as queries:
        waves = planning.waves_of(agents)
    assert len(queries) == 4
    assert [waves.get(agent.pk) for agent in agents] == [planning.wave_of(agent)[0] for agent in agents]
    for number in range(5):
        place, _ = make_place("first-degree" if number % 2 else "dsi")
        make_box(establishment=place)
    with CaptureQueriesContext(connection) as queries:
        box_waves.wave_of_boxes(Box.objects.all())
    assert len(queries) <= 6


def test_pages_about_boxes_ask_by_number_and_name() -> None:
    first = taking("first-degree", day=date(2030, 6, 1))
    period = make_wave("dsi", takes_boxes=True)
    place, _ = make_place("first-degree")
    box = make_box(establishment=place)
    assert wave_source.choices() == [
        (period.pk, f"{period.name} (début mars)"),
        (first.pk, f"{first.name} (1 juin 2030)"),
    ]
    assert list(wave_source.boxes_of(first.pk)) == [box]
    assert not wave_source.boxes_of(10**6).exists()
    assert wave_source.labels([box]) == {box.pk: first.name}


def test_planned_days_in_words() -> None:
    make_wave("first-degree", day=date(2030, 6, 12))
    make_wave("dsi")
    make_wave("correspondents", day=date(2029, 1, 1), state=Wave.State.DONE)
    dated, vague, behind = make_agent(), make_agent(population="dsi"), make_agent(population="correspondents")
    days = planning.planned_days([dated, vague, behind])
    assert days == {dated.pk: "le 12 juin 2030", vague.pk: "début mars"}
