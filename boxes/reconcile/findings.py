"""Differences that wait for a decision: written down as they are seen, settled when they are seen no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Agent
from boxes import reach
from boxes.models import Box, BoxFinding
from boxes.reconcile.comparing import Difference

Kind = BoxFinding.Kind

# What a person has in the own mailbox: nobody else's to see, but for staff (domain, section 5: personal).
PERSONAL = (Kind.MOUNT_MISSING, Kind.IDENTITY_MISSING, Kind.IDENTITY_DIFFERS)


def open_findings(box: Box | None = None) -> QuerySet[BoxFinding]:
    """Those nobody has decided on and that were seen the last time, of `box` or of all."""
    rows = BoxFinding.objects.filter(settled_at__isnull=True)
    return rows if box is None else rows.filter(box=box)


def concerning(agent: Agent, box: Box) -> QuerySet[BoxFinding]:
    """Open findings of `box` that `agent` may see and decide on: staff all; an owner those about access and shares;
    everybody with access what is missing in the own mailbox."""
    rows = open_findings(box)
    if agent.is_staff:
        return rows
    own = Q(kind__in=PERSONAL, grantee=agent.address)
    if reach.manages(agent, box):
        # The folder of a share that somebody lost is the business of who shares it.
        return rows.filter(own | ~Q(kind__in=PERSONAL) | (Q(kind=Kind.MOUNT_MISSING) & ~Q(folder_id="")))
    return rows.filter(own) if reach.delegation_of(agent, box) else rows.none()


def open_count(box: Box, agent: Agent | None = None) -> int:
    """How many findings of `box` wait for a decision; with `agent`, of those that are the person's to see."""
    rows = open_findings(box) if agent is None else concerning(agent, box)
    return rows.filter(restore_asked_at__isnull=True).count()


def write(box: Box, seen: Iterable[Difference], unseen: Collection[str] = ()) -> int:
    """Open what is new, refresh what is still there, settle what is seen no more; gives how many are open then.

    unseen: addresses whose mailbox could not be looked at; what is open about what they have there stays.
    The caller is in the transaction of the comparison, with the row of the box locked.
    """
    now = timezone.now()
    there = {(one.kind, one.grantee, one.folder_id): one for one in open_findings(box)}
    wanted = {one.key: one for one in (_bounded(difference) for difference in seen)}
    BoxFinding.objects.bulk_create(
        BoxFinding(
            box=box, kind=one.kind, grantee=one.grantee, folder_id=one.folder_id, folder_path=one.folder_path,
            expected=one.expected, found=one.found, last_seen_at=now,
        )
        for key, one in wanted.items() if key not in there
    )  # fmt: skip
    changed = []
    for key, row in there.items():
        difference = wanted.get(key)
        if difference is not None:
            row.last_seen_at, row.folder_path = now, difference.folder_path
            row.expected, row.found = difference.expected, difference.found
        elif row.kind in PERSONAL and row.grantee in unseen:
            continue
        else:
            row.settled_at = now
        changed.append(row)
    BoxFinding.objects.bulk_update(
        changed, ["last_seen_at", "folder_path", "expected", "found", "settled_at"], batch_size=200
    )
    return open_findings(box).count()


def _bounded(one: Difference) -> Difference:
    """As the columns take it."""
    return Difference(
        one.kind, one.grantee[:254], one.folder_id[:60], one.folder_path[:255], one.expected[:200], one.found[:200]
    )
