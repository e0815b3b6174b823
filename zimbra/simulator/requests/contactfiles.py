"""ImportContacts and ExportContacts: contacts as a table in and out."""

from __future__ import annotations

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.contact_csv import BadCsv, parse_table, write_table
from zimbra.simulator.requests.contacts import keep, load, place, tag_names
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import folders, items, tags, uploads
from zimbra.simulator.store.contacts import Contact


def from_row(fields: dict[str, str]) -> Contact:
    """A contact out of a row of CSV; the addresses of a group's `dlist` become its members."""
    contact = Contact(dict(fields))
    if contact.is_group:
        addresses = contact.attrs.pop("dlist", "")
        if isinstance(addresses, str):
            contact.members = [("I", one.strip()) for one in addresses.split(",") if one.strip()]
    return contact


def _check_type(kind: str) -> None:
    if kind != "csv":
        raise invalid_request(f"unsupported content type: {kind[:40]}")


@handles(MAIL, "ImportContactsRequest", writes=True)
def import_contacts(call: Call) -> Reply:
    """Rows of CSV, out of the request or of an upload; mail.UNABLE_TO_IMPORT_CONTACTS."""
    request = call.request
    _check_type(request.require("ct"))
    folder = request.get("l")
    content = request.need("content")
    text = content.text
    if "aid" in content.attrs:
        text = uploads.take(call.db, call.me.account.id, content.attrs["aid"]).data.decode("utf-8", "replace")
    try:
        rows = parse_table(text)
    except BadCsv as error:
        raise SoapFault("mail.UNABLE_TO_IMPORT_CONTACTS", f"unable to import contacts: {error}") from None
    mailbox, folder_id = place(call, folder)
    made = [
        keep(call, folder_id, from_row(fields), tags.ids_for(mailbox, tag_list, None), mailbox)
        for fields, tag_list in rows
    ]
    reply = response(call)
    reply.add("cn", {"ids": ",".join(mailbox.ref(item.id) for item in made), "n": len(made)})
    return reply


@handles(MAIL, "ExportContactsRequest")
def export_contacts(call: Call) -> Reply:
    """The contacts of a folder, or of the whole mailbox to its owner alone."""
    request = call.request
    _check_type(request.require("ct"))
    folder = request.get("l")
    mailbox, folder_id = (call.owned, None) if folder is None else call.folder(folder)
    if folder_id is not None:
        folders.readable(mailbox, folder_id)
    found = items.select(mailbox, ("contact",), folder_id)
    reply = response(call)
    table = write_table([(load(mailbox, item), tag_names(mailbox, item.tags)) for item in found])
    reply.add("content", text=table)
    return reply
