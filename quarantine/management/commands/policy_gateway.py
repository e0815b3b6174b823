"""manage.py policy_gateway: the sending limits for Postfix, until it is told to end."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quarantine.gateway import policy_server
from quarantine.gateway.addresses import host_and_port


class Command(BaseCommand):
    help = "Répond aux serveurs d’envoi (Postfix, délégation de politique) selon les limites d’envoi."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--listen", action="append", default=[], type=_address, metavar="HÔTE:PORT", help="adresse TCP, répétable"
        )
        parser.add_argument("--socket", default="", metavar="CHEMIN", help="socket Unix")
        parser.add_argument(
            "--socket-mode",
            type=_mode,
            default=0o666,
            metavar="MODE",
            help="droits de la socket Unix, en octal (666 : le dossier décide qui peut s’en servir)",
        )
        parser.add_argument("--metrics", type=_address, metavar="HÔTE:PORT", help="mesures au format de Prometheus")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["listen"] and not options["socket"]:
            raise CommandError("Indiquez où écouter : --listen hôte:port, --socket chemin, ou les deux.")
        try:
            policy_server.run(
                listen=options["listen"],
                socket_path=options["socket"],
                socket_mode=options["socket_mode"],
                metrics=options["metrics"],
                on_ready=lambda places: print(f"policy_gateway: ready on {', '.join(places)}", flush=True),
            )
        except OSError as error:
            raise CommandError(f"Impossible d’écouter : {error}") from error


def _address(text: str) -> tuple[str, int]:
    try:
        return host_and_port(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _mode(text: str) -> int:
    try:
        return int(text, 8) & 0o777
    except ValueError as error:
        raise argparse.ArgumentTypeError("trois chiffres en octal, par exemple 660") from error
