from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone as django_timezone

from bascule import planning
from bascule.models import Wave
from bascule.planning import Phase, countdown, schedule, schedule_for, wave_of
from tests.each import each
from tests.factories import assign, make_agent, make_wave, population

TODAY = date(2026, 3, 10)


@each(
    ("day", "words"),
    [
        (date(2026, 3, 7), "il y a 3 jours"),
        (date(2026, 3, 8), "il y a 2 jours"),
        (date(2026, 3, 9), "hier"),
        (date(2026, 3, 10), "aujourd’hui"),
        (date(2026, 3, 11), "demain"),
        (date(2026, 3, 12), "dans 2 jours"),
        (date(2026, 3, 22), "dans 12 jours"),
        (date(2027, 3, 10), "dans 365 jours"),
    ],
)
def test_countdown_in_words(day: date, words: str) -> None:
    assert countdown(day, TODAY) == words


def test_today_is_the_day_in_reunion(monkeypatch: pytest.MonkeyPatch) -> None:
    # 21:00 in Greenwich is one in the morning of the next day in Réunion.
    moment = datetime(2026, 3, 9, 21, 0, tzinfo=UTC)
    monkeypatch.setattr(django_timezone, "now", lambda: moment)
    assert planning.today() == date(2026, 3, 10)


def wave(day: date | None = None, state: str = Wave.State.PLANNED, begins: date | None = None) -> Wave:
    return Wave(
        name="Premier degré", date=day, state=state, period_start=begins, period_label="mi-mai" if begins else ""
    )


@each(
    ("planned", "phase", "words", "overdue"),
    [
        (wave(date(2026, 3, 22)), Phase.BEFORE, "dans 12 jours", False),
        (wave(date(2026, 3, 11), Wave.State.FROZEN), Phase.BEFORE, "demain", False),
        (wave(TODAY), Phase.TRANSFER_DAY, "aujourd’hui", False),
        (wave(date(2026, 3, 9), Wave.State.UNDER_WAY), Phase.TRANSFER_DAY, "hier", False),
        (wave(date(2026, 3, 12), Wave.State.UNDER_WAY), Phase.TRANSFER_DAY, "dans 2 jours", False),
        (wave(date(2026, 3, 9)), Phase.BEFORE, "hier", True),
        (wave(TODAY, Wave.State.DONE), Phase.BEFORE, "aujourd’hui", True),
        (wave(begins=date(2026, 5, 11)), Phase.BEFORE, "au plus tôt dans 62 jours", False),
        (wave(begins=date(2026, 3, 1)), Phase.BEFORE, "date exacte à venir", False),
        (wave(begins=date(2026, 3, 1), state=Wave.State.UNDER_WAY), Phase.TRANSFER_DAY, "date exacte à venir", False),
    ],
)
def test_person_who_has_not_moved(planned: Wave, phase: Phase, words: str, overdue: bool) -> None:
    where = schedule(planned, moved_on=None, today=TODAY)
    assert (where.phase, where.countdown, where.overdue, where.moved) == (phase, words, overdue, False)
    assert where.has_wave


def test_move_counts_more_than_the_planning() -> None:
    where = schedule(wave(date(2026, 3, 22)), moved_on=date(2026, 3, 7), today=TODAY)
    assert (where.phase, where.day, where.countdown) == (Phase.AFTER, date(2026, 3, 7), "il y a 3 jours")
    assert where.moved
    assert not where.overdue


def test_person_without_a_wave_has_an_empty_schedule() -> None:
    where = schedule(None, moved_on=None, today=TODAY)
    assert not where.has_wave
    assert (where.phase, where.day, where.countdown) == (Phase.BEFORE, None, "")


@pytest.mark.django_db
def test_wave_follows_the_population() -> None:
    make_wave("dsi", day=date(2026, 1, 1))
    mine = make_wave("first-degree", "correspondents", day=date(2026, 3, 22))
    assert wave_of(make_agent(population="first-degree")) == (mine, False)
    assert wave_of(make_agent(population="second-degree-teachers")) == (None, False)


@pytest.mark.django_db
def test_wave_chosen_by_staff_replaces_that_of_the_population() -> None:
    make_wave("first-degree", day=date(2026, 3, 22))
    later = make_wave(day=date(2026, 10, 1))
    moved, other = make_agent(), make_agent()
    assign(moved, later)
    assert wave_of(moved) == (later, True)
    assert wave_of(other)[0] != later
    assert schedule_for(moved, TODAY).assigned


@pytest.mark.django_db
def test_first_wave_that_is_not_done_counts_else_the_last() -> None:
    first = make_wave("first-degree", day=date(2026, 1, 5), state=Wave.State.DONE)
    last = make_wave("first-degree", period_label="octobre", period_start=date(2026, 10, 1))
    middle = make_wave("first-degree", day=date(2026, 5, 5))
    agent = make_agent()
    assert wave_of(agent)[0] == middle
    Wave.objects.update(state=Wave.State.DONE)
    assert wave_of(agent)[0] == last
    assert first != last


@pytest.mark.django_db
def test_day_of_the_move_is_the_day_in_reunion() -> None:
    agent = make_agent(population=population("dsi"), migrated_at=datetime(2026, 3, 7, 22, 30, tzinfo=UTC))
    assert schedule_for(agent, TODAY).day == date(2026, 3, 8)
