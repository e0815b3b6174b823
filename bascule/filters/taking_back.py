"""Undoing a change of the list of rules, when others may have changed it since. Pure.

Three lists are compared: what stood before, what we wrote, what stands now. What is still as we wrote it goes back to
what it was; what somebody added, changed or deleted since stays so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bascule.filters.merging import alike
from zimbra.types.filters import FilterRule


@dataclass(frozen=True, slots=True)
class TakenBack:
    """rules: the list to write. left: names of rules that we had put there and that were changed since."""

    rules: tuple[FilterRule, ...]
    left: tuple[str, ...] = ()


def take_back(before: Sequence[FilterRule], after: Sequence[FilterRule], now: Sequence[FilterRule]) -> TakenBack:
    """Undo the change from `before` to `after` in `now`. Names are unique in each list. Once more changes nothing."""
    old = {rule.name: rule for rule in before}
    ours = {rule.name: rule for rule in after}
    kept: dict[str, FilterRule] = {}
    left = []
    for rule in now:
        name = rule.name
        was, put = old.get(name), ours.get(name)
        if put is None or (was is not None and alike(was, put)):
            kept[name] = rule
        elif alike(rule, put):
            if was is not None:
                kept[name] = was
        else:
            kept[name] = rule
            if was is None or not alike(rule, was):
                left.append(name)
    order = _order(before, after, list(kept))
    missing = [rule for rule in before if rule.name not in kept and rule.name not in ours]
    for rule in missing:
        _put_in(order, rule.name, [one.name for one in before])
        kept[rule.name] = rule
    return TakenBack(tuple(kept[name] for name in order), tuple(left))


def _order(before: Sequence[FilterRule], after: Sequence[FilterRule], names: list[str]) -> list[str]:
    """Names in the order they had before, unless somebody has put them into another order than ours since.

    Those that were not there before follow the one they follow now.
    """
    was = [rule.name for rule in before if rule.name in set(names)]
    written = [rule.name for rule in after if rule.name in set(was)]
    if [name for name in names if name in set(written)] != written:
        return names
    order = list(was)
    previous: str | None = None
    for name in names:
        if name not in was:
            order.insert(order.index(previous) + 1 if previous is not None else 0, name)
        previous = name
    return order


def _put_in(order: list[str], name: str, before: list[str]) -> None:
    """After the nearest rule that stood ahead of it, or at the start."""
    ahead = before[: before.index(name)]
    at = next((order.index(one) + 1 for one in reversed(ahead) if one in order), 0)
    order.insert(at, name)
