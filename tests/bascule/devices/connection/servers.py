"""Mail servers of a few lines on loopback, sound or broken, with certificates made for the test."""

from __future__ import annotations

import base64
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Talk = Callable[["Line"], None]
PASSWORD = "ABCDEFGHIJKLMNOP"
WRONG = "PONMLKJIHGFEDCBA"


class Line:
    """A connection, line by line."""

    def __init__(self, sock: socket.socket) -> None:
        self.file = sock.makefile("rwb")

    def say(self, *lines: str) -> None:
        self.file.write("".join(f"{line}\r\n" for line in lines).encode())
        self.file.flush()

    def hear(self) -> str:
        return self.file.readline().decode().strip()


@dataclass(frozen=True)
class Papers:
    """authority: PEM file of who signed; certificate, key: PEM files of the server."""

    authority: Path
    certificate: Path
    key: Path


def _name(label: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])


def papers(folder: Path, *, names: tuple[str, ...] = ("127.0.0.1",), days: int = 365, own: bool = False) -> Papers:
    """names: hosts and addresses that the certificate is good for. days: left, below 0 when it is over. own: signed by
    itself, and by nobody whom a program knows."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def written(name: str, content: bytes) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    def certificate(
        subject: str, issuer: str, public: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(issuer))
            .public_key(public.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=800))
            .not_valid_after(now + timedelta(days=days if subject == "serveur" else 900))
            .add_extension(x509.BasicConstraints(ca=subject != "serveur", path_length=None), critical=True)
        )
        if subject == "serveur":
            known = [_known(name) for name in names]
            builder = builder.add_extension(x509.SubjectAlternativeName(known), critical=False)
        return builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    issuer, signer = ("serveur", key) if own else ("Autorité d’essai", ca_key)
    return Papers(
        written("ca.pem", certificate("Autorité d’essai", "Autorité d’essai", ca_key, ca_key)),
        written("server.pem", certificate("serveur", issuer, key, signer)),
        written(
            "server.key",
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        ),
    )


def _known(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@contextmanager
def server(talk: Talk, signed: Papers | None) -> Iterator[int]:
    """A port at which `talk` answers each connection. signed: None for one without encryption."""
    trusting = None
    if signed is not None:
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trusting.load_cert_chain(signed.certificate, signed.key)
    listening = socket.create_server(("127.0.0.1", 0))

    def answer(sock: socket.socket) -> None:
        with suppress(OSError, ValueError), sock:
            sock.settimeout(10)
            encrypted = trusting.wrap_socket(sock, server_side=True) if trusting else sock
            with encrypted:
                talk(Line(encrypted))

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def imap(
    *,
    capabilities: str = "IMAP4rev1 AUTH=PLAIN SASL-IR IDLE QUOTA MOVE",
    refusal: str = "NO [AUTHENTICATIONFAILED] wrong",
    used: int = 10,
    folders: tuple[str, ...] = ("Sent", "Drafts", "Trash", "Junk", "Écoles"),
    hidden: tuple[str, ...] = (),
    greeting: str = "* OK ready",
) -> Talk:
    """An IMAP server with one mailbox; used: of 100 KiB."""

    def talk(line: Line) -> None:
        line.say(greeting)
        while said := line.hear():
            tag, _, rest = said.partition(" ")
            command = rest.upper()
            if command.startswith("CAPABILITY"):
                line.say(f"* CAPABILITY {capabilities}", f"{tag} OK done")
            elif command.startswith("AUTHENTICATE PLAIN"):
                line.say("+ ")
                given = base64.b64decode(line.hear()).decode().split("\0")
                line.say(f"{tag} OK in" if given[2] == PASSWORD else f"{tag} {refusal}")
            elif command.startswith("GETQUOTAROOT"):
                line.say("* QUOTAROOT INBOX root", f"* QUOTA root (STORAGE {used} 100)", f"{tag} OK done")
            elif command.startswith(("LIST", "LSUB")):
                verb = command.split()[0]
                shown = [name for name in ("INBOX", *folders) if verb == "LIST" or name not in hidden]
                line.say(*(f'* {verb} () "/" "{_utf7(name)}"' for name in shown), f"{tag} OK done")
            elif command.startswith("LOGOUT"):
                line.say("* BYE", f"{tag} OK out")
                return
            else:
                line.say(f"{tag} BAD what")

    return talk


def _utf7(name: str) -> str:
    from imapclient.imap_utf7 import encode

    return encode(name).decode()


def smtp(*, refusal: str = "535 5.7.8 wrong", greeting: str = "220 ready", auth: str = "PLAIN LOGIN") -> Talk:
    def talk(line: Line) -> None:
        line.say(greeting)
        while said := line.hear():
            command = said.upper()
            if command.startswith("EHLO"):
                line.say("250-here", *([f"250-AUTH {auth}"] if auth else []), "250 SIZE 20971520")
            elif command.startswith("AUTH PLAIN"):
                given = base64.b64decode(said.split()[2]).decode().split("\0")
                line.say("235 in" if given[2] == PASSWORD else refusal)
            elif command.startswith("QUIT"):
                line.say("221 bye")
                return
            else:
                line.say("502 what")

    return talk


def sync(*, statuses: dict[str, int] | None = None) -> Talk:
    """statuses: by method, what it answers instead of all is well."""

    def talk(line: Line) -> None:
        method = line.hear().partition(" ")[0]
        if not method:
            return
        headers = {}
        while header := line.hear():
            name, _, value = header.partition(": ")
            headers[name.lower()] = value
        if length := int(headers.get("content-length", 0)):
            line.file.read(length)
        given = base64.b64decode(headers["authorization"].split()[1]).decode().partition(":")[2]
        status = (statuses or {}).get(method, 200 if method == "OPTIONS" else 207)
        line.say(
            f"HTTP/1.1 {status if given == PASSWORD else 401} -",
            "MS-ASProtocolVersions: 2.5,12.1,14.1",
            "Content-Length: 0",
            "",
        )

    return talk
