"""`manage.py import_directory agents FILE [--partial] [--dry-run] …`: a list for the directory, from a shell."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.directory import kinds
from accounts.directory.by_hand import MAX_TOLD, Report, Wish, import_file
from accounts.directory.report import COUNTED
from accounts.directory.states import DirectoryError
from accounts.models import Agent

# What the job of a night goes by.
_EXITS = {"applied": 0, "nothing": 0, "would_apply": 0, "errors": 2, "guarded": 3, "busy": 4, "stopped": 1}
_TOLD = {
    "applied": "Import écrit dans le répertoire.",
    "nothing": "Rien à changer : le répertoire dit déjà la même chose.",
    "would_apply": "Essai seulement : rien n’a été écrit.",
    "errors": "Rien n’a été écrit : corrigez d’abord ces erreurs.",
    "guarded": "Rien n’a été écrit.",
    "busy": "Rien n’a été écrit.",
    "stopped": "Rien n’a été écrit.",
}


class Command(BaseCommand):
    help = (
        "Met le répertoire à jour d’après une liste CSV, comme la page « Répertoire », sans attendre de confirmation. "
        "Sans --partial, la liste est complète : qui n’y est pas est désactivé. Tout est écrit, ou rien. Sort avec 0 "
        "quand la liste est écrite ou qu’il n’y avait rien à changer, 2 quand la liste a des erreurs, 3 quand trop de "
        "personnes partiraient, 4 quand un autre import est en cours d’écriture, 1 sinon."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "kind",
            choices=[kind.code for kind in kinds.every()],
            metavar="SORTE",
            help="agents, establishments ou boxes",
        )
        parser.add_argument("file", type=Path, metavar="FICHIER")
        parser.add_argument("--partial", action="store_true", help="la liste n’est pas complète : personne ne part")
        parser.add_argument("--dry-run", action="store_true", help="dit ce qui serait fait, n’écrit rien")
        parser.add_argument(
            "--allow-gone", action="store_true", help="accepte plus de départs que la part permise sans le dire"
        )
        parser.add_argument(
            "--allow-staff-gone", action="store_true", help="désactive aussi les membres de l’équipe DSI absents"
        )
        parser.add_argument("--by", metavar="ADRESSE", help="qui le fait, pour le journal (le portail)")
        parser.add_argument("--json", action="store_true", help="écrit le compte rendu en JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        kind = kinds.get(options["kind"])
        assert kind is not None
        wish = Wish(
            is_complete=not options["partial"],
            dry_run=options["dry_run"],
            allow_gone=options["allow_gone"],
            allow_staff_gone=options["allow_staff_gone"],
            by=_agent(options["by"]) if options["by"] else None,
        )
        try:
            report = import_file(options["file"], kind, wish)
        except OSError as error:
            report = Report("errors", why=f"Fichier impossible à ouvrir ({error.strerror}).")
        except DirectoryError as refusal:
            report = Report("errors", why=refusal.sentence)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report), ensure_ascii=False, indent=1))
        else:
            self.stdout.write(told(report, kind.several))
        if _EXITS[report.outcome]:
            raise SystemExit(_EXITS[report.outcome])


def _agent(address: str) -> Agent:
    try:
        agent = Agent.objects.get_by_natural_key(address)
    except Agent.DoesNotExist:
        raise CommandError(f"Personne du portail n’a l’adresse {address}.") from None
    if not agent.is_staff:
        raise CommandError(f"{address} n’est pas de l’équipe DSI.")
    return agent


def told(report: Report, several: str) -> str:
    """A report in some French lines."""
    lines = []
    if report.lines:
        seconds = f"{report.seconds}".replace(".", ",")
        lines.append(f"{report.lines} {'lignes lues' if report.lines > 1 else 'ligne lue'} ({several}), {seconds} s :")
        for code, (one, many) in COUNTED.items():
            count = report.counts.get(code, 0)
            lines += [f"  {count} {many if count > 1 else one}"] if count else []
    lines += [f"  ligne {one['line']} : {' '.join(one['why'])}" for one in report.errors]
    left = report.counts.get("error", 0) - len(report.errors)
    if report.outcome == "errors" and left > 0 and len(report.errors) >= MAX_TOLD:
        lines.append(f"  et {left} autres : voyez l’import {report.number} sur la page « Répertoire ».")
    lines += [report.why] if report.why else []
    lines.append(_TOLD[report.outcome])
    return "\n".join(lines)
