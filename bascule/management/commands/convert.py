"""`manage.py convert FILE… [--out DIR] [--json]`: clean address books, calendars and filters outside the site."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bascule.converting import FileReport, convert_files

_KINDS = {"contacts": "carnet d’adresses", "calendar": "calendrier", "filters": "règles de filtrage"}
_NOUNS = {"filters": "règle"}


class Command(BaseCommand):
    help = (
        "Nettoie des carnets d’adresses et des calendriers exportés (.vcf, .ics, .zip) et traduit des règles de "
        "filtrage (.sieve, .ldif) : écrit des fichiers prêts à importer, les règles telles que Zimbra les tient, et un "
        "compte rendu par fichier. Sort avec 1 quand un fichier n’a pas pu être lu."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FICHIER")
        parser.add_argument(
            "--out", type=Path, default=Path("convertis"), metavar="DOSSIER", help="dossier de sortie (convertis)"
        )
        parser.add_argument(
            "--json", action="store_true", help="écrit sur la sortie standard la liste JSON des comptes rendus"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reports = []
        try:
            for report in convert_files(
                options["files"], options["out"], home_zone=settings.TIME_ZONE, domain=settings.MAIL_DOMAIN
            ):
                reports.append(report)
                if not options["json"]:
                    self.stdout.write(summary(report))
        except OSError as error:
            raise CommandError(f"Impossible d’écrire dans {options['out']} : {error.strerror}.") from error
        if options["json"]:
            self.stdout.write(json.dumps([report.as_json() for report in reports], ensure_ascii=False, indent=1))
        if any(report.error for report in reports):
            raise SystemExit(1)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}"


def summary(report: FileReport) -> str:
    """A report in a few French lines."""
    if report.error:
        return f"{report.file} : illisible. {report.remarks[0]['message']}"
    repairs = sum(repair["count"] for repair in report.repairs)
    noun = _NOUNS.get(report.kind, "élément")
    lines = [
        f"{report.file} : {_KINDS[report.kind]}, {_count(report.items_in, noun)} en entrée, "
        f"{report.items_out} en sortie, {_count(repairs, 'réparation')}, {_count(len(report.remarks), 'remarque')}."
    ]
    lines += [f"  → {path}" for path in report.written]
    counts: dict[str, list[dict[str, str]]] = {}
    for remark in report.remarks:
        counts.setdefault(remark["code"], []).append(remark)
    for remarks in counts.values():
        first = remarks[0]
        more = f" (et {_count(len(remarks) - 1, 'autre')})" if len(remarks) > 1 else ""
        lines.append(f"  ! {first['place']} : {first['message']}{more}")
    return "\n".join(lines)
