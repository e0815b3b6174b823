"""The mail server behind us, played: it notes what it was handed, says what it is told, and dies where it is told.

with NextServer() as server:
    settings.QUARANTINE_DELIVERY = server.url
    server.dies = "after_dot"
    ...
    assert server.received == [...]
"""

from __future__ import annotations

import socket
import socketserver
import threading
from dataclasses import dataclass, field
from typing import Literal

Moment = Literal["", "greeting", "hello", "mail", "rcpt", "data", "body", "dot_unseen", "after_dot"]


@dataclass(frozen=True)
class Received:
    mail_from: str
    rcpt_tos: tuple[str, ...]
    raw: bytes
    options: str = ""


@dataclass
class NextServer:
    """dies: the connection is dropped there (`dot_unseen`: the message is thrown away; `after_dot`: it is kept, the
    answer is not sent). said: answers to RCPT; ends: answers after the last line, both by recipient;
    whole: by command."""

    protocol: str = "lmtp"
    dies: Moment = ""
    offers: tuple[str, ...] = ("8BITMIME", "SMTPUTF8", "SIZE 50000000")
    said: dict[str, str] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> NextServer:
        owner = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    _serve(owner, self)
                except (_Died, OSError):
                    return

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"{self.protocol}://127.0.0.1:{self.port}"


class _Died(Exception):
    pass


def _serve(owner: NextServer, line: socketserver.StreamRequestHandler) -> None:
    def say(text: str) -> None:
        line.wfile.write(text.encode() + b"\r\n")

    def die_at(moment: Moment) -> None:
        if owner.dies == moment:
            line.connection.shutdown(socket.SHUT_RDWR)
            raise _Died

    die_at("greeting")
    say(owner.whole.get("greeting", "220 next.example"))
    mail_from, options, rcpt_tos = "", "", list[str]()
    while command := line.rfile.readline(4096).decode("utf-8").rstrip("\r\n"):
        word = command.split()[0].split(":")[0].upper()
        if word in {"LHLO", "EHLO"}:
            die_at("hello")
            assert word == ("LHLO" if owner.protocol == "lmtp" else "EHLO")
            say("\r\n".join(["250-next.example", *(f"250-{one}" for one in owner.offers), "250 OK"]))
        elif word == "MAIL":
            die_at("mail")
            mail_from, _, options = command.partition("<")[2].partition(">")
            say(owner.whole.get("mail", "250 2.1.0 Ok"))
        elif word == "RCPT":
            die_at("rcpt")
            address = command.partition("<")[2].partition(">")[0]
            answer = owner.said.get(address, "250 2.1.5 Ok")
            if answer.startswith("2"):
                rcpt_tos.append(address)
            say(answer)
        elif word == "DATA":
            die_at("data")
            answer = owner.whole.get("data", "354 Go on")
            say(answer)
            if not answer.startswith("354"):
                continue
            raw = bytearray()
            while (piece := line.rfile.readline()) != b".\r\n":
                die_at("body")
                if not piece:
                    return
                raw += piece[1:] if piece.startswith(b".") else piece
            die_at("dot_unseen")
            answers = [owner.ends.get(address, "250 2.0.0 Taken") for address in rcpt_tos]
            taken = [one for one, answer in zip(rcpt_tos, answers, strict=True) if answer.startswith("2")]
            if taken:
                owner.received.append(Received(mail_from, tuple(taken), bytes(raw), options.strip()))
            die_at("after_dot")
            for answer in answers if owner.protocol == "lmtp" else answers[:1]:
                say(answer)
            rcpt_tos.clear()
        elif word == "QUIT":
            say("221 Bye")
            return
        else:
            say("500 What?")
