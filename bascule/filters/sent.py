"""What the portal has put among a person's rules in Zimbra, from what its sendings remember."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from accounts import sealing
from accounts.models import Agent
from bascule.filters.merging import Sent
from bascule.filters.stored import rules_from_text, rules_to_text
from bascule.models import CapturedRule, Replay
from bascule.replays.acts import Outcome
from bascule.replays.run import memory_of

# Key of the act that writes the list of a direction.
WRITING = "write:{}"


def sent_rules(agent: Agent) -> dict[str, tuple[Sent, ...]]:
    """By direction, those of the latest sending that wrote this direction's list and was not taken back."""
    found: dict[str, tuple[Sent, ...]] = {}
    for replay in Replay.objects.filter(agent=agent, kind=Replay.Kind.FILTERS).exclude(state=Replay.State.UNDONE):
        try:
            plan, memory = sealing.unseal_json(bytes(replay.plan)), memory_of(replay)
        except sealing.CannotOpen:
            continue
        for direction, part in plan["directions"].items():
            known = memory.get(WRITING.format(direction), {})
            if direction not in found and known.get("outcome") in (Outcome.DONE, Outcome.PRESENT):
                found[direction] = _with_held(sent_loaded(part["sent"]), known.get("held", ""))
        if len(found) == len(CapturedRule.Direction):
            break
    return {direction: found.get(direction, ()) for direction in CapturedRule.Direction.values}


def sent_dumped(sent: Sequence[Sent]) -> dict[str, Any]:
    """JSON for `sent_loaded`."""
    return {
        "keys": [[one.key, one.origin] for one in sent],
        "rules": rules_to_text(one.rule for one in sent),
        "held": rules_to_text(one.held or one.rule for one in sent),
    }


def sent_loaded(stored: Mapping[str, Any]) -> tuple[Sent, ...]:
    rules, held = rules_from_text(stored["rules"]), rules_from_text(stored["held"])
    return tuple(
        Sent(key, rule, origin, shown if shown != rule else None)
        for (key, origin), rule, shown in zip(stored["keys"], rules, held, strict=True)
    )


def _with_held(sent: Sequence[Sent], text: str) -> tuple[Sent, ...]:
    """As Zimbra wrote them, those that were written then: `text` holds what it showed of these."""
    shown = {rule.name: rule for rule in rules_from_text(text)} if text else {}
    return tuple(replace(one, held=shown.get(one.rule.name, one.held)) for one in sent)
