"""What staff decide of a wave's imports: start, pause, go on, stop for good, try failures again, other bounds.

                start                    the last person
(nothing) ───► RUNNING ───────────────────────────────────────► DONE
                │  ▲ │ stop for good                             │
          pause ▼  │ └──────────────► CANCELLED                  │
               PAUSED ────────────────────▲                      │
                   ▲ failures are tried again                    │
                   └── RUNNING ◄─────────────────────────────────┘
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts import journal
from accounts.models import Agent
from bascule.bulk import choosing, servers
from bascule.imports.confirm import AFRESH
from bascule.models import BulkPerson, BulkRun, Import, MailServer, OwnImports, Wave

State = BulkRun.State
Person = BulkPerson.State

MOST_PARALLEL = 64
MOST_RATE = 10_000


class BulkError(Exception):
    """Not done; `sentence` says why, in French."""

    sentence = "Cette action n’est pas possible."


class NotStaff(BulkError):
    sentence = "Cette action est réservée à l’équipe DSI."


class AlreadyRunning(BulkError):
    sentence = "Les imports de cette vague sont déjà lancés : voici où ils en sont."


class NothingToDo(BulkError):
    sentence = "Il n’y a rien à importer dans cette vague pour le moment."


class WrongState(BulkError):
    sentence = "C’était déjà décidé : voici où en sont les imports."


class WrongBounds(BulkError):
    sentence = f"Indiquez de 1 à {MOST_PARALLEL} requêtes à la fois, et de 1 à 10 000 requêtes par seconde."


def start(*, wave: Wave, by: Agent) -> BulkRun:
    """Have everything imported that `choosing` finds. Journal: `bulk.started`.

    Raises NotStaff, AlreadyRunning, NothingToDo.
    """
    _need_staff(by)
    now = timezone.now()
    try:
        with transaction.atomic():
            run = BulkRun.objects.create(wave=wave, by=by, resumed_at=now)
            run.people = choosing.enlist(run, host=servers.service_host())
            if not run.people:
                raise NothingToDo
            people = BulkPerson.objects.filter(run=run)
            run.imports = sum(people.values_list("imports_planned", flat=True).iterator())
            run.items = choosing.items_of(run)
            run.save(update_fields=["people", "imports", "items"])
            for host in people.values_list("server", flat=True).distinct():
                servers.ensure(host)
            _record("bulk.started", run, by=by, people=run.people, imports=run.imports, items=run.items)
            _hand_out()
    except IntegrityError as error:
        raise AlreadyRunning from error
    return run


def pause(*, run: BulkRun, by: Agent) -> None:
    """Workers let go after the batch they are at. Journal: `bulk.paused`. Raises NotStaff, WrongState."""
    with transaction.atomic():
        _move(run, {State.RUNNING}, by=by, state=State.PAUSED)
        _record("bulk.paused", run, by=by)


def resume(*, run: BulkRun, by: Agent) -> None:
    """Journal: `bulk.resumed`. Raises NotStaff, WrongState."""
    with transaction.atomic():
        _move(run, {State.PAUSED}, by=by, state=State.RUNNING, resumed_at=timezone.now())
        _record("bulk.resumed", run, by=by)
        _hand_out()


def cancel(*, run: BulkRun, by: Agent) -> None:
    """Stop for good: what is imported stays, whoever was in the middle is told, nobody else is begun with.

    Journal: `bulk.cancelled`. Raises NotStaff, WrongState.
    """
    now = timezone.now()
    with transaction.atomic():
        _move(run, set(BulkRun.LIVE), by=by, state=State.CANCELLED)
        begun = Exists(Import.objects.filter(bulk_person=OuterRef("pk")))
        waiting = BulkPerson.objects.filter(run=run, state=Person.WAITING)
        waiting.filter(~begun, holder="").update(state=Person.CANCELLED, finished_at=now)
        if not waiting.exists():
            BulkRun.objects.filter(pk=run.pk).update(finished_at=now)
        _record("bulk.cancelled", run, by=by, people=run.people_done)
        _hand_out()


def retry_failures(*, run: BulkRun, by: Agent, person: BulkPerson | None = None) -> int:
    """Have whoever failed (or that one person) tried again; gives how many people. Journal: `bulk.retried`.

    Raises NotStaff, WrongState, AlreadyRunning (another run of the wave has been started since).
    """
    now = timezone.now()
    try:
        with transaction.atomic():
            _move(
                run,
                {State.DONE, *BulkRun.LIVE},
                by=by,
                state=State.PAUSED if run.state == State.PAUSED else State.RUNNING,
                finished_at=None,
                resumed_at=now,
            )
            failed = BulkPerson.objects.select_for_update().filter(run=run, state=Person.FAILED)
            if person is not None:
                failed = failed.filter(pk=person.pk)
            keys = list(failed.values_list("pk", flat=True))
            if not keys:
                raise WrongState
            theirs = BulkPerson.objects.filter(run=run, state=Person.FAILED)
            if person is not None:
                theirs = theirs.filter(pk=person.pk)
            live = Import.objects.filter(collection=OuterRef("collection_id")).exclude(
                state__in=(Import.State.UNDONE, Import.State.FAILED)
            )
            Import.objects.filter(~Exists(live), bulk_person__in=theirs, state=Import.State.FAILED).update(
                state=Import.State.QUEUED, **AFRESH
            )
            theirs.update(
                state=Person.WAITING,
                turn_at=now,
                begun=0,
                attempts=0,
                retry_at=None,
                waiting_for="",
                error_code="",
                error="",
                finished_at=None,
            )
            BulkRun.objects.filter(pk=run.pk).update(people_failed=F("people_failed") - len(keys))
            _record("bulk.retried", run, by=by, people=len(keys))
            _hand_out()
    except IntegrityError as error:
        raise AlreadyRunning from error
    return len(keys)


def set_bounds(*, server: MailServer, parallel: int | None, rate: int | None, by: Agent) -> None:
    """Ask `server` for so much from now on; None: what the settings say. Workers see it within a second.

    Journal: `bulk.bounds`. Raises NotStaff, WrongBounds.
    """
    _need_staff(by)
    within = ((parallel, MOST_PARALLEL), (rate, MOST_RATE))
    if any(wanted is not None and not 1 <= wanted <= most for wanted, most in within):
        raise WrongBounds
    with transaction.atomic():
        MailServer.objects.filter(pk=server.pk).update(parallel=parallel, rate=rate)
        changed = servers.ensure(server.host)
        journal.record(
            "bulk.bounds",
            by=by,
            target=f"mail_server:{server.pk}",
            target_label=server.host,
            parallel=servers.parallel_of(changed),
            rate=servers.rate_of(changed),
        )
        _hand_out()


def choose_own(*, agent: Agent, own: bool, by: Agent) -> None:
    """Note that `agent` looks after his or her own imports, or no longer does. Journal: `bulk.own`, `bulk.not_own`."""
    with transaction.atomic():
        if own:
            _, changed = OwnImports.objects.get_or_create(agent=agent)
        else:
            changed = bool(OwnImports.objects.filter(agent=agent).delete()[0])
        if changed:
            journal.record("bulk.own" if own else "bulk.not_own", by=by, subject=agent)


def _need_staff(by: Agent) -> None:
    if not Agent.objects.filter(pk=by.pk, is_staff=True, is_active=True).exists():
        raise NotStaff


def _move(run: BulkRun, since: set[State], *, by: Agent, **fields: Any) -> None:
    _need_staff(by)
    if not BulkRun.objects.filter(Q(state__in=since), pk=run.pk).update(**fields):
        raise WrongState


def _record(action: str, run: BulkRun, *, by: Agent, **details: Any) -> None:
    journal.record(action, by=by, target=f"wave:{run.wave_id}", target_label=run.wave.name, **details)


def _hand_out() -> None:
    from bascule.bulk.engine import hand_out_seats

    transaction.on_commit(hand_out_seats)
