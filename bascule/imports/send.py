"""Items on their way, a batch at a time.

The rows of a batch are IN_FLIGHT, committed, before its request leaves; after the answer each is CREATED with its id,
REFUSED with its reason, or PENDING again. Rows still IN_FLIGHT when a worker starts are those whose answer nobody
saw: `recover` looks for them before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from django.db.models import F, QuerySet

from accounts import sealing
from bascule.imports import states
from bascule.imports.carrier import Carrier
from bascule.imports.failures import STOPPING, stopped_by_code
from bascule.imports.recover import settle, sweep
from bascule.imports.run import Item, Run
from bascule.models import Import, ImportItem
from zimbra.errors import LOST, AnswerLost, Unavailable, ZimbraError
from zimbra.types import Outcome

_RECORDED = ["state", "zimbra_id", "reason", "detail", "tries"]


def send_all(run: Run) -> None:
    """SENDING to VERIFYING. Raises StateChanged, LetGo, Stopped, ZimbraError; nothing is lost by any of them."""
    carrier = run.carrier()
    settle(run, carrier)
    run.start_clock()
    batches = _batches(run)
    rows = next(batches, None)
    while rows is not None:
        run.checkpoint()
        following = next(batches, None)
        _send_batch(run, carrier, rows, is_last=following is None)
        rows = following
    if run.parent.state == states.State.VERIFYING:
        return
    sweep(run, carrier)
    with run.writing(while_in=states.State.SENDING):
        run.move(to=states.State.VERIFYING, since=states.State.SENDING)


def _batches(run: Run) -> Iterator[list[ImportItem]]:
    """Pending rows, chunk by chunk."""
    pending = list(run.rows.filter(state=Item.PENDING))
    place = 0
    for _, start, count in run.spans():
        batch = []
        while place < len(pending) and pending[place].position < start + count:
            batch.append(pending[place])
            place += 1
        if batch:
            yield batch


def _send_batch(run: Run, carrier: Carrier, rows: list[ImportItem], *, is_last: bool) -> None:
    parcels = run.parcels(rows)
    with run.writing(while_in=states.State.SENDING):
        _of(run, rows).filter(state=Item.PENDING).update(state=Item.IN_FLIGHT, tries=F("tries") + 1)
    try:
        outcomes = carrier.send(parcels)
    except ZimbraError as error:
        if not error.outcome_unknown:
            _not_sent(run, rows)
        raise
    _record(run, rows, outcomes, is_last=is_last)
    _go_on(outcomes)


def _of(run: Run, rows: list[ImportItem]) -> QuerySet[ImportItem]:
    """The rows between the first and the last of `rows`. A batch is all that is pending of a chunk, in order, so that
    those of one state between these two are the batch."""
    return run.rows.filter(position__gte=rows[0].position, position__lte=rows[-1].position)


def _not_sent(run: Run, rows: list[ImportItem]) -> None:
    with run.writing():
        _of(run, rows).filter(state=Item.IN_FLIGHT).update(state=Item.PENDING, tries=F("tries") - 1)


def _record(run: Run, rows: list[ImportItem], outcomes: list[Outcome], *, is_last: bool) -> None:
    settled = []
    for row, outcome in zip(rows, outcomes, strict=True):
        row.tries += 1
        if outcome.lost:
            continue
        if outcome.done:
            row.state = Item.CREATED
            row.zimbra_id = ",".join(outcome.ids)
            row.reason = "parts_refused" if outcome.parts_refused else ""
        elif outcome.passing or outcome.code in STOPPING:
            row.state = Item.PENDING
            row.tries -= 1
        else:
            row.state = Item.REFUSED
            row.reason = outcome.code[:80]
            row.detail = sealing.seal(outcome.reason.encode()) if outcome.reason else b""
        settled.append(row)
    with run.writing():
        run.save_rows(settled, _RECORDED)
        if run.parent.attempts and any(outcome.done for outcome in outcomes):
            Import.objects.filter(pk=run.parent.pk).update(attempts=0)
            run.parent.attempts = 0
        # The last batch, with nothing left to send or to look for: the next state begins in the same transaction.
        # A person who decided otherwise meanwhile keeps the word; what became of the batch is noted all the same.
        through = is_last and run.parent.sweep_until is None and len(settled) == len(rows)
        if through and all(row.state != Item.PENDING for row in settled):
            with suppress(states.WrongState):
                run.move(to=states.State.VERIFYING, since=states.State.SENDING)


def _go_on(outcomes: list[Outcome]) -> None:
    """Raises what the next batch would meet as well."""
    for outcome in outcomes:
        if outcome.code in STOPPING:
            raise stopped_by_code(outcome.code)
    if any(outcome.lost for outcome in outcomes):
        raise AnswerLost(LOST)
    for outcome in outcomes:
        if outcome.passing:
            raise Unavailable(outcome.code)
