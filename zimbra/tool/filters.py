"""`filters`: rules in words and as JSON, changed, applied."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.tool.arguments import Commands, Wrong, command, family
from zimbra.tool.filter_json import NotARule, rules_from_json, rules_to_json
from zimbra.tool.filter_words import sentences
from zimbra.tool.screen import Screen
from zimbra.types.filters import Direction, FilterRule
from zimbra.verbs.filters import NO_SUCH_RULE

# Our own code: what the server keeps is not what it was sent.
NOT_KEPT = "filters.NOT_KEPT"


def add(commands: Commands) -> None:
    filters = family(commands, "filters", "les filtres")
    shown = command(filters, "list", _list, "montrer les filtres, en phrases")
    export = command(filters, "export", _export, "enregistrer les filtres en JSON")
    export.add_argument("file", metavar="FICHIER", type=Path, nargs="?", help="sans lui, sur la sortie standard")
    load = command(filters, "import", _import, "mettre en place les filtres d'un fichier JSON", erases=True)
    load.add_argument("file", metavar="FICHIER", type=Path)
    load.add_argument(
        "--merge", action="store_true", help="garder les filtres en place ; ceux du même nom sont remplacés"
    )
    on = command(filters, "activate", _activate, "rendre un filtre actif")
    off = command(filters, "deactivate", _deactivate, "rendre un filtre inactif")
    delete = command(filters, "delete", _delete, "supprimer un filtre", erases=True)
    for parser in (on, off, delete):
        parser.add_argument("name", metavar="NOM")
    apply = command(filters, "apply", _apply, "appliquer des filtres aux messages déjà reçus", erases=True)
    apply.add_argument("names", metavar="NOM", nargs="+")
    apply.add_argument("--query", metavar="RECHERCHE", default="in:inbox", help="messages concernés (in:inbox)")
    for parser in (shown, export, load, on, off, delete, apply):
        parser.add_argument("--outgoing", action="store_true", help="les filtres des messages envoyés")


def _direction(arguments: Namespace) -> Direction:
    return "outgoing" if arguments.outgoing else "incoming"


def _list(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rules = client.filters(_direction(arguments))
    if screen.as_json:
        screen.json(rules_to_json(rules))
        return
    if not rules:
        screen.say("Aucun filtre.")
    for rule in rules:
        for line in sentences(rule):
            screen.say(line)


def _export(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rules = client.filters(_direction(arguments))
    if arguments.file is None:
        screen.json(rules_to_json(rules))
        return
    text = json.dumps(rules_to_json(rules), ensure_ascii=False, indent=2) + "\n"
    try:
        with os.fdopen(
            os.open(arguments.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as out:
            out.write(text)
    except OSError as error:
        raise Wrong(f"le fichier {arguments.file} ne peut pas être écrit") from error
    screen.say(f"{_number(rules)} dans {arguments.file}.")


def _import(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    try:
        wanted = rules_from_json(json.loads(arguments.file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"le fichier {arguments.file} ne peut pas être lu") from error
    except NotARule as error:
        raise Wrong(f"{arguments.file} : {error}") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise Wrong(f"{arguments.file} n'est pas du JSON") from error
    direction = _direction(arguments)
    there = client.filters(direction)
    if arguments.merge:
        new = {rule.name: rule for rule in wanted}
        wanted = (
            *(new.pop(rule.name, rule) for rule in there),
            *(rule for rule in wanted if rule.name in new),
        )
    if screen.would(f"{_number(there)} en place, {_number(wanted)} après."):
        return
    client.replace_filters(wanted, direction)
    _check(client.filters(direction), wanted)
    screen.say(f"{_number(wanted)} en place.")


def _check(kept: Sequence[FilterRule], wanted: Sequence[FilterRule]) -> None:
    """Refused: the server left out, without a word, a kind of test it does not know; the rule takes too much now."""
    for rule, sent in zip(kept, wanted, strict=False):
        if len(rule.tests) != len(sent.tests) or len(rule.actions) != len(sent.actions):
            raise Refused(NOT_KEPT, sent.name)
    if [rule.name for rule in kept] != [rule.name for rule in wanted]:
        raise Refused(NOT_KEPT)


def _activate(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    _switch(client, arguments, on=True)
    screen.say(f"Filtre actif : {arguments.name}.")


def _deactivate(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    _switch(client, arguments, on=False)
    screen.say(f"Filtre inactif : {arguments.name}.")


def _switch(client: ZimbraClient, arguments: Namespace, *, on: bool) -> None:
    direction = _direction(arguments)
    for rule in client.filters(direction):
        if rule.name == arguments.name:
            client.put_filter(replace(rule, active=on), direction)
            return
    raise NotFound(NO_SUCH_RULE)


def _delete(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    direction = _direction(arguments)
    if arguments.name not in {rule.name for rule in client.filters(direction)}:
        raise NotFound(NO_SUCH_RULE)
    if not screen.would(f"le filtre {arguments.name} serait supprimé."):
        client.delete_filter(arguments.name, direction)
        screen.say(f"Filtre supprimé : {arguments.name}.")


def _apply(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    direction = _direction(arguments)
    names = {rule.name for rule in client.filters(direction)}
    if not names.issuperset(arguments.names):
        raise NotFound(NO_SUCH_RULE)
    if screen.dry_run:
        count = sum(1 for _ in client.search(arguments.query, "message"))
        screen.would(f"les filtres seraient appliqués à {count} message{'s' if count > 1 else ''}.")
        return
    result = client.apply_filters_to_query(arguments.names, arguments.query, direction)
    if screen.as_json:
        screen.json({"affected": list(result.affected), "unsettled": list(result.unsettled), "code": result.code})
    else:
        count = len(result.affected)
        screen.say(f"{count} message{'s' if count > 1 else ''} concerné{'s' if count > 1 else ''} par ces filtres.")
    if result.unsettled:
        raise Refused(result.code, f"{len(result.unsettled)}")


def _number(rules: Sequence[FilterRule]) -> str:
    return f"{len(rules)} filtre{'s' if len(rules) > 1 else ''}"
