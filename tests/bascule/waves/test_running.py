"""What staff decide about a wave, and the work that follows: nobody twice, nobody left out, an exact journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import claims
from accounts.models import Agent, JournalEntry, Notice
from bascule import moves, planning, standings
from bascule.models import Standing, Wave, WaveRun
from bascule.waves import running, runs, states
from bascule.waves.states import State, WaveError
from boxes.models import CensusEntry, Role
from tests.factories import assign, make_agent, make_box, make_establishment, make_wave

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is handed out to nobody: tests do it themselves."""
    monkeypatch.setattr("accounts.handing_out.hand_out", lambda *args, **kwargs: None)


@pytest.fixture
def staff() -> Agent:
    return make_agent(is_staff=True, population="dsi")


@pytest.fixture
def wave() -> Wave:
    return make_wave("first-degree", day=planning.today() + timedelta(days=10))


def people(count: int, **fields: Any) -> list[Agent]:
    made = [make_agent(**fields) for _ in range(count)]
    standings.refresh()
    return made


def work(run: WaveRun) -> WaveRun:
    while runs.advance(run.pk):
        pass
    run.refresh_from_db()
    return run


def told(kind: str = "wave.date") -> Counter[str]:
    return Counter(Notice.objects.filter(kind=kind).values_list("recipient__address", flat=True))


def in_state(wave: Wave, state: str) -> Wave:
    Wave.objects.filter(pk=wave.pk).update(state=state)
    wave.refresh_from_db()
    return wave


def finished(wave: Wave, staff: Agent, **options: bool) -> WaveRun:
    in_state(wave, State.UNDER_WAY)
    return work(running.finish(wave=wave, by=staff, **options))


def test_freezing_closes_the_list_and_tells_everybody_once(
    staff: Agent, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PEOPLE_PER_SLICE", 2)
    mine, moved, gone = people(5), make_agent(migrated_at=timezone.now()), make_agent(is_active=False)
    standings.refresh()
    run = work(running.freeze(wave=wave, by=staff, version=wave.version))
    wave.refresh_from_db()
    assert (wave.state, wave.version, wave.changed_by) == (State.FROZEN, 2, staff)
    assert (run.done, run.total, bool(run.finished_at)) == (5, 5, True)
    assert told() == Counter(agent.address for agent in mine)
    assert not Notice.objects.filter(recipient__in=[moved, gone]).exists()
    notice = Notice.objects.filter(recipient=mine[0]).get()
    assert notice.mail_state == Notice.Mail.WAITING
    assert "Il vous reste 6 étapes" in notice.body
    assert JournalEntry.objects.get(action="wave.frozen").target == f"wave:{wave.pk}"
    # The list is closed: the rules no longer take anybody out.
    wave.populations.clear()
    standings.refresh()
    assert Standing.objects.filter(wave=wave, agent__in=mine).count() == 5


def test_whoever_comes_later_is_told_by_the_clock_and_nobody_twice(staff: Agent, wave: Wave) -> None:
    first = people(2)
    work(running.freeze(wave=wave, by=staff))
    late = people(1)[0]
    assert runs.tell_latecomers() == 1
    assert runs.tell_latecomers() == 0
    assert told() == Counter(agent.address for agent in [*first, late])
    # Frozen again for the same day: they know.
    work(running.unfreeze(wave=wave, by=staff))
    run = work(running.freeze(wave=wave, by=staff))
    assert run.total == 0
    assert told().most_common(1)[0][1] == 1
    # For another day they hear of it, as of a new date.
    Wave.objects.filter(pk=wave.pk).update(date=planning.today() + timedelta(days=20))
    assert runs.tell_latecomers() == 3
    assert Notice.objects.filter(kind="wave.date", title__startswith="Nouvelle date").count() == 3


def test_unfreezing_tells_those_who_knew_and_lets_the_rules_decide(staff: Agent, wave: Wave) -> None:
    agent = people(1)[0]
    other = make_wave("first-degree", day=planning.today() + timedelta(days=2))
    standings.refresh()
    assign(agent, wave)
    standings.refresh()
    work(running.freeze(wave=wave, by=staff))
    agent.wave_assignment.delete()
    standings.refresh()
    assert Standing.objects.get(agent=agent).wave == wave
    run = work(running.unfreeze(wave=wave, by=staff, tell=True))
    assert (run.total, run.done) == (1, 1)
    row = Standing.objects.get(agent=agent)
    assert (row.wave, row.told_wave, row.told_date) == (other, None, None)
    assert told() == {agent.address: 2}


@pytest.mark.parametrize(
    ("fields", "with_person", "words"),
    [
        ({}, True, "fixez une date exacte"),
        ({"date": timezone.localdate() - timedelta(days=1)}, True, "est passée"),
        ({"date": timezone.localdate()}, False, "est vide"),
        ({"date": timezone.localdate(), "takes_boxes": True}, False, "est vide"),
    ],
)
def test_a_wave_without_day_or_people_is_not_frozen(
    staff: Agent, fields: dict[str, Any], with_person: bool, words: str
) -> None:
    wave = make_wave("first-degree", **fields)
    if with_person:
        people(1)
    with pytest.raises(running.NotReady, match=words):
        running.freeze(wave=wave, by=staff)
    assert Wave.objects.get(pk=wave.pk).state == State.PLANNED
    assert not WaveRun.objects.exists()


def test_a_wave_of_boxes_alone_can_be_frozen(staff: Agent) -> None:
    make_box()
    wave = make_wave(day=planning.today(), takes_boxes=True)
    assert work(running.freeze(wave=wave, by=staff)).total == 0


DECISIONS: dict[str, tuple[Callable[..., Any], set[str]]] = {
    "freeze": (running.freeze, {State.PLANNED}),
    "unfreeze": (running.unfreeze, {State.FROZEN}),
    "start": (running.start, {State.FROZEN}),
    "take back": (running.take_back_start, {State.UNDER_WAY}),
    "finish": (running.finish, {State.UNDER_WAY}),
    "reopen": (running.reopen, {State.DONE}),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_each_decision_from_its_state_only_by_staff_only_on_what_was_looked_at(
    staff: Agent, wave: Wave, name: str
) -> None:
    people(1)
    decide, sources = DECISIONS[name]
    for state in State.values:
        in_state(wave, state)
        before = list(Wave.objects.values()), JournalEntry.objects.count()
        with pytest.raises(states.NotStaff):
            decide(wave=wave, by=make_agent(population="dsi"), version=wave.version)
        with pytest.raises(states.Changed, match="modifiée par"):
            decide(wave=wave, by=staff, version=wave.version + 1)
        if state not in sources:
            with pytest.raises(WaveError):
                decide(wave=wave, by=staff, version=wave.version)
        assert (list(Wave.objects.values()), JournalEntry.objects.count()) == before
        assert not WaveRun.objects.exists()
    in_state(wave, sources.copy().pop())
    decide(wave=wave, by=staff, version=wave.version)
    assert JournalEntry.objects.filter(target=f"wave:{wave.pk}").count() == 1
    # The second of two who looked at the same page is refused.
    with pytest.raises(states.Changed, match=f"modifiée par {staff.full_name} à"):
        decide(wave=wave, by=staff, version=wave.version)


def test_finishing_notes_everybody_and_asks_for_the_boxes(
    staff: Agent, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PEOPLE_PER_SLICE", 2)
    monkeypatch.setattr(runs, "BOXES_PER_SLICE", 2)
    Wave.objects.filter(pk=wave.pk).update(takes_boxes=True)
    school = make_establishment()
    head = make_agent(establishment=school, function="DIR")
    mine = [head, *people(4)]
    early = make_agent(migrated_at=timezone.now() - timedelta(days=3))
    boxes = [make_box(establishment=school) for _ in range(3)] + [make_box(), make_box(is_kept=False)]
    CensusEntry.objects.create(box=boxes[0], agent=mine[1], role=Role.MEMBER)
    standings.refresh()
    run = finished(wave, staff, boxes=True)
    wave.refresh_from_db()
    assert (wave.state, bool(wave.finished_at), run.done, run.total) == (State.DONE, True, 5, 5)
    assert {key: run.counts[key] for key in ("boxes", "asked", "staying")} == {"boxes": 5, "asked": 3, "staying": 2}
    assert told("agent.migrated") == Counter(agent.address for agent in mine)
    migrated = Counter(JournalEntry.objects.filter(action="agent.migrated").values_list("subject", "actor"))
    assert migrated == Counter((agent.address, staff.address) for agent in mine)
    early.refresh_from_db()
    assert early.migrated_at < timezone.now() - timedelta(days=2)
    # Accesses of whoever moved by it.
    assert boxes[0].delegations.get(agent=mine[1]).is_active


def test_reopening_takes_back_what_the_end_noted_and_nothing_else(staff: Agent, wave: Wave) -> None:
    mine, early = people(3), people(1)[0]
    moves.mark_migrated(agents=[early], by=staff)
    finished(wave, staff)
    run = work(running.reopen(wave=wave, by=staff))
    assert (run.total, Agent.objects.filter(migrated_at=None, pk__in=[one.pk for one in mine]).count()) == (0, 0)
    finished(wave, staff)
    run = work(running.reopen(wave=wave, by=staff, moves=True))
    assert (run.total, run.done) == (3, 3)
    wave.refresh_from_db()
    assert (wave.state, wave.finished_at) == (State.UNDER_WAY, None)
    assert set(Agent.objects.filter(migrated_at__isnull=False)) == {early}
    assert told("agent.not_migrated") == Counter(agent.address for agent in mine)
    # And a second end notes them again.
    work(running.finish(wave=wave, by=staff))
    assert told("agent.migrated") == Counter([*(agent.address for agent in mine)] * 2)


def test_one_work_at_a_time_that_can_rest_go_on_and_be_given_up(
    staff: Agent, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "PEOPLE_PER_SLICE", 2)
    mine = people(5)
    in_state(wave, State.UNDER_WAY)
    run = running.finish(wave=wave, by=staff)
    for decide in (running.finish, running.take_back_start):
        with pytest.raises(running.Busy):
            decide(wave=wave, by=staff)
    with pytest.raises(running.Busy):
        running.refuse_while_moving(wave)
    monkeypatch.setattr(runs, "TURN_SECONDS", 0)
    assert runs.advance(run.pk)
    running.stop(run=run, by=staff)
    assert runs.advance(run.pk) is False
    assert runs.waiting() == []
    run.refresh_from_db()
    assert (run.done, run.note) == (2, WaveRun.Note.BY_HAND)
    with pytest.raises(running.Busy, match="en pause"):
        running.take_back_start(wave=wave, by=staff)
    running.go_on(run=run, by=staff)
    assert runs.waiting() == [run.pk]
    assert runs.advance(run.pk)
    running.give_up(run=run, by=staff)
    running.take_back_start(wave=wave, by=staff)
    assert told("agent.migrated") == Counter(agent.address for agent in mine[:4])
    assert [*JournalEntry.objects.filter(action__startswith="wave.run").values_list("action", flat=True)] == [
        "wave.run_given_up",
        "wave.run_resumed",
        "wave.run_stopped",
    ]
    for act in (running.stop, running.go_on, running.give_up):
        with pytest.raises(running.Busy):
            act(run=run, by=staff)


def test_starting_leaves_what_is_left_of_the_announcement_to_the_clock(staff: Agent, wave: Wave) -> None:
    mine = people(2)
    run = running.freeze(wave=wave, by=staff)
    running.start(wave=wave, by=staff)
    assert runs.advance(run.pk) is False
    assert told() == {}
    assert runs.tell_latecomers() == 2
    assert told() == Counter(agent.address for agent in mine)
    assert planning.schedule_for(mine[0], planning.today()).phase == planning.Phase.TRANSFER_DAY


def test_a_slice_that_never_passes_ends_with_staff(staff: Agent, wave: Wave, monkeypatch: pytest.MonkeyPatch) -> None:
    people(1)
    in_state(wave, State.UNDER_WAY)
    run = running.finish(wave=wave, by=staff)

    def broken(*args: object, **kwargs: object) -> list[Agent]:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(moves, "note_migrated", broken)
        for _ in range(runs.MAX_ATTEMPTS):
            with pytest.raises(OSError):
                runs.advance(run.pk)
        assert runs.advance(run.pk) is False
    run.refresh_from_db()
    assert run.note == WaveRun.Note.WORKER
    running.go_on(run=run, by=staff)
    assert work(run).done == 1


@pytest.mark.parametrize("committed", [False, True], ids=["before its commit", "after its commit"])
def test_a_worker_that_dies_at_any_write_is_followed_by_one_that_goes_on(
    staff: Agent, wave: Wave, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    """Each slice, each look and the end of the run: whichever the worker dies at, first of all or after others."""
    monkeypatch.setattr(runs, "PEOPLE_PER_SLICE", 2)
    Wave.objects.filter(pk=wave.pk).update(takes_boxes=True)
    mine = people(3)
    box = make_box()
    CensusEntry.objects.create(box=box, agent=mine[0], role=Role.OWNER)
    whole = runs._writing

    class Killed(BaseException):
        pass

    deaths = 0
    in_state(wave, State.UNDER_WAY)
    run = running.finish(wave=wave, by=staff, boxes=True)
    for dies_at in [1, 2, 3, 2, 2, 2, 2, 2, 2, 2, 9]:
        writes = iter(range(1, 99))

        @contextmanager
        def dying(claim: claims.Claim, at: int = dies_at, writes: Iterator[int] = writes) -> Iterator[WaveRun]:
            now = next(writes)
            with whole(claim) as found:
                yield found
                if now == at and not committed:
                    raise Killed
            if now == at:
                raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(runs, "_writing", dying)
            # Attempts are counted by the first write; a worker that brings one slice further begins anew.
            WaveRun.objects.update(attempts=0)
            try:
                runs.advance(run.pk)
            except Killed:
                deaths += 1
    run.refresh_from_db()
    wave.refresh_from_db()
    assert deaths >= 5
    assert (bool(run.finished_at), run.done, run.total, wave.state) == (True, 3, 3, State.DONE)
    assert told("agent.migrated") == Counter(agent.address for agent in mine)
    for action, count in (("agent.migrated", 3), ("wave.finished", 1), ("box.transfer_started", 1)):
        assert JournalEntry.objects.filter(action=action).count() == count, action
