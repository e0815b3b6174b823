"""Rules that stand in Zimbra and are not the person's own here: shown, and taken over when the person asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from accounts import sealing
from accounts.models import Agent
from bascule.conversions.filters.sentences import sentences
from bascule.filters import captured
from bascule.filters.folders_needed import key_of
from bascule.filters.merging import Change
from bascule.filters.planning import DirectionPlan, propose
from bascule.filters.stored import rules_to_text
from bascule.lists.rules import find_rule
from bascule.lists.wishes import setup_of
from bascule.mailbox_look import Snapshot
from bascule.models import CapturedRule, DistributionList
from zimbra.errors import Refused
from zimbra.types.filters import FilterRule
from zimbra.verbs.filters import check_rules

_OF_LIST = "Elle fait partie d’une liste de « Mes listes de diffusion », qui s’en occupe."
_SAME_NAME = "Une de vos règles porte déjà ce nom ici : renommez-la, ou renommez celle-ci dans Zimbra."
_UNSOUND = "Elle ne peut pas être reprise telle quelle : dans Zimbra, donnez-lui un nom et une condition à elle."


@dataclass(frozen=True, slots=True)
class Stranger:
    """at: its place in Zimbra's list, from 1. before: the captured rule that it stands ahead of, None at the end.

    refusal: French, why it can't be taken over; "" when it can.
    """

    direction: str
    rule: FilterRule
    at: int
    before: int | None = None
    refusal: str = ""

    @property
    def key(self) -> str:
        """Stands for the rule as it was shown."""
        return key_of(f"{self.direction}\n{rules_to_text([self.rule])}")

    @property
    def sentence(self) -> str:
        return sentences.sentence_of(self.rule, direction=self.direction)


def strangers(agent: Agent, picture: Snapshot) -> list[Stranger]:
    """Those of `picture` that sending leaves as they are: by direction, in Zimbra's order."""
    plans = {one.direction: one for one in propose(agent, picture).directions}
    found = []
    for direction in CapturedRule.Direction.values:
        current = picture.rules(direction)
        of_lists = _of_lists(agent, picture, direction) if current else set()
        count = Counter(rule.name.casefold() for rule in current)
        plan = plans.get(direction)
        taken = _names_here(plan) if plan else set()
        for at, rule, before in _theirs(plan, current):
            refusal = ""
            if rule.name in of_lists:
                refusal = _OF_LIST
            elif count[rule.name.casefold()] > 1 or not _is_sound(rule):
                refusal = _UNSOUND
            elif rule.name.casefold() in taken:
                refusal = _SAME_NAME
            found.append(Stranger(direction, rule, at, before, refusal))
    return found


def take_over(*, agent: Agent, picture: Snapshot, keys: Collection[str] | None, by: Agent) -> list[CapturedRule]:
    """Make those of `picture` with these keys the person's own, all that can be for None, where they stand.

    Nothing changes in Zimbra. Raises TooMany. Journal: `filter.taken_over`.
    """
    wanted = [one for one in strangers(agent, picture) if not one.refusal and (keys is None or one.key in keys)]
    return captured.take_over(agent=agent, rules=[(one.direction, one.rule, one.before) for one in wanted], by=by)


def _theirs(
    plan: DirectionPlan | None, current: tuple[FilterRule, ...]
) -> Iterator[tuple[int, FilterRule, int | None]]:
    """Place, rule, and the captured rule that follows it once all is sent."""
    if plan is None:
        yield from ((at, rule, None) for at, rule in enumerate(current, 1))
        return
    origins = {one.rule.name: one.origin for one in plan.merged.sent}
    following: dict[str, int | None] = {}
    latest = None
    for rule in reversed(plan.merged.rules):
        latest = origins.get(rule.name, latest)
        following[rule.name] = latest
    for row in sorted(plan.merged.rows, key=lambda row: row.before_at or 0):
        if row.change == Change.THEIRS and row.before is not None:
            yield row.before_at or 0, row.before, following.get(row.before.name)


def _names_here(plan: DirectionPlan) -> set[str]:
    """Names by which rules are known here, those that were sent and have left since included."""
    return {row.key.casefold() for row in plan.merged.rows if row.key} | {one.key.casefold() for one in plan.known}


def _is_sound(rule: FilterRule) -> bool:
    try:
        check_rules([rule])
    except Refused:
        return False
    return True


def _of_lists(agent: Agent, picture: Snapshot, direction: str) -> set[str]:
    found = set()
    for row in DistributionList.objects.filter(agent=agent):
        try:
            setup = setup_of(row)
        except sealing.CannotOpen:
            continue
        rule = find_rule(picture.rules(direction), setup, "outgoing" if direction == "outgoing" else "incoming")
        if rule is not None:
            found.add(rule.name)
    return found
