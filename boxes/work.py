"""Work that Zimbra asks for: marked on the box in the transaction of the change, handed to a worker after it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from accounts.handing_out import hand_out_on_commit
from boxes.models import Box


def ask(box: Box) -> None:
    """Have Zimbra brought in line with what the portal says of `box`. Before its transfer there is nothing to do."""
    ask_all([box.pk])


def ask_all(box_ids: Iterable[int]) -> None:
    """As `ask`, for several boxes. A box that waits for Zimbra is tried at once: something new is there to be done."""
    from boxes.tasks import sync_box

    wanted = list(
        Box.objects.filter(pk__in=list(box_ids), transfer_asked_at__isnull=False).values_list("pk", flat=True)
    )
    Box.objects.filter(pk__in=wanted).update(work_asked_at=timezone.now(), retry_at=None, attempts=0)
    for pk in wanted:
        hand_out_on_commit(sync_box, pk)
