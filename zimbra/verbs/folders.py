"""Folders: the tree, creating, naming, moving, showing, emptying, deleting."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from zimbra import soap
from zimbra.errors import Garbled
from zimbra.types import Folder, Grant, Result
from zimbra.types.folders import SUBSCRIBED
from zimbra.verbs.base import Ask, Verbs, is_true, nothing
from zimbra.verbs.colours import colour_attributes

# The documentation of the request says 128, the server's own check 255: the smaller is accepted by both. Counted in
# UTF-16 units, as Java counts.
MAX_NAME = 128

# The server refuses these three, tabs, line ends and control characters (mail.INVALID_NAME).
_REPLACEMENTS = str.maketrans({":": "-", "/": "-", '"': "'"})
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]+")
_BLANKS = re.compile(r" {2,}")


def clean_folder_name(name: str, fallback: str = "Sans nom", *, longest: int = MAX_NAME) -> str:
    """`name` as Zimbra accepts it: no `:` `/` `"` or control characters, 1 to 128 long, neither `.` nor `..`.

    Source of the rule: the server refuses such names with mail.INVALID_NAME. A name of which nothing is left
    becomes `fallback`. Cleaning twice changes nothing more.
    """
    cleaned = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", name)).translate(_REPLACEMENTS)
    cleaned = _BLANKS.sub(" ", cleaned).strip()
    while len(cleaned.encode("utf-16-le")) > 2 * longest:
        cleaned = cleaned[: min(longest, len(cleaned) - 1)].rstrip()
    return fallback if cleaned in {"", ".", ".."} else cleaned


def clean_folder_path(path: str) -> str:
    """A path of which every name is cleaned, with "/" before each: "Listes/6:A" gives "/Listes/6-A"."""
    return "".join("/" + clean_folder_name(name) for name in path.split("/") if name)


class FolderVerbs(Verbs):
    def folders(self, *, view: str = "", remote: bool = False, names: bool = False) -> Folder:
        """The whole tree, from the mailbox's root down, mounted folders and saved searches included.

        view: only folders of this kind, with those above them.
        remote: ask the owners' mailboxes about mounted folders: `rights`, `is_broken`, counts and what is below are
        known only then.
        names: have the grants tell addresses, for which the server asks the directory about everybody.
        """
        return self.ask(reading_folders(view=view or None, tr=remote or None, needGranteeName=names))

    def folder(self, folder_id: str) -> Folder:
        """One folder with its grants, not what is below it. NotFound: there is none, or it may not be seen."""
        return self.ask(reading_folders(f"<folder{soap.attributes({'l': folder_id})}/>", depth=0, needGranteeName=True))

    def folder_at(self, path: str) -> Folder:
        """As `folder`, by its whole path, such as "/Contacts/Écoles"."""
        where = soap.attributes({"path": "/" + path.strip("/")})
        return self.ask(reading_folders(f"<folder{where}/>", depth=0, needGranteeName=True))

    def create_folder(
        self,
        name: str,
        parent_id: str = "1",
        view: str = "",
        *,
        existing_ok: bool = False,
        colour: int | str | None = None,
        flags: str = "",
    ) -> Folder:
        """Create a folder below `parent_id`, under the cleaned `name`. view: contact, appointment, task or message.

        existing_ok: a folder of that name is given back, as it is, instead of `Taken` (look at its view).
        colour: 0 to 127 or "#rrggbb". flags: letters, see `zimbra.types.folders`. NotFound: no such parent.
        """
        named = {"name": clean_folder_name(name), "l": parent_id}
        return self.ask(_creating(named, view, existing_ok, colour, flags))

    def create_folder_path(
        self,
        path: str,
        view: str = "",
        *,
        existing_ok: bool = False,
        colour: int | str | None = None,
        flags: str = "",
    ) -> Folder:
        """As `create_folder`, by a path from the root ("/Listes/Conseil/Envoyé"); missing folders above are created."""
        return self.ask(_creating({"name": clean_folder_path(path)}, view, existing_ok, colour, flags))

    def create_folder_paths(self, paths: Sequence[str], view: str = "") -> list[Result[Folder]]:
        """Several paths in one request, in their order; what is there already is given back. See `ask_all`."""
        return self.ask_all([_creating({"name": clean_folder_path(path)}, view, True, None, "") for path in paths])

    def rename_folder(self, folder_id: str, name: str) -> None:
        """Give a folder or a mounted folder another name, cleaned. Taken; Refused mail.IMMUTABLE_OBJECT."""
        self._act_on_folder("rename", folder_id, {"name": clean_folder_name(name)})

    def move_folder(self, folder_id: str, parent_id: str) -> None:
        """Put a folder below another. Taken; Refused mail.CANNOT_CONTAIN: below itself, mail.IMMUTABLE_OBJECT."""
        self._act_on_folder("move", folder_id, {"l": parent_id})

    def trash_folder(self, folder_id: str) -> None:
        """Move a folder to the Trash; a name taken there is made unique by the server."""
        self._act_on_folder("trash", folder_id, repeatable=False)

    def delete_folder(self, folder_id: str) -> None:
        """Delete a folder for good with all it holds. NotFound; Refused mail.IMMUTABLE_OBJECT for Zimbra's own."""
        self._act_on_folder("delete", folder_id, repeatable=False)

    def empty_folder(self, folder_id: str, *, recursive: bool = False) -> None:
        """Delete what a folder holds; with `recursive` also the folders below it.

        Not repeated after a lost answer: what came in between would go too.
        """
        self._act_on_folder("empty", folder_id, {"recursive": recursive}, repeatable=False)

    def colour_folder(self, folder_id: str, colour: int | str) -> None:
        """colour: a number from 0 to 127, or "#rrggbb". Refused: neither."""
        self._act_on_folder("color", folder_id, colour_attributes(colour))

    def subscribe(self, folder_id: str) -> None:
        """Have mail programs (IMAP) show the folder."""
        self._flag_folder(folder_id, SUBSCRIBED, on=True)

    def unsubscribe(self, folder_id: str) -> None:
        """Have mail programs (IMAP) leave the folder out; the webmail goes on showing it."""
        self._flag_folder(folder_id, SUBSCRIBED, on=False)

    def check_folder(self, folder_id: str) -> None:
        """Have the webmail show what a calendar, task list or address book holds."""
        self._act_on_folder("check", folder_id)

    def uncheck_folder(self, folder_id: str) -> None:
        """Hide in the webmail what a calendar, task list or address book holds; nothing is taken away."""
        self._act_on_folder("!check", folder_id)

    def exclude_from_free_busy(self, folder_id: str, *, excluded: bool = True) -> None:
        """Whether appointments of this calendar make the person busy for others."""
        self._act_on_folder("fb", folder_id, {"excludeFreeBusy": excluded})

    def mark_folder_read(self, folder_id: str) -> None:
        """Mark every message of a folder read; those of the folders below are left alone."""
        self._act_on_folder("read", folder_id, repeatable=False)

    def _flag_folder(self, folder_id: str, letter: str, *, on: bool) -> None:
        # There is no operation for this flag alone: the whole set is written anew.
        flags = self.folder(folder_id).flags
        if (letter in flags) != on:
            wanted = flags + letter if on else flags.replace(letter, "")
            self._act_on_folder("update", folder_id, {"f": wanted})

    def _act_on_folder(
        self, op: str, folder_id: str, more: Mapping[str, object] | None = None, *, repeatable: bool = True
    ) -> None:
        self.ask(Ask(folder_action(op, folder_id, more), nothing, repeatable))


def folder_action(op: str, folder_id: str, more: Mapping[str, object] | None = None, inner: str = "") -> soap.Request:
    """One operation on one folder; `more` are attributes and `inner` children of the action."""
    tag = soap.attributes({"op": op, "id": folder_id, **(more or {})})
    return soap.request("FolderActionRequest", soap.MAIL, f"<action{tag}>{inner}</action>")


def reading_folders(inner: str = "", **tag: object) -> Ask[Folder]:
    return Ask(soap.request("GetFolderRequest", soap.MAIL, inner, **tag), only_folder, repeatable=True)


def _creating(
    named: Mapping[str, object], view: str, existing_ok: bool, colour: int | str | None, flags: str
) -> Ask[Folder]:
    tag = soap.attributes(
        {
            **named,
            "view": view or None,
            "f": flags or None,
            **colour_attributes(colour),
            # Without it a second sending would be refused for what the first one did.
            "fie": existing_ok or None,
        }
    )
    return Ask(soap.request("CreateFolderRequest", soap.MAIL, f"<folder{tag}/>"), only_folder, repeatable=existing_ok)


def only_folder(answer: soap.Element) -> Folder:
    """The one folder, link or search an answer is about, with what is below it."""
    for element in answer:
        return _folder(element, parent_path="")
    raise Garbled("no folder")


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
        uuid=element.get("uuid") or "",
        unread=soap.number(element.get("u")),
        flags=element.get("f") or "",
        colour=soap.number(element.get("color")),
        rgb=element.get("rgb") or "",
        url=element.get("url") or "",
        query=element.get("query") or "",
        grants=_grants(element),
        owner_id=element.get("zid") or "",
        owner_address=element.get("owner") or "",
        remote_id=element.get("rid") or "",
        remote_uuid=element.get("ruuid") or "",
        is_broken=is_true(element.get("broken")),
    )


def _grants(element: soap.Element) -> tuple[Grant, ...] | None:
    acl = soap.child(element, "acl")
    if acl is None:
        return None
    return tuple(
        Grant(one.get("gt") or "", one.get("zid") or "", one.get("perm") or "", one.get("d") or "")
        for one in soap.children(acl, "grant")
    )
