"""People an owner may have in mind for a box: found in the directory, with what stands in the way of each."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from accounts import directory_search
from accounts.models import Agent
from boxes.census import dates
from boxes.models import Box, Delegation, Role

# Several addresses pasted at once are looked up one by one.
MOST_ADDRESSES = 50
MAX_CHARACTERS = 3000
_ADDRESSES = re.compile(r"[^\s,;<>\"]+@[^\s,;<>\"]+")


@dataclass(frozen=True)
class Candidate:
    """there: the access the person has already. planned: when a person who has not moved is to, "" if nobody knows."""

    agent: Agent
    there: Delegation | None = None
    planned: str = ""

    @property
    def may_be_added(self) -> bool:
        return self.there is None and self.agent.has_migrated

    @property
    def may_be_owner(self) -> bool:
        """For staff, who appoint whoever has moved and is not an owner already."""
        is_owner = self.there is not None and self.there.is_active and self.there.role == Role.OWNER
        return self.agent.has_migrated and not is_owner


@dataclass(frozen=True)
class Found:
    """choices: whom it can be. others: whom something stands in the way of. more: there are still others whom the text
    fits. unknown: addresses that are nobody's in the directory. named: the text was several whole addresses, so that
    those found are meant, every one."""

    choices: list[Candidate] = field(default_factory=list)
    others: list[Candidate] = field(default_factory=list)
    more: bool = False
    unknown: list[str] = field(default_factory=list)
    named: bool = False


def find(box: Box, text: str, *, ticked: Collection[int] = (), as_owner: bool = False) -> Found:
    """Those whom `text` (part of a name or address, or several addresses) means, after those who are `ticked` already.

    as_owner: for staff, who may name somebody who has access already.
    A handful of queries, however many are found.
    """
    text = text.replace("\0", " ")[:MAX_CHARACTERS]
    addresses = list(dict.fromkeys(address.lower().strip(".") for address in _ADDRESSES.findall(text)))
    unknown: list[str] = []
    more = False
    active = Agent.objects.filter(is_active=True).select_related("establishment")
    if len(addresses) > 1:
        more = len(addresses) > MOST_ADDRESSES
        addresses = addresses[:MOST_ADDRESSES]
        people = list(active.filter(address__in=addresses))
        unknown = [address for address in addresses if address not in {agent.address for agent in people}]
    else:
        people = directory_search.find(text, limit=directory_search.LIMIT + 1)
        more = len(people) > directory_search.LIMIT
        people = people[: directory_search.LIMIT]
    first = list(active.filter(pk__in=ticked)) if ticked else []
    known = {agent.pk for agent in first}
    people = first + [agent for agent in people if agent.pk not in known]
    choices: list[Candidate] = []
    others: list[Candidate] = []
    for one in _judged(box, people):
        fits = one.may_be_owner if as_owner else one.may_be_added
        (choices if fits else others).append(one)
    return Found(choices, others, more, unknown, named=len(addresses) > 1)


def _judged(box: Box, people: list[Agent]) -> list[Candidate]:
    rows = Delegation.objects.current().filter(box=box, agent__in=[agent.pk for agent in people])
    there = {row.agent_id: row for row in rows}
    days = dates.planned_days(people)
    return [Candidate(agent, there.get(agent.pk), days.get(agent.pk, "")) for agent in people]
