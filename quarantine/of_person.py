"""What the help desk reads of a person here: how many messages are held, and whether the account may send. Never a
subject, never a sender."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts.agent_facts import Fact, Section
from accounts.models import Agent
from quarantine import limits, recipients
from quarantine.models import CompromisedSender, Hold

# More than this is said to be more, not counted.
MOST = 1_000


def of_agent(agent: Agent) -> Section:
    """Held messages of the own address, and the list of compromised accounts; three queries."""
    holds = Hold.objects.held().filter(recipient=recipients.canonical(agent.address)).order_by()
    count = len(holds.values_list("pk", flat=True)[: MOST + 1])
    failed = holds.exclude(trouble="").exists()
    facts = [Fact("Messages retenus", f"plus de {MOST}" if count > MOST else str(count), _quarantine_url(agent))]
    if failed:
        facts.append(Fact("Remise", "un message libéré n’a pas pu être remis", alert=True))
    blocked = CompromisedSender.objects.filter(
        sender=limits.sender_key("", agent.address), released_at__isnull=True
    ).first()
    if blocked is None:
        facts.append(Fact("Envois", "permis : pas sur la liste des comptes compromis"))
    else:
        day = timezone.localtime(blocked.since)
        facts.append(
            Fact("Envois", f"bloqués depuis le {day:%d/%m/%Y} : compte compromis", reverse("compromised"), alert=True)
        )
    return Section("quarantaine", "Quarantaine et envois", tuple(facts))


def _quarantine_url(agent: Agent) -> str:
    return f"{reverse('staff_quarantine')}?{urlencode({'adresse': agent.address})}"
