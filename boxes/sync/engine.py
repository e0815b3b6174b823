"""What a worker does with a box that has work to do. The one door for tasks.

Each part compares what is wanted with what Zimbra was last made to hold, and does the difference; it may be killed at
any line and run again. What changed while the worker was at it leaves the box marked, so that another go follows.
"""

from __future__ import annotations

import logging
import time

from django.utils import timezone

from accounts import claims
from boxes import zimbra_door
from boxes.models import Box
from boxes.sync import access, account, identities, tags
from boxes.sync.run import Run
from zimbra.errors import ZimbraError

log = logging.getLogger(__name__)

# In this order: the mailbox, who may reach it and has it in the own tree, how each writes for it, tags of the team.
PARTS = (account.bring, access.bring, identities.bring, tags.bring)

# A worker that died may have left a request that the server is still at; the next one looks after it is through.
PAUSE_SECONDS = 1.0


def advance(box_id: int) -> float | None:
    """Bring Zimbra in line with the box. Safe to run at any time, any number of times, by any number of workers.

    Gives the seconds after which to try again when Zimbra has to be waited for, else None.
    """
    box = Box.objects.only("holder", "retry_at").filter(pk=box_id).first()
    if box is None or (box.retry_at and box.retry_at > timezone.now()):
        return None
    claim = claims.take(Box, box_id, work_asked_at__isnull=False)
    if claim is None:
        return None
    if box.holder:
        time.sleep(PAUSE_SECONDS)
    return claims.use(claim, _work)


def waiting() -> list[int]:
    """Boxes with work to do, nobody alive at it, and no reason to wait."""
    rows = Box.objects.filter(work_asked_at__isnull=False).exclude(retry_at__gt=timezone.now())
    return claims.without_live_holder(rows.order_by("work_asked_at"))


def _work(claim: claims.Claim) -> float | None:
    """What strikes one person is noted there by the parts; what comes through here strikes the box as a whole. It waits
    then, whatever it is: somebody may have to mend a setting, and sees the code in the meantime."""
    try:
        with zimbra_door.opened() as door:
            while True:
                run = Run(claim, door)
                if run.box.work_asked_at is None:
                    return None
                for part in PARTS:
                    part(run)
                if run.silent is not None:
                    raise run.silent
                _settle(run)
    except ZimbraError as error:
        return claims.postpone(claim, error.code, getattr(error, "retry_after", None))


def _settle(run: Run) -> None:
    """Nothing is left to do, unless something was asked for since the go began."""
    with run.writing():
        Box.objects.filter(pk=run.box.pk).update(attempts=0, waiting_for="", retry_at=None)
        Box.objects.filter(pk=run.box.pk, work_asked_at=run.box.work_asked_at).update(work_asked_at=None)
