"""One person's turn in a wave's imports: collection after collection, until all are through or the turn is over.

What a turn leaves is found again by the next one, on whatever machine: imports know whose part they are, items know
what became of them (`bascule.imports`). Nothing here is kept in memory between two turns.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db.models import Exists, F
from django.utils import timezone

from accounts import claims
from accounts.models import Agent
from bascule.bulk import choosing, telling
from bascule.bulk.servers import Seat
from bascule.imports import confirm, engine, states
from bascule.imports.failures import TEAM_STOPPED, Stopped
from bascule.models import BulkPerson, BulkRun, Import, ImportItem, OwnImports, ReadCollection
from boxes.zimbra_door import Door
from zimbra.client import ZimbraClient

log = logging.getLogger(__name__)

State = BulkPerson.State

# A person whose files bring workers down, or meet a fault of ours, is not tried for ever.
MOST_BEGUN = 5
# Another import of the same person is at work: come back a little later.
BUSY_SECONDS = 10

WORKER_STOPPED = "worker_stopped"
_WORKER_STOPPED = (
    "Le traitement des fichiers de cette personne s’est interrompu plusieurs fois. "
    "Réessayez, puis faites-lui importer un fichier à la fois."
)


def serve(claim: claims.Claim, *, seat: Seat, door: Door, go_on: Callable[[], bool]) -> None:
    """Bring the person whom `claim` holds as far as this turn goes, and note what came of it. Raises ClaimLost."""
    person = BulkPerson.objects.select_related("agent", "run", "run__by", "run__wave").get(pk=claim.pk)
    with claim.writing():
        BulkPerson.objects.filter(pk=person.pk).update(begun=F("begun") + 1)
    if person.run.state == BulkRun.State.CANCELLED:
        _let_go_for_good(claim, person)
    elif person.begun >= MOST_BEGUN:
        _finish(claim, person, State.FAILED, WORKER_STOPPED, _WORKER_STOPPED)
    else:
        _serve(claim, person, seat, door, go_on)


def _serve(claim: claims.Claim, person: BulkPerson, seat: Seat, door: Door, go_on: Callable[[], bool]) -> None:
    progressed = False
    for parent in _imports(person):
        if parent.retry_at is not None:
            # Whether the server is well is known of the server itself.
            Import.objects.filter(pk=parent.pk).update(retry_at=None)
        engine.advance(parent.pk, mailbox_of=partial(_mailbox, door), go_on=go_on)
        parent.refresh_from_db(fields=["state", "retry_at", "holder"])
        if parent.state in Import.BY_TURNS:
            _turn_over(claim, person, parent, seat, progressed=progressed)
            return
        progressed = True
        if not go_on():
            # Somebody for whom nothing is left is found to be through at the next turn.
            _turn_over(claim, person, parent, seat, progressed=True)
            return
    _outcome(claim, person)


def _imports(person: BulkPerson) -> Iterator[Import]:
    """The imports to bring on: those under way, then one after the other those that are started now."""
    mine = Import.objects.filter(bulk_person=person).defer("findings")
    yield from list(mine.filter(state__in=Import.BY_TURNS).order_by("pk"))
    for collection in _left(person):
        try:
            # The same destination as the page proposes: a folder of its own, called as the collection is.
            yield confirm.start(
                collection=collection, destination=confirm.Destination(""), by=person.run.by, bulk_person=person
            )
        except (confirm.AlreadyImported, confirm.NothingToImport, confirm.NotMigrated):
            # The person was quicker, or has deleted the file, or the move was noted by mistake.
            log.info("bulk person %s: collection %s is left out", person.pk, collection.pk)


def _left(person: BulkPerson) -> list[ReadCollection]:
    """What can still be started for somebody who has moved and has not asked to be left alone."""
    agent = person.agent
    if not agent.is_active or not agent.has_migrated:
        return []
    left = choosing.of_person(agent, received_by=person.run.created_at)
    return list(left.filter(~Exists(OwnImports.objects.filter(agent=agent))))


@contextmanager
def _mailbox(door: Door, agent: Agent) -> Iterator[ZimbraClient]:
    yield door.mailbox(agent.address)


def _turn_over(claim: claims.Claim, person: BulkPerson, parent: Import, seat: Seat, *, progressed: bool) -> None:
    """Back to the end of the queue."""
    now = timezone.now()
    fields: dict[str, object] = {"turn_at": now, "begun": 0, "retry_at": None, "attempts": 0, "waiting_for": ""}
    if parent.retry_at is not None and not seat.is_calm():
        # Trouble with this mailbox alone.
        attempts = 0 if progressed else person.attempts
        seconds = min(settings.IMPORT_RETRY_SECONDS * 2 ** min(attempts, 16), settings.IMPORT_RETRY_MAX_SECONDS)
        fields |= {
            "retry_at": now + timedelta(seconds=seconds),
            "attempts": min(attempts + 1, 30_000),
            "waiting_for": Import.objects.values_list("waiting_for", flat=True).get(pk=parent.pk),
        }
    elif parent.holder or _waits_for_another(person, parent):
        fields |= {"retry_at": now + timedelta(seconds=BUSY_SECONDS)}
    with claim.writing():
        BulkPerson.objects.filter(pk=person.pk).update(**fields)


def _waits_for_another(person: BulkPerson, parent: Import) -> bool:
    """Whether another import of this person has its turn first."""
    others = Import.objects.filter(agent_id=person.agent_id, state__in=Import.UNDER_WAY).exclude(pk=parent.pk)
    return others.exists()


def _outcome(claim: claims.Claim, person: BulkPerson) -> None:
    mine = Import.objects.filter(bulk_person=person).order_by("pk")
    found = list(mine.values_list("state", "error_code", "error"))
    stopped = next((row for row in found if row[0] == Import.State.FAILED), None)
    if stopped is not None:
        _finish(claim, person, State.FAILED, *stopped[1:])
    else:
        _finish(claim, person, State.DONE if found else State.LEFT_OUT)


def _let_go_for_good(claim: claims.Claim, person: BulkPerson) -> None:
    """The run was stopped: what is under way stops here, what is imported stays."""
    under_way = list(Import.objects.filter(bulk_person=person, state__in=Import.BY_TURNS).only("pk"))
    sentence = Stopped(TEAM_STOPPED).sentence
    with claim.writing():
        for parent in under_way:
            states.move(
                parent.pk,
                to=Import.State.FAILED,
                error_code=TEAM_STOPPED,
                error=sentence,
                finished_at=timezone.now(),
                waiting_for="",
                retry_at=None,
            )
    _finish(claim, person, State.CANCELLED, TEAM_STOPPED, sentence)


def _finish(claim: claims.Claim, person: BulkPerson, state: State, code: str = "", sentence: str = "") -> None:
    """The person is through: counts, notice, and the end of the run where this was the last one."""
    told = telling.lines_of(person)
    done = sum(one.parent.state == Import.State.DONE for one in told)
    added, present, refused = (sum(one.counts[code] for one in told) for code in _ITEMS)
    now = timezone.now()
    with claim.writing():
        changed = BulkPerson.objects.filter(pk=person.pk, state=State.WAITING).update(
            state=state,
            finished_at=now,
            imports_done=done,
            items_added=added,
            items_present=present,
            items_refused=refused,
            error_code=code[:40],
            error=sentence,
            begun=0,
            retry_at=None,
            waiting_for="",
        )
        if not changed:
            return
        counted = {
            "imports_done": F("imports_done") + done - person.imports_done,
            "items_added": F("items_added") + added - person.items_added,
            "items_present": F("items_present") + present - person.items_present,
            "items_refused": F("items_refused") + refused - person.items_refused,
        }
        if state in _COUNTED:
            counted[_COUNTED[state]] = F(_COUNTED[state]) + 1
        BulkRun.objects.filter(pk=person.run_id).update(**counted)
        if state != State.LEFT_OUT:
            telling.tell_person(person, told, state=state)
        telling.close_if_through(person.run)


_ITEMS = (ImportItem.State.CREATED, ImportItem.State.PRESENT, ImportItem.State.REFUSED)
_COUNTED = {State.DONE: "people_done", State.FAILED: "people_failed", State.LEFT_OUT: "people_left_out"}
