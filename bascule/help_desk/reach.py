"""Who may do what on a person's page. Asked again by the writers, in their transaction: rights may be gone by then."""

from __future__ import annotations

from accounts.models import Agent
from bascule.help_desk.errors import HasLeft, NotThere, OwnPage


def still_staff(by: Agent) -> Agent:
    """`by` as the directory has it now. Raises NotThere unless of staff, and in it."""
    row = Agent.objects.filter(pk=by.pk, is_staff=True, is_active=True).first()
    if row is None:
        raise NotThere
    return row


def person_for(agent: Agent, *, by: Agent) -> tuple[Agent, Agent]:
    """Whoever of staff acts, and the person it is about, both as they are now.

    Raises NotThere, OwnPage, HasLeft.
    """
    staff = still_staff(by)
    person = Agent.objects.filter(pk=agent.pk).first()
    if person is None:
        raise NotThere
    if person.pk == staff.pk:
        raise OwnPage
    if not person.is_active:
        raise HasLeft
    return staff, person
