"""The operations of FolderAction, and the part of other requests, that say who may do what in a folder."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.store import access, folders, grantees
from zimbra.simulator.store.access import EVERYBODY_ID, OUTSIDE_TYPES, PUBLIC_ID, Grant
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.grantees import Grantee
from zimbra.simulator.store.mailbox import Mailbox

OPERATIONS = frozenset({"grant", "!grant", "revokeorphangrants"})
_FIXED_IDS = {"all": EVERYBODY_ID, "pub": PUBLIC_ID}


def act(call: Call, mailbox: Mailbox, folder: Folder, operation: str, action: Element, result: Reply) -> None:
    """grant, !grant or revokeorphangrants; who is granted something is told in `result`.

    Faults: service.PERM_DENIED without the right to administer the folder; see `access.add` and `grantees.by_name`.
    """
    if operation == "grant":
        _grant(call, mailbox, folder, action.need("grant"), result)
    elif operation == "!grant":
        mailbox.check(folder.id, "a")
        if access.remove(mailbox.db, mailbox.account, folder.id, action.require("zid")):
            _own_grants(mailbox, folder)
    else:
        _revoke_orphans(mailbox, folder, action.require("zid"), access.parse_type(action.require("gt")))


def _own_grants(mailbox: Mailbox, folder: Folder) -> None:
    """From its first own grant on, a folder inherits no rights, even when the last grant is gone."""
    folders.set_flag(mailbox, folder, "i", on=True, right="a")


def _grant(call: Call, mailbox: Mailbox, folder: Folder, element: Element, result: Reply) -> None:
    perm = access.parse_rights(element.require("perm"))
    gt = access.parse_type(element.require("gt"))
    grantee = _grantee(call, gt, element)
    mailbox.check(folder.id, "a")
    kept = access.add(
        mailbox.db,
        mailbox.account,
        folder.id,
        _made(mailbox, folder, grantee, perm, _secret(grantee.gt, element), element),
    )
    _own_grants(mailbox, folder)
    result.attrs["zid"] = kept.zid
    if grantee.name or kept.gt in OUTSIDE_TYPES:
        result.attrs["d"] = grantee.name or kept.zid
    if kept.gt == "key":
        result.attrs["key"] = kept.secret


def _grantee(call: Call, gt: str, element: Element) -> Grantee:
    zid = element.attrs.get("zid")
    if zid is not None and gt not in (*_FIXED_IDS, *OUTSIDE_TYPES):
        return grantees.by_id(call.db, gt, zid)
    name = "" if gt in _FIXED_IDS else element.require("d")
    return grantees.by_name(call.db, gt, name, call.me.account)


def _secret(gt: str, element: Element) -> str:
    if gt == "key":
        return element.attrs.get("key", "")
    return element.attrs.get("args", element.attrs.get("pw", "")) if gt == "guest" else ""


def _made(mailbox: Mailbox, folder: Folder, grantee: Grantee, perm: str, secret: str, element: Element) -> Grant:
    expires = element.number("expiry") or None
    files = folders.holds_files(folders.everything(mailbox), folder)
    lapses = access.lapse(mailbox.account, grantee.gt, files=files, now=mailbox.now)
    return Grant(grantee.gt, grantee.zid, perm, grantee.name, secret, expires, lapses)


def replace(mailbox: Mailbox, folder: Folder, acl: Element) -> None:
    """All grants of the folder become those of an `acl` element, which names grantees by id."""
    mailbox.check(folder.id, "a")
    made = []
    for element in acl.all("grant"):
        gt = access.parse_type(element.require("gt"))
        perm = access.parse_rights(element.require("perm"))
        zid = _FIXED_IDS.get(gt) or element.require("zid")
        made.append(_made(mailbox, folder, Grantee(gt, zid), perm, _secret(gt, element), element))
    access.replace(mailbox.db, mailbox.account, folder.id, made)
    _own_grants(mailbox, folder)


def _revoke_orphans(mailbox: Mailbox, folder: Folder, zid: str, gt: str) -> None:
    """Take away, in this folder and those below, what was granted to somebody who is no more."""
    if gt not in ("usr", "grp", "cos", "dom"):
        raise invalid_request("invalid grantee type for revokeOrphanGrants")
    if grantees.exists(mailbox.db, gt, zid):
        raise invalid_request(f"grantee {zid[:80]} exists")
    tree = folders.everything(mailbox)
    for folder_id in folders.subtree(tree, folder.id):
        # Folders that the asker may not administer are passed over, those below them are not.
        if "a" in mailbox.rights(folder_id) and access.remove(mailbox.db, mailbox.account, folder_id, zid):
            _own_grants(mailbox, tree[folder_id])
