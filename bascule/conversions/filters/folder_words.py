"""Zimbra's own folders by the names that its French window shows. Rules and requests keep the English ones."""

from __future__ import annotations

from collections.abc import Iterable

SHOWN = {
    "Inbox": "Boîte de réception",
    "Sent": "Envoyé",
    "Drafts": "Brouillons",
    "Junk": "Indésirables",
    "Trash": "Corbeille",
}
_SHOWN = {name.casefold(): shown for name, shown in SHOWN.items()}
# Beside a folder of the person that has the same name.
_OWN = " (de Zimbra)"
_MEANT = {shown.casefold(): name for name, shown in SHOWN.items()}


def shown_path(path: str) -> str:
    """A path as a person knows it; the folder itself is meant by the first part only."""
    first, slash, rest = path.strip("/").partition("/")
    return _SHOWN.get(first.casefold(), first) + slash + rest


class FolderNames:
    """Names to show and to take back. known: paths that are there, or that rules file into.

    A person may have a folder called « Corbeille » beside Zimbra's own: then that one is meant by the bare name.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._taken = {path.strip("/").partition("/")[0].casefold() for path in known}

    def shown(self, path: str) -> str:
        first, slash, rest = path.partition("/")
        name = _SHOWN.get(first.casefold())
        if name is None:
            return path
        return f"{name}{_OWN}{slash}{rest}" if name.casefold() in self._taken else f"{name}{slash}{rest}"

    def meant(self, text: str) -> str:
        """The path that `text` stands for."""
        first, slash, rest = text.partition("/")
        key = first.strip().casefold()
        if key in self._taken:
            return text
        return _MEANT.get(key.removesuffix(_OWN.casefold()), first) + slash + rest
