"""The whole way of a message in tests: Debian's Postfix as docs/postfix.md sets it up, the two gateways as processes,
their store and database, a simulated Zimbra, and a mail server for everybody outside.

with start_flow(folder, SqliteDatabase(folder / "portal.sqlite3", migrated)) as flow:
    flow.portal.do("set_thresholds", {"sender": {"3600": [10, 20]}})
    flow.start_gateway()
    flow.start_intake()
    flow.send("agent@academie.example", ["somebody@outside.example"])
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import smtplib
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.mail_databases import Database
from tests.postfix import Postfix, free_ports, start_postfix
from tests.simulated import DOMAIN, Simulated, start_simulator
from tests.stores import StoreServer

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "postfix.md"
# Lines of main.cf that make an instance one of tests: clients say who and where they are, nothing waits long.
_TESTS_ONLY = """\
smtpd_authorized_xclient_hosts = 127.0.0.1
mynetworks = 127.0.0.0/8 10.0.0.0/8 198.51.100.0/24 203.0.113.0/24
default_transport = smtp:[127.0.0.1]:{sink}
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
transport_retry_time = 1s
default_process_limit = 30
"""


def blocks() -> dict[str, str]:
    """The settings in docs/postfix.md: the text of each fenced block by the name behind its fence."""
    return dict(re.findall(r"^```(\S+\.cf\S*)\n(.*?)^```$", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE))


@dataclass(frozen=True)
class Ports:
    """What listens where. The numbers in docs/postfix.md are replaced by these."""

    smtp: int
    submission: int
    again: int
    incoming: int
    hold: int
    policy: int
    second_policy: int
    sink: int
    zimbra: int

    @classmethod
    def free(cls) -> Ports:
        return cls(*free_ports(9))

    def put_into(self, text: str) -> str:
        """Settings of docs/postfix.md for these ports and the domain of the tests."""
        documented = {
            "10024": self.incoming,
            "10025": self.hold,
            "10026": self.again,
            "10031": self.policy,
            "10032": self.second_policy,
        }
        text = re.sub(r"\b(100(?:24|25|26|31|32))\b", lambda found: str(documented[found[1]]), text)
        text = re.sub(r"^smtp(\s+inet)", rf"127.0.0.1:{self.smtp}\1", text, flags=re.MULTILINE)
        text = re.sub(r"^submission(\s+inet)", rf"127.0.0.1:{self.submission}\1", text, flags=re.MULTILINE)
        return text.replace("ac-reunion.fr", DOMAIN)

    def main(self, *names: str) -> str:
        """Those blocks of docs/postfix.md as a main.cf of tests."""
        documented = blocks()
        text = "\n".join(documented[name] for name in names)
        return self.put_into(text) + _TESTS_ONLY.format(sink=self.sink)


class Sink:
    """The mail server of everybody outside: takes whatever comes, and keeps it."""

    def __init__(self, port: int) -> None:
        self.port = port
        # (recipient, bytes) of each delivery.
        self.taken: list[tuple[str, bytes]] = []
        self._controller: Controller | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken += [(recipient, content) for recipient in envelope.rcpt_tos]
        return "250 2.0.0 OK"

    def start(self) -> None:
        # It would write down every line that it is told.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def recipients(self) -> Counter[str]:
        """How often each recipient was delivered to."""
        return Counter(recipient for recipient, _ in self.taken)


class Portal:
    """Processes of a portal, by tests.mail_flow_process."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.log = folder / "portal.log"
        self._lock = threading.Lock()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.mail_flow_process"],
                cwd=ROOT,
                env=os.environ | environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def _tell(self, *words: Any) -> str:
        assert self._process.stdin
        assert self._process.stdout
        with self._lock:
            self._process.stdin.write(json.dumps(words).encode() + b"\n")
            self._process.stdin.flush()
            return self._process.stdout.readline().decode().strip()

    def start(self, *command: str) -> int:
        """Start a command of manage.py; gives the number of its process."""
        return int(self._tell("start", str(self.log), *command))

    def do(self, name: str, *arguments: Any) -> Any:
        """Run a function of tests.mail_flow_process to its end; gives what it returns."""
        answered = self._tell("do", name, *arguments)
        assert answered, self.log.read_text()[-4000:]
        return json.loads(answered)

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=30)


@dataclass(frozen=True)
class Reply:
    """The last answer of Postfix to a message; code 0: the connection was lost."""

    code: int
    text: str

    @property
    def queue_id(self) -> str:
        return self.text.rpartition(" ")[2]


@dataclass
class Flow:
    folder: Path
    database: Database
    ports: Ports
    zimbra: Simulated
    portal: Portal
    store: StoreServer
    sink: Sink
    postfix: Postfix
    # Processes of the gateways that run, the latest last.
    gateways: list[int] = field(default_factory=list)
    intakes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._zimbra_process = self.zimbra.process

    def start_gateway(self, port: int = 0) -> int:
        """A gateway of the limits at the first place, or at `port`; gives its process."""
        port = port or self.ports.policy
        number = self._started("policy_gateway", "--listen", f"127.0.0.1:{port}", port=port)
        self.gateways.append(number)
        return number

    def start_intake(self) -> int:
        incoming, hold = f"127.0.0.1:{self.ports.incoming}", f"127.0.0.1:{self.ports.hold}"
        number = self._started("intake_gateway", "--lmtp", incoming, "--hold-lmtp", hold, port=self.ports.hold)
        self.intakes.append(number)
        return number

    def stop_zimbra(self) -> None:
        """End Zimbra; `start_zimbra` brings it back at the same places, with what it held."""
        self._zimbra_process.terminate()
        self._zimbra_process.wait(timeout=30)

    def start_zimbra(self) -> None:
        words = [str(word) for word in cast("Sequence[object]", self.zimbra.process.args)]
        for option, port in (("--port", urlsplit(self.zimbra.url).port), ("--lmtp-port", self.zimbra.lmtp_port)):
            words[words.index(option) + 1] = str(port)
        with self.zimbra.log.open("ab") as log:
            self._zimbra_process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: is_listening(self.zimbra.lmtp_port), "Zimbra listens", self.zimbra.log)

    def _started(self, *command: str, port: int) -> int:
        number = self.portal.start(*command)
        wait_until(lambda: is_listening(port), f"{command[0]} listens", self.portal.log)
        return number

    def kill(self, number: int, how: signal.Signals = signal.SIGKILL) -> None:
        """End a gateway, and wait until it has."""
        with suppress(ProcessLookupError):
            os.kill(number, how)
        wait_until(lambda: not is_running(number), "a gateway ends", self.portal.log)
        for running in (self.gateways, self.intakes):
            if number in running:
                running.remove(number)

    def stop_gateways(self) -> None:
        """End all gateways and intakes at once."""
        for number in (*self.gateways, *self.intakes):
            self.kill(number)

    def stop(self) -> None:
        self.stop_gateways()
        if self._zimbra_process.poll() is None:
            self.stop_zimbra()

    def send(
        self,
        sender: str,
        recipients: Sequence[str],
        *,
        login: str = "",
        address: str = "",
        port: int = 0,
        raw: bytes = b"Subject: Bonjour\r\n\r\nBonjour.\r\n",
    ) -> Reply:
        """Hand a message to Postfix, on the port where people send unless told; login, address: as whom, from where."""
        try:
            with smtplib.SMTP("127.0.0.1", port or self.ports.submission, timeout=60) as client:
                client.ehlo("client.example")
                if login or address:
                    told = [f"LOGIN={login}"] if login else []
                    told += [f"ADDR={address}"] if address else []
                    client.docmd("XCLIENT", " ".join(told))
                    client.ehlo("client.example")
                code, text = client.mail(sender)
                for recipient in recipients:
                    if code < 400:
                        code, text = client.rcpt(recipient)
                if code < 400:
                    code, text = client.data(raw)
        except smtplib.SMTPResponseException as error:
            code, text = error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b""
        except (smtplib.SMTPServerDisconnected, OSError):
            code, text = 0, b""
        return Reply(code, text.decode(errors="replace"))

    def holds(self) -> Counter[str]:
        """How many messages are held for each recipient."""
        rows = self.database.ask(
            "SELECT recipient, count(*) FROM quarantine_hold WHERE state = 'held' GROUP BY recipient"
        )
        return Counter(dict(rows))


def is_running(number: int) -> bool:
    """Whether the process is there and has not ended; one that nobody has let go yet has ended."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def is_listening(port: int) -> bool:
    """Whether somebody listens on that port of loopback; asked of the system, so that nobody is called."""
    wanted = f"0100007F:{port:04X}"
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return any(line[1] == wanted and line[3] == "0A" for line in lines)


def wait_until(done: Callable[[], bool], what: str, log: Path | None = None, seconds: float = 30.0) -> None:
    """TimeoutError, with the end of the log, when it does not come."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: waited for in vain\n{log.read_text()[-4000:] if log else ''}")
        time.sleep(0.01)


def _environment(
    folder: Path, database: Database, ports: Ports, zimbra: Simulated, store: StoreServer
) -> dict[str, str]:
    return {
        "PORTAL_SECRET_KEY": "flow-only-" + "k" * 40,
        "PORTAL_SEAL_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "PORTAL_VAR_DIR": str(folder),
        "DATABASE_URL": database.url,
        "REDIS_URL": store.url,
        "ZIMBRA_URL": zimbra.url,
        "ZIMBRA_ADMIN_URL": zimbra.admin_url,
        "ZIMBRA_ADMIN_ADDRESS": zimbra.admin_address,
        "ZIMBRA_ADMIN_PASSWORD": zimbra.admin_password,
        "PORTAL_MAIL_DOMAIN": DOMAIN,
        "PORTAL_QUARANTINE_DELIVERY": f"lmtp://127.0.0.1:{zimbra.lmtp_port}",
        "PORTAL_QUARANTINE_RELAY": f"smtp://127.0.0.1:{ports.again}",
        "PORTAL_LIMITS_HOLD_ACTION": f"FILTER lmtp:[127.0.0.1]:{ports.hold}",
        "PORTAL_LOG_LEVEL": "WARNING",
    }


@contextmanager
def start_flow(folder: Path, database: Database) -> Iterator[Flow]:
    """Everything but the gateways, which the caller starts. folder: the caller's, for what is kept; database: with the
    tables and rows that the migrations make."""
    ports = Ports.free()
    with ExitStack() as stack:
        zimbra = stack.enter_context(start_simulator(folder / "zimbra"))
        store, sink = StoreServer(), Sink(ports.sink)
        stack.callback(store.close)
        stack.callback(sink.stop)
        sink.start()
        portal = Portal(folder, _environment(folder, database, ports, zimbra, store))
        stack.callback(portal.close)
        postfix = stack.enter_context(
            start_postfix(
                main=ports.main("main.cf"),
                master=ports.put_into(blocks()["master.cf"]),
                ports=[ports.smtp, ports.submission, ports.again],
            )
        )
        flow = Flow(folder, database, ports, zimbra, portal, store, sink, postfix)
        stack.callback(flow.stop)
        yield flow
