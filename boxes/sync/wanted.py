"""Which grants a box's folders must have for what the portal says. Pure: rows and a folder in, letters out.

Access is granted on the root of the box, and the folders below inherit it. A folder that was ever granted on by itself
inherits nothing any more (zm-mailbox, class Folder: the flag "i"): whoever has access to the box must then be granted
there as well. That happens whenever one item is shared, here or in Zimbra itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from boxes.models import BoxShare, Delegation, Role
from zimbra.types import Folder
from zimbra.types.sharing import COMPUTED
from zimbra.types.sharing import LETTERS as EVERY_LETTER

# Zimbra's fixed id of the folder that holds all others.
ROOT = "1"

# Zimbra's letters of the roles: owners administer as well, readers only read.
LETTERS: Mapping[str, str] = {Role.OWNER: "rwidxa", Role.MEMBER: "rwidx", Role.READER: "r"}
SHARE_LETTERS: Mapping[str, str] = {BoxShare.Access.READ: "r", BoxShare.Access.WRITE: "rwidx"}


def wanted_grants(folder: Folder, delegations: Iterable[Delegation], shares: Iterable[BoxShare] = ()) -> dict[str, str]:
    """Letters by address (in small letters) that `folder` of a box must have, {} when it lives on what it inherits.

    delegations and shares of the box, with their agents; those that do not hold (any more) are passed over, and so are
    shares of other folders. Somebody with access and a share has what both give together.
    """
    here = [share for share in shares if share.folder_id == folder.id and not share.removed]
    if folder.id != ROOT and not here and not is_closed(folder):
        return {}
    wanted = {row.agent.address.casefold(): LETTERS[row.role] for row in delegations if row.is_active}
    for share in here:
        address = share.agent.address.casefold()
        wanted[address] = in_order(wanted.get(address, "") + SHARE_LETTERS[share.access])
    return wanted


def is_closed(folder: Folder) -> bool:
    """Whether the folder goes by grants of its own; true of the root."""
    return folder.id == ROOT or bool(folder.grants) or not folder.inherits


def closed_folders(root: Folder) -> list[Folder]:
    """The box's own folders that go by grants of their own, the root first. Grants must have been read."""
    return [folder for folder in root.walk() if not folder.is_mountpoint and not folder.is_search and is_closed(folder)]


def in_order(letters: str) -> str:
    """Letters as Zimbra writes them: each once, in its order, without the one that follows from others."""
    return "".join(letter for letter in EVERY_LETTER if letter in letters and letter != COMPUTED)
