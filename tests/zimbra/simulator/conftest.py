from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulated import DEFAULTS
from tests.zimbra.simulator.mail_clients import SENDER, deliver, letter
from tests.zimbra.simulator.people import Person
from tests.zimbra.simulator.wire import ADMIN, Wire
from zimbra.simulator.server import SimulatorServer

PREAUTH_KEY = "0123456789abcdef0123456789abcdef"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorServer]:
    """One simulator for the session; each test has accounts of its own."""
    with running(tmp_path_factory.mktemp("simulator")) as server:
        yield server


class running:
    """A simulator in a thread, on free ports."""

    def __init__(self, data: Path, **more: Any) -> None:
        options: dict[str, Any] = {"admin": ADMIN, "preauth_key": PREAUTH_KEY, "defaults": DEFAULTS}
        self.server = SimulatorServer(
            host="127.0.0.1", port=0, data=data, lmtp_port=0, imap_port=0, **{**options, **more}
        )
        self.thread = threading.Thread(target=self.server.run)

    def __enter__(self) -> SimulatorServer:
        self.thread.start()
        return self.server

    def __exit__(self, *exc: object) -> None:
        self.server.stop()
        self.thread.join(timeout=20)


@pytest.fixture
def own_simulator(tmp_path: Path) -> Iterator[SimulatorServer]:
    """A simulator of this test alone, for what would disturb the others."""
    with running(tmp_path / "data") as server:
        yield server


@pytest.fixture
def wire(simulator: SimulatorServer) -> Iterator[Wire]:
    """A connection nobody has signed in on."""
    client = Wire(simulator.port)
    yield client
    client.connection.close()


@pytest.fixture(scope="session")
def admin_token(simulator: SimulatorServer) -> str:
    client = Wire(simulator.port).sign_in_admin()
    client.connection.close()
    return client.token


@pytest.fixture
def admin(simulator: SimulatorServer, admin_token: str) -> Iterator[Wire]:
    client = Wire(simulator.port)
    client.token = admin_token
    yield client
    client.connection.close()


@pytest.fixture
def address(admin: Wire) -> str:
    """The address of a new account."""
    name = f"agent{next(_numbers)}@ac-reunion.fr"
    admin.create_account(name)
    return name


@pytest.fixture
def agent(simulator: SimulatorServer, address: str) -> Iterator[Wire]:
    """A connection signed in as that account."""
    client = Wire(simulator.port).sign_in(address)
    yield client
    client.connection.close()


@pytest.fixture
def person(simulator: SimulatorServer, admin: Wire) -> Iterator[Callable[..., Person]]:
    """Makes people: each call a new account, signed in; attributes of the account may be given."""
    made: list[Person] = []

    def make(domain: str = "ac-reunion.fr", **attrs: str) -> Person:
        address = f"agent{next(_numbers)}@{domain}"
        account_id = admin.create_account(address, **attrs)
        made.append(Person(Wire(simulator.port).sign_in(address), address, account_id))
        return made[-1]

    yield make
    for one in made:
        one.wire.connection.close()


@pytest.fixture
def owner(person: Callable[..., Person]) -> Person:
    return person()


@pytest.fixture
def member(person: Callable[..., Person]) -> Person:
    return person()


@pytest.fixture
def arrive(simulator: SimulatorServer, address: str) -> Callable[..., None]:
    """Hand a message for the agent in; fields by keyword."""

    def do(subject: str = "Bonjour", body: str = "Texte", *, sender: str = SENDER, **fields: str) -> None:
        deliver(simulator, address, letter(subject, body, **{"to": address, **fields}), sender)

    return do


@pytest.fixture
def other(simulator: SimulatorServer, admin: Wire, address: str) -> Iterator[Wire]:
    """Another account, signed in; its address is that of the agent with "autre." before it."""
    admin.create_account(f"autre.{address}")
    client = Wire(simulator.port).sign_in(f"autre.{address}")
    yield client
    client.connection.close()
