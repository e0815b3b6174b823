"""Mail that is taken in, released, deleted and erased by several at the same moment: what `test_held_at_once` has run.

    python -m tests.races.held_at_once ROUNDS

Needs an empty database of its own. Prints as JSON what must be empty: errors, holds whose bytes cannot be read,
messages without a hold, files that no row knows.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import django
from django.core.management import call_command

PEOPLE = [f"p{number}@ac-reunion.fr" for number in range(5)]
MESSAGES = 3


def acts() -> list[Callable[[random.Random], None]]:
    """What one of them does, each as often as it stands here."""
    from django.utils import timezone

    from quarantine import deliveries, expiry, held
    from quarantine.models import Hold
    from quarantine.summaries import Summary

    def any_held(chance: random.Random) -> Hold | None:
        return next(iter(chance.sample(found, 1)), None) if (found := list(Hold.objects.held()[:20])) else None

    def take_in(chance: random.Random) -> None:
        number = chance.randrange(MESSAGES)
        raw = f"Subject: {number}\r\nMessage-ID: <{number}@x.fr>\r\n\r\nBonjour\r\n".encode()
        wanted = [
            held.Wanted(one, Hold.Reason.SPAM, passage=f"{number} {one}") for one in chance.sample(PEOPLE, 3)
        ]  # fmt: skip
        held.take_in(held.Incoming(raw, "a@x.fr", "a@x.fr", Summary()), wanted)

    def release(chance: random.Random) -> None:
        hold = any_held(chance)
        if hold:
            with suppress(held.HoldError):
                held.release(hold, by=None)
                deliveries.deliver(hold.pk)

    def delete(chance: random.Random) -> None:
        hold = any_held(chance)
        if hold:
            with suppress(held.HoldError):
                held.delete(hold, by=None)

    def time_passes(chance: random.Random) -> None:
        now = timezone.now()
        rows = Hold.objects.exclude(state=Hold.State.RELEASING).filter(recipient=chance.choice(PEOPLE))
        rows.update(held_at=now - timedelta(days=20), expires_at=now - timedelta(days=1))

    def erase(chance: random.Random) -> None:
        expiry.expire()

    return [take_in, take_in, take_in, release, release, delete, time_passes, erase, erase]


def run(rounds: int) -> dict[str, list[str]]:
    from django.conf import settings
    from django.db import connection

    from quarantine import contents
    from quarantine.models import HeldContent, Hold
    from tests.quarantine.next_server import NextServer

    errors: list[str] = []

    def work(act: Callable[[random.Random], None], seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(rounds):
                act(chance)
        except BaseException:
            errors.append(traceback.format_exc())
        finally:
            connection.close()

    with NextServer() as server:
        settings.QUARANTINE_DELIVERY = server.url
        threads = [threading.Thread(target=work, args=(act, seed)) for seed, act in enumerate(acts())]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    unreadable = []
    for hold in Hold.objects.wanting_bytes().select_related("content"):
        try:
            contents.read(hold.content.stored_as)
        except contents.Damaged:
            unreadable.append(hold.recipient)
    folder = Path(settings.QUARANTINE_DIR)
    files = {path.relative_to(folder).as_posix() for path in folder.glob("*/*")}
    known = set(HeldContent.objects.exclude(stored_as="").values_list("stored_as", flat=True))
    unheld = HeldContent.objects.filter(holds__isnull=True).values_list("key", flat=True)
    return {
        "errors": errors,
        "unreadable": unreadable,
        "unheld": list(unheld),
        "files": sorted(files ^ known),
        # Something was done at all.
        "idle": [] if server.received else ["nothing was delivered"],
    }


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(run(int(sys.argv[1]))))
