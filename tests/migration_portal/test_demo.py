"""The demo as a newcomer meets it: one command, one Ctrl-C, data kept, a busy port told."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from migration_portal.demo.people import PASSWORD

pytestmark = pytest.mark.processes
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120


def free_ports() -> tuple[int, int]:
    """A port for the site, and the first of seven in a row for the simulated Zimbra and the gateways."""
    while True:
        with ExitStack() as probes:
            site, zimbra = (probes.enter_context(socket.socket()) for _ in range(2))
            for probe in (site, zimbra):
                probe.bind(("127.0.0.1", 0))
            first = zimbra.getsockname()[1]
            try:
                for number in range(first + 1, first + 7):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", number))
            except OSError:
                continue
            return site.getsockname()[1], first


@contextmanager
def demo(var: Path, port: int, zimbra_port: int) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A running demo and what it said until it was ready, or until it ended."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PORTAL_", "DJANGO_"))}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(port), "--zimbra-port", str(zimbra_port)],
        cwd=ROOT,
        env={**environment, "PORTAL_VAR_DIR": str(var)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said: list[str] = []
    assert process.stdout
    deadline = time.monotonic() + PATIENCE
    for line in process.stdout:
        said.append(line)
        if "Ctrl-C arrête tout" in line or time.monotonic() > deadline:
            break
    try:
        yield process, said
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
        process.stdout.close()


def signed_in(port: int, address: str) -> OpenerDirector:
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    page = opener.open(f"http://127.0.0.1:{port}/connexion/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "address": address, "password": PASSWORD}
    opener.open(f"http://127.0.0.1:{port}/connexion/", urlencode(form).encode())
    return opener


def wait_for(opener: OpenerDirector, url: str, text: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while text not in (page := opener.open(url).read().decode()):
        assert time.monotonic() < deadline, f"{text!r} never came at {url}"
        time.sleep(0.5)
    return page


def test_demo_starts_keeps_its_data_and_stops(tmp_path: Path, migrated: Path) -> None:
    port, zimbra_port = free_ports()
    # The tables as the migrations leave them, which other tests have waited for; nobody and nothing is in them yet.
    (tmp_path / "demo").mkdir()
    shutil.copy(migrated, tmp_path / "demo" / "portal.sqlite3")
    with demo(tmp_path, port, zimbra_port) as (process, said):
        text = "".join(said)
        assert f"http://127.0.0.1:{port}/" in text
        assert "Démarrage en cours" in text
        home = signed_in(port, "claire.robert@ac-reunion.fr").open(f"http://127.0.0.1:{port}/").read().decode()
        assert "dans 12" in home
        # The worker reads what was handed in.
        files = signed_in(port, "anais.lebon@ac-reunion.fr")
        wait_for(files, f"http://127.0.0.1:{port}/mes-fichiers/", "124 éléments")
        # What is searched for is often a name: it stays out of the logs.
        for path in ("mes-fichiers/?q=Fontaine", "notifications/"):
            files.open(f"http://127.0.0.1:{port}/{path}").read()
        log = next(tmp_path.rglob("site.log")).read_text(encoding="utf-8")
        assert "/mes-fichiers/" in log
        assert "Fontaine" not in log
        # Killed without a chance to stop anything: the next start still finds its ports free.
        process.kill()
        process.wait(timeout=10)
    with demo(tmp_path, port, zimbra_port) as (process, said):
        assert "Le portail est prêt" in "".join(said)
        files = signed_in(port, "anais.lebon@ac-reunion.fr")
        page = files.open(f"http://127.0.0.1:{port}/mes-fichiers/").read().decode()
        assert page.count("Carnet personnel.vcf") == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert still_running(tmp_path) == []


def still_running(var: Path) -> list[str]:
    """Command lines of processes that speak of this folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            command = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(var) in command:
                found.append(command)
    return found


def test_demo_refuses_a_busy_port_with_a_way_out(tmp_path: Path) -> None:
    port, zimbra_port = free_ports()
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", port))
        busy.listen()
        with demo(tmp_path, port, zimbra_port) as (process, said):
            assert process.wait(timeout=60) == 1
    assert f"Le port {port} est déjà pris" in "".join(said)
    assert f"make demo PORT={port + 1}" in "".join(said)
