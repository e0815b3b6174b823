"""`python -m zimbra.simulator`: see the package."""

from __future__ import annotations

import argparse
import gc
import logging
import re
import signal
import sqlite3
import sys
from pathlib import Path
from types import FrameType

from zimbra.simulator.server import PortBusy, SimulatorServer

_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\Z")


def _admin(text: str) -> tuple[str, str]:
    address, colon, password = text.partition(":")
    if not colon or not password or address.count("@") != 1:
        raise argparse.ArgumentTypeError("ADRESSE:MOT_DE_PASSE attendu")
    return address, password


def _domain(text: str) -> str:
    if not _DOMAIN.match(text):
        raise argparse.ArgumentTypeError(f"nom de domaine incorrect : {text}")
    return text.lower()


def _key(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{16,}", text):
        raise argparse.ArgumentTypeError("clé hexadécimale d'au moins 16 chiffres attendue")
    return text.lower()


def _default(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch(r"zimbra[A-Za-z0-9]+", name):
        raise argparse.ArgumentTypeError(f"NOM=VALEUR attendu, le nom commençant par zimbra : {text}")
    return name, value


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"port incorrect : {text}")
    return int(text)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _option(given: argparse.Namespace, port: int) -> str:
    """The option that asked for a port."""
    options = {given.port: "--port", given.lmtp_port: "--lmtp-port", given.imap_port: "--imap-port"}
    return options.get(port, "--port")


def main() -> int:
    """0 after a signal, 2 when the server cannot start."""
    parser = argparse.ArgumentParser(prog="python -m zimbra.simulator", description="Zimbra simulé.")
    parser.add_argument("--port", type=_port, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="dossier où tout est conservé")
    parser.add_argument("--domain", type=_domain, action="append", metavar="DOMAINE")
    parser.add_argument("--admin", type=_admin, metavar="ADRESSE:MOT_DE_PASSE")
    parser.add_argument("--preauth-key", type=_key, metavar="HEX")
    parser.add_argument(
        "--default",
        type=_default,
        action="append",
        default=[],
        metavar="NOM=VALEUR",
        help="attribut que tous les comptes reçoivent, par exemple zimbraPrefTimeZoneId=Europe/Brussels",
    )
    parser.add_argument(
        "--lmtp-port", type=_port, metavar="PORT", help="remise du courrier par LMTP (0 : un port libre)"
    )
    parser.add_argument(
        "--imap-port", type=_port, metavar="PORT", help="lecture du courrier par IMAP (0 : un port libre)"
    )
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("zimbra.simulator").setLevel(logging.INFO)
    # The server's own remarks about its queue are of no use here.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        server = SimulatorServer(
            host=given.host,
            port=given.port,
            data=given.data,
            domains=given.domain or ["ac-reunion.fr"],
            admin=given.admin,
            preauth_key=given.preauth_key or "",
            defaults=dict(given.default),
            lmtp_port=given.lmtp_port,
            imap_port=given.imap_port,
        )
    except PortBusy as error:
        option = _option(given, error.port)
        print(f"Le port {error.port} est déjà pris ({error}). Choisissez-en un autre avec {option}.", file=sys.stderr)
        return 2
    except (OSError, sqlite3.Error, RuntimeError) as error:
        print(f"Impossible d'utiliser le dossier {given.data} : {error}", file=sys.stderr)
        return 2

    def stop(signum: int, frame: FrameType | None) -> None:
        # Where Python swallows the exception, in a destructor for one, the loop sees the note within a second.
        server.note_stop()
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    # A batch makes tens of thousands of small objects that all die with it: looking for cycles among them is waste.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    print(f"Zimbra simulé à l'écoute sur {server.url}", flush=True)
    for name, port in (("LMTP", server.lmtp_port), ("IMAP", server.imap_port)):
        if port:
            print(f"{name} à l'écoute sur {server.host}:{port}", flush=True)
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
