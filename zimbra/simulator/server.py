"""The simulated server as a whole: store opened, first accounts made, socket bound, threads running."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from zimbra.simulator.app import Application
from zimbra.simulator.call import Service
from zimbra.simulator.disturbances import Disturbances
from zimbra.simulator.http import MAX_BODY
from zimbra.simulator.store import accounts
from zimbra.simulator.store.database import Database

THREADS = 8


class PortBusy(Exception):
    """Another process listens on the port."""


class SimulatorServer:
    """`run` blocks until `stop`, called from another thread, or SystemExit or KeyboardInterrupt in its own."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        data: Path,
        domains: Sequence[str] = ("ac-reunion.fr",),
        admin: tuple[str, str] | None = None,
        preauth_key: str = "",
    ) -> None:
        """`port` 0 takes a free one (see `self.port`); PortBusy when taken. `admin`: address and password of an
        administrator to create, or whose password to renew."""
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self.disturbances = Disturbances()
        try:
            self.database = Database(data)
            _prepare(self.database, domains, admin, preauth_key)
        except BaseException:
            self._socket.close()
            raise
        service = Service(self.database, domains[0], self.disturbances)
        self._stopping = threading.Event()
        self._map: dict[int, Any] = {}
        self._server: Any = create_server(
            Application(service),
            map=self._map,
            sockets=[self._socket],
            threads=THREADS,
            ident=None,
            max_request_body_size=MAX_BODY,
            # A batch is half a megabyte: read in a few pieces, not in eighty.
            recv_bytes=256 * 1024,
            inbuf_overflow=4 * 1024 * 1024,
            channel_timeout=300,
            connection_limit=500,
        )

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                wasyncore.loop(timeout=1.0, use_poll=True, map=self._map, count=1)
        except (SystemExit, KeyboardInterrupt):
            self._stopping.set()
        finally:
            self._close()

    def stop(self) -> None:
        """End `run`, from any thread; requests being answered are finished."""
        self._stopping.set()
        self.disturbances.stop()
        with contextlib.suppress(OSError):  # the loop may have ended, and its trigger with it, in the meantime
            self._server.pull_trigger()

    def _close(self) -> None:
        self.disturbances.stop()
        self._server.task_dispatcher.shutdown(timeout=5)
        wasyncore.close_all(self._map)
        self.database.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(256)
    except OSError as error:
        listening.close()
        raise PortBusy(f"{host}:{port}: {error.strerror}") from error
    return listening


def _prepare(database: Database, domains: Sequence[str], admin: tuple[str, str] | None, preauth_key: str) -> None:
    with database.transaction(write=True) as db:
        wanted = list(domains)
        if admin is not None:
            wanted.append(admin[0].rpartition("@")[2])
        for name in wanted:
            if accounts.domain(db, "name", name) is None:
                accounts.create_domain(db, name, {})
            if preauth_key:
                accounts.set_domain_attribute(db, name, "zimbraPreAuthKey", preauth_key)
        if admin is not None:
            address, password = admin
            account = accounts.by_name(db, address)
            if account is None:
                account = accounts.create(db, address, accounts.hash_password(password), {})
            elif not accounts.password_matches(account, password):
                accounts.set_password(db, account, accounts.hash_password(password))
            accounts.modify(db, account, {"zimbraIsAdminAccount": ["TRUE"]})
