"""A portal in processes of its own that transfers boxes: what `test_kill_boxes` and the benchmark drive and kill.

    python -m tests.races.boxes_process

As `portal_process`: `prepare <boxes> <members>` has boxes of a census transferred, `change <boxes> <members>` makes the
second round of `boxes_plan`; both answer "done". `work` answers the child's number.
"""

from __future__ import annotations

import os
import random
import sys
import time

import django
from django.db import transaction

from tests.races.boxes_plan import Plan
from tests.races.portal_process import PASS_SECONDS, in_child, make_tables


def prepare(plan: Plan) -> None:
    """Make the tables, and have the transfer of every box asked for; nobody works yet."""
    from django.utils import timezone

    from accounts.models import Agent
    from boxes import transfer
    from boxes.models import Box, CensusEntry
    from tests.factories import make_establishment, population

    make_tables()
    place, everybody = make_establishment(), population()
    Agent.objects.bulk_create(
        Agent(
            address=plan.address(person),
            given_name="Camille",
            family_name=f"Hoarau {person}",
            population=everybody,
            migrated_at=timezone.now(),
            password="!",
        )
        for person in range(plan.people)
    )
    people = {agent.address: agent for agent in Agent.objects.all()}
    boxes = Box.objects.bulk_create(
        Box(address=plan.box_address(box), name=plan.name(box), establishment=place) for box in range(plan.boxes)
    )
    CensusEntry.objects.bulk_create(
        CensusEntry(box=boxes[box], agent=people[plan.address(person)], role=access.role)
        for box, person, access in plan.accesses(changed=False)
    )
    outcome = transfer.start(boxes=boxes, by=None)
    if len(outcome.started) != plan.boxes:
        raise SystemExit("not all boxes were transferred")


def change(plan: Plan) -> None:
    """The second round, by the functions the pages call, while workers are at it."""
    from accounts.models import Agent
    from boxes import delegations
    from boxes.models import Box, Delegation, Role

    people = {agent.address: agent for agent in Agent.objects.all()}
    for number in range(plan.boxes):
        box = Box.objects.get(address=plan.box_address(number))
        owner = people[plan.address(plan.person(number, 0))]
        rows = {row.agent_id: row for row in Delegation.objects.filter(box=box).select_related("agent", "box")}
        with transaction.atomic():
            for member in range(1, plan.members):
                agent = people[plan.address(plan.person(number, member))]
                row, after = rows[agent.pk], plan.second(member)
                if after is None or member % 5 == 4:
                    delegations.revoke(delegation=row, by=owner)
                    if after is not None:
                        delegations.grant(box=box, agent=agent, role=Role(after.role), by=owner)
                elif after.hidden:
                    delegations.hide(delegation=row, by=agent)
                else:
                    delegations.change_role(delegation=row, role=Role(after.role), by=owner)


def work() -> None:
    """As the clock and a worker do together: carry whatever has no live holder, for ever."""
    from boxes.sync import engine

    engine.PAUSE_SECONDS = 0.2
    while True:
        waiting = engine.waiting()
        random.shuffle(waiting)
        for box_id in waiting:
            engine.advance(box_id)
        time.sleep(PASS_SECONDS)


def serve() -> None:
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "work":
            print(in_child(work), flush=True)
            continue
        plan = Plan(*map(int, arguments))
        act = prepare if command == "prepare" else change
        child = in_child(lambda act=act, plan=plan: act(plan))
        _, status = os.waitpid(child, 0)
        print("failed" if status else "done", flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    serve()
