"""`info`, `directory`: whose account it is, and who else there is."""

from __future__ import annotations

from argparse import Namespace
from itertools import islice

from zimbra.client import ZimbraClient
from zimbra.tool.arguments import Commands, command, positive
from zimbra.tool.screen import Screen

_KINDS = {"account": "personne", "group": "liste", "resource": "ressource"}


def add(commands: Commands) -> None:
    command(commands, "info", _info, "montrer le compte, la place occupée et les limites")
    search = command(commands, "directory", _search, "chercher dans l'annuaire")
    search.add_argument("name", metavar="NOM", nargs="?", default="", help="début d'un nom ou d'une adresse")
    search.add_argument("--kind", choices=("all", *_KINDS), default="all", help="ne chercher que cette sorte d'entrée")
    search.add_argument("--limit", metavar="NOMBRE", type=positive, default=100, help="nombre d'entrées au plus (100)")


def _info(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    info = client.info()
    titles = {
        "address": "Adresse",
        "addresses": "Adresses possibles",
        "account_id": "Identifiant",
        "version": "Version du serveur",
        "used": "Place occupée (octets)",
        "quota": "Place accordée (octets, 0 : sans limite)",
        "contact_max": "Contacts au plus",
        "upload_max": "Fichier le plus grand (octets)",
        "message_max": "Message le plus grand (octets)",
    }
    screen.facts(titles, {key: getattr(info, key) for key in titles})


def _search(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    people = islice(client.all_people(arguments.name, kind=arguments.kind), arguments.limit)
    rows = [
        {
            "name": person.name,
            "address": person.address,
            "kind": person.kind if screen.as_json else _KINDS.get(person.kind, person.kind),
            "addresses": list(person.addresses),
            "id": person.account_id or person.id,
        }
        for person in people
    ]
    screen.table({"name": "Nom", "address": "Adresse", "kind": "Sorte"}, rows, "Personne à ce nom.")
