"""`manage.py check_help [FILE…]`: what is wrong with the pages and drawings of the help, by file and line."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from bascule.help import whole


class Command(BaseCommand):
    help = (
        "Vérifie les pages et les dessins de l’aide : en-têtes, liens, dessins, repères, titres, HTML. Sans fichier, "
        "tous ceux du portail et de l’équipe. Écrit fichier:ligne: faute. Sort avec 1 quand il y en a."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FICHIER")

    def handle(self, *args: Any, **options: Any) -> None:
        paths = [path.resolve() for path in options["files"]] or whole.every_file()
        count = 0
        for path, fault in whole.faults_of(paths):
            count += 1
            self.stdout.write(f"{_shown(path)}:{fault.line}: {fault.sentence}")
        if count:
            self.stderr.write(f"{count} faute{'s' if count > 1 else ''} dans {len(paths)} fichiers.")
            raise SystemExit(1)
        self.stdout.write(f"{len(paths)} fichiers, aucune faute.")


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
