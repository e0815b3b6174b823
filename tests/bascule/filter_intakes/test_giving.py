"""Rules given out after confirmation: once each, whoever is killed when; and given up, gone on with, forgotten."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Agent, JournalEntry, Notice
from accounts.sentences import sentence
from bascule import deposits, reading
from bascule.filter_intakes import decisions, engine, giving, report
from bascule.filter_intakes.states import WrongState
from bascule.filters.contents import contents_of
from bascule.models import CapturedRule, Deposit, FilterIntake
from tests.bascule.filter_intakes.directory import AWAY, OFF, REUNION, SPAM, entry, handed_in, looked_through
from tests.factories import make_agent

pytestmark = pytest.mark.django_db


def given_out(staff: Agent, *parts: str) -> FilterIntake:
    intake = looked_through(staff, *parts)
    decisions.confirm(intake=intake, by=staff)
    engine.advance(intake.pk)
    intake.refresh_from_db()
    return intake


def test_everybody_gets_their_own_rules_in_order(staff: Agent, marie: Agent) -> None:
    paul = make_agent("paul@ac-reunion.fr")
    intake = given_out(staff, entry("mp", REUNION, SPAM, OFF, mail=marie.address), entry("paul", AWAY))
    assert (intake.state, intake.given) == ("done", 2)
    rules = CapturedRule.objects.filter(agent=marie)
    assert [(contents_of(rule).name, rule.active) for rule in rules] == [
        ("Pub", True),
        ("Réunions", True),
        ("Ancienne", False),
    ]
    assert [contents_of(rule).name for rule in CapturedRule.objects.filter(agent=paul)] == ["Ailleurs"]
    deposit = Deposit.objects.get(agent=marie)
    assert (deposit.name, deposit.state, deposit.kind) == ("filtres-convergence.ldif", "read", "filters")


def test_the_person_is_told_and_the_journal_says_who_did_it(staff: Agent, marie: Agent) -> None:
    intake = given_out(staff, entry("mp", REUNION, mail=marie.address))
    (notice,) = Notice.objects.filter(recipient=marie)
    assert notice.title == "L’équipe informatique a déposé vos règles de filtrage"
    assert notice.link == "/mes-filtres/"
    entries = {one.action: one for one in JournalEntry.objects.all()}
    assert (entries["deposit.received"].actor, entries["deposit.received"].subject) == (staff.address, marie.address)
    assert entries["filter_intake.confirmed"].actor == staff.address
    assert "personnes servies : 1" in sentence(entries["filter_intake.done"])
    assert all("Réunions" not in sentence(one) + str(one.details) for one in entries.values())
    assert intake.people.get().text == b""
    assert Notice.objects.filter(recipient=staff, kind="filter_intake.done").exists()


def test_confirming_twice_gives_once(staff: Agent, marie: Agent) -> None:
    intake = looked_through(staff, entry("mp", REUNION, mail=marie.address))
    same = FilterIntake.objects.get(pk=intake.pk)
    decisions.confirm(intake=intake, by=staff)
    with pytest.raises(WrongState):
        decisions.confirm(intake=same, by=staff)
    for _ in range(3):
        engine.advance(intake.pk)
    with pytest.raises(WrongState):
        decisions.confirm(intake=same, by=staff)
    assert Deposit.objects.count() == CapturedRule.objects.count() == 1
    assert Notice.objects.filter(recipient=marie).count() == 1


def test_a_worker_killed_anywhere_never_gives_twice(
    staff: Agent, monkeypatch: pytest.MonkeyPatch, deposit_dir: Path, django_capture_on_commit_callbacks
) -> None:
    people = [make_agent(f"p{number}@ac-reunion.fr") for number in range(4)]
    with django_capture_on_commit_callbacks(execute=True):
        intake = looked_through(staff, *(entry(one.address.split("@")[0], REUNION, SPAM) for one in people))
    decisions.confirm(intake=intake, by=staff)

    def killed(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    for place in (
        "bascule.originals.write",
        "bascule.filter_intakes.giving.notices.notify",
        "bascule.filter_intakes.giving.reading.read",
        "bascule.filter_intakes.engine.finish",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, killed)
            with pytest.raises(KeyboardInterrupt):
                engine.advance(intake.pk)
        assert engine.waiting() == [intake.pk]
        for deposit_id in reading.waiting():
            reading.read(deposit_id)
    engine.advance(intake.pk)
    intake.refresh_from_db()
    assert (intake.state, intake.given) == ("done", 4)
    assert list(intake.people.values_list("outcome", flat=True)) == ["given"] * 4
    for one in people:
        assert Deposit.objects.filter(agent=one).count() == 1
        assert CapturedRule.objects.filter(agent=one).count() == 2
        assert Notice.objects.filter(recipient=one).count() == 1
    # Nothing is left of what was written before its row was.
    assert len([path for path in deposit_dir.rglob("*") if path.is_file()]) == 4


def test_what_somebody_deleted_meanwhile_does_not_come_back(staff: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [make_agent(f"p{number}@ac-reunion.fr") for number in range(2)]
    intake = looked_through(staff, entry("p0", SPAM), entry("p1", SPAM))
    decisions.confirm(intake=intake, by=staff)
    monkeypatch.setattr(engine, "SLICE_SECONDS", 0.0)
    assert engine.advance(intake.pk)
    deposits.delete(deposit=Deposit.objects.get(agent=people[0]), by=people[0])
    while engine.advance(intake.pk):
        pass
    assert [Deposit.objects.filter(agent=one).count() for one in people] == [0, 1]


def test_the_same_content_handed_in_by_the_person_meanwhile_is_known(staff: Agent, marie: Agent) -> None:
    intake = looked_through(staff, entry("mp", SPAM, mail=marie.address))
    row = intake.people.get()
    decisions.confirm(intake=intake, by=staff)
    giving.give(agent=marie, text=giving.sealing.unseal(bytes(row.text)), by=marie)
    engine.advance(intake.pk)
    row.refresh_from_db()
    assert (row.outcome, Deposit.objects.count()) == ("known", 1)


def test_a_person_with_too_many_files_is_told_to_staff(
    staff: Agent, marie: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(giving, "MAX_DEPOSITS_PER_AGENT", 0)
    intake = given_out(staff, entry("mp", SPAM, mail=marie.address))
    assert (intake.state, intake.given, intake.people.get().outcome) == ("done", 0, "no_room")


def test_what_stops_every_time_can_be_gone_on_with(staff: Agent, marie: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(chunks: object) -> None:
        raise OSError(28, "No space left on device")

    intake = looked_through(staff, entry("mp", SPAM, mail=marie.address))
    decisions.confirm(intake=intake, by=staff)
    with monkeypatch.context() as patch:
        patch.setattr("bascule.originals.write", full)
        for _ in range(engine.MAX_ATTEMPTS):
            with pytest.raises(OSError, match="No space"):
                engine.advance(intake.pk)
        engine.advance(intake.pk)
    intake.refresh_from_db()
    assert (intake.state, intake.error_code) == ("failed", "giver_stopped")
    decisions.go_on(intake=intake, by=staff)
    engine.advance(intake.pk)
    intake.refresh_from_db()
    assert (intake.state, intake.given) == ("done", 1)


def test_given_up_before_it_is_confirmed_nothing_stays(
    staff: Agent, marie: Agent, deposit_dir: Path, django_capture_on_commit_callbacks
) -> None:
    intake = handed_in(staff, entry("mp", SPAM, mail=marie.address))
    with django_capture_on_commit_callbacks(execute=True):
        decisions.cancel(intake=intake, by=staff)
    engine.advance(intake.pk)
    assert not [path for path in deposit_dir.rglob("*") if path.is_file()]
    ready = looked_through(staff, entry("mp", SPAM, mail=marie.address))
    decisions.cancel(intake=ready, by=staff)
    assert ready.people.count() == 0
    for action in (decisions.cancel, decisions.confirm, decisions.go_on):
        with pytest.raises(WrongState):
            action(intake=ready, by=staff)


def test_a_distribution_under_way_cannot_be_given_up(staff: Agent, marie: Agent) -> None:
    intake = looked_through(staff, entry("mp", SPAM, mail=marie.address))
    decisions.confirm(intake=intake, by=staff)
    with pytest.raises(WrongState):
        decisions.cancel(intake=intake, by=staff)
    assert intake.people.count() == 1


def test_what_nobody_confirmed_and_what_is_over_goes_in_time(staff: Agent, marie: Agent, settings) -> None:
    waiting = looked_through(staff, entry("mp", SPAM, mail=marie.address))
    done = given_out(staff, entry("mp", REUNION, mail=marie.address))
    assert decisions.expire() == 0
    old = timezone.now() - timedelta(days=settings.DEPOSIT_RETENTION_DAYS + 1)
    FilterIntake.objects.update(created_at=old)
    FilterIntake.objects.filter(pk=done.pk).update(finished_at=old)
    assert decisions.expire() == 2
    waiting.refresh_from_db()
    assert (waiting.state, waiting.people.count()) == ("cancelled", 0)
    assert not FilterIntake.objects.filter(pk=done.pk).exists()
    assert CapturedRule.objects.filter(agent=marie).exists()


def test_report_counts_what_was_read_and_no_cell_is_a_formula(staff: Agent, marie: Agent) -> None:
    intake = given_out(staff, entry("mp", SPAM, AWAY, mail=marie.address), entry("x", SPAM, mail="=cmd|x@y.example"))
    heading, mine, stranger = report.table(intake)
    row = dict(zip(heading, mine, strict=True))
    assert row["personne"] == "Marie Payet"
    assert (row["règles relevées"], row["identiques"], row["non reprises"]) == (2, 1, 1)
    assert row["remarques"]
    assert "Pub" not in str(mine)
    assert stranger[1:4] == ("=cmd|x@y.example", "Inconnue", "")
