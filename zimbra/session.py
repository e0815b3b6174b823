"""Signing in, and staying signed in.

A `Session` keeps one token and knows how to get the next. Four ways to get one: a password, the domain's preauth
key, the administrator's right to act for somebody, an administrator's password.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from zimbra import soap
from zimbra.errors import Garbled, NotAllowed
from zimbra.transport import Transport
from zimbra.wire import post

# A token this near its end is not used for a request that may take a while.
MARGIN_SECONDS = 60.0

# A refused sign-in is not tried again for so long: Zimbra may lock an account after ten wrong passwords in an hour
# (zimbraPasswordLockoutMaxFailures, zimbraPasswordLockoutFailureLifetime), and sixteen threads are soon there.
REFUSED_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Token:
    """value: opaque; lifetime: seconds it is good for, 0 when the server did not say."""

    value: str = field(repr=False)
    lifetime: float = 0.0


class Session:
    """One token for any number of threads, renewed when it ends or when the server says it has ended."""

    def __init__(self, obtain: Callable[[], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._obtain = obtain
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._good_until = 0.0
        self._refused = ""
        self._refused_until = 0.0

    def token(self) -> str:
        """The current token, a new one if there is none or it is about to end. Errors of signing in pass through.

        A refusal (NotAllowed) is told again for a while without asking again.
        """
        with self._lock:
            if not self._value or self._clock() >= self._good_until:
                self._renew()
            return self._value

    def renew(self, ended: str) -> str:
        """A token other than `ended`, which the server no longer accepts. Threads that meet share one sign-in."""
        with self._lock:
            if self._value in {ended, ""}:
                self._renew()
            return self._value

    def forget(self) -> str:
        """Give the current token up and return it, "" when there is none. The next request signs in anew."""
        with self._lock:
            value, self._value = self._value, ""
            return value

    def _renew(self) -> None:
        if self._refused and self._clock() < self._refused_until:
            raise NotAllowed(self._refused)
        self._refused = ""
        try:
            token = self._obtain()
        except NotAllowed as error:
            self._refused, self._refused_until = error.code, self._clock() + REFUSED_SECONDS
            raise
        self._value = token.value
        lasting = token.lifetime - min(MARGIN_SECONDS, token.lifetime / 10) if token.lifetime else float("inf")
        self._good_until = self._clock() + lasting


def by_password(transport: Transport, soap_url: str, address: str, password: str) -> Token:
    """NotAllowed: wrong password or unknown account (Zimbra tells nobody which), or an account that is closed."""
    return _sign_in(transport, soap_url, address, f"<password>{soap.text(password)}</password>")


def by_preauth(transport: Transport, soap_url: str, address: str, key: str, now: float) -> Token:
    """Sign-in with the domain's preauth key; `now` in seconds since 1970, which must agree with the server's clock."""
    stamp = str(int(now * 1000))
    signature = hmac.new(key.encode(), f"{address}|name|0|{stamp}".encode(), hashlib.sha1).hexdigest()
    return _sign_in(transport, soap_url, address, f'<preauth timestamp="{stamp}" expires="0">{signature}</preauth>')


def by_admin_password(transport: Transport, soap_url: str, address: str, password: str) -> Token:
    """Sign-in of an administrator on the administration service."""
    inner = f"<name>{soap.text(address)}</name><password>{soap.text(password)}</password>"
    return read_token(post(transport, soap_url, soap.request("AuthRequest", soap.ADMIN, inner), repeatable=True))


def base_url(url: str) -> str:
    """Scheme, host and port of a service given by any of its addresses (with or without the SOAP path).

    ValueError: not an http or https address, or one that holds more than that (a name, a password, a query).
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("the address of a Zimbra service starts with https:// (or http://)")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("the address of a Zimbra service, https://..., holds neither a name, nor a query")
    path = parts.path.rstrip("/").removesuffix("/service/soap").removesuffix("/service/admin/soap").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _sign_in(transport: Transport, soap_url: str, address: str, proof: str) -> Token:
    inner = f'<account by="name">{soap.text(address)}</account>{proof}'
    answer = post(transport, soap_url, soap.request("AuthRequest", soap.ACCOUNT, inner), repeatable=True)
    if soap.child_text(answer, "twoFactorAuthRequired") in {"1", "true"}:
        # The token given with this answer opens nothing.
        raise NotAllowed("account.TWO_FACTOR_AUTH_REQUIRED")
    return read_token(answer)


def read_token(answer: soap.Element) -> Token:
    """The token in the answer to AuthRequest or DelegateAuthRequest."""
    value = soap.child_text(answer, "authToken")
    if not value or not (value.isascii() and value.isprintable()):
        raise Garbled("no token")
    return Token(value, soap.number(soap.child_text(answer, "lifetime")) / 1000)
