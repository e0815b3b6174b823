"""What the person's rules, in their order of today, do together that they did not do on the old server. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bascule.conversions.filters.converting.crossing import crossings
from bascule.filters.contents import RuleContents
from bascule.models import CapturedRule


@dataclass(frozen=True, slots=True)
class Concerned:
    """One of the rules that a remark is about."""

    pk: int
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Interplay:
    """message: French, what Zimbra does and what can be done."""

    code: str
    first: Concerned
    second: Concerned
    message: str


def interplays(rules: Iterable[tuple[CapturedRule, RuleContents | None]]) -> list[Interplay]:
    """rules: all of the person, in their order; those of the two directions never meet."""
    every = list(rules)
    found: list[Interplay] = []
    for direction in CapturedRule.Direction.values:
        own = [(row, contents) for row, contents in every if row.direction == direction and contents is not None]
        switched = [[replace(one, active=row.active) for one in contents.rules] for row, contents in own]
        for one in crossings(switched):
            first, second = (_concerned(*own[at]) for at in (one.first, one.second))
            found.append(Interplay(one.code, first, second, one.message))
    return found


def _concerned(row: CapturedRule, contents: RuleContents) -> Concerned:
    return Concerned(row.pk, contents.name, row.position)
