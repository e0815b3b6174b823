"""A wave's imports in processes of their own, on a database of their own: what tests and the benchmark drive and kill.

    python -m tests.races.bulk_process

Reads commands from standard input, a line each, and runs each in a child of its own, as `tests.races.portal_process`:
`prepare <people> <contacts> <events> <waves>`, `start <parallel> <rate>`, `again` (as after no import at all) answer
"done"; `work` answers the child's number.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from functools import partial

import django

from tests.races.portal_process import in_child, make_tables

PASS_SECONDS = 0.05
# Rows written together: an SQLite statement takes so many values, and a file of chunks is held in memory.
TOGETHER = 500


def address_of(person: int) -> str:
    from tests.simulated import DOMAIN

    return f"vague-{person}@{DOMAIN}"


def contact_names(person: int, contacts: int) -> list[str]:
    """The full names that the mailbox of that person holds in the end."""
    return [f"Prénom{person}-{number} Payet" for number in range(contacts)]


def event_uids(person: int, events: int) -> list[str]:
    return [f"evt-{person}-{number}@example.net" for number in range(events)]


def prepare(people: int, contacts: int, events: int, waves: int) -> None:
    """People who have moved, in `waves` waves, each with two files as a reading leaves them."""
    from django.utils import timezone

    from accounts.models import Agent
    from bascule import standings
    from bascule.models import Deposit
    from tests.factories import make_agent, make_wave, population

    make_tables()
    make_agent("dsi@ac-reunion.fr", is_staff=True)
    groups = [population(f"bulk-{number}") for number in range(waves)]
    for number in range(waves):
        make_wave(f"bulk-{number}", name=f"Vague des imports {number + 1}")
    now = timezone.now()
    for first in range(0, people, TOGETHER):
        numbers = range(first, min(first + TOGETHER, people))
        agents = Agent.objects.bulk_create(
            Agent(
                address=address_of(number),
                given_name="Camille",
                family_name=f"Hoarau {number}",
                population=groups[number % waves],
                migrated_at=now,
                password="!",
            )
            for number in numbers
        )
        deposits = Deposit.objects.bulk_create(
            Deposit(
                agent=agent,
                name=f"{kind}-{number}",
                size=1,
                kind=kind,
                sha256=hashlib.sha256(f"{kind}{number}".encode()).hexdigest(),
                stored_as=f"00/{kind}{number}",
                state=Deposit.State.READ,
            )
            for number, agent in zip(numbers, agents, strict=True)
            for kind in (Deposit.Kind.CONTACTS, Deposit.Kind.CALENDAR)
        )
        _fill(deposits, list(numbers), contacts, events)
    standings.refresh()


def _fill(deposits: list, numbers: list[int], contacts: int, events: int) -> None:
    from bascule import chunks
    from bascule.models import Deposit, ReadChunk, ReadCollection
    from tests.bascule.imports.collections import contact, event

    contents = []
    for place, deposit in enumerate(deposits):
        number = numbers[place // 2]
        if deposit.kind == Deposit.Kind.CONTACTS:
            contents.append([contact(0, fullName=name) for name in contact_names(number, contacts)])
        else:
            contents.append([event(place, uid=uid) for place, uid in enumerate(event_uids(number, events))])
    collections = ReadCollection.objects.bulk_create(
        ReadCollection(
            deposit=deposit, position=0, kind=deposit.kind, name=f"Depuis {deposit.kind}", item_count=len(items)
        )
        for deposit, items in zip(deposits, contents, strict=True)
    )
    size = int(os.environ.get("PORTAL_IMPORT_BATCH_ITEMS", "200"))
    ReadChunk.objects.bulk_create(
        ReadChunk(
            collection=collection,
            start=start,
            count=len(items[start : start + size]),
            items=chunks.pack(items[start : start + size]),
        )
        for collection, items in zip(collections, contents, strict=True)
        for start in range(0, len(items), size)
    )


def start(parallel: int, rate: int) -> None:
    from accounts.models import Agent
    from bascule.bulk import runs
    from bascule.models import MailServer, Wave

    staff = Agent.objects.get(address="dsi@ac-reunion.fr")
    for wave in Wave.objects.filter(name__startswith="Vague des imports"):
        runs.start(wave=wave, by=staff)
    for server in MailServer.objects.all():
        runs.set_bounds(server=server, parallel=parallel, rate=rate, by=staff)


def decide(verb: str) -> None:
    """What staff may do on the page, to every run: pause, resume, cancel."""
    from accounts.models import Agent
    from bascule.bulk import runs
    from bascule.models import BulkRun

    staff = Agent.objects.get(address="dsi@ac-reunion.fr")
    for run in BulkRun.objects.select_related("wave"):
        getattr(runs, verb)(run=run, by=staff)


def work() -> None:
    """As the queue and a worker do together, for ever."""
    from bascule.bulk import engine
    from bascule.imports import recover
    from bascule.models import MailServer

    recover.PAUSE_SECONDS = 0.2
    while True:
        for pk in list(MailServer.objects.values_list("pk", flat=True)):
            while engine.work(pk) == 0.0:
                pass
        time.sleep(PASS_SECONDS)


def serve() -> None:
    # What every child needs is made once, before it is forked, as a queue's workers do: modules, addresses.
    from django.urls import reverse

    from bascule.bulk import engine

    assert engine
    reverse("files")
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "work":
            print(in_child(work), flush=True)
            continue
        if command in {"prepare", "start"}:
            function = prepare if command == "prepare" else start
            child = in_child(partial(function, *map(int, arguments)))
        else:
            child = in_child(partial(decide, command))
        _, status = os.waitpid(child, 0)
        print("failed" if status else "done", flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    serve()
