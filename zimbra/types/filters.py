"""Filter rules. What they are made of stands in `filter_tests` and `filter_actions`; `Other` is for the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from zimbra.types.elements import Other
from zimbra.types.filter_actions import Action
from zimbra.types.filter_tests import Test

Direction: TypeAlias = Literal["incoming", "outgoing"]


@dataclass(frozen=True, slots=True)
class RuleBody:
    """What a rule says. With no tests it applies to every message; variables are (name, value), set before the tests.

    nested: a further rule looked at when the tests hold, after the actions. more: elements no field here stands for.
    """

    tests: tuple[Test | Other, ...] = ()
    actions: tuple[Action | Other, ...] = ()
    condition: str = "allof"
    variables: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    nested: RuleBody | None = None
    more: tuple[Other, ...] = ()


@dataclass(frozen=True, slots=True)
class FilterRule(RuleBody):
    """A named rule. more_attributes: those of the rule's element that no field stands for."""

    name: str = field(kw_only=True)
    active: bool = field(default=True, kw_only=True)
    more_attributes: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of existing messages the rules were applied to.

    affected: ids of messages a rule acted on. unsettled: ids of those nothing is known of, with the first error code.
    """

    affected: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    code: str = ""
