"""A simulated Zimbra for tests, as a process of its own, reached like any other: by its address.

with start_simulator(tmp_path) as zimbra:
    zimbra.create_account("jean@academie.example")
    client = zimbra.client("jean@academie.example")
"""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from zimbra.admin import AdminClient
from zimbra.client import ZimbraClient

DOMAIN = "academie.example"
ADMIN = f"admin@{DOMAIN}"
ADMIN_PASSWORD = "admin-of-the-tests"
PASSWORD = "secret-of-the-tests"

_ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Simulated:
    """A running simulator. url is its user service, admin_url its administration, log what the process printed."""

    url: str
    data: Path
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    domain: str = DOMAIN
    admin_address: str = ADMIN
    admin_password: str = ADMIN_PASSWORD
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    @property
    def admin_url(self) -> str:
        return self.url

    def admin(self) -> AdminClient:
        return AdminClient(self.admin_url, self.admin_address, self.admin_password)

    def create_account(self, address: str = "", password: str = PASSWORD, **attributes: str) -> str:
        """Create an account and return its address; without one, an address nobody else has."""
        address = address or f"agent{next(self._numbers)}-{os.getpid()}@{self.domain}"
        with self.admin() as admin:
            admin.create_account(address, password, attributes)
        return address

    def client(self, address: str, password: str = PASSWORD) -> ZimbraClient:
        return ZimbraClient.sign_in(self.url, address, password)


@contextmanager
def start_simulator(data: Path, *, port: int = 0, domain: str = DOMAIN) -> Iterator[Simulated]:
    """Start a simulator that keeps its store in `data`, wait until it answers, stop it at the end.

    A second start on the same `data` finds what the first one held. RuntimeError: it did not start.
    """
    data.mkdir(parents=True, exist_ok=True)
    port = port or _free_port()
    log = data / "simulator.log"
    command = [sys.executable, "-m", "zimbra.simulator", "--port", str(port), "--data", str(data), "--domain", domain]
    command += ["--admin", f"admin@{domain}:{ADMIN_PASSWORD}"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    simulated = Simulated(f"http://127.0.0.1:{port}", data, log, process, domain, f"admin@{domain}")
    try:
        _wait_until_it_answers(simulated)
        yield simulated
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _wait_until_it_answers(simulated: Simulated, seconds: float = 30.0) -> None:
    address = urlsplit(simulated.url)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if simulated.process.poll() is not None:
            break
        try:
            socket.create_connection((address.hostname, address.port), timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the simulator did not start:\n{simulated.log.read_text(errors='replace')[-3000:]}")
