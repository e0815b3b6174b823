"""Names of folders of the old server as paths in Zimbra."""

from __future__ import annotations

from bascule.conversions.filters.converting.folder_names import MAX_NAME, decoded, encoded, zimbra_path
from tests.each import each


@each(
    ("old", "path"),
    [
        ("Factures", "Factures"),
        ("Factures/2024", "Factures/2024"),
        ("INBOX", "Inbox"),
        ("inbox", "Inbox"),
        ("Inbox/Chef", "Inbox/Chef"),
        ("INBOX/R&AOk-unions", "Inbox/Réunions"),
        ("R&AOk-unions/&AMk-t&AOk-", "Réunions/Été"),
        ("Réunions", "Réunions"),
        ("A &- B", "A & B"),
        ("R&D", "R&D"),
        ("INBOX.Listes", "INBOX.Listes"),
        ("/Factures/", "Factures"),
        ("Factures//2024", "Factures/2024"),
        ("Trash", "Trash"),
        ("Sent", "Sent"),
        ("Drafts", "Drafts"),
        ("Junk", "Junk"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_path_without_anything_to_tell(old: str, path: str) -> None:
    assert zimbra_path(old) == (path, [])


@each(
    ("old", "path", "code"),
    [
        ('Projet "A": suite', "Projet ’A’- suite", "folder_renamed"),
        ("A\tB\nC", "A B C", "folder_renamed"),
        ("../Autre", "Dossier/Autre", "folder_renamed"),
        (" A / B ", "A/B", "folder_renamed"),
        ("x" * 300, "x" * MAX_NAME, "folder_renamed"),
        ("Contacts", "Contacts (messages)", "folder_reserved"),
        ("calendar/2024", "calendar (messages)/2024", "folder_reserved"),
        ("Corbeille", "Corbeille", "folder_looks_special"),
        ("Spam", "Spam", "folder_looks_special"),
        ("user/mpayet/Factures", "Factures", "folder_of_user"),
        ("user/mpayet", "Inbox", "folder_of_user"),
    ],
)
def test_path_with_something_to_tell(old: str, path: str, code: str) -> None:
    found, remarks = zimbra_path(old)
    assert (found, [remark.code for remark in remarks]) == (path, [code])
    assert remarks[0].original == old


@each(
    ("old", "code"),
    [
        ("", "folder_empty"),
        (" / ", "folder_empty"),
        ("Shared Folders/User/chef/Commun", "folder_shared"),
        ("shared folders", "folder_shared"),
        ("x" * 5_000, "folder_too_long"),
    ],
)
def test_name_that_gives_no_path(old: str, code: str) -> None:
    path, remarks = zimbra_path(old)
    assert (path, [remark.code for remark in remarks]) == ("", [code])


@each("name", ["&", "&AOk", "a&b-", "&AGE-", "&!!!-", "&2D0-", "&AOk-é"])
def test_name_that_only_looks_encoded_stays(name: str) -> None:
    assert decoded(name) == name


@each("name", ["Réunions & co", "日本語", "😀 ok", "~/a", "é&è"])
def test_encoded_name_comes_back(name: str) -> None:
    assert encoded(name).isascii()
    assert decoded(encoded(name)) == name
