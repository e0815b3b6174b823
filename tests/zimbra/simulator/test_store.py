from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.each import each
from tests.zimbra.simulator.conftest import running
from tests.zimbra.simulator.wire import ADMIN, Wire, calendar, create_contact, event
from zimbra.simulator.server import SimulatorServer
from zimbra.simulator.store import contacts
from zimbra.simulator.store.items import Item

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def _process(data: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "zimbra.simulator", "--port", "0", "--data", str(data)]
    command += ["--admin", ":".join(ADMIN), *more]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"Zimbra simulé à l'écoute sur http://127\.0\.0\.1:(\d+)\n", line)
        assert found, line
        yield process, int(found[1])
    finally:
        process.kill()
        process.communicate()


@pytest.mark.processes
def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    with _process(tmp_path) as (process, port):
        client = Wire(port).sign_in_admin()
        client.create_account("x@ac-reunion.fr")
        client.sign_in("x@ac-reunion.fr")
        stop = threading.Event()
        answered: list[str] = []

        def write() -> None:
            other = Wire(port)
            other.token = client.token
            try:
                while not stop.is_set():
                    answered.append(other.contact(lastName=f"N{len(answered)}"))
            except OSError:
                pass
            finally:
                other.connection.close()

        writer = threading.Thread(target=write)
        writer.start()
        client.import_ics(calendar(event("u", "SUMMARY:Conseil")))
        while len(answered) < 20:
            assert writer.is_alive()
        process.kill()
        process.wait()
        stop.set()
        writer.join()
        client.connection.close()
    with _process(tmp_path) as (process, port):
        again = Wire(port)
        again.token = client.token
        found = {one.get("id") for one in again.mail("<GetContactsRequest/>")}
        assert set(answered) <= found
        # At most the one that was under way when the process died.
        assert len(found) <= len(answered) + 1
        assert again.mail('<GetAppointmentRequest uid="u"/>').find("appt/inv/comp").get("name") == "Conseil"
        assert int(again.contact(lastName="Après")) > max(int(one) for one in found)
        again.connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


@pytest.mark.processes
def test_a_busy_port_is_told_and_ends_with_2(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "zimbra.simulator", "--port", port, "--data", str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert f"Le port {port} est déjà pris" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.processes
def test_a_data_folder_that_is_none_and_bad_options_end_with_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for options in (
        ["--port", "0", "--data", str(tmp_path / "file")],
        ["--port", "99999", "--data", str(tmp_path)],
        ["--port", "0", "--data", str(tmp_path), "--admin", "personne"],
        ["--port", "0", "--data", str(tmp_path), "--default", "couleur=vert"],
    ):
        command = [sys.executable, "-m", "zimbra.simulator", *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_a_restart_keeps_everything_and_the_sessions(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        client = Wire(first.port).sign_in_admin()
        client.create_account("x@ac-reunion.fr")
        client.sign_in("x@ac-reunion.fr").contact(lastName="Hoarau")
        ended = Wire(first.port).sign_in("x@ac-reunion.fr")
        ended.soap('<EndSessionRequest xmlns="urn:zimbraAccount" logoff="1"/>')
        client.connection.close()
        ended.connection.close()
    with running(tmp_path) as second:
        again = Wire(second.port)
        again.token = client.token
        assert again.mail("<GetContactsRequest/>").find("cn").get("fileAsStr") == "Hoarau"
        again.token = ended.token
        status, _, data = again.send("POST", "/service/soap", again.envelope('<NoOpRequest xmlns="urn:zimbraMail"/>'))
        assert (status, b"service.AUTH_EXPIRED" in data) == (500, True)
        again.connection.close()


def test_parallel_writers_lose_nothing_and_share_no_id(simulator: SimulatorServer, agent: Wire) -> None:
    def write(number: int) -> list[str]:
        client = Wire(simulator.port)
        client.token = agent.token
        one = create_contact(lastName=f"N{number}").replace("Request", 'Request xmlns="urn:zimbraMail"', 1)
        batch = f'<BatchRequest xmlns="urn:zimbra">{one * 5}</BatchRequest>'
        ids: list[str] = []
        for _ in range(4):
            ids += [found.get("id") for found in client.soap(batch).iter("cn")]
            ids.append(client.contact(lastName="Seul"))
            client.mail("<GetContactsRequest/>")
        client.connection.close()
        return ids

    with ThreadPoolExecutor(8) as pool:
        made = [one for ids in pool.map(write, range(8)) for one in ids]
    assert len(made) == len(set(made)) == 8 * 4 * 6
    assert {one.get("id") for one in agent.mail("<GetContactsRequest/>")} == set(made)


def test_parallel_first_visits_make_one_mailbox(simulator: SimulatorServer, agent: Wire) -> None:
    def look(_: int) -> str:
        client = Wire(simulator.port)
        client.token = agent.token
        uuid = client.mail("<GetFolderRequest/>").find("folder").get("uuid")
        client.connection.close()
        return uuid

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(look, range(16)))) == 1


@each(
    ("attrs", "members"),
    [
        ({"firstName": "Zoé", "notes": "un\ndeux"}, []),
        ({"notes": "un \x1f séparateur"}, []),
        ({"email": ["a@x.example", "b@x.example"]}, []),
        ({"type": "group", "nickname": "Équipe"}, [("I", "a@x.example")]),
        ({}, []),
    ],
)
def test_stored_contact_is_the_one_given(attrs: dict[str, str | list[str]], members: list[tuple[str, str]]) -> None:
    content = contacts._dump(contacts.Contact(attrs, members))
    item = Item(257, "contact", 7, None, "", "", "", 0, 0, 0, None, None, content)
    loaded = contacts.load(item)
    assert (loaded.attrs, loaded.members) == (attrs, members)
