"""ItemAction on a folder: what can be done to any item, done to one that is a folder."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.mail import upkeep
from zimbra.simulator.requests.foldertree import color_of
from zimbra.simulator.requests.places import target
from zimbra.simulator.store import folders
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import Mailbox


def act_on_folder(call: Call, mailbox: Mailbox, number: int, operation: str, action: Element) -> None:
    """delete, trash, move, read, color, update; service.INVALID_REQUEST or mail.CANNOT_TAG for the others."""
    folder = folders.get(mailbox, number)
    with upkeep.following(mailbox, folder):
        _act(call, mailbox, folder, operation, action)


def _act(call: Call, mailbox: Mailbox, folder: Folder, operation: str, action: Element) -> None:
    if operation == "delete":
        folders.delete(mailbox, folder)
    elif operation == "trash":
        folders.trash(mailbox, folder)
    elif operation in ("move", "update"):
        parent = folder.parent
        if action.attrs.get("l"):
            place, parent = target(call, action.attrs["l"])
            if place is not mailbox:
                raise invalid_request("cannot move a folder into another mailbox")
        elif operation == "move":
            raise invalid_request("missing required attribute: l")
        folders.place(mailbox, folder, action.attrs.get("name", folder.name), parent)
    elif operation == "read":
        folders.mark_read(mailbox, folder)
    elif operation == "color":
        color, rgb = color_of(action)
        folders.change(mailbox, folder, color=color, rgb=rgb)
    elif operation.removeprefix("!") == "tag":
        raise SoapFault("mail.CANNOT_TAG", f"cannot apply tag to object: {folder.id}", itemId=folder.id)
    else:
        raise invalid_request(f"invalid operation on folder: {operation}")
