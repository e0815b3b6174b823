"""The filter rules of a list, put among those the person has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bascule.filters.stored import rules_from_text, rules_to_text
from bascule.lists.acting import AFTER, BEFORE, MADE, MAKING, SEEN, ListAct, taken_back
from bascule.lists.elements import FOLDER, RULES, path_of
from bascule.lists.rules import INCOMING, differences, mended, rule_name, wanted_rule
from bascule.replays.acts import Outcome
from bascule.replays.run import Run
from zimbra.client import ZimbraClient
from zimbra.types.filters import Direction, FilterRule


@dataclass(frozen=True, slots=True)
class RuleAct(ListAct):
    """One rule, first among the others: a rule before it that stops would keep the list's mail from its folder."""

    def do(self, run: Run) -> Outcome:
        setup, direction, client = self.plan.setup, RULES[self.key], run.client
        picture, found = self.look(run)
        rules = picture.rules(direction)
        there = found.incoming if direction == INCOMING else found.outgoing
        path = path_of(setup, found, FOLDER if direction == INCOMING else "sent")
        memory = run.recall(self)
        if there is None:
            name = rule_name(setup, direction, rules)
            with self.making(run, name):
                client.replace_filters((wanted_rule(setup, direction, path, name), *rules), direction)
            run.remember(self, **{SEEN: _rule_named(client, direction, name), MADE: name})
            return Outcome.DONE
        if memory.get(MAKING) == there.name and MADE not in memory:
            run.remember(self, **{SEEN: _text(there), MADE: there.name})
            return Outcome.DONE
        found_differences = differences(there, setup, direction, path)
        codes = self.codes(found_differences)
        if not codes:
            if BEFORE in memory and AFTER not in memory:
                run.remember(self, **{AFTER: _text(there)})
            return self.present(run, kept=bool(found_differences))
        self.remember_before(run, _text(there))
        changed = mended(there, setup, direction, path, codes)
        client.replace_filters(_with(rules, there.name, changed), direction)
        run.remember(self, **{AFTER: _rule_named(client, direction, there.name)})
        return Outcome.DONE

    def undo(self, run: Run) -> Outcome:
        memory, direction, client = run.recall(self), RULES[self.key], run.client
        if memory.get(MAKING) and MADE not in memory:
            seen = _rule_named(client, direction, memory[MAKING])
            memory |= {MADE: memory[MAKING], SEEN: seen}
        before = rules_from_text(memory[BEFORE])[0] if BEFORE in memory else None
        name = memory.get(MADE) or (before.name if before else "")
        rules = client.filters(direction)
        now = next((_text(one) for one in rules if one.name == name), None)
        if now is None:
            return Outcome.UNDONE
        done = taken_back(
            memory,
            now,
            remove=lambda: client.replace_filters(_with(rules, name, None), direction),
            put_back=lambda text: client.replace_filters(_with(rules, name, rules_from_text(text)[0]), direction),
        )
        return Outcome.UNDONE if done else self.left(run)


def _with(rules: Sequence[FilterRule], name: str, other: FilterRule | None) -> tuple[FilterRule, ...]:
    """The rules with `other` in the place of the one of that name, or without it."""
    changed = [other if one.name == name else one for one in rules]
    return tuple(one for one in changed if one is not None)


def _rule_named(client: ZimbraClient, direction: Direction, name: str) -> str | None:
    return next((_text(one) for one in client.filters(direction) if one.name == name), None)


def _text(rule: FilterRule) -> str:
    return rules_to_text((rule,))
