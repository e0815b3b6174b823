"""A whole connection test, line after line. No Django: what it needs is handed in."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from bascule.devices.connection import imap, network, smtp, sync
from bascule.devices.connection.faults import REFUSALS, Fault
from bascule.devices.connection.lines import CHECKS, SIGN_INS, Line, Outcome

# What is worth a look, and stops nothing.
_WARNINGS = frozenset(
    {"port.deaf", "certificate.soon", "capabilities.few", "quota.nearly", "folders.missing", "subscriptions.some"}
)
# What is wrong with the mailbox, and not with the connection: the checks after it still make sense.
_GOES_ON = _WARNINGS | {"quota.full"}
_SOON_DAYS = 14

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Servers:
    """Where to connect to, never typed by a person. authorities: PEM file or "". seconds: for each step. own_name: how
    the portal calls itself."""

    imap: tuple[str, int]
    smtp: tuple[str, int]
    sync: tuple[str, int]
    authorities: str = ""
    seconds: float = 10.0
    own_name: str = "portail"


class Trial:
    """One run through all checks, in the order of `CHECKS`."""

    def __init__(self, servers: Servers, address: str, password: str) -> None:
        self._servers, self._address, self._password = servers, address, password
        self._trusting = network.context(servers.authorities)
        # Whether the password was accepted by some server, or refused by one.
        self._was_accepted = self._was_refused = False
        self._addresses: list[network.Address] = []
        self._connected: network.Connected | None = None
        self._sock: ssl.SSLSocket | None = None
        self._talk: Any = None

    def lines(self) -> Iterator[Line]:
        """One for each check, as soon as it is made."""
        server, is_over = "", False
        try:
            for check in CHECKS:
                if check.server != server:
                    self._close()
                    server, is_over = check.server, False
                if is_over:
                    yield Line(check.code, Outcome.SKIPPED, "skipped.before")
                    continue
                if self._was_refused and check.code in SIGN_INS:
                    is_over = check.server != "sync"
                    yield Line(check.code, Outcome.SKIPPED, "skipped.refused")
                    continue
                line = self._tried(check.code)
                # The services for telephones do not depend on one another.
                is_alone = check.server == "sync" and check.code in SIGN_INS
                is_over = line.outcome is Outcome.FAILED and line.cause not in _GOES_ON and not is_alone
                yield line
        finally:
            self._close()

    def _tried(self, code: str) -> Line:
        server, _, what = code.partition(".")
        steps: dict[str, Callable[[], Facts]] = {
            "name": partial(self._find, server),
            "port": partial(self._reach, server),
            "tls": partial(self._encrypt, server),
            "greeting": partial(self._greet, server),
            "sign_in": self._sign_in,
            "activesync": partial(self._ask_sync, sync.ask_activesync),
            "caldav": partial(self._ask_sync, partial(_folder, "Calendar")),
            "carddav": partial(self._ask_sync, partial(_folder, "Contacts")),
        }
        step = steps.get(what) or getattr(self._talk, what)
        began = time.monotonic()
        try:
            values, cause, outcome = step(), "", Outcome.OK
        except Fault as fault:
            cause, values = self._meant(code, fault.code), fault.values
            outcome = Outcome.WARNING if cause in _WARNINGS else Outcome.FAILED
            self._was_refused = self._was_refused or cause in REFUSALS
        else:
            self._was_accepted = self._was_accepted or code in SIGN_INS
        return Line(code, outcome, cause, values, round((time.monotonic() - began) * 1000))

    def _meant(self, check: str, cause: str) -> str:
        """A password that one server has just accepted is not wrong when another refuses it."""
        if self._was_accepted and cause in {"sign_in.refused", "sign_in.account_password"}:
            return "sync.refused" if check.startswith("sync") else "sign_in.only_imap"
        return cause

    def _place(self, server: str) -> tuple[str, int]:
        place: tuple[str, int] = getattr(self._servers, server)
        return place

    def _find(self, server: str) -> Facts:
        host, port = self._place(server)
        self._addresses = network.resolve(host, port)
        return {"host": host, "addresses": list(dict.fromkeys(one.text for one in self._addresses))}

    def _reach(self, server: str) -> Facts:
        _, port = self._place(server)
        self._connected = network.connect(self._addresses, port=port, seconds=self._servers.seconds)
        if self._connected.deaf:
            raise Fault("port.deaf", port=port, deaf=list(self._connected.deaf))
        return {"port": port}

    def _encrypt(self, server: str) -> Facts:
        host, port = self._place(server)
        assert self._connected is not None
        self._sock = self._secured(self._connected, host, port)
        facts = network.facts(self._sock)
        if facts.get("days", _SOON_DAYS) < _SOON_DAYS:
            raise Fault("certificate.soon", **facts)
        return facts

    def _greet(self, server: str) -> Facts:
        assert self._sock is not None
        if server == "imap":
            self._talk = imap.Conversation(self._sock, self._servers.seconds)
            return {}
        self._talk = smtp.Conversation(self._sock, self._servers.own_name, self._servers.seconds)
        facts: Facts = self._talk.facts()
        return facts

    def _sign_in(self) -> Facts:
        facts: Facts = self._talk.sign_in(self._address, self._password)
        return facts

    def _ask_sync(self, ask: Callable[[ssl.SSLSocket, str, str, str], Facts]) -> Facts:
        """The first question goes over the connection that was tried, the others over one of their own."""
        host, port = self._place("sync")
        sock, self._sock = self._sock, None
        if sock is None:
            connected = network.connect(self._addresses, port=port, seconds=self._servers.seconds)
            sock = self._secured(connected, host, port)
        name = host if port == 443 else f"{host}:{port}"
        return ask(sock, name, self._address, self._password)

    def _secured(self, connected: network.Connected, host: str, port: int) -> ssl.SSLSocket:
        return network.secure(connected, host, trusting=self._trusting, port=port, seconds=self._servers.seconds)

    def _close(self) -> None:
        if self._talk is not None:
            self._talk.close()
        for sock in (self._sock, self._connected.sock if self._connected else None):
            if sock is not None:
                sock.close()
        self._talk = self._sock = self._connected = None


def _folder(folder: str, sock: ssl.SSLSocket, host: str, address: str, password: str) -> Facts:
    return sync.ask_folder(sock, host, folder, address, password)
