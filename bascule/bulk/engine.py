"""What a worker does for the imports of waves. The one door for tasks.

A task takes a seat at a server of Zimbra, serves one person after another for a few seconds, and queues itself again
behind whatever has come meanwhile. There are never more such tasks at work than the servers have slots, so that what
people start by hand is not queued behind a wave.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts import claims
from accounts.handing_out import hand_out
from bascule.bulk import persons, servers
from bascule.bulk.paced import PacedTransport
from bascule.bulk.servers import Seat
from bascule.models import BulkPerson, BulkRun, MailServer
from boxes import zimbra_door
from zimbra.transport import Limits

log = logging.getLogger(__name__)

# How long a task serves people before whatever else waits for a worker has its turn, and how long one person is served
# before the others have theirs: between two batches.
SEAT_SECONDS = 5.0
TURN_SECONDS = 5.0
# How often a worker looks, between two batches, whether staff have decided otherwise.
LOOK_SECONDS = 1.0

# Each try is counted and paced; whether to try again is decided for the server, for all workers.
_LIMITS = Limits(attempts=1)


def work(server_id: int) -> float | None:
    """Serve people at that server for a while. Safe to run at any time, by any number of workers.

    Gives the seconds after which to come again, None when others are enough or nobody waits.
    """
    server = MailServer.objects.filter(pk=server_id).first()
    seat = None if server is None else servers.sit(server)
    if seat is None:
        return None
    try:
        return _serve_people(seat)
    except claims.ClaimLost:
        log.info("mail server %s: another worker has the slot", server_id)
    finally:
        seat.leave()
    return None


def hand_out_seats() -> None:
    """Queue as many tasks as there are free slots, for each server at whose mailboxes somebody waits."""
    from bascule.tasks import carry_bulk

    for server in MailServer.objects.all():
        if not servers.is_calm(server) and _waiting(server).exists():
            for _ in servers.free_slots(server):
                hand_out(carry_bulk, server.pk)


def _serve_people(seat: Seat) -> float | None:
    until = time.monotonic() + SEAT_SECONDS
    with zimbra_door.opened(PacedTransport(zimbra_door.new_transport(_LIMITS), seat)) as door:
        while seat.may_stay():
            claim = _pick(seat)
            if claim is None:
                return None
            try:
                claims.use(claim, _turn(seat, door))
            finally:
                claim.release()
            if time.monotonic() >= until:
                return 0.0
    return servers.FIRST_CALM_SECONDS if servers.is_calm(seat.server) else None


def _turn(seat: Seat, door: zimbra_door.Door) -> Callable[[claims.Claim], None]:
    def serve(claim: claims.Claim) -> None:
        persons.serve(claim, seat=seat, door=door, go_on=_staying(claim, seat))

    return serve


def _staying(claim: claims.Claim, seat: Seat) -> Callable[[], bool]:
    """Whether a worker may stay with the person: asked between two batches."""
    until = time.monotonic() + TURN_SECONDS
    looked_at = time.monotonic()

    def go_on() -> bool:
        nonlocal looked_at
        now = time.monotonic()
        if now >= until or not seat.may_stay():
            return False
        if now - looked_at < LOOK_SECONDS:
            return True
        looked_at = now
        claim.renew()
        return BulkPerson.objects.filter(pk=claim.pk, run__state=BulkRun.State.RUNNING).exists()

    return go_on


def _runs() -> QuerySet[BulkRun]:
    """Runs with something to do: those that go on, and those being stopped with somebody in the middle."""
    going = Q(state=BulkRun.State.RUNNING) | Q(state=BulkRun.State.CANCELLED, finished_at=None)
    return BulkRun.objects.filter(going)


def _waiting(server: MailServer) -> QuerySet[BulkPerson]:
    rows = BulkPerson.objects.filter(run__in=_runs(), state=BulkPerson.State.WAITING, server=server.host)
    return rows.exclude(retry_at__gt=timezone.now())


def _pick(seat: Seat) -> claims.Claim | None:
    """The next person at the seat's server: of the run that has waited longest, whoever has; None when nobody does."""
    now = timezone.now()
    runs = list(_runs().order_by(F("turn_at").asc(nulls_first=True), "pk"))
    for run in runs:
        rows = BulkPerson.objects.filter(run=run, state=BulkPerson.State.WAITING, server=seat.server.host)
        rows = rows.filter(Q(retry_at=None) | Q(retry_at__lte=now)).order_by("turn_at", "pk")
        # At the head of the queue stand those whom others are serving.
        head = rows[: servers.bound_of(seat.server) + 8]
        for pk in claims.without_live_holder(head):
            claim = claims.take(BulkPerson, pk, state=BulkPerson.State.WAITING)
            if claim is not None:
                if len(runs) > 1:
                    BulkRun.objects.filter(pk=run.pk).update(turn_at=now)
                return claim
    return None
