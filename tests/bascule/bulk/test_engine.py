from __future__ import annotations

from collections import Counter

import pytest
from django.utils import timezone

from accounts.models import Agent, JournalEntry, Notice
from bascule import standings
from bascule.bulk import engine, runs, servers
from bascule.imports import confirm
from bascule.imports import engine as imports_engine
from bascule.imports.contact_items import ContactCarrier
from bascule.models import BulkPerson, BulkRun, Import, MailServer, Wave
from tests.bascule.bulk.conftest import People, outcomes, work
from tests.bascule.imports.collections import carry, contact, event, make_collection, start
from tests.factories import make_agent
from tests.simulated import Simulated

State = BulkPerson.State


def titles(agent: Agent) -> list[str]:
    return list(Notice.objects.filter(recipient=agent).order_by("pk").values_list("kind", flat=True))


def names(door: Simulated, agent: Agent) -> Counter[str]:
    """Full names of all contacts of a mailbox."""
    with door.client(agent.address) as client:
        books = [folder.id for folder in client.folders().walk() if folder.view == "contact"]
        return Counter(one.attributes["fullName"] for book in books for one in client.contacts(book))


def wanted(count: int) -> Counter[str]:
    return Counter(f"Prénom{number} Payet" for number in range(count))


def test_everybody_who_has_moved_gets_what_was_not_imported_yet(
    people: People, wave: Wave, staff: Agent, door: Simulated
) -> None:
    plain, by_hand, alone = people(3)
    waiting = make_agent(population="bulk")
    standings.refresh([waiting])
    make_collection(plain, [contact(n) for n in range(3)])
    make_collection(plain, [event(n) for n in range(2)], kind="calendar")
    done = carry(start(make_collection(by_hand, [contact(0)]), name="À moi"))
    make_collection(by_hand, [contact(1)])
    for left_out in (alone, waiting):
        make_collection(left_out, [contact(0)])
    runs.choose_own(agent=alone, own=True, by=alone)

    run = runs.start(wave=wave, by=staff)
    assert (run.people, run.imports, run.items) == (2, 3, 6)
    work()

    run.refresh_from_db()
    assert (run.state, run.people_done, run.imports_done, run.items_added) == (BulkRun.State.DONE, 2, 3, 6)
    assert outcomes(run) == {plain.address: State.DONE, by_hand.address: State.DONE}
    folders = set(Import.objects.exclude(pk=done.pk).values_list("folder_name", flat=True))
    assert folders == {"Carnet de test", "Carnet de test (2)"}
    assert (names(door, plain), names(door, by_hand), names(door, alone)) == (wanted(3), wanted(2), Counter())
    # Told once, not file by file; what they did themselves is told as ever.
    assert (titles(plain), titles(by_hand), titles(alone)) == (["bulk.done"], ["import.done", "bulk.done"], [])
    body = Notice.objects.get(recipient=plain).body
    assert "3 éléments ajoutés" in body
    assert "2 éléments ajoutés" in body
    assert titles(staff) == ["bulk.done"]
    entries = JournalEntry.objects.filter(action="import.started", actor=staff.address)
    assert Counter(entries.values_list("subject", flat=True)) == {plain.address: 2, by_hand.address: 1}
    with pytest.raises(runs.NothingToDo):
        runs.start(wave=wave, by=staff)
    # Taken back as any other.
    confirm.undo(parent=Import.objects.get(agent=by_hand, bulk_person__isnull=False), by=by_hand)
    imports_engine.advance(Import.objects.filter(agent=by_hand).latest("pk").pk)
    assert names(door, by_hand) == wanted(1)


@pytest.fixture
def decide_after_a_batch(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Have something decided while the first batch is under way."""
    monkeypatch.setattr(engine, "LOOK_SECONDS", 0)
    send = ContactCarrier.send

    def prepare(decision) -> None:  # type: ignore[no-untyped-def]
        calls: list[int] = []

        def sent(carrier, parcels):  # type: ignore[no-untyped-def]
            calls.append(len(parcels))
            if len(calls) == 1:
                decision()
            return send(carrier, parcels)

        monkeypatch.setattr(ContactCarrier, "send", sent)

    return prepare


def test_pause_in_the_middle_of_a_person_then_resumed(
    people: People, wave: Wave, staff: Agent, door: Simulated, decide_after_a_batch
) -> None:
    (agent,) = people(1)
    make_collection(agent, [contact(n) for n in range(30)])
    run = runs.start(wave=wave, by=staff)
    decide_after_a_batch(lambda: runs.pause(run=run, by=staff))
    work()

    parent = Import.objects.get()
    assert (parent.state, parent.items.filter(state="created").count()) == (Import.State.SENDING, 10)
    assert engine.work(MailServer.objects.get().pk) is None
    assert imports_engine.waiting() == []
    # What the person starts is not kept waiting by what rests.
    own = start(make_collection(agent, [contact(99)]), name="À moi")
    assert parent.pk == imports_engine.next_of(own.pk)

    runs.resume(run=BulkRun.objects.get(), by=staff)
    work()
    assert names(door, agent) == wanted(30)
    assert outcomes(run) == {agent.address: State.DONE}
    carry(own)
    assert names(door, agent)["Prénom99 Payet"] == 1


def test_stopped_for_good_in_the_middle(
    people: People, wave: Wave, staff: Agent, door: Simulated, decide_after_a_batch
) -> None:
    first, second = people(2)
    for agent in (first, second):
        make_collection(agent, [contact(n) for n in range(20)])
    run = runs.start(wave=wave, by=staff)
    decide_after_a_batch(lambda: runs.cancel(run=run, by=staff))
    work()

    run.refresh_from_db()
    assert run.finished_at is not None
    parent = Import.objects.get()
    assert (parent.state, parent.error_code) == (Import.State.FAILED, "team_stopped")
    assert sorted(outcomes(run).values()) == [State.CANCELLED, State.CANCELLED]
    assert titles(first) + titles(second) == ["bulk.stopped"]
    assert sum((names(door, first) + names(door, second)).values()) == 10
    with pytest.raises(runs.WrongState):
        runs.resume(run=run, by=staff)
    # The person goes on alone.
    confirm.try_again(parent=parent, by=parent.agent)
    carry(parent)
    assert names(door, parent.agent) == wanted(20)


def test_failure_has_its_cause_and_is_tried_again(people: People, wave: Wave, staff: Agent, door: Simulated) -> None:
    full, well = people(2)
    for agent in (full, well):
        make_collection(agent, [contact(n) for n in range(3)])
    run = runs.start(wave=wave, by=staff)
    with door.disturbed(refuse={"k": 2, "code": "mail.QUOTA_EXCEEDED"}):
        work()
    run.refresh_from_db()
    assert (run.state, run.people_done, run.people_failed) == (BulkRun.State.DONE, 1, 1)
    failed = run.persons.get(state=State.FAILED)
    assert "pleine" in failed.error
    assert titles(failed.agent) == ["bulk.stopped"]

    assert runs.retry_failures(run=run, by=staff) == 1
    work()
    run.refresh_from_db()
    assert (run.state, run.people_done, run.people_failed, run.items_added) == (BulkRun.State.DONE, 2, 0, 6)
    assert names(door, failed.agent) == wanted(3)


def test_people_take_turns_however_much_one_has(
    people: People, wave: Wave, staff: Agent, door: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    big, small = people(2)
    make_collection(big, [contact(n) for n in range(30)])
    make_collection(small, [contact(n) for n in range(10)])
    monkeypatch.setattr(engine, "TURN_SECONDS", 0)
    order: list[int] = []
    send = ContactCarrier.send

    def noted(carrier, parcels):  # type: ignore[no-untyped-def]
        order.append(BulkPerson.objects.exclude(holder="").get().agent_id)
        return send(carrier, parcels)

    # A turn as short as can be still sends a batch.
    def go_on(claim, seat):  # type: ignore[no-untyped-def]
        before = len(order)
        return lambda: len(order) == before

    monkeypatch.setattr(engine, "_staying", go_on)
    monkeypatch.setattr(ContactCarrier, "send", noted)
    runs.start(wave=wave, by=staff)
    work()
    assert order == [big.pk, small.pk, big.pk, big.pk]
    assert names(door, big) == wanted(30)


def test_waves_at_once_take_turns(people: People, staff: Agent, wave: Wave, door: Simulated) -> None:
    mine = people(2)
    for agent in mine:
        make_collection(agent, [contact(0)])
    run = runs.start(wave=wave, by=staff)
    other = Wave.objects.create(name="Autre", date=timezone.localdate())
    late = BulkRun.objects.create(wave=other, people=1)
    extra = make_agent(door.create_account(), migrated_at=timezone.now())
    make_collection(extra, [contact(0)])
    BulkRun.objects.filter(pk=late.pk).update(created_at=timezone.now())
    BulkPerson.objects.create(run=late, agent=extra, server=run.persons.first().server, turn_at=timezone.now())
    work()
    order = list(BulkPerson.objects.order_by("finished_at").values_list("run", flat=True))
    assert order == [run.pk, late.pk, run.pk]


def test_zimbra_away_is_waited_for_by_all_and_nobody_fails(
    people: People, wave: Wave, staff: Agent, door: Simulated
) -> None:
    (agent,) = people(1)
    make_collection(agent, [contact(n) for n in range(3)])
    run = runs.start(wave=wave, by=staff)
    door.disturb(mode="503")
    server = MailServer.objects.get()
    assert engine.work(server.pk) == servers.FIRST_CALM_SECONDS
    server.refresh_from_db()
    assert (server.strikes, server.trouble, server.allowed) == (1, "http.503", 2)
    assert engine.work(server.pk) is None
    assert outcomes(run) == {agent.address: State.WAITING}
    door.disturb()
    MailServer.objects.update(calm_until=0)
    work()
    assert outcomes(run) == {agent.address: State.DONE}
    assert names(door, agent) == wanted(3)


def test_files_that_bring_workers_down_are_given_up(people: People, wave: Wave, staff: Agent, door: Simulated) -> None:
    (agent,) = people(1)
    make_collection(agent, [contact(0)])
    run = runs.start(wave=wave, by=staff)
    BulkPerson.objects.update(begun=5)
    work()
    assert run.persons.values_list("state", "error_code").get() == (State.FAILED, "worker_stopped")
    assert names(door, agent) == Counter()


@pytest.mark.usefixtures("door")
def test_only_staff_decide(people: People, wave: Wave, staff: Agent) -> None:
    (agent,) = people(1)
    make_collection(agent, [contact(0)])
    with pytest.raises(runs.NotStaff):
        runs.start(wave=wave, by=agent)
    run = runs.start(wave=wave, by=staff)
    with pytest.raises(runs.AlreadyRunning):
        runs.start(wave=wave, by=staff)
    for decision in (runs.pause, runs.cancel, runs.retry_failures):
        with pytest.raises(runs.NotStaff):
            decision(run=run, by=agent)
    with pytest.raises(runs.WrongBounds):
        runs.set_bounds(server=MailServer.objects.get(), parallel=0, rate=5, by=staff)
