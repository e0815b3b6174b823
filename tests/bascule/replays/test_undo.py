"""Taking a replay back: from every state, killed, contradicted; and only what it made."""

from __future__ import annotations

import pytest

from accounts.models import Agent, JournalEntry
from bascule.models import Replay
from bascule.replays import confirm, procedures, results
from bascule.replays.failures import CHANGED, Stopped
from bascule.replays.states import WrongState
from tests.bascule.replays.made_up import LETTERS, Killed, Mailbox, advance, begin, once, procedure
from zimbra.errors import Refused, Unavailable

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("moment", [f"{when} {letter}" for letter in LETTERS for when in ("undo", "undone")])
def test_killed_while_it_is_taken_back_goes_on(box: Mailbox, person: Agent, moment: str) -> None:
    box.letters = ["b"]
    replay = begin(person, ["a", "b", "c"])
    advance(replay)
    confirm.undo(replay=replay, by=person)
    once(box, moment, Killed())
    if "b" in moment:
        advance(replay)
        assert not [one for one in box.asked if one == "undo b"]
    else:
        with pytest.raises(Killed):
            advance(replay)
        advance(replay)
    assert replay.state == "undone"
    assert box.letters == ["b"]


@pytest.mark.parametrize("state", ["queued", "running", "done", "failed"])
def test_undo_from_every_state(box: Mailbox, person: Agent, state: str) -> None:
    replay = begin(person)
    if state == "running":
        once(box, "do b", Unavailable("http.503"))
        advance(replay)
    if state == "failed":
        once(box, "done b", Refused("service.FAILURE"))
        advance(replay)
    if state == "done":
        advance(replay)
    replay.refresh_from_db()
    assert replay.state == state
    confirm.undo(replay=replay, by=person)
    advance(replay)
    assert (replay.state, replay.error, replay.retry_at) == ("undone", "", None)
    assert box.letters == []
    with pytest.raises(WrongState):
        confirm.undo(replay=replay, by=person)


def test_undo_asked_for_in_the_middle_of_an_act(box: Mailbox, person: Agent) -> None:
    replay = begin(person)
    done: list[str] = []

    def decide(asked: str) -> None:
        if asked == "done b" and not done:
            done.append(asked)
            confirm.undo(replay=replay, by=person)

    box.trouble = decide
    advance(replay)
    assert replay.state == "undone"
    assert "do c" not in box.asked
    assert box.letters == []


@pytest.mark.parametrize("trouble", [Refused("service.FAILURE"), Stopped(CHANGED)])
def test_undo_asked_for_in_an_act_that_fails_is_not_lost(box: Mailbox, person: Agent, trouble: Exception) -> None:
    replay = begin(person)

    def decide(asked: str) -> None:
        if asked == "do b":
            confirm.undo(replay=replay, by=person)
            raise trouble

    box.trouble = decide
    advance(replay)
    assert (replay.state, box.letters) == ("undone", [])


def test_undo_that_stopped_goes_on_as_an_undo(box: Mailbox, person: Agent) -> None:
    replay = begin(person)
    advance(replay)
    confirm.undo(replay=replay, by=person)
    once(box, "undo b", Refused("service.FAILURE"))
    advance(replay)
    assert (replay.state, box.letters) == ("failed", ["a", "b"])
    confirm.try_again(replay=replay, by=person)
    advance(replay)
    assert (replay.state, box.letters) == ("undone", [])


def test_what_others_changed_is_left_and_told(box: Mailbox, person: Agent) -> None:
    replay = begin(person)
    advance(replay)
    box.letters.append("b!")
    confirm.undo(replay=replay, by=person)
    advance(replay)
    assert box.letters == ["b", "b!"]
    act = results.acts_of(replay)[1]
    assert (act.outcome, act.detail) == ("left", "Quelqu’un l’a souligné.")
    assert JournalEntry.objects.get(action="replay.undone").details["left"] == 1


def test_without_a_way_back_it_can_only_be_stopped(box: Mailbox, person: Agent, monkeypatch) -> None:
    box.can_undo = False
    monkeypatch.setitem(procedures.PROCEDURES, Replay.Kind.FILTERS, procedure(box))
    stopped = begin(person)
    confirm.undo(replay=stopped, by=person)
    advance(stopped)
    assert stopped.state == "undone"
    done = begin(person)
    advance(done)
    with pytest.raises(WrongState):
        confirm.undo(replay=done, by=person)


def test_later_one_is_taken_back_first(box: Mailbox, person: Agent) -> None:
    first = begin(person, ["a"])
    advance(first)
    second = begin(person, ["b"])
    advance(second)
    with pytest.raises(confirm.NotTheLatest):
        confirm.undo(replay=first, by=person)
    # Another kind is none of its business.
    other = begin(person, ["c"], kind="signature")
    advance(other)
    for replay in (second, first):
        confirm.undo(replay=replay, by=person)
        advance(replay)
    assert box.letters == ["c"]
