"""Entries of a census: adding, changing, taking out, copying; the possible owner that stays."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Agent, Establishment, JournalEntry
from boxes.census import declaring, states
from boxes.models import AccountRequest, Box, CensusEntry, Role
from tests.factories import make_agent, make_box, make_entry, make_establishment

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> Establishment:
    return make_establishment()


@pytest.fixture
def head(school: Establishment) -> Agent:
    return make_agent(establishment=school, function="DIR")


@pytest.fixture
def box(school: Establishment) -> Box:
    return make_box(establishment=school)


def test_add_writes_the_entry_and_the_journal(box: Box, head: Agent) -> None:
    agent = make_agent(establishment=make_establishment())
    entry = declaring.add(box=box, agent=agent, role=Role.READER, by=head)
    assert (entry.agent, entry.role, entry.added_by) == (agent, Role.READER, head)
    told = JournalEntry.objects.get()
    assert (told.action, told.subject, told.target) == ("census.entry_added", agent.address, f"box:{box.pk}")


def test_who_cannot_be_added(box: Box, head: Agent) -> None:
    with pytest.raises(declaring.IsHead):
        declaring.add(box=box, agent=head, role=Role.READER, by=head)
    with pytest.raises(declaring.NotActive):
        declaring.add(box=box, agent=make_agent(is_active=False), role=Role.READER, by=head)
    there = make_agent()
    make_entry(box, there)
    with pytest.raises(declaring.AlreadyThere):
        declaring.add(box=box, agent=there, role=Role.OWNER, by=head)
    assert not JournalEntry.objects.exists()


def test_the_only_possible_owner_stays(box: Box) -> None:
    owner, gone = make_agent(), make_agent(is_active=False)
    entry = make_entry(box, owner, Role.OWNER)
    away = make_entry(box, gone, Role.OWNER)
    for act in (
        lambda: declaring.remove(entry=entry, by=owner),
        lambda: declaring.change_role(entry=entry, role=Role.MEMBER, by=owner),
        lambda: declaring.write(box=box, wanted=[(owner, Role.READER)], by=owner),
    ):
        with pytest.raises(declaring.LastOwner):
            act()
    entry.refresh_from_db()
    assert entry.role == Role.OWNER
    declaring.remove(entry=away, by=owner)
    declaring.add(box=box, agent=make_agent(), role=Role.OWNER, by=owner)
    declaring.remove(entry=entry, by=owner)
    assert box.entries.count() == 1


def test_under_a_head_every_owner_may_go(box: Box, head: Agent) -> None:
    entry = make_entry(box, make_agent(), Role.OWNER)
    declaring.change_role(entry=entry, role=Role.READER, by=head)
    declaring.remove(entry=entry, by=head)
    assert not box.entries.exists()
    with pytest.raises(states.Gone):
        declaring.remove(entry=entry, by=head)


def test_write_is_all_or_nothing(box: Box, head: Agent, monkeypatch) -> None:
    monkeypatch.setattr(declaring, "MAX_ENTRIES", 2)
    wanted = [(make_agent(), Role.MEMBER) for _ in range(3)]
    with pytest.raises(declaring.TooMany):
        declaring.write(box=box, wanted=wanted, by=head)
    assert not CensusEntry.objects.exists()
    assert not JournalEntry.objects.exists()


def test_write_passes_over_heads_and_who_has_gone(box: Box, head: Agent) -> None:
    there, new, gone = make_agent(), make_agent(), make_agent(is_active=False)
    make_entry(box, there, Role.READER)
    wanted = [(head, Role.READER), (gone, Role.OWNER), (there, Role.MEMBER), (new, Role.MEMBER), (new, Role.MEMBER)]
    written = declaring.write(box=box, wanted=wanted, by=head)
    assert (written.added, written.changed) == ([new], [there])
    assert set(box.entries.values_list("agent", "role")) == {(there.pk, "member"), (new.pk, "member")}


def test_two_owners_may_change_places_in_one_go(box: Box) -> None:
    one, two = make_agent(), make_agent()
    make_entry(box, one, Role.OWNER)
    make_entry(box, two, Role.MEMBER)
    declaring.write(box=box, wanted=[(one, Role.MEMBER), (two, Role.OWNER)], by=one)
    assert box.entries.get(role=Role.OWNER).agent == two


def test_copy_brings_who_is_missing_and_changes_nobody(school: Establishment, box: Box, head: Agent) -> None:
    source = make_box(establishment=school)
    both, new, gone = make_agent(), make_agent(), make_agent(is_active=False)
    make_entry(box, both, Role.OWNER)
    for agent, role in ((both, Role.READER), (new, Role.MEMBER), (gone, Role.MEMBER), (head, Role.READER)):
        make_entry(source, agent, role)
    declaring.add_without_account(
        box=source, person=declaring.Person("Luc", "Payet", "Agent", "Région"), role=Role.READER, by=head
    )
    shown = declaring.copy_preview(box=box, source=source)
    assert (shown.new, shown.there, shown.gone) == ([(new, Role.MEMBER)], 2, 1)
    assert declaring.copy(box=box, source=source, by=head) == shown
    assert box.entries.count() == 3
    assert box.entries.get(agent=both).role == Role.OWNER
    assert declaring.copy(box=box, source=source, by=head).new == []


def test_copy_takes_from_the_own_reach_only(school: Establishment, box: Box, head: Agent) -> None:
    owner = make_agent()
    make_entry(box, owner, Role.OWNER)
    for source in (make_box(establishment=school), make_box(establishment=make_establishment()), make_box()):
        make_entry(source, make_agent())
        with pytest.raises(states.NotYours):
            declaring.copy(box=box, source=source, by=owner)
    assert box.entries.count() == 1


def test_a_person_without_account_is_asked_for_once(school: Establishment, box: Box, head: Agent) -> None:
    other = make_box(establishment=school)
    person = declaring.Person("Luc", "PAYET", "Agent", "Région")
    with pytest.raises(declaring.NeedsAccount):
        declaring.add_without_account(box=box, person=person, role=Role.OWNER, by=head)
    first = declaring.add_without_account(box=box, person=person, role=Role.MEMBER, by=head)
    again = declaring.Person("luc", "Payet", "Cuisine", "Commune")
    with pytest.raises(declaring.AlreadyThere):
        declaring.add_without_account(box=box, person=again, role=Role.MEMBER, by=head)
    second = declaring.add_without_account(box=other, person=again, role=Role.READER, by=head)
    assert first.request == second.request == AccountRequest.objects.get()
    with pytest.raises(declaring.NeedsAccount):
        declaring.change_role(entry=first, role=Role.OWNER, by=head)
    declaring.remove(entry=first, by=head)
    assert AccountRequest.objects.count() == 1
    declaring.remove(entry=second, by=head)
    assert AccountRequest.objects.count() == 0


def test_a_request_of_another_establishment_is_not_taken(box: Box, head: Agent) -> None:
    stranger = AccountRequest.objects.create(
        establishment=make_establishment(), given_name="Luc", family_name="Payet", job="a", employer="b"
    )
    with pytest.raises(states.Gone):
        declaring.add_request(box=box, request=stranger, role=Role.MEMBER, by=head)


def test_database_holds_what_an_entry_is(box: Box) -> None:
    agent = make_agent()
    make_entry(box, agent)
    request = AccountRequest.objects.create(
        establishment=make_establishment(), given_name="Luc", family_name="Payet", job="a", employer="b"
    )
    for wrong in (
        {"agent": agent, "role": "member"},
        {"role": "member"},
        {"agent": make_agent(), "request": request, "role": "member"},
        {"request": request, "role": "owner"},
        {"agent": make_agent(), "role": "chef"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            CensusEntry.objects.create(box=box, **wrong)
