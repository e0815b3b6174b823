"""The intake of the quarantine: see docs/postfix.md."""

from __future__ import annotations

import asyncio
import signal
from contextlib import ExitStack
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quarantine import next_hop, verdicts
from quarantine.gateway import heartbeat, intake, intake_work, metrics
from quarantine.gateway.addresses import host_and_port
from quarantine.models import GatewayHeartbeat


class Command(BaseCommand):
    help = "Reçoit le courrier : remet ce qui est sain, retient le reste. SIGTERM termine ce qui est commencé."

    def add_arguments(self, parser: CommandParser) -> None:
        for option, what in (
            ("--lmtp", "courrier entrant, par LMTP : le verdict décide"),
            ("--smtp", "courrier entrant, par SMTP : le verdict décide"),
            ("--hold-lmtp", "envois au-dessus de WARN, par LMTP : tout est retenu"),
        ):
            parser.add_argument(option, metavar="HÔTE:PORT|CHEMIN", action="append", default=[], help=what)
        parser.add_argument("--metrics", metavar="HÔTE:PORT", help="mesures au format de Prometheus")
        parser.add_argument("--workers", type=int, default=intake.WORKERS, help="messages traités à la fois")

    def handle(self, *args: Any, **options: Any) -> None:
        kinds = (intake.LMTP, intake.SMTP, intake.HOLD_LMTP)
        listeners = [intake.Listener(kind, one) for kind in kinds for one in options[kind.replace("-", "_")]]
        if not listeners:
            raise CommandError("Indiquez où écouter : --lmtp, --smtp ou --hold-lmtp.")
        if not 1 <= options["workers"] <= 64:
            raise CommandError("--workers : de 1 à 64.")
        try:
            for one in listeners:
                intake.check_address(one.address)
            figures_at = host_and_port(options["metrics"]) if options["metrics"] else None
        except ValueError as error:
            raise CommandError(f"Ni HÔTE:PORT ni chemin : {error}") from error
        try:
            intake_work.check_settings()
        except (next_hop.BadRoute, verdicts.BadRules) as error:
            raise CommandError(f"Réglages de la quarantaine : {error}") from error
        intake.prepare_database()
        name = heartbeat.name_at(listeners[0].address)
        with ExitStack() as stack:
            try:
                beating = stack.enter_context(heartbeat.Heartbeat(GatewayHeartbeat.Kind.INTAKE, name))
                if figures_at:
                    figures = metrics.MetricsServer(beating, *figures_at)
                    figures.start()
                    stack.callback(figures.stop)
                asyncio.run(self._run(intake.Intake(listeners, beating, workers=options["workers"])))
            except OSError as error:
                raise CommandError(f"Impossible d’écouter : {error}") from error

    async def _run(self, running: intake.Intake) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, running.stop)
        await running.run(self._ready)

    def _ready(self, addresses: list[str]) -> None:
        self.stdout.write(f"Réception à l’écoute : {' '.join(addresses)}")
        self.stdout.flush()
