"""What a worker does with an import, whatever state it finds it in. The one door for tasks.

One import of a person at a time: two of them side by side could each add the same contact, or meet the same UID. The
oldest goes first; an import that waits for Zimbra keeps its turn.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from django.utils import timezone

from accounts import claims, journal, notices, sealing
from accounts.models import Agent
from bascule import standings, turns, zimbra_door
from bascule.imports import plan, recover, send, states, undo, verify
from bascule.imports.failures import COLLECTION_GONE, Stopped, stopped_by
from bascule.imports.results import page_of, told_together
from bascule.imports.run import LetGo, Run, StateChanged, always, read_row
from bascule.models import BulkPerson, BulkRun, Import
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost, Garbled, Unavailable, ZimbraError

log = logging.getLogger(__name__)

State = states.State

Mailboxes = Callable[[Agent], AbstractContextManager[ZimbraClient]]


def advance(import_id: int, *, mailbox_of: Mailboxes | None = None, go_on: Callable[[], bool] = always) -> float | None:
    """Bring the import as far as it goes now. Safe to run at any time, any number of times, by any number of workers.

    mailbox_of: another way to the mailbox than the usual door. go_on: asked between two batches whether the worker may
    stay; where it may not, the import is left under way.
    Gives the seconds after which to try again when Zimbra has to be waited for, else None.
    """
    claim = turns.take(Import, import_id, state=State.DONE, sweep_until__isnull=False)
    if claim is None:
        return None
    return claims.use(claim, partial(_work, mailbox_of=mailbox_of or zimbra_door.mailbox_of, go_on=go_on))


def waiting() -> list[int]:
    """Imports with something to do, nobody alive at it, and no reason to wait.

    What staff started for a whole wave has workers of its own while that goes on, and rests while it is paused.
    """
    now = timezone.now()
    of_a_wave = BulkPerson.objects.filter(state=BulkPerson.State.WAITING).exclude(run__state=BulkRun.State.DONE)
    rows = Import.objects.filter(state__in=Import.UNDER_WAY) | Import.objects.filter(
        state=State.DONE, sweep_until__isnull=False
    )
    rows = rows.exclude(bulk_person__in=of_a_wave, state__in=Import.BY_TURNS).exclude(retry_at__gt=now)
    return claims.without_live_holder(rows.order_by("pk"))


def next_of(import_id: int) -> int | None:
    """The import of the same person whose turn comes once this one is through."""
    return turns.next_of(Import, import_id)


def _work(claim: claims.Claim, *, mailbox_of: Mailboxes, go_on: Callable[[], bool]) -> float | None:
    parent = read_row(claim.pk)
    try:
        with mailbox_of(parent.agent) as client:
            run = Run(claim, client, go_on, parent=parent)
            while _step(run):
                pass
    except LetGo:
        log.info("import %s: left for another go", claim.pk)
    except (Unavailable, AnswerLost, Garbled) as error:
        standings.mark_activity(parent.agent_id)
        return claims.postpone(claim, error.code, getattr(error, "retry_after", None))
    except ZimbraError as error:
        log.warning("import %s: %s", claim.pk, error.code)
        _fail(claim, stopped_by(error))
    except Stopped as stopped:
        _fail(claim, stopped)
    except sealing.CannotOpen:
        _fail(claim, Stopped(COLLECTION_GONE))
    return None


def _step(run: Run) -> bool:
    """What the present state asks for; whether there may be more to do."""
    try:
        match run.parent.state:
            case State.QUEUED:
                plan.plan(run)
            case State.SENDING:
                send.send_all(run)
            case State.VERIFYING:
                verify.verify(run)
            case State.UNDOING:
                undo.take_back(run)
            case State.DONE if run.parent.sweep_until is not None:
                _late_sweep(run)
                return False
            case _:
                return False
    except (StateChanged, states.WrongState):
        log.info("import %s: state changed by the person", run.parent.pk)
        run.reread()
    return True


def _late_sweep(run: Run) -> None:
    now = timezone.now()
    if run.parent.collection is not None:
        recover.sweep(run, run.carrier())
    over = run.parent.sweep_until is None or now >= run.parent.sweep_until or run.parent.collection is None
    run.update(
        sweep_until=None if over else run.parent.sweep_until, retry_at=None if over else now + recover.SWEEP_EVERY
    )


def _fail(claim: claims.Claim, stopped: Stopped) -> None:
    with claim.writing():
        parent = Import.objects.select_related("agent").get(pk=claim.pk)
        try:
            states.move(
                parent.pk,
                to=State.FAILED,
                error_code=stopped.code[:40],
                error=stopped.sentence,
                finished_at=timezone.now(),
                waiting_for="",
                retry_at=None,
            )
        except states.WrongState:
            # Done already: only late copies were looked for, and that is given up.
            Import.objects.filter(pk=parent.pk).update(sweep_until=None, retry_at=None)
            return
        journal.record(
            "import.stopped",
            by=None,
            subject=parent.agent,
            target=f"import:{parent.pk}",
            target_label=parent.name,
            code=stopped.code,
        )
        if not told_together(parent):
            notices.notify(
                parent.agent,
                kind="import.stopped",
                title="Import arrêté",
                body=stopped.sentence,
                link=page_of(parent),
                by_mail=True,
            )
    log.warning("import %s stopped: %s", claim.pk, stopped.code)
