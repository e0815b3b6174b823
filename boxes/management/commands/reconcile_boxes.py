"""`manage.py reconcile_boxes [--box ADDRESS …] [--dry-run] [--restore] [--json]`: boxes compared with Zimbra, from a
shell."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from boxes.models import Box, BoxFinding
from boxes.reconcile import words
from boxes.reconcile.by_hand import Report, reconcile

_STATES = {
    "mended": "remis en ordre",
    "open": "à décider",
    "would_mend": "serait remis en ordre",
    "would_restore": "serait remis comme prévu",
    "left": "reste à faire",
}
_WHAT = {"access": "accès pas en place", "identity": "identité pas en place", "share": "partage pas en place"}


class Command(BaseCommand):
    help = (
        "Compare les boîtes avec Zimbra, remet en ordre ce que le portail n’avait pas fini, et dit ce que quelqu’un a "
        "changé dans Zimbra. Fonctionne sans tâche de fond. Sort avec 0 quand tout concorde, 1 quand il reste des "
        "écarts, 2 quand une boîte n’a pas pu être regardée."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--box", action="append", default=[], metavar="ADRESSE", help="cette boîte seulement (répétable)"
        )
        parser.add_argument("--dry-run", action="store_true", help="dit ce qui diffère, n’écrit rien")
        parser.add_argument(
            "--restore",
            action="store_true",
            help="remet aussi Zimbra comme le dit le portail là où quelqu’un l’a changé (après une restauration, par "
            "exemple)",
        )
        parser.add_argument("--json", action="store_true", help="écrit la liste JSON des comptes rendus")

    def handle(self, *args: Any, **options: Any) -> None:
        reports = []
        for box in self._boxes(options["box"]):
            report = reconcile(box, restore=options["restore"], dry_run=options["dry_run"])
            reports.append(report)
            if not options["json"]:
                self._show(report)
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(report) for report in reports], ensure_ascii=False, indent=1))
        else:
            self._sum_up(reports)
        if any(report.trouble or report.unseen for report in reports):
            raise SystemExit(2)
        if any(report.remains for report in reports):
            raise SystemExit(1)

    def _boxes(self, addresses: list[str]) -> list[Box]:
        boxes = Box.objects.filter(transfer_asked_at__isnull=False)
        if not addresses:
            return list(boxes.filter(transferred_at__isnull=False))
        wanted = [address.strip().lower() for address in addresses]
        found = {box.address: box for box in boxes.filter(address__in=wanted)}
        missing = [address for address in wanted if address not in found]
        if missing:
            raise CommandError(f"Pas de boîte transférée à cette adresse : {', '.join(missing)}.", returncode=2)
        return [found[address] for address in dict.fromkeys(wanted)]

    def _show(self, report: Report) -> None:
        if report.trouble:
            self.stdout.write(f"{report.box.address} : pas regardée ({report.trouble}).")
            return
        lines = [
            (_what(one.what), one.address, _STATES[one.state] + (f" ({one.trouble})" if one.trouble else ""))
            for one in report.ours
        ]
        lines += [
            (str(BoxFinding.Kind(one.finding.kind).label), words.seen(one.finding), _STATES[one.state])
            for one in report.found
        ]
        lines += [("boîte personnelle pas regardée", address, code) for address, code in report.unseen.items()]
        if not lines:
            self.stdout.write(f"{report.box.address} : rien à signaler.")
            return
        self.stdout.write(f"{report.box.address} :")
        width = max(len(what) for what, _, _ in lines)
        for what, told, state in lines:
            self.stdout.write(f"  {what:<{width}}  {told}  [{state}]")

    def _sum_up(self, reports: list[Report]) -> None:
        remaining = sum(len(report.remaining) for report in reports)
        mended = sum(report.mended for report in reports)
        troubled = sum(bool(report.trouble) for report in reports)
        self.stdout.write(
            f"{_count(len(reports), 'boîte')} : {_count(remaining, 'écart')} en suspens, "
            f"{mended} remis en ordre, {_count(troubled, 'boîte')} pas regardée{'s' if troubled > 1 else ''}."
        )


def _what(what: str) -> str:
    if what.startswith("folder:"):
        return f"accès fermé à « {what.partition(':')[2].strip('/')} »"
    return _WHAT[what]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}"


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "box": report.box.address,
        "trouble": report.trouble,
        "unseen": report.unseen,
        "ours": [
            {"what": one.what, "address": one.address, "state": one.state, "trouble": one.trouble}
            for one in report.ours
        ],
        "found": [
            {
                "kind": one.finding.kind,
                "grantee": one.finding.grantee,
                "folder": one.finding.folder_path,
                "expected": one.finding.expected,
                "found": one.finding.found,
                "state": one.state,
            }
            for one in report.found
        ],
    }
