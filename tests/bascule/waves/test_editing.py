"""What staff write down of waves: who is taken by it follows, and whoever looked at an older state hears of it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ObjectDoesNotExist

from accounts.models import Agent, JournalEntry
from bascule import standings
from bascule.models import Standing, Wave
from bascule.waves import editing, splitting, states, trials, when_text
from bascule.waves.editing import Wanted
from bascule.waves.when_text import When
from tests.factories import assign, make_agent, make_establishment, make_moved_agent, make_wave, population

pytestmark = pytest.mark.django_db
MAY = When(date(2030, 5, 2), date(2030, 5, 2))
JUNE = when_text.read("début juin 2030", today=date(2030, 1, 1))


@pytest.fixture
def staff() -> Agent:
    return make_agent(is_staff=True, population="dsi")


def numbers(*codes: str) -> frozenset[int]:
    return frozenset(population(code).pk for code in codes)


def wave_of(agent: Agent) -> Wave | None:
    return Standing.objects.select_related("wave").get(agent=agent).wave


def test_a_wave_takes_its_people_when_it_is_made(staff: Agent) -> None:
    agent = make_agent()
    standings.refresh()
    made = editing.create(wanted=Wanted("  Premier\u00a0degré ", JUNE, numbers("first-degree"), True), by=staff)
    assert (made.wave.name, made.wave.period_label, made.wave.date) == ("Premier degré", "début juin 2030", None)
    assert wave_of(agent) == made.wave
    assert [(move.old, move.new, move.people) for move in made.moves] == [(None, made.wave.pk, 1)]
    entry = JournalEntry.objects.get(action="wave.created")
    assert (entry.target, entry.actor) == (f"wave:{made.wave.pk}", staff.address)


def test_a_whole_planning_is_written_or_nothing_of_it(staff: Agent) -> None:
    rows = [Wanted("Un", MAY), Wanted("un", JUNE)]
    with pytest.raises(editing.Refused, match="s’appelle déjà"):
        editing.create_many(rows=rows, by=staff)
    assert not Wave.objects.exists()
    assert not JournalEntry.objects.exists()


def test_a_changed_wave_is_told_to_whoever_looked_before(staff: Agent) -> None:
    wave = make_wave("first-degree", day=date(2030, 3, 1))
    changed = editing.change(wave_id=wave.pk, version=1, wanted=Wanted("Mai", MAY), by=staff).wave
    assert (changed.name, changed.date, changed.version, changed.changed_by) == ("Mai", date(2030, 5, 2), 2, staff)
    with pytest.raises(states.Changed) as refused:
        editing.change(wave_id=wave.pk, version=1, wanted=Wanted("Juin", JUNE), by=staff)
    assert f"« Mai » a été modifiée par {staff.full_name}" in refused.value.sentence
    # What is so already is no change.
    assert editing.change(wave_id=wave.pk, version=2, wanted=Wanted("Mai", MAY), by=staff).wave.version == 2
    assert JournalEntry.objects.filter(action="wave.changed").count() == 1


CLOSED = (Wave.State.FROZEN, Wave.State.UNDER_WAY)


@pytest.mark.parametrize("state", [*CLOSED, Wave.State.DONE])
def test_a_wave_that_is_not_planned_keeps_what_was_announced(staff: Agent, state: str) -> None:
    wave = make_wave("first-degree", day=date(2020, 5, 2), state=state, name="Mai")
    day = When(date(2020, 5, 2), date(2020, 5, 2))

    def change(**fields: object) -> Wave:
        values = {"name": "Mai", "when": day, "populations": numbers("first-degree")} | fields
        wanted = Wanted(**values)  # type: ignore[arg-type]
        return editing.change(wave_id=wave.pk, version=Wave.objects.get().version, wanted=wanted, by=staff).wave

    assert change(name="Mai 2020").name == "Mai 2020"
    for fields in ({"populations": numbers("dsi")}, {"takes_boxes": True}):
        with pytest.raises(editing.Refused):
            change(**fields)
    if state == Wave.State.DONE:
        assert change(when=When(date(2020, 5, 4), date(2020, 5, 4))).date == date(2020, 5, 4)
        with pytest.raises(editing.Refused, match="date à venir"):
            change(when=When(date(2999, 5, 4), date(2999, 5, 4)))
    else:
        with pytest.raises(editing.Refused, match="Repassez-la d’abord en planifiée"):
            change(when=JUNE)
    with pytest.raises(editing.Refused):
        editing.delete(wave_id=wave.pk, version=Wave.objects.get().version, by=staff)


def test_establishments_come_and_go_with_their_people(staff: Agent) -> None:
    here, there = make_establishment(), make_establishment()
    one, other = make_agent(establishment=here), make_agent(establishment=there)
    general, wave = make_wave("first-degree"), make_wave()
    standings.refresh()
    done = editing.change_places(wave_id=wave.pk, version=1, add=[here.pk, 999_999], remove=[], by=staff)
    assert (wave_of(one), wave_of(other)) == (wave, general)
    assert [(move.old, move.new, move.people) for move in done.moves] == [(general.pk, wave.pk, 1)]
    editing.change_places(wave_id=wave.pk, version=2, add=[there.pk], remove=[here.pk], by=staff)
    assert (wave_of(one), wave_of(other)) == (general, wave)


def test_people_of_a_deleted_wave_fall_back_to_the_rules(staff: Agent) -> None:
    general = make_wave("first-degree", day=date(2030, 9, 1))
    wave = make_wave("first-degree", day=date(2030, 3, 1))
    by_rule, by_hand = make_agent(), make_agent(population="dsi")
    assign(by_hand, wave)
    standings.refresh()
    counted = trials.tried(lambda: editing.delete(wave_id=wave.pk, version=1, by=staff))
    assert wave_of(by_rule) == wave
    assert sorted((move.new or 0, move.people) for move in counted) == [(0, 1), (general.pk, 1)]
    assert editing.delete(wave_id=wave.pk, version=1, by=staff) == counted
    assert (wave_of(by_rule), wave_of(by_hand)) == (general, None)
    with pytest.raises(states.Gone):
        editing.delete(wave_id=wave.pk, version=1, by=staff)


def test_a_wave_that_people_moved_with_is_not_deleted(staff: Agent) -> None:
    wave = make_wave("first-degree")
    make_moved_agent()
    standings.refresh()
    with pytest.raises(editing.Refused, match="ont basculé"):
        editing.delete(wave_id=wave.pk, version=1, by=staff)


def test_only_staff_change_the_planning() -> None:
    wave, stranger = make_wave(), make_agent()
    for act in (
        lambda: editing.create(wanted=Wanted("Mai", MAY), by=stranger),
        lambda: editing.change(wave_id=wave.pk, version=1, wanted=Wanted("Mai", MAY), by=stranger),
        lambda: editing.change_places(wave_id=wave.pk, version=1, add=[1], remove=[], by=stranger),
        lambda: editing.delete(wave_id=wave.pk, version=1, by=stranger),
        lambda: splitting.merge(wave_id=wave.pk, version=1, other_id=wave.pk, by=stranger),
    ):
        with pytest.raises(states.NotStaff):
            act()


def test_a_wave_is_split_by_populations(staff: Agent) -> None:
    wave = make_wave("first-degree", "dsi", name="Tous")
    stays, goes = make_agent(), make_agent(population="dsi")
    standings.refresh()
    split = splitting.by_populations(
        wave_id=wave.pk, version=1, populations=numbers("dsi"), name="DSI", when=MAY, by=staff
    )
    assert (wave_of(stays), wave_of(goes)) == (wave, split.made[0])
    assert split.made[0].date == date(2030, 5, 2)
    with pytest.raises(states.Changed):
        splitting.by_populations(
            wave_id=wave.pk, version=1, populations=numbers("first-degree"), name="X", when=None, by=staff
        )


@pytest.mark.parametrize("with_places", [True, False])
def test_a_wave_is_split_by_establishments(staff: Agent, with_places: bool) -> None:
    wave = make_wave("first-degree", name="Tous")
    places = [make_establishment() for _ in range(2)]
    if with_places:
        wave.establishments.set(places)
    stays, goes = (make_agent(establishment=place) for place in places)
    standings.refresh()
    split = splitting.by_establishments(
        wave_id=wave.pk, version=1, establishments=[places[1].pk], name="Sud", when=None, by=staff
    )
    assert (wave_of(stays), wave_of(goes)) == (wave, split.made[0])
    assert split.made[0].period_label == "début mars"


def test_a_wave_is_split_by_number_of_people(staff: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "_SMALLEST_PART", 1)
    wave = make_wave("first-degree", name="Tous")
    places = [make_establishment(name=name) for name in ("Cilaos", "Avirons", "Bras")]
    people = {place.name: [make_agent(establishment=place) for _ in range(2)] for place in places}
    alone = make_agent()
    standings.refresh()
    with pytest.raises(editing.Refused, match="rien à scinder"):
        splitting.by_number(wave_id=wave.pk, version=1, most=6, when=None, by=staff)
    split = splitting.by_number(wave_id=wave.pk, version=1, most=3, when=None, by=staff)
    assert [one.name for one in split.made] == ["Tous (2)", "Tous (3)"]
    found = {name: {wave_of(agent) for agent in agents} for name, agents in people.items()}
    assert found == {"Avirons": {wave}, "Bras": {split.made[0]}, "Cilaos": {split.made[1]}}
    assert wave_of(alone) == wave


def test_two_waves_become_one(staff: Agent) -> None:
    wave, other = make_wave("first-degree"), make_wave("dsi", takes_boxes=True)
    by_rule, by_hand = make_agent(population="dsi"), make_agent(population="correspondents")
    assign(by_hand, other)
    standings.refresh()
    splitting.merge(wave_id=wave.pk, version=1, other_id=other.pk, by=staff)
    assert (wave_of(by_rule), wave_of(by_hand)) == (wave, wave)
    wave.refresh_from_db()
    assert (wave.takes_boxes, wave.version) == (True, 2)
    with pytest.raises(ObjectDoesNotExist):
        other.refresh_from_db()


@pytest.mark.parametrize("second", [("first-degree", True), ("dsi", True), ("", True)])
def test_waves_that_take_people_in_other_ways_stay_apart(staff: Agent, second: tuple[str, bool]) -> None:
    wave = make_wave("first-degree")
    code, has_places = second
    other = make_wave(*([code] if code else []))
    if has_places:
        other.establishments.add(make_establishment())
    with pytest.raises(editing.Refused, match="réunies, elles en prendraient d’autres"):
        splitting.merge(wave_id=wave.pk, version=1, other_id=other.pk, by=staff)
