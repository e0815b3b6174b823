"""`prefs`: the account's preferences, by Zimbra's names."""

from __future__ import annotations

from argparse import Namespace

from zimbra.client import ZimbraClient
from zimbra.tool.arguments import Commands, command, family
from zimbra.tool.screen import Screen


def add(commands: Commands) -> None:
    prefs = family(commands, "prefs", "les préférences")
    shown = command(prefs, "list", _list, "montrer les préférences, toutes ou celles nommées")
    shown.add_argument("names", metavar="NOM", nargs="*")
    change = command(prefs, "set", _set, "changer une préférence ; plusieurs valeurs pour celles qui en ont")
    change.add_argument("name", metavar="NOM")
    change.add_argument("values", metavar="VALEUR", nargs="+")
    unset = command(prefs, "unset", _unset, "revenir à la valeur par défaut", erases=True)
    unset.add_argument("name", metavar="NOM")


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
