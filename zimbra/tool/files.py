"""`export`, `import`: folders as files."""

from __future__ import annotations

import contextlib
import os
import sys
from argparse import Namespace
from pathlib import Path

from zimbra.client import ZimbraClient
from zimbra.tool.arguments import Commands, Wrong, command
from zimbra.tool.naming import FOLDER_HELP, find_folder
from zimbra.tool.screen import Screen
from zimbra.types import Folder
from zimbra.verbs.content import IMPORTS

_FORMATS = tuple(IMPORTS)


def add(commands: Commands) -> None:
    export = command(commands, "export", _export, "enregistrer un dossier dans un fichier")
    export.add_argument("folder", metavar="DOSSIER", help=FOLDER_HELP)
    export.add_argument("file", metavar="FICHIER", type=Path, help="fichier à écrire (- : sortie standard)")
    export.add_argument("--format", choices=_FORMATS, help="sans elle, l'extension du fichier décide")
    export.add_argument("--force", action="store_true", help="remplacer un fichier qui existe")
    load = command(commands, "import", _import, "verser un fichier dans un dossier", erases=True)
    load.add_argument("folder", metavar="DOSSIER", help=FOLDER_HELP)
    load.add_argument("file", metavar="FICHIER", type=Path)
    load.add_argument("--format", choices=_FORMATS, help="sans elle, l'extension du fichier décide")
    load.add_argument(
        "--resolve",
        choices=("skip", "modify", "replace", "reset"),
        default="",
        help="archives : que faire de ce qui existe déjà (skip : le laisser ; reset : vider le dossier d'abord)",
    )
    load.add_argument("--ignore-errors", action="store_true", help="ics : continuer après un événement illisible")


def _format(arguments: Namespace) -> str:
    chosen = arguments.format or arguments.file.suffix.lower().lstrip(".")
    if chosen not in _FORMATS:
        raise Wrong(f"le format de {arguments.file} n'est pas connu ; au choix avec --format : {', '.join(_FORMATS)}")
    return str(chosen)


def _export(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    fmt = _format(arguments)
    folder = find_folder(client, arguments.folder)
    if str(arguments.file) == "-":
        with client.export(folder.path, fmt) as chunks:
            for chunk in chunks:
                sys.stdout.buffer.write(chunk)
        return
    if arguments.file.exists() and not arguments.force:
        raise Wrong(f"le fichier {arguments.file} existe déjà ; --force le remplace")
    size = 0
    # What breaks off in the middle leaves no half file behind, nor takes the place of a whole one.
    partial = arguments.file.with_name(arguments.file.name + ".part")
    try:
        with (
            client.export(folder.path, fmt) as chunks,
            os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out,
        ):
            for chunk in chunks:
                size += out.write(chunk)
        partial.replace(arguments.file)
    except OSError as error:
        raise Wrong(f"le fichier {arguments.file} ne peut pas être écrit") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    screen.say(f"{folder.path} : {size} octets dans {arguments.file}.")


def _import(client: ZimbraClient, arguments: Namespace, screen: Screen) -> None:
    fmt = _format(arguments)
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        raise Wrong(f"le fichier {arguments.file} ne peut pas être lu") from error
    folder = find_folder(client, arguments.folder)
    if screen.would(f"{arguments.file} ({len(content)} octets) serait versé dans {folder.path}."):
        return
    client.import_file(folder.path, fmt, content, ignore_errors=arguments.ignore_errors, resolve=arguments.resolve)
    before, after = _held(folder), _held(find_folder(client, folder.path))
    screen.say(f"{arguments.file} versé dans {folder.path} : {before} éléments avant, {after} après.")


def _held(folder: Folder) -> int:
    """Items in it and below: an archive brings folders of its own."""
    return sum(one.count for one in folder.walk())
