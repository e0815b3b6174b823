"""Converted rules made wrong, one mistake at a time: the comparison has to see each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from zimbra.types.filter_actions import Action, Discard, FileInto, Flag, Keep, Reject, Stop, Tag
from zimbra.types.filter_tests import AddressTest, BodyTest, EnvelopeTest, HeaderExistsTest, HeaderTest, SizeTest, Test
from zimbra.types.filters import FilterRule, RuleBody

Rules = tuple[FilterRule, ...]
AnyBody = TypeVar("AnyBody", bound=RuleBody)


def mutants(rules: Rules) -> Iterator[tuple[str, Rules]]:
    """(what was done, the rules with that one mistake), at every place where the mistake can be made."""
    for index, rule in enumerate(rules):
        if rule.active:
            for name, changed in _changed(rule):
                yield f"{name}: {rule.name}", (*rules[:index], changed, *rules[index + 1 :])
            yield f"rule lost: {rule.name}", rules[:index] + rules[index + 1 :]
        switched = "active made inactive" if rule.active else "inactive made active"
        yield f"{switched}: {rule.name}", (*rules[:index], replace(rule, active=not rule.active), *rules[index + 1 :])
    for index, (first, second) in enumerate(pairwise(rules)):
        if first.active and second.active:
            yield f"order swapped: {first.name}", (*rules[:index], second, first, *rules[index + 2 :])


def _changed(body: AnyBody) -> Iterator[tuple[str, AnyBody]]:
    if len(body.tests) > 1:
        yield "anyof for allof", replace(body, condition="anyof" if body.condition == "allof" else "allof")
    for index, test in enumerate(body.tests):
        rest = body.tests[:index], body.tests[index + 1 :]
        if isinstance(test, Test):
            for name, wrong in _wrong_tests(test):
                yield name, replace(body, tests=(*rest[0], wrong, *rest[1]))
        if len(body.tests) > 1:
            yield "test lost", replace(body, tests=rest[0] + rest[1])
    for index, action in enumerate(body.actions):
        before, after = body.actions[:index], body.actions[index + 1 :]
        if isinstance(action, Action):
            for name, wrong_action in _wrong_actions(action):
                yield name, replace(body, actions=(*before, *wrong_action, *after))
    if body.nested is not None:
        for name, nested in _changed(body.nested):
            yield f"{name} inside", replace(body, nested=nested)


def _wrong_tests(test: Test) -> Iterator[tuple[str, Test]]:
    yield "negation flipped", replace(test, negative=not test.negative)
    if isinstance(test, HeaderTest | AddressTest):
        yield "letter of the value changed", replace(test, value=_other_letter(test.value))
        yield "case of letters", replace(test, case_sensitive=not test.case_sensitive)
        for other in ("is", "contains", "matches"):
            # Without a star or question mark, what matches is what is the same.
            alike = {other, test.comparison} == {"is", "matches"} and not set("*?") & set(test.value)
            if test.comparison and test.comparison != other and not alike:
                yield f"{other} for {test.comparison}", replace(test, comparison=other)
        names = test.header.split(",")
        # Only some headers hold addresses, and an envelope has two fields.
        another = "X-Autre" if isinstance(test, HeaderTest) else "Resent-To"
        if isinstance(test, EnvelopeTest):
            another = "to" if names[0] == "from" else "from"
        yield "other header", replace(test, header=",".join([another, *names[1:]]))
        if len(names) > 1:
            yield "header dropped", replace(test, header=",".join(names[:-1]))
    if isinstance(test, AddressTest):
        other_part = "domain" if test.part == "localpart" else "localpart"
        yield "part of the address", replace(test, part=other_part)
    if isinstance(test, SizeTest) and test.size.isdigit():
        yield "size plus 1", replace(test, size=str(int(test.size) + 1))
        yield "size minus 1", replace(test, size=str(int(test.size) - 1))
    if isinstance(test, SizeTest):
        yield "over for under", replace(test, comparison="under" if test.comparison == "over" else "over")
    if isinstance(test, BodyTest):
        yield "letter of the body changed", replace(test, value=_other_letter(test.value))
        yield "case of letters in the body", replace(test, case_sensitive=not test.case_sensitive)
    if isinstance(test, HeaderExistsTest):
        yield "other header to be there", replace(test, header="X-Autre")


def _wrong_actions(action: Action) -> Iterator[tuple[str, tuple[Action, ...]]]:
    if isinstance(action, FileInto):
        yield "other folder", (replace(action, folder=action.folder + "x"),)
        yield "copy dropped" if action.copy else "copy added", (replace(action, copy=not action.copy),)
        yield "discard for fileinto", (Discard(),)
        yield "keep for fileinto", (Keep(),)
    elif isinstance(action, Discard):
        yield "keep for discard", (Keep(),)
        yield "discard dropped", ()
    elif isinstance(action, Keep):
        yield "discard for keep", (Discard(),)
        yield "file for keep", (FileInto("Ailleurs"),)
    elif isinstance(action, Stop):
        yield "stop dropped", ()
    elif isinstance(action, Flag):
        yield "other flag", (Flag("flagged" if action.flag == "read" else "read"),)
        yield "flag dropped", ()
    elif isinstance(action, Tag):
        yield "other tag", (Tag(action.tag + "x"),)
    elif isinstance(action, Reject):
        yield "other reason", (Reject(action.content + " !"),)
        yield "discard for reject", (Discard(),)


def _other_letter(value: str) -> str:
    at = next((index for index, letter in enumerate(value) if letter.isalpha()), 0)
    return value[:at] + ("y" if value[at : at + 1] == "z" else "z") + value[at + 1 :]
