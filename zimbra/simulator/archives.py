"""Messages over REST: one as it stands, its parts, a folder as an archive of .eml files or as a list."""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from urllib.parse import quote

from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply, to_json, write_xml
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.http import Response
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.message_elements import no_such_part, summaries
from zimbra.simulator.requests.searching import Search, Sort
from zimbra.simulator.store import items, messages
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import Mailbox

# Of a longer folder a client takes a part at a time, by a query.
MAX_MESSAGES = 20_000
# What a browser would run is handed over as a file.
_ACTIVE = ("text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml")
_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+\Z", re.ASCII)
_UNSAFE = re.compile(r"[^\w .()@+-]+", re.UNICODE)


def message_response(mailbox: Mailbox, item: Item, part: str, inline: bool) -> Response:
    """The message as it was received, or one of its parts; mail.NO_SUCH_PART."""
    raw = messages.raw(mailbox, item.id)
    if not part:
        return Response(200, "text/plain; charset=utf-8", raw, [_named(f"{item.label or 'message'}.eml", inline=True)])
    found = Message.parse(raw).part(part)
    if found is None:
        raise no_such_part(part)
    kind = found.content_type if _TYPE.match(found.content_type) else "application/octet-stream"
    shown = (inline or found.disposition != "attachment") and kind not in _ACTIVE
    charset = found.parameters.get("charset", "")
    full = f"{kind}; charset={charset}" if kind.startswith("text/") and re.fullmatch(r"[\w.-]{1,40}", charset) else kind
    return Response(200, full, found.data, [_named(found.filename or f"part{part}", inline=shown)])


def _named(filename: str, *, inline: bool) -> tuple[str, str]:
    kind = "inline" if inline else "attachment"
    return "Content-Disposition", f"{kind}; filename*=UTF-8''{quote(filename, safe='')}"


def folder_response(call: Call, mailbox: Mailbox, folder: Folder, fmt: str, query: str) -> Response:
    """A folder of messages, or what a query finds in it, as zip, tgz, tar, json or xml."""
    mailbox.check(folder.id, "r")
    found = list(_found(call, mailbox, folder, query))
    if fmt in ("json", "xml"):
        root = Reply("items", unique=True)
        root.children = summaries(mailbox, found, recipients=2)
        if fmt == "json":
            return Response(200, "application/json; charset=utf-8", json.dumps(to_json(root)).encode())
        out: list[str] = []
        write_xml(root, out)
        return Response(200, "text/xml; charset=utf-8", "".join(out).encode("utf-8", "replace"))
    name = folder.name if folder.id > 1 else mailbox.account.name
    if fmt == "zip":
        return Response(200, "application/zip", _zipped(mailbox, folder, found), [_named(f"{name}.zip", inline=False)])
    if fmt in ("tgz", "tar"):
        body = _tarred(mailbox, folder, found, compressed=fmt == "tgz")
        kind = "application/x-compressed-tar" if fmt == "tgz" else "application/x-tar"
        return Response(200, kind, body, [_named(f"{name}.{fmt}", inline=False)])
    raise invalid_request(f"unsupported format: {fmt[:20]}")


def _found(call: Call, mailbox: Mailbox, folder: Folder, query: str) -> Iterator[Item]:
    if not query:
        for number, item in enumerate(items.select(mailbox, ("message",), folder.id)):
            if number >= MAX_MESSAGES:
                return
            yield item
        return
    wanted = f'inid:"{mailbox.ref(folder.id)}" ({query})' if folder.id > 1 else query
    for hit in Search.prepare(call, wanted).messages(Sort("dateDesc"), MAX_MESSAGES, 0, None):
        if hit.item is not None and hit.mailbox is mailbox:
            yield hit.item


def _entry(folder: Folder, item: Item) -> str:
    """The name of a message in an archive: numbered, and safe for any disk."""
    directory = _UNSAFE.sub("_", folder.name).strip(" .") or "folder"
    subject = _UNSAFE.sub("_", item.label).strip(" .")[:60]
    return f"{directory}/{item.id:010d}{'-' + subject if subject else ''}.eml"


def _zipped(mailbox: Mailbox, folder: Folder, found: list[Item]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in found:
            archive.writestr(_entry(folder, item), messages.raw(mailbox, item.id))
    return out.getvalue()


def _tarred(mailbox: Mailbox, folder: Folder, found: list[Item], *, compressed: bool) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz" if compressed else "w") as archive:
        known = messages.details(mailbox, (item.id for item in found))
        for item in found:
            raw = messages.raw(mailbox, item.id)
            entry = tarfile.TarInfo(_entry(folder, item))
            entry.size, entry.mtime = len(raw), max(0, known[item.id].date // 1000)
            archive.addfile(entry, io.BytesIO(raw))
    return out.getvalue()
