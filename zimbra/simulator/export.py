"""What REST gives back: a folder or one item as ics, vcf or csv, and parts of items."""

from __future__ import annotations

from urllib.parse import quote

from zimbra.simulator import archives, item_files
from zimbra.simulator.call import Call
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.formats.contact_csv import write_table
from zimbra.simulator.http import Response
from zimbra.simulator.mail.mime import Message, Part
from zimbra.simulator.requests.calendar import in_span
from zimbra.simulator.requests.contacts import load, tag_names
from zimbra.simulator.store import calendar, items
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.items import Item

TYPES = {
    "ics": "text/calendar; charset=utf-8",
    "vcf": "text/x-vcard; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}


def _file(body: str, fmt: str, name: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(f'{name}.{fmt}', safe='')}"
    return Response(200, TYPES[fmt], body.encode("utf-8", "replace"), [("Content-Disposition", disposition)])


def export_folder(call: Call, folder: Folder, fmt: str, span: tuple[int, int] | None, query: str = "") -> Response:
    """A whole folder, of a calendar what happens within a span; archives and lists, of what a query finds."""
    call.mailbox.check(folder.id, "r")
    if fmt in ("zip", "tgz", "tar", "json", "xml"):
        return archives.folder_response(call, call.mailbox, folder, fmt, query)
    fmt = fmt or {"contact": "vcf", "appointment": "ics", "task": "ics"}.get(folder.view, "")
    if fmt == "ics":
        found = list(items.select(call.mailbox, calendar.KINDS, folder.id))
        if span is not None:
            found = [item for item in found if item.starts is None or in_span(call.mailbox, item, *span)]
        return _file(item_files.calendars(call.mailbox, found, folder.name), fmt, folder.name)
    found = list(items.select(call.mailbox, ("contact",), folder.id))
    if fmt == "vcf":
        return _file(item_files.cards(call.mailbox, found), fmt, folder.name)
    if fmt == "csv":
        rows = [(load(call.mailbox, item), tag_names(call.mailbox, item.tags)) for item in found]
        return _file(write_table(rows), fmt, folder.name)
    raise invalid_request(f"unsupported format: {fmt[:20]}")


def export_item(call: Call, item_id: int, fmt: str, part: str, *, inline: bool = False) -> Response:
    """One item, or one of its parts as it was handed over; `inline`: to be shown and not saved."""
    item = items.get(call.mailbox, item_id)
    if item.type == "message" and fmt in ("", "native", "raw", "eml", "html"):
        return archives.message_response(call.mailbox, item, part, inline)
    if part and item.type in calendar.KINDS:
        found = _file_of(call, item, part)
        return Response(200, _safe_type(found.content_type), found.data)
    if part:
        for attachment in items.attachments(call.mailbox, item.id):
            if attachment.part == part:
                return Response(200, _safe_type(attachment.content_type), attachment.data)
        raise SoapFault("mail.NO_SUCH_PART", f"no such part: {part[:40]}")
    if item.type in calendar.KINDS and fmt in ("", "ics"):
        return _file(item_files.calendars(call.mailbox, [item]), "ics", item.label or "item")
    if item.type == "contact" and fmt in ("", "vcf"):
        return _file(item_files.cards(call.mailbox, [item]), "vcf", item.label or "contact")
    raise invalid_request(f"unsupported format: {fmt[:20]}")


def _file_of(call: Call, item: Item, number: str) -> Part:
    """A file attached to an appointment or a task; mail.NO_SUCH_PART."""
    for invite in calendar.readable(call.mailbox, item).parts:
        raw = calendar.message_of(call.mailbox, item, invite.id) if invite.files else None
        if raw is None or not calendar.may_see(call.mailbox, item.folder, invite.shown):
            continue
        found = Message.parse(raw).part(number)
        if found is not None:
            return found
    raise SoapFault("mail.NO_SUCH_PART", f"no such part: {number[:40]}")


def _safe_type(content_type: str) -> str:
    """A stored type as a header: one line of plain characters."""
    clean = content_type.strip()
    return clean if clean.isascii() and clean.isprintable() and clean else "application/octet-stream"
