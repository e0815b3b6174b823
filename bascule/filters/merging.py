"""The list of rules that Zimbra is to hold: what it holds now, with the person's rules put in. Pure.

A rule is ours when it stands under the name that we sent it under; all others are the person's, or another program's,
and keep their order. What somebody changed in one of ours since is not overwritten unless the person says so.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count

from zimbra.types.filter_tests import DateTest, TrueTest
from zimbra.types.filters import FilterRule, RuleBody

# Zimbra keeps dates by the day, in the account's time zone.
_DAY_SECONDS = 86_400
# Lines and controls would shift the names of all rules (see `zimbra.verbs.filters.check_rules`).
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")
_NAMELESS = "Règle"


class Change(StrEnum):
    """What becomes of one rule. ADOPTED: it stands there already, by the same name. CHANGED_THERE and DELETED_THERE:
    somebody did that to one of ours, and it stays so. THEIRS: not ours."""

    ADDED = "added"
    REPLACED = "replaced"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    ADOPTED = "adopted"
    THEIRS = "theirs"
    CHANGED_THERE = "changed_there"
    DELETED_THERE = "deleted_there"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule of the person's list. origin: which captured rule it belongs to."""

    rule: FilterRule
    origin: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """A rule as we sent it. key: its name in the person's list; `rule` has the name it stands under in Zimbra.

    held: how Zimbra showed it afterwards, where that is not letter for letter what was written.
    """

    key: str
    rule: FilterRule
    origin: int = 0
    held: FilterRule | None = None

    def stands(self, rule: FilterRule) -> bool:
        """Whether `rule` is what we sent."""
        return alike(rule, self.rule) or (self.held is not None and alike(rule, self.held))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison. Places count from 1, None where the rule does not stand.

    key: the rule's name in the person's list, "" for a rule of theirs. renamed: that name is taken in Zimbra.
    moved: it changes its place among ours. in_conflict: somebody changed it in Zimbra, whatever the person decided.
    """

    change: Change
    before: FilterRule | None = None
    after: FilterRule | None = None
    before_at: int | None = None
    after_at: int | None = None
    key: str = ""
    wanted: FilterRule | None = None
    moved: bool = False
    in_conflict: bool = False

    @property
    def renamed(self) -> bool:
        return self.after is not None and bool(self.key) and self.after.name != self.key


@dataclass(frozen=True, slots=True)
class Merged:
    """rules: the new list. rows: in its order, those that leave it where they stood. sent: ours, to be remembered."""

    rules: tuple[FilterRule, ...]
    rows: tuple[Row, ...]
    sent: tuple[Sent, ...]

    @property
    def ours(self) -> tuple[str, ...]:
        """Names under which the person's rules stand in the new list."""
        standing = {rule.name for rule in self.rules}
        return tuple(one.rule.name for one in self.sent if one.rule.name in standing)


def alike(one: FilterRule, other: FilterRule) -> bool:
    """Whether two rules say the same, under whatever names; dates by the day, as Zimbra keeps them."""
    one, other = _tested(one), _tested(other)
    return one.active == other.active and _shape(one) == _shape(other) and _near(_dates(one), _dates(other))


def same_list(one: Sequence[FilterRule], other: Sequence[FilterRule]) -> bool:
    """Whether two lists hold the same rules by the same names in the same order."""
    pairs = zip(one, other, strict=False)
    return len(one) == len(other) and all(a.name == b.name and alike(a, b) for a, b in pairs)


def merge(
    current: Sequence[FilterRule],
    wanted: Iterable[Wanted],
    sent: Iterable[Sent] = (),
    *,
    overwrite: Collection[str] = (),
    first: bool = False,
) -> Merged:
    """Put `wanted` into `current`. Names of `current` are unique (see `zimbra.verbs.filters.check_rules`).

    overwrite: keys of rules whose version in the person's list wins over what was done to them in Zimbra.
    first: a block that is new goes before the rules of others, else after them.
    """
    held = {rule.name: rule for rule in current}
    known = {one.key: one for one in sent}
    listed = _keyed(wanted)
    owned = {one.rule.name for one in known.values()}
    free = _Names({*held, *owned})
    kept: dict[str, Row] = {}
    remembered: list[Sent] = []
    for key, one in listed.items():
        row, memory = _fate(key, one, known.get(key), held, owned, free, overwrite)
        kept[key] = row
        remembered.append(memory)
    leaving: dict[str, Row] = {}
    for key, old in known.items():
        if key not in listed and (there := held.get(old.rule.name)):
            conflict = not old.stands(there)
            stays = conflict and key not in overwrite
            change = Change.CHANGED_THERE if stays else Change.REMOVED
            leaving[there.name] = Row(change, there, there if stays else None, key=key, in_conflict=conflict)
    ours = [row for row in kept.values() if row.after is not None]
    order = _order(current, ours, leaving, first=first)
    rules = tuple(rule for rule, _ in order)
    return Merged(rules, _rows(current, order, kept.values(), leaving), tuple(remembered))


def with_rule(
    current: Sequence[FilterRule], rule: FilterRule, *, sent: FilterRule | None = None, first: bool = False
) -> Merged:
    """Put one rule into a list: in its old place when `sent`, as it was put there last, still stands under its name.

    What somebody made of it since is overwritten. `Merged.sent[0].rule` tells the name it got.
    """
    before = [Sent(rule.name, sent)] if sent is not None else []
    return merge(current, [Wanted(rule)], before, overwrite={_fit(rule.name)}, first=first)


class _Names:
    """Names that are taken, and free ones close to what is asked for."""

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = set(taken)

    def take(self, name: str) -> str:
        found = name
        for number in count(2):
            if found not in self._taken:
                break
            found = f"{name} ({number})"
        self._taken.add(found)
        return found


def _keyed(wanted: Iterable[Wanted]) -> dict[str, Wanted]:
    """By names that Zimbra accepts and that tell them apart."""
    names = _Names(())
    return {names.take(_fit(one.rule.name)): replace(one, rule=_sound(one.rule)) for one in wanted}


def _fit(name: str) -> str:
    return _UNFIT.sub(" ", name).strip() or _NAMELESS


def _tested(rule: FilterRule) -> FilterRule:
    """An active rule without a test acts on every message, as one with TrueTest; an inactive one does so too."""
    return _sound(rule) if rule.active else rule


def _sound(rule: FilterRule) -> FilterRule:
    # Without a test an inactive rule would be carried out all the same.
    return rule if rule.tests else replace(rule, tests=(TrueTest(),))


def _fate(
    key: str,
    wanted: Wanted,
    old: Sent | None,
    held: Mapping[str, FilterRule],
    owned: Collection[str],
    free: _Names,
    overwrite: Collection[str],
) -> tuple[Row, Sent]:
    if old is None:
        there = held.get(key)
        if there is not None and key not in owned and alike(there, wanted.rule):
            return Row(Change.ADOPTED, there, there, key=key), Sent(key, there, wanted.origin)
        new = replace(wanted.rule, name=free.take(key))
        return Row(Change.ADDED, None, new, key=key), Sent(key, new, wanted.origin)
    ours = replace(wanted.rule, name=old.rule.name)
    memory = Sent(key, ours, wanted.origin)
    there = held.get(ours.name)
    if there is None:
        if key in overwrite:
            return Row(Change.ADDED, None, ours, key=key, in_conflict=True), memory
        gone = Row(Change.DELETED_THERE, key=key, wanted=ours, in_conflict=True)
        return gone, replace(old, origin=wanted.origin)
    if alike(there, ours):
        return Row(Change.UNCHANGED, there, there, key=key), memory
    if old.stands(there):
        if alike(old.rule, ours):
            return Row(Change.UNCHANGED, there, there, key=key), replace(old, origin=wanted.origin)
        return Row(Change.REPLACED, there, ours, key=key), memory
    if key in overwrite:
        return Row(Change.REPLACED, there, ours, key=key, in_conflict=True), memory
    row = Row(Change.CHANGED_THERE, there, there, key=key, wanted=ours, in_conflict=True)
    return row, replace(old, origin=wanted.origin)


def _order(
    current: Sequence[FilterRule], ours: Sequence[Row], leaving: Mapping[str, Row], *, first: bool
) -> list[tuple[FilterRule, Row | None]]:
    """The new list, each rule with its row when it is ours.

    Ours stand where the first of them stood; what others put between two of ours stays between these two, unless the
    order of ours changes.
    """
    mine = {row.after.name: (row.after, row) for row in ours if row.after is not None}
    stood = [rule.name for rule in current if rule.name in mine]
    kept_order = stood == [name for name in mine if name in set(stood)]
    ahead: list[FilterRule] = []
    between: dict[str, list[FilterRule]] = {}
    behind: list[FilterRule] = []
    pending: list[FilterRule] = []
    begun = False
    for rule in current:
        goes = leaving.get(rule.name)
        if rule.name in mine:
            between[rule.name] = pending if begun and kept_order else []
            if not begun:
                ahead += pending
            elif not kept_order:
                behind += pending
            pending, begun = [], True
        elif goes is None or goes.after is not None:
            pending.append(rule)
        elif not stood and not begun:
            # All of ours that stood here leave: what comes stands where they did.
            ahead, pending, begun = pending, [], True
    if begun or first:
        behind += pending
    else:
        ahead += pending
    block: list[tuple[FilterRule, Row | None]] = []
    for name, (new, row) in mine.items():
        block += [(one, None) for one in between.get(name, ())]
        block.append((new, row))
    return [*((one, None) for one in ahead), *block, *((one, None) for one in behind)]


def _rows(
    current: Sequence[FilterRule],
    order: Sequence[tuple[FilterRule, Row | None]],
    ours: Iterable[Row],
    leaving: Mapping[str, Row],
) -> tuple[Row, ...]:
    place = {rule.name: number for number, rule in enumerate(current, start=1)}
    steady = _steady([place[rule.name] for rule, row in order if row is not None and rule.name in place])
    rows: list[Row] = []
    for number, (rule, row) in enumerate(order, start=1):
        at = place.get(rule.name)
        if row is None:
            row = leaving.get(rule.name) or Row(Change.THEIRS, rule, rule)
            rows.append(replace(row, before_at=at, after_at=number))
        else:
            rows.append(replace(row, before_at=at, after_at=number, moved=at is not None and at not in steady))
    for name, row in leaving.items():
        if row.after is None:
            _insert(rows, replace(row, before_at=place[name]))
    rows += [row for row in ours if row.change == Change.DELETED_THERE]
    return tuple(rows)


def _insert(rows: list[Row], gone: Row) -> None:
    """Before the first rule that stood behind it."""
    behind = (at for at, row in enumerate(rows) if row.before_at and gone.before_at and row.before_at > gone.before_at)
    rows.insert(next(behind, len(rows)), gone)


def _steady(places: Sequence[int]) -> set[int]:
    """The most of these numbers that are in rising order: who is among them has not moved."""
    tails: list[int] = []
    chains: list[list[int]] = []
    for place in places:
        at = bisect_left(tails, place)
        chain = [*(chains[at - 1] if at else []), place]
        tails[at : at + 1], chains[at : at + 1] = [place], [chain]
    return set(chains[-1]) if chains else set()


def _shape(body: RuleBody) -> tuple[object, ...]:
    tests = tuple(replace(one, seconds=0) if isinstance(one, DateTest) else one for one in body.tests)
    nested = None if body.nested is None else _shape(body.nested)
    return tests, body.actions, body.condition, body.variables, nested, body.more


def _dates(body: RuleBody) -> list[int]:
    return list(_each_date(body))


def _each_date(body: RuleBody) -> Iterator[int]:
    yield from (one.seconds for one in body.tests if isinstance(one, DateTest))
    if body.nested is not None:
        yield from _each_date(body.nested)


def _near(one: Sequence[int], other: Sequence[int]) -> bool:
    return all(abs(a - b) < _DAY_SECONDS for a, b in zip(one, other, strict=True))
