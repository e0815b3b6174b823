"""`manage.py import_filters FILE… [--for ADDRESS] [--send] [--dry-run]`: rules given to people, from a shell."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Agent
from bascule.filter_intakes.by_hand import Report, Wish, import_file
from bascule.filter_intakes.sending import Sending

_OUTCOMES = {
    "given": "données",
    "known": "déjà données avec ce contenu",
    "would_give": "seraient données",
}
_SENDINGS = {
    "sent": "envoyées dans Zimbra",
    "would_send": "seraient envoyées dans Zimbra",
    "nothing": "rien à envoyer, tout est déjà dans Zimbra",
    "not_migrated": "pas d’envoi, la boîte n’est pas encore transférée",
    "blocked": "pas d’envoi",
    "stopped": "envoi arrêté",
    "waiting": "envoi en attente",
}


class Command(BaseCommand):
    help = (
        "Donne à chaque personne d’un annuaire LDIF ses règles de filtrage, comme la page « Filtres (LDIF) », sans "
        "attendre de confirmation ; ou un script Sieve à une personne (--for). Fonctionne sans tâche de fond. Sort "
        "avec 1 quand quelque chose n’a pas pu être fait."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FICHIER")
        parser.add_argument("--by", metavar="ADRESSE", help="qui le fait, pour le journal (le portail)")
        parser.add_argument(
            "--for", dest="owner", metavar="ADRESSE", help="à qui sont les règles, quoi que dise le fichier"
        )
        parser.add_argument("--dry-run", action="store_true", help="dit ce qui serait fait, n’écrit rien")
        parser.add_argument(
            "--send",
            action="store_true",
            help="envoie aussi dans Zimbra, tout de suite, si la boîte est transférée ; crée les dossiers manquants",
        )
        parser.add_argument("--json", action="store_true", help="écrit la liste JSON des comptes rendus")

    def handle(self, *args: Any, **options: Any) -> None:
        by = _agent(options["by"]) if options["by"] else None
        owner = _agent(options["owner"]) if options["owner"] else None
        wish = Wish(dry_run=options["dry_run"], send=options["send"], by=by)
        is_done = True
        listed = []
        for path in options["files"]:
            try:
                for report in import_file(path, wish, owner):
                    is_done &= report.is_done
                    if options["json"]:
                        listed.append(report.as_json())
                    else:
                        self.stdout.write(told(report, with_names=owner is not None))
            except OSError as error:
                is_done = False
                report = Report(str(path), outcome="unreadable", why=f"fichier impossible à ouvrir ({error.strerror})")
                if options["json"]:
                    listed.append(report.as_json())
                else:
                    self.stdout.write(told(report))
        if options["json"]:
            self.stdout.write(json.dumps(listed, ensure_ascii=False, indent=1))
        if not is_done:
            raise SystemExit(1)


def _agent(address: str) -> Agent:
    try:
        return Agent.objects.get_by_natural_key(address)
    except Agent.DoesNotExist:
        raise CommandError(f"Personne du portail n’a l’adresse {address}.") from None


def told(report: Report, *, with_names: bool = False) -> str:
    """A report in a few French lines. with_names: the names of rules, which are the person's own, may be told."""
    who = f"{report.name} <{report.address}>" if report.name else report.address
    start = f"{who} : " if who else f"{report.file} : "
    if report.why:
        return f"{start}rien de donné, {report.why}" + ("" if report.why.endswith(".") else ".")
    many = "s" if report.rules > 1 else ""
    lines = [
        f"{start}{report.rules} règle{many} ({report.same} à l’identique, {report.near} à vérifier, "
        f"{report.refused} non reprise{'s' if report.refused > 1 else ''}), {_OUTCOMES[report.outcome]}."
    ]
    if report.remarks:
        lines.append("  remarques : " + ", ".join(f"{code} × {count}" for code, count in report.remarks.items()))
    if report.sending is not None:
        lines += _sending(report.sending, with_names)
    return "\n".join(lines)


def _sending(sending: Sending, with_names: bool) -> list[str]:
    text = f"  {_SENDINGS[sending.outcome]}"
    if sending.outcome in {"sent", "would_send"}:
        text += f" : {sending.rules} règle{'s' if sending.rules > 1 else ''} en tout"
        if sending.folders:
            one = "dossier créé" if sending.folders == 1 else "dossiers créés"
            text += f", {sending.folders} {one}"
        if sending.outcome == "sent":
            text += f", {len(sending.differences) or 'aucune'} différence{'s' if len(sending.differences) > 1 else ''}"
    if sending.why:
        text += f" : {sending.why.rstrip('.')}"
    return [text + ".", *(f"  ! {one}" for one in sending.differences if with_names)]
