"""The sheet of a census: its states, who may do what with it, what it lacks, reminders."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent, Establishment, JournalEntry, Notice
from boxes.census import declaring, listed_boxes, showing, states
from boxes.models import AccountRequest, Box, BoxUse, CensusEntry, CensusSheet, Role
from tests.factories import make_agent, make_box, make_entry, make_establishment

pytestmark = pytest.mark.django_db

OPEN, SUBMITTED, VALIDATED = CensusSheet.State


@pytest.fixture
def school() -> Establishment:
    return make_establishment()


@pytest.fixture
def head(school: Establishment) -> Agent:
    return make_agent(establishment=school, function="DIR")


@pytest.fixture
def staff() -> Agent:
    return make_agent(is_staff=True)


def set_state(school: Establishment, state: str) -> None:
    CensusSheet.objects.update_or_create(establishment=school, defaults={"state": state})


def state_of(school: Establishment) -> str:
    return states.sheet_of(school).state


def test_way_from_open_to_validated_and_back(school: Establishment, head: Agent, staff: Agent) -> None:
    make_box(establishment=school)
    states.submit(establishment=school, by=head)
    assert state_of(school) == SUBMITTED
    states.validate(establishment=school, by=staff)
    assert state_of(school) == VALIDATED
    sheet = states.reopen(establishment=school, by=staff, reason=" Il manque\nla loge ")
    assert (sheet.state, sheet.note, sheet.validated_at) == (OPEN, "Il manque la loge", None)
    assert list(Notice.objects.filter(recipient=head).values_list("kind", flat=True)) == [
        "census.reopened",
        "census.validated",
    ]
    told = JournalEntry.objects.filter(target=f"census:{school.pk}").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["census.submitted", "census.validated", "census.reopened"]


@pytest.mark.parametrize(
    ("state", "act", "allowed"),
    [
        (OPEN, "submit", True),
        (SUBMITTED, "submit", False),
        (VALIDATED, "submit", False),
        (OPEN, "validate", False),
        (SUBMITTED, "validate", True),
        (VALIDATED, "validate", False),
        (OPEN, "reopen", False),
        (SUBMITTED, "reopen", True),
        (VALIDATED, "reopen", True),
    ],
)
def test_every_move_from_every_state(school: Establishment, staff: Agent, state: str, act: str, allowed: bool) -> None:
    set_state(school, state)
    acts = {
        "submit": lambda: states.submit(establishment=school, by=staff),
        "validate": lambda: states.validate(establishment=school, by=staff),
        "reopen": lambda: states.reopen(establishment=school, by=staff, reason="Oubli"),
    }
    if allowed:
        acts[act]()
        assert state_of(school) != state
        return
    with pytest.raises(states.WrongMove):
        acts[act]()
    assert state_of(school) == state
    assert not JournalEntry.objects.exists()


def test_only_staff_validate_and_reopen_what_is_validated(school: Establishment, head: Agent) -> None:
    set_state(school, SUBMITTED)
    with pytest.raises(states.NotYours):
        states.validate(establishment=school, by=head)
    with pytest.raises(states.NoReason):
        states.reopen(establishment=school, by=head, reason=" \0 ")
    states.reopen(establishment=school, by=head, reason="Oubli")
    set_state(school, VALIDATED)
    with pytest.raises(states.Validated):
        states.reopen(establishment=school, by=head, reason="Oubli")


def test_a_box_without_owner_keeps_the_census_from_being_submitted(school: Establishment) -> None:
    box = make_box(establishment=school)
    owner = make_agent(establishment=school)
    entry = make_entry(box, owner, Role.OWNER)
    other = make_box(establishment=school)
    with pytest.raises(states.Incomplete):
        states.submit(establishment=school, by=owner)
    assert [issue.box for issue in showing.missing(school) if issue.blocks] == [other]
    Box.objects.filter(pk=other.pk).update(is_kept=False)
    states.submit(establishment=school, by=owner)
    assert state_of(school) == SUBMITTED
    Agent.objects.filter(pk=owner.pk).update(is_active=False)
    assert [issue.box for issue in showing.missing(school) if issue.blocks] == [entry.box]


def test_a_declared_owner_submits_only_where_nobody_heads(school: Establishment, head: Agent) -> None:
    owner = make_agent(establishment=school)
    make_entry(make_box(establishment=school), owner, Role.OWNER)
    with pytest.raises(states.NotYours):
        states.submit(establishment=school, by=owner)
    Agent.objects.filter(pk=head.pk).update(is_active=False)
    states.submit(establishment=school, by=owner)
    assert state_of(school) == SUBMITTED


def test_what_is_submitted_is_changed_by_staff_only(school: Establishment, head: Agent, staff: Agent) -> None:
    box, agent = make_box(establishment=school), make_agent()
    entry = make_entry(box, make_agent())
    for state, error in ((SUBMITTED, states.Submitted), (VALIDATED, states.Validated)):
        set_state(school, state)
        for act in (
            lambda: declaring.add(box=box, agent=agent, role=Role.MEMBER, by=head),
            lambda: declaring.write(box=box, wanted=[(agent, Role.MEMBER)], by=head),
            lambda: declaring.remove(entry=entry, by=head),
            lambda: declaring.change_role(entry=entry, role=Role.READER, by=head),
            lambda: listed_boxes.keep(box=box, kept=False, by=head),
            lambda: listed_boxes.add(establishment=school, address="loge", name="Loge", by=head),
        ):
            with pytest.raises(error):
                act()
    assert CensusEntry.objects.get().role == Role.MEMBER
    declaring.add(box=box, agent=agent, role=Role.MEMBER, by=staff)
    assert box.entries.count() == 2


def test_a_transferred_box_is_frozen_for_everybody(school: Establishment, head: Agent, staff: Agent) -> None:
    box = make_box(establishment=school, origin=Box.Origin.DECLARED)
    entry = make_entry(box, make_agent())
    Box.objects.filter(pk=box.pk).update(transfer_asked_at=timezone.now())
    for by in (head, staff):
        for act in (
            lambda by: declaring.add(box=box, agent=make_agent(), role=Role.MEMBER, by=by),
            lambda by: declaring.remove(entry=entry, by=by),
            lambda by: listed_boxes.remove(box=box, by=by),
            lambda by: listed_boxes.keep(box=box, kept=False, by=by),
        ):
            with pytest.raises(states.Frozen):
                act(by)
    assert box.entries.count() == 1


def test_strangers_and_other_owners_change_nothing(school: Establishment, head: Agent) -> None:
    box, other = make_box(establishment=school), make_box(establishment=school)
    owner, stranger = make_agent(establishment=school), make_agent(establishment=school)
    elsewhere = make_agent(establishment=make_establishment(), function="DIR")
    make_entry(other, owner, Role.OWNER)
    make_entry(box, stranger, Role.MEMBER)
    for by in (owner, stranger, elsewhere):
        with pytest.raises(states.NotYours):
            declaring.add(box=box, agent=make_agent(), role=Role.OWNER, by=by)
        with pytest.raises(states.NotYours):
            listed_boxes.add(establishment=school, address="loge", name="Loge", by=by)
    declaring.add(box=other, agent=make_agent(), role=Role.MEMBER, by=owner)
    assert other.entries.count() == 2


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("", listed_boxes.BadAddress),
        ("a b", listed_boxes.BadAddress),
        ("x@ailleurs.fr", listed_boxes.BadAddress),
        ("x" * 300, listed_boxes.BadAddress),
        ("a\0b", listed_boxes.BadAddress),
        ("ici", listed_boxes.AlreadyListed),
        ("AILLEURS@ac-reunion.fr", listed_boxes.ListedElsewhere),
        ("sans-lieu", listed_boxes.ListedElsewhere),
        ("quelqu.un", listed_boxes.PersonalAddress),
    ],
)
def test_addresses_that_cannot_be_added(school: Establishment, head: Agent, address: str, error: type) -> None:
    make_box(address="ici@ac-reunion.fr", establishment=school)
    other = make_establishment(name="Lycée secret")
    make_box(address="ailleurs@ac-reunion.fr", establishment=other)
    make_box(address="sans-lieu@ac-reunion.fr")
    make_agent("quelqu.un@ac-reunion.fr")
    with pytest.raises(error) as raised:
        listed_boxes.add(establishment=school, address=address, name="Loge", by=head)
    assert "secret" not in raised.value.sentence
    assert Box.objects.count() == 3


def test_a_box_is_added_corrected_and_taken_out(school: Establishment, head: Agent) -> None:
    box = listed_boxes.add(establishment=school, address=" Loge ", name="la  loge", by=head)
    assert (box.address, box.name, box.origin) == ("loge@ac-reunion.fr", "la loge", Box.Origin.DECLARED)
    listed_boxes.rename(box=box, name="La loge", by=head)
    box.refresh_from_db()
    assert box.name == "La loge"
    person = declaring.Person("Luc", "Payet", "Agent", "Région")
    declaring.add_without_account(box=box, person=person, role=Role.MEMBER, by=head)
    listed_boxes.remove(box=box, by=head)
    assert not Box.objects.exists()
    assert not AccountRequest.objects.exists()
    known = make_box(establishment=school)
    with pytest.raises(listed_boxes.NotAdded):
        listed_boxes.remove(box=known, by=head)
    with pytest.raises(listed_boxes.NotAdded):
        listed_boxes.rename(box=known, name="x", by=head)


def test_reminder_goes_once_a_day_to_heads_and_declared_owners(
    school: Establishment, head: Agent, staff: Agent
) -> None:
    owner = make_agent()
    for _ in range(2):
        make_entry(make_box(establishment=school), owner, Role.OWNER)
    make_entry(make_box(establishment=school), make_agent(), Role.MEMBER)
    done, empty = make_establishment(), make_establishment()
    set_state(done, VALIDATED)
    everywhere = [school, done, empty]
    assert states.remind(establishments=everywhere, by=staff) == states.Reminded(told=1, not_open=1, nobody=1)
    assert set(Notice.objects.values_list("recipient", flat=True)) == {head.pk, owner.pk}
    assert states.remind(establishments=everywhere, by=staff) == states.Reminded(too_soon=1, not_open=1, nobody=1)
    CensusSheet.objects.update(reminded_at=timezone.now() - timedelta(days=2))
    assert states.remind(establishments=[school], by=staff).told == 1
    assert Notice.objects.count() == 4
    with pytest.raises(states.NotYours):
        states.remind(establishments=[school], by=head)


def test_completeness_tells_what_is_there_and_what_is_missing(school: Establishment, head: Agent) -> None:
    lonely = make_establishment()
    full, empty = make_box(establishment=school), make_box(establishment=school)
    make_box(establishment=school, is_kept=False)
    make_box(establishment=school, transfer_asked_at=timezone.now())
    orphan = make_box(establishment=lonely, origin=Box.Origin.DECLARED)
    make_entry(full, make_agent())
    # The head of another school counts like anybody else here.
    make_entry(full, make_agent(establishment=lonely, function="DIR", is_active=True), Role.OWNER)
    make_entry(empty, head, Role.READER)
    make_entry(orphan, make_agent(is_active=False), Role.OWNER)
    Agent.objects.filter(establishment=lonely).update(function="")
    make_agent(establishment=lonely, function="DIR", is_active=False)
    AccountRequest.objects.create(establishment=school, given_name="Luc", family_name="Payet", job="a", employer="b")
    mine, theirs, nothing = showing.completeness([school, lonely, make_establishment()])
    assert (mine.boxes, mine.not_kept, mine.shared, mine.complete, mine.people) == (3, 1, 1, 2, 2)
    assert (mine.without_owner, mine.owners_gone, mine.owners_elsewhere) == (0, 0, 1)
    assert (mine.requests_open, mine.percent, mine.heads) == (1, 66, 1)
    assert (theirs.without_owner, theirs.owners_gone, theirs.complete, theirs.declared) == (1, 1, 0, 1)
    assert (nothing.boxes, nothing.percent, nothing.sheet.state) == (0, 0, OPEN)


def test_completeness_of_many_takes_few_queries(django_assert_max_num_queries) -> None:
    schools = [make_establishment() for _ in range(30)]
    for school in schools:
        make_entry(make_box(establishment=school), make_agent(), Role.OWNER)
    with django_assert_max_num_queries(10):
        assert sum(row.complete for row in showing.completeness(schools)) == 30


def test_noted_uses_are_proposed_until_entered(school: Establishment, head: Agent) -> None:
    box = make_box(establishment=school)
    user, entered = make_agent(), make_agent()
    make_entry(box, entered)
    for agent in (user, entered, head, make_agent(is_active=False)):
        BoxUse.objects.create(box=box, agent=agent)
    assert declaring.users_to_add(box) == [user]
    assert declaring.add_users(box=box, agents=[make_agent()], by=head).added == []
    assert declaring.add_users(box=box, agents=None, by=head).added == [user]
    assert declaring.users_to_add(box) == []
