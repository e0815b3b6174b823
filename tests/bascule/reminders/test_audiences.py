"""Who gets a reminder: each choice, on the same people."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Agent
from bascule import standings, steps
from bascule.models import Deposit, ReminderMail, Standing, StepState
from bascule.reminders import audiences
from bascule.reminders.audiences import Audience, AudienceError, Moved, What
from boxes.models import CensusSheet
from tests.bascule.reminders.cast import make_reminder, people, wave_of_all
from tests.factories import make_box, make_establishment

pytestmark = pytest.mark.django_db

BEFORE = [step.code for step in steps.STEPS if step.is_before]
AFTER = [step.code for step in steps.STEPS if not step.is_before]


def close(agent: Agent, *codes: str, state: str = StepState.State.DONE) -> None:
    StepState.objects.bulk_create(StepState(agent=agent, step=code, state=state) for code in codes)


def test_each_audience_names_its_people() -> None:
    wave, place, other_place = wave_of_all(), make_establishment(uai="9740001A"), make_establishment(uai="9740002B")
    nothing, some, ready = people(1)[0], people(1, establishment=place)[0], people(1)[0]
    close(some, "export-calendar")
    close(ready, *BEFORE[:3])
    close(ready, *BEFORE[3:], state=StepState.State.NOT_CONCERNED)
    Deposit.objects.create(agent=some, name="a.ics", size=1, sha256="x")
    now = timezone.now()
    moved, finished = people(2, migrated_at=now)
    close(finished, *AFTER)
    [head] = people(1, establishment=place, function="DIR")
    [sent] = people(1, establishment=other_place, function="DIR")
    make_box(establishment=place)
    make_box(establishment=other_place)
    CensusSheet.objects.create(establishment=other_place, state=CensusSheet.State.SUBMITTED)
    people(1, is_active=False)
    people(1, population="second-degree")
    # Rows are made once; what was closed since then is taken over as the clock does for whoever is new.
    Standing.objects.all().delete()
    standings.refresh()
    reminder = make_reminder(wave, plan=False)
    ReminderMail.objects.create(reminder=reminder, agent=nothing, state=ReminderMail.State.SENT, at=now)
    ReminderMail.objects.create(
        reminder=reminder, agent=some, state=ReminderMail.State.SENT, at=now - dt.timedelta(days=8)
    )
    everybody = {nothing, some, ready, moved, finished, head, sent}
    table: list[tuple[Audience, set[Agent]]] = [
        (Audience(), everybody),
        (Audience(moved=Moved.NO), everybody - {moved, finished}),
        (Audience(moved=Moved.YES), {moved, finished}),
        (Audience(What.NOT_STARTED), everybody - {some, ready, finished}),
        (Audience(What.NOTHING_DEPOSITED), everybody - {some}),
        (Audience(What.BEFORE), {nothing, some, head, sent}),
        (Audience(What.AFTER), {moved}),
        (Audience(What.ANY_OF, steps=("export-calendar", "save-signature")), everybody - {ready}),
        (Audience(What.ALL_OF, steps=("export-calendar", "save-signature")), everybody - {ready, some}),
        (Audience(What.CENSUS), {head}),
        (Audience(populations=("first-degree",)), everybody),
        (Audience(populations=("dsi",)), set()),
        (Audience(establishments=("9740001A",)), {some, head}),
        (Audience(What.BEFORE, establishments=("9740001A",), populations=("first-degree",)), {some, head}),
        (Audience(quiet_days=7), everybody - {nothing}),
        (Audience(quiet_days=9), everybody - {nothing, some}),
    ]
    for audience, wanted in table:
        found = {row.agent for row in audiences.people(audience, wave).select_related("agent")}
        assert found == wanted, audience
        assert Audience.read(audience.kept()) == audience


@pytest.mark.parametrize(
    ("audience", "wrong"),
    [
        (Audience(What.ANY_OF), "Cochez au moins une étape"),
        (Audience(establishments=("9749999Z",)), "9749999Z"),
        (Audience(populations=("gone",)), "n’existe plus"),
        (Audience(What.AFTER, moved=Moved.NO), "déjà transférées"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(audience: Audience, wrong: str) -> None:
    with pytest.raises(AudienceError) as refused:
        audiences.check(audience)
    assert wrong in refused.value.sentence


def test_a_count_is_bounded() -> None:
    wave = wave_of_all()
    people(3)
    assert audiences.count(audiences.people(Audience(), wave), most=2) == 3
    assert audiences.count(audiences.people(Audience(), wave)) == 3
