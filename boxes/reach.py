"""Who may see and change what of the boxes. Views ask here; the writers ask again under their lock.

staff        see every box and every census, help with owners, never open mail
owner        manages the delegations, shares, tags and conventions of the box
member       uses it: own identities, own tags, leaves, hides
reader       the same without writing: no identities
head         takes the census of the establishment; becomes an owner of its boxes at the transfer
declared     named owner of a box in the census: takes the census of that box before the transfer
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Agent, Establishment, SearchedQuerySet
from boxes.models import Box, CensusEntry, Delegation, Role


def delegation_of(agent: Agent, box: Box) -> Delegation | None:
    """The active access of `agent` to `box`, None without one."""
    return Delegation.objects.active().filter(box=box, agent=agent).first()


def manages(agent: Agent, box: Box) -> bool:
    """Whether `agent` is an active owner of the box."""
    return Delegation.objects.active().owners().filter(box=box, agent=agent).exists()


def boxes_seen_by(agent: Agent) -> QuerySet[Box]:
    """Boxes whose page `agent` may open: those with an active delegation; staff every box that is shared by now."""
    shared = Box.objects.filter(transfer_asked_at__isnull=False)
    if agent.is_staff:
        return shared
    mine = Delegation.objects.active().filter(box=OuterRef("pk"), agent=agent)
    return shared.filter(Exists(mine))


def is_head_of(agent: Agent, establishment: Establishment) -> bool:
    return agent.function == Agent.Function.HEAD and agent.establishment_id == establishment.pk


def establishments_in_census(agent: Agent) -> SearchedQuerySet:
    """Establishments whose census `agent` may open: staff all, a head the own, a declared owner those of the boxes."""
    if agent.is_staff:
        return Establishment.objects.all()
    declared = CensusEntry.objects.filter(agent=agent, role=Role.OWNER, box__establishment=OuterRef("pk"))
    reach = Q(Exists(declared))
    if agent.function == Agent.Function.HEAD and agent.establishment_id:
        reach |= Q(pk=agent.establishment_id)
    return Establishment.objects.filter(reach)


def boxes_in_census(agent: Agent, establishment: Establishment) -> QuerySet[Box]:
    """Boxes of `establishment` whose census `agent` takes part in: staff and the head all, a declared owner the own."""
    boxes = Box.objects.filter(establishment=establishment)
    if agent.is_staff or is_head_of(agent, establishment):
        return boxes
    return boxes.filter(Exists(CensusEntry.objects.filter(box=OuterRef("pk"), agent=agent, role=Role.OWNER)))
