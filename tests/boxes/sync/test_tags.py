"""The team's tags in members' own mailboxes, with a simulated Zimbra."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts import claims
from accounts.models import Agent
from boxes import tags as agreed
from boxes import work, zimbra_door
from boxes.models import Box, Delegation, Role, TeamTag
from boxes.sync import tags
from boxes.sync.run import Run
from tests.factories import give_access, make_moved_agent, make_shared_box
from tests.simulated import Simulated
from zimbra.errors import AnswerLost, Refused, Unavailable, ZimbraError
from zimbra.verbs.tags import TagVerbs

People = Callable[..., Agent]


@pytest.fixture
def owner(person: People) -> Agent:
    return person()


@pytest.fixture
def box(owner: Agent) -> Box:
    box = make_shared_box((owner, Role.OWNER))
    agreed.add_proposals(box=box, by=owner)
    return box


def ask(box: Box, agent: Agent) -> Delegation:
    row = Delegation.objects.get(box=box, agent=agent)
    agreed.ask_for_copies(delegation=row, by=agent)
    return row


def bring(box: Box) -> ZimbraError | None:
    """Gives what has to be waited for."""
    work.ask(box)
    claim = claims.take(Box, box.pk)
    assert claim is not None
    try:
        with zimbra_door.opened() as opened:
            run = Run(claim, opened)
            tags.bring(run)
            return run.silent
    finally:
        claim.release()


def there(door: Simulated, agent: Agent) -> dict[str, int]:
    with door.client(agent.address) as client:
        return {tag.name: tag.colour for tag in client.tags()}


WANTED = {name: colour for name, colour, _ in agreed.PROPOSALS}


def test_who_asked_has_the_tags_of_the_team_and_nobody_else(
    door: Simulated, box: Box, owner: Agent, person: People
) -> None:
    other = person()
    give_access(box, other)
    row = ask(box, owner)
    bring(box)
    assert there(door, owner) == WANTED
    assert there(door, other) == {}
    row.refresh_from_db()
    assert (row.tags_asked_at, sorted(row.tags_result["made"])) == (None, sorted(WANTED))
    assert row.tags_done_at is not None


def test_what_is_there_stays_and_another_colour_is_told(door: Simulated, box: Box, owner: Agent) -> None:
    with door.client(owner.address) as client:
        client.create_tag("urgent", colour=3)
        client.create_tag("En cours", colour="#123456")
        client.create_tag("En attente", colour=WANTED["En attente"])
    row = ask(box, owner)
    bring(box)
    row.refresh_from_db()
    assert row.tags_result["there"] == ["En attente"]
    assert sorted(row.tags_result["other_colour"]) == ["En cours", "Urgent"]
    assert row.tags_result["made"] == ["À traiter"]
    assert there(door, owner)["urgent"] == 3


def test_done_again_makes_nothing_twice(door: Simulated, box: Box, owner: Agent) -> None:
    for _ in range(2):
        row = ask(box, owner)
        bring(box)
    row.refresh_from_db()
    assert (row.tags_result["made"], len(row.tags_result["there"])) == ([], len(WANTED))
    assert there(door, owner) == WANTED


def test_a_worker_killed_half_way_is_followed_by_one_who_finishes(
    door: Simulated, box: Box, owner: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ask(box, owner)
    create, made = TagVerbs.create_tag, []

    def dying(self, name, **more):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(name)
        return create(self, name, **more)

    with monkeypatch.context() as patched:
        patched.setattr(TagVerbs, "create_tag", dying)
        with pytest.raises(KeyboardInterrupt):
            bring(box)
    row.refresh_from_db()
    assert row.tags_asked_at is not None
    bring(box)
    assert there(door, owner) == WANTED
    row.refresh_from_db()
    assert sorted(row.tags_result["there"]) == sorted(made)
    assert agreed.copies_of(row, list(box.tags.all())).missing == []


def test_an_answer_that_was_lost_is_asked_for_again(door: Simulated, box: Box, owner: Agent) -> None:
    row = ask(box, owner)
    with door.disturbed(mode="lost", after=4):
        assert isinstance(bring(box), (AnswerLost, Unavailable))
    row.refresh_from_db()
    assert row.tags_asked_at is not None
    bring(box)
    assert there(door, owner) == WANTED


def test_a_mailbox_that_does_not_answer_stops_nobody_else(
    door: Simulated, box: Box, owner: Agent, person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = [give_access(box, person()) for _ in range(2)]
    for row in silent:
        agreed.ask_for_copies(delegation=row, by=row.agent)
    last = give_access(box, person())
    agreed.ask_for_copies(delegation=last, by=last.agent)
    open_mailbox = Run.mailbox

    def mailbox(self, address):
        if address in {row.agent.address for row in silent}:
            raise Unavailable("http.503")
        return open_mailbox(self, address)

    with monkeypatch.context() as patched:
        patched.setattr(Run, "mailbox", mailbox)
        assert isinstance(bring(box), Unavailable)
    assert there(door, last.agent) == WANTED
    assert Delegation.objects.exclude(tags_asked_at=None).count() == 2
    assert bring(box) is None
    assert there(door, silent[0].agent) == WANTED


def test_what_zimbra_refuses_is_told(door: Simulated, box: Box, owner: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ask(box, owner)
    create, asked = TagVerbs.create_tag, []

    def full(self, name, **more):
        asked.append(name)
        if len(asked) > 1:
            raise Refused(tags.TOO_MANY_TAGS)
        return create(self, name, **more)

    monkeypatch.setattr(TagVerbs, "create_tag", full)
    bring(box)
    row.refresh_from_db()
    # Once it is full, nothing more is tried.
    assert len(asked) == 2
    assert (len(row.tags_result["made"]), len(row.tags_result["refused"])) == (1, len(WANTED) - 1)
    assert agreed.copies_of(row, list(box.tags.all())).refused


def test_a_name_that_zimbra_refuses_leaves_the_others(door: Simulated, box: Box, owner: Agent) -> None:
    TeamTag.objects.create(box=box, name="a:b", colour=1)
    row = ask(box, owner)
    bring(box)
    row.refresh_from_db()
    assert row.tags_result["refused"] == ["a:b"]
    assert there(door, owner) == WANTED


def test_a_person_without_a_mailbox_is_told_and_stops_nobody(door: Simulated, box: Box, owner: Agent) -> None:
    nowhere = make_moved_agent("personne@academie.example")
    row = give_access(box, nowhere)
    agreed.ask_for_copies(delegation=row, by=nowhere)
    ask(box, owner)
    bring(box)
    row.refresh_from_db()
    assert (row.tags_asked_at, row.tags_result) == (None, {"trouble": "account.NO_SUCH_ACCOUNT"})
    assert there(door, owner) == WANTED


def test_who_asked_again_meanwhile_is_served_again(
    door: Simulated, box: Box, owner: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ask(box, owner)
    listed = TagVerbs.tags

    def meanwhile(self):
        patched.undo()
        agreed.add(box=box, name="De plus", colour=2, meaning="", by=owner)
        ask(box, owner)
        return listed(self)

    with monkeypatch.context() as patched:
        patched.setattr(TagVerbs, "tags", meanwhile)
        bring(box)
    row.refresh_from_db()
    assert row.tags_asked_at is not None
    assert row.tags_done_at is None
    bring(box)
    assert there(door, owner) == WANTED | {"De plus": 2}


def test_who_lost_the_access_or_reads_only_gets_none(door: Simulated, box: Box, owner: Agent, person: People) -> None:
    reader, gone = give_access(box, person()), give_access(box, person())
    for row in (reader, gone):
        agreed.ask_for_copies(delegation=row, by=row.agent)
    Delegation.objects.filter(pk=reader.pk).update(role=Role.READER)
    Delegation.objects.filter(pk=gone.pk).update(state=Delegation.State.REMOVED)
    bring(box)
    assert (there(door, reader.agent), there(door, gone.agent)) == ({}, {})
    reader.refresh_from_db()
    assert (reader.tags_asked_at, reader.tags_done_at) == (None, None)
