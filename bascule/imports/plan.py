"""Before the first item is sent: the destination exists, and every item is judged against what is there already."""

from __future__ import annotations

from bascule import chunks
from bascule.imports import states
from bascule.imports.failures import FOLDER_GONE, NOT_MIGRATED, Stopped
from bascule.imports.folders import destinations, find_by_name, free_name, may_take, view_of
from bascule.imports.run import Item, Run
from bascule.models import ImportItem

ROWS_TOGETHER = 1000


def plan(run: Run) -> None:
    """QUEUED to SENDING. Rows, marks and state change in one transaction: killed before it, all is judged again.

    An import that had stopped and is tried again keeps its rows; it only goes on.
    """
    if not run.parent.agent.has_migrated:
        raise Stopped(NOT_MIGRATED)
    _prepare_folder(run)
    if run.rows.exists():
        with run.writing():
            states.move(run.parent.pk, to=states.State.SENDING, since=states.State.QUEUED)
        return
    carrier = run.carrier()
    mark = carrier.survey()
    rows = []
    for position, item in chunks.all_items(run.collection()):
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
    with run.writing():
        ImportItem.objects.bulk_create(rows, batch_size=ROWS_TOGETHER)
        states.move(run.parent.pk, to=states.State.SENDING, since=states.State.QUEUED, mailbox_mark=mark)
    run.parent.mailbox_mark = mark


def _prepare_folder(run: Run) -> None:
    """Make sure of the destination; a new folder is created once, even when the worker dies while it is.

    That the folder is ours is written down before it is created, after a look that showed no such folder: found at
    the next try, it is the one that was being created.
    """
    parent = run.parent
    root = run.client.folders()
    if parent.folder_id:
        if not any(folder.id == parent.folder_id for folder in destinations(root, parent.kind)):
            raise Stopped(FOLDER_GONE)
        return
    found = find_by_name(root, parent.folder_name)
    if found is not None and not may_take(found, parent.kind):
        run.update(folder_name=free_name(root, parent.folder_name), folder_created=False)
        found = find_by_name(root, parent.folder_name)
    if found is None:
        run.update(folder_created=True)
        found = run.client.create_folder(parent.folder_name, view=view_of(parent.kind))
    run.update(folder_id=found.id, folder_name=found.name)
