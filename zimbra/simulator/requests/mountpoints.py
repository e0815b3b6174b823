"""CreateMountpoint, EnableSharedReminder: links to folders of others."""

from __future__ import annotations

import json

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account, perm_denied
from zimbra.simulator.requests.foldertree import Tree, color_of, folder_element, put_under, view_of
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import accounts, folders, items
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import Mailbox


@handles(MAIL, "CreateMountpointRequest", writes=True, guards=True)
def create_mountpoint(call: Call) -> Reply:
    """A link to a folder of somebody else, which the reader must be able to look into already."""
    call.unit.guard()
    link = call.request.need("link")
    name = link.require("name")
    mailbox, parent = _place(call, link)
    color, rgb = color_of(link)
    owner = _owner(call, mailbox, link)
    remote, target = _target(call, owner, link)
    if target.kind != "folder":
        raise invalid_request("cannot mount a search or mountpoint")
    view = view_of(link.attrs) if "view" in link.attrs else target.view
    extra = {"zid": owner.id, "rid": target.id, "ruuid": target.uuid, "reminder": link.flag("reminder")}
    made = folders.create(
        mailbox,
        name,
        parent,
        view=view,
        flags=folders.valid_flags(link.attrs.get("f", "")),
        color=color,
        rgb=rgb,
        fetch_if_exists=link.flag("fie"),
        kind="link",
        extra=json.dumps(extra),
    )
    if made.kind != "link":
        raise SoapFault("mail.ALREADY_EXISTS", f"object with that name already exists: {name}", name=name)
    element = folder_element(call, mailbox, made.id)
    found = Tree(call.unit, remote).top(target.id)
    if found is not None:
        put_under(element, found)
    reply = response(call)
    reply.children.append(element)
    return reply


def _place(call: Call, link: Element) -> tuple[Mailbox, int]:
    """Where the link is to be. What is not there is, for this request, no item rather than no folder."""
    mailbox, parent = call.folder(link.require("l"))
    try:
        folders.get(mailbox, parent)
    except SoapFault:
        if parent < 0:
            raise
        raise items.not_found("", parent) from None
    return mailbox, parent


def _owner(call: Call, mailbox: Mailbox, link: Element) -> Account:
    zid = link.attrs.get("zid")
    if zid is not None:
        _remote_id(link)
        owner = accounts.by_id(call.db, zid)
        if owner is None:
            raise no_such_account(zid[:80])
        return owner
    owner = accounts.by_name(call.db, link.require("owner"), call.me.account.domain)
    if owner is None:
        # Who there is is not told.
        raise perm_denied()
    if owner.num == mailbox.num:
        raise invalid_request("cannot mount your own folder")
    return owner


def _remote_id(link: Element) -> int | None:
    """`rid`, when it is one; service.INVALID_REQUEST when neither it nor a path says which folder is meant."""
    text = link.attrs.get("rid")
    if text is not None and (text != text.strip() or not text):
        raise invalid_request(f"invalid value for attribute rid: {text[:40]}")
    number = link.number("rid")
    if number is not None and number > 0:
        return number
    if "path" not in link.attrs:
        raise invalid_request("must specify one of rid/path")
    return None


def _target(call: Call, owner: Account, link: Element) -> tuple[Mailbox, Folder]:
    number = _remote_id(link)
    remote = call.unit.mailbox(owner)
    if number is None:
        number = folders.by_path(remote, link.attrs["path"]).id
    return remote, folders.readable(remote, number)


@handles(MAIL, "EnableSharedReminderRequest", writes=True)
def enable_shared_reminder(call: Call) -> Reply:
    """Whether reminders of a linked calendar are shown; mail.NO_SUCH_MOUNTPOINT for any other folder."""
    link = call.request.need("link")
    mailbox, number = call.locate(link.require("id"))
    folder = folders.get(mailbox, number)
    if folder.kind != "link":
        raise SoapFault("mail.NO_SUCH_MOUNTPOINT", f"no such mountpoint: {number}", itemId=number)
    folders.change_data(mailbox, folder, {"reminder": link.flag("reminder")})
    return response(call)
