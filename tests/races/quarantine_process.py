"""A portal in processes of its own that holds and delivers mail: what `test_kill_delivery` drives and kills.

    python -m tests.races.quarantine_process

As `portal_process`: `prepare <address> <messages>` has messages released that nobody delivers yet; `lines <hold>`
delivers one and counts the lines of ours that run; `kill <hold> <line>` dies at one of them; `finish` delivers what is
left. All answer "done", `lines` with the number before. `listen <port> <port>` starts an intake (LMTP for incoming
mail, LMTP for what is held in any case) and answers the child's number; `held` answers what is held, as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import django
from django.core.management import call_command

from tests.races.portal_process import in_child

# Whose lines are counted: all that a delivery does between taking the row and letting it go.
WATCHED = ("quarantine/deliveries.py", "quarantine/next_hop.py", "quarantine/held.py", "accounts/claims.py")


def prepare(address: str, messages: int) -> None:
    from tests.quarantine.holds import make_hold

    for number in range(messages):
        raw = f"From: a@x.fr\r\nSubject: {number}\r\nMessage-ID: <{number}@x.fr>\r\n\r\nBonjour\r\n".encode()
        make_hold(address, raw=raw, state="releasing")


def deliver(hold_id: int) -> None:
    from quarantine import deliveries

    # Nothing is older than the process that was killed.
    deliveries.SETTLE_SECONDS = 0.0
    deliveries.deliver(hold_id)


def finish() -> None:
    from quarantine import deliveries
    from quarantine.models import Hold

    Hold.objects.update(retry_at=None)
    for hold_id in deliveries.waiting():
        deliver(hold_id)


def at_line(number: int, act: Callable[[], None]) -> Callable[[], int]:
    """Count the lines of ours that run from now on, and `act` before the one of that number; gives the count so far."""
    from quarantine import deliveries

    watched = tuple(str(Path(deliveries.__file__).parents[1] / name) for name in WATCHED)
    count = 0

    def each(frame: FrameType, event: str, _: object) -> object:
        nonlocal count
        if frame.f_code.co_filename not in watched:
            return None
        if event == "line":
            count += 1
            if count == number:
                act()
        return each

    threading.settrace(each)
    sys.settrace(each)
    return lambda: count


def kill(hold_id: int, number: int) -> None:
    at_line(number, lambda: os.kill(os.getpid(), signal.SIGKILL))
    deliver(hold_id)


def lines(hold_id: int) -> None:
    count = at_line(-1, lambda: None)
    deliver(hold_id)
    sys.settrace(None)
    print(count(), flush=True)


def listen(port: str, hold_port: str) -> None:
    from quarantine import passages

    # As above.
    passages.SETTLE_SECONDS = 0.2
    call_command("intake_gateway", lmtp=[f"127.0.0.1:{port}"], hold_lmtp=[f"127.0.0.1:{hold_port}"])


def held() -> None:
    """(recipient, subject, reason) of everything that is held, with bytes that can be read."""
    from quarantine import contents
    from quarantine.models import Hold
    from quarantine.safe_view import fields

    found = [
        (hold.recipient, fields.read(contents.read(hold.content.stored_as)).first("Subject"), hold.reason)
        for hold in Hold.objects.select_related("content")
    ]
    print(json.dumps(found), flush=True)


def serve() -> None:
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "listen":
            print(in_child(lambda found=arguments: listen(*found)), flush=True)
            continue
        if command == "prepare":
            child = in_child(lambda found=arguments: prepare(found[0], int(found[1])))
        elif command in {"finish", "held", "migrate"}:
            child = in_child(
                {"finish": finish, "held": held, "migrate": lambda: call_command("migrate", verbosity=0)}[command]
            )
        else:
            act = kill if command == "kill" else lines
            child = in_child(lambda act=act, found=arguments: act(*map(int, found)))
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        print("failed" if status and not killed else "done", flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    # Loaded before the first fork, so that no child counts lines of an import.
    from quarantine import deliveries  # noqa: F401

    serve()
