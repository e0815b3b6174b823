"""Folders: the tree, creating, emptying, deleting."""

from __future__ import annotations

import re
import unicodedata

from zimbra import soap
from zimbra.errors import Garbled
from zimbra.types import Folder
from zimbra.verbs.base import Verbs

# The documentation of the request says 128, the server's own check 255: the smaller is accepted by both. Counted in
# UTF-16 units, as Java counts.
MAX_NAME = 128

# The server refuses these three, tabs, line ends and control characters (mail.INVALID_NAME).
_REPLACEMENTS = str.maketrans({":": "-", "/": "-", '"': "'"})
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]+")
_BLANKS = re.compile(r" {2,}")


def clean_folder_name(name: str, fallback: str = "Sans nom") -> str:
    """`name` as Zimbra accepts it: no `:` `/` `"` or control characters, 1 to 128 long, neither `.` nor `..`.

    Source of the rule: the server refuses such names with mail.INVALID_NAME. A name of which nothing is left
    becomes `fallback`. Cleaning twice changes nothing more.
    """
    cleaned = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", name)).translate(_REPLACEMENTS)
    cleaned = _BLANKS.sub(" ", cleaned).strip()
    while len(cleaned.encode("utf-16-le")) > 2 * MAX_NAME:
        cleaned = cleaned[: min(MAX_NAME, len(cleaned) - 1)].rstrip()
    return fallback if cleaned in {"", ".", ".."} else cleaned


class FolderVerbs(Verbs):
    def folders(self) -> Folder:
        """The whole tree, from the mailbox's root down, mounted folders and saved searches included."""
        answer = self.endpoint.call(soap.request("GetFolderRequest", soap.MAIL), repeatable=True)
        root = soap.child(answer, "folder")
        if root is None:
            raise Garbled("no folder")
        return _folder(root, parent_path="")

    def create_folder(self, name: str, parent_id: str = "1", view: str = "", *, existing_ok: bool = False) -> Folder:
        """Create a folder below `parent_id`, under the cleaned `name`. view: contact, appointment, task or message.

        existing_ok: a folder of that name is given back instead of `Refused` mail.ALREADY_EXISTS (look at its view).
        NotFound: no such parent.
        """
        tag = soap.attributes(
            {"name": clean_folder_name(name), "l": parent_id, "view": view or None, "fie": existing_ok or None}
        )
        request = soap.request("CreateFolderRequest", soap.MAIL, f"<folder{tag}/>")
        answer = self.endpoint.call(request, repeatable=existing_ok)
        for element in answer:
            return _folder(element, parent_path="")
        raise Garbled("no folder")

    def delete_folder(self, folder_id: str) -> None:
        """Delete a folder for good with all it holds. NotFound; Refused mail.IMMUTABLE_OBJECT for Zimbra's own."""
        self._act("delete", folder_id, repeatable=False)

    def empty_folder(self, folder_id: str, *, recursive: bool = False) -> None:
        """Delete what a folder holds; with `recursive` also the folders below it."""
        self._act("empty", folder_id, repeatable=True, recursive=recursive)

    def _act(self, op: str, folder_id: str, *, repeatable: bool, **more: object) -> None:
        tag = soap.attributes({"op": op, "id": folder_id, **more})
        self.endpoint.call(soap.request("FolderActionRequest", soap.MAIL, f"<action{tag}/>"), repeatable=repeatable)


def _folder(element: soap.Element, parent_path: str) -> Folder:
    kind = soap.local_name(element)
    name = element.get("name") or ""
    is_root = element.get("id") in {"1", "11"}
    path = element.get("absFolderPath") or ("/" if is_root else f"{parent_path.rstrip('/')}/{name}")
    children = tuple(_folder(one, path) for one in element if soap.local_name(one) in {"folder", "link", "search"})
    return Folder(
        id=element.get("id") or "",
        name=name,
        path=path,
        view=element.get("view") or "",
        parent_id=element.get("l") or "",
        count=soap.number(element.get("n")),
        size=soap.number(element.get("s")),
        is_mountpoint=kind == "link",
        is_search=kind == "search",
        rights=element.get("perm") or "",
        children=children,
    )
