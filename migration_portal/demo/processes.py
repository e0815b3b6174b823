"""Start, watch and stop the processes of the demo.

Each child runs in a process group of its own: a Ctrl-C reaches the supervisor alone, which then stops the children in
the right order. A child that dies is started again, so that killing one shows what the portal makes of it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class StartFailed(Exception):
    """A process ended before it was ready; `str()` names it and its log."""


@dataclass
class Child:
    """A process of the demo: `ready` says when it can be used."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    ready: Callable[[], bool]
    stop_seconds: float = 8.0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    restarts: int = field(default=0, init=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask politely, then insist; waits for the end of the whole group."""
        if self.process is None:
            return
        for signal_number, patience in ((signal.SIGTERM, self.stop_seconds), (signal.SIGKILL, 5.0)):
            try:
                os.killpg(self.process.pid, signal_number)
            except ProcessLookupError:
                break
            try:
                self.process.wait(timeout=patience)
                break
            except subprocess.TimeoutExpired:
                continue
        # Grandchildren (pool workers) may outlive a killed parent.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def note(children: list[Child], path: Path) -> None:
    """Write down which processes run, for `stop_leftovers` of a later start."""
    path.write_text("".join(f"{child.process.pid}\n" for child in children if child.process), encoding="utf-8")


def stop_leftovers(path: Path, *, environment_mark: str) -> int:
    """End what a supervisor that was killed left running; how many groups there were.

    Only processes whose environment holds `environment_mark` are touched: numbers are used again.
    """
    if not path.exists():
        return 0
    stopped = 0
    for line in path.read_text(encoding="utf-8").split():
        try:
            environment = Path(f"/proc/{line}/environ").read_bytes()
        except OSError:
            continue
        if environment_mark.encode() in environment.split(b"\0"):
            os.killpg(int(line), signal.SIGKILL)
            stopped += 1
    path.unlink()
    return stopped


def port_is_free(port: int) -> bool:
    """Whether 127.0.0.1:port can be listened on now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether something accepts connections on 127.0.0.1:port."""
    with socket.socket() as probe:
        probe.settimeout(0.3)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until_ready(
    children: list[Child], *, seconds: float, say: Callable[[str], None], stopped: Callable[[], bool]
) -> None:
    """Wait for all `children`, or until `stopped()`; `say` is told, whenever it changes, what is still starting.

    Raises StartFailed.
    """
    deadline = time.monotonic() + seconds
    told = ""
    waiting = list(children)
    while waiting and not stopped():
        for child in waiting:
            if not child.alive:
                raise StartFailed(f"Arrêt au démarrage : {child.name} ; voir {child.log}")
        waiting = [child for child in waiting if not child.ready()]
        names = ", ".join(child.name for child in waiting)
        if names and names != told:
            say(f"Démarrage en cours : {names}…")
            told = names
        if time.monotonic() > deadline:
            raise StartFailed(
                f"{names} : pas de réponse après {seconds:.0f} s ; voir les journaux dans {waiting[0].log.parent}"
            )
        time.sleep(0.05)


def watch(children: list[Child], *, say: Callable[[str], None], stopped: Callable[[], bool], noted_in: Path) -> None:
    """Start again whatever dies, until `stopped()`. A child that keeps dying is left for a growing while."""
    rest_until: dict[str, float] = {}
    while not stopped():
        for child in children:
            now = time.monotonic()
            if not child.alive and now >= rest_until.get(child.name, 0.0):
                child.restarts += 1
                say(f"Arrêt inattendu : {child.name}. Redémarrage (voir {child.log}).")
                rest_until[child.name] = now + min(30.0, 0.5 * 2**child.restarts)
                child.start()
                note(children, noted_in)
        time.sleep(0.2)
