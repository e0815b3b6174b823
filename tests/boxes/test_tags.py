from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import JournalEntry
from boxes import tags
from boxes.delegations import Gone, NotOwner
from boxes.models import Box, Delegation, Role, TeamTag
from tests.each import each
from tests.factories import make_moved_agent, make_shared_box

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_moved_agent()


@pytest.fixture
def box(owner) -> Box:
    return make_shared_box((owner, Role.OWNER))


def agree(box: Box, *names: str) -> list[TeamTag]:
    return [TeamTag.objects.create(box=box, name=name, colour=1) for name in names]


def test_an_owner_adds_a_tag(box: Box, owner) -> None:
    tag = tags.add(box=box, name="  À   rappeler ", colour=9, meaning=" dans la  journée", by=owner)
    assert (tag.name, tag.colour, tag.meaning) == ("À rappeler", 9, "dans la journée")
    entry = JournalEntry.objects.get(action="box.tag_added")
    assert (entry.target, entry.details) == (f"box:{box.pk}", {"name": "À rappeler", "colour": "Orange"})


@each("name", ["", "   ", "x" * 65, 'a"b', "a:b", "a/b", "a\\b", "a\0b", "a\u202eb", "a\x1bb"])
def test_names_that_zimbra_or_people_could_not_use_are_refused(box: Box, owner, name: str) -> None:
    with pytest.raises(tags.BadName):
        tags.add(box=box, name=name, colour=1, meaning="", by=owner)


def test_the_longest_name_passes(box: Box, owner) -> None:
    assert tags.add(box=box, name="é" * 64, colour=1, meaning="é" * 200, by=owner).pk
    with pytest.raises(tags.TooLong):
        tags.add(box=box, name="b", colour=1, meaning="é" * 201, by=owner)


@pytest.mark.parametrize("colour", [0, 10, -1])
def test_colours_are_those_of_zimbra(box: Box, owner, colour: int) -> None:
    with pytest.raises(tags.BadColour):
        tags.add(box=box, name="Bleu", colour=colour, meaning="", by=owner)


def test_a_name_is_taken_whatever_its_capitals(box: Box, owner) -> None:
    (there,) = agree(box, "ÉTÉ")
    with pytest.raises(tags.NameTaken):
        tags.add(box=box, name="été", colour=1, meaning="", by=owner)
    tags.change(tag=there, name="Été", colour=2, meaning="", by=owner)
    there.refresh_from_db()
    assert (there.name, there.colour) == ("Été", 2)


def test_a_team_has_thirty_tags_at_most(box: Box, owner) -> None:
    agree(box, *(f"n{number}" for number in range(tags.MOST_TAGS)))
    with pytest.raises(tags.TooMany):
        tags.add(box=box, name="de trop", colour=1, meaning="", by=owner)
    assert tags.add_proposals(box=box, by=owner) == 0


def test_proposals_leave_out_what_is_there(box: Box, owner) -> None:
    agree(box, "urgent")
    assert tags.add_proposals(box=box, by=owner) == len(tags.PROPOSALS) - 1
    assert tags.add_proposals(box=box, by=owner) == 0
    assert box.tags.count() == len(tags.PROPOSALS)


def test_a_tag_that_was_removed_meanwhile_is_told(box: Box, owner) -> None:
    (tag,) = agree(box, "Urgent")
    stale = TeamTag.objects.get(pk=tag.pk)
    tags.remove(tag=tag, by=owner)
    with pytest.raises(tags.TagGone):
        tags.remove(tag=stale, by=owner)
    with pytest.raises(tags.TagGone):
        tags.change(tag=stale, name="Autre", colour=1, meaning="", by=owner)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.READER, None])
def test_only_owners_agree_on_tags(box: Box, role: Role | None) -> None:
    somebody = make_moved_agent()
    if role:
        Delegation.objects.create(box=box, agent=somebody, role=role)
    (tag,) = agree(box, "Urgent")
    for attempt in (
        lambda: tags.add(box=box, name="Neuf", colour=1, meaning="", by=somebody),
        lambda: tags.change(tag=tag, name="Neuf", colour=1, meaning="", by=somebody),
        lambda: tags.remove(tag=tag, by=somebody),
        lambda: tags.add_proposals(box=box, by=somebody),
    ):
        with pytest.raises(NotOwner):
            attempt()
    assert list(box.tags.values_list("name", flat=True)) == ["Urgent"]


def test_a_member_asks_for_copies_and_the_box_has_work(box: Box) -> None:
    member = make_moved_agent()
    delegation = Delegation.objects.create(box=box, agent=member, role=Role.MEMBER)
    with pytest.raises(tags.NoTags):
        tags.ask_for_copies(delegation=delegation, by=member)
    agree(box, "Urgent")
    tags.ask_for_copies(delegation=delegation, by=member)
    delegation.refresh_from_db()
    box.refresh_from_db()
    assert delegation.tags_asked_at
    assert box.work_asked_at
    assert JournalEntry.objects.get(action="box.tags_asked").details == {"count": 1}


def test_who_asks_for_copies_must_write_in_the_box_and_for_oneself(box: Box, owner) -> None:
    agree(box, "Urgent")
    reader = Delegation.objects.create(box=box, agent=make_moved_agent(), role=Role.READER)
    with pytest.raises(tags.ReadersHaveNone):
        tags.ask_for_copies(delegation=reader, by=reader.agent)
    member = Delegation.objects.create(box=box, agent=make_moved_agent(), role=Role.MEMBER)
    with pytest.raises(Gone):
        tags.ask_for_copies(delegation=member, by=owner)
    Delegation.objects.filter(pk=member.pk).update(state=Delegation.State.REMOVED)
    with pytest.raises(Gone):
        tags.ask_for_copies(delegation=member, by=member.agent)
    assert not Delegation.objects.exclude(tags_asked_at=None).exists()


def test_copies_are_told_by_name_and_what_the_team_gave_up_is_not_spoken_of(box: Box, owner) -> None:
    agreed = agree(box, "Un", "Deux", "Trois", "Quatre", "Cinq")
    row = Delegation.objects.get(box=box, agent=owner)
    assert tags.copies_of(row, agreed).missing == ["Un", "Deux", "Trois", "Quatre", "Cinq"]
    row.tags_done_at = timezone.now()
    row.tags_result = {"made": ["un", "Parti"], "there": ["Deux"], "other_colour": ["Trois"], "refused": ["Quatre"]}
    told = tags.copies_of(row, agreed)
    assert (told.in_place, told.other_colour, told.refused) == (["Un", "Deux"], ["Trois"], ["Quatre"])
    assert (told.missing, told.asked_before, told.waiting) == (["Cinq"], True, False)
