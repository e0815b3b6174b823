"""A portal in processes of its own that takes mail in, holds and delivers it: what the tests of the quarantine kill.

    python -m tests.races.quarantine_process

As `portal_process`, each command in a child of its own, which answers "done" or "failed":

    release ADDRESS NUMBER   have so many messages released that nobody delivers yet
    deliver HOLD             deliver one; `finish`: all that are left
    trust ADDRESS            let mail of the senders of `bring` through to ADDRESS
    bring NUMBER ADDRESS …   take in message NUMBER for these; fails when it is not settled for all
    held                     answer what is held, as JSON, before
    lines COMMAND …          do it, and answer how many lines of ours ran, before
    kill LINE COMMAND …      do it, and die before the line of that number; that is no failure
    listen PORT PORT         start an intake (incoming; held in any case) and answer the child's number instead
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import django
from django.core.management import call_command

from tests.races.portal_process import in_child

# Whose lines are counted: all that a delivery does between taking the row and letting it go, and the intake between
# the message and the answers.
_ROOT = Path(__file__).resolve().parents[2]
WATCHED = frozenset(
    str(_ROOT / name)
    for name in (
        "accounts/claims.py", "accounts/sealed_files.py", "quarantine/deliveries.py", "quarantine/held.py",
        "quarantine/gateway/intake_work.py", "quarantine/next_hop.py", "quarantine/passages.py",
    )
)  # fmt: skip


def message(number: object, mark: str = "") -> bytes:
    return f"{mark}From: a@x.fr\r\nSubject: {number}\r\nMessage-ID: <{number}@x.fr>\r\n\r\nBonjour\r\n".encode()


def release(address: str, messages: str) -> None:
    from tests.quarantine.holds import make_hold

    for number in range(int(messages)):
        make_hold(address, raw=message(number), state="releasing")


def deliver(hold_id: object) -> None:
    from quarantine import deliveries

    # Nothing is older than the process that was killed.
    deliveries.SETTLE_SECONDS = 0.0
    deliveries.deliver(int(str(hold_id)))


def finish() -> None:
    from quarantine import deliveries
    from quarantine.models import Hold

    Hold.objects.update(retry_at=None)
    for hold_id in deliveries.waiting():
        deliver(hold_id)


def trust(address: str) -> None:
    from quarantine.models import SenderEntry

    SenderEntry.objects.create(mailbox=address, kind="trust", pattern="x.fr")


def bring(number: str, *addresses: str) -> None:
    from quarantine import passages
    from quarantine.gateway import intake_work
    from quarantine.gateway.heartbeat import Heartbeat
    from quarantine.models import GatewayHeartbeat

    passages.SETTLE_SECONDS = 0.0
    submission = intake_work.Submission(message(number, "X-Spam-Flag: YES\r\n"), "a@x.fr", addresses)
    watch = Heartbeat(GatewayHeartbeat.Kind.INTAKE, "race")
    answers = intake_work.settle(submission, hold_all=False, watch=watch)
    if not all(answer.startswith("250") for answer in answers):
        raise SystemExit(str(answers))


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


def listen(port: str, hold_port: str) -> None:
    from quarantine import passages

    passages.SETTLE_SECONDS = 0.2
    call_command("intake_gateway", lmtp=[f"127.0.0.1:{port}"], hold_lmtp=[f"127.0.0.1:{hold_port}"])


def lines(*words: str) -> None:
    count = _count_lines(-1, lambda: None)
    run(words)
    sys.settrace(None)
    print(count(), flush=True)


def kill(number: str, *words: str) -> None:
    _count_lines(int(number), lambda: os.kill(os.getpid(), signal.SIGKILL))
    run(words)


def _count_lines(number: int, act: Callable[[], None]) -> Callable[[], int]:
    """Count the lines of ours that run from now on, and `act` before the one of that number; gives the count so far."""
    count = 0

    def each(frame: FrameType, event: str, _: object) -> object:
        nonlocal count
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            count += 1
            if count == number:
                act()
        return each

    sys.settrace(each)
    return lambda: count


def migrate() -> None:
    call_command("migrate", verbosity=0)


COMMANDS: dict[str, Callable[..., None]] = {
    one.__name__: one for one in (bring, deliver, finish, held, kill, lines, listen, migrate, release, trust)
}


def run(words: tuple[str, ...]) -> None:
    name, *arguments = words
    COMMANDS[name](*arguments)


def serve() -> None:
    for line in sys.stdin:
        words = tuple(line.split())
        child = in_child(lambda words=words: run(words))
        if words[0] == "listen":
            print(child, flush=True)
            continue
        _, status = os.waitpid(child, 0)
        print("failed" if status and not os.WIFSIGNALED(status) else "done", flush=True)


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    # Loaded before the first fork, so that no child counts lines of an import.
    from quarantine import deliveries  # noqa: F401
    from quarantine.gateway import intake_work  # noqa: F401

    serve()
