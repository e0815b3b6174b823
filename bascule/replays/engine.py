"""What a worker does with a replay, whatever state it finds it in. The one door for tasks.

Replays of a person take turns, the oldest first: an act of one would find what an act of another is about to change.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts import claims, journal, notices, sealing
from accounts.models import Agent
from bascule import mailbox_look, standings, turns, zimbra_door
from bascule.models import Replay
from bascule.replays import results, states
from bascule.replays.acts import Outcome, Procedure
from bascule.replays.failures import DAMAGED, NOT_MIGRATED, Stopped, stopped_by
from bascule.replays.procedures import procedure_of
from bascule.replays.run import Run, StateChanged, note_stopped
from zimbra.client import ZimbraClient
from zimbra.errors import AnswerLost, Garbled, Unavailable, ZimbraError

log = logging.getLogger(__name__)

State = states.State

# Who waits longer than this is told by mail as well.
LONG = timedelta(minutes=1)

_NO_LONGER_WAITING: dict[str, Any] = {"waiting_for": "", "retry_at": None, "attempts": 0}


def advance(replay_id: int) -> float | None:
    """Bring the replay as far as it goes now. Safe to run at any time, any number of times, by any number of workers.

    Gives the seconds after which to try again when Zimbra has to be waited for, else None.
    """
    claim = turns.take(Replay, replay_id)
    return None if claim is None else claims.use(claim, _work)


def waiting() -> list[int]:
    """Replays with something to do, nobody alive at it, and no reason to wait."""
    rows = Replay.objects.filter(state__in=Replay.UNDER_WAY).exclude(retry_at__gt=timezone.now())
    return claims.without_live_holder(rows.order_by("pk"))


def next_of(replay_id: int) -> int | None:
    """The replay of the same person whose turn comes once this one is through."""
    return turns.next_of(Replay, replay_id)


def _work(claim: claims.Claim) -> float | None:
    try:
        agent = Agent.objects.get(replays=claim.pk)
        if not agent.has_migrated:
            raise Stopped(NOT_MIGRATED)
        with zimbra_door.mailbox_of(agent) as client:
            while _go_on(claim, client):
                pass
    except (Unavailable, AnswerLost, Garbled) as error:
        standings.mark_activity(agent.pk)
        return claims.postpone(claim, error.code, getattr(error, "retry_after", None))
    except ZimbraError as error:
        _fail(claim, stopped_by(error))
    except Stopped as stopped:
        _fail(claim, stopped)
    except sealing.CannotOpen:
        _fail(claim, Stopped(DAMAGED))
    return None


def _go_on(claim: claims.Claim, client: ZimbraClient) -> bool:
    """One step; whether there may be more to do. What stops it strikes the state it was in, and no later one."""
    run = Run(claim, client)
    try:
        return _step(run)
    except (Unavailable, AnswerLost, Garbled):
        raise
    except ZimbraError as error:
        return not _fail(claim, stopped_by(error), since=run.replay.state)
    except Stopped as stopped:
        return not _fail(claim, stopped, since=run.replay.state)


def _step(run: Run) -> bool:
    """What the present state asks for; whether there may be more to do."""
    procedure = procedure_of(run.replay.kind)
    try:
        match run.replay.state:
            case State.QUEUED:
                with run.writing():
                    states.move(
                        run.replay.pk,
                        to=State.RUNNING,
                        since=State.QUEUED,
                        started_at=run.replay.started_at or timezone.now(),
                    )
            case State.RUNNING:
                _do_all(run, procedure)
            case State.UNDOING:
                _undo_all(run, procedure)
            case _:
                return False
    except (StateChanged, states.WrongState):
        log.info("replay %s: state changed by the person", run.replay.pk)
    return True


def _do_all(run: Run, procedure: Procedure) -> None:
    acts = procedure.acts(run.plan)
    if not run.begun:
        procedure.ready(run)
    for number, act in enumerate(acts, start=1):
        if "outcome" in run.recall(act):
            continue
        _still(run, State.RUNNING)
        outcome = act.do(run)
        run.remember(act, outcome=outcome)
        run.update(settled=number, attempts=0, waiting_for="", retry_at=None)
    findings = procedure.verify(run)
    with run.writing(while_in=State.RUNNING):
        states.move(
            run.replay.pk,
            to=State.DONE,
            since=State.RUNNING,
            settled=len(acts),
            finished_at=timezone.now(),
            verified_at=timezone.now(),
            differences=len(findings),
            findings=sealing.seal_json(findings) if findings else b"",
            **_NO_LONGER_WAITING,
        )
        mailbox_look.forget(run.replay.agent)
        _record(run.replay, "replay.done", acts=len(acts), differences=len(findings))
        _tell_done(run.replay, findings)
    log.info("replay %s done: %s acts, %s differences", run.replay.pk, len(acts), len(findings))


def _undo_all(run: Run, procedure: Procedure) -> None:
    left = 0
    for act in reversed(procedure.acts(run.plan)):
        memory = run.recall(act)
        # An act that was begun may have reached Zimbra though its outcome was never noted.
        if memory and memory.get("outcome") not in (Outcome.PRESENT, Outcome.UNDONE, Outcome.LEFT):
            _still(run, State.UNDOING)
            run.remember(act, outcome=act.undo(run))
        left += run.recall(act).get("outcome") == Outcome.LEFT
    with run.writing(while_in=State.UNDOING):
        states.move(
            run.replay.pk, to=State.UNDONE, since=State.UNDOING, finished_at=timezone.now(), **_NO_LONGER_WAITING
        )
        mailbox_look.forget(run.replay.agent)
        _record(run.replay, "replay.undone", left=left)


def _still(run: Run, state: str) -> None:
    with run.writing(while_in=state):
        pass


def _fail(claim: claims.Claim, stopped: Stopped, *, since: str | None = None) -> bool:
    """Stop the replay, unless a person has moved it out of the state `since` meanwhile; whether it was stopped."""
    with claim.writing():
        replay = Replay.objects.select_related("agent", "of_list").get(pk=claim.pk)
        if since is not None and replay.state != since:
            return False
        states.move(
            replay.pk,
            to=State.FAILED,
            since=replay.state,
            error_code=stopped.code[:40],
            error=stopped.sentence,
            finished_at=timezone.now(),
            memory=note_stopped(replay, stopped.detail),
            **_NO_LONGER_WAITING,
        )
        mailbox_look.forget(replay.agent)
        _record(replay, "replay.stopped", code=stopped.code)
        notices.notify(
            replay.agent,
            kind="replay.stopped",
            title="Envoi vers Zimbra arrêté",
            body=stopped.sentence,
            link=results.page_of(replay),
            by_mail=True,
        )
    log.warning("replay %s stopped: %s", claim.pk, stopped.code)
    return True


def _tell_done(replay: Replay, findings: list[str]) -> None:
    """A notice; by mail too when it took so long that the person may have gone."""
    many = len(findings)
    told = f"{many} différence{'s' if many > 1 else ''} à regarder." if many else results.done_of(replay)
    notices.notify(
        replay.agent,
        kind="replay.done",
        title=f"Envoi vers Zimbra terminé : {results.title_of(replay)}",
        body=told,
        link=results.page_of(replay),
        by_mail=timezone.now() - replay.created_at > LONG,
    )


def _record(replay: Replay, action: str, **details: object) -> None:
    journal.record(
        action,
        by=None,
        subject=replay.agent,
        target=f"replay:{replay.pk}",
        target_label=results.title_of(replay),
        **details,
    )
