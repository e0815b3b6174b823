from __future__ import annotations

from bascule.conversions.filters.folder_words import FolderNames, shown_path
from tests.each import each


@each(
    ("path", "shown"),
    [
        ("Inbox", "Boîte de réception"),
        ("INBOX/Projets", "Boîte de réception/Projets"),
        ("/Trash", "Corbeille"),
        ("Listes/Trash", "Listes/Trash"),
        ("Sent", "Envoyé"),
        ("Drafts", "Brouillons"),
        ("Junk/Vieux", "Indésirables/Vieux"),
        ("", ""),
    ],
)
def test_own_folders_are_shown_by_their_french_names(path: str, shown: str) -> None:
    assert shown_path(path) == shown


@each(
    ("text", "path"),
    [
        ("Boîte de réception", "Inbox"),
        ("corbeille", "Trash"),
        ("Corbeille (de Zimbra)", "Trash"),
        ("Envoyé/2026", "Sent/2026"),
        ("Listes/Corbeille", "Listes/Corbeille"),
        ("Trash", "Trash"),
    ],
)
def test_french_name_means_the_own_folder(text: str, path: str) -> None:
    assert FolderNames(["Trash", "Listes/DSI"]).meant(text) == path


def test_folder_of_the_person_is_told_from_the_own_one_of_the_same_name() -> None:
    names = FolderNames(["Trash", "Corbeille/Vieux"])
    assert names.meant("Corbeille") == "Corbeille"
    assert [names.shown(one) for one in ("Corbeille", "Trash", "Junk")] == [
        "Corbeille",
        "Corbeille (de Zimbra)",
        "Indésirables",
    ]
    assert names.meant(names.shown("Trash/Lu")) == "Trash/Lu"
