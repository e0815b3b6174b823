"""GetFolder, CreateFolder, FolderAction, GetEffectiveFolderPerms."""

from __future__ import annotations

from collections.abc import Callable

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_folder
from zimbra.simulator.mail import upkeep
from zimbra.simulator.requests import grants, retention
from zimbra.simulator.requests.foldertree import Tree, Way, as_seen, color_of, folder_element, linked, view_of
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import folders
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import USER_ROOT, Mailbox


@handles(MAIL, "GetFolderRequest")
def get_folder(call: Call) -> Reply:
    """A folder with what is below it; by default the user's root."""
    request = call.request
    view = view_of(request.attrs)
    way = Way(view, request.flag("visible"), request.flag("needGranteeName", True), request.flag("tr"))
    mailbox, folder, link = _wanted(call, request.find("folder"))
    depth = request.number("depth", -1)
    branch = Tree(call.unit, mailbox, way).top(folder.id, -1 if depth is None else depth)
    reply = response(call)
    if branch is not None:
        if link is not None:
            _hang(branch, *link)
        reply.children.append(branch)
    return reply


def _hang(branch: Reply, link_ref: str, target_ref: str) -> None:
    """A folder found by a path through a link is below the link when it is below the link's folder."""
    if branch.attrs.get("l") == target_ref:
        branch.attrs["l"] = link_ref


def _wanted(call: Call, wanted: Element | None) -> tuple[Mailbox, Folder, tuple[str, str] | None]:
    """The folder a request names, and through which link it was found: (link's id, id of the folder it leads to)."""
    if wanted is None:
        return call.mailbox, folders.get(call.mailbox, USER_ROOT), None
    if "uuid" in wanted.attrs:
        found = folders.by_uuid(call.mailbox, wanted.attrs["uuid"])
        mailbox = call.mailbox
    else:
        mailbox, number = call.locate(wanted.attrs.get("l", str(USER_ROOT)))
        found = folders.get(mailbox, number)
    path = wanted.attrs.get("path", "")
    through = None
    for part in path.split("/"):
        if not part:
            continue
        if found.kind == "link":
            link_ref = mailbox.ref(found.id)
            mailbox, found = linked(call.unit, found)
            through = link_ref, mailbox.ref(found.id)
        below = folders.child(mailbox, found.id, part)
        if below is None:
            raise no_such_folder(path[:300])
        found = below
    return mailbox, found, through


@handles(MAIL, "GetEffectiveFolderPermsRequest")
def get_effective_folder_perms(call: Call) -> Reply:
    mailbox, number = call.folder(call.request.need("folder").require("l"))
    folders.get(mailbox, number)
    reply = response(call)
    reply.add("folder", {"perm": mailbox.rights(number)}, unique=True)
    return reply


@handles(MAIL, "CreateFolderRequest", writes=True, guards=True)
def create_folder(call: Call) -> Reply:
    call.unit.guard()
    wanted = call.request.need("folder")
    parent = wanted.attrs.get("l")
    color, rgb = _color(wanted)
    mailbox, number = (call.mailbox, None) if parent is None else call.folder(parent)
    name = wanted.require("name")
    before = mailbox.last_id
    created = folders.create(
        mailbox,
        name,
        number,
        view=view_of(wanted.attrs),
        flags=folders.valid_flags(wanted.attrs.get("f", "")),
        color=color,
        rgb=rgb,
        url=wanted.attrs.get("url") or None,
        fetch_if_exists=wanted.flag("fie"),
    )
    listed = wanted.find("acl")
    if listed is not None and created.id > before:
        grants.replace(mailbox, created, listed)
    element = folder_element(call, mailbox, created.id)
    reply = response(call)
    reply.children.append(as_seen(call, mailbox, created.parent, parent, element))
    return reply


def _color(element: Element) -> tuple[int | None, str | None]:
    color, rgb = color_of(element)
    if color is not None and not 0 <= color <= 127:
        raise invalid_request(f"color must be between 0 and 127: {color}")
    return color, rgb


# --- FolderAction ----------------------------------------------------------------------------------------------------

# What can be done to several folders at once.
_MANY = frozenset({"read", "delete", "trash", "move", "color"})
_NOT_OF_FOLDERS = ("tag", "flag", "copy", "spam", "priority")


@handles(MAIL, "FolderActionRequest", writes=True, guards=True)
def folder_action(call: Call) -> Reply:
    call.unit.guard()
    action = call.request.need("action")
    operation = action.require("op").lower()
    if operation.removeprefix("!") in _NOT_OF_FOLDERS:
        raise invalid_request(f"invalid operation on folder: {operation[:60]}")
    reply = response(call)
    result = reply.add("action", unique=True)
    given = action.require("id")
    if operation in grants.OPERATIONS:
        # What is granted on a link is granted on the folder it leads to.
        mailbox, number = call.folder(given)
        grants.act(call, mailbox, folders.get(mailbox, number), operation, action, result)
        done = [mailbox.ref(number)]
    else:
        act = _ACTIONS.get(operation)
        if act is None:
            raise invalid_request(f"unknown operation: {operation[:60]}")
        done = _act(call, act, operation, action, given)
    result.attrs = {"id": ",".join(done), "op": operation, **result.attrs}
    return reply


def _act(call: Call, act: _Action, operation: str, action: Element, given: str) -> list[str]:
    ids = [one for one in given.split(",") if one.strip()]
    if len(ids) != 1 and (not ids or operation not in _MANY):
        raise invalid_request(f"malformed item ID: {given[:80]}")
    done = []
    for one in ids:
        mailbox, number = call.locate(one)
        done.append(mailbox.ref(number))
        try:
            folder = folders.get(mailbox, number)
        except SoapFault:
            if operation == "delete":
                continue  # deleting what is gone is no error
            raise
        with upkeep.following(mailbox, folder):
            act(call, mailbox, folder, action)
    return done


def _parent(call: Call, mailbox: Mailbox, text: str) -> int:
    """The folder to move another to, which must be of the same mailbox."""
    target, number = call.locate(text)
    if target is not mailbox:
        raise invalid_request("cannot move folder between mailboxes")
    return number


def _rename(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    target = action.attrs.get("l")
    parent = folder.parent if target is None else _parent(call, mailbox, target)
    folders.place(mailbox, folder, action.require("name"), parent)


def _move(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    folders.place(mailbox, folder, folder.name, _parent(call, mailbox, action.require("l")))


def _delete(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    folders.delete(mailbox, folder)


def _trash(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    folders.trash(mailbox, folder)


def _empty(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    folders.empty(mailbox, folder, recursive=action.flag("recursive", True))


def _read(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    folders.mark_read(mailbox, folder)


def _set_color(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    color, rgb = _color(action)
    if color is None and rgb is None:
        raise invalid_request("missing required attribute: color")
    folders.change(mailbox, folder, color=color, rgb=rgb)


def _flag(letter: str, *, on: bool) -> _Action:
    def act(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
        folders.set_flag(mailbox, folder, letter, on=on)

    return act


def _free_busy(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    folders.set_flag(mailbox, folder, "b", on=action.flag("excludeFreeBusy"))


def _url(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    folders.change(mailbox, folder, url=action.attrs.get("url") or None)
    if "excludeFreeBusy" in action.attrs:
        _free_busy(call, mailbox, folder, action)


def _sync(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    """Fetch again what the folder's address gives: nothing here, where no other server is asked."""
    mailbox.check(folder.id, "w")


def _active_sync(*, disabled: bool) -> _Action:
    def act(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
        folders.change_data(mailbox, folder, {"noActiveSync": disabled or None})

    return act


def _offline_days(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    days = action.number("numDays")
    if days is None:
        raise invalid_request("missing required attribute: numDays")
    folders.change_data(mailbox, folder, {"offline": days})


def _retention(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    folders.change_data(mailbox, folder, {"retention": retention.given(action) or None}, right="a")


def _update(call: Call, mailbox: Mailbox, folder: Folder, action: Element) -> None:
    target = action.attrs.get("l")
    parent = folder.parent if target is None else _parent(call, mailbox, target)
    if parent <= 0:
        raise no_such_folder(parent)
    color, rgb = _color(action)
    if color is not None:
        folders.change(mailbox, folder, color=color, rgb=None)
    elif rgb is not None:
        folders.change(mailbox, folder, color=None, rgb=rgb)
    listed = action.find("acl")
    if listed is not None:
        grants.replace(mailbox, folder, listed)
    if "f" in action.attrs:
        folders.set_flags(mailbox, folder, action.attrs["f"])
    if "view" in action.attrs:
        folders.change(mailbox, folder, view=view_of(action.attrs))
    folders.place(mailbox, folder, action.attrs.get("name", folder.name), parent)


_Action = Callable[[Call, Mailbox, Folder, Element], None]
_ACTIONS: dict[str, _Action] = {
    "rename": _rename,
    "move": _move,
    "delete": _delete,
    "trash": _trash,
    "empty": _empty,
    "read": _read,
    "color": _set_color,
    "check": _flag("#", on=True),
    "!check": _flag("#", on=False),
    "syncon": _flag("y", on=True),
    "!syncon": _flag("y", on=False),
    "fb": _free_busy,
    "url": _url,
    "sync": _sync,
    "import": _sync,
    "update": _update,
    "disableactivesync": _active_sync(disabled=True),
    "!disableactivesync": _active_sync(disabled=False),
    "webofflinesyncdays": _offline_days,
    "retentionpolicy": _retention,
}
