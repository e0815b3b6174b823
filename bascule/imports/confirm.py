"""The person's decisions: start an import, try again at once, take it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from accounts import journal
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule import standings
from bascule.imports import states
from bascule.imports.folders import DEFAULT_NAME
from bascule.models import BulkPerson, Deposit, Import, ImportItem, ReadCollection
from zimbra.verbs.folders import clean_folder_name

State = Import.State


class NotMigrated(Exception):
    """There is no Zimbra mailbox to send to before the transfer."""


class AlreadyImported(Exception):
    """The collection has a live import; it has to be taken back before another can start."""


class NothingToImport(Exception):
    """The deposit is gone, or its collection is empty."""


@dataclass(frozen=True, slots=True)
class Destination:
    """An existing folder (folder_id and its name), or a new one (folder_id empty)."""

    name: str
    folder_id: str = ""


def start(
    *, collection: ReadCollection, destination: Destination, by: Agent | None, bulk_person: BulkPerson | None = None
) -> Import:
    """Confirm the import of `collection` into `destination`; a worker does the rest.

    bulk_person: it is one of a wave, which has workers of its own (and `by` may be staff who have left since: None).
    Locks the deposit, so that it cannot be deleted meanwhile. Raises NotMigrated, AlreadyImported, NothingToImport.
    """
    try:
        with transaction.atomic():
            deposit = (
                Deposit.objects.select_for_update(of=("self",))
                .select_related("agent")
                .filter(pk=collection.deposit_id)
                .first()
            )
            if deposit is None or not collection.item_count:
                raise NothingToImport
            agent = deposit.agent
            if not agent.has_migrated:
                raise NotMigrated
            new = Import.objects.create(
                collection=collection,
                agent=agent,
                bulk_person=bulk_person,
                kind=collection.kind,
                name=collection.name,
                folder_id=destination.folder_id,
                folder_name=destination.name if destination.folder_id else proposed_name(destination.name, collection),
                total=collection.item_count,
            )
            standings.mark_activity(agent.pk)
            _journal("import.started", new, by=by, items=new.total, folder=new.folder_name)
            if bulk_person is None:
                _hand_out(new)
    except IntegrityError as error:
        raise AlreadyImported from error
    return new


def proposed_name(wanted: str, collection: ReadCollection) -> str:
    """A folder name that Zimbra accepts, from the person's wish or the collection's own name."""
    fallback = DEFAULT_NAME[ReadCollection.Kind(collection.kind)]
    return clean_folder_name(wanted or collection.name or fallback, fallback)


def try_again(*, parent: Import, by: Agent) -> None:
    """Go on at once: end a wait, or restart an import that had stopped. Raises WrongState, AlreadyImported."""
    try:
        with transaction.atomic():
            if parent.state == State.FAILED:
                states.move(parent.pk, to=State.QUEUED, since=State.FAILED, **AFRESH)
                _journal("import.resumed", parent, by=by)
            elif not Import.objects.filter(pk=parent.pk, state__in=Import.UNDER_WAY).update(retry_at=None):
                raise states.WrongState(parent.state)
            _hand_out(parent)
    except IntegrityError as error:
        raise AlreadyImported from error


def try_refused(*, parent: Import, by: Agent) -> None:
    """Send the refused items of a finished import once more; the others stay as they are.

    Locks the deposit, so that it cannot be deleted meanwhile. Raises WrongState when nothing was refused or the import
    is not done, NothingToImport when the deposit is gone.
    """
    with transaction.atomic():
        if not Deposit.objects.select_for_update().filter(collections__imports=parent.pk).exists():
            raise NothingToImport
        states.move(parent.pk, to=State.QUEUED, since=State.DONE, **AFRESH)
        refused = ImportItem.objects.filter(parent=parent, state=ImportItem.State.REFUSED)
        if not refused.update(state=ImportItem.State.PENDING, reason="", detail=b"", tries=0):
            raise states.WrongState(State.DONE)
        _journal("import.resumed", parent, by=by)
        _hand_out(parent)


def undo(*, parent: Import, by: Agent) -> None:
    """Take back what the import added, and only that. A sending worker lets go after its batch. Raises WrongState."""
    with transaction.atomic():
        states.move(parent.pk, to=State.UNDOING, **AFRESH)
        _journal("import.undo_started", parent, by=by)
        _hand_out(parent)


AFRESH: dict[str, Any] = {
    "error": "",
    "error_code": "",
    "attempts": 0,
    "retry_at": None,
    "waiting_for": "",
    "finished_at": None,
    "run_started_at": None,
}


def _journal(action: str, parent: Import, *, by: Agent | None, **details: object) -> None:
    journal.record(
        action, by=by, subject=parent.agent, target=f"import:{parent.pk}", target_label=parent.name, **details
    )


def _hand_out(parent: Import) -> None:
    from bascule.tasks import carry_import

    hand_out_on_commit(carry_import, parent.pk)
