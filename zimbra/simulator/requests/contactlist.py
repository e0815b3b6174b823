"""GetContacts: contacts by id, with who the members of groups are, or all of a folder or of the mailbox."""

from __future__ import annotations

from collections.abc import Iterable

from zimbra.simulator import gal
from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests import attributes
from zimbra.simulator.requests.contacts import contact_element, load, named
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import contacts, folders, items
from zimbra.simulator.store.contacts import Contact, Member
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox


@handles(MAIL, "GetContactsRequest")
def get_contacts(call: Call) -> Reply:
    """The contacts named by id, wherever they are, or else all of a folder or of the mailbox.

    `a`: only these attributes; `ma`: of members only these; `sync`: with the time of the last change.
    """
    request = call.request
    folder = request.get("l")
    mailbox, folder_id = (call.mailbox, None) if folder is None else _looked_into(call, folder)
    wanted = _names(request.all("a"))
    sync, hidden = request.flag("sync"), request.flag("returnHiddenAttrs")
    listed = [element.require("id") for element in request.all("cn")]
    deref = request.flag("derefGroupMember")
    reply = response(call)
    if not listed:
        if deref:
            raise invalid_request("derefGroupMember is supported only when specific contact ids are specified")
        if folder_id is None:
            mailbox = call.owned
        attached = items.with_attachments(mailbox)
        found = list(items.select(mailbox, ("contact",), folder_id))
        _sort(found, request.get("sortBy"))
        for item in found:
            contact = load(mailbox, item) if item.id in attached else contacts.load(item)
            reply.children.append(contact_element(mailbox, item, contact, wanted, sync=sync, hidden=hidden))
        return reply
    of_members = _names(request.all("ma"))
    for text in ",".join(listed).split(","):
        holder, item = named(call, text)
        if folder_id is None or (holder is mailbox and item.folder == folder_id):
            contact = load(holder, item)
            element = contact_element(holder, item, contact, wanted, sync=sync, hidden=hidden)
            if deref:
                _dereference(call, holder, contact, element, of_members)
            reply.children.append(element)
    return reply


def _names(elements: Iterable[Element]) -> set[str] | None:
    return {element.attrs.get("n", "") for element in elements} or None


def _looked_into(call: Call, text: str) -> tuple[Mailbox, int]:
    mailbox, folder_id = call.folder(text)
    folders.readable(mailbox, folder_id)
    return mailbox, folder_id


def _sort(found: list[Item], sort_by: str | None) -> None:
    if sort_by and sort_by.lower().startswith("name"):
        found.sort(key=lambda item: item.label.lower(), reverse=sort_by.lower().endswith("desc"))


def _dereference(call: Call, mailbox: Mailbox, contact: Contact, element: Reply, wanted: set[str] | None) -> None:
    """Put who a member stands for inside that member, as far as the reader may see it, and the members in order: of
    how contacts are filed, of the addresses of the others."""
    keyed = []
    for member, shown in zip(contact.members, element.children, strict=True):
        key, meant = _meant(call, mailbox, member, wanted)
        if meant is not None:
            shown.children.append(meant)
        keyed.append((key, shown))
    element.children = [shown for _, shown in sorted(keyed, key=lambda one: one[0])]


def _meant(call: Call, mailbox: Mailbox, member: Member, wanted: set[str] | None) -> tuple[str, Reply | None]:
    """What a member is sorted by, and who it stands for: a contact, an entry of the address list, or nobody known."""
    kind, value = member
    if kind == "C":
        try:
            holder, number = (mailbox, int(value)) if value.isdecimal() else call.locate(value)
            target = items.find(holder, number, "contact")
        except SoapFault:
            target = None
        if target is not None:
            return target.label, contact_element(holder, target, load(holder, target), wanted)
    elif kind == "G":
        entry = gal.by_dn(call.db, call.target.domain, value)
        if entry is not None:
            shown = Reply("cn", {"id": entry.dn, "ref": entry.dn})
            shown.pairs = [pair for pair in attributes.pairs_of(entry.attrs) if wanted is None or pair[0] in wanted]
            return entry.name, shown
    return value, None
