"""Rules that name a folder or a tag follow it: to its new name, and out of use when it goes.

Source: Zimbra's FilterListener, FolderRenamer, FolderDeleted and TagDeleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.formats.sieve import from_script, to_script
from zimbra.simulator.formats.sieve.rules import Block, Piece, Rule
from zimbra.simulator.mail.filtering import INCOMING, OUTGOING, zone_of
from zimbra.simulator.store import accounts, folders, tags
from zimbra.simulator.store.folders import Folder
from zimbra.simulator.store.mailbox import TRASH, Mailbox
from zimbra.simulator.store.tags import Tag


@contextmanager
def following(mailbox: Mailbox, folder: Folder) -> Iterator[None]:
    """Around what may rename, move, trash or delete a folder."""
    if not _has_rules(mailbox):
        yield
        return
    before = _place(mailbox, folder.id)
    yield
    after = _place(mailbox, folder.id)
    if before is None or after == before:
        return
    if after is None or after[1]:
        _change(mailbox, lambda rule: _disable(rule, lambda piece: _below(_path(piece), before[0])))
    else:
        _change(mailbox, lambda rule: _rename(rule, before[0], after[0]))


@contextmanager
def following_tag(mailbox: Mailbox, tag: Tag) -> Iterator[None]:
    """Around what may rename or delete a tag."""
    yield
    if not _has_rules(mailbox):
        return
    now = next((one for one in tags.everything(mailbox) if one.id == tag.id), None)
    if now is None:
        _change(mailbox, lambda rule: _disable(rule, lambda piece: piece.attrs.get("tagName") == tag.name))
    elif now.name != tag.name:
        _change(mailbox, lambda rule: _retag(rule, tag.name, now.name))


def _has_rules(mailbox: Mailbox) -> bool:
    return any(mailbox.account.attrs.get(name) for name in (INCOMING, OUTGOING))


def _place(mailbox: Mailbox, folder_id: int) -> tuple[str, bool] | None:
    """The path of a folder and whether it is in the trash; None when it is no more."""
    tree = folders.everything(mailbox)
    folder = tree.get(folder_id)
    if folder is None:
        return None
    return folders.path_of(tree, folder), folder_id in folders.subtree(tree, TRASH)


def _change(mailbox: Mailbox, change: Callable[[Rule], bool]) -> None:
    """Write the scripts anew in which a rule was changed; one that cannot be read stays as it is."""
    # The account as it is now: another folder of the same request may have changed it.
    account = accounts.by_num(mailbox.db, mailbox.account.num) or mailbox.account
    for name in (INCOMING, OUTGOING):
        script = account.attrs.get(name)
        if not isinstance(script, str):
            continue
        zone = zone_of(account)
        try:
            rules = from_script.read(script, zone)
            changed = [change(rule) for rule in rules]
            if any(changed):
                account = accounts.modify(mailbox.db, account, {name: [to_script.write(rules, zone)]})
        except SoapFault:
            continue
    mailbox.account = account


def _pieces(block: Block) -> Iterator[Piece]:
    yield from block.actions or []
    if block.child is not None:
        yield from _pieces(block.child)


def _path(piece: Piece) -> str:
    """Where a fileinto goes, from the root; "" for another action."""
    path = piece.attrs.get("folderPath", "")
    return f"/{path.lstrip('/')}" if path else ""


def _below(path: str, folder: str) -> bool:
    """Whether the path is that of the folder or of one below it."""
    return f"{path.rstrip('/')}/".lower().startswith(f"{folder}/".lower())


def _disable(rule: Rule, meant: Callable[[Piece], bool]) -> bool:
    if not rule.active or not any(meant(piece) for piece in _pieces(rule)):
        return False
    rule.active = False
    return True


def _rename(rule: Rule, old: str, new: str) -> bool:
    meant = [piece for piece in _pieces(rule) if _below(_path(piece), old)]
    for piece in meant:
        piece.attrs["folderPath"] = new + _path(piece)[len(old) :]
    return bool(meant)


def _retag(rule: Rule, old: str, new: str) -> bool:
    meant = [piece for piece in _pieces(rule) if piece.attrs.get("tagName") == old]
    for piece in meant:
        piece.attrs["tagName"] = new
    return bool(meant)
