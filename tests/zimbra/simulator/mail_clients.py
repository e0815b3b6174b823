"""Mail programs of others, pointed at the simulator: `smtplib` hands mail over, `imapclient` reads it."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient import IMAPClient

from tests.zimbra.simulator.wire import PASSWORD
from zimbra.simulator.server import SimulatorServer

SENDER = "bob@ailleurs.example"


def letter(
    subject: str = "Bonjour", body: str = "Bien à vous", *, to: str = "marie@ac-reunion.fr", **more: str
) -> bytes:
    """A plain message; `more` are header fields, "_" standing for "-"."""
    fields = {
        "From": f"Bob <{SENDER}>",
        "To": to,
        "Subject": subject,
        "Date": "Tue, 1 Sep 2026 10:00:00 +0400",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    }
    fields.update({name.replace("_", "-"): value for name, value in more.items()})
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{head}\r\n{body}\r\n".encode()


def deliver(server: SimulatorServer, address: str, raw: bytes, sender: str = SENDER) -> None:
    with smtplib.LMTP("127.0.0.1", server.lmtp_port) as connection:
        connection.sendmail(sender, [address], raw)


@contextmanager
def mail_program(server: SimulatorServer, address: str, password: str = PASSWORD) -> Iterator[IMAPClient]:
    """Signed in; what it opened is closed at the end."""
    client = IMAPClient("127.0.0.1", server.imap_port, ssl=False, timeout=20)
    try:
        client.login(address, password)
        yield client
    finally:
        client.shutdown()


class Line:
    """A socket that speaks lines: for what no library would send."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self.socket.makefile("rb")
        self.greeting = self.line()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> bytes:
        """The next line without its end; b"" when the server has closed the connection."""
        return self._file.readline().rstrip(b"\r\n")

    def ask(self, command: bytes, tag: bytes = b"a") -> list[bytes]:
        """The lines answered up to the one that begins with the tag."""
        self.send(tag + b" " + command + b"\r\n")
        return self.until(tag)

    def until(self, tag: bytes) -> list[bytes]:
        found: list[bytes] = []
        while not found or not found[-1].startswith(tag + b" "):
            line = self._file.readline()
            assert line, found
            found.append(line.rstrip(b"\r\n"))
        return found

    def is_closed(self) -> bool:
        """Reads what is left; whether the server ended the connection."""
        try:
            while self._file.readline():
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self._file.close()
        self.socket.close()


@contextmanager
def line(port: int) -> Iterator[Line]:
    connection = Line(port)
    try:
        yield connection
    finally:
        connection.close()
