"""Over REST: a message as it stands and its parts; a folder as an archive of files, one for each item, or as a list."""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote

from zimbra.simulator import item_files
from zimbra.simulator.call import Call
from zimbra.simulator.element import Reply, to_json, write_xml
from zimbra.simulator.fault import invalid_request
from zimbra.simulator.http import Response
from zimbra.simulator.mail.mime import Message
from zimbra.simulator.requests.contacts import contact_element, load
from zimbra.simulator.requests.message_elements import no_such_part, summaries
from zimbra.simulator.requests.searching import Search, Sort
from zimbra.simulator.requests.summaries import summary_element
from zimbra.simulator.store import folders, items, messages
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.items import Item
from zimbra.simulator.store.mailbox import USER_ROOT, Mailbox

# Of a longer folder a client takes a part at a time, by a query.
MAX_ITEMS = 20_000
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
    """A folder, or what a query finds in it: as zip, tgz or tar with all below it, or listed as json or xml."""
    mailbox.check(folder.id, "r")
    if fmt in ("json", "xml"):
        root = Reply("items", unique=True)
        root.children = _listed(mailbox, list(_found(call, mailbox, [folder.id], query)))
        if fmt == "json":
            return Response(200, "application/json; charset=utf-8", json.dumps(to_json(root)).encode())
        out: list[str] = []
        write_xml(root, out)
        return Response(200, "text/xml; charset=utf-8", "".join(out).encode("utf-8", "replace"))
    tree = folders.everything(mailbox)
    within = [number for number in folders.subtree(tree, folder.id) if tree[number].kind == "folder"]
    found = list(_found(call, mailbox, within, query))
    directories = {number: _directory(tree, number, folder.id) for number in within}
    name = folder.name if folder.id > 1 else mailbox.account.name
    if fmt == "zip":
        return Response(
            200, "application/zip", _zipped(mailbox, directories, found), [_named(f"{name}.zip", inline=False)]
        )
    if fmt in ("tgz", "tar"):
        body = _tarred(mailbox, directories, found, compressed=fmt == "tgz")
        kind = "application/x-compressed-tar" if fmt == "tgz" else "application/x-tar"
        return Response(200, kind, body, [_named(f"{name}.{fmt}", inline=False)])
    raise invalid_request(f"unsupported format: {fmt[:20]}")


def _found(call: Call, mailbox: Mailbox, within: list[int], query: str) -> Iterator[Item]:
    """The items of some folders, or those of them a query finds."""
    if not query:
        every = (item for number in within for item in items.select(mailbox, item_files.KINDS, number))
        yield from islice(every, MAX_ITEMS)
        return
    meant = set(within)
    prepared, sort = Search.prepare(call, query), Sort("dateDesc")
    prepared.everywhere()
    hits = prepared.messages(sort, MAX_ITEMS, 0, None) + prepared.others(item_files.KINDS[1:], sort, None)
    yield from (hit.item for hit in hits if hit.item and hit.mailbox is mailbox and hit.item.folder in meant)


def _listed(mailbox: Mailbox, found: list[Item]) -> list[Reply]:
    written = summaries(mailbox, [item for item in found if item.type == "message"], recipients=2)
    for item in found:
        if item.type == "contact":
            written.append(contact_element(mailbox, item, load(mailbox, item)))
        elif item.type != "message":
            written.append(summary_element(mailbox, item, None))
    return written


def _directory(tree: dict[int, Folder], number: int, top: int) -> str:
    """The path of a folder in an archive of `top`, whose own name comes first unless it is the root of all."""
    parts: list[str] = []
    while number != USER_ROOT:
        parts.append(_UNSAFE.sub("_", tree[number].name).strip(" .") or "folder")
        if number == top:
            break
        number = tree[number].parent
    return "".join(f"{part}/" for part in reversed(parts))


def _entry(directory: str, item: Item) -> str:
    """The name of an item in an archive: numbered, and safe for any disk."""
    label = _UNSAFE.sub("_", item.label).strip(" .")[:60]
    return f"{directory}{item.id:010d}{'-' + label if label else ''}.{item_files.EXTENSIONS[item.type]}"


def _zipped(mailbox: Mailbox, directories: dict[int, str], found: list[Item]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in found:
            archive.writestr(_entry(directories[item.folder], item), item_files.content(mailbox, item))
    return out.getvalue()


def _tarred(mailbox: Mailbox, directories: dict[int, str], found: list[Item], *, compressed: bool) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz" if compressed else "w") as archive:
        known = messages.details(mailbox, (item.id for item in found))
        for item in found:
            data = item_files.content(mailbox, item)
            entry = tarfile.TarInfo(_entry(directories[item.folder], item))
            moment = known[item.id].date if item.id in known else item.changed
            entry.size, entry.mtime = len(data), max(0, moment // 1000)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()
