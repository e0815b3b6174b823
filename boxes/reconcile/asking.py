"""Which boxes are to be compared with Zimbra, marked on their rows; the queue only hints."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import claims
from accounts.handing_out import hand_out_on_commit
from boxes.models import Box, BoxCheck

# Boxes handed out anew at a time, and how long a message may be under way before it counts as lost.
PORTION = 50
PATIENCE = timedelta(minutes=10)


def ask(box: Box) -> None:
    """Have `box` compared with Zimbra as soon as somebody is free. Before its transfer there is nothing to compare."""
    from boxes.tasks import check_box

    if not box.is_shared:
        return
    with transaction.atomic():
        BoxCheck.objects.get_or_create(box=box)
        BoxCheck.objects.filter(box=box).update(asked_at=timezone.now(), retry_at=None, attempts=0)
        hand_out_on_commit(check_box, box.pk)


def ask_all() -> list[int]:
    """Mark every box that stands in Zimbra; gives their ids, for the caller to hand out."""
    boxes = list(Box.objects.filter(transferred_at__isnull=False).order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        BoxCheck.objects.bulk_create((BoxCheck(box_id=pk) for pk in boxes), ignore_conflicts=True, batch_size=500)
        rows = BoxCheck.objects.filter(box__transferred_at__isnull=False)
        rows.update(asked_at=timezone.now(), retry_at=None, attempts=0)
    return boxes


def waiting() -> list[int]:
    """Boxes that were asked for and nobody alive is at: their message was lost, or their pause is over."""
    now = timezone.now()
    rows = BoxCheck.objects.filter(asked_at__isnull=False).filter(
        Q(retry_at__lte=now) | Q(retry_at__isnull=True, asked_at__lt=now - PATIENCE)
    )
    some = list(rows.order_by("asked_at").values_list("box_id", flat=True)[:PORTION])
    return claims.without_live_holder(Box.objects.filter(pk__in=some))
