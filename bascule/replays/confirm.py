"""The person's decisions: start a replay, try again at once, take it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from accounts import journal, sealing
from accounts.handing_out import hand_out_on_commit
from accounts.models import Agent
from bascule import standings
from bascule.models import DistributionList, Replay
from bascule.replays import results, states
from bascule.replays.procedures import procedure_of
from bascule.replays.run import failed_in_undo, has_begun

State = Replay.State


class NotMigrated(Exception):
    """There is no Zimbra mailbox to write to before the transfer."""


class AlreadyUnderWay(Exception):
    """A replay of the same thing is not through yet."""


class NotTheLatest(Exception):
    """A later replay of the same thing was built on this one."""


class NothingToDo(Exception):
    """The plan has no act."""


def start(
    *,
    agent: Agent,
    kind: Replay.Kind,
    plan: Mapping[str, Any],
    by: Agent | None,
    of_list: DistributionList | None = None,
) -> Replay:
    """Confirm `plan` (JSON, see the procedure of `kind`); a worker does the rest.

    Raises NotMigrated, NothingToDo, AlreadyUnderWay.
    """
    if not agent.has_migrated:
        raise NotMigrated
    acts = procedure_of(kind).acts(plan)
    if not acts:
        raise NothingToDo
    try:
        with transaction.atomic():
            new = Replay.objects.create(
                agent=agent, kind=kind, of_list=of_list, plan=sealing.seal_json(dict(plan)), total=len(acts)
            )
            standings.mark_activity(agent.pk)
            _record(new, "replay.started", by=by, acts=len(acts))
            _hand_out(new)
    except IntegrityError as error:
        raise AlreadyUnderWay from error
    return new


def try_again(*, replay: Replay, by: Agent) -> None:
    """Go on at once: end a wait, or restart a replay that had stopped. Raises WrongState, AlreadyUnderWay."""
    try:
        with transaction.atomic():
            if replay.state == State.FAILED:
                onward = State.UNDOING if failed_in_undo(replay) else State.QUEUED
                states.move(replay.pk, to=onward, since=State.FAILED, **_AFRESH)
                _record(replay, "replay.resumed", by=by)
            elif not Replay.objects.filter(pk=replay.pk, state__in=Replay.UNDER_WAY).update(retry_at=None):
                raise states.WrongState(replay.state)
            _hand_out(replay)
    except IntegrityError as error:
        raise AlreadyUnderWay from error


def undo(*, replay: Replay, by: Agent) -> None:
    """Take back what the replay did, and only that. Raises WrongState, AlreadyUnderWay, NotTheLatest."""
    if not may_undo(replay):
        raise states.WrongState(State.UNDOING)
    try:
        with transaction.atomic():
            if later_of(replay) is not None:
                raise NotTheLatest
            states.move(replay.pk, to=State.UNDOING, **_AFRESH)
            _record(replay, "replay.undo_started", by=by)
            _hand_out(replay)
    except IntegrityError as error:
        raise AlreadyUnderWay from error


def may_undo(replay: Replay) -> bool:
    """Whether there is a way back; until it is through, a replay of any kind can be stopped."""
    return procedure_of(replay.kind).can_undo or replay.state in Replay.UNDER_WAY


def later_of(replay: Replay) -> Replay | None:
    """The latest replay of the same thing that was built on what `replay` made: it has to be taken back first."""
    if replay.kind == Replay.Kind.LIST and replay.of_list_id is None:
        # The list was removed from the portal; which other replays were of it is no longer known.
        return None
    same = Replay.objects.filter(agent=replay.agent_id, kind=replay.kind, of_list=replay.of_list_id)
    later = same.filter(pk__gt=replay.pk).exclude(state=State.UNDONE).order_by("-pk")
    return next((one for one in later if has_begun(one)), None)


_AFRESH: dict[str, Any] = {
    "error": "",
    "error_code": "",
    "attempts": 0,
    "retry_at": None,
    "waiting_for": "",
    "finished_at": None,
}


def _record(replay: Replay, action: str, *, by: Agent | None, **details: object) -> None:
    journal.record(
        action,
        by=by,
        subject=replay.agent,
        target=f"replay:{replay.pk}",
        target_label=results.title_of(replay),
        **details,
    )


def _hand_out(replay: Replay) -> None:
    from bascule.tasks import carry_replay

    hand_out_on_commit(carry_replay, replay.pk)
