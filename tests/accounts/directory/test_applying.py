"""A confirmed list is written whole or not at all, whoever is killed or comes in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import claims
from accounts.directory import after, decisions, engine, keeping
from accounts.directory.kinds import Action
from accounts.directory.people_kind import PeopleKind
from accounts.directory.states import State, WrongState
from accounts.models import Agent, DirectoryImport, JournalEntry
from tests.accounts.directory.lists import bring_in, carry, hand_in, listed
from tests.factories import make_agent

pytestmark = pytest.mark.django_db

NEW = tuple(f"new{number}@ac-reunion.fr;N;{number};first-degree;;" for number in range(5))


class Killed(BaseException):
    """As a signal, nothing of ours catches it."""


def confirmed(data: bytes, **more: Any) -> DirectoryImport:
    row = hand_in(data, **more)
    assert decisions.confirm(row=row, by=None)
    return row


def test_worker_killed_while_writing_leaves_nothing_and_the_next_one_writes_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agent = make_agent("old@ac-reunion.fr")
    row = confirmed(listed(*NEW), complete=True)
    before = JournalEntry.objects.count()
    written = PeopleKind.write

    def dies(self: PeopleKind, action: str, lines: Any, **more: Any) -> None:
        written(self, action, lines, **more)
        if action == Action.ADDED:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(PeopleKind, "write", dies)
        with pytest.raises(Killed):
            engine.advance(row.pk)
    agent.refresh_from_db()
    assert (agent.is_active, Agent.objects.count(), JournalEntry.objects.count()) == (True, 1, before)
    row.refresh_from_db()
    assert row.state == State.APPLYING
    # Its pause over, the clock hands it out again.
    DirectoryImport.objects.update(retry_at=None)
    assert engine.waiting() == [row.pk]
    assert carry(row).state == State.DONE
    agent.refresh_from_db()
    assert (agent.is_active, Agent.objects.filter(is_active=True).count()) == (False, 5)


def test_worker_killed_while_reading_is_followed_by_one_that_starts_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.directory.reading.TOGETHER", 2)
    kept = keeping.keep
    calls = []

    def dies(*args: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        kept(*args)

    with monkeypatch.context() as patch:
        patch.setattr("accounts.directory.reading.keep", dies)
        with pytest.raises(Killed):
            hand_in(listed(*NEW))
    row = DirectoryImport.objects.get()
    assert (row.state, row.rows.count()) == (State.READING, 2)
    DirectoryImport.objects.update(retry_at=None)
    row = carry(row)
    assert (row.state, row.counts["added"], row.rows.count()) == (State.READY, 5, 5)


def test_person_changed_since_the_preview_makes_it_stale() -> None:
    agent = make_agent("a@ac-reunion.fr", given_name="Ana", family_name="Avant")
    row = confirmed(listed("a@ac-reunion.fr;Ana;Après;first-degree;;", *NEW))
    agent.family_name = "Entre"
    agent.save()
    row = carry(row)
    assert (row.state, row.note, Agent.objects.count()) == (State.READY, "stale", 1)
    assert row.rows.get(action=Action.CHANGED).before == {"family_name": "Entre"}
    decisions.confirm(row=row, by=None)
    assert carry(row).state == State.DONE
    assert Agent.objects.count() == 6


def test_address_taken_since_the_preview_makes_it_stale() -> None:
    row = confirmed(listed(*NEW))
    make_agent("new3@ac-reunion.fr", given_name="N", family_name="3")
    row = carry(row)
    assert (row.state, row.note, row.counts["added"], Agent.objects.count()) == (State.READY, "stale", 4, 1)


def test_list_compared_before_another_was_written_is_compared_again() -> None:
    first, second = hand_in(listed(*NEW[:3])), hand_in(listed(*NEW))
    decisions.confirm(row=first, by=None)
    carry(first)
    assert decisions.confirm(row=second, by=None) is False
    second = carry(second)
    assert (second.state, second.note, second.counts["added"]) == (State.READY, "stale", 2)


def test_one_list_is_written_at_a_time_and_each_once() -> None:
    first, second = hand_in(listed(*NEW[:3])), hand_in(listed(*NEW[3:]))
    decisions.confirm(row=first, by=None)
    with pytest.raises(decisions.AnotherUnderWay):
        decisions.confirm(row=second, by=None)
    with pytest.raises(WrongState):
        decisions.confirm(row=first, by=None)
    with pytest.raises(WrongState):
        decisions.cancel(row=first, by=None)
    assert JournalEntry.objects.filter(action="directory.confirmed").count() == 1


def test_worker_taken_for_dead_writes_nothing_when_it_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    row = confirmed(listed(*NEW))
    claim = claims.take(DirectoryImport, row.pk)
    assert claim is not None
    DirectoryImport.objects.update(holder="elsewhere:1:1:x", held_until=timezone.now() + timedelta(minutes=1))
    from accounts.directory import applying

    with pytest.raises(claims.ClaimLost):
        applying.write(claim, row, PeopleKind())
    assert not Agent.objects.exists()


@pytest.mark.parametrize(("gone", "is_guarded"), [(10, False), (25, True)])
def test_many_leavers_have_to_be_confirmed_apart(gone: int, is_guarded: bool) -> None:
    people = [make_agent(given_name="A", family_name="B") for _ in range(100)]
    data = listed(*(f"{agent.address};A;B;first-degree;;" for agent in people[gone:]))
    row = hand_in(data, complete=True)
    assert (row.counts["gone"], decisions.guarded(row)) == (gone, is_guarded)
    if is_guarded:
        with pytest.raises(decisions.TooManyGone):
            decisions.confirm(row=row, by=None)
    decisions.confirm(row=row, by=None, allow_gone=is_guarded)
    assert carry(row).state == State.DONE
    assert Agent.objects.filter(is_active=True).count() == 100 - gone


def test_staff_stay_unless_asked_for_and_the_last_one_always() -> None:
    make_agent("chief@ac-reunion.fr", is_staff=True)
    other = make_agent("other@ac-reunion.fr", is_staff=True, given_name="O", family_name="T")
    make_agent("a@ac-reunion.fr", given_name="A", family_name="A")
    keeps = "other@ac-reunion.fr;O;T;first-degree;;"
    row = bring_in(listed(keeps, *NEW), complete=True)
    assert (row.counts["staff"], row.counts["gone"]) == (1, 1)
    assert Agent.objects.filter(is_staff=True, is_active=True).count() == 2
    bring_in(listed(keeps, *NEW[:4]), complete=True, allow_staff_gone=True)
    assert list(Agent.objects.filter(is_staff=True, is_active=True)) == [other]
    row = bring_in(listed(*NEW[:3]), complete=True, allow_staff_gone=True)
    assert (row.state, row.note) == (State.READY, "last_staff")
    assert Agent.objects.filter(is_active=True).count() == 5


def test_followers_are_called_again_until_they_return(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []

    def follower(row: DirectoryImport) -> None:
        called.append(row.pk)
        if len(called) == 1:
            raise Killed

    monkeypatch.setattr(after, "_followers", [])
    after.register(follower)
    after.register(follower)
    row = confirmed(listed(*NEW))
    with pytest.raises(Killed):
        carry(row)
    row.refresh_from_db()
    assert (row.state, Agent.objects.count()) == (State.FOLLOWING, 5)
    assert engine.waiting() == []
    DirectoryImport.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert engine.waiting() == [row.pk]
    assert carry(row).state == State.DONE
    assert called == [row.pk, row.pk]


@pytest.mark.parametrize("state", [State.READING, State.APPLYING])
def test_list_that_brings_its_workers_down_is_given_up(state: str) -> None:
    row = hand_in(listed(*NEW))
    DirectoryImport.objects.update(state=state, attempts=engine.MAX_ATTEMPTS)
    row = carry(row)
    expected = (State.FAILED, "reader_stopped") if state == State.READING else (State.READY, "writer_stopped")
    assert ((row.state, row.note), Agent.objects.count()) == (expected, 0)
