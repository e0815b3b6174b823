"""The person's side of access: the box among the own folders, and nothing of it once the access is gone."""

from __future__ import annotations

from collections.abc import Iterable

from boxes.models import BoxShare
from boxes.sync.people import Person
from boxes.sync.run import Run
from boxes.sync.wanted import ROOT
from zimbra.client import ZimbraClient
from zimbra.types import Folder, Result

# Zimbra's fixed id of the folder into which people throw folders they do not want.
TRASH = "3"


def serve(run: Run, person: Person) -> dict[str, tuple[str, str]]:
    """Mount what is to be seen and remove what is not; on leaving, the identities of the box go too.

    A folder of the box that is mounted already is used, under whatever name and wherever the person put it. Gives id
    and path of what is mounted, by the box's folder. Raises any ZimbraError; NotFound: no such mailbox.
    """
    tree, identities = run.folders_of(person.address, keep=not person.leaves)
    client = run.mailbox(person.address)
    owner = run.box.zimbra_id
    ours = [link for link in tree.mountpoints() if link.owner_id == owner]
    thrown = _below(tree, TRASH)
    wanted = _wanted(run.box.name, person)
    found = {remote: _choose(ours, remote, known, thrown) for remote, (_, known) in wanted.items()}
    # What lies in the trash would come back beside the new one.
    missing = {remote for remote, link in found.items() if link is None}
    _check(client.remove_mountpoints([link for link in ours if link.remote_id in missing or _goes(person, link)]))
    if person.leaves:
        address = run.box.address.casefold()
        _check(
            client.delete_identities(
                [one.id for one in identities if not one.is_default and one.from_address.casefold() == address]
            )
        )
    return {
        remote: _place(link or _mount(client, owner, remote, wanted[remote][0], tree)) for remote, link in found.items()
    }


def share_name(share: BoxShare, box_name: str) -> str:
    """What a shared item is called among the person's folders: its own name and the box's."""
    return f"{share.folder_path.rstrip('/').rpartition('/')[2]} - {box_name}"


def _wanted(box_name: str, person: Person) -> dict[str, tuple[str, str]]:
    """Name, and id of the mounted folder as last seen, of each folder of the box that is to be mounted now."""
    wanted: dict[str, tuple[str, str]] = {}
    row = person.delegation
    if row is not None and row.is_active and not row.hidden:
        wanted[ROOT] = (box_name, row.mount_id)
    for share in person.shares:
        if not share.removed:
            wanted[share.folder_id] = (share_name(share, box_name), share.mount_id)
    return wanted


def _goes(person: Person, link: Folder) -> bool:
    """Whether a mounted folder of the box has to go."""
    if person.leaves:
        return link.remote_id not in person.kept
    if link.remote_id == ROOT:
        return person.delegation is not None and person.delegation.hidden
    return any(share.removed and share.folder_id == link.remote_id for share in person.shares)


def _choose(ours: Iterable[Folder], remote: str, known: str, thrown: set[str]) -> Folder | None:
    """The mounted folder to use: the one known, else the first that is not in the trash."""
    there = [link for link in ours if link.remote_id == remote and link.id not in thrown]
    return min(there, key=lambda link: (link.id != known, len(link.id), link.id), default=None)


def _below(tree: Folder, folder_id: str) -> set[str]:
    folder = tree.find_id(folder_id)
    return {one.id for one in folder.walk()} if folder else set()


def _mount(client: ZimbraClient, owner: str, remote: str, name: str, tree: Folder) -> Folder:
    return client.create_mountpoint(owner, remote, name, free_name=True, tree=tree)


def _place(link: Folder) -> tuple[str, str]:
    return link.id, link.path


def _check(results: Iterable[Result[None]]) -> None:
    for result in results:
        result.get()
