"""What every change by an owner begins with, whatever of the box it is about."""

from __future__ import annotations

from accounts.models import Agent
from boxes import reach
from boxes.delegations import NotOwner, NotShared
from boxes.models import Box


def locked_for(box: Box, by: Agent, *, or_staff: bool = False) -> Box:
    """The box, locked until the end of the transaction, for `by` who manages it under that lock.

    or_staff: staff may as well, which is so where a finding is decided on (`boxes.reconcile`).
    Raises NotShared before its transfer, NotOwner for whoever does not manage it (any more).
    """
    found = Box.objects.select_for_update().get(pk=box.pk)
    if not found.is_shared:
        raise NotShared
    if not by.is_active or not (reach.manages(by, found) or (or_staff and by.is_staff)):
        raise NotOwner
    return found
