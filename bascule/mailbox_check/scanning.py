"""Reading a mailbox into a census: its folders, then their messages, some thousand at a time.

Each part is written with the UID that it ends with: a worker that is killed loses one part at most, and the next one
goes on from there, in the same folder.
"""

from __future__ import annotations

import time

from django.db.models import F

from accounts import claims
from bascule.mailbox_check import naming
from bascule.mailbox_check.columns import Columns
from bascule.mailbox_check.door import FETCH_MESSAGES, Mailbox
from bascule.mailbox_check.errors import FolderFault
from bascule.mailbox_check.states import writing
from bascule.models import MailboxCensus, MailboxFolder, MailboxPart

State = MailboxFolder.State

# Messages of one row, and of one transaction.
PART_MESSAGES = 5 * FETCH_MESSAGES


def read(claim: claims.Claim, seat: claims.Claim, mailbox: Mailbox, key: bytes, *, until: float) -> bool:
    """Read on, from wherever it stands, for as long as `until` (of the monotonic clock). Whether there is more to read.

    Raises ServerAway, Unusable, ClaimLost.
    """
    census = MailboxCensus.objects.get(pk=claim.pk)
    if not census.is_listed:
        _list(claim, mailbox)
    for folder in census.folder_rows.filter(state=State.TO_DO).order_by("number"):
        try:
            is_done = _read_folder(claim, seat, mailbox, folder, key, until=until)
        except FolderFault:
            _end(claim, folder, State.UNREADABLE)
            continue
        if not is_done:
            return True
    return False


def _list(claim: claims.Claim, mailbox: Mailbox) -> None:
    listed = sorted(mailbox.listed(), key=lambda one: _order(one.name.path))
    roles = naming.roles([(one.name, one.flags) for one in listed])
    rows = [
        MailboxFolder(
            census_id=claim.pk,
            number=number,
            name=one.name.sealed(),
            role=role,
            state=State.TO_DO if one.holds_messages else State.NO_MESSAGES,
            subscribed=one.subscribed or not one.holds_messages,
            messages=one.messages or 0,
            # What would not say how much it holds is looked into.
            end_uid=0,
        )
        for number, (one, role) in enumerate(zip(listed, roles, strict=True))
    ]
    empty = [row for row, one in zip(rows, listed, strict=True) if row.state == State.TO_DO and one.messages == 0]
    for row in empty:
        row.state = State.DONE
    with writing(claim):
        MailboxFolder.objects.filter(census=claim.pk).delete()
        MailboxFolder.objects.bulk_create(rows, batch_size=500)
        MailboxCensus.objects.filter(pk=claim.pk).update(
            is_listed=True,
            folders=sum(row.state != State.NO_MESSAGES for row in rows),
            folders_done=len(empty),
            messages=sum(row.messages for row in rows),
        )


def _order(path: tuple[str, ...]) -> tuple[object, ...]:
    """The inbox and what is below it first, then by name, a parent before its children."""
    return path[0] != naming.INBOX, tuple((naming.squeezed(part), part) for part in path)


def _read_folder(
    claim: claims.Claim, seat: claims.Claim, mailbox: Mailbox, folder: MailboxFolder, key: bytes, *, until: float
) -> bool:
    """Whether the folder is through."""
    found = mailbox.open(naming.unsealed(bytes(folder.name)).wire)
    if folder.uid_validity != found.uid_validity:
        _begin(claim, folder, uid_validity=found.uid_validity, end_uid=found.uid_next)
    left = mailbox.uids(folder.last_uid, folder.end_uid)
    for start in range(0, len(left), PART_MESSAGES):
        if start and time.monotonic() >= until:
            return False
        uids = left[start : start + PART_MESSAGES]
        columns = Columns()
        for place in range(0, len(uids), FETCH_MESSAGES):
            columns.extend(mailbox.read(uids[place : place + FETCH_MESSAGES], key))
        seat.renew()
        _write(claim, folder, uids, columns)
    _end(claim, folder, State.DONE)
    return time.monotonic() < until or not _has_more(claim)


def _has_more(claim: claims.Claim) -> bool:
    return MailboxFolder.objects.filter(census=claim.pk, state=State.TO_DO).exists()


def _begin(claim: claims.Claim, folder: MailboxFolder, *, uid_validity: int, end_uid: int) -> None:
    """The folder is new to the census, or its UIDs mean other messages by now: what was read of it is worth nothing."""
    with writing(claim):
        folder.parts.all().delete()
        _count(claim.pk, messages_done=-folder.messages_done, octets=-folder.octets)
        folder.uid_validity, folder.end_uid = uid_validity, end_uid
        folder.last_uid = folder.messages_done = folder.octets = 0
        folder.save(update_fields=["uid_validity", "end_uid", "last_uid", "messages_done", "octets"])


def _write(claim: claims.Claim, folder: MailboxFolder, uids: list[int], columns: Columns) -> None:
    octets = columns.octets()
    with writing(claim):
        if len(columns):
            MailboxPart.objects.create(folder=folder, first_uid=uids[0], count=len(columns), sealed=columns.sealed())
        folder.last_uid = uids[-1]
        folder.messages_done += len(columns)
        folder.octets += octets
        folder.save(update_fields=["last_uid", "messages_done", "octets"])
        _count(claim.pk, messages_done=len(columns), octets=octets)
        MailboxCensus.objects.filter(pk=claim.pk).update(attempts=0)


def _end(claim: claims.Claim, folder: MailboxFolder, state: str) -> None:
    with writing(claim):
        MailboxFolder.objects.filter(pk=folder.pk).update(state=state)
        _count(claim.pk, folders_done=1, folders_unreadable=int(state == State.UNREADABLE))
        MailboxCensus.objects.filter(pk=claim.pk).update(attempts=0)


def _count(pk: int, **more: int) -> None:
    MailboxCensus.objects.filter(pk=pk).update(**{name: F(name) + count for name, count in more.items()})
