"""A portal whose people act on boxes at the same moment: what `test_owners` drives.

    python -m tests.races.owners_process

Reads scenes from standard input, a line of JSON each, and answers each with a line: what became of every round. An act
is done by a process of its own, with a connection of its own; all of them load what they need as a page would have,
wait for each other, and go.

    {"people": {"ana": "owner", "dan": "pending member"}, "acts": [["give_up", "ana", "ana"], …], "rounds": 200}
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone

# Most acts of a scene.
HANDS = 3
WAIT_SECONDS = 60
DOMAIN = "races.example"
_numbers = count(1)


def prepared(what: str, who: str, whom: str, role: str, box_ids: list[int]) -> list[Callable[[], Any]]:
    """One person's act on each of the boxes, ready to be done."""
    from accounts.models import Agent
    from boxes import delegations, transfer
    from boxes.models import Box, Delegation, Role

    boxes = Box.objects.in_bulk(box_ids)
    rows = Delegation.objects.select_related("box", "agent").filter(box__in=box_ids, agent__given_name=whom)
    row_of = {row.box_id: row for row in rows}
    people = {agent.given_name: agent for agent in Agent.objects.filter(given_name__in=[who, whom])}
    given: dict[str, Any] = {"by": people[who]} | ({"role": Role(role)} if role else {})

    def act(pk: int) -> Callable[[], Any]:
        if what == "grant_pending":
            return lambda: delegations.grant_pending([row_of[pk].agent])
        if what == "transfer":
            return lambda: len(transfer.start(boxes=[boxes[pk]], by=people[who]).started)
        if what in {"grant", "appoint_owner"}:
            return lambda: getattr(delegations, what)(box=boxes[pk], agent=people[whom], **given)
        return lambda: getattr(delegations, what)(delegation=row_of[pk], **given)

    return [act(pk) for pk in box_ids]


def hand(orders: Connection, barriers: dict[int, Barrier]) -> None:
    """A process that does one act of each round: gives for each "done", a number, or the name of the refusal."""
    from boxes.delegations import DelegationError

    while True:
        together, words, box_ids = orders.recv()
        outcomes = []
        for do in prepared(*words, box_ids):
            barriers[together].wait(WAIT_SECONDS)
            try:
                given = do()
            except (DelegationError, DatabaseError) as error:
                outcomes.append(type(error).__name__)
            else:
                outcomes.append(given if isinstance(given, int) else "done")
        orders.send(outcomes)


class Play:
    """The hands, and the rows they act on."""

    def __init__(self) -> None:
        forked = multiprocessing.get_context("fork")
        barriers = {number: forked.Barrier(number) for number in range(1, HANDS + 1)}
        self.orders = []
        for _ in range(HANDS):
            ours, theirs = forked.Pipe()
            forked.Process(target=hand, args=(theirs, barriers), daemon=True).start()
            self.orders.append(ours)

    def perform(self, scene: dict[str, Any]) -> list[dict[str, Any]]:
        box_ids = self.stage(scene["people"], scene["rounds"])
        acts = [[*words, ""][:4] for words in scene["acts"]]
        for order, words in zip(self.orders, acts, strict=False):
            order.send((len(acts), words, box_ids))
        outcomes = [self.answer(order) for order, _ in zip(self.orders, acts, strict=False)]
        return [
            {"outcomes": list(done)} | seen
            for done, seen in zip(zip(*outcomes, strict=True), self.look(box_ids), strict=True)
        ]

    @staticmethod
    def answer(order: Connection) -> list[Any]:
        if not order.poll(WAIT_SECONDS):
            raise TimeoutError("an act never ended")
        return order.recv()

    @staticmethod
    def stage(people: dict[str, str], rounds: int) -> list[int]:
        """A new box of these people for each round: "owner", "pending member", "census reader" (and the box is
        not transferred yet), "" for somebody who has no access.

        They are the same persons in every box, but for those who wait: what waits is granted in all boxes at once.
        """
        from accounts.models import Agent
        from boxes.models import Box, CensusEntry, Delegation
        from tests.factories import make_moved_agent, population

        now = timezone.now()
        shared_at = None if any(words.startswith("census") for words in people.values()) else now
        numbers = [next(_numbers) for _ in range(rounds)]
        boxes = Box.objects.bulk_create(
            Box(address=f"boite-{number}@{DOMAIN}", name="Boîte", transfer_asked_at=shared_at) for number in numbers
        )
        for name, words in people.items():
            *how, role = words.split() or [""]
            if how == ["pending"]:
                agents = Agent.objects.bulk_create(
                    Agent(
                        address=f"{name}-{number}@{DOMAIN}",
                        given_name=name,
                        population=population(),
                        migrated_at=now,
                    )
                    for number in numbers
                )
            else:
                agent = Agent.objects.filter(address=f"{name}@{DOMAIN}").first()
                agent = agent or make_moved_agent(f"{name}@{DOMAIN}", given_name=name, is_staff=name == "staff")
                agents = [agent] * rounds
            pairs = list(zip(boxes, agents, strict=True))
            if how == ["census"]:
                CensusEntry.objects.bulk_create(CensusEntry(box=box, agent=agent, role=role) for box, agent in pairs)
            elif role:
                state = Delegation.State.PENDING if how else Delegation.State.ACTIVE
                Delegation.objects.bulk_create(
                    Delegation(box=box, agent=agent, role=role, state=state) for box, agent in pairs
                )
        return [box.pk for box in boxes]

    @staticmethod
    def look(box_ids: list[int]) -> list[dict[str, Any]]:
        """What the rows, the journal and the notices say of each box."""
        from accounts.models import JournalEntry, Notice
        from boxes.models import Box, Delegation

        seen: dict[int, dict[str, Any]] = {pk: defaultdict(list) for pk in box_ids}
        boxes = dict(Box.objects.filter(pk__in=box_ids).values_list("address", "pk"))
        for row in Delegation.objects.filter(box__in=box_ids).select_related("agent").prefetch_related("identities"):
            defaults = [one for one in row.identities.all() if one.is_default and not one.removed]
            seen[row.box_id]["rows"].append([_name(row.agent.address), row.role, row.state, len(defaults)])
        for entry in JournalEntry.objects.filter(target__in=[f"box:{pk}" for pk in box_ids]):
            line = [entry.action, _name(entry.actor), _name(entry.subject)]
            seen[int(entry.target.partition(":")[2])]["journal"].append(line)
        for notice in Notice.objects.filter(recipient__address__endswith=f"@{DOMAIN}").select_related("recipient"):
            named = re.search(rf"boite-\d+@{DOMAIN}", notice.body)
            if named and named[0] in boxes:
                seen[boxes[named[0]]]["notices"].append([_name(notice.recipient.address), notice.kind])
        return [{"rows": [], "journal": [], "notices": []} | seen[pk] for pk in box_ids]


def _name(address: str) -> str:
    """Of the person, whatever the round."""
    return re.sub(r"(-\d+)?@.*", "", address)


def make_tables() -> None:
    """PostgreSQL is taken through the migrations, as in production; for SQLite all other tests do that."""
    if connection.vendor == "sqlite":
        settings.MIGRATION_MODULES = {application.label: None for application in apps.get_app_configs()}
    call_command("migrate", verbosity=0, run_syncdb=True)


def serve() -> None:
    # In a child: the hands must not inherit a connection.
    child = multiprocessing.get_context("fork").Process(target=make_tables)
    child.start()
    child.join()
    play = Play()
    for line in sys.stdin:
        print(json.dumps(play.perform(json.loads(line))), flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    serve()
