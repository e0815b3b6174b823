"""Folders of others in one's own tree: what is shared, taking it, giving it up, telling people about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from zimbra import soap
from zimbra.errors import INVALID, NotFound, Refused, Taken
from zimbra.types import Folder, Result, Share
from zimbra.verbs.base import Ask, nothing
from zimbra.verbs.colours import colour_attributes
from zimbra.verbs.folders import MAX_NAME, clean_folder_name, folder_action, only_folder
from zimbra.verbs.grants import GrantVerbs

# Names tried for a mountpoint before its maker is told that none is free.
NAMES_TRIED = 50


class MountpointVerbs(GrantVerbs):
    def shares(self, owner: str = "") -> list[Share]:
        """The folders shared with the account by `owner` (an address or an id) or, without one, by anybody else.

        Without an owner the server answers from what was published, which may be late or incomplete. An owner that does
        not exist shares nothing. Refused: the account itself (see `shared_folders`).
        """
        inner = ""
        if owner:
            by = "name" if "@" in owner else "id"
            inner = f"<owner{soap.attributes({'by': by})}>{soap.text(owner)}</owner>"
        request = soap.request("GetShareInfoRequest", soap.ACCOUNT, inner, includeSelf=False)
        return self.ask(Ask(request, _shares, repeatable=True))

    def shared_folders(self) -> list[Folder]:
        """The account's own folders that are granted to somebody, with their grants and the addresses in them."""
        return [folder for folder in self.folders(names=True).walk() if folder.grants and not folder.is_mountpoint]

    def mountpoints(self) -> list[Folder]:
        """Every mounted folder, with the rights one has there; broken ones included."""
        return list(self.folders(remote=True).mountpoints())

    def create_mountpoint(
        self,
        owner: str,
        remote_id: str,
        name: str,
        parent_id: str = "1",
        *,
        view: str = "",
        colour: int | str | None = None,
        flags: str = "",
        free_name: bool = False,
        tree: Folder | None = None,
    ) -> Folder:
        """Show the folder `remote_id` of `owner` (main address or id) in one's own tree, under the cleaned `name`.

        A mountpoint of the same folder that is there already is given back as it is, wherever it stands.
        free_name: a name that is taken gets a number ("Agenda (2)"), else Taken. The owner's grant must come first.
        tree: the account's own folders, when the caller has just read them (`folders`): they are not asked for again.
        NotAllowed: no grant, or no such owner. NotFound: no such folder at the owner's or, with its own id, here.
        """
        there = self._mounted(owner, remote_id, tree)
        if there:
            return there
        by = {"owner": owner} if "@" in owner else {"zid": owner}
        for tried in _free_names(clean_folder_name(name), parent_id, tree) if free_name else [clean_folder_name(name)]:
            tag = soap.attributes(
                {
                    "name": tried,
                    "l": parent_id,
                    **by,
                    "rid": remote_id,
                    "view": view or None,
                    "f": flags or None,
                    **colour_attributes(colour),
                }
            )
            request = soap.request("CreateMountpointRequest", soap.MAIL, f"<link{tag}/>")
            try:
                return self.ask(Ask(request, only_folder))
            except Taken as error:
                taken = error
        raise taken

    def accept_share(
        self,
        share: Share,
        name: str = "",
        parent_id: str = "1",
        *,
        colour: int | str | None = None,
        flags: str = "",
        free_name: bool = True,
    ) -> Folder:
        """Mount what somebody shares; without a name, under the folder's own. See `create_mountpoint`."""
        return self.create_mountpoint(
            share.owner_id,
            share.folder_id,
            name or share.suggested_name or share.owner_name or share.owner_address,
            parent_id,
            view=share.view,
            colour=colour,
            flags=flags,
            free_name=free_name,
        )

    def remove_mountpoint(self, folder_id: str) -> bool:
        """Take a mounted folder out of one's own tree; the owner's folder stays as it is. False: it was not there.

        Refused request.INVALID: the id is that of a folder with contents of its own, which is left alone.
        """
        there = self.folders().find_id(folder_id)
        if there is None:
            return False
        if not there.is_mountpoint:
            raise Refused(INVALID, "not a mounted folder")
        try:
            self.ask(Ask(folder_action("delete", folder_id), nothing))
        except NotFound:
            return False
        return True

    def remove_mountpoints(self, mountpoints: Sequence[Folder]) -> list[Result[None]]:
        """Take mounted folders, as just read, out of one's own tree: one `Result` each; one that is gone is no error.

        Refused request.INVALID, and nothing is sent: one of them is a folder with contents of its own.
        """
        if not all(one.is_mountpoint for one in mountpoints):
            raise Refused(INVALID, "not a mounted folder")
        asked = self.ask_all([Ask(folder_action("delete", one.id), nothing) for one in mountpoints])
        return [Result() if isinstance(result.error, NotFound) else result for result in asked]

    def notify_share(self, folder_id: str, addresses: Sequence[str], notes: str = "", *, action: str = "") -> None:
        """Have the server write to people about a folder that is granted to them.

        action: "" for a new share, edit, revoke or expire. NotFound: no such folder. Refused: it is not shared so.
        """
        inner = f"<item{soap.attributes({'id': folder_id})}/>"
        inner += "".join(f"<e{soap.attributes({'a': address, 't': 't'})}/>" for address in addresses)
        if notes:
            inner += f"<notes>{soap.text(notes)}</notes>"
        request = soap.request("SendShareNotificationRequest", soap.MAIL, inner, action=action or None)
        self.ask(Ask(request, nothing))

    def _mounted(self, owner: str, remote_id: str, tree: Folder | None) -> Folder | None:
        wanted = owner.casefold()
        for link in (tree or self.folders()).mountpoints():
            if link.remote_id == remote_id and wanted in {link.owner_id.casefold(), link.owner_address.casefold()}:
                # Only now is the owner asked, and about this one folder.
                try:
                    there = self.folder(link.id)
                except NotFound:
                    # Removed since the tree was read.
                    continue
                if not there.is_broken:
                    return there
        return None


def _free_names(name: str, parent_id: str, tree: Folder | None) -> Iterator[str]:
    """Names to try one after the other, without those that `tree` shows to be taken."""
    parent = tree.find_id(parent_id) if tree else None
    taken = {child.name.casefold() for child in parent.children} if parent else set()
    free = (one for one in _names(name) if one.casefold() not in taken)
    first = next(free, None)
    # All of them taken: the server is to say so.
    return chain([name if first is None else first], free)


def _names(name: str) -> Iterator[str]:
    yield name
    for number in range(2, NAMES_TRIED + 1):
        end = f" ({number})"
        yield clean_folder_name(name, longest=MAX_NAME - len(end)) + end


def _shares(answer: soap.Element) -> list[Share]:
    return [
        Share(
            owner_id=one.get("ownerId") or "",
            owner_address=one.get("ownerEmail") or "",
            owner_name=one.get("ownerName") or "",
            folder_id=one.get("folderId") or "",
            folder_path=one.get("folderPath") or "",
            # What has no kind is told as "unknown", which no request may say.
            view=(one.get("view") or "").replace("unknown", ""),
            rights=one.get("rights") or "",
            grantee_kind=one.get("granteeType") or "",
            grantee_id=one.get("granteeId") or "",
            grantee_name=one.get("granteeName") or "",
            folder_uuid=one.get("folderUuid") or "",
            mount_id=one.get("mid") or "",
        )
        for one in soap.children(answer, "share")
    ]
