"""GetFolder, CreateFolder, FolderAction."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import folders
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import USER_ROOT, Mailbox

VIEWS = frozenset({"", "message", "contact", "appointment", "task", "document", "conversation", "wiki", "note", "chat"})
_HIDDEN = (8, 9, 17)


class _Tree:
    """All folders of a mailbox, ready to be written out."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.folders = folders.everything(mailbox)
        self.counts = folders.counts(mailbox)

    def element(self, folder: Folder) -> Reply:
        count, unread, size = self.counts.get(folder.id, (0, 0, 0))
        path = folders.path_of(self.folders, folder)
        attrs: dict[str, str | int | bool | None] = {
            "id": str(folder.id),
            "uuid": folder.uuid,
            "name": folder.name,
            "absFolderPath": path,
            "l": str(folder.parent),
            "luuid": self.folders[folder.parent].uuid,
            "f": folder.flags or None,
            "color": folder.color,
            "rgb": folder.rgb,
            "view": folder.view or None,
            "u": unread or None,
            "n": count,
            "s": size,
            "url": folder.url,
            "rev": folder.sequence,
            "ms": folder.sequence,
            "i4ms": folder.sequence,
            "i4next": self.mailbox.last_id + 1,
            "deletable": not folder.system,
            "activesyncdisabled": False,
        }
        return Reply("folder", attrs)

    def branch(self, folder: Folder, view: str, depth: int) -> Reply | None:
        """The folder with what is below it; None when a view is asked for and nothing in it matches."""
        element = self.element(folder)
        if depth != 0:
            for below in folder.children:
                if below.id not in _HIDDEN and below.id != folder.id:
                    branch = self.branch(below, view, depth - 1)
                    if branch is not None:
                        element.children.append(branch)
        if view and folder.view != view and not element.children and folder.id != USER_ROOT:
            return None
        return element


@handles(MAIL, "GetFolderRequest")
def get_folder(call: Call) -> Reply:
    request, mailbox = call.request, call.mailbox
    wanted = request.find("folder")
    folder = folders.get(mailbox, USER_ROOT)
    if wanted is not None:
        if "uuid" in wanted.attrs:
            folder = folders.by_uuid(mailbox, wanted.attrs["uuid"])
        elif "l" in wanted.attrs:
            folder = folders.get(mailbox, call.item_id(wanted.attrs["l"]))
            if "path" in wanted.attrs and wanted.attrs["path"].strip("/"):
                for part in wanted.attrs["path"].strip("/").split("/"):
                    below = folders.child(mailbox, folder.id, part)
                    if below is None:
                        raise folders.no_such_folder(wanted.attrs["path"])
                    folder = below
        elif "path" in wanted.attrs:
            folder = folders.by_path(mailbox, wanted.attrs["path"])
    tree = _Tree(mailbox)
    depth = request.number("depth", -1)
    branch = tree.branch(tree.folders[folder.id], request.get("view") or "", -1 if depth is None else depth)
    reply = response(call)
    if branch is not None:
        reply.children.append(branch)
    return reply


def _color(element: Element) -> tuple[int | None, str | None]:
    color, rgb = element.number("color"), element.attrs.get("rgb")
    if color is not None and not 0 <= color <= 127:
        raise invalid_request(f"color must be between 0 and 127: {color}")
    if rgb is not None and not (
        len(rgb) == 7 and rgb[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in rgb[1:])
    ):
        raise invalid_request(f"rgb color must be in the form #rrggbb: {rgb[:40]}")
    return color, rgb


def _view(element: Element) -> str:
    view = element.attrs.get("view", "")
    if view not in VIEWS:
        raise invalid_request(f"unknown folder view: {view[:40]}")
    return view


@handles(MAIL, "CreateFolderRequest", writes=True)
def create_folder(call: Call) -> Reply:
    wanted, mailbox = call.request.need("folder"), call.mailbox
    parent = wanted.attrs.get("l")
    color, rgb = _color(wanted)
    created = folders.create(
        mailbox,
        wanted.require("name"),
        None if parent is None else call.item_id(parent),
        view=_view(wanted),
        flags=wanted.attrs.get("f", ""),
        color=color,
        rgb=rgb,
        url=wanted.attrs.get("url"),
        fetch_if_exists=wanted.flag("fie"),
    )
    tree = _Tree(mailbox)
    reply = response(call)
    reply.children.append(tree.element(tree.folders[created.id]))
    return reply


@handles(MAIL, "FolderActionRequest", writes=True)
def folder_action(call: Call) -> Reply:
    action = call.request.need("action")
    operation = action.require("op").lower()
    ids = call.item_ids(action.require("id"))
    if len(ids) > 1 and operation not in _MANY:
        raise invalid_request(f"cannot apply {operation} to several folders")
    for folder_id in ids:
        try:
            folder = folders.get(call.mailbox, folder_id)
        except SoapFault:
            if operation == "delete":
                continue  # deleting what is gone is no error
            raise
        _apply(call, folder, operation, action)
    reply = response(call)
    reply.add("action", {"id": ",".join(str(one) for one in ids), "op": operation}, unique=True)
    return reply


_MANY = frozenset({"read", "delete", "trash", "move", "color", "check", "!check", "update"})


def _apply(call: Call, folder: Folder, operation: str, action: Element) -> None:
    mailbox = call.mailbox
    target = action.attrs.get("l")
    parent = folder.parent if target is None else call.item_id(target)
    if operation == "rename":
        folders.place(mailbox, folder, action.require("name"), parent)
    elif operation == "move":
        folders.place(mailbox, folder, folder.name, call.item_id(action.require("l")))
    elif operation == "delete":
        folders.delete(mailbox, folder)
    elif operation == "trash":
        folders.trash(mailbox, folder)
    elif operation == "empty":
        folders.empty(mailbox, folder, recursive=action.flag("recursive", True))
    elif operation == "read":
        mailbox.db.execute(
            "UPDATE items SET flags = replace(flags, 'u', '') WHERE mbox = ? AND folder = ?", (mailbox.num, folder.id)
        )
    elif operation == "color":
        color, rgb = _color(action)
        folders.change(mailbox, folder, color=color, rgb=rgb)
    elif operation in ("check", "!check"):
        bare = folder.flags.replace("#", "")
        folders.change(mailbox, folder, flags=bare + "#" if operation == "check" else bare)
    elif operation == "fb":
        bare = folder.flags.replace("b", "")
        folders.change(mailbox, folder, flags=bare + "b" if action.flag("excludeFreeBusy") else bare)
    elif operation == "url":
        folders.change(mailbox, folder, url=action.attrs.get("url") or None)
    elif operation == "update":
        _update(call, folder, parent, action)
    else:
        raise invalid_request(f"unknown operation: {operation[:60]}")


def _update(call: Call, folder: Folder, parent: int, action: Element) -> None:
    mailbox = call.mailbox
    name = action.attrs.get("name", folder.name)
    if name != folder.name or parent != folder.parent:
        folders.place(mailbox, folder, name, parent)
    color, rgb = _color(action)
    if color is not None:
        folders.change(mailbox, folder, color=color)
    if rgb is not None:
        folders.change(mailbox, folder, rgb=rgb)
    if "f" in action.attrs:
        folders.change(mailbox, folder, flags=action.attrs["f"])
    if "view" in action.attrs:
        folders.change(mailbox, folder, view=_view(action))
