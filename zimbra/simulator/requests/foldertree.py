"""Folders, links and saved searches as answers show them, each with what is below it as far as the reader may look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zimbra.simulator.call import Call, Unit
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request, no_such_account, perm_denied
from zimbra.simulator.requests import retention
from zimbra.simulator.store import access, accounts, foldercounts, folders, grantees
from zimbra.simulator.store.access import OUTSIDE_TYPES, Grant
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import TRASH, Mailbox

# What a folder may be for (MailItem.Type); any other word is taken as none, as Zimbra takes it.
VIEWS = frozenset(
    {
        "message", "contact", "appointment", "task", "document", "conversation", "wiki", "note", "chat", "folder",
        "search folder", "tag", "remote folder", "comment", "link",
    }
)  # fmt: skip
_HIDDEN = (8, 9, 17)
Attributes = dict[str, str | int | bool | None]


@dataclass(frozen=True)
class Way:
    """How a tree is to be shown.

    `view`: only folders of this view, with those above them. `visible`: also the bare names of folders that the reader
    may not look into, on the way to some it may. `names`: with the names of grantees. `traverse`: what is below links.
    """

    view: str = ""
    visible: bool = False
    names: bool = True
    traverse: bool = False


class Tree:
    """All folders of a mailbox, ready to be written out for who reads them."""

    def __init__(self, unit: Unit, mailbox: Mailbox, way: Way = Way()) -> None:
        self.unit = unit
        self.mailbox = mailbox
        self.way = way
        self.folders = folders.everything(mailbox)
        self.counts = foldercounts.counts(mailbox)
        self.grants = access.of_mailbox(mailbox.db, mailbox.num)

    def top(self, folder_id: int, depth: int = -1) -> Reply | None:
        """The folder with what is below it; None when a view is asked for and nothing in it matches.

        service.PERM_DENIED when the reader may not look into it, unless hidden folders are to be shown by name.
        """
        folder = self.folders[folder_id]
        if not self.way.visible and not self._open(folder):
            raise perm_denied()
        branch = self._branch(folder, depth)
        if branch is not None and folder.kind == "link" and not self.way.traverse:
            self._expand(branch, folder, depth)
        return branch

    def _open(self, folder: Folder) -> bool:
        return "r" in self.mailbox.rights(folder.id)

    def _branch(self, folder: Folder, depth: int) -> Reply | None:
        way = self.way
        shown = self._open(folder)
        if not shown and not way.visible:
            return None
        # A folder of another view than the one asked for keeps only its name; the trash may hold anything.
        matches = not way.view or folder.view == way.view or folder.id == TRASH
        branches = []
        if depth != 0 or not (shown and matches):
            branches = [
                branch
                for below in folder.children
                if below.id not in _HIDDEN and (branch := self._branch(below, depth - 1)) is not None
            ]
        if not (shown and matches) and not branches:
            return None
        element = self.element(folder) if shown and matches else self._bare(folder)
        if depth != 0:
            element.children += branches
        if way.traverse and folder.kind == "link" and shown:
            self._expand(element, folder, depth)
        return element

    def _bare(self, folder: Folder) -> Reply:
        return Reply("folder", {"id": self.mailbox.ref(folder.id), "name": folder.name})

    def element(self, folder: Folder) -> Reply:
        """The folder alone."""
        attrs = self._common(folder)
        if folder.kind == "link":
            return self._link(folder, attrs)
        if folder.kind == "search":
            data = folder.data
            attrs |= {"query": data.get("query"), "sortBy": data.get("sortBy"), "types": data.get("types")}
            return Reply("search", attrs)
        held = self.counts.get(folder.id, foldercounts.Counts())
        # What IMAP has marked as deleted is counted apart.
        attrs |= {"u": held.unread - held.gone or None, "i4u": held.unread if held.gone else None}
        attrs |= {"n": held.items - held.deleted, "i4n": held.items if held.deleted else None}
        attrs |= {"s": held.size, "url": folder.url, "i4ms": folder.sequence}
        attrs["i4next"] = self.mailbox.last_id + 1
        administers = deletes = True
        if self.mailbox.foreign:
            rights = self.mailbox.rights(folder.id)
            attrs["perm"] = rights
            administers, deletes = "a" in rights, "a" in rights or "d" in rights
        reply = Reply("folder", attrs)
        if administers and "i" in folder.flags:
            reply.children.append(acl(self.mailbox, self.grants.get(folder.id, []), names=self.way.names))
        if deletes:
            # Who may delete is to know what is to be kept.
            retention.show(reply, folder.data.get("retention") or {})
        return reply

    def _common(self, folder: Folder) -> Attributes:
        ref = self.mailbox.ref
        data = folder.data
        return {
            "id": ref(folder.id),
            "uuid": folder.uuid,
            "name": folder.name,
            "absFolderPath": folders.path_of(self.folders, folder),
            "l": ref(folder.parent),
            "luuid": self.folders[folder.parent].uuid,
            "f": folder.flags or None,
            # The colour nobody chose is not told.
            "color": folder.color or None,
            "rgb": folder.rgb,
            "view": folder.view or None,
            "rev": folder.sequence,
            "ms": folder.sequence,
            "webOfflineSyncDays": data.get("offline", 0),
            "deletable": not folder.system,
            "activesyncdisabled": bool(data.get("noActiveSync")),
        }

    def _link(self, folder: Folder, attrs: Attributes) -> Reply:
        data = folder.data
        owner = accounts.by_id(self.mailbox.db, data["zid"])
        attrs |= {"zid": data["zid"], "rid": int(data["rid"]), "ruuid": data.get("ruuid")}
        attrs |= {"owner": None if owner is None else owner.name, "reminder": bool(data.get("reminder"))}
        return Reply("link", attrs)

    def _expand(self, element: Reply, link: Folder, depth: int) -> None:
        """Put what the linked folder holds under the link, or say that the link is broken."""
        try:
            remote, folder = linked(self.unit, link)
            way = Way(self.way.view, self.way.visible, self.way.names)
            target = Tree(self.unit, remote, way).top(folder.id, depth)
        except SoapFault:
            element.attrs["broken"] = True
            return
        if target is not None:
            put_under(element, target)


def folder_element(call: Call, mailbox: Mailbox, folder_id: int) -> Reply:
    """A folder, a link or a saved search alone, as every answer shows it."""
    tree = Tree(call.unit, mailbox)
    return tree.element(tree.folders[folder_id])


def put_under(link: Reply, target: Reply) -> None:
    """What a link shows of the folder it leads to: counts, rights, grants, and the folders below, as below the link."""
    for name in ("u", "n", "s", "url", "perm"):
        if name in target.attrs:
            link.attrs[name] = target.attrs[name]
    link.attrs["oname"] = target.attrs.get("name", "")
    for child in target.children:
        if child.attrs.get("l") == target.attrs["id"]:
            child.attrs["l"] = link.attrs["id"]
        link.children.append(child)


def linked(unit: Unit, link: Folder) -> tuple[Mailbox, Folder]:
    """The folder a link leads to, which the reader must be able to look into.

    Faults: account.NO_SUCH_ACCOUNT, account.ACCOUNT_INACTIVE, mail.NO_SUCH_FOLDER, service.PERM_DENIED.
    """
    data = link.data
    owner = accounts.by_id(unit.db, data["zid"])
    if owner is None:
        raise no_such_account(data["zid"])
    if owner.status in ("closed", "maintenance", "pending"):
        raise SoapFault("account.ACCOUNT_INACTIVE", f"account is not active: {owner.name}")
    remote = unit.mailbox(owner)
    return remote, folders.readable(remote, int(data["rid"]))


def acl(mailbox: Mailbox, grants: list[Grant], *, names: bool) -> Reply:
    """The grants of a folder. Grantees that are no more are marked; everybody and the public have no id."""
    reply = Reply("acl", unique=True)
    for name, outside in (("internalGrantExpiry", False), ("guestGrantExpiry", True)):
        ends = [
            grant.lapses
            for grant in grants
            if grant.lapses is not None and grant.gt != "pub" and (grant.gt in OUTSIDE_TYPES) == outside
        ]
        if ends:
            reply.attrs[name] = max(ends)
    for grant in grants:
        attrs: Attributes = {
            "zid": None if grant.gt in ("all", "pub") else grant.zid,
            "gt": grant.gt,
            "perm": grant.perm,
            "expiry": grant.lapses if grant.gt == "pub" and grant.expires is None else grant.expires,
        }
        if names and grant.gt in ("usr", "grp", "cos", "dom"):
            name = grantees.by_id(mailbox.db, grant.gt, grant.zid).name
            attrs |= {"d": name} if name else {"d": "", "invalid": True}
        if grant.gt == "key":
            attrs["key"] = grant.secret
        elif grant.secret:
            attrs["pw"] = grant.secret
        reply.add("grant", attrs)
    return reply


# --- what requests say of a folder ---------------------------------------------------------------------------------


def color_of(element: Element) -> tuple[int | None, str | None]:
    """`color` (0 to 127) and `rgb` (#rrggbb) of a request; service.INVALID_REQUEST."""
    given, rgb = element.attrs.get("color"), element.attrs.get("rgb")
    color = None
    if given is not None:
        # No blanks around it: Zimbra does not strip numbers.
        if given != given.strip() or not given:
            raise invalid_request(f"invalid value for attribute color: {given[:40]}")
        color = element.number("color")
    if rgb is not None and not (
        len(rgb) == 7 and rgb[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in rgb[1:])
    ):
        raise invalid_request(f"rgb color must be in the form #rrggbb: {rgb[:40]}")
    return color, rgb


def view_of(attrs: Mapping[str, str]) -> str:
    view = attrs.get("view", "")
    return view if view in VIEWS else ""


def as_seen(call: Call, mailbox: Mailbox, folder: int, given: str | None, reply: Reply) -> Reply:
    """`reply`, which is about something in `folder`, as it is seen by who named the folder by a link (`given`)."""
    if given is not None:
        named, number = call.locate(given)
        if (named.num, number) != (mailbox.num, folder) and reply.attrs.get("l") == mailbox.ref(folder):
            reply.attrs["l"] = named.ref(number)
    return reply
