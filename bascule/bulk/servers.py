"""How much Zimbra's servers are asked for: so many requests at a time and so many a second, for all workers together.

The bounds of a server are rows: a slot for each request that may be under way, and the moment the next may leave. A
worker takes a slot (`sit`) before it works for a mailbox of that server, and asks its seat before each request. A
holder that died is replaced as with any other claim: at once on its machine, elsewhere when the lease ends.

A server that answers badly (503, no answer, seconds for each) is left alone for a while and then gets fewer requests at
a time; each quiet while gives one back. Workers at other servers do not notice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from accounts import claims
from bascule.models import MailServer, MailServerSlot
from zimbra.errors import Unavailable, ZimbraError

# Our own code, for a request that was not sent because the server is being left alone.
CALM = "portal.calm"
SLOW = "slow"

# Leave to send is fetched for some requests at once, each for its own moment; what is not used by then is forfeited.
# In any span of W seconds no more than rate * (W + GRACE) + AT_ONCE requests leave.
AT_ONCE = 5
GRACE_SECONDS = 0.25

# How often a seat looks whether staff have changed the bounds.
LOOK_SECONDS = 1.0
# An answer that takes longer counts as trouble.
SLOW_SECONDS = 8.0
# The server is left alone for so long after the first trouble, twice as long after each more, up to the longest.
FIRST_CALM_SECONDS = 1.0
LONGEST_CALM_SECONDS = 60.0
# Several workers meet the same trouble: within this time it counts once.
SAME_TROUBLE_SECONDS = 1.0
# Without trouble for so long: one request more at a time.
QUIET_SECONDS = 10.0


def service_host() -> str:
    """The server of whoever's mailbox has not been seen yet: the one the portal is configured for."""
    return urlsplit(settings.ZIMBRA_URL).hostname or ""


def parallel_of(server: MailServer) -> int:
    """How many requests may be under way, as chosen by staff or by the settings."""
    return server.parallel or int(settings.ZIMBRA_PARALLEL)


def rate_of(server: MailServer) -> int:
    """How many requests may leave in a second."""
    return server.rate or int(settings.ZIMBRA_RATE)


def bound_of(server: MailServer) -> int:
    """How many requests may be under way now: fewer than chosen after trouble."""
    return min(parallel_of(server), server.allowed or parallel_of(server))


def is_calm(server: MailServer) -> bool:
    """Whether the server is being left alone."""
    return server.calm_until > time.time()


def ensure(host: str) -> MailServer:
    """The row of the server `host`, with its slots; made when it is met for the first time."""
    server, _ = MailServer.objects.get_or_create(host=host)
    wanted = set(range(1, parallel_of(server) + 1))
    wanted -= set(MailServerSlot.objects.filter(server=server).values_list("number", flat=True))
    MailServerSlot.objects.bulk_create(
        (MailServerSlot(server=server, number=number) for number in sorted(wanted)), ignore_conflicts=True
    )
    return server


def free_slots(server: MailServer) -> list[int]:
    """Slots that a worker can take now, in the order of their numbers."""
    slots = MailServerSlot.objects.filter(server=server, number__lte=bound_of(server))
    return claims.without_live_holder(slots)


def sit(server: MailServer) -> Seat | None:
    """A seat at the server; None when all are taken, or it is being left alone."""
    if is_calm(server):
        return None
    for slot_id in free_slots(server):
        claim = claims.take(MailServerSlot, slot_id)
        if claim is not None:
            return Seat(server, claim)
    return None


@dataclass
class _Leave:
    """Moments (seconds since 1970) at which requests may leave, the next first."""

    first: float = 0.0
    gap: float = 0.0
    left: int = 0

    def take(self, now: float) -> float | None:
        """The next moment that is not over; None when another lot has to be fetched."""
        while self.left:
            moment = self.first
            self.first, self.left = self.first + self.gap, self.left - 1
            if moment >= now - GRACE_SECONDS:
                return moment
        return None


class Seat:
    """A slot held by this worker. `wait` and what is noted may be called from a thread that works for the worker's:
    they use the connection of the thread that made the seat, which waits meanwhile."""

    def __init__(self, server: MailServer, claim: claims.Claim) -> None:
        self.server, self._claim = server, claim
        self._leave = _Leave()
        self._looked_at = time.monotonic()
        self._is_outdated = False
        self._number = MailServerSlot.objects.values_list("number", flat=True).get(pk=claim.pk)
        self._lock = threading.Lock()
        self._connection = connections[DEFAULT_DB_ALIAS]
        self._connection.inc_thread_sharing()

    def leave(self) -> None:
        """Give the slot back."""
        self._connection.dec_thread_sharing()
        self._claim.release()

    def may_stay(self) -> bool:
        """Whether this worker may go on here: staff have not lowered the bound, and the server is well. In the thread
        that made the seat. Raises ClaimLost when the slot has another holder."""
        if self._is_outdated or time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._is_outdated, self._looked_at = False, time.monotonic()
            self.server = MailServer.objects.get(pk=self.server.pk)
            self._claim.renew()
        return self._number <= bound_of(self.server) and not is_calm(self.server)

    def is_calm(self) -> bool:
        """Whether the server is being left alone since this worker's last request. In the thread that made the seat."""
        self.may_stay()
        return is_calm(self.server)

    def wait(self) -> None:
        """Until the next request may leave. Raises Unavailable when the server is being left alone."""
        with self._lock:
            moment = self._leave.take(time.time())
            if moment is None:
                self._fetch_leave()
                moment = self._leave.take(0)
        if moment is not None and (pause := moment - time.time()) > 0:
            time.sleep(pause)

    def _fetch_leave(self) -> None:
        rate = rate_of(self.server)
        count, now = max(1, min(AT_ONCE, rate // 10)), time.time()
        rows = self._execute(
            "UPDATE bascule_mailserver SET next_at = CASE WHEN next_at > %s THEN next_at ELSE %s END + %s "
            "WHERE id = %s AND calm_until <= %s RETURNING next_at",
            [now, now, count / rate, self.server.pk, now],
        )
        if not rows:
            self._is_outdated = True
            raise Unavailable(CALM, retry_after=FIRST_CALM_SECONDS)
        self._leave = _Leave(rows[0][0] - count / rate, 1 / rate, count)

    def well(self, seconds: float) -> None:
        """A request was answered after so many seconds."""
        if seconds >= SLOW_SECONDS:
            self._strike(SLOW, calm=0.0)
            return
        server = self.server
        if (server.allowed or server.strikes) and time.time() - server.changed_at >= QUIET_SECONDS:
            self._recover()

    def troubled(self, error: ZimbraError) -> None:
        """A request got no answer, or not one of Zimbra's."""
        if error.code != CALM:
            self._strike(error.code, calm=getattr(error, "retry_after", None) or 0.0)

    def _strike(self, code: str, *, calm: float) -> None:
        self._is_outdated = True
        with self._lock:
            seen = self._execute(
                "SELECT strikes, allowed, changed_at FROM bascule_mailserver WHERE id = %s", [self.server.pk]
            )
            now = time.time()
            if not seen or now - seen[0][2] < SAME_TROUBLE_SECONDS:
                return
            strikes, allowed, changed_at = seen[0]
            if code != SLOW:
                doubled = FIRST_CALM_SECONDS * 2 ** min(strikes, 10)
                calm = max(min(doubled, LONGEST_CALM_SECONDS), min(calm, 3600.0))
            self._execute(
                "UPDATE bascule_mailserver SET strikes = %s, allowed = %s, calm_until = %s, trouble = %s, "
                "changed_at = %s WHERE id = %s AND changed_at = %s RETURNING id",
                [
                    min(strikes + 1, 1000),
                    max(1, (allowed or parallel_of(self.server)) // 2),
                    now + calm,
                    code[:80],
                    now,
                    self.server.pk,
                    changed_at,
                ],
            )

    def _recover(self) -> None:
        server = self.server
        more: int | None = (server.allowed or parallel_of(server)) + 1
        if more is not None and more >= parallel_of(server):
            more = None
        with self._lock:
            self._execute(
                "UPDATE bascule_mailserver SET strikes = %s, allowed = %s, trouble = %s, changed_at = %s "
                "WHERE id = %s AND changed_at = %s RETURNING id",
                [
                    0 if more is None else server.strikes // 2,
                    more,
                    "" if more is None else server.trouble,
                    time.time(),
                    server.pk,
                    server.changed_at,
                ],
            )
        # Looked at anew before the next step.
        server.changed_at = time.time()

    def _execute(self, sql: str, values: Sequence[float | str | None]) -> list[tuple]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()
