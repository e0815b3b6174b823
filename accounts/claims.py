"""Who works on a row now: one live holder, and no write by anybody else.

A claim is two columns of the row itself, `holder` and `held_until`. The queue only hints that there is work; the row
says who does it. A holder that died on this machine is replaced at once (its process is gone, or its number now
belongs to another process); one on another machine is replaced when its lease ends.

A worker that was taken for dead may come back. `Claim.writing()` is the fence: it re-reads the holder inside the
transaction of the write, so that a worker which lost its claim writes nothing.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

log = logging.getLogger(__name__)

# What nobody foresaw; its name in `waiting_for`.
INTERNAL = "internal"

# Longer than the longest request to Zimbra with its repeats; a live holder renews it with every write.
LEASE = timedelta(minutes=10)


class ClaimLost(Exception):
    """Somebody else holds the row now: stop, write nothing."""


class Claim:
    """The right to work on one row. Made by `take`; end it with `release`."""

    def __init__(self, model: type[models.Model], pk: int, holder: str) -> None:
        self.model, self.pk, self.holder = model, pk, holder

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction in which this claim holds: the row is locked and the lease renewed first.

        Raises ClaimLost, and nothing of the block is done, when the row has another holder.
        """
        with transaction.atomic():
            self.renew()
            yield

    def renew(self) -> None:
        """Give a sign of life. Raises ClaimLost."""
        if not self.renewed():
            raise ClaimLost

    def renewed(self, **conditions: object) -> bool:
        """As `renew`, when the row meets `conditions`; whether it was done."""
        mine = self.model._default_manager.filter(pk=self.pk, holder=self.holder, **conditions)
        return bool(mine.update(held_until=timezone.now() + LEASE))

    def release(self) -> None:
        """Let the row go, if it is still ours."""
        self.model._default_manager.filter(pk=self.pk, holder=self.holder).update(holder="", held_until=None)


def take(model: type[models.Model], pk: int, **conditions: object) -> Claim | None:
    """Claim the row when it meets `conditions` and nobody alive holds it; None otherwise.

    One conditional UPDATE decides, so that of two workers exactly one gets it.
    """
    holder = this_process()
    seen = model._default_manager.filter(pk=pk).values_list("holder", flat=True).first()
    if seen is None:
        return None
    now = timezone.now()
    free = Q(holder="") | Q(held_until__lt=now)
    if seen and is_dead_here(seen):
        free |= Q(holder=seen)
    rows = model._default_manager.filter(free, pk=pk, **conditions)
    return Claim(model, pk, holder) if rows.update(holder=holder, held_until=now + LEASE) else None


def use(claim: Claim, work: Callable[[Claim], float | None]) -> float | None:
    """Do `work` and let the row go; gives what `work` gives: the seconds to wait before the next go, or None.

    What nobody foresaw is raised, and the next go waits: it must not be repeated in a loop.
    """
    wait: float | None = None
    foreseen = False
    try:
        wait = work(claim)
        foreseen = True
    except ClaimLost:
        log.info("%s %s: another worker took over", claim.model._meta.model_name, claim.pk)
        foreseen = True
    finally:
        if not foreseen:
            postpone(claim, INTERNAL, None)
        claim.release()
    return wait


def postpone(claim: Claim, code: str, asked: float | None) -> float | None:
    """Note that Zimbra has to be waited for, and until when: twice as long each time, at least what it asked for.

    Gives the seconds; None when somebody else holds the row by now.
    """
    rows = claim.model._default_manager.filter(pk=claim.pk)
    try:
        with claim.writing():
            attempts = rows.values_list("attempts", flat=True).get()
            doubled = settings.IMPORT_RETRY_SECONDS * 2 ** min(attempts, 16)
            seconds = max(min(doubled, settings.IMPORT_RETRY_MAX_SECONDS), min(asked or 0, 3600))
            rows.update(
                attempts=min(attempts + 1, 30_000),
                waiting_for=code[:200],
                retry_at=timezone.now() + timedelta(seconds=seconds),
            )
    except ClaimLost:
        return None
    log.warning("%s %s waits %s s: %s", claim.model._meta.model_name, claim.pk, seconds, code)
    return float(seconds)


def without_live_holder(rows: models.QuerySet) -> list[int]:
    """Primary keys among `rows` that can be claimed now."""
    now = timezone.now()
    return [
        pk
        for pk, holder, until in rows.values_list("pk", "holder", "held_until")
        if not holder or until is None or until < now or is_dead_here(holder)
    ]


def is_dead_here(holder: str) -> bool:
    """True when `holder` ran on this machine and does no longer. False when that cannot be known."""
    host, pid, started, _ = holder.rsplit(":", 3)
    if host != _host() or not Path("/proc/self/stat").exists():
        return False
    return _start_of(int(pid)) != started


def this_process() -> str:
    """host:pid:start:number. The start tells a process from a later one of the same number; the number tells two
    claims of one process apart."""
    return f"{_host()}:{os.getpid()}:{_start_of(os.getpid())}:{secrets.token_hex(4)}"


def _host() -> str:
    return socket.gethostname()[:60]


def _start_of(pid: int) -> str:
    """When a process started, in the kernel's ticks; "" when there is none (or no /proc)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    # The command's name, in parentheses, may hold blanks; a zombie (state Z) is dead already.
    fields = stat.rpartition(b")")[2].split()
    return "" if fields[0] in {b"Z", b"X"} else fields[19].decode()
