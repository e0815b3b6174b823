"""What a person names on the command line, looked up in the account."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

from zimbra.client import ZimbraClient
from zimbra.errors import NotFound
from zimbra.types import Folder

_ID = re.compile(r"(?:[0-9a-fA-F-]{36}:)?\d+")

FOLDER_HELP = "chemin du dossier (/Contacts/Écoles) ou son numéro"


class Named(Protocol):
    """Anything with an id and a name of its own."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def find_folder(client: ZimbraClient, text: str) -> Folder:
    """A folder by its path or its id. NotFound."""
    if _ID.fullmatch(text):
        return client.folder(text)
    found = client.folders().find(text)
    if found is None:
        raise NotFound("mail.NO_SUCH_FOLDER")
    return found


def find_named(things: Sequence[N], text: str, missing: str) -> N:
    """By id or, capitals making no difference, by name. NotFound with the code `missing`."""
    for one in things:
        if text == one.id or text.casefold() == one.name.casefold():
            return one
    raise NotFound(missing)


def colour(text: str) -> int | str:
    """A colour as it is typed: a number or #rrggbb; whether it is one is for the verb to say."""
    return int(text) if text.isascii() and text.isdigit() else text
