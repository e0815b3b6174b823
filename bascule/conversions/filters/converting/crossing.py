"""Rules that act on the same message, one after the other, where Zimbra makes something else of them together.

Zimbra marks all copies of a message with the flags and tags of every rule, keeps a deleted message that bears one, and
lets the last folder decide whether the message is kept besides (zm-mailbox, ZimbraMailAdapter).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from bascule.conversions.filters.converting.logic import Clause, contradict
from bascule.conversions.filters.model import ConvertedRule
from bascule.conversions.model import Remark
from zimbra.types.filter_actions import Action, Discard, FileInto, Flag, Keep, Stop, Tag
from zimbra.types.filter_tests import Test, TrueTest
from zimbra.types.filters import FilterRule, RuleBody

# Pairs of rules that are looked at, and the size of the conditions that are compared.
MAX_PAIRS = 20_000
MAX_LITERALS = 200

_SENTENCES = {
    "flag_keeps_discarded": (
        "Si un message répond aux règles « {first} » et « {second} », l’une le marque et l’autre le supprime : Zimbra"
        " le garde, marqué, là où l’ancien serveur le supprimait. Arrêtez la première (« ne pas regarder la suite ») ou"
        " ajoutez-lui une condition."
    ),
    "flags_of_later_rule": (
        "Si un message répond à « {first} » et à « {second} », Zimbra pose les marques de la seconde sur tous"
        " ses exemplaires, même sur celui que la première avait déjà classé. Si cela vous gêne, échangez-les ou arrêtez"
        " la première."
    ),
    "copy_of_later_rule": (
        "Si un message répond aux règles « {first} » et « {second} », la seconde en fait une copie : Zimbra le laisse"
        " alors aussi dans la boîte de réception. Arrêtez la première (« ne pas regarder la suite ») si cela vous gêne."
    ),
}


@dataclass(frozen=True, slots=True)
class _Acting:
    """One rule of Zimbra: its conditions (None when there are too many) and what it does."""

    rule: FilterRule
    source: int
    conditions: tuple[Clause, ...] | None
    actions: tuple[Action, ...]

    def has(self, *kinds: type[Action]) -> bool:
        return any(isinstance(action, kinds) for action in self.actions)

    @property
    def marks(self) -> bool:
        return self.has(Flag, Tag)

    @property
    def stores(self) -> bool:
        return self.has(FileInto, Keep)

    def files(self, *, copy: bool) -> bool:
        return any(isinstance(action, FileInto) and action.copy == copy for action in self.actions)


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two rules that get in each other's way. first, second: places of their sources, from 0. message: French."""

    code: str
    first: int
    second: int
    message: str


def crossings(sources: Sequence[Sequence[FilterRule]]) -> list[Crossing]:
    """What Zimbra does otherwise when rules of two sources apply to one message, each kind once for the later rule.

    sources: what each has become, in their order. Only rules that are active and that can both apply are looked at.
    """
    acting = [_acting(rule, at) for at, rules in enumerate(sources) for rule in rules if rule.active]
    return list(_found((first, second) for first, second in _pairs(acting) if first.source != second.source))


def cross_rule_remarks(converted: Sequence[ConvertedRule]) -> list[Remark]:
    """`crossings` as remarks, whose `place` is that of the later rule."""
    found = crossings([one.rules if one.active else () for one in converted])
    return [Remark(one.code, converted[one.second].source.place, one.message) for one in found]


def remarks_within(rules: Sequence[FilterRule]) -> list[Remark]:
    """As `cross_rule_remarks`, for the rules that one of the source has become, active or not."""
    return [Remark(one.code, "", one.message) for one in _found(_pairs([_acting(rule, 0) for rule in rules]))]


def _acting(rule: FilterRule, source: int) -> _Acting:
    doing: list[Action] = []
    found: list[Clause] = []
    body: RuleBody | None = rule
    while body is not None:
        doing += [action for action in body.actions if isinstance(action, Action)]
        literals = [_literal(test) for test in body.tests if isinstance(test, Test) and not isinstance(test, TrueTest)]
        if any(isinstance(test, TrueTest) and test.negative for test in body.tests):
            found.append(())
        elif body.condition == "anyof" and len(literals) == len(body.tests):
            found.append(tuple(literals))
        elif body.condition == "allof":
            found += [(literal,) for literal in literals]
        body = body.nested
    small = sum(map(len, found)) <= MAX_LITERALS
    return _Acting(rule, source, tuple(found) if small else None, tuple(doing))


def _literal(test: Test) -> tuple[Test, bool]:
    return replace(test, negative=False), not test.negative


def _pairs(acting: list[_Acting]) -> Iterator[tuple[_Acting, _Acting]]:
    """Those that may both act on a message, and could get in each other's way."""
    left = MAX_PAIRS
    for at, second in enumerate(acting):
        if not (second.marks or second.has(Discard) or second.files(copy=True)):
            continue
        for first in acting[:at]:
            left -= 1
            if left < 0:
                return
            if not first.has(Stop) and _codes(first, second) and not _exclude(first, second):
                yield first, second


def _exclude(first: _Acting, second: _Acting) -> bool:
    if first.conditions is None or second.conditions is None:
        return False
    return contradict(first.conditions, second.conditions)


def _codes(first: _Acting, second: _Acting) -> list[str]:
    found = []
    neither_stores = not first.stores and not second.stores
    if neither_stores and ((first.marks and second.has(Discard)) or (first.has(Discard) and second.marks)):
        found.append("flag_keeps_discarded")
    if first.stores and second.marks and not _same_marks(first, second):
        found.append("flags_of_later_rule")
    if first.files(copy=False) and second.files(copy=True) and not first.has(Keep, Discard):
        found.append("copy_of_later_rule")
    return found


def _same_marks(first: _Acting, second: _Acting) -> bool:
    return {one for one in second.actions if isinstance(one, Flag | Tag)} <= set(first.actions)


def _found(pairs: Iterable[tuple[_Acting, _Acting]]) -> Iterator[Crossing]:
    told: set[tuple[str, str]] = set()
    for first, second in pairs:
        for code in _codes(first, second):
            if (code, second.rule.name) not in told:
                told.add((code, second.rule.name))
                message = _SENTENCES[code].format(first=first.rule.name, second=second.rule.name)
                yield Crossing(code, first.source, second.source, message)
