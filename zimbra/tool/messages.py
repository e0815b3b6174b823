"""`messages`: how much mail there is, what a folder holds, one message."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable
from itertools import islice

from zimbra.client import ZimbraClient
from zimbra.tool.arguments import Commands, command, family, positive
from zimbra.tool.naming import FOLDER_HELP, find_folder
from zimbra.tool.screen import Screen
from zimbra.types.mail import Correspondent, Message


def add(commands: Commands) -> None:
    messages = family(commands, "messages", "les messages")
    command(messages, "count", _count, "compter les messages de chaque dossier")
    listed = command(
        messages, "list", _list, "montrer les messages d'un dossier ou d'une recherche, les derniers d'abord"
    )
    listed.add_argument("folder", metavar="DOSSIER", nargs="?", default="/Inbox", help=f"{FOLDER_HELP} (/Inbox)")
    listed.add_argument("--query", metavar="RECHERCHE", help="au lieu d'un dossier : from:dupont is:unread ...")
    listed.add_argument("--limit", metavar="NOMBRE", type=positive, default=50, help="nombre de messages au plus (50)")
    show = command(messages, "show", _show, "montrer un message, sans le marquer comme lu")
    show.add_argument("id", metavar="NUMÉRO", help="son numéro, comme messages list le montre")
    show.add_argument("--raw", action="store_true", help="tel qu'il est arrivé, octet pour octet")


def _count(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rows = [
        {"path": one.path, "id": one.id, "total": one.total, "unread": one.unread, "size": one.size}
        for one in client.message_counts()
    ]
    titles = {"path": "Dossier", "total": "Messages", "unread": "Non lus", "size": "Octets"}
    if not screen.as_json:
        totals = {key: sum(int(str(row[key])) for row in rows) for key in ("total", "unread", "size")}
        rows.append({"path": "Total", **totals})
    screen.table(titles, rows, "Aucun dossier.")


def _list(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    limit = arguments.limit
    query = arguments.query or f'inid:"{find_folder(client, arguments.folder).id}"'
    found = list(islice(client.messages(query, page=min(limit + 1, 1000)), limit + 1))
    rows = [_row(one) for one in found[:limit]]
    titles = {"id": "Numéro", "received": "Reçu (UTC)", "unread": "Non lu", "from": "De", "subject": "Objet"}
    if not screen.as_json:
        rows = [row | {"received": str(row["received"])[:16].replace("T", " ")} for row in rows]
    screen.table(titles, rows, "Aucun message.")
    if len(found) > limit:
        screen.warn(f"Il y en a d'autres : --limit en montre plus de {limit}.")


def _row(message: Message) -> dict[str, object]:
    return {
        "id": message.id,
        "folder_id": message.folder_id,
        "received": "" if message.received is None else message.received.isoformat(),
        "unread": message.is_unread,
        "flags": message.flags,
        "tags": list(message.tags),
        "from": _written(message.sender),
        "subject": message.subject,
        "size": message.size,
    }


def _show(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    if arguments.raw:
        sys.stdout.buffer.write(client.raw_message(arguments.id))
        return
    message = client.message(arguments.id)
    files = [part.filename for part in message.parts if part.filename]
    texts = [part.content for part in message.parts if part.is_body and part.content]
    facts = _row(message) | {
        "to": _several(message.to),
        "cc": _several(message.cc),
        "files": files,
        "text": "\n".join(texts),
    }
    if screen.as_json:
        screen.json(facts)
        return
    titles = {"from": "De", "to": "À", "cc": "Copie", "received": "Reçu", "subject": "Objet", "files": "Pièces jointes"}
    screen.facts({key: title for key, title in titles.items() if facts[key]}, facts)
    screen.say("\n" + str(facts["text"]))


def _written(one: Correspondent | None) -> str:
    if one is None:
        return ""
    return f"{one.name} <{one.address}>" if one.name else one.address


def _several(people: Iterable[Correspondent]) -> list[str]:
    return [_written(one) for one in people]
