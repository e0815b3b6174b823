"""A portal in processes of its own that sends filters: what `test_kill_filters` drives and kills.

    python -m tests.races.filters_process

As `portal_process`: `prepare <address> <rules>` and `undo` answer "done", `work` answers the child's number.
"""

from __future__ import annotations

import os
import sys
import time

import django

from tests.races.portal_process import PASS_SECONDS, in_child, make_tables


def prepare(address: str, rules: int) -> None:
    """Make the tables, look at the mailbox, confirm the sending of that many rules, each into a folder of its own."""
    from django.utils import timezone

    from bascule import zimbra_door
    from tests.bascule.filters.captured import capture_all, rule, start
    from tests.factories import make_agent

    make_tables()
    agent = make_agent(address, migrated_at=timezone.now())
    capture_all(agent, *(rule(f"Règle {number}", f"Classement/Dossier {number % 20}") for number in range(rules)))
    capture_all(agent, *(rule(f"Envoi {number}") for number in range(rules)), direction="outgoing")
    with zimbra_door.mailbox_of(agent) as mailbox:
        start(agent, mailbox)


def work() -> None:
    """As the clock and a worker do together: carry whatever has no live holder, for ever."""
    from bascule.replays import engine

    while True:
        for replay_id in engine.waiting():
            engine.advance(replay_id)
        time.sleep(PASS_SECONDS)


def undo() -> None:
    from bascule.models import Replay
    from bascule.replays import confirm

    for replay in Replay.objects.select_related("agent"):
        confirm.undo(replay=replay, by=replay.agent)


def serve() -> None:
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "work":
            print(in_child(work), flush=True)
            continue
        if command == "prepare":
            child = in_child(lambda found=arguments: prepare(found[0], int(found[1])))
        else:
            child = in_child(undo)
        _, status = os.waitpid(child, 0)
        print("failed" if status else "done", flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    serve()
