"""`folders`: the tree, and what can be done to one folder."""

from __future__ import annotations

from argparse import Namespace

from zimbra.client import ZimbraClient
from zimbra.tool.arguments import Commands, Parser, command, family
from zimbra.tool.naming import FOLDER_HELP, colour, find_folder, find_own_folder
from zimbra.tool.screen import Screen
from zimbra.types import Folder

_VIEWS = ("message", "contact", "appointment", "task", "document")


def add(commands: Commands) -> None:
    folders = family(commands, "folders", "les dossiers")
    command(folders, "list", _list, "montrer tous les dossiers")
    create = command(folders, "create", _create, "créer un dossier, et ceux qui manquent au-dessus de lui")
    create.add_argument("path", metavar="CHEMIN")
    create.add_argument("--view", choices=_VIEWS, default="message", help="ce qu'il contient (message)")
    create.add_argument("--colour", metavar="COULEUR", type=colour, help="0 à 127, ou #rrvvbb")
    rename = command(folders, "rename", _rename, "renommer un dossier")
    _folder_argument(rename)
    rename.add_argument("name", metavar="NOM")
    move = command(folders, "move", _move, "déplacer un dossier")
    _folder_argument(move)
    move.add_argument("parent", metavar="PARENT", help="dossier où le mettre")
    delete = command(folders, "delete", _delete, "supprimer un dossier et ce qu'il contient", erases=True)
    _folder_argument(delete)
    delete.add_argument("--trash", action="store_true", help="le mettre à la corbeille plutôt que de le supprimer")
    empty = command(folders, "empty", _empty, "vider un dossier", erases=True)
    _folder_argument(empty)
    empty.add_argument("--recursive", action="store_true", help="supprimer aussi ses sous-dossiers")
    paint = command(folders, "colour", _colour, "donner une couleur à un dossier")
    _folder_argument(paint)
    paint.add_argument("colour", metavar="COULEUR", type=colour, help="0 à 127, ou #rrvvbb")
    for name, run, text in (
        ("subscribe", _subscribe, "montrer un dossier dans les logiciels de messagerie (IMAP)"),
        ("unsubscribe", _unsubscribe, "ne plus le montrer dans les logiciels de messagerie (IMAP)"),
    ):
        _folder_argument(command(folders, name, run, text))


def _folder_argument(parser: Parser) -> None:
    parser.add_argument("folder", metavar="DOSSIER", help=FOLDER_HELP)


def _list(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    rows = [_row(folder) for folder in client.folders(remote=True).walk() if folder.path != "/"]
    columns = {"id": "Numéro", "path": "Chemin", "view": "Contenu", "count": "Éléments", "unread": "Non lus"}
    columns |= {"subscribed": "Abonné", "rights": "Droits"}
    screen.table(columns, rows, "Aucun dossier.")


def _row(folder: Folder) -> dict[str, object]:
    return {
        "id": folder.id,
        "path": folder.path,
        "view": folder.view,
        "count": folder.count,
        "unread": folder.unread,
        "size": folder.size,
        "subscribed": folder.is_subscribed,
        "colour": folder.rgb or folder.colour,
        "rights": folder.rights,
        "kind": "link" if folder.is_mountpoint else "search" if folder.is_search else "folder",
        "broken": folder.is_broken,
    }


def _create(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    made = client.create_folder_path(arguments.path, arguments.view, colour=arguments.colour)
    if screen.as_json:
        screen.json(_row(made))
    else:
        screen.say(f"Dossier créé : {made.path} (numéro {made.id}).")


def _rename(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    folder = find_own_folder(client, arguments.folder)
    client.rename_folder(folder.id, arguments.name)
    screen.say(f"Dossier renommé : {client.folder(folder.id).path}.")


def _move(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    folder, parent = find_own_folder(client, arguments.folder), find_folder(client, arguments.parent)
    client.move_folder(folder.id, parent.id)
    screen.say(f"Dossier déplacé : {client.folder(folder.id).path}.")


def _delete(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    folder = find_own_folder(client, arguments.folder)
    inside = sum(1 for _ in folder.walk()) - 1
    what = f"{folder.path} ({_items(folder)}, {inside} sous-dossier{'s' if inside > 1 else ''})"
    if arguments.trash:
        if not screen.would(f"{what} irait à la corbeille."):
            client.trash_folder(folder.id)
            screen.say(f"Mis à la corbeille : {what}.")
    elif not screen.would(f"{what} serait supprimé."):
        client.delete_folder(folder.id)
        screen.say(f"Supprimé : {what}.")


def _items(folder: Folder) -> str:
    count = sum(one.count for one in folder.walk())
    return f"{count} élément{'s' if count > 1 else ''}"


def _empty(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    folder = find_folder(client, arguments.folder)
    held = _items(folder) if arguments.recursive else f"{folder.count} élément{'s' if folder.count > 1 else ''}"
    if not screen.would(f"{folder.path} serait vidé ({held})."):
        client.empty_folder(folder.id, recursive=arguments.recursive)
        screen.say(f"Vidé : {folder.path} ({held}).")


def _colour(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    folder = find_folder(client, arguments.folder)
    client.colour_folder(folder.id, arguments.colour)
    screen.say(f"Couleur changée : {folder.path}.")


def _subscribe(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    folder = find_folder(client, arguments.folder)
    client.subscribe(folder.id)
    screen.say(f"Abonné : {folder.path}.")


def _unsubscribe(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    folder = find_folder(client, arguments.folder)
    client.unsubscribe(folder.id)
    screen.say(f"Désabonné : {folder.path}.")
