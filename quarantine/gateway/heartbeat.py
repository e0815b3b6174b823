"""Signs of life of a gateway: a row that staff pages read, and the same figures for a monitoring system.

A gateway counts and notes what it cannot reach; a thread of its own writes that down every few seconds. A database that
does not answer is itself a trouble, and never stops the gateway.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections import Counter
from datetime import datetime, timedelta
from types import TracebackType

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from quarantine.models import GatewayHeartbeat

log = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
# Two beats may be missed, by a database that restarts.
SILENT_AFTER = timedelta(seconds=35)
# A machine that is no more would stay on the page for ever.
FORGOTTEN_AFTER = timedelta(days=7)
# How long the end of the gateway waits for its last row to be written.
_LAST_BEAT_SECONDS = 3.0


class Heartbeat:
    """What one gateway tells of itself. Use it as a context manager, or `start` and `stop` it.

    name: tells the gateways of a kind apart, and stays the same when one is restarted: see `name_at`.
    """

    def __init__(self, kind: GatewayHeartbeat.Kind, name: str) -> None:
        self.kind = kind
        self.name = name[:200]
        self.started_at = timezone.now()
        # Counts since the start, by the name of what happened. Only ever added to.
        self.figures: Counter[str] = Counter()
        self._troubles: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write down that the gateway has ended; waits a few seconds at most. Nothing when it was never started."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(_LAST_BEAT_SECONDS)

    def count(self, what: str, number: int = 1) -> None:
        """what: letters and underscores. From one thread only, or under a lock of the caller."""
        self.figures[what] += number

    def trouble(self, what: str) -> None:
        """Note that `what` ("store", "database", "zimbra", ...) is in trouble from now on; again: nothing."""
        with self._lock:
            if what in self._troubles:
                return
            self._troubles[what] = timezone.now()
        log.error("%s: trouble with %s", self.name, what)
        self._wake.set()

    def well(self, what: str) -> None:
        """Note that `what` is all right, or is again."""
        # Looked up without the lock first: asked for each message.
        if what not in self._troubles:
            return
        with self._lock:
            since = self._troubles.pop(what, None)
        if since is not None:
            log.warning("%s: %s is well again, after %d s", self.name, what, (timezone.now() - since).total_seconds())
            self._wake.set()

    @property
    def troubles(self) -> dict[str, datetime]:
        """What is in trouble, and since when."""
        with self._lock:
            return dict(self._troubles)

    def beat(self, *, stopped: bool = False) -> None:
        """Write the row. Raises nothing of the database: that is noted as its trouble."""
        try:
            self._write(timezone.now(), stopped=stopped)
        except (DatabaseError, InterfaceError):
            connection.close()
            self.trouble("database")
        else:
            self.well("database")

    def _write(self, now: datetime, *, stopped: bool) -> None:
        values = {
            "kind": self.kind,
            "started_at": self.started_at,
            "beat_at": now,
            "stopped_at": now if stopped else None,
            # The database answers, since this is written.
            "troubles": {what: at.isoformat() for what, at in self.troubles.items() if what != "database"},
            "figures": dict(self.figures),
        }
        # A successor that took the name while this one ends keeps it.
        mine = GatewayHeartbeat.objects.filter(name=self.name, started_at__lte=self.started_at)
        if not mine.update(**values):
            GatewayHeartbeat.objects.get_or_create(name=self.name, defaults=values)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._wake.clear()
                self.beat()
                # Woken at once by a trouble: the alarm need not wait for the next beat, but a second, so that a server
                # that comes and goes does not have a row written each time.
                if not self._stop.wait(1.0):
                    self._wake.wait(BEAT_SECONDS - 1.0)
            self.beat(stopped=True)
        finally:
            connection.close()


def name_at(address: str) -> str:
    """Name of the gateway of this machine that listens to `address` (host:port or path of a socket)."""
    return f"{socket.gethostname()} {address}"


def is_silent(row: GatewayHeartbeat, now: datetime) -> bool:
    """Whether the gateway should have given a sign of life and has not."""
    return row.stopped_at is None and now - row.beat_at > SILENT_AFTER


def forget_old(now: datetime) -> None:
    """Remove gateways of which nothing was heard for days."""
    GatewayHeartbeat.objects.filter(beat_at__lt=now - FORGOTTEN_AFTER).delete()
