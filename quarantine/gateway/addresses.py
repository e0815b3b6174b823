"""Where gateways listen: addresses as an administrator types them."""

from __future__ import annotations

import socket
import stat
from pathlib import Path


def host_and_port(text: str) -> tuple[str, int]:
    """`127.0.0.1:10031`, `[::1]:10031`; port 0: any that is free. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"host:port is needed, not {text!r}")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    return host, int(port)


def shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def free_socket_path(path: Path) -> None:
    """Remove a unix socket that a process which was killed has left. Raises OSError when somebody listens there, or
    something else has that name."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise FileExistsError(f"{path} is there and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
    raise FileExistsError(f"somebody listens on {path} already")
