"""Persons moved by hand, and back to the rules."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Agent, JournalEntry, Notice
from bascule import standings
from bascule.models import Standing, Wave
from bascule.waves import members, states
from bascule.waves.editing import NeedsConfirmation, Refused
from tests.factories import make_agent, make_moved_agent, make_wave

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Agent:
    return make_agent(is_staff=True, population="dsi")


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)


def row_of(agent: Agent) -> Standing:
    return Standing.objects.select_related("wave", "told_wave").get(agent=agent)


def test_persons_are_moved_and_follow_the_rule_again(staff: Agent) -> None:
    general, other = make_wave("first-degree"), make_wave()
    goes, moved = make_agent(), make_moved_agent()
    standings.refresh()
    done = members.move(persons=[goes, moved, goes], wave_id=other.pk, reason=" Congé\0 ", by=staff)
    assert (done.moved, done.kept, done.told) == ([goes], [moved], [])
    assert (row_of(goes).wave, row_of(goes).why, row_of(moved).wave) == (other, "hand", general)
    entry = JournalEntry.objects.get(action="wave.person_moved")
    assert (entry.subject, entry.details["before"], entry.details["reason"]) == (goes.address, general.name, "Congé")
    assert members.move(persons=[goes], wave_id=other.pk, reason="", by=staff).same == [goes]
    assert members.follow_rule(persons=[goes], by=staff).moved == [goes]
    assert (row_of(goes).wave, row_of(goes).why) == (general, "population")
    assert members.follow_rule(persons=[goes], by=staff).same == [goes]
    assert not Notice.objects.exists()


@pytest.mark.parametrize("way", ["in", "out"])
def test_a_closed_list_changes_when_confirmed_and_the_person_is_told(staff: Agent, way: str) -> None:
    """Out of a frozen wave, or into one."""
    source = make_wave("first-degree", day=date(2030, 3, 1))
    target = make_wave(day=date(2030, 6, 1), name="Juin")
    agent = make_agent()
    standings.refresh()
    frozen = target if way == "in" else source
    Wave.objects.filter(pk=frozen.pk).update(state=Wave.State.FROZEN)
    with pytest.raises(NeedsConfirmation, match=agent.full_name):
        members.move(persons=[agent], wave_id=target.pk, reason="", by=staff)
    assert row_of(agent).wave == source
    done = members.move(persons=[agent], wave_id=target.pk, reason="", by=staff, confirmed=True)
    assert done.told == [agent]
    assert (row_of(agent).wave, row_of(agent).told_wave, row_of(agent).told_date) == (target, target, date(2030, 6, 1))
    notice = Notice.objects.get(recipient=agent)
    assert (notice.mail_state, "1er juin 2030" in notice.body) == (Notice.Mail.WAITING, True)
    if way == "in":
        with pytest.raises(NeedsConfirmation):
            members.follow_rule(persons=[agent], by=staff)
        members.follow_rule(persons=[agent], by=staff, confirmed=True)
        assert (row_of(agent).wave, row_of(agent).told_wave) == (source, source)
        assert Notice.objects.filter(recipient=agent).count() == 2


def test_a_wave_that_is_done_takes_nobody(staff: Agent) -> None:
    agent, done = make_agent(), make_wave(state=Wave.State.DONE)
    with pytest.raises(Refused, match="est terminée"):
        members.move(persons=[agent], wave_id=done.pk, reason="", by=staff)


def test_only_staff_move_people() -> None:
    agent, wave = make_agent(), make_wave()
    with pytest.raises(states.NotStaff):
        members.move(persons=[agent], wave_id=wave.pk, reason="", by=agent)
    with pytest.raises(states.NotStaff):
        members.follow_rule(persons=[agent], by=agent)
