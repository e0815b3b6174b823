"""How a task reaches a person's mailbox: as the administration account, on that person's behalf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from accounts.models import Agent
from boxes import zimbra_door
from zimbra.client import ZimbraClient


@contextmanager
def mailbox_of(agent: Agent) -> Iterator[ZimbraClient]:
    """A client signed in for `agent`. For tasks only: a page never waits for Zimbra.

    Raises any ZimbraError; NotFound when the agent has no mailbox on the service.
    """
    with zimbra_door.opened() as door:
        yield door.mailbox(agent.address)
