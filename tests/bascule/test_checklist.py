from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from accounts import journal
from accounts.models import Agent, JournalEntry
from accounts.sentences import sentence
from bascule import checklist, steps
from bascule.checklist import NOTE_MAX_CHARACTERS, Checklist, checklist_for, duration
from bascule.models import StepState
from bascule.planning import Phase, Schedule
from tests.each import each
from tests.factories import make_agent, make_wave

TODAY = date(2026, 3, 10)
State = StepState.State
MOVED = datetime(2026, 3, 1, tzinfo=UTC)

BEFORE_MOVE = Schedule(Phase.BEFORE, wave_name="Vague", day=date(2026, 3, 22), countdown="dans 12 jours")
AFTER_MOVE = Schedule(Phase.AFTER, wave_name="Vague", day=date(2026, 3, 1), moved=True)
BEFORE_CODES = [step.code for step in steps.STEPS if step.is_before]
AFTER_CODES = [step.code for step in steps.STEPS if not step.is_before]


def states(*, done: list[str]) -> dict[str, str]:
    return dict.fromkeys(done, State.DONE)


def picture(schedule: Schedule, done: list[str] | None = None) -> Checklist:
    return checklist.checklist(schedule, states(done=done or []))


def state_of(agent: Agent, step: str) -> str | None:
    return StepState.objects.filter(agent=agent, step=step).values_list("state", flat=True).first()


# --- writing ---


@pytest.mark.django_db
def test_state_changes_are_kept_and_told_to_the_journal() -> None:
    agent, staff = make_agent(), make_agent(is_staff=True)
    checklist.mark_done(agent=agent, step="note-devices", by=agent)
    assert state_of(agent, "note-devices") == State.DONE
    checklist.mark_not_concerned(agent=agent, step="note-devices", by=staff)
    assert state_of(agent, "note-devices") == State.NOT_CONCERNED
    checklist.reopen(agent=agent, step="note-devices", by=agent)
    assert state_of(agent, "note-devices") == State.OPEN
    entries = list(JournalEntry.objects.order_by("id"))
    assert [(e.action, e.actor, e.subject, e.target, e.details["before"]) for e in entries] == [
        ("step.done", agent.address, agent.address, "step:note-devices", "open"),
        ("step.not_concerned", staff.address, agent.address, "step:note-devices", "done"),
        ("step.reopened", agent.address, agent.address, "step:note-devices", "not_concerned"),
    ]
    assert sentence(entries[0]) == "a marqué l’étape « Noter mes appareils connectés » comme faite"
    assert all(entry.action not in sentence(entry) for entry in entries)


@pytest.mark.django_db
def test_saying_it_twice_writes_once() -> None:
    agent = make_agent()
    for _ in range(2):
        checklist.mark_done(agent=agent, step="note-boxes", by=agent)
    checklist.reopen(agent=agent, step="note-devices", by=agent)
    assert JournalEntry.objects.count() == 1


@pytest.mark.django_db
def test_change_is_undone_when_the_journal_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = make_agent()

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("journal")

    monkeypatch.setattr(journal, "record", broken)
    with pytest.raises(RuntimeError):
        checklist.mark_done(agent=agent, step="note-boxes", by=agent)
    with pytest.raises(RuntimeError):
        checklist.save_note(agent=agent, step="note-boxes", text="une boîte", by=agent)
    assert not StepState.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("code", AFTER_CODES)
def test_steps_after_the_move_are_locked_until_it(code: str) -> None:
    agent = make_agent()
    make_wave("first-degree", day=TODAY, state="under_way")
    with pytest.raises(checklist.StepLocked):
        checklist.mark_done(agent=agent, step=code, by=agent)
    if steps.get(code).optional:
        with pytest.raises(checklist.StepLocked):
            checklist.mark_not_concerned(agent=agent, step=code, by=agent)
    assert not StepState.objects.exists()
    agent.migrated_at = MOVED
    checklist.mark_done(agent=agent, step=code, by=agent)
    assert state_of(agent, code) == State.DONE


@pytest.mark.django_db
def test_step_before_the_move_stays_possible_after_it() -> None:
    agent = make_agent(migrated_at=MOVED)
    checklist.mark_done(agent=agent, step="export-contacts", by=agent)
    assert state_of(agent, "export-contacts") == State.DONE


@pytest.mark.django_db
def test_mailbox_check_cannot_be_set_aside() -> None:
    agent = make_agent(migrated_at=MOVED)
    with pytest.raises(checklist.StepNotOptional):
        checklist.mark_not_concerned(agent=agent, step="check-mailbox", by=agent)
    assert state_of(agent, "check-mailbox") is None


@pytest.mark.django_db
def test_states_of_one_person_are_not_those_of_another() -> None:
    mine, other = make_agent(), make_agent()
    checklist.mark_done(agent=mine, step="note-boxes", by=mine)
    assert checklist_for(mine, TODAY).view("note-boxes").state == State.DONE
    assert checklist_for(other, TODAY).view("note-boxes").state == State.OPEN


# --- notes ---


@pytest.mark.django_db
def test_note_is_sealed_and_comes_back_as_written() -> None:
    agent = make_agent()
    text = "Règle 1 : expéditeur « syndicat »\r\n  vers Dossier/Été 🌴"
    checklist.save_note(agent=agent, step="capture-filters", text=text, by=agent)
    stored = bytes(StepState.objects.get().note)
    assert stored
    assert b"syndicat" not in stored
    assert checklist.note(agent, "capture-filters") == text.replace("\r\n", "\n")
    assert "syndicat" not in str(JournalEntry.objects.get().details)
    assert checklist.note(make_agent(), "capture-filters") == ""


@pytest.mark.django_db
def test_note_and_state_do_not_overwrite_each_other() -> None:
    agent = make_agent()
    checklist.mark_done(agent=agent, step="note-devices", by=agent)
    checklist.save_note(agent=agent, step="note-devices", text="PC du bureau", by=agent)
    assert state_of(agent, "note-devices") == State.DONE
    checklist.reopen(agent=agent, step="note-devices", by=agent)
    assert checklist.note(agent, "note-devices") == "PC du bureau"


@pytest.mark.django_db
def test_same_note_again_writes_nothing_and_empty_text_removes_it() -> None:
    agent = make_agent()
    for text in ("un", " un ", "", ""):
        checklist.save_note(agent=agent, step="note-devices", text=text, by=agent)
    assert checklist.note(agent, "note-devices") == ""
    assert bytes(StepState.objects.get().note) == b""
    actions = list(JournalEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["step.note_saved", "step.note_removed"]


@pytest.mark.django_db
def test_longest_note_is_kept_and_one_more_character_refused() -> None:
    agent = make_agent()
    lines = "é\r\n" * (NOTE_MAX_CHARACTERS // 2 - 1) + "éé"
    checklist.save_note(agent=agent, step="note-devices", text=lines, by=agent)
    kept = checklist.note(agent, "note-devices")
    assert kept is not None
    assert len(kept) == NOTE_MAX_CHARACTERS
    with pytest.raises(checklist.NoteTooLong):
        checklist.save_note(agent=agent, step="note-devices", text="x" * (NOTE_MAX_CHARACTERS + 1), by=agent)
    assert checklist.note(agent, "note-devices") == kept


@pytest.mark.django_db
def test_note_is_refused_where_none_is_taken_and_where_the_step_is_locked() -> None:
    agent = make_agent()
    with pytest.raises(checklist.StepTakesNoNotes):
        checklist.save_note(agent=agent, step="export-contacts", text="x", by=agent)
    with pytest.raises(checklist.StepLocked):
        checklist.save_note(agent=agent, step="check-mailbox", text="x", by=agent)


@pytest.mark.django_db
def test_note_whose_key_is_gone_is_none_and_can_be_replaced() -> None:
    agent = make_agent()
    checklist.save_note(agent=agent, step="note-devices", text="ancien", by=agent)
    with override_settings(SEAL_KEYS=[Fernet.generate_key().decode()]):
        assert checklist.note(agent, "note-devices") is None
        checklist.save_note(agent=agent, step="note-devices", text="nouveau", by=agent)
        assert checklist.note(agent, "note-devices") == "nouveau"


# --- the picture ---


def test_before_the_move_its_steps_come_first_and_the_rest_is_locked() -> None:
    mine = picture(BEFORE_MOVE)
    assert [part.phase for part in mine.parts] == ["before", "after"]
    assert [view.step.code for view in mine.current.steps] == BEFORE_CODES
    assert not any(view.locked for view in mine.before.steps)
    assert all(view.locked for view in mine.after.steps)


def test_after_the_move_nothing_is_locked_and_its_steps_come_first() -> None:
    mine = picture(AFTER_MOVE)
    assert [view.step.code for view in mine.current.steps] == AFTER_CODES
    assert not any(view.locked for part in mine.parts for view in part.steps)


def test_time_left_adds_up_what_is_open() -> None:
    assert picture(BEFORE_MOVE).time_left.sentence == "de 50 min à 1 h 05, plus 10 à 15 min par appareil"
    assert picture(BEFORE_MOVE).before.time_left.sentence == "28 min"
    assert picture(AFTER_MOVE).time_left.sentence == "22 à 37 min, plus 10 à 15 min par appareil"
    assert picture(BEFORE_MOVE, ["note-boxes"]).before.time_left.sentence == "25 min"
    assert picture(AFTER_MOVE, AFTER_CODES[:-1]).time_left.sentence == "10 à 15 min par appareil"
    assert picture(AFTER_MOVE, AFTER_CODES).time_left.sentence == ""


def test_next_step_is_the_first_open_one_that_can_be_done() -> None:
    def next_code(schedule: Schedule, done: list[str]) -> str | None:
        view = picture(schedule, done).next_step
        return view.step.code if view else None

    assert next_code(BEFORE_MOVE, []) == "capture-filters"
    assert next_code(BEFORE_MOVE, BEFORE_CODES[:3]) == "save-signature"
    assert next_code(BEFORE_MOVE, BEFORE_CODES) is None
    assert next_code(AFTER_MOVE, []) == "check-mailbox"
    assert next_code(AFTER_MOVE, AFTER_CODES) is None


def test_not_concerned_counts_as_closed() -> None:
    mine = checklist.checklist(BEFORE_MOVE, {"note-boxes": State.NOT_CONCERNED, "capture-filters": State.DONE})
    assert mine.before.closed == 2
    assert mine.before.time_left.sentence == "20 min"


@each(
    ("least", "most", "words"),
    [
        (3, 3, "3 min"),
        (5, 10, "5 à 10 min"),
        (60, 60, "1 h 00"),
        (50, 60, "de 50 min à 1 h 00"),
        (65, 125, "de 1 h 05 à 2 h 05"),
    ],
)
def test_duration_in_words(least: int, most: int, words: str) -> None:
    assert duration(least, most) == words


@pytest.mark.django_db
def test_picture_costs_the_same_queries_whatever_was_done(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    agent = make_agent(migrated_at=MOVED)
    make_wave("first-degree", day=date(2026, 3, 1))
    with django_assert_max_num_queries(3):
        checklist_for(agent, TODAY)
    for step in steps.STEPS:
        checklist.mark_done(agent=agent, step=step.code, by=agent)
    with django_assert_max_num_queries(3):
        mine = checklist_for(agent, TODAY)
    assert mine.next_step is None
