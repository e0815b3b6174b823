"""Workers who count one wave at the same moment while its people go on: what `test_figures_at_once` drives.

    DATABASE_URL=... python -m tests.races.figures_process ROUNDS

Prints what was seen as a line of JSON: the counts of each reader, and the rows that are left at the end.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import django
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.models import Sum

PEOPLE = 40
HANDS = 3


def main(rounds: int) -> dict[str, Any]:
    from accounts.models import Agent, Establishment, Population
    from bascule import checklist, standings
    from bascule.models import Wave, WaveDay, WaveFigure
    from bascule.tracking import figures

    population = Population.objects.all()[0]
    places = [Establishment.objects.create(uai=f"{n:07}A", name=f"École {n}") for n in range(4)]
    people = [
        Agent.objects.create(
            address=f"a{n}@races.example", population=population, establishment=places[n % 4], given_name="A"
        )
        for n in range(PEOPLE)
    ]
    wave = Wave.objects.create(name="Vague", date=date(2030, 3, 1))
    wave.populations.add(population)
    standings.refresh()
    seen: list[tuple[int, int]] = []
    errors: list[str] = []
    over = threading.Event()

    def count() -> None:
        for _ in range(rounds):
            figures.refresh_wave(wave.pk)

    def act() -> None:
        for agent in people[: max(rounds, 10)]:
            checklist.mark_done(agent=agent, step="note-boxes", by=agent)

    def read() -> None:
        while not over.is_set():
            sums = WaveFigure.objects.filter(wave=wave).values("dimension").annotate(total=Sum("started"))
            found = {row["dimension"]: row["total"] for row in sums}
            if "establishment" in found:
                seen.append((found["all"], found["establishment"]))

    def in_thread(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except DatabaseError as error:
                errors.append(repr(error))
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    reader = in_thread(read)
    for hand in [*(in_thread(count) for _ in range(HANDS)), in_thread(act)]:
        hand.join()
    over.set()
    reader.join()
    figures.refresh_wave(wave.pk)
    rows = list(WaveFigure.objects.filter(wave=wave).values_list("dimension", "key"))
    return {
        "errors": errors,
        "torn": [pair for pair in seen if pair[0] != pair[1]],
        "looks": len(seen),
        "rows": len(rows),
        "doubles": len(rows) - len(set(rows)),
        "days": WaveDay.objects.filter(wave=wave).count(),
        "started": figures.figure_of(wave).started,
        "wanted": min(max(rounds, 10), PEOPLE),
    }


if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
