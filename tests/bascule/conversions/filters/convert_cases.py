"""One rule of the old server, converted, for the tests of this package."""

from __future__ import annotations

from collections.abc import Collection

from bascule.conversions.filters.converting.convert import convert
from bascule.conversions.filters.model import ConvertedRule, SourceRule
from zimbra.types.filter_actions import Action, FileInto
from zimbra.types.filter_tests import Test
from zimbra.types.filters import FilterRule

DOMAIN = "univ.example"


def converted(text: str, *, name: str = "", active: bool = True, taken: Collection[str] = ()) -> ConvertedRule:
    return convert(SourceRule(text, name=name, active=active, place="règle 1"), domain=DOMAIN, taken=taken)


def codes(rule: ConvertedRule) -> list[str]:
    return [remark.code for remark in rule.remarks]


def only(text: str) -> FilterRule:
    """The one rule that the text becomes, without any remark."""
    found = converted(text)
    assert codes(found) == []
    (rule,) = found.rules
    return rule


def tests_of(condition: str) -> tuple[str, tuple[Test, ...]]:
    """How a condition is said on one level: anyof or allof, and its tests."""
    rule = only(f'if {condition} {{ fileinto "Dossier"; }}')
    assert rule.nested is None
    assert rule.actions == (FileInto("Dossier"),)
    return rule.condition, tuple(test for test in rule.tests if isinstance(test, Test))


def test_of(condition: str) -> Test:
    _, (test,) = tests_of(condition)
    return test


def actions_of(actions: str) -> tuple[Action, ...]:
    """What actions under a condition become."""
    rule = only(f'if header :contains "Subject" "x" {{ {actions} }}')
    return tuple(action for action in rule.actions if isinstance(action, Action))


test_of.__test__ = tests_of.__test__ = False  # type: ignore[attr-defined]  # Not tests for pytest to collect.
