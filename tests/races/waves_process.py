"""A portal whose staff decide about waves at the same moment, and whose workers are killed: what `test_waves` drives.

    python -m tests.races.waves_process

Reads orders from standard input, a line of JSON each, and answers each with a line:

    {"race": ["freeze", "freeze", "start"], "state": "planned", "rounds": 3}   what became of every round
    {"plan": ["delete", "in"], "rounds": 3}                                    the planning after every round, and after
                                                                               each order of these acts
    {"stage": 400}                                                             a wave of so many that is being finished
    {"work": 7}                                                                a worker at run 7: its process number
    {"done": 7}                                                                how many persons run 7 has come to
    {"look": 7}                                                                what run 7 left
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections import Counter
from datetime import timedelta
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection

from tests.races import planning_acts

HANDS = 6
WAIT_SECONDS = 60
_numbers = count(1)


def hand(orders: Connection, barriers: dict[int, Barrier]) -> None:
    """Somebody of staff: decides about the wave of each round, which everybody has looked at before."""
    from accounts.models import Agent
    from bascule.models import Wave
    from bascule.waves import running
    from bascule.waves.states import WaveError

    while True:
        together, what, staff_id, wave_ids = orders.recv()
        if what.startswith("plan "):
            orders.send(planning_acts.perform(what.removeprefix("plan "), staff_id, wave_ids, barriers[together]))
            continue
        staff, waves = Agent.objects.get(pk=staff_id), Wave.objects.in_bulk(wave_ids)
        outcomes = []
        for pk in wave_ids:
            barriers[together].wait(WAIT_SECONDS)
            try:
                getattr(running, what)(wave=waves[pk], by=staff, version=waves[pk].version)
            except (WaveError, DatabaseError) as error:
                outcomes.append(type(error).__name__)
            else:
                outcomes.append("done")
        orders.send(outcomes)


class Play:
    def __init__(self) -> None:
        self.forked = multiprocessing.get_context("fork")
        barriers = {number: self.forked.Barrier(number) for number in range(1, HANDS + 1)}
        self.hands = []
        for _ in range(HANDS):
            ours, theirs = self.forked.Pipe()
            self.forked.Process(target=hand, args=(theirs, barriers), daemon=True).start()
            self.hands.append(ours)

    def obey(self, order: dict[str, Any]) -> Any:
        if "race" in order:
            return self.race(order["race"], order["state"], order["rounds"])
        if "plan" in order:
            return self.plan(order["plan"], order["rounds"])
        if "stage" in order:
            return self.stage(order["stage"])
        if "done" in order:
            return self.done(order["done"])
        if "work" in order:
            return self.work(order["work"])
        return self.look(order["look"])

    def race(self, acts: list[str], state: str, rounds: int) -> list[dict[str, Any]]:
        from accounts.models import JournalEntry
        from bascule import planning, standings
        from bascule.models import Wave, WaveRun
        from tests.factories import assign, make_agent, make_wave

        day = planning.today() + timedelta(days=3)
        staff = make_agent(is_staff=True)
        waves = [make_wave(day=day, state=state, name=f"Course-{next(_numbers)}") for _ in range(rounds)]
        for wave in waves:
            assign(make_agent(), wave)
        standings.refresh()
        for order, what in zip(self.hands, acts, strict=False):
            order.send((len(acts), what, staff.pk, [wave.pk for wave in waves]))
        answers = []
        for order, _ in zip(self.hands, acts, strict=False):
            if not order.poll(WAIT_SECONDS):
                raise TimeoutError("a decision never ended")
            answers.append(order.recv())
        return [
            {
                "outcomes": list(outcomes),
                "state": Wave.objects.get(pk=wave.pk).state,
                "version": Wave.objects.get(pk=wave.pk).version,
                "runs": WaveRun.objects.filter(wave=wave, finished_at=None).count(),
                "journal": JournalEntry.objects.filter(target=f"wave:{wave.pk}").count(),
            }
            for wave, outcomes in zip(waves, zip(*answers, strict=True), strict=True)
        ]

    def plan(self, acts: list[str], rounds: int) -> dict[str, Any]:
        from tests.factories import make_agent

        staff = make_agent(is_staff=True)
        worlds = [planning_acts.stage() for _ in range(rounds)]
        for order, act in zip(self.hands, acts, strict=False):
            order.send((len(acts), f"plan {act}", staff.pk, worlds))
        answers = []
        for order, _ in zip(self.hands, acts, strict=False):
            if not order.poll(WAIT_SECONDS):
                raise TimeoutError("an act never ended")
            answers.append(order.recv())
        seen = [
            planning_acts.look(number, list(outcomes))
            for number, outcomes in zip(worlds, zip(*answers, strict=True), strict=True)
        ]
        return {"seen": seen, "allowed": planning_acts.in_turn(acts, staff.pk)}

    @staticmethod
    def stage(people: int) -> int:
        """A wave under way of so many, two accesses that wait, and its end asked for."""
        from accounts.models import Agent
        from bascule import standings
        from bascule.models import Wave, WaveRun
        from bascule.waves import running
        from boxes.models import Role
        from tests.factories import give_access, make_agent, make_moved_agent, make_shared_box, make_wave, population

        wave = make_wave("stage", name=f"Fin-{next(_numbers)}", state=Wave.State.UNDER_WAY)
        made = Agent.objects.bulk_create(
            Agent(address=f"p{next(_numbers)}@races.example", given_name="P", population=population("stage"))
            for _ in range(people)
        )
        box = make_shared_box((make_moved_agent(), Role.OWNER))
        for agent in (made[0], made[-1]):
            give_access(box, agent)
        standings.refresh()
        run: WaveRun = running.finish(wave=wave, by=make_agent(is_staff=True))
        return run.pk

    def work(self, run_id: int) -> int:
        def worker() -> None:
            from bascule.waves import runs

            runs.PEOPLE_PER_SLICE = 10
            while runs.advance(run_id):
                pass

        process = self.forked.Process(target=worker, daemon=True)
        process.start()
        assert process.pid
        return process.pid

    @staticmethod
    def done(run_id: int) -> int:
        from bascule.models import WaveRun

        return WaveRun.objects.values_list("done", flat=True).get(pk=run_id)

    @staticmethod
    def look(run_id: int) -> dict[str, Any]:
        from accounts.models import JournalEntry, Notice
        from bascule.models import Standing, WaveRun
        from boxes import delegations
        from boxes.models import Delegation

        # What the clock does for a worker that died between a note and its accesses.
        delegations.grant_pending()
        run = WaveRun.objects.select_related("wave").get(pk=run_id)
        standing = Standing.objects.filter(wave=run.wave)
        keys = list(standing.values_list("pk", flat=True))
        told = Counter(Notice.objects.filter(kind="agent.migrated").values_list("recipient", flat=True))
        wrote = Counter(JournalEntry.objects.filter(action="agent.migrated").values_list("subject", flat=True))
        return {
            "over": run.finished_at is not None,
            "state": run.wave.state,
            "done": [run.done, run.total],
            "left": standing.filter(migrated_at=None).count(),
            "told": sorted({told[key] for key in keys}),
            "wrote": sorted(set(wrote.values())),
            "journal": JournalEntry.objects.filter(target=f"wave:{run.wave_id}", action="wave.finished").count(),
            "waiting": Delegation.objects.filter(state=Delegation.State.PENDING, agent__in=keys).count(),
        }


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    # The tables as the models have them, without the way there: other tests take PostgreSQL through the migrations.
    settings.MIGRATION_MODULES = {application.label: None for application in apps.get_app_configs()}
    call_command("migrate", interactive=False, verbosity=0, run_syncdb=True)
    # Nobody takes work from the queue: workers are started by name.
    from accounts import handing_out

    handing_out.hand_out = lambda *args, **kwargs: None  # type: ignore[assignment]
    connection.close()
    play = Play()
    for line in sys.stdin:
        print(json.dumps(play.obey(json.loads(line))), flush=True)
        connection.close()


if __name__ == "__main__":
    main()
