"""A portal in processes of its own, on a database file: what the tests of killed workers drive and kill.

    python -m tests.races.portal_process

Reads commands from standard input, a line each, and runs each in a child of its own, which thus starts at once:
`prepare <address> <imports> <items>` and `undo` answer "done" when they are; `work` answers the child's number.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable

import django
from django.core.management import call_command
from django.db import connection

PASS_SECONDS = 0.02


def make_tables() -> None:
    """Take an empty database through the migrations; a test hands over one that has been."""
    if not connection.introspection.table_names():
        call_command("migrate", verbosity=0)


def prepare(address: str, imports: int, items: int) -> None:
    """Make the tables, and confirm imports of contacts and of events, alternately, each into a new folder."""
    from django.utils import timezone

    from tests.bascule.imports.collections import contact, event, make_collection, start
    from tests.factories import make_agent

    make_tables()
    agent = make_agent(address, migrated_at=timezone.now())
    for number in range(imports):
        first = number * items
        kind, make = ("contacts", contact) if number % 2 == 0 else ("calendar", event)
        collection = make_collection(agent, [make(first + n) for n in range(items)], kind=kind, chunk=20)
        start(collection, name=f"Import {number}")


def work() -> None:
    """As the clock and a worker do together: carry whatever has no live holder, for ever."""
    from bascule.imports import engine, recover

    recover.PAUSE_SECONDS = 0.2
    while True:
        for import_id in engine.waiting():
            engine.advance(import_id)
        time.sleep(PASS_SECONDS)


def undo() -> None:
    from bascule.imports import confirm
    from bascule.models import Import

    for parent in Import.objects.select_related("agent"):
        confirm.undo(parent=parent, by=parent.agent)


def in_child(function: Callable[[], None]) -> int:
    """Fork; gives the child's number. Nothing is open yet in this process that a child could not use."""
    number = os.fork()
    if number == 0:
        try:
            function()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return number


def serve() -> None:
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "work":
            print(in_child(work), flush=True)
            continue
        if command == "prepare":
            child = in_child(lambda found=arguments: prepare(found[0], int(found[1]), int(found[2])))
        else:
            child = in_child(undo)
        _, status = os.waitpid(child, 0)
        print("failed" if status else "done", flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    serve()
