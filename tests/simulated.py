"""A simulated Zimbra for tests, as a process of its own, reached like any other: by its address.

with start_simulator(tmp_path) as zimbra:
    address = zimbra.create_account()
    client = zimbra.client(address)
"""

from __future__ import annotations

import json
import os
import re
import secrets
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import urllib3

from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient
from zimbra.errors import NotFound

DOMAIN = "academie.example"
ADMIN_PASSWORD = "admin-of-the-tests"
PASSWORD = "secret-of-the-tests"
PREAUTH_KEY = "0123456789abcdef" * 4
# What the national service gives everybody, where a server nobody has set up is Californian.
DEFAULTS = {"zimbraPrefLocale": "fr", "zimbraPrefTimeZoneId": "Europe/Brussels"}

_ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Server:
    """A Zimbra under test and its administrator. preauth_key "" when unknown; made: accounts created so far."""

    url: str
    admin_url: str
    domain: str
    admin_address: str
    admin_password: str = field(repr=False)
    preauth_key: str = field(repr=False, default="")
    made: list[str] = field(default_factory=list, repr=False)

    def admin(self) -> AdminClient:
        return AdminClient(self.admin_url, self.admin_address, self.admin_password)

    def create_account(self, address: str = "", password: str = PASSWORD, **attributes: str) -> str:
        """Create an account and return its address; without one, an address nobody else has."""
        address = address or f"agent-{secrets.token_hex(6)}@{self.domain}"
        self.made.append(self._maker.create_account(address, password, attributes).id)
        return address

    @cached_property
    def _maker(self) -> AdminClient:
        """Signed in once for all accounts that are made."""
        return self.admin()

    def close(self) -> None:
        """Give connections up."""
        if "_maker" in self.__dict__:
            self._maker.close()

    def client(self, address: str, password: str = PASSWORD) -> ZimbraClient:
        return ZimbraClient.sign_in(self.url, address, password)


@dataclass(kw_only=True)
class Simulated(Server):
    """A running simulator: its process, its ports on this machine, where it keeps its store, and what it printed."""

    process: subprocess.Popen[bytes] = field(repr=False)
    data: Path
    log: Path
    lmtp_port: int
    imap_port: int

    def deliver(self, address: str, raw: bytes, sender: str = "quelqu-un@ailleurs.example") -> None:
        """Deliver a message as a mail server would, filters and all; smtplib.SMTPException when it is refused."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as connection:
            connection.sendmail(sender, [address], raw)

    def disturb(self, **trouble: object) -> None:
        """Switch trouble on (see `zimbra/simulator/disturbances.py`); without arguments switch all of it off."""
        body, method = json.dumps(trouble).encode(), "POST" if trouble else "DELETE"
        urllib3.request(method, f"{self.url}/simulator/faults", body=body, retries=False)

    @contextmanager
    def disturbed(self, **trouble: object) -> Iterator[None]:
        self.disturb(**trouble)
        try:
            yield
        finally:
            self.disturb()


@contextmanager
def real_server() -> Iterator[Server | None]:
    """The real Zimbra named by the environment, None without one; accounts made on it are deleted at the end.

    ZIMBRA_TEST_URL, ZIMBRA_TEST_ADMIN_URL, ZIMBRA_TEST_ADMIN (address:password), and ZIMBRA_TEST_PREAUTH_KEY if the
    administrator's domain has one. Accounts are made in that domain.
    """
    url = os.environ.get("ZIMBRA_TEST_URL")
    if not url:
        yield None
        return
    address, _, password = os.environ["ZIMBRA_TEST_ADMIN"].partition(":")
    key = os.environ.get("ZIMBRA_TEST_PREAUTH_KEY", "")
    domain = address.partition("@")[2]
    server = Server(url, os.environ["ZIMBRA_TEST_ADMIN_URL"], domain, address, password, key)
    try:
        yield server
    finally:
        server.close()
        with server.admin() as admin:
            for account_id in server.made:
                with suppress(NotFound):
                    admin.delete_account(account_id)


@contextmanager
def start_simulator(data: Path, *, port: int = 0, lmtp_port: int = 0, domain: str = DOMAIN) -> Iterator[Simulated]:
    """Start a simulator that keeps its store in `data`, wait until it listens, stop it at the end.

    port, lmtp_port: 0 takes a free one. A second start on the same `data` finds what the first one held.
    RuntimeError: it did not start.
    """
    data.mkdir(parents=True, exist_ok=True)
    log = data / "simulator.log"
    log.write_bytes(b"")
    admin = f"admin@{domain}"
    command = [sys.executable, "-m", "zimbra.simulator", "--port", str(port), "--data", str(data), "--domain", domain]
    command += ["--admin", f"{admin}:{ADMIN_PASSWORD}", "--preauth-key", PREAUTH_KEY]
    command += [word for name, value in DEFAULTS.items() for word in ("--default", f"{name}={value}")]
    command += ["--lmtp-port", str(lmtp_port), "--imap-port", "0"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        url, lmtp_port, imap_port = _announced(process, log)
        running = Simulated(
            url, url, domain, admin, ADMIN_PASSWORD, PREAUTH_KEY,
            process=process, data=data, log=log, lmtp_port=int(lmtp_port), imap_port=int(imap_port),
        )  # fmt: skip
        with closing(running):
            yield running
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_ANNOUNCED = re.compile(
    r"(http://127\.0\.0\.1:\d+)\n.*^LMTP .* 127\.0\.0\.1:(\d+)\n.*^IMAP .* 127\.0\.0\.1:(\d+)\n",
    re.DOTALL | re.MULTILINE,
)


def _announced(process: subprocess.Popen[bytes], log: Path, seconds: float = 30.0) -> tuple[str, str, str]:
    """The address and the ports of LMTP and IMAP that it prints once it listens."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        announced = _ANNOUNCED.search(log.read_text(errors="replace"))
        if announced:
            return announced[1], announced[2], announced[3]
        time.sleep(0.02)
    raise RuntimeError(f"the simulator did not start:\n{log.read_text(errors='replace')[-3000:]}")
