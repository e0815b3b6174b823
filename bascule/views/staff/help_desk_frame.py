"""What the pages of the help desk stand on. Whoever is not of staff hears that there is no such page."""

from __future__ import annotations

from django.http import Http404
from django.urls import reverse

from accounts.models import Agent
from accounts.requests import AgentRequest
from bascule.help_desk import person


def staff_of(request: AgentRequest) -> Agent:
    """The person who asks. Raises Http404 unless of staff."""
    if not request.user.is_staff:
        raise Http404("staff")
    return request.user


def person_of(agent_id: int) -> Agent:
    """The person of that number, with identity and wave. Raises Http404."""
    agent = person.load(agent_id)
    if agent is None:
        raise Http404("agent")
    return agent


def typed(request: AgentRequest, name: str, *, most: int = 100) -> str:
    """A parameter of the address, bounded. PostgreSQL takes no NUL in a text."""
    return request.GET.get(name, "").replace("\0", " ").strip()[:most]


def sent(request: AgentRequest, name: str, *, most: int) -> str:
    """A field of a form, bounded; one character more tells that it was longer."""
    return request.POST.get(name, "").replace("\0", " ")[: most + 1]


def page_url(agent: Agent) -> str:
    """The page of the person; its top, where what was done is said."""
    return reverse("help_desk_agent", args=[agent.pk])


def below(agent: Agent, title: str) -> dict[str, object]:
    """What every page below that of the person shows of it."""
    return {"title": title, "agent": agent, "parent_label": agent.full_name, "parent_url": page_url(agent)}
