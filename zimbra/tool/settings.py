"""`prefs`, `absence`, `senders`, `app-passwords`: what a person sets for the account."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError, Namespace
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from zimbra.client import ZimbraClient
from zimbra.errors import NotFound
from zimbra.tool.arguments import Commands, Wrong, command, family
from zimbra.tool.screen import Screen
from zimbra.types import ExternalReply

_EXTERNAL = {"same": ExternalReply.SAME, "none": ExternalReply.NONE}
_EXTERNAL_WORDS = {
    ExternalReply.SAME: "la même réponse",
    ExternalReply.OTHER: "une autre réponse",
    ExternalReply.NONE: "aucune réponse",
}
_SHORT = re.compile(r"\d{4}-\d\d-\d\d")


def add(commands: Commands) -> None:
    prefs = family(commands, "prefs", "les préférences")
    shown = command(prefs, "list", _list, "montrer les préférences, toutes ou celles nommées")
    shown.add_argument("names", metavar="NOM", nargs="*")
    change = command(prefs, "set", _set, "changer une préférence ; plusieurs valeurs pour celles qui en ont")
    change.add_argument("name", metavar="NOM")
    change.add_argument("values", metavar="VALEUR", nargs="+")
    unset = command(prefs, "unset", _unset, "revenir à la valeur par défaut", erases=True)
    unset.add_argument("name", metavar="NOM")

    absence = family(commands, "absence", "la réponse d'absence")
    command(absence, "show", _show_absence, "montrer la réponse d'absence")
    start = command(absence, "set", _set_absence, "mettre en place la réponse d'absence")
    start.add_argument("file", metavar="FICHIER", type=Path, help="texte de la réponse, en UTF-8")
    start.add_argument(
        "--from", dest="start", metavar="DATE", type=_moment, help="début : 2026-07-01 ou 2026-07-01T08:00Z"
    )
    start.add_argument(
        "--until", metavar="DATE", type=_moment, help="fin, non comprise ; sans elle, jusqu'à absence off"
    )
    start.add_argument(
        "--external", choices=tuple(_EXTERNAL), default="same", help="à l'extérieur : la même, ou aucune"
    )
    command(absence, "off", _end_absence, "ne plus répondre ; le texte est gardé")

    senders = family(commands, "senders", "les expéditeurs de confiance, admis, ou bloqués")
    command(senders, "list", _list_senders, "montrer les trois listes")
    for name, run, text in (
        ("trust", _trust, "montrer d'emblée les images de ces expéditeurs"),
        ("allow", _allow, "ne jamais prendre leurs messages pour indésirables"),
        ("block", _block, "toujours prendre leurs messages pour indésirables"),
        ("forget", _forget, "les retirer des trois listes"),
    ):
        several = command(senders, name, run, text, erases=name == "forget")
        several.add_argument("addresses", metavar="ADRESSE", nargs="+", help="adresse ou domaine")

    passwords = family(commands, "app-passwords", "les mots de passe d'application")
    command(passwords, "list", _list_passwords, "montrer les logiciels qui en ont un")
    create = command(passwords, "create", _create_password, "en créer un ; il n'est montré que cette fois")
    revoke = command(passwords, "revoke", _revoke_password, "en retirer un : le logiciel n'entre plus", erases=True)
    for parser in (create, revoke):
        parser.add_argument("name", metavar="NOM", help="nom du logiciel ou de l'appareil")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} n'est pas une date (2026-07-01 ou 2026-07-01T08:00Z)") from error
    if moment.tzinfo is None and not _SHORT.fullmatch(text):
        raise ArgumentTypeError(f"{text} ne dit pas son décalage : finir par Z ou par +04:00")
    # A day alone begins when it begins here.
    return moment.astimezone(UTC)


def _list(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    found = client.preferences(*arguments.names)
    rows = [{"name": name, "values": list(values)} for name, values in sorted(found.items())]
    screen.table({"name": "Préférence", "values": "Valeur"}, rows, "Aucune préférence de ce nom n'a de valeur.")


def _set(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    values = arguments.values
    client.set_preferences({arguments.name: values[0] if len(values) == 1 else values})
    screen.say(f"Préférence changée : {arguments.name}.")


def _unset(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    if not screen.would(f"la préférence {arguments.name} serait effacée."):
        client.set_preferences({arguments.name: None})
        screen.say(f"Préférence effacée : {arguments.name}.")


def _show_absence(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    absence = client.out_of_office()
    titles = {
        "enabled": "Réponse en place",
        "start": "À partir du",
        "until": "Jusqu'au",
        "external": "À l'extérieur",
        "text": "Texte",
        "external_text": "Texte à l'extérieur",
    }
    values: dict[str, object] = {key: getattr(absence, key) for key in titles}
    values |= {key: "" if values[key] is None else values[key] for key in ("start", "until")}
    values["external"] = absence.external.value if screen.as_json else _EXTERNAL_WORDS[absence.external]
    screen.facts({key: title for key, title in titles.items() if values[key] != ""}, values)


def _set_absence(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    try:
        text = arguments.file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"le fichier {arguments.file} ne peut pas être lu (il doit être en UTF-8)") from error
    if arguments.start and arguments.until and arguments.until <= arguments.start:
        raise Wrong("la fin de l'absence est avant son début")
    client.set_out_of_office(
        replace(
            client.out_of_office(),
            enabled=True,
            text=text,
            start=arguments.start,
            until=arguments.until,
            external=_EXTERNAL[arguments.external],
        )
    )
    screen.say("Réponse d'absence en place.")


def _end_absence(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    client.set_out_of_office(replace(client.out_of_office(), enabled=False))
    screen.say("Plus de réponse d'absence.")


def _list_senders(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    lists = client.sender_lists()
    rows = [
        {"list": name, "address": address}
        for name, addresses in (
            ("trusted", client.trusted_senders()),
            ("allowed", lists.white),
            ("blocked", lists.black),
        )
        for address in addresses
    ]
    if not screen.as_json:
        words = {"trusted": "de confiance", "allowed": "admis", "blocked": "bloqué"}
        rows = [row | {"list": words[row["list"]]} for row in rows]
    screen.table({"address": "Expéditeur", "list": "Liste"}, rows, "Aucun expéditeur dans ces listes.")


def _trust(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    client.trust_senders(arguments.addresses, most=client.info().limits.trusted_senders)
    screen.say(f"De confiance : {', '.join(arguments.addresses)}.")


def _allow(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    client.change_sender_lists(allow=arguments.addresses)
    screen.say(f"Admis : {', '.join(arguments.addresses)}.")


def _block(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    client.change_sender_lists(block=arguments.addresses)
    screen.say(f"Bloqué : {', '.join(arguments.addresses)}.")


def _forget(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    named = ", ".join(arguments.addresses)
    if screen.would(f"{named} : retiré des trois listes."):
        return
    client.change_sender_lists(disallow=arguments.addresses, unblock=arguments.addresses)
    client.distrust_senders(arguments.addresses)
    screen.say(f"Retiré des trois listes : {named}.")


def _list_passwords(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rows = [
        {"name": one.name, "created": one.created or "", "last_used": one.last_used or ""}
        for one in client.app_passwords().passwords
    ]
    titles = {"name": "Nom", "created": "Créé", "last_used": "Utilisé"}
    screen.table(titles, rows, "Aucun mot de passe d'application.")


def _create_password(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    made = client.create_app_password(arguments.name)
    if screen.as_json:
        screen.json({"name": made.name, "secret": made.secret})
    else:
        screen.say(f"Mot de passe pour {made.name}, à noter maintenant : {made.secret}")


def _revoke_password(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    if arguments.name not in {one.name for one in client.app_passwords().passwords}:
        raise NotFound("account.NO_SUCH_APP_PASSWORD")
    if not screen.would(f"le mot de passe de {arguments.name} serait retiré."):
        client.revoke_app_password(arguments.name)
        screen.say(f"Retiré : {arguments.name} n'entre plus.")
