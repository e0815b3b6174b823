"""A portal in processes of its own that sends a reminder: what `test_kill_reminders` drives and kills.

    python -m tests.races.reminders_process

Reads commands from standard input: `prepare <people>`, `again` and `state` answer a line of JSON, `work` the child's
number.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import django

from tests.races.portal_process import in_child, make_tables


def prepare(people: int) -> None:
    """A wave of so many people, and a reminder to all of them that is due now."""
    from accounts.models import Agent
    from bascule import standings
    from tests.bascule.reminders.cast import make_reminder
    from tests.factories import make_wave, population

    make_tables()
    first = population("first-degree")
    Agent.objects.bulk_create(
        Agent(address=f"p{number}@ac-reunion.fr", given_name="Zoé", family_name=str(number), population=first)
        for number in range(people)
    )
    wave = make_wave("first-degree")
    standings.refresh()
    make_reminder(wave)


def work() -> None:
    """As the clock and a worker do together, for ever; no limits but the lock of the tally are in the way."""
    from accounts import mail_pace
    from bascule.reminders import sending

    mail_pace._paces.clear()
    while True:
        for round_id in sending.waiting():
            sending.advance(round_id)
        time.sleep(0.02)


def again() -> None:
    """What staff do about mails that were interrupted."""
    from accounts.models import Agent
    from bascule.models import Reminder
    from bascule.reminders import states, writing

    try:
        writing.send_again(reminder=Reminder.objects.get(), by=Agent.objects.get(is_staff=True))
    except states.ReminderError as refusal:
        print(refusal.sentence, file=sys.stderr)


def state() -> None:
    """Written by the child itself: addresses by the state of their mail, and the state of the reminder."""
    from bascule.models import Reminder, ReminderMail

    found: dict[str, Any] = {"reminder": Reminder.objects.get().state}
    for address, one in ReminderMail.objects.values_list("agent__address", "state"):
        found.setdefault(one, []).append(address)
    print(json.dumps(found), flush=True)


def serve() -> None:
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "work":
            print(in_child(work), flush=True)
            continue
        if command == "prepare":
            child = in_child(lambda found=arguments: prepare(int(found[0])))
        else:
            child = in_child(state if command == "state" else again)
        _, status = os.waitpid(child, 0)
        if status or command != "state":
            print(json.dumps("failed" if status else "done"), flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    serve()
