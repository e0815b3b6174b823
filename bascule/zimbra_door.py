"""How a task reaches a person's mailbox: as the administration account, on that person's behalf."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from accounts.models import Agent
from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient
from zimbra.transport import HttpTransport


@contextmanager
def mailbox_of(agent: Agent) -> Iterator[ZimbraClient]:
    """A client signed in for `agent`. For tasks only: a page never waits for Zimbra.

    Raises any ZimbraError; NotFound when the agent has no mailbox on the service.
    """
    transport = HttpTransport(certificates=settings.ZIMBRA_CA_FILE or None, plain_http=settings.ZIMBRA_PLAIN_HTTP)
    try:
        with AdminClient(
            settings.ZIMBRA_ADMIN_URL,
            settings.ZIMBRA_ADMIN_ADDRESS,
            settings.ZIMBRA_ADMIN_PASSWORD,
            transport=transport,
        ) as admin:
            yield ZimbraClient.on_behalf(settings.ZIMBRA_URL, admin, agent.address, transport=transport)
    finally:
        transport.close()
