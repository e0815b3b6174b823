"""Who of staff opened whose page: a line of the journal for each staff, person and day, and the list of recent ones."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.models import Agent
from bascule.models import SupportVisit

RECENT = 12


@transaction.atomic
def note(*, agent: Agent, by: Agent) -> None:
    """`by` opens the page of `agent`. Whoever opens the own page leaves no trace."""
    if agent.pk == by.pk:
        return
    now, today = timezone.now(), timezone.localdate()
    row, made = SupportVisit.objects.get_or_create(
        by=by, agent=agent, defaults={"opened_at": now, "journalled_on": today}
    )
    visit = SupportVisit.objects.filter(pk=row.pk)
    # One of two at once changes the day; the other finds it changed.
    is_first = made or (
        row.journalled_on != today and bool(visit.exclude(journalled_on=today).update(journalled_on=today))
    )
    if not made:
        visit.update(opened_at=now)
    if is_first:
        journal.record("help.opened", by=by, subject=agent, target=f"agent:{agent.pk}", name=agent.full_name)


def recent(by: Agent) -> list[Agent]:
    """People whose page `by` opened last, the latest first."""
    rows = SupportVisit.objects.filter(by=by).select_related("agent__establishment", "agent__population")
    return [row.agent for row in rows.order_by("-opened_at")[:RECENT]]
