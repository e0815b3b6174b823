"""GetShareInfo, SendShareNotification, GetShareNotifications: who is told of which shared folder."""

from __future__ import annotations

from collections.abc import Iterator

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import invalid_request, no_such_folder
from zimbra.simulator.mail import delivery, sharenotice
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.mail.sharenotice import Notice, Person
from zimbra.simulator.requests.foldertree import Attributes, linked
from zimbra.simulator.requests.registry import ACCOUNT, MAIL, handles, response
from zimbra.simulator.store import access, accounts, folders, grantees, items, messages
from zimbra.simulator.store.access import Grant
from zimbra.simulator.store.accounts import Account
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.grantees import Grantee
from zimbra.simulator.store.mailbox import INBOX, Mailbox


@handles(ACCOUNT, "GetShareInfoRequest")
def get_share_info(call: Call) -> Reply:
    """What is shared with the account: by `owner`, or by anybody.

    Who names an owner that does not exist is told of no shares; the account itself as owner is invalid.
    """
    request, reader = call.request, call.target
    reply = response(call)
    owners = _owners(call, request.find("owner"), reader)
    chosen = request.find("grantee")
    mounted = access.links(call.db, reader.num)
    ids = access.grantee_ids(call.db, reader)
    found: list[tuple[tuple[str, ...], Attributes]] = []
    for owner in owners:
        if owner.num == reader.num and not request.flag("includeSelf", True):
            continue
        for folder, path, grant in _offered(call, owner):
            if grant.zid not in ids or not grant.valid:
                continue
            grantee = grantees.by_id(call.db, grant.gt, grant.zid)
            if not _chosen(chosen, grantee):
                continue
            attrs = _share(owner, folder, path, grant, grantee)
            mid = mounted.get((owner.id, folder.id))
            attrs["mid"] = None if mid is None else str(mid)
            found.append(((path.lower(), owner.name, grantee.name.lower(), grant.gt), attrs))
    for _, attrs in sorted(found, key=lambda one: one[0]):
        reply.add("share", attrs)
    return reply


def _owners(call: Call, element: Element | None, reader: Account) -> list[Account]:
    if element is None:
        ids = access.grantee_ids(call.db, reader)
        found = (accounts.by_num(call.db, num) for num in access.granting(call.db, ids))
        return [account for account in found if account is not None]
    by = element.attrs.get("by", "name")
    owner = accounts.by_reference(call.db, by, element.text, reader.domain)
    if owner is None or owner.status == "closed":
        return []
    if owner.num == reader.num:
        raise invalid_request("cannot discover shares on self")
    return [owner]


def _offered(call: Call, owner: Account) -> Iterator[tuple[Folder, str, Grant]]:
    """Every folder of a mailbox with its path and each grant in force on it, inherited ones too."""
    mailbox = call.unit.mailbox(owner)
    tree = folders.everything(mailbox)
    grants = access.of_mailbox(call.db, owner.num)
    for folder in tree.values():
        if folder.kind == "folder":
            for grant in _in_force(tree, grants, folder):
                yield folder, folders.path_of(tree, folder), grant


def _in_force(tree: dict[int, Folder], grants: dict[int, list[Grant]], folder: Folder) -> list[Grant]:
    while folder.id not in grants and "i" not in folder.flags and folder.parent != folder.id:
        folder = tree[folder.parent]
    return grants.get(folder.id, [])


def _chosen(element: Element | None, grantee: Grantee) -> bool:
    """Whether the request asks for what this grantee is granted."""
    if element is None:
        return True
    wanted = {key: element.attrs[key] for key in ("type", "id", "name") if key in element.attrs}
    if "type" in wanted:
        wanted["type"] = access.parse_type(wanted["type"])
    is_so = {"type": grantee.gt, "id": grantee.zid, "name": grantee.name}
    return all(is_so[key] == value for key, value in wanted.items())


def _share(owner: Account, folder: Folder, path: str, grant: Grant, grantee: Grantee) -> Attributes:
    return {
        "ownerId": owner.id,
        "ownerEmail": owner.name,
        "ownerName": owner.first("displayName"),
        "folderId": folder.id,
        "folderUuid": folder.uuid,
        "folderPath": path,
        "view": folder.view or "unknown",
        "rights": grant.perm,
        "granteeType": grant.gt,
        "granteeId": grant.zid,
        "granteeName": grantee.name,
        "granteeDisplayName": grantee.display,
    }


# --- telling ----------------------------------------------------------------------------------------------------------


@handles(MAIL, "SendShareNotificationRequest", writes=True, guards=True)
def send_share_notification(call: Call) -> Reply:
    """A letter to each address about a folder that is shared with it; service.INVALID_REQUEST when it is not.

    action: edit, revoke (for which there need be no share any more), expire; none for a new share.
    """
    call.unit.guard()
    request = call.request
    action = request.attrs.get("action", "new").lower()
    if action not in sharenotice.ACTIONS:
        raise invalid_request(f"unknown action: {action[:40]}")
    notes = request.get("notes") or ""
    share = request.find("share")
    if share is not None:
        given, people = _of_share(call, share)
    else:
        given = request.need("item").require("id")
        people = [_told(call, element.require("a")) for element in request.all("e")]
    name, mailbox, folder = _shared(call, given)
    owner = mailbox.account
    for person in people:
        perm = _granted(call, mailbox, folder, person, needed=action != "revoke")
        address = person.name or person.zid
        notice = Notice(
            action,
            Person(owner.id, owner.name, owner.first("displayName")),
            Person(person.zid, address, person.display),
            folder.id,
            name,
            folder.view,
            perm,
            notes,
        )
        me = call.me.account
        raw = sharenotice.letter(notice, sender=Person(me.id, me.name, me.first("displayName")))
        delivery.send(call.unit, me.name, address, raw)
    return response(call)


def _of_share(call: Call, share: Element) -> tuple[str, list[Grantee]]:
    """The older way of saying it: folder, type and name of the grantee in one element."""
    folder = share.attrs.get("l")
    if folder is None:
        folder = call.mailbox.ref(folders.by_path(call.mailbox, share.require("path")).id)
    gt = access.parse_type(share.require("gt"))
    if "zid" in share.attrs and gt != "guest":
        grantee = grantees.by_id(call.db, gt, share.attrs["zid"])
    else:
        grantee = grantees.by_name(call.db, gt, share.require("d"), call.me.account)
    if not grantee.name and grantee.gt != "guest":
        raise invalid_request("no such grantee")
    return folder, [grantee]


def _told(call: Call, address: str) -> Grantee:
    """Who has an address; who is not known here is a guest."""
    return grantees.by_name(call.db, "usr", address, call.me.account)


def _shared(call: Call, given: str) -> tuple[str, Mailbox, Folder]:
    """The folder meant: the name the sender has for it, its mailbox and itself, behind a link as well."""
    mailbox, number = call.locate(given)
    folder = folders.readable(mailbox, number)
    name = folder.name
    if folder.kind == "link":
        mailbox, folder = linked(call.unit, folder)
    elif folder.kind != "folder":
        raise no_such_folder(number)
    # Whether somebody has a grant is for those to know who may change it.
    mailbox.check(folder.id, "a")
    return name, mailbox, folder


def _granted(call: Call, mailbox: Mailbox, folder: Folder, person: Grantee, *, needed: bool) -> str:
    """The rights of a grantee in a folder."""
    tree = folders.everything(mailbox)
    grants = _in_force(tree, access.of_mailbox(call.db, mailbox.num), tree[folder.id])
    for grant in grants:
        if grant.gt == person.gt and access.same_grantee(grant, person.zid):
            return grant.perm
    if needed:
        raise invalid_request("no matching grant")
    return ""


@handles(MAIL, "GetShareNotificationsRequest")
def get_share_notifications(call: Call) -> Reply:
    """The letters about shares that lie in the inbox, newest first, one for each folder."""
    mailbox = call.owned
    reply = response(call)
    seen: set[tuple[str, int]] = set()
    for item in reversed(list(items.select(mailbox, ("message",), INBOX))):
        notice = sharenotice.read(Message.parse(messages.raw(mailbox, item.id)))
        if notice is None or (notice.owner.id, notice.folder_id) in seen:
            continue
        seen.add((notice.owner.id, notice.folder_id))
        status = "new" if "u" in item.flags else "seen"
        share = reply.add("share", {"status": status, "id": mailbox.ref(item.id), "d": item.changed})
        owner = notice.owner
        share.add("grantor", {"id": owner.id, "email": owner.address, "name": owner.name}, unique=True)
        link = {"id": str(notice.folder_id), "name": notice.name, "view": notice.view, "perm": notice.perm}
        share.add("link", link, unique=True)
    return reply
