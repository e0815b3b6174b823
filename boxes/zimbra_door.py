"""How a task reaches the national service: as its administration account, and on behalf of a mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient
from zimbra.transport import HttpTransport, Transport


@dataclass(frozen=True)
class Door:
    """The administration account, signed in, and the way to any mailbox."""

    admin: AdminClient
    transport: Transport

    def mailbox(self, address: str) -> ZimbraClient:
        """A client that acts for the mailbox `address`; nothing to close. Raises any ZimbraError; NotFound: there is
        no such mailbox on the service."""
        return ZimbraClient.on_behalf(settings.ZIMBRA_URL, self.admin, address, transport=self.transport)


@contextmanager
def opened() -> Iterator[Door]:
    """For tasks only: a page never waits for Zimbra."""
    transport = HttpTransport(certificates=settings.ZIMBRA_CA_FILE or None, plain_http=settings.ZIMBRA_PLAIN_HTTP)
    try:
        with AdminClient(
            settings.ZIMBRA_ADMIN_URL,
            settings.ZIMBRA_ADMIN_ADDRESS,
            settings.ZIMBRA_ADMIN_PASSWORD,
            transport=transport,
        ) as admin:
            yield Door(admin, transport)
    finally:
        transport.close()
