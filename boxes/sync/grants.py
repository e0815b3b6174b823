"""The box's side of access: grants on its root and on every folder that goes by its own, and the right to send as it.

Zimbra is read first, and only what differs is sent, all of it in one request for grants and one for rights. People
whose rows were in line are left as somebody may have set them in Zimbra (that is reported elsewhere), but for one
thing: a folder that was shared inherits no more, and whoever has access to the box then needs a grant there too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from boxes.models import Role
from boxes.sync.people import Person, Work
from boxes.sync.run import Run
from boxes.sync.wanted import ROOT, closed_folders, in_order, wanted_grants
from zimbra.errors import AnswerLost, Garbled, NotAllowed, Refused, Unavailable
from zimbra.types import AccountRight, Folder, Grant, GrantChange, Result, SendRight

NO_SUCH_FOLDER = "mail.NO_SUCH_FOLDER"


@dataclass
class _Seen:
    """The box as Zimbra holds it. folders: those that go, or are to go, by grants of their own."""

    root: Folder
    folders: list[Folder]
    rights: list[AccountRight]


def bring(run: Run, work: Work) -> dict[str, str]:
    """Do it for everybody in `work`; gives Zimbra's codes of what it refused, by address in small letters.

    Raises what strikes the box as a whole.
    """
    seen = _look(run, work)
    work.leave_out_shares_of_what_is_gone({folder.id for folder in seen.root.walk()})
    ids = {one.address.casefold(): _ids(run, one, seen) for one in work.people}
    troubles = _grant(run, work, seen, ids)
    for address, code in _send_rights(run, work, seen, ids).items():
        troubles.setdefault(address, code)
    return troubles


def _look(run: Run, work: Work) -> _Seen:
    own = run.own()
    root = own.folders(names=True)
    folders = closed_folders(root)
    closed = {folder.id for folder in folders}
    shared = {share.folder_id for share in work.shares} - closed
    folders += [folder for folder in root.walk() if folder.id in shared and not folder.is_mountpoint]
    return _Seen(root, folders, own.account_rights(SendRight.SEND_AS))


def _ids(run: Run, person: Person, seen: _Seen) -> set[str]:
    """The ids under which Zimbra may hold grants of the person.

    Grants tell the main address. Where that is none of the portal's, or where the account is gone with its address,
    the administration knows more; it is asked only when something has to be found.
    """
    wanted = person.address.casefold()
    grants = [grant for folder in seen.folders for grant in folder.grants or ()]
    found = {grant.grantee_id for grant in grants if grant.name.casefold() == wanted}
    found |= {right.grantee_id for right in seen.rights if right.name.casefold() == wanted}
    if found or not (person.leaves or person.seen_before):
        return found
    try:
        account = run.door.admin.find_account(person.address, attributes=("zimbraId",))
    except NotAllowed:
        # An administrator who may look up only some; then nothing more is known.
        return set()
    if account is not None:
        return {account.id}
    if person.leaves:
        _drop_orphans(run, seen)
    return set()


def _drop_orphans(run: Run, seen: _Seen) -> None:
    """Grants of accounts that are no more name nobody; the server itself makes sure of it before they go."""
    grants = [grant for folder in seen.folders for grant in folder.grants or ()]
    given: list[Grant | AccountRight] = [*grants, *seen.rights]
    gone = set()
    for grantee_id in {one.grantee_id for one in given if one.kind == "usr" and not one.name}:
        try:
            run.own().revoke_orphans(ROOT, grantee_id)
        except Refused:
            continue
        gone.add(grantee_id)
    rights = [right for right in seen.rights if right.grantee_id in gone]
    _, taken = run.own().change_right(SendRight.SEND_AS, take=rights)
    _raise_what_passes(taken)


def _grant(run: Run, work: Work, seen: _Seen, ids: dict[str, set[str]]) -> dict[str, str]:
    changes: list[GrantChange] = []
    whose: list[str] = []
    for folder in seen.folders:
        for address, change in _changes(work, folder, ids):
            whose.append(address)
            changes.append(change)
    # A worker that was held up since it read must not write over what another one did meanwhile.
    run.claim.renew()
    results = run.own().change_grants(changes)
    _raise_what_passes(results)
    troubles: dict[str, str] = {}
    for address, change, result in zip(whose, changes, results, strict=True):
        # A folder that was deleted meanwhile needs no grants.
        if result.error is not None and not (change.folder_id != ROOT and result.error.code == NO_SUCH_FOLDER):
            troubles.setdefault(address, result.error.code)
    return troubles


def _changes(work: Work, folder: Folder, ids: dict[str, set[str]]) -> Iterable[tuple[str, GrantChange]]:
    """What is to change in one folder, and for whom. Whoever has access to the whole box comes first."""
    wanted = wanted_grants(folder, work.delegations, work.shares)
    by_name = {grant.name.casefold(): grant for grant in folder.grants or () if grant.kind == "usr"}
    by_id = {grant.grantee_id: grant for grant in folder.grants or ()}
    for row in work.settled:
        address = row.agent.address.casefold()
        if folder.id != ROOT and address in wanted and address not in by_name and address not in ids:
            yield address, GrantChange(folder.id, row.agent.address, wanted[address])
    for person in work.people:
        address = person.address.casefold()
        there = [by_id[one] for one in ids[address] if one in by_id]
        if address in wanted:
            if not (there and in_order(there[0].rights) == wanted[address] and there[0].kind == "usr"):
                yield address, GrantChange(folder.id, person.address, wanted[address])
        elif person.leaves or any(share.removed and share.folder_id == folder.id for share in person.shares):
            for grant in there:
                yield address, GrantChange(folder.id, grant.grantee_id, None)


def _send_rights(run: Run, work: Work, seen: _Seen, ids: dict[str, set[str]]) -> dict[str, str]:
    given: list[str] = []
    taken: list[AccountRight] = []
    whose: list[str] = []
    for person in work.people:
        row, address = person.delegation, person.address.casefold()
        if row is None:
            continue
        there = [one for one in seen.rights if one.grantee_id in ids[address] and one.right == SendRight.SEND_AS]
        if row.is_active and Role(row.role).writes:
            if not there or any(one.denied for one in there):
                given.append(person.address)
        else:
            allowed = [one for one in there if not one.denied]
            taken += allowed
            whose += [address] * len(allowed)
    results_given, results_taken = run.own().change_right(SendRight.SEND_AS, give=given, take=taken)
    _raise_what_passes((*results_given, *results_taken))
    addresses = [one.casefold() for one in given] + whose
    troubles: dict[str, str] = {}
    for address, result in zip(addresses, (*results_given, *results_taken), strict=True):
        if result.error is not None:
            troubles.setdefault(address, result.error.code)
    return troubles


def _raise_what_passes(results: Iterable[Result[None]]) -> None:
    """What only has to be tried again strikes the whole go; a refusal strikes one person."""
    for result in results:
        if isinstance(result.error, (Unavailable, AnswerLost, Garbled)):
            raise result.error
