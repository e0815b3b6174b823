"""Before the first item is sent: the destination exists, and every item is judged against what is there already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bascule.imports import states
from bascule.imports.failures import FOLDER_GONE, NOT_MIGRATED, Stopped
from bascule.imports.folders import destinations, find_by_name, free_name, may_take, view_of
from bascule.imports.run import Item, Run
from bascule.models import ImportItem
from zimbra.types import Folder

ROWS_TOGETHER = 1000


def plan(run: Run) -> None:
    """QUEUED to SENDING. Rows, marks and state change in one transaction: killed before it, all is judged again.

    An import that had stopped and is tried again keeps its rows; it only goes on.
    """
    if not run.parent.agent.has_migrated:
        raise Stopped(NOT_MIGRATED)
    place = _prepare_folder(run)
    if run.rows.exists():
        with run.writing():
            run.move(to=states.State.SENDING, since=states.State.QUEUED, **place.noted)
        return
    carrier = run.carrier()
    mark = carrier.survey(place.mailbox, is_new=place.is_new)
    rows = []
    for position, item in run.all_items():
        verdict = carrier.judge(item)
        rows.append(
            ImportItem(
                parent_id=run.parent.pk,
                position=position,
                state=Item.PRESENT if verdict.reason else Item.PENDING,
                reason=verdict.reason,
                zimbra_id=verdict.zimbra_id,
                sent_uid=verdict.sent_uid,
            )
        )
    clock = run.clock(sum(bool(row.reason) for row in rows))
    with run.writing():
        ImportItem.objects.bulk_create(rows, batch_size=ROWS_TOGETHER)
        run.move(to=states.State.SENDING, since=states.State.QUEUED, mailbox_mark=mark, **place.noted, **clock)
    run.has_clock = True


@dataclass(frozen=True, slots=True)
class _Place:
    """The destination. mailbox: its folders as they were just before; is_new: it was made just now; noted: what is
    still to be written down of it."""

    mailbox: Folder
    is_new: bool = False
    noted: dict[str, Any] = field(default_factory=dict)


def _prepare_folder(run: Run) -> _Place:
    """Make sure of the destination; a new folder is created once, even when the worker dies while it is.

    That the folder is ours is written down before it is created, after a look that showed no such folder: found at
    the next try, it is the one that was being created.
    """
    parent = run.parent
    root = run.client.folders()
    if parent.folder_id:
        there = next((one for one in destinations(root, parent.kind) if one.id == parent.folder_id), None)
        if there is None:
            raise Stopped(FOLDER_GONE)
        run.folder_path = there.path
        return _Place(root)
    found = find_by_name(root, parent.folder_name)
    if found is not None and not may_take(found, parent.kind):
        run.update(folder_name=free_name(root, parent.folder_name), folder_created=False)
        found = find_by_name(root, parent.folder_name)
    is_new = found is None
    if found is None:
        run.update(folder_created=True)
        found = run.client.create_folder(parent.folder_name, view=view_of(parent.kind))
    run.parent.folder_id, run.parent.folder_name, run.folder_path = found.id, found.name, found.path
    return _Place(root, is_new, {"folder_id": found.id, "folder_name": found.name})
