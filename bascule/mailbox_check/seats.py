"""How many connections the portal has to a server at a time, all workers together: a seat for each."""

from __future__ import annotations

import random

from accounts import claims
from bascule.mailbox_check.access import Server
from bascule.models import MailboxSeat


def sit(server: Server) -> claims.Claim | None:
    """A seat at that server; None when all are taken. End it with `release`."""
    wanted = range(server.parallel)
    rows = MailboxSeat.objects.filter(side=server.side, number__in=wanted)
    if rows.count() < server.parallel:
        MailboxSeat.objects.bulk_create(
            [MailboxSeat(side=server.side, number=number) for number in wanted], ignore_conflicts=True
        )
    free = claims.without_live_holder(rows)
    random.shuffle(free)
    return next((claim for pk in free if (claim := claims.take(MailboxSeat, pk)) is not None), None)


def free(server: Server) -> int:
    """How many seats nobody has now."""
    rows = MailboxSeat.objects.filter(side=server.side, number__lt=server.parallel)
    return server.parallel - rows.count() + len(claims.without_live_holder(rows))
