"""The engine of replays: killed, disturbed, contradicted; every act once, every decision of the person kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import claims
from accounts.models import Agent, JournalEntry, Notice
from bascule.models import Replay, SettingsLook
from bascule.replays import confirm, engine, procedures, results, states
from bascule.replays.failures import CHANGED, Stopped
from bascule.replays.states import WrongState
from tests.bascule.replays.made_up import LETTERS, Killed, Mailbox, advance, begin, once, procedure
from tests.factories import make_agent
from zimbra.errors import AnswerLost, Garbled, NotAllowed, Refused, Unavailable

pytestmark = pytest.mark.django_db


def test_acts_are_done_in_order_and_told(box: Mailbox, person: Agent) -> None:
    box.letters = ["b"]
    replay = begin(person)
    assert advance(replay) is None
    assert box.letters == ["b", "a", "c"]
    assert (replay.state, replay.settled, replay.total, replay.differences) == ("done", 3, 3, 0)
    assert [one.outcome for one in results.acts_of(replay)] == ["done", "present", "done"]
    assert results.percent(replay) == 100
    told = list(JournalEntry.objects.order_by("pk").values_list("action", flat=True))
    assert told == ["replay.started", "replay.done"]
    notice = Notice.objects.get()
    assert (notice.kind, notice.mail_state, notice.link) == ("replay.done", Notice.Mail.NONE, f"/envois/{replay.pk}/")


def test_who_had_to_wait_is_told_by_mail(box: Mailbox, person: Agent) -> None:
    replay = begin(person)
    Replay.objects.update(created_at=timezone.now() - 2 * engine.LONG)
    advance(replay)
    assert Notice.objects.get().mail_state == Notice.Mail.WAITING


def test_differences_are_kept_sealed_and_counted(box: Mailbox, person: Agent) -> None:
    box.findings = ["La lettre b manque."]
    replay = begin(person)
    advance(replay)
    assert (replay.state, replay.differences) == ("done", 1)
    assert results.findings_of(replay) == ["La lettre b manque."]
    assert b"lettre b" not in bytes(replay.findings)
    assert "1 différence à regarder" in Notice.objects.get().body


@pytest.mark.parametrize("moment", [f"{when} {letter}" for letter in LETTERS for when in ("do", "done")])
def test_killed_at_any_act_goes_on_and_doubles_nothing(box: Mailbox, person: Agent, moment: str) -> None:
    replay = begin(person)
    once(box, moment, Killed())
    with pytest.raises(Killed):
        engine.advance(replay.pk)
    advance(replay)
    assert replay.state == "done"
    assert box.letters == LETTERS
    assert [one.outcome for one in results.acts_of(replay)] == ["done"] * 3


def test_process_killed_without_letting_go_is_followed_by_another(
    box: Mailbox, person: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = begin(person)
    once(box, "done b", Killed())
    with monkeypatch.context() as patched:
        # The worst death: nothing after the act is carried out, the claim stays.
        patched.setattr(claims, "postpone", lambda *args: None)
        patched.setattr(claims.Claim, "release", lambda claim: None)
        with pytest.raises(Killed):
            engine.advance(replay.pk)
    replay.refresh_from_db()
    assert replay.holder
    assert engine.advance(replay.pk) is None
    assert replay.pk not in engine.waiting()
    Replay.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert replay.pk in engine.waiting()
    advance(replay)
    assert replay.state == "done"
    assert box.letters == LETTERS


@pytest.mark.parametrize("error", [Unavailable("http.503"), AnswerLost("answer.LOST"), Garbled("page of a proxy")])
def test_zimbra_away_waits_longer_each_time(box: Mailbox, person: Agent, settings, error: Exception) -> None:
    settings.IMPORT_RETRY_SECONDS, settings.IMPORT_RETRY_MAX_SECONDS = 10, 25

    def away(asked: str) -> None:
        if asked == "do b":
            raise error

    box.trouble = away
    replay = begin(person)
    assert [advance(replay) for _ in range(3)] == [10, 20, 25]
    assert (replay.state, replay.settled, replay.holder) == ("running", 1, "")
    assert replay.retry_at
    assert replay.pk not in engine.waiting()
    assert engine.advance(replay.pk) is None
    box.trouble = lambda asked: None
    confirm.try_again(replay=replay, by=person)
    assert replay.pk in engine.waiting()
    advance(replay)
    assert (replay.state, replay.attempts, replay.waiting_for, replay.retry_at) == ("done", 0, "", None)


def test_pause_that_the_server_asks_for_is_kept(box: Mailbox, person: Agent) -> None:
    once(box, "do a", Unavailable("http.503", retry_after=1800))
    assert advance(begin(person)) == 1800


def test_wait_while_it_is_verified_leaves_no_trace(box: Mailbox, person: Agent, monkeypatch) -> None:
    times: list[int] = []

    def verify(run) -> list[str]:
        times.append(1)
        if len(times) == 1:
            raise Unavailable("http.503")
        return []

    monkeypatch.setitem(
        procedures.PROCEDURES,
        Replay.Kind.FILTERS,
        procedures.Procedure(acts=procedure(box).acts, verify=verify),
    )
    replay = begin(person)
    assert advance(replay)
    advance(replay)
    assert (replay.state, replay.waiting_for, replay.attempts) == ("done", "", 0)
    assert box.asked == ["do a", "do b", "do c"]


@pytest.mark.parametrize(
    ("trouble", "code", "words"),
    [
        (Refused("mail.QUOTA_EXCEEDED"), "mail.QUOTA_EXCEEDED", "pleine"),
        (Refused("service.FAILURE"), "refused", "service.FAILURE"),
        (NotAllowed("service.PERM_DENIED"), "not_allowed", "autorise"),
        (Stopped(CHANGED), "changed_meanwhile", "rien n’a été écrasé"),
    ],
)
def test_what_trying_again_does_not_cure_stops(
    box: Mailbox, person: Agent, trouble: Exception, code: str, words: str
) -> None:
    replay = begin(person)
    once(box, "do b", trouble)
    assert advance(replay) is None
    assert (replay.state, replay.error_code, replay.holder) == ("failed", code, "")
    assert words in replay.error
    notice = Notice.objects.get()
    assert (notice.kind, notice.mail_state) == ("replay.stopped", Notice.Mail.WAITING)
    # Told to go on, it goes on with what is missing.
    confirm.try_again(replay=replay, by=person)
    advance(replay)
    assert (replay.state, replay.error) == ("done", "")
    assert box.asked == ["do a", "do b", "do b", "do c"]


def test_what_nobody_foresaw_waits_and_is_heard_of(box: Mailbox, person: Agent) -> None:
    replay = begin(person)
    once(box, "do a", ValueError("a mistake of ours"))
    with pytest.raises(ValueError, match="of ours"):
        advance(replay)
    assert (replay.state, replay.waiting_for, replay.holder) == ("running", "internal", "")
    assert replay.retry_at


def test_ready_is_asked_once_before_anything_is_begun(box: Mailbox, person: Agent) -> None:
    asked: list[str] = []
    box.ready = lambda run: asked.append(run.replay.state)
    replay = begin(person)
    once(box, "do a", Unavailable("http.503"))
    advance(replay)
    advance(replay)
    assert asked == ["running"]


def test_not_ready_changes_nothing_and_leaves_nothing_to_undo(box: Mailbox, person: Agent) -> None:
    def changed(run) -> None:
        raise Stopped(CHANGED)

    box.ready = changed
    earlier = begin(person, ["a"])
    box.ready = lambda run: None
    advance(earlier)
    box.ready = changed
    later = begin(person, ["b"])
    advance(later)
    assert (later.state, box.letters) == ("failed", ["a"])
    assert confirm.later_of(earlier) is None
    confirm.undo(replay=earlier, by=person)
    advance(earlier)
    assert box.letters == []


def test_replays_of_a_person_take_turns_and_others_do_not_wait(box: Mailbox, person: Agent) -> None:
    first, second = begin(person, ["a"]), begin(person, ["b"], kind="signature")
    other = begin(make_agent(migrated_at=timezone.now()), ["z"])
    assert engine.advance(second.pk) is None
    assert box.asked == []
    advance(other)
    assert box.asked == ["do z"]
    assert engine.next_of(first.pk) == second.pk
    advance(first)
    assert engine.next_of(second.pk) is None
    advance(second)
    assert box.asked == ["do z", "do a", "do b"]


def test_waiting_one_keeps_its_turn(box: Mailbox, person: Agent) -> None:
    first, second = begin(person, ["a"]), begin(person, ["b"], kind="signature")
    once(box, "do a", Unavailable("http.503"))
    advance(first)
    assert engine.advance(second.pk) is None
    assert box.letters == []


def test_two_workers_of_one_replay_one_works(box: Mailbox, person: Agent) -> None:
    replay = begin(person)

    def second_worker(asked: str) -> None:
        assert engine.advance(replay.pk) is None

    box.trouble = second_worker
    advance(replay)
    assert box.asked == ["do a", "do b", "do c"]


def test_worker_that_lost_its_claim_writes_nothing(box: Mailbox, person: Agent) -> None:
    replay = begin(person)

    def taken_over(asked: str) -> None:
        if asked == "done a":
            Replay.objects.filter(pk=replay.pk).update(holder="elsewhere:1:1:x", held_until=timezone.now())

    box.trouble = taken_over
    engine.advance(replay.pk)
    replay.refresh_from_db()
    assert (replay.state, replay.holder, replay.settled) == ("running", "elsewhere:1:1:x", 0)
    assert "do b" not in box.asked
    box.trouble = lambda asked: None
    Replay.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    advance(replay)
    assert box.letters == LETTERS


def test_person_who_has_not_moved_is_not_written_to(box: Mailbox, person: Agent) -> None:
    replay = begin(person)
    Agent.objects.filter(pk=person.pk).update(migrated_at=None)
    advance(replay)
    assert (replay.state, replay.error_code, box.asked) == ("failed", "not_migrated", [])
    person.refresh_from_db()
    with pytest.raises(confirm.NotMigrated):
        begin(person, kind="signature")


def test_damaged_plan_stops_and_says_so(box: Mailbox, person: Agent) -> None:
    replay = begin(person)
    Replay.objects.update(plan=b"not sealed")
    advance(replay)
    assert (replay.state, replay.error_code) == ("failed", "damaged")
    assert results.acts_of(replay) == []


def test_nothing_to_do_is_no_replay(box: Mailbox, person: Agent) -> None:
    with pytest.raises(confirm.NothingToDo):
        begin(person, [])
    assert not Replay.objects.exists()


def test_what_was_seen_is_forgotten_when_something_changed(box: Mailbox, person: Agent) -> None:
    def seen() -> bool:
        return SettingsLook.objects.get().looked_at is not None

    SettingsLook.objects.create(agent=person, asked_at=timezone.now(), looked_at=timezone.now())
    replay = begin(person)
    advance(replay)
    assert not seen()
    SettingsLook.objects.update(looked_at=timezone.now())
    confirm.undo(replay=replay, by=person)
    advance(replay)
    assert not seen()


def test_contents_are_in_no_column_as_they_are(box: Mailbox, person: Agent) -> None:
    replay = begin(person, ["secret-letter"])
    advance(replay)
    for column in (replay.plan, replay.memory):
        assert b"secret-letter" not in bytes(column)
    assert not JournalEntry.objects.filter(details__icontains="secret-letter").exists()


def test_moves_are_those_of_the_table(box: Mailbox, person: Agent) -> None:
    for source in Replay.State.values:
        for target in Replay.State.values:
            replay = Replay.objects.create(agent=person, kind="filters", state=source, plan=b"")
            if target in states.MOVES[source]:
                states.move(replay.pk, to=target)
            else:
                with pytest.raises(WrongState):
                    states.move(replay.pk, to=target)
            replay.delete()
