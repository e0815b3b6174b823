"""A box and the mailboxes of its people, as Zimbra holds them. For tasks only; nothing is changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from boxes.reconcile.comparing import SeenBox, SeenFolder, SeenMount, SeenPerson
from boxes.sync.wanted import ROOT, is_closed
from boxes.zimbra_door import Door
from zimbra.types import Folder

_TRASH = "3"


def read_box(door: Door, address: str, settings: Collection[str]) -> SeenBox:
    """Three requests: the account with these attributes, its folders with their grants, the rights on it.

    Raises any ZimbraError; an account that is not there is no error.
    """
    account = door.admin.find_account(address, attributes=tuple(settings))
    if account is None or account.address.casefold() != address:
        # Nobody's, or another name of somebody else's account.
        return SeenBox("")
    client = door.mailbox(address)
    root = client.folders(names=True)
    return SeenBox(
        account_id=account.id,
        settings={name: account.attributes.get(name, "") for name in settings},
        folders=tuple(
            SeenFolder(
                id=folder.id,
                path="" if folder.id == ROOT else folder.path,
                view=folder.view,
                is_closed=is_closed(folder),
                grants=folder.grants or (),
            )
            for folder in root.walk()
            if not folder.is_mountpoint and not folder.is_search
        ),
        rights=tuple(client.account_rights()),
    )


def called_as_here(door: Door, seen: SeenBox, addresses: Collection[str]) -> SeenBox:
    """`seen`, with whom the administration knows under one of `addresses` called so. One request for each of them."""
    called: dict[str, str] = {}
    for address in sorted(addresses):
        account = door.admin.find_account(address, attributes=("zimbraId",))
        if account is not None:
            called[account.id] = address
    folders = tuple(
        replace(
            folder,
            grants=tuple(replace(one, name=called.get(one.grantee_id, one.name)) for one in folder.grants),
        )
        for folder in seen.folders
    )
    rights = tuple(replace(one, name=called.get(one.grantee_id, one.name)) for one in seen.rights)
    return replace(seen, folders=folders, rights=rights)


def read_person(door: Door, address: str, box: str, account_id: str) -> SeenPerson:
    """One request on a person's mailbox: what of the box with this address and id is mounted there, the identities.

    Raises any ZimbraError; NotFound: the person has no mailbox.
    """
    tree, identities = door.mailbox(address).folders_and_identities()
    return SeenPerson(mounts=tuple(_mounts(tree, box, account_id)), identities=tuple(identities))


def _mounts(folder: Folder, box: str, account_id: str, *, is_trashed: bool = False) -> Iterator[SeenMount]:
    if folder.is_mountpoint:
        is_ours = folder.owner_id == account_id or (not folder.owner_id and folder.owner_address.casefold() == box)
        if is_ours:
            yield SeenMount(folder.id, folder.path, folder.remote_id, is_trashed)
        return
    for child in folder.children:
        yield from _mounts(child, box, account_id, is_trashed=is_trashed or folder.id == _TRASH)
