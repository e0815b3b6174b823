"""A person's filters sent to Zimbra from this process, with the choices the page proposes: missing folders created,
absence left as it is, what was changed in Zimbra kept."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from django.db import transaction

from accounts.models import Agent
from bascule import mailbox_look, zimbra_door
from bascule.conversions.filters.model import FilterReading
from bascule.filters import captured, planning
from bascule.filters.planning import Proposal
from bascule.mailbox_look import Snapshot
from bascule.models import Replay
from bascule.replays import confirm, engine, results
from bascule.replays.failures import stopped_by
from zimbra.errors import ZimbraError

# How long a Zimbra that does not answer, or another worker, is waited for.
PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.5

SENT, NOTHING, WOULD_SEND, NOT_MIGRATED, BLOCKED, STOPPED, WAITING = (
    "sent", "nothing", "would_send", "not_migrated", "blocked", "stopped", "waiting",
)  # fmt: skip
_BLOCKED = "les règles de cette personne ne peuvent pas être réécrites : sa page d’envoi lui dit pourquoi"


@dataclass(slots=True)
class Sending:
    """outcome: sent, nothing (all is there), would_send, not_migrated, blocked, stopped, waiting. why: French.

    rules: in Zimbra's list of incoming mail afterwards. folders: how many are made. differences: French, what blocks,
    or was found when everything was read again; they name rules, which are the person's own.
    """

    outcome: str
    why: str = ""
    rules: int = 0
    folders: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        """Not to have moved yet is nobody's fault: there is nothing to do before the transfer."""
        return self.outcome in {SENT, NOTHING, WOULD_SEND, NOT_MIGRATED} and not self.differences


def preview(agent: Agent, found: FilterReading) -> Sending:
    """What `send` would do with these rules among the person's own. Zimbra is only looked at, and nothing stays."""
    if not agent.has_migrated:
        return Sending(NOT_MIGRATED)
    try:
        picture = _picture(agent)
    except ZimbraError as error:
        return Sending(STOPPED, stopped_by(error).sentence)
    with transaction.atomic():
        captured.add_from_reading(agent=agent, rules=found.rules, deposit=None, by=None)
        proposal = planning.propose(agent, picture)
        transaction.set_rollback(True)
    return _told(proposal, WOULD_SEND)


def send(agent: Agent, *, by: Agent | None) -> Sending:
    """Look, plan, confirm, carry, until it is through or stops. Never raises for what Zimbra does."""
    if not agent.has_migrated:
        return Sending(NOT_MIGRATED)
    live = Replay.objects.filter(agent=agent, kind=Replay.Kind.FILTERS, state__in=Replay.UNDER_WAY).first()
    if live is not None:
        # What was confirmed before goes first; then what is still missing.
        _carry(live)
    try:
        proposal = planning.propose(agent, _picture(agent))
    except ZimbraError as error:
        return Sending(STOPPED, stopped_by(error).sentence)
    told = _told(proposal, SENT)
    if told.outcome != SENT:
        return told
    try:
        replay = confirm.start(agent=agent, kind=Replay.Kind.FILTERS, plan=proposal.plan, by=by)
    except confirm.AlreadyUnderWay:
        return Sending(WAITING, "un autre envoi des filtres de cette personne est en cours")
    _carry(replay)
    replay.refresh_from_db()
    if replay.state == Replay.State.DONE:
        told.differences = results.findings_of(replay)
        return told
    if replay.state == Replay.State.FAILED:
        return Sending(STOPPED, replay.error)
    return Sending(WAITING, "Zimbra ne répond pas, ou un autre envoi passe d’abord : le portail continuera de lui-même")


def _picture(agent: Agent) -> Snapshot:
    with zimbra_door.mailbox_of(agent) as client:
        return mailbox_look.look_through(client)


def _told(proposal: Proposal, outcome: str) -> Sending:
    if proposal.blocked:
        return Sending(BLOCKED, _BLOCKED, differences=[proposal.blocked])
    incoming = next((one for one in proposal.directions if one.direction == "incoming"), None)
    rules = len(incoming.merged.rules) if incoming else 0
    if not proposal.changes:
        return Sending(NOTHING, rules=rules)
    return Sending(outcome, rules=rules, folders=len(proposal.creating))


def _carry(replay: Replay) -> None:
    """Advance it here until it is through, or patience is. A worker that holds it does it instead."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        wait = engine.advance(replay.pk)
        replay.refresh_from_db()
        left = until - time.monotonic()
        if replay.state not in Replay.UNDER_WAY or left <= 0:
            return
        time.sleep(min(wait or _PAUSE_SECONDS, max(left, 0)))
