"""Processes of a portal, each a child of one that has Django ready, so that a gateway starts in a moment.

    python -m tests.mail_flow_process

Reads JSON from standard input, a list a line. ["start", log, command, ...] starts a command of manage.py in a child of
its own and answers the child's number; ["do", name, ...] runs a function of below in a child and answers what it
returns, as JSON, once it has ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import django
from django.core.management import call_command


def set_thresholds(thresholds: dict[str, dict[str, list[int]]]) -> None:
    """{"sender": {"3600": [warn, max], ...}, ...}; the same at any hour. What is not named never bites. Networks are
    counted as they are, and no account is taken for stolen."""
    from quarantine.models import SendingRules, Threshold

    periods = ("night_divisor", "weekend_divisor", "weekend_night_divisor", "school_account_factor")
    SendingRules.objects.filter(pk=1).update(compromise_refusals=0, **dict.fromkeys(periods, 1))
    Threshold.objects.update(warn=1_000_000, max=1_000_000)
    for subject, windows in thresholds.items():
        for window, (warn, most) in windows.items():
            Threshold.objects.filter(subject=subject, window=int(window)).update(warn=warn, max=most)


def release_all() -> int:
    """Release whatever is held, and deliver it, as a worker would; gives how many were held."""
    from quarantine import held
    from quarantine.models import Hold

    holds = list(Hold.objects.held())
    for hold in holds:
        held.release(hold, by=None)
    deliver_released()
    return len(holds)


def deliver_released() -> None:
    """What a worker does about released messages, whatever became of the one before."""
    from quarantine import tasks
    from quarantine.models import Hold

    for key in Hold.objects.filter(state=Hold.State.RELEASING).values_list("pk", flat=True):
        tasks.deliver_hold(key)


_KNOWN: dict[str, Callable[..., Any]] = {one.__name__: one for one in (set_thresholds, release_all, deliver_released)}


def in_child(work: Callable[[], Any], log: str | None = None) -> int:
    """Fork; gives the child's number. Nothing is open yet in this process that a child could not use."""
    number = os.fork()
    if number == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        if log is not None:
            output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(output, 1)
            os.dup2(output, 2)
        code = 1
        try:
            work()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return number


def answer(function: Callable[..., Any], arguments: list[Any]) -> str:
    """What the function returns in a child, as JSON; "" when it failed, with the reason in the log."""
    reading, writing = os.pipe()

    def work() -> None:
        os.close(reading)
        os.write(writing, json.dumps(function(*arguments)).encode())

    child = in_child(work)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        text = said.read().decode()
    os.waitpid(child, 0)
    return text


def serve() -> None:
    for line in sys.stdin:
        _reap()
        verb, *words = json.loads(line)
        if verb == "start":
            log, *command = words
            print(in_child(partial(call_command, *command), log), flush=True)
        else:
            name, *arguments = words
            print(answer(_KNOWN[name], arguments), flush=True)


def _reap() -> None:
    """Children that have ended, or were killed, are let go."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.races.portal_settings"
    django.setup()
    # Read before the fork, so that no child has to.
    from celery import current_app

    current_app.loader.import_default_modules()
    serve()
