"""How many messages a second the policy gateway decides on: beside the same service whose script in the store decides
nothing, and beside two others from Debian where they are installed, on the same requests.

    python tests/benchmarks/policy_gateway.py [--requests 20000] [--rounds 3] [--connections 20] [--others 3000]

Each service is a process of its own, asked as Postfix does: a number of connections, each with one request at a time.
Ours has a store of its own, kept on disk as in production. policyd-rate-limit (with SQLite) only looks at requests at
RCPT, so that line of them is changed for it; postfwd counts recipients by sender and by address in our four windows.
Goals: at least 0.7 of the empty script, at least 8 times each of the others.
"""

from __future__ import annotations

import argparse
import os
import random
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Run as a script, so that `make bench` can run every benchmark in the same way.
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.stores import StoreServer  # noqa: E402

# What the decision answers when it accepts; the numbers after it do not matter.
EMPTY_SCRIPT = b"return '\\001\\000\\000\\255\\000' .. string.rep('\\000', 32)"

_REQUEST = b"""\
request=smtpd_access_policy
protocol_state=%b
protocol_name=ESMTP
client_address=%b
client_name=poste.academie.example
client_port=51234
reverse_client_name=poste.academie.example
server_address=192.0.2.25
server_port=587
helo_name=poste.academie.example
sender=%b
recipient=
recipient_count=%d
queue_id=4XkQ9v%05d
instance=%x.65f1.%x.0
size=18432
etrn_domain=
stress=
sasl_method=PLAIN
sasl_username=%b
sasl_sender=
ccert_subject=
ccert_issuer=
ccert_fingerprint=
ccert_pubkey_fingerprint=
encryption_protocol=TLSv1.3
encryption_cipher=TLS_AES_256_GCM_SHA384
encryption_keysize=256
policy_context=

"""


def requests(count: int, seed: int, *, state: bytes = b"END-OF-MESSAGE") -> list[bytes]:
    """What a mail server of an academy asks: four thousand senders, the most of them quiet, two thousand addresses."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        person = b"prenom.nom%d@academie.example" % (int(chance.expovariate(1 / 1200)) % 4000)
        address = b"10.%d.%d.%d" % (chance.randrange(4), chance.randrange(100), chance.randrange(5))
        recipients = chance.choice((1, 1, 1, 2, 3, 5, 12))
        found.append(_REQUEST % (state, address, person, recipients, number, seed, number, person))
    return found


def measure(place: tuple[str, int], asked: list[bytes], connections: int) -> tuple[float, dict[bytes, int]]:
    """Requests a second, and how often the service answered with which first words."""
    answers: dict[bytes, int] = {}
    left = iter(asked)
    with selectors.DefaultSelector() as selector:
        opened = []
        for _ in range(connections):
            one = _connect(place)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(one, selectors.EVENT_READ)
            opened.append(one)
        start = time.perf_counter()
        waiting = 0
        for one in opened:
            one.send(next(left))
            waiting += 1
        while waiting:
            for key, _ in selector.select(30):
                one = key.fileobj
                assert isinstance(one, socket.socket)
                answer = one.recv(4096)
                if not answer.endswith(b"\n\n"):
                    raise SystemExit(f"no answer, but {answer!r}")
                word = answer[7:12].upper()
                answers[word] = answers.get(word, 0) + 1
                request = next(left, None)
                if request is None:
                    waiting -= 1
                else:
                    one.send(request)
        taken = time.perf_counter() - start
        for one in opened:
            one.close()
    return len(asked) / taken, answers


def _connect(place: tuple[str, int], seconds: float = 20.0) -> socket.socket:
    end = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(place, timeout=10)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def processor_seconds(process: int) -> float:
    """User and system time of a process (fields 14 and 15 of its stat file, in clock ticks)."""
    stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def ours(folder: Path, store: StoreServer, *, empty: bool) -> Iterator[tuple[tuple[str, int], int]]:
    """Gives where it listens, and the number of its process."""
    place = ("127.0.0.1", _free_port())
    environment = os.environ | {
        "PORTAL_VAR_DIR": str(folder),
        "PORTAL_LIMITS_REDIS_URL": store.url,
        "PORTAL_LOG_LEVEL": "ERROR",
    }
    script = [__file__, "--serve"] if not empty else [__file__, "--serve-empty"]
    command = [sys.executable, *script, f"{place[0]}:{place[1]}"]
    with _running(command, environment, wanted="ready") as process:
        yield place, process.pid


@contextmanager
def _running(command: list[str], environment: dict[str, str], *, wanted: str = "") -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        while wanted and wanted not in (line := process.stdout.readline()):
            if not line:
                raise SystemExit(f"{command[0]} did not start")
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def serve(place: str, *, empty: bool) -> None:
    """The gateway itself, in its process; with `empty`, with a script that decides nothing."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "migration_portal.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from quarantine.counters import wire

    if empty:
        # Before the door reads it.
        wire.DECIDE = EMPTY_SCRIPT
    call_command("migrate", verbosity=0)
    call_command("policy_gateway", listen=[_place(place)], skip_checks=True)


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


@contextmanager
def policyd_rate_limit(folder: Path) -> Iterator[tuple[str, int]]:
    place = ("127.0.0.1", _free_port())
    config = folder / "policyd.yaml"
    config.write_text(
        f"""\
debug: False
user: {_user()}
group: {_user()}
pidfile: {folder}/policyd.pid
backend: 0
sqlite_config:
    database: {folder}/policyd.sqlite3
SOCKET: ["{place[0]}", {place[1]}]
limits:
    - [500, 60]
    - [800, 600]
    - [2000, 3600]
    - [5000, 36000]
limit_by_sasl: True
limit_by_sender: True
limit_by_ip: True
report: False
"""
    )
    with _running(["policyd-rate-limit", "--file", str(config)], dict(os.environ)):
        yield place


@contextmanager
def postfwd(folder: Path) -> Iterator[tuple[str, int]]:
    place = ("127.0.0.1", _free_port())
    rules = "\n".join(
        f"id=R{item}{seconds}; protocol_state==END-OF-MESSAGE; "
        f"action=rcpt({item}/{most}/{seconds}/450 4.7.1 too many recipients)"
        for item, figures in (("sender", (700, 1000, 4000, 8000)), ("client_address", (700, 1000, 6000, 8000)))
        for most, seconds in zip(figures, (60, 600, 3600, 36000), strict=True)
    )
    path = folder / "postfwd.cf"
    path.write_text(rules + "\n")
    pid_file = folder / "postfwd.pid"
    command = ["postfwd", "--file", str(path), "--interface", place[0], "--port", str(place[1]), "--nodns"]
    command += ["--cache_interface", place[0], "--cache_port", str(_free_port()), "--cache", "0"]
    command += ["--user", _user(), "--group", _user(), "--pidfile", str(pid_file)]
    # It counts in a process beside those that answer, which it only has as a daemon.
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        yield place
    finally:
        process = int(pid_file.read_text())
        os.kill(process, signal.SIGTERM)
        while Path(f"/proc/{process}").exists():
            time.sleep(0.05)


def _user() -> str:
    return "nobody" if os.geteuid() else "root"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--others", type=int, default=3_000, help="requests that the other services get")
    parser.add_argument("--serve", metavar="HOST:PORT", help=argparse.SUPPRESS)
    parser.add_argument("--serve-empty", metavar="HOST:PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve or options.serve_empty:
        serve(options.serve or options.serve_empty, empty=bool(options.serve_empty))
        return
    with tempfile.TemporaryDirectory(prefix="policy-") as name:
        compare(Path(name), options)


def compare(folder: Path, options: argparse.Namespace) -> None:
    store = StoreServer()
    rates: dict[str, list[float]] = {"ours": [], "empty script": []}
    try:
        with ours(folder, store, empty=False) as full, ours(folder, store, empty=True) as empty:
            for place, _ in (full, empty):
                measure(place, requests(1000, options.rounds), options.connections)
            for seed in range(options.rounds):
                # By turns, so that what else the machine does falls on both; nobody has sent anything yet.
                store.empty()
                for service, (place, process) in (("ours", full), ("empty script", empty)):
                    asked = requests(options.requests, seed)
                    processes = (process, store.process.pid)
                    before = [processor_seconds(one) for one in processes]
                    rate, answers = measure(place, asked, options.connections)
                    spent = [
                        (processor_seconds(one) - was) / len(asked) * 1e6
                        for one, was in zip(processes, before, strict=True)
                    ]
                    rates[service].append(rate)
                    print(f"{service:20} {rate:8.0f}/s  {_shown(answers)}", end="")
                    print(f"  (processor: gateway {spent[0]:.0f} µs, store {spent[1]:.0f} µs each)", flush=True)
    finally:
        store.close()
    others = {"policyd-rate-limit": (policyd_rate_limit, b"RCPT"), "postfwd": (postfwd, b"END-OF-MESSAGE")}
    for service, (start, state) in ({} if options.others == 0 else others).items():
        if shutil.which(service) is None:
            print(f"{service:20} is not installed")
            continue
        (folder / service).mkdir()
        with start(folder / service) as place:
            rates[service] = []
            for seed in range(options.rounds):
                asked = requests(options.others, seed, state=state)
                rate, answers = measure(place, asked, options.connections)
                rates[service].append(rate)
                print(f"{service:20} {rate:8.0f}/s  {_shown(answers)}", flush=True)
    middle = {service: statistics.median(found) for service, found in rates.items()}
    print(f"ours / empty script       {middle['ours'] / middle['empty script']:6.2f}  (goal 0.7)")
    for service in others:
        if service in middle:
            print(f"ours / {service:18} {middle['ours'] / middle[service]:6.1f}  (goal 8)")


def _shown(answers: dict[bytes, int]) -> str:
    return ", ".join(f"{word.decode()}: {number}" for word, number in sorted(answers.items()))


if __name__ == "__main__":
    main()
