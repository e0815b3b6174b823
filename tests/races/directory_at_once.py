"""Lists of the directory confirmed by two at once, and written by workers that are killed: what
`test_directory_at_once` has run.

    python -m tests.races.directory_at_once ROUNDS

Needs an empty database of its own. Each round two lists of the same new people are confirmed at the same moment, twice
each; then a worker writes, and is killed (SIGKILL) at a random moment, until one comes to the end. Prints as JSON how
many kills struck in mid-write, and what must be empty: rounds that were wrong.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import sys
import threading
import time

import django
from django.core.management import call_command

PEOPLE = 400


def race(rounds: int) -> dict[str, object]:
    from django.db import connection, connections

    from accounts.directory import decisions, engine, kinds, receiving
    from accounts.directory.states import DirectoryError, State
    from accounts.models import Agent, DirectoryImport, JournalEntry
    from tests.accounts.directory.lists import carry, listed

    kind = kinds.get("agents")
    assert kind is not None
    chance, wrong, struck = random.Random(rounds), [], 0

    def confirm(row: DirectoryImport, done: list[str]) -> None:
        try:
            done.append(str(decisions.confirm(row=row, by=None)))
        except DirectoryError as error:
            done.append(type(error).__name__)
        finally:
            connection.close()

    def worker(pk: int) -> int:
        connections.close_all()
        child = os.fork()
        if not child:
            engine.advance(pk)
            os._exit(0)
        return child

    for number in range(rounds):
        people = [f"r{number}.{one}@ac-reunion.fr;R;{one};first-degree;;" for one in range(PEOPLE)]
        rows = []
        for more in (people, people[1:]):
            row, _ = receiving.receive(
                kind=kind, name="x", file=io.BytesIO(listed(*more)), is_complete=False, by=None, in_background=False
            )
            rows.append(carry(row))
        done: list[str] = []
        threads = [threading.Thread(target=confirm, args=(row, done)) for row in (*rows, *rows)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        chosen = list(DirectoryImport.objects.filter(pk__in=[row.pk for row in rows], state="applying"))
        if done.count("True") != 1 or len(chosen) != 1:
            wrong.append([number, "confirmed", *sorted(done)])
            break
        row, whole = chosen[0], PEOPLE - (chosen[0].pk == rows[1].pk)
        mine = Agent.objects.filter(address__startswith=f"r{number}.")
        journal = JournalEntry.objects.filter(action="directory.imported", target=f"directory_import:{row.pk}")
        for _ in range(4):
            child = worker(row.pk)
            time.sleep(chance.random() * 0.4)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            row.refresh_from_db()
            seen = (row.state, mine.count(), journal.count())
            if row.state == State.APPLYING:
                struck += 1
                if seen[1:] != (0, 0) or engine.waiting() != [row.pk]:
                    wrong.append([number, "half", *seen])
            elif seen[1:] != (whole, 1):
                wrong.append([number, "whole", *seen])
        DirectoryImport.objects.filter(pk=row.pk, state=State.APPLYING).update(attempts=0)
        if carry(row).state != State.DONE or mine.count() != whole or journal.count() != 1:
            wrong.append([number, "end", row.state, mine.count(), journal.count()])
        other = next(one for one in rows if one.pk != row.pk)
        if decisions.confirm(row=other, by=None):
            wrong.append([number, "the other was not compared again"])
        if carry(other).counts["same"] < PEOPLE - 1:
            wrong.append([number, "compared again", other.counts])
        if other.state == State.READY:
            decisions.cancel(row=other, by=None)
    return {"struck": struck, "wrong": wrong}


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(race(int(sys.argv[1]))))
