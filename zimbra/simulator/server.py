"""The simulated server as a whole: store opened, first accounts made, socket bound, threads running."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.utilities import BadRequest

from zimbra.simulator import lmtp
from zimbra.simulator.app import Application
from zimbra.simulator.call import Service
from zimbra.simulator.disturbances import Disturbances
from zimbra.simulator.http import MAX_BODY
from zimbra.simulator.imap import listener as imap
from zimbra.simulator.listeners import GRACE, Listeners, listen
from zimbra.simulator.store import accounts, classes
from zimbra.simulator.store import domains as mail_domains
from zimbra.simulator.store.database import Database
from zimbra.simulator.store.defaults import DEFAULT_CLASS_ID
from zimbra.simulator.store.hashing import hash_password

THREADS = 8


class _Parser(HTTPRequestParser):
    """What waitress does not foresee in a request's head is a bad request too, not a connection cut."""

    def received(self, data: bytes) -> int:
        try:
            return int(super().received(data))
        except ValueError:
            self.error = BadRequest("malformed request")
            self.completed = True
            return len(data)


class _Channel(HTTPChannel):
    parser_class = _Parser


class PortBusy(Exception):
    """Another process listens on `port`."""

    def __init__(self, message: str, port: int) -> None:
        super().__init__(message)
        self.port = port


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
        defaults: Mapping[str, str] | None = None,
        lmtp_port: int | None = None,
        imap_port: int | None = None,
    ) -> None:
        """Port 0 takes a free one (see `self.port`, `lmtp_port`, `imap_port`), None does not listen; PortBusy when
        taken. `admin`: address and password of an administrator to create, or whose password to renew. `defaults`:
        attributes of the default class of service, which every account inherits."""
        with contextlib.ExitStack() as undo:
            self._socket = undo.enter_context(_listen(host, port))
            self.port: int = self._socket.getsockname()[1]
            self.host = f"[{host}]" if ":" in host else host
            self.url = f"http://{self.host}:{self.port}"
            beside = {
                name: undo.enter_context(_listen(host, wanted))
                for name, wanted in (("lmtp", lmtp_port), ("imap", imap_port))
                if wanted is not None
            }
            self.disturbances = Disturbances()
            self.database = Database(data)
            undo.callback(self.database.close)
            _prepare(self.database, domains, admin, preauth_key, defaults or {})
            undo.pop_all()
        service = Service(self.database, domains[0], self.disturbances)
        self._listeners = Listeners()
        self.lmtp_port = self.imap_port = 0
        if "lmtp" in beside:
            self.lmtp_port = beside["lmtp"].getsockname()[1]
            self._listeners.add(lmtp.starter(service), beside["lmtp"])
        if "imap" in beside:
            self.imap_port = beside["imap"].getsockname()[1]
            self._listeners.add(imap.starter(service), beside["imap"])
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
        self._server.channel_class = _Channel
        self._listeners.start()

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                wasyncore.loop(timeout=1.0, use_poll=True, map=self._map, count=1)
        except (SystemExit, KeyboardInterrupt):
            self._stopping.set()
        finally:
            self._close()

    def note_stop(self) -> None:
        """End `run` with its next turn, within a second; safe in the handler of a signal."""
        self._stopping.set()

    def stop(self) -> None:
        """End `run`, from any thread; requests being answered are finished."""
        self._stopping.set()
        self.disturbances.stop()
        with contextlib.suppress(OSError):  # the loop may have ended, and its trigger with it, in the meantime
            self._server.pull_trigger()

    def _close(self) -> None:
        self.disturbances.stop()
        self._finish()
        self._server.task_dispatcher.shutdown(timeout=5)
        wasyncore.close_all(self._map)
        self._listeners.stop()
        self.database.close()

    def _finish(self) -> None:
        """Answer the requests that have come in, take no more, and close each connection once it is answered."""
        self._server.accepting = False
        until = time.monotonic() + GRACE
        while self._server.active_channels and time.monotonic() < until:
            for channel in list(self._server.active_channels.values()):
                if not channel.requests and not channel.total_outbufs_len:
                    channel.handle_close()
            wasyncore.loop(timeout=0.02, use_poll=True, map=self._map, count=1)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        raise PortBusy(f"{host}:{port}: {error.strerror}", port) from error


def _prepare(
    database: Database,
    domains: Sequence[str],
    admin: tuple[str, str] | None,
    preauth_key: str,
    defaults: Mapping[str, str],
) -> None:
    with database.transaction(write=True) as db:
        if defaults:
            everybody = classes.get(db, "id", DEFAULT_CLASS_ID)
            classes.modify(db, everybody, {name: [value] for name, value in defaults.items()})
        wanted = list(domains)
        if admin is not None:
            wanted.append(admin[0].rpartition("@")[2])
        for name in wanted:
            found = mail_domains.domain(db, "name", name) or mail_domains.create_domain(db, name, {})
            if preauth_key:
                mail_domains.modify_domain(db, found, {"zimbraPreAuthKey": [preauth_key]})
        if admin is not None:
            address, password = admin
            account = accounts.by_name(db, address)
            if account is None:
                account = accounts.create(db, address, hash_password(password), {})
            elif not accounts.password_matches(account, password):
                accounts.set_password(db, account, hash_password(password))
            accounts.modify(db, account, {"zimbraIsAdminAccount": ["TRUE"]})
