"""How a task reaches the national service: as its administration account, and on behalf of a mailbox."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient
from zimbra.session import Token
from zimbra.transport import HttpTransport, Limits, Transport

# Tokens that act as somebody, kept by a worker from one box to the next: people use several boxes, and signing in for
# each would be one request in four.
TOKENS_KEPT = 2000


class Tokens:
    """Tokens by server, administrator and mailbox; as many as `most`, the latest used. Safe to share by threads."""

    def __init__(self, most: int = TOKENS_KEPT, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str, str], tuple[Token, float]] = OrderedDict()

    def find(self, key: tuple[str, str, str]) -> Token | None:
        """The token kept, with what is left of its lifetime; None without one that is good for a while."""
        with self._lock:
            token, until = self._kept.get(key, (None, 0.0))
            left = until - self._clock()
            if token is None or left <= 0:
                self._kept.pop(key, None)
                return None
            self._kept.move_to_end(key)
            return Token(token.value, left)

    def keep(self, key: tuple[str, str, str], token: Token) -> None:
        """One without a lifetime is not kept."""
        with self._lock:
            self._kept.pop(key, None)
            if token.lifetime:
                self._kept[key] = token, self._clock() + token.lifetime
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def drop(self, key: tuple[str, str, str]) -> None:
        with self._lock:
            self._kept.pop(key, None)


tokens = Tokens()


@dataclass(frozen=True)
class Door:
    """The administration account, signed in, and the way to any mailbox."""

    admin: AdminClient
    transport: Transport

    def mailbox(self, address: str) -> ZimbraClient:
        """A client that acts for the mailbox `address`; nothing to close. Raises any ZimbraError; NotFound: there is
        no such mailbox on the service.

        The token may be one of a while ago. Of a mailbox that is gone since only the first request then tells.
        """
        return ZimbraClient.on_behalf(settings.ZIMBRA_URL, _Kept(self.admin), address, transport=self.transport)


class _Kept:
    """Stands before the administrator for one client: the first token may be a kept one, the next are new."""

    def __init__(self, admin: AdminClient) -> None:
        self._admin = admin
        self._asked = False

    def delegate_auth(self, address: str) -> Token:
        key = settings.ZIMBRA_URL, settings.ZIMBRA_ADMIN_ADDRESS, address.casefold()
        if self._asked:
            # The server did not accept the other one any more.
            tokens.drop(key)
        kept = tokens.find(key)
        self._asked = True
        if kept is None:
            kept = self._admin.delegate_auth(address)
            tokens.keep(key, kept)
        return kept


def new_transport(limits: Limits | None = None) -> HttpTransport:
    """A way to the service as it is configured here; whoever asks for it closes it."""
    return HttpTransport(limits, certificates=settings.ZIMBRA_CA_FILE or None, plain_http=settings.ZIMBRA_PLAIN_HTTP)


@contextmanager
def opened(transport: Transport | None = None) -> Iterator[Door]:
    """For tasks only: a page never waits for Zimbra. transport: the way to it, closed with the door."""
    transport = transport or new_transport()
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
