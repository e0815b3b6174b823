"""A reminder begins with the filters of the list of people who do not get on."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent
from bascule import standings, steps
from bascule.models import ReminderTemplate, Standing, Wave
from bascule.reminders import audiences, from_list
from bascule.reminders.form import Filled
from bascule.tracking import stuck
from tests.bascule.reminders.cast import people, wave_of_all
from tests.each import each
from tests.factories import make_agent, make_establishment

pytestmark = pytest.mark.django_db

BEFORE = steps.STEPS[0].code
AFTER = next(step.code for step in steps.STEPS if not step.is_before)


@pytest.fixture
def wave() -> Wave:
    """People at every point of the move, at two places and of two populations."""
    wave = wave_of_all()
    marks = (0, standings.bit(BEFORE), standings.BEFORE, standings.BEFORE | standings.bit(AFTER))
    marks += (standings.BEFORE | standings.AFTER,)
    for place in (make_establishment(), make_establishment()):
        for population in ("first-degree", "second-degree"):
            for moved in (None, timezone.now()):
                for done in marks:
                    [agent] = people(population=population, establishment=place)
                    Standing.objects.filter(agent=agent).update(
                        wave=wave, migrated_at=moved, done=done if moved else done & standings.BEFORE
                    )
    return wave


def query(**fields: Any) -> QueryDict:
    found = QueryDict(mutable=True)
    found.update({name: str(value) for name, value in fields.items()})
    return found


def of_list(wave: Wave, asked: QueryDict) -> set[int]:
    rows = stuck.choose(
        wave,
        state=asked.get("etat", ""),
        step=asked.get("etape", ""),
        how=asked.get("comment", ""),
        place=int(asked["etablissement"]) if "etablissement" in asked else None,
        population=int(asked["population"]) if "population" in asked else None,
        days=int(asked["jours"]) if "jours" in asked else None,
        text=asked.get("recherche", ""),
    )
    return set(rows.values_list("pk", flat=True))


def of_reminder(wave: Wave, asked: QueryDict) -> tuple[set[int], bool]:
    found = Filled()
    is_the_same = from_list.fill(found, wave, asked)
    assert found.waves == {wave.pk}
    audience = found.wish.audience
    audiences.check(audience)
    return set(audiences.people(audience, wave).values_list("pk", flat=True)), is_the_same


def test_an_audience_that_claims_to_be_the_list_is_the_list(wave: Wave) -> None:
    place, population = Standing.objects.values_list("establishment", "population").first() or (0, 0)
    said: dict[bool, int] = {True: 0, False: 0}
    for phase in (Wave.State.PLANNED, Wave.State.UNDER_WAY):
        wave.state = phase
        for state in stuck.STATES:
            for step in ("", BEFORE, AFTER):
                for how in ("", *stuck.STEP_STATES) if step else ("",):
                    for more in ({}, {"etablissement": place, "population": population}):
                        asked = query(etat=state, etape=step, comment=how, **more)
                        reached, is_the_same = of_reminder(wave, asked)
                        said[is_the_same] += 1
                        assert not is_the_same or reached == of_list(wave, asked), asked.dict()
    assert min(said.values()) > 20


@each(
    "asked",
    [
        {"etat": "untouched"},
        {"etat": "unfinished"},
        {"etat": "waiting"},
        {"etape": BEFORE, "comment": "open"},
        {"etape": AFTER},
    ],
)
def test_these_are_taken_over_as_they_are(wave: Wave, asked: dict[str, str]) -> None:
    reached, is_the_same = of_reminder(wave, query(**asked))
    assert is_the_same
    assert reached == of_list(wave, query(**asked)) != set()


def test_whoever_is_behind_in_a_wave_that_has_not_moved_is_taken_over(wave: Wave) -> None:
    assert not of_reminder(wave, query())[1]
    Standing.objects.filter(migrated_at__isnull=False).update(is_active=False)
    reached, is_the_same = of_reminder(wave, query())
    assert is_the_same
    assert reached == of_list(wave, query()) != set()


@each(
    "asked",
    [
        {"jours": 7},
        {"recherche": "payet"},
        {"comment": "held_up", "etape": BEFORE},
        {"etat": "ready"},
        {"etablissement": 0},
    ],
)
def test_what_an_audience_cannot_say_is_told(wave: Wave, asked: dict[str, object]) -> None:
    assert not of_reminder(wave, query(**asked))[1]


@each("text", ["zz", "9" * 30, "-1", "9740001Z"])
def test_rubbish_is_told_and_reaches_nobody_else(wave: Wave, text: str) -> None:
    found = Filled()
    is_the_same = from_list.fill(found, wave, query(etablissement=text, population=text, etape=text))
    assert (found.establishments, found.populations, found.steps) == ("", frozenset(), frozenset())
    assert not is_the_same


def test_the_form_opens_with_them_and_says_what_it_could_not_take_over(client: Client, wave: Wave) -> None:
    staff: Agent = make_agent(is_staff=True, population="dsi")
    client.force_login(staff)
    exact = client.get(reverse("reminder_new"), {"vague": wave.pk, "etape": BEFORE}).content.decode()
    assert 'value="any_of" selected' in exact
    assert f'value="{BEFORE}" checked' in exact
    assert "form-warning" not in exact
    near = client.get(reverse("reminder_new"), {"vague": wave.pk, "jours": 7}).content.decode()
    assert "form-warning" in near
    template = ReminderTemplate.objects.exclude(subject="").first()
    assert template is not None
    hidden = f'<input type="hidden" name="etape" value="{BEFORE}">'
    assert hidden in exact
    both = client.get(
        reverse("reminder_new"), {"vague": wave.pk, "etape": BEFORE, "modele": template.pk}
    ).content.decode()
    assert template.subject in both
    assert f'value="{BEFORE}" checked' in both
