"""Take back exactly what an import added: the ids it recorded, and the folder it made when nothing else is in it."""

from __future__ import annotations

from django.utils import timezone

from accounts import journal, notices
from bascule.imports import states
from bascule.imports.folders import find_by_name, may_take
from bascule.imports.recover import settle, sweep
from bascule.imports.results import page_of
from bascule.imports.run import Item, Run
from bascule.models import ImportItem
from zimbra.errors import NotFound
from zimbra.types import Folder

DELETED_TOGETHER = 200
ALREADY_GONE = "already_gone"


def take_back(run: Run) -> None:
    """UNDOING to UNDONE. Deleting by id may be repeated, so a killed worker's successor simply goes on."""
    if run.parent.folder_id:
        _take_back_items(run)
    _remove_folder(run)
    removed = run.rows.filter(state=Item.REMOVED)
    gone = removed.filter(reason=ALREADY_GONE).count()
    count = removed.count() - gone
    parent = run.parent
    with run.writing(while_in=states.State.UNDOING):
        run.move(
            to=states.State.UNDONE,
            finished_at=timezone.now(),
            sweep_until=None,
            waiting_for="",
            retry_at=None,
        )
        journal.record(
            "import.undone",
            by=None,
            subject=parent.agent,
            target=f"import:{parent.pk}",
            target_label=parent.name,
            removed=count,
            gone=gone,
        )
        notices.notify(
            parent.agent,
            kind="import.undone",
            title=f"Import annulé : {count} élément{'s' if count > 1 else ''} retiré{'s' if count > 1 else ''}",
            body=f"Ce que l’import « {parent.name or parent.folder_name} » avait ajouté a été retiré de Zimbra.",
            link=page_of(parent),
        )


def _take_back_items(run: Run) -> None:
    carrier = run.carrier()
    if run.parent.collection is not None:
        settle(run, carrier)
    rows = list(run.rows.filter(state=Item.CREATED))
    run.start_clock()
    for start in range(0, len(rows), DELETED_TOGETHER):
        _delete(run, rows[start : start + DELETED_TOGETHER])
    if run.parent.collection is not None:
        sweep(run, carrier)


def _delete(run: Run, rows: list[ImportItem]) -> None:
    run.claim.renew()
    ids = [one for row in rows for one in row.zimbra_id.split(",") if one]
    gone = set(run.client.delete_items(ids).gone)
    for row in rows:
        row.state = Item.REMOVED
        row.reason = ALREADY_GONE if set(row.zimbra_id.split(",")) <= gone else ""
    with run.writing():
        run.save_rows(rows, ["state", "reason"])


def _remove_folder(run: Run) -> None:
    """The folder this import created goes too, unless something is in it."""
    parent = run.parent
    if not parent.folder_created:
        return
    root = run.client.folders()
    if parent.folder_id:
        folder = next((one for one in root.walk() if one.id == parent.folder_id), None)
    else:
        # Created, perhaps, by a worker that died before it could note the id.
        folder = find_by_name(root, parent.folder_name)
    if folder is None or not may_take(folder, parent.kind) or not _is_empty(folder):
        return
    try:
        run.client.delete_folder(folder.id)
    except NotFound:
        return


def _is_empty(folder: Folder) -> bool:
    return not folder.count and not folder.children
