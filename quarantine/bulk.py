"""Decisions on many messages at once: each is taken by itself, so that one that cannot be holds up no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.db import transaction

from accounts.models import Agent
from quarantine import held, senders
from quarantine.models import Hold
from quarantine.senders import Added

MOST_AT_ONCE = 200


@dataclass
class Outcome:
    """What became of them. done: those decided on; refused: how many were not, by the French sentence that says why;
    added: what was put on a list meanwhile."""

    done: list[Hold] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    added: list[Added] = field(default_factory=list)

    @property
    def refusals(self) -> Iterator[str]:
        """One sentence for each reason, with its count."""
        for sentence, count in self.refused.most_common():
            yield f"{count} message{'s' if count > 1 else ''} non traité{'s' if count > 1 else ''}. {sentence}"


def release(holds: Iterable[Hold], *, by: Agent) -> Outcome:
    return _each(holds, lambda hold, outcome: held.release(hold, by=by))


def delete(holds: Iterable[Hold], *, by: Agent) -> Outcome:
    return _each(holds, lambda hold, outcome: held.delete(hold, by=by))


def restore(holds: Iterable[Hold], *, by: Agent) -> Outcome:
    return _each(holds, lambda hold, outcome: held.restore(hold, by=by))


def release_and_trust(holds: Iterable[Hold], *, by: Agent) -> Outcome:
    """Each message let through, and its sender put on the trust list as `senders.to_trust` proposes."""
    return _each(holds, lambda hold, outcome: outcome.added.append(trust_one(hold, senders.to_trust(hold), by=by)))


def trust_one(hold: Hold, pattern: str, *, by: Agent | None) -> Added:
    """One message let through and `pattern` put on the trust list of its mailbox, both or neither. by: None for the
    holder of a signed link.

    Raises held.HoldError, senders.SenderError.
    """
    if not pattern:
        raise held.HoldError("Ce message n’indique aucun expéditeur à qui faire confiance.")
    with transaction.atomic():
        added = senders.trust(mailbox=hold.recipient, pattern=pattern, by=by)
        held.release(hold, by=by)
    return added


def block_one(hold: Hold, pattern: str, *, deleting: bool, by: Agent) -> Added:
    """`pattern` on the block list of the mailbox of the message; the message deleted with it if `deleting`, both or
    neither. Raises held.HoldError, senders.SenderError."""
    with transaction.atomic():
        added = senders.block(mailbox=hold.recipient, pattern=pattern, by=by)
        if deleting:
            held.delete(hold, by=by)
    return added


def _each(holds: Iterable[Hold], decide: Callable[[Hold, Outcome], None]) -> Outcome:
    outcome = Outcome()
    for hold in holds:
        try:
            decide(hold, outcome)
        except (held.HoldError, senders.SenderError) as error:
            outcome.refused[error.sentence] += 1
        else:
            outcome.done.append(hold)
    return outcome
