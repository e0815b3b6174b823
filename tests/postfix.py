"""Debian's Postfix for tests: instances on loopback, each with its own queue, data and settings, gone at the end.

with start_postfix(main=MAIN, master=MASTER, ports=[port]) as postfix:
    smtplib.SMTP("127.0.0.1", port)...
    postfix.wait_until_empty()

Nothing of the machine's own Postfix is read or touched, and it need not run. The master process is started as
`postfix start` would, without the second that the latter waits. Postfix wants to start as root: where the tests are
run by somebody else, AVAILABLE is false.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

DAEMONS = Path("/usr/lib/postfix/sbin")
COMMANDS = Path("/usr/sbin")
AVAILABLE = os.geteuid() == 0 and (DAEMONS / "master").exists() and (COMMANDS / "smtp-source").exists()
OWNER, DROP_GROUP = "postfix", "postdrop"

# The folders in which a message can be; the others of the queue folder hold sockets and notes.
MESSAGE_FOLDERS = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt", "saved")
_PRIVATE_FOLDERS = ("incoming", "active", "deferred", "hold", "corrupt", "saved", "bounce", "defer", "trace", "flush")

# What every instance needs to run apart, on loopback, without a name server; a test's own lines come after and win.
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mta.tests.example
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtp_tls_security_level = none
smtpd_tls_security_level = none
biff = no
in_flow_delay = 0
"""

# Debian's services without the chroot, which would want a copy of the system's files in the queue folder.
_MASTER = """\
pickup     unix  n  -  n  60    1  pickup
cleanup    unix  n  -  n  -     0  cleanup
qmgr       unix  n  -  n  300   1  qmgr
rewrite    unix  -  -  n  -     -  trivial-rewrite
bounce     unix  -  -  n  -     0  bounce
defer      unix  -  -  n  -     0  bounce
trace      unix  -  -  n  -     0  bounce
flush      unix  n  -  n  1000? 0  flush
proxymap   unix  -  -  n  -     -  proxymap
smtp       unix  -  -  n  -     -  smtp
relay      unix  -  -  n  -     -  smtp
lmtp       unix  -  -  n  -     -  lmtp
showq      unix  n  -  n  -     -  showq
error      unix  -  -  n  -     -  error
retry      unix  -  -  n  -     -  error
discard    unix  -  -  n  -     -  discard
anvil      unix  -  -  n  -     1  anvil
scache     unix  -  -  n  -     1  scache
postlog    unix-dgram n - n  -     1  postlogd
"""


def free_ports(count: int) -> list[int]:
    """Ports of loopback nobody listens to; all different, as all are held until the last is found."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@dataclass(frozen=True)
class Postfix:
    """A running instance, known by its folder: config/, queue/, data/, mail.log. ports: those it was waited for at."""

    folder: Path
    process: subprocess.Popen[bytes]
    ports: tuple[int, ...]

    @property
    def log(self) -> str:
        return (self.folder / "mail.log").read_text(errors="replace")

    def messages(self) -> list[Path]:
        """The queue files there are at this moment, in whichever queue."""
        found: list[Path] = []
        for name in MESSAGE_FOLDERS:
            for folder, _, files in os.walk(self.folder / "queue" / name):
                found += (Path(folder) / one for one in files)
        return found

    def flush(self) -> None:
        """Try all waiting messages again now. Without effect on what is being tried at this moment."""
        command: list[str | Path] = [COMMANDS / "postqueue", "-c", self.folder / "config", "-f"]
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    def wait_until_empty(self, seconds: float = 20.0, *, retry: bool = False) -> None:
        """Until no message is in any queue; retry: what is deferred is tried again. TimeoutError with the log."""

        def emptied() -> bool:
            if retry and any("deferred" in path.parts for path in self.messages()):
                self.flush()
            return not self.messages()

        self.wait_for(emptied, "an empty queue", seconds, pause=0.1 if retry else 0.02)

    def wait_for(self, done: Callable[[], bool], what: str, seconds: float = 20.0, *, pause: float = 0.02) -> None:
        """TimeoutError with the end of the log when `done` stays false."""
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise TimeoutError(f"Postfix: {what} was waited for in vain.\n{self.log[-4000:]}")
            time.sleep(pause)

    def reload(self) -> None:
        """Read the settings anew, as `postfix reload`."""
        self.process.send_signal(signal.SIGHUP)


def _lay_out(folder: Path, main: str, master: str) -> None:
    """Make the folders of an instance, with the owners and rights that Postfix asks for, and its settings."""
    owner = pwd.getpwnam(OWNER).pw_uid
    folder.chmod(0o755)
    for name in ("config", "queue", "queue/pid"):
        (folder / name).mkdir(mode=0o755)
    for name in ("data", *(f"queue/{one}" for one in (*_PRIVATE_FOLDERS, "private"))):
        (folder / name).mkdir()
        (folder / name).chmod(0o700)
        os.chown(folder / name, owner, -1)
    for name, mode in (("maildrop", 0o1730), ("public", 0o2710)):
        (folder / "queue" / name).mkdir()
        shutil.chown(folder / "queue" / name, OWNER, DROP_GROUP)
        (folder / "queue" / name).chmod(mode)
    (folder / "mail.log").touch(mode=0o644)
    settings = {"main.cf": _joined(_MAIN.format(folder=folder), main), "master.cf": _MASTER + master}
    for name, text in settings.items():
        (folder / "config" / name).write_text(text)
        # Settings younger than two seconds are waited for: somebody might still be writing.
        os.utime(folder / "config" / name, (time.time() - 60,) * 2)


def _joined(base: str, own: str) -> str:
    """Both as one file in which no setting comes twice, which Postfix would warn of: the later wins."""
    settings: dict[str, str] = {}
    name = ""
    for line in f"{base}\n{own}".splitlines():
        if line[:1].isspace() and line.strip() and name:
            settings[name] += "\n" + line
        elif found := re.match(r"(\w+)\s*=", line):
            name = found[1]
            settings[name] = line
    return "\n".join([*settings.values(), ""])


@contextmanager
def start_postfix(*, main: str = "", master: str = "", ports: Iterable[int] = ()) -> Iterator[Postfix]:
    """An instance with these lines of main.cf and master.cf beside those of the harness; "{folder}" in them is the
    instance's folder. Waits until it listens to all `ports`. Stopped and deleted at the end. RuntimeError: it did not
    start."""
    assert AVAILABLE, "Postfix is not installed, or the tests do not run as root"
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    try:
        _lay_out(folder, main.replace("{folder}", str(folder)), master.replace("{folder}", str(folder)))
        command: list[str | Path] = [DAEMONS / "master", "-c", folder / "config"]
        with (folder / "start.log").open("wb") as output:
            # Nothing of the surroundings: MAIL_CONFIG and its like would be obeyed.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            )
        try:
            postfix = Postfix(folder, process, tuple(ports))
            _wait_for(postfix)
            yield postfix
        finally:
            # The master takes its children with it.
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        _delete(folder)


def _wait_for(postfix: Postfix, seconds: float = 20.0) -> None:
    """Until each port greets: the master listens before anybody has read the settings that matter."""
    deadline = time.monotonic() + seconds
    for port in postfix.ports:
        while not _greets(port):
            if time.monotonic() > deadline or postfix.process.poll() is not None or "fatal:" in postfix.log:
                said = (postfix.folder / "start.log").read_text(errors="replace") + postfix.log
                raise RuntimeError(f"Postfix did not start:\n{said[-3000:]}")


def _greets(port: int, patience: float = 1.0) -> bool:
    """Whether an SMTP server answers there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
            connection.settimeout(patience)
            return connection.recv(4).startswith(b"220")
    except OSError:
        time.sleep(0.01)
        return False


def _delete(folder: Path) -> None:
    """Children of the master may still be writing when it is gone."""
    for _ in range(50):
        with suppress(OSError):
            shutil.rmtree(folder)
            return
        time.sleep(0.02)
    shutil.rmtree(folder)
