"""CreateSearchFolder, GetSearchFolder, ModifySearchFolder: searches kept under a name among the folders."""

from __future__ import annotations

import json

from zimbra.simulator.call import Call
from zimbra.simulator.element import Element, Reply
from zimbra.simulator.fault import SoapFault, invalid_request
from zimbra.simulator.requests.foldertree import Tree, color_of, folder_element
from zimbra.simulator.requests.registry import MAIL, handles, response
from zimbra.simulator.store import folders
from zimbra.simulator.store.mailbox import Mailbox


@handles(MAIL, "CreateSearchFolderRequest", writes=True, guards=True)
def create_search_folder(call: Call) -> Reply:
    call.unit.guard()
    search = call.request.need("search")
    mailbox, parent = call.locate(search.require("l"))
    color, rgb = color_of(search)
    made = folders.create(
        mailbox,
        search.require("name"),
        parent,
        flags=folders.valid_flags(search.attrs.get("f", "")),
        color=color,
        rgb=rgb,
        kind="search",
        extra=json.dumps(_asked(search)),
    )
    return _answer(call, mailbox, made.id)


def _asked(search: Element) -> dict[str, str | None]:
    """What is searched for; service.INVALID_REQUEST when nothing is."""
    query = search.require("query").strip()
    if not query:
        raise invalid_request("search query must not be empty")
    return {"query": query, "types": search.attrs.get("types"), "sortBy": search.attrs.get("sortBy")}


def _answer(call: Call, mailbox: Mailbox, folder_id: int) -> Reply:
    reply = response(call)
    reply.children.append(folder_element(call, mailbox, folder_id))
    return reply


@handles(MAIL, "GetSearchFolderRequest")
def get_search_folder(call: Call) -> Reply:
    mailbox = call.owned
    tree = Tree(call.unit, mailbox)
    reply = response(call)
    reply.children = [tree.element(folder) for folder in tree.folders.values() if folder.kind == "search"]
    return reply


@handles(MAIL, "ModifySearchFolderRequest", writes=True)
def modify_search_folder(call: Call) -> Reply:
    search = call.request.need("search")
    mailbox, number = call.locate(search.require("id"))
    folder = folders.get(mailbox, number)
    if folder.kind != "search":
        raise SoapFault("mail.NO_SUCH_SEARCHFOLDER", f"no such search folder: {number}", itemId=number)
    folders.change_data(mailbox, folder, _asked(search))
    return _answer(call, mailbox, number)
