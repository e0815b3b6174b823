"""The process as a whole: its options, what it prints, how it stops, how it bears bad and many clients."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.each import each
from tests.zimbra.simulator.conftest import running
from tests.zimbra.simulator.mail_clients import deliver, letter, line, mail_program
from tests.zimbra.simulator.wire import Wire
from zimbra.simulator.server import PortBusy, SimulatorServer

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def _process(data: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "zimbra.simulator", "--data", str(data), "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _next(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_each_listener_is_announced_on_a_line_of_its_own(tmp_path: Path) -> None:
    with _process(tmp_path, "--lmtp-port", "0", "--imap-port", "0") as process:
        assert re.fullmatch(r"Zimbra simulé à l'écoute sur http://127\.0\.0\.1:\d+\n", _next(process))
        lmtp = re.fullmatch(r"LMTP à l'écoute sur 127\.0\.0\.1:(\d+)\n", _next(process))
        imap = re.fullmatch(r"IMAP à l'écoute sur 127\.0\.0\.1:(\d+)\n", _next(process))
        assert lmtp is not None
        assert imap is not None
        with line(int(lmtp[1])) as client:
            assert client.greeting.startswith(b"220")
        with line(int(imap[1])) as client:
            assert client.greeting.startswith(b"* OK")


def test_without_their_options_mail_ports_are_closed(tmp_path: Path) -> None:
    with _process(tmp_path) as process:
        assert "http://" in _next(process)
        process.send_signal(signal.SIGTERM)
        rest, complaints = process.communicate(timeout=20)
        assert (rest, complaints, process.returncode) == ("", "", 0)


@pytest.mark.parametrize("option", ["--lmtp-port", "--imap-port"])
def test_a_port_that_is_taken_is_told_with_the_option_to_change(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with _process(tmp_path, option, port) as process:
            printed, complaints = process.communicate(timeout=20)
            assert process.returncode == 2
            assert printed == ""
            assert f"Le port {port} est déjà pris" in complaints
            assert f"Choisissez-en un autre avec {option}." in complaints


def test_a_port_taken_leaves_nothing_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as probe:
            free = probe.getsockname()[1]
        with pytest.raises(PortBusy) as busy:
            SimulatorServer(host="127.0.0.1", port=free, data=tmp_path, imap_port=port)
        assert busy.value.port == port
        socket.create_server(("127.0.0.1", free)).close()


def test_a_signal_stops_all_listeners_with_clients_on_them(tmp_path: Path) -> None:
    with _process(tmp_path, "--lmtp-port", "0", "--imap-port", "0") as process:
        ports = [int(_next(process).rpartition(":")[2]) for _ in range(3)]
        with line(ports[1]) as lmtp, line(ports[2]) as imap, socket.create_connection(("127.0.0.1", ports[0])) as web:
            lmtp.send(b"LHLO x\r\nMAIL FROM:<a@b.fr>\r\n")
            web.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
            assert lmtp.is_closed()
            assert imap.is_closed()
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_request_under_way_is_answered_when_the_server_stops(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        client = Wire(server.port)
        client.faults({"mode": "slow", "delay": 0.5})
        answered: list[int] = []
        thread = threading.Thread(target=lambda: answered.append(client.send("POST", "/service/soap", "<x/>")[0]))
        thread.start()
        while server.disturbances.show()["requests"] == 0:
            time.sleep(0.01)
        server.stop()
        thread.join(timeout=20)
        client.connection.close()
        assert answered == [500]


def test_what_was_delivered_is_there_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        admin = Wire(server.port).sign_in_admin()
        admin.create_account("marie@ac-reunion.fr")
        admin.connection.close()
        deliver(server, "marie@ac-reunion.fr", letter())
        with mail_program(server, "marie@ac-reunion.fr") as client:
            validity = client.select_folder("INBOX")[b"UIDVALIDITY"]
            uids = client.search()
            client.add_flags(uids, ["\\Flagged"])
    with running(tmp_path / "data") as server, mail_program(server, "marie@ac-reunion.fr") as client:
        found = client.select_folder("INBOX")
        assert (found[b"UIDVALIDITY"], client.search("FLAGGED")) == (validity, uids)
        assert found[b"RECENT"] == 0


def test_a_body_over_the_limit_is_refused_before_it_is_read(simulator: SimulatorServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=20)
    connection.putrequest("POST", "/service/soap")
    connection.putheader("Content-Length", str(10**10))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


@each(
    "sent",
    [
        b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"POST /service/soap HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /service/soap HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\n\r\n",
        b"POST /service/soap HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_is_a_bad_request(simulator: SimulatorServer, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=20) as client:
        client.sendall(sent)
        assert client.recv(100)[:12] in (b"HTTP/1.0 400", b"HTTP/1.1 400")


def test_slow_clients_keep_nobody_waiting(simulator: SimulatorServer, agent: Wire) -> None:
    slow = [socket.create_connection(("127.0.0.1", simulator.port)) for _ in range(30)]
    try:
        for client in slow:
            client.sendall(b"POST /service/soap HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<half")
        assert agent.mail("<NoOpRequest/>") is not None
    finally:
        for client in slow:
            client.close()


def test_many_clients_at_once_are_all_answered(simulator: SimulatorServer, address: str) -> None:
    failures: list[object] = []

    def work(number: int) -> None:
        client = Wire(simulator.port).sign_in(address)
        try:
            for at in range(10):
                client.contact(lastName=f"{number}-{at}")
                client.mail("<GetFolderRequest/>")
        except Exception as error:
            failures.append(error)
        finally:
            client.connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = Wire(simulator.port).sign_in(address)
    assert len(found.mail('<GetContactsRequest l="7"/>').findall("cn")) == 160
    found.connection.close()


def test_accounts_have_what_the_options_say_over_what_a_fresh_server_gives(tmp_path: Path) -> None:
    names = ("zimbraPrefTimeZoneId", "zimbraPrefLocale")
    wanted = "".join(f'<pref name="{name}"/>' for name in names)

    def preferences(server: SimulatorServer) -> dict[str, str]:
        client = Wire(server.port).sign_in_admin()
        found = client.soap(f'<GetPrefsRequest xmlns="urn:zimbraAccount">{wanted}</GetPrefsRequest>')
        client.connection.close()
        return {one.get("name"): one.text for one in found}

    with running(tmp_path / "data", defaults={}) as server:
        assert preferences(server) == {"zimbraPrefTimeZoneId": "America/Los_Angeles"}
    with running(tmp_path / "data", defaults={"zimbraPrefTimeZoneId": "Indian/Reunion"}) as server:
        assert preferences(server) == {"zimbraPrefTimeZoneId": "Indian/Reunion"}
