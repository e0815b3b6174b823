"""Rows that change while a worker is at them, at every moment of its work: nothing is lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent
from boxes import delegations, work
from boxes.models import Box, Delegation, Role
from boxes.sync import access, engine, grants, identities, members, people
from tests.boxes.sync.held import Mine, of_box, of_person
from tests.factories import give_access, make_box
from tests.simulated import DOMAIN, Simulated

pytestmark = pytest.mark.django_db

LETTERS = {"owner": "rwidxa", "member": "rwidx", "reader": "r"}
_numbers = iter(range(1, 10_000))


class Killed(BaseException):
    """As near as one process comes to the end of a worker."""


@dataclass
class Story:
    """What a person has at first, what the worker is sent for, what happens while it is at it, and how it ends:
    a role, with "hidden" behind it, or "" for nothing."""

    first: str
    then: str
    meanwhile: str
    end: str


STORIES = [
    Story("", "grant member", "revoke", ""),
    Story("", "grant member", "revoke, grant reader", "reader"),
    Story("member", "revoke", "grant member", "member"),
    Story("member", "revoke", "grant owner, revoke", ""),
    Story("member", "role owner", "role member", "member"),
    Story("member", "role reader", "revoke", ""),
    Story("member", "hide", "show", "member"),
    Story("member hidden", "show", "hide", "member hidden"),
    Story("reader", "role member", "revoke, grant reader", "reader"),
]


@dataclass
class Cast:
    box: Box
    owner: Agent
    agents: list[Agent]

    def act(self, number: int, acts: str) -> None:
        agent = self.agents[number]
        for one in filter(None, acts.split(", ")):
            verb, _, role = one.partition(" ")
            if verb == "grant":
                delegations.grant(box=self.box, agent=agent, role=Role(role), by=self.owner)
                continue
            row = Delegation.objects.get(box=self.box, agent=agent)
            if verb == "revoke":
                delegations.revoke(delegation=row, by=self.owner)
            elif verb == "role":
                delegations.change_role(delegation=row, role=Role(role), by=self.owner)
            else:
                {"hide": delegations.hide, "show": delegations.show}[verb](delegation=row, by=agent)

    def meanwhile(self) -> None:
        for number, story in enumerate(STORIES):
            self.act(number, story.meanwhile)


@pytest.fixture
def cast(door: Simulated, person: Callable[..., Agent], advance: Callable[[int], None]) -> Cast:
    """One box with a person for each story, who has what the story begins with, and the worker's errand asked for."""
    owner = person()
    box = make_box(address=f"scene.{next(_numbers)}@{DOMAIN}", name="Scène", transfer_asked_at=timezone.now())
    give_access(box, owner, Role.OWNER)
    made = Cast(box, owner, [person() for _ in STORIES])
    for number, story in enumerate(STORIES):
        role, _, hidden = story.first.partition(" ")
        if role:
            made.act(number, f"grant {role}" + (", hide" if hidden else ""))
    work.ask(box)
    advance(box.pk)
    for number, story in enumerate(STORIES):
        made.act(number, story.then)
    box.refresh_from_db()
    return made


def check(door: Simulated, cast: Cast) -> None:
    held = of_box(door, cast.box.address)
    ends = [story.end.partition(" ") for story in STORIES]
    wanted = {agent.address: LETTERS[role] for agent, (role, _, _) in zip(cast.agents, ends, strict=True) if role}
    writers = {
        agent.address
        for agent, (role, _, _) in zip(cast.agents, ends, strict=True)
        if role in LETTERS and role != "reader"
    }
    assert held.grants == {"/": wanted | {cast.owner.address: "rwidxa"}}
    assert held.senders == writers | {cast.owner.address}
    for agent, (role, _, hidden), story in zip(cast.agents, ends, STORIES, strict=True):
        mounts = ((cast.box.zimbra_id, "1", "/Scène"),) if role and not hidden else ()
        own = (("Scène", cast.box.address),) if agent.address in writers else ()
        assert of_person(door, agent.address) == Mine(mounts, own), story
        row = Delegation.objects.filter(box=cast.box, agent=agent).first()
        assert (row is not None) == bool(role), story
        assert row is None or row.is_in_place, story


def at(monkeypatch: pytest.MonkeyPatch, moment: str, act: Callable[[], None]) -> None:
    """Have `act` done once, when a go first comes to `moment`: "before" or "after" a function of the work."""
    when, _, name = moment.partition(" ")
    module, function = {
        "begin": (people, "begin"),
        "grants": (grants, "bring"),
        "serve": (members, "serve"),
        "note": (people, "note"),
        "identities": (identities, "bring"),
    }[name]
    there = getattr(module, function)
    done: list[bool] = []

    def watched(*args: Any, **more: Any) -> Any:
        if when == "before" and not done:
            done.append(True)
            act()
        result = there(*args, **more)
        if when == "after" and not done:
            done.append(True)
            act()
        return result

    monkeypatch.setattr(module, function, watched)
    if name == "identities":
        parts = tuple(watched if part is there else part for part in engine.PARTS)
        monkeypatch.setattr(engine, "PARTS", parts)


MOMENTS = ["after begin", "after grants", "after serve", "after note", "before identities"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_rows_that_change_while_a_worker_is_at_them(
    door: Simulated, cast: Cast, advance: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    with monkeypatch.context() as patched:
        at(patched, moment, cast.meanwhile)
        advance(cast.box.pk)
    cast.box.refresh_from_db()
    assert cast.box.work_asked_at is None
    check(door, cast)


@pytest.mark.parametrize("moment", ["after begin", "after grants", "after serve", "before identities"])
def test_rows_that_change_after_a_worker_died(
    door: Simulated, cast: Cast, advance: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def die() -> None:
        raise Killed

    with monkeypatch.context() as patched:
        at(patched, moment, die)
        with pytest.raises(Killed):
            engine.advance(cast.box.pk)
    cast.meanwhile()
    advance(cast.box.pk)
    check(door, cast)


def test_a_worker_that_lost_the_box_notes_nothing(
    door: Simulated, cast: Cast, advance: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken_over() -> None:
        Box.objects.filter(pk=cast.box.pk).update(holder="elsewhere:1:1:a")

    with monkeypatch.context() as patched:
        at(patched, "before serve", taken_over)
        assert engine.advance(cast.box.pk) is None
    rows = Delegation.objects.filter(box=cast.box, applied_role="", state="active")
    assert rows.exists()
    assert Box.objects.get(pk=cast.box.pk).holder == "elsewhere:1:1:a"
    Box.objects.filter(pk=cast.box.pk).update(holder="")
    cast.meanwhile()
    advance(cast.box.pk)
    check(door, cast)


def test_nothing_is_asked_of_zimbra_twice_for_what_is_in_place(
    door: Simulated, cast: Cast, advance: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    advance(cast.box.pk)
    served: list[str] = []
    monkeypatch.setattr(access.members, "serve", lambda run, person: served.append(person.address) or {})
    work.ask(cast.box)
    advance(cast.box.pk)
    assert served == []
