"""What a person names on the command line, looked up in the account."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Sequence
from typing import Protocol, TypeVar

from zimbra.client import ZimbraClient
from zimbra.errors import NotFound, Refused
from zimbra.types import Folder
from zimbra.verbs.colours import colour_attributes

_OF_ANOTHER = re.compile(r"[0-9a-fA-F-]{36}:\d+")

# Ids below are those of the folders every mailbox has.
FIRST_USER_ID = 256

FOLDER_HELP = "chemin du dossier (/Contacts/Écoles) ou son numéro"


class Named(Protocol):
    """Anything with an id and a name of its own."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def find_folder(client: ZimbraClient, text: str) -> Folder:
    """A folder by its path or its id, with what is below it. NotFound."""
    root = client.folders()
    found = root.find_id(text) or root.find(text)
    if found is None and _OF_ANOTHER.fullmatch(text):
        return client.folder(text)
    if found is None:
        raise NotFound("mail.NO_SUCH_FOLDER")
    return found


def find_own_folder(client: ZimbraClient, text: str) -> Folder:
    """As `find_folder`, but none of Zimbra's own: Refused, before anything is tried, be it in a rehearsal."""
    folder = find_folder(client, text)
    if folder.id.isdigit() and int(folder.id) < FIRST_USER_ID:
        raise Refused("mail.IMMUTABLE_OBJECT")
    return folder


def find_named(things: Sequence[N], text: str, missing: str) -> N:
    """By id or, capitals making no difference, by name. NotFound with the code `missing`."""
    for one in things:
        if text == one.id or text.casefold() == one.name.casefold():
            return one
    raise NotFound(missing)


def colour(text: str) -> int | str:
    """A colour as it is typed: a number or #rrggbb, as argparse reads one."""
    chosen = int(text) if text.isascii() and text.isdigit() else text
    try:
        colour_attributes(chosen)
    except Refused as error:
        raise ArgumentTypeError(f"{text} n'est ni un nombre de 0 à 127, ni #rrvvbb") from error
    return chosen
