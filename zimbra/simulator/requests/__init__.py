"""The SOAP requests, one module per family; importing the package fills the registry."""

from zimbra.simulator.requests import (
    auth,
    calendar,
    contacts,
    directory,
    drafts,
    folders,
    info,
    itemactions,
    messages,
    mountpoints,
    outgoing,
    search,
    searchfolders,
    sending,
    shares,
    tags,
)
from zimbra.simulator.requests.registry import HANDLERS

__all__ = [
    "HANDLERS",
    "auth",
    "calendar",
    "contacts",
    "directory",
    "drafts",
    "folders",
    "info",
    "itemactions",
    "messages",
    "mountpoints",
    "outgoing",
    "search",
    "searchfolders",
    "sending",
    "shares",
    "tags",
]
