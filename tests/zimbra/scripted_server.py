"""A tiny HTTP server on loopback that does, connection by connection, what a test tells it to.

It speaks raw bytes, so that it can be as wrong as real servers: half an answer, none, garbage, silence.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Step = Callable[[socket.socket], None]


def answer(body: bytes, status: str = "200 OK", *headers: str) -> Step:
    def send(connection: socket.socket) -> None:
        head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])
        connection.sendall(head.encode() + b"\r\n\r\n" + body)

    return send


def raw(content: bytes) -> Step:
    """Send these bytes and hang up."""

    def send(connection: socket.socket) -> None:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_RDWR)

    return send


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def silence(connection: socket.socket) -> None:
    """Answer nothing until the client gives up."""
    with suppress(OSError):
        connection.recv(1)


@dataclass
class Scripted:
    """requests: what arrived, head and body. connections: how many times a client connected."""

    url: str = ""
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0


@contextmanager
def scripted_server(*steps: Step, context: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Each request received takes the next step; after the last one the server hangs up. context: speak TLS."""
    script = iter(steps)
    state = Scripted()
    listener = socket.create_server(("127.0.0.1", 0))
    state.url = f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    threads: list[threading.Thread] = []
    open_connections: list[socket.socket] = []

    def serve(plain: socket.socket) -> None:
        try:
            connection = context.wrap_socket(plain, server_side=True) if context else plain
        except OSError:
            # Whoever connected did not like the certificate.
            plain.close()
            return
        if context:
            # The one accepted gave its socket away.
            open_connections.append(connection)
        with connection, suppress(OSError), connection.makefile("rb") as reader:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = reader.readline()
                    if not line:
                        return
                    head += line
                sizes = [
                    int(one.split(b":")[1]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-length")
                ]
                state.requests.append((head.decode(), reader.read(sizes[0] if sizes else 0)))
                next(script, hang_up)(connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            state.connections += 1
            open_connections.append(connection)
            thread = threading.Thread(target=serve, args=(connection,), daemon=True)
            threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield state
    finally:
        # Closing alone does not wake a thread blocked in accept.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in [accepting, *threads]:
            thread.join()
