"""Mailboxes counted and compared on two real servers, with losses that were planted."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps

from accounts.models import JournalEntry, OneOffSecret
from bascule.mailbox_check import acts, asking, engine, overview
from bascule.mailbox_check.errors import NoCensus, NotThere, PasswordNeeded, UnderWay
from bascule.mailbox_check.overview import FolderLine
from bascule.models import MailboxAct, MailboxCensus, MailboxPart, MailboxSide
from tests.bascule.mailbox_check.conftest import Person
from tests.dovecot import MASTER, MASTER_PASSWORD, PASSWORD, Message
from tests.factories import make_agent

pytestmark = pytest.mark.processes


def messages(start: int, count: int, **values: Any) -> list[Message]:
    return [Message(number, at=1_600_000_000 + number, **values) for number in range(start, start + count)]


def lines(person: Person) -> dict[str, FolderLine]:
    comparison = overview.overview(person.agent).comparison
    assert comparison is not None
    return {line.old_name or f"+{line.new_name}": line for line in overview.folder_lines(comparison)}


def test_nothing_is_missing(person: Person) -> None:
    folders = {"INBOX": messages(0, 5), "Écoles": messages(10, 3), "Écoles/CM2": messages(20, 2), "Vide": []}
    person.old.plant(person.agent.address, folders)
    person.new.plant(person.agent.address, folders | {"Nouveau": messages(50, 1)})
    census = person.census()
    assert (census.state, census.messages_done, census.folders_done) == ("done", 10, 4)
    comparison = person.compare()
    assert comparison.is_complete
    assert (comparison.old_messages, comparison.new_messages, comparison.lost, comparison.arrived) == (10, 11, 0, 1)
    found = lines(person)
    assert set(found) == {"Boîte de réception", "Écoles", "Écoles / CM2", "Vide", "+Nouveau"}
    assert all(line.is_fine for line in found.values())


def test_each_kind_of_loss_is_told_apart(person: Person) -> None:
    plain = messages(0, 6)
    twice = [*messages(30, 2), *messages(30, 2)]
    nameless = messages(60, 3, identified=False)
    person.old.plant(
        person.agent.address,
        {
            "INBOX": plain,
            "Doubles": twice,
            "Sans nom": nameless,
            "Projets": messages(100, 8),
            "Envoyés": messages(200, 2),
            "Perdu": messages(300, 2),
        },
    )
    person.new.plant(
        person.agent.address,
        {
            # One is lost, one lies elsewhere.
            "INBOX": plain[:4],
            "Divers": [plain[5]],
            # One copy less.
            "Doubles": twice[:3],
            "Sans nom": nameless[:2],
            # Another name, and one of eight is lost.
            "Anciens projets": messages(100, 7),
            # The same role under another name.
            "Sent": messages(200, 2),
        },
        subscribed=["Doubles", "Sans nom", "Anciens projets", "Sent"],
    )
    person.census()
    comparison = person.compare()
    assert not comparison.is_complete
    assert (comparison.lost, comparison.moved, comparison.fewer_copies) == (1 + 1 + 1 + 2, 1, 1)
    assert comparison.folders_not_subscribed == 1
    found = lines(person)
    assert (found["Boîte de réception"].pair.lost, found["Boîte de réception"].pair.moved) == (1, 1)
    assert found["Doubles"].pair.fewer_copies == 1
    assert found["Sans nom"].pair.lost == 1
    assert (found["Projets"].pair.how, found["Projets"].new_name) == ("renamed", "Anciens projets")
    assert found["Projets"].pair.lost == 1
    assert (found["Envoyés"].role, found["Envoyés"].new_name, found["Envoyés"].is_fine) == ("sent", "Sent", True)
    assert (found["Perdu"].pair.how, found["Perdu"].pair.lost) == ("absent", 2)
    told = overview.missing_of(found["Boîte de réception"].pair)
    assert [(one.kind, one.where) for one in told] == [("lost", ""), ("moved", "Divers")]
    assert all(one.received_at is not None and one.octets > 100 for one in told)
    # Digests of Zimbra went with the comparison.
    assert not MailboxPart.objects.filter(folder__census__side=MailboxSide.NEW).exists()


def test_messages_of_one_identifier_and_of_another_size(person: Person) -> None:
    long = replace(Message(1), body="x" * 50_000)
    person.old.plant(person.agent.address, {"INBOX": [long, Message(2)]})
    person.new.plant(person.agent.address, {"INBOX": [Message(1), Message(2)]})
    person.census()
    comparison = person.compare()
    assert (comparison.lost, comparison.resized, comparison.is_complete) == (0, 1, True)


def test_missing_messages_are_named_on_demand_and_forgotten(
    person: Person, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = Message(7, subject="=?utf-8?q?Ann=C3=A9e?= et réunion, conseil de discipline")
    person.old.plant(person.agent.address, {"INBOX": [*messages(0, 3), secret]})
    person.new.plant(person.agent.address, {"INBOX": messages(0, 3)})
    person.census()
    person.compare()
    pair = lines(person)["Boîte de réception"].pair
    act = person.details(pair.pk)
    assert act.state == "done", act.error
    (detail,) = acts.details(act, by=person.agent).values()
    assert (detail.sender, detail.subject) == ("Ana <ana@exemple.test>", "Année et réunion, conseil de discipline 7")
    assert detail.sent == "14/11/2023 22:13"
    # To nobody else, and no longer than that.
    assert acts.details(act, by=make_agent(is_staff=True)) == {}
    with pytest.raises(NotThere):
        acts.ask_details(agent=person.agent, by=make_agent(is_staff=True), pair_id=pair.pk, password=PASSWORD)
    rows = str([list(model._default_manager.values_list()) for model in apps.get_models()])
    for word in ("discipline", "ana@exemple.test", PASSWORD):
        assert word not in rows
        assert word not in caplog.text
    MailboxAct.objects.update(erase_at=act.created_at)
    assert acts.details(MailboxAct.objects.get(), by=person.agent) == {}
    assert acts.erase_shown() == 1
    assert bytes(MailboxAct.objects.get().sealed) == b""


def test_a_message_that_is_gone_from_the_old_mailbox_too(person: Person) -> None:
    person.old.plant(person.agent.address, {"INBOX": messages(0, 3)})
    person.new.plant(person.agent.address, {"INBOX": messages(0, 2)})
    person.census()
    person.compare()
    pair = lines(person)["Boîte de réception"].pair
    box = person.old.folder / "mail" / person.agent.address / "cur"
    max(box.iterdir()).unlink()
    (detail,) = acts.details(person.details(pair.pk), by=person.agent).values()
    assert detail.is_gone


def test_folders_are_subscribed_to(person: Person) -> None:
    folders = {"Été": messages(0, 1), "Autre": messages(5, 1)}
    person.old.plant(person.agent.address, folders)
    person.new.plant(person.agent.address, folders, subscribed=[])
    person.census()
    assert person.compare().folders_not_subscribed == 2
    with person.capture(execute=True):
        act = acts.subscribe(agent=person.agent, by=person.agent, password=PASSWORD)
    person.queue.work()
    act.refresh_from_db()
    assert (act.state, act.done, act.refused) == ("done", 2, 0)
    assert all(line.subscribed for line in lines(person).values())
    assert person.compare().folders_not_subscribed == 0
    with pytest.raises(NotThere):
        acts.subscribe(agent=person.agent, by=person.agent, password=PASSWORD)


def test_a_wrong_password_is_asked_for_again_and_it_goes_on(person: Person) -> None:
    person.old.plant(person.agent.address, {"INBOX": messages(0, 3)})
    census = person.census("faux")
    assert (census.state, census.error_code) == ("needs_password", "wrong_password")
    assert not OneOffSecret.objects.exists()
    with pytest.raises(UnderWay):
        asking.start_census(agent=person.agent, by=person.agent, password=PASSWORD)
    with person.capture(execute=True):
        asking.give_password(agent=person.agent, census_id=census.pk, by=person.agent, password=PASSWORD)
    person.queue.work()
    census.refresh_from_db()
    assert (census.state, census.messages_done) == ("done", 3)


def test_a_worker_killed_in_the_middle_is_taken_over_without_a_message_counted_twice(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bascule.mailbox_check import scanning

    monkeypatch.setattr(scanning, "PART_MESSAGES", 7)
    person.old.plant(person.agent.address, {"INBOX": messages(0, 40), "B": messages(100, 20)})
    person.new.plant(person.agent.address, {"INBOX": messages(0, 39), "B": messages(100, 20)})
    with person.capture(execute=True):
        census = asking.start_census(agent=person.agent, by=person.agent, password=PASSWORD)
    real, written = scanning._write, []

    def killed(*args: Any) -> None:
        real(*args)
        written.append(1)
        if len(written) in (2, 5):
            raise SystemExit

    monkeypatch.setattr(scanning, "_write", killed)
    (told,) = person.queue.told
    for _ in range(2):
        with pytest.raises(SystemExit):
            engine.carry(*told[1])
    person.queue.work()
    census.refresh_from_db()
    assert (census.state, census.messages_done) == ("done", 60)
    assert sum(MailboxPart.objects.values_list("count", flat=True)) == 60
    assert person.compare().lost == 1


def test_a_server_that_is_away_is_waited_for(person: Person, settings: Any) -> None:
    port = settings.OLD_IMAP_PORT
    person.old.plant(person.agent.address, {"INBOX": messages(0, 3)})
    settings.OLD_IMAP_PORT = 1
    with person.capture(execute=True):
        census = asking.start_census(agent=person.agent, by=person.agent, password=PASSWORD)
    (told,) = person.queue.told
    person.queue.told.clear()
    engine.carry(*told[1])
    census.refresh_from_db()
    assert (census.state, census.waiting_for) == ("running", "server_away")
    assert "réessaie" in overview.progress(census).sentence
    settings.OLD_IMAP_PORT = port
    person.queue.work()
    census.refresh_from_db()
    assert census.state == "done"
    settings.OLD_IMAP_PORT = 1
    settings.NEW_IMAP_PORT = 1
    with person.capture(execute=True):
        census = asking.start_comparison(agent=person.agent, by=person.agent, password=PASSWORD)
    person.queue.work()
    census.refresh_from_db()
    assert (census.state, census.error_code) == ("failed", "server_away")


def test_the_portals_own_access_needs_no_password(person: Person, settings: Any) -> None:
    for side in ("OLD", "NEW"):
        setattr(settings, f"{side}_IMAP_MASTER", MASTER)
        setattr(settings, f"{side}_IMAP_MASTER_PASSWORD", MASTER_PASSWORD)
        setattr(settings, f"{side}_IMAP_MASTER_FORM", "{login}*{master}")
    person.old.plant(person.agent.address, {"INBOX": messages(0, 3)})
    person.new.plant(person.agent.address, {"INBOX": messages(0, 3)})
    staff = make_agent(is_staff=True)
    with person.capture(execute=True):
        census = asking.start_census(agent=person.agent, by=staff)
    assert census.delegated
    assert engine.waiting() == [census.pk]
    person.queue.work()
    assert person.compare(password="").is_complete
    settings.OLD_IMAP_MASTER_PASSWORD = "faux"
    census = person.census(password="")
    assert (census.state, census.error_code) == ("failed", "delegation_refused")


def test_who_may_ask(person: Person) -> None:
    with pytest.raises(NoCensus):
        asking.start_comparison(agent=person.agent, by=person.agent, password=PASSWORD)
    with pytest.raises(NotThere):
        asking.start_census(agent=person.agent, by=make_agent(), password=PASSWORD)
    # Staff do not type somebody else's password.
    with pytest.raises(PasswordNeeded):
        asking.start_census(agent=person.agent, by=make_agent(is_staff=True), password=PASSWORD)
    with pytest.raises(PasswordNeeded):
        asking.start_census(agent=person.agent, by=person.agent)


def test_given_up_and_erased(person: Person) -> None:
    person.old.plant(person.agent.address, {"INBOX": messages(0, 3)})
    with person.capture(execute=True):
        census = asking.start_census(agent=person.agent, by=person.agent, password=PASSWORD)
    asking.cancel(agent=person.agent, census_id=census.pk, by=person.agent)
    assert not OneOffSecret.objects.exists()
    person.queue.work()
    census.refresh_from_db()
    assert census.state == "cancelled"
    person.census()
    asking.delete_all(agent=person.agent, by=person.agent)
    assert not MailboxCensus.objects.exists()
    assert JournalEntry.objects.filter(action="mailbox_check.deleted").count() == 1
