"""A store of the sending limits for tests and benchmarks: a real server, as the demo starts it, on a unix socket."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import redis

from migration_portal.demo.broker import server_command


class StoreServer:
    """One server with its own folder. `restart` after `kill` finds what was kept on disk; `close` removes all."""

    def __init__(self, *options: str) -> None:
        # A short path: those of sockets end at 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="store"))
        self.socket = self.folder / "s"
        self.url = f"redis+socket://{self.socket}?virtual_host=0"
        self._options = options
        self.process: subprocess.Popen[bytes]
        self.start()

    def start(self, *, seconds: float = 30) -> None:
        command = [*server_command(socket=self.socket, data=self.folder), *self._options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + seconds
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except redis.RedisError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.01)

    def client(self) -> redis.Redis[Any]:
        return redis.Redis(unix_socket_path=str(self.socket))

    def empty(self) -> None:
        with self.client() as client:
            client.flushall()

    def kill(self) -> None:
        """As a power switch would, for the process."""
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.go_on()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
