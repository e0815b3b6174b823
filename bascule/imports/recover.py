"""After an answer that nobody saw: look first, adopt what is there, and let nothing be there twice.

Zimbra goes on working on a request whose caller is gone. So `settle` looks until two looks agree, and what was sent
a second time is looked for again by `sweep`: at the end of the sending, and now and then for a while after it.
"""

from __future__ import annotations

import time
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from bascule.imports.carrier import Carrier
from bascule.imports.run import Item, Run
from bascule.models import ImportItem

# Between two looks at a mailbox in which a batch may still be arriving, and how many of them at most.
PAUSE_SECONDS = 1.0
LOOKS = 10

# How long a request may be worked on by the server after its caller is gone, at the very most.
LATE = timedelta(minutes=10)
SWEEP_EVERY = timedelta(minutes=1)


def settle(run: Run, carrier: Carrier) -> None:
    """Decide every row IN_FLIGHT: CREATED when the destination holds its item, PENDING when it does not."""
    rows = list(run.rows.filter(state=Item.IN_FLIGHT))
    if not rows:
        return
    found = _look(run, carrier, rows)
    for row in rows:
        row.zimbra_id = found.get(row.position, "")
        row.state = Item.CREATED if row.zimbra_id else Item.PENDING
    with run.writing():
        run.save_rows(rows, ["state", "zimbra_id"])
    if len(found) < len(rows):
        run.update(sweep_until=timezone.now() + LATE)


def _look(run: Run, carrier: Carrier, rows: list[ImportItem]) -> dict[int, str]:
    parcels, known = run.parcels(rows), run.known_ids()
    found = carrier.find(parcels, known)
    for _ in range(LOOKS):
        if len(found) == len(rows):
            break
        time.sleep(PAUSE_SECONDS)
        run.claim.renew()
        again = carrier.find(parcels, known)
        if again == found:
            break
        found = again
    return found


def sweep(run: Run, carrier: Carrier) -> int:
    """Remove what a late answer left beside items that were sent again. Gives how many were removed.

    Only exact copies go that no import of this person accounts for, and that came after the import began.
    """
    if run.parent.sweep_until is None:
        return 0
    rows = list(run.rows.filter(Q(tries__gt=1) | Q(tries=1, state=Item.PENDING)))
    if not rows:
        return 0
    copies = carrier.copies(run.parcels(rows), run.known_ids())
    if copies:
        run.claim.renew()
        run.client.delete_items(copies)
    return len(copies)
